//! What changed between two versions of a bundle, file by file, as people read it in a review.

use similar::TextDiff;

use super::load::Files;

/// A unified diff of all files that differ; empty if none does. Files that are not text are only named.
pub fn diff(old: &Files, new: &Files) -> String {
    let mut paths: Vec<&String> = old.keys().chain(new.keys()).collect();
    paths.sort_unstable();
    paths.dedup();
    let mut output = String::new();
    for path in paths {
        let (before, after) = (old.get(path), new.get(path));
        if before != after {
            output.push_str(&file(path, before, after));
        }
    }
    output
}

fn file(path: &str, before: Option<&Vec<u8>>, after: Option<&Vec<u8>>) -> String {
    let text =
        |bytes: Option<&Vec<u8>>| bytes.map_or(Some(String::new()), |bytes| String::from_utf8(bytes.clone()).ok());
    let name = |side: &str, bytes: Option<&Vec<u8>>| match bytes {
        Some(_) => format!("{side}/{path}"),
        None => "/dev/null".to_owned(),
    };
    let (old_name, new_name) = (name("a", before), name("b", after));
    match (text(before), text(after)) {
        (Some(old), Some(new)) => {
            TextDiff::from_lines(&old, &new).unified_diff().context_radius(3).header(&old_name, &new_name).to_string()
        }
        _ => format!("--- {old_name}\n+++ {new_name}\nfiles that are not text differ\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_shows_changed_added_and_removed_files_and_nothing_else() {
        let files = |entries: &[(&str, &str)]| -> Files {
            entries.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
        };
        let old = files(&[("a.yaml", "x: 1\ny: 2\n"), ("b.yaml", "same\n"), ("c.yaml", "gone\n")]);
        let new = files(&[("a.yaml", "x: 1\ny: 3\n"), ("b.yaml", "same\n"), ("d.yaml", "new\n")]);
        assert_eq!(
            diff(&old, &new),
            "--- a/a.yaml\n+++ b/a.yaml\n@@ -1,2 +1,2 @@\n x: 1\n-y: 2\n+y: 3\n\
             --- a/c.yaml\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n\
             --- /dev/null\n+++ b/d.yaml\n@@ -0,0 +1 @@\n+new\n"
        );
        assert_eq!(diff(&old, &old), "");
    }
}
