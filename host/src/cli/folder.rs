//! A bundle on disk: which files belong to it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Folders of a bundle, beside the files at its top.
const FOLDERS: &[&str] = &["conversations", "tables", "data", "screens", "strategies", "templates", "policies"];

/// The files of the bundle in `folder`, by path inside it.
pub(super) fn read(folder: &Path) -> Result<BTreeMap<String, String>> {
    if !folder.is_dir() {
        bail!("{} is not a folder", folder.display());
    }
    let mut files = BTreeMap::new();
    add(folder, "", &mut files)?;
    for name in FOLDERS {
        let inside = folder.join(name);
        if inside.is_dir() {
            add(&inside, &format!("{name}/"), &mut files)?;
        }
    }
    Ok(files)
}

fn add(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
        if name.starts_with('.') || !path.is_file() || !matches!(kind, "yaml" | "yml" | "csv" | "md") {
            continue;
        }
        let content = std::fs::read_to_string(&path)
            .with_context(|| format!("{} cannot be read as UTF-8 text", path.display()))?;
        files.insert(format!("{prefix}{name}"), content);
    }
    Ok(())
}
