//! Promises of bundles, as a tenant's author meets them. The cases are files: `bundle/faults/*.yaml` holds folders that
//! are wrong with the faults they must get, `bundle/import/*.sql` pages in SQL with the YAML they must become
//! (`UPDATE_GOLDEN=1` rewrites what is expected).

use std::fs;
use std::path::{Path, PathBuf};

use forbear::bundle::{self, Bundle, Files};
use forbear::conversation::import::import;
use forbear::fault::Fault;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bundle").join(name)
}

fn cases(name: &str, extension: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no cases in {name}");
    paths
}

/// The golden file's content, rewritten first if the run asks for it.
fn golden(path: &Path, actual: &str) -> String {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, actual).unwrap();
    }
    fs::read_to_string(path).unwrap_or_default()
}

fn lines(faults: &[Fault]) -> Vec<String> {
    faults.iter().map(|fault| fault.to_string().lines().next().unwrap_or_default().to_owned()).collect()
}

#[derive(serde::Deserialize)]
struct FaultCase {
    files: std::collections::BTreeMap<String, String>,
    /// As printed, without the hint: `file:line:column: message [code]`.
    faults: Vec<String>,
}

#[test]
fn every_fault_points_at_its_place_and_all_are_found_at_once() {
    let mut wrong = Vec::new();
    for path in cases("faults", "yaml") {
        let case: FaultCase = serde_yaml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let mut files: Files = case.files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
        files.entry("bundle.yaml".to_owned()).or_insert_with(|| b"name: Case\n".to_vec());
        let found = match bundle::load(&files) {
            Ok(bundle) => bundle.warnings,
            Err(faults) => faults,
        };
        if let Some(fault) = found.iter().find(|fault| fault.hint.is_empty()) {
            wrong.push(format!("{}: no hint: {fault}", path.display()));
        }
        if lines(&found) != case.faults {
            wrong.push(format!("{}:\n  - {}", path.display(), lines(&found).join("\n  - ")));
        }
    }
    assert!(wrong.is_empty(), "found instead:\n{}", wrong.join("\n"));
}

#[test]
fn pages_in_sql_become_yaml_that_reads_back_as_the_same_conversation() {
    for path in cases("import", "sql") {
        let imported = import("pages.sql", &fs::read_to_string(&path).unwrap()).unwrap();
        let mut written = String::new();
        let mut files = read_folder(&folder("import/bundle"));
        for (code, conversation) in &imported.conversations {
            let text = bundle::write_conversation(conversation);
            written.push_str(&text);
            files.insert(format!("conversations/{}.yaml", code.to_ascii_lowercase()), text.into_bytes());
        }
        for note in lines(&imported.notes) {
            written.push_str(&format!("# {note}\n"));
        }
        assert_eq!(golden(&path.with_extension("yaml"), &written), written, "{}", path.display());
        let bundle = bundle::load(&files).unwrap_or_else(|faults| panic!("{}:\n{faults:#?}", path.display()));
        for (code, conversation) in &imported.conversations {
            assert_eq!(bundle.conversation(code), Some(conversation), "{}", path.display());
        }
    }
}

#[derive(serde::Deserialize)]
struct ImportCase {
    sql: String,
    faults: Vec<String>,
}

#[test]
fn sql_that_cannot_be_imported_is_refused_at_its_place() {
    let path = folder("import/refused.yaml");
    let cases: Vec<ImportCase> = serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for case in cases {
        let faults = import("pages.sql", &case.sql).err().unwrap_or_default();
        if lines(&faults) != case.faults {
            wrong.push(format!("{}\n  - {}", case.sql, lines(&faults).join("\n  - ")));
        }
    }
    assert!(wrong.is_empty(), "found instead:\n{}", wrong.join("\n"));
}

fn read_folder(root: &Path) -> Files {
    fn walk(root: &Path, folder: &Path, files: &mut Files) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, files);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut files = Files::new();
    walk(root, root, &mut files);
    files
}

fn example(tenant: &str) -> Bundle {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/tenants").join(tenant);
    bundle::load(&read_folder(&root)).unwrap_or_else(|faults| panic!("{tenant}:\n{}", lines(&faults).join("\n")))
}

#[test]
fn the_demo_tenants_have_no_faults_and_no_warnings() {
    for tenant in ["kopano", "harbour"] {
        let bundle = example(tenant);
        assert_eq!(lines(&bundle.warnings), Vec::<String>::new(), "{tenant}");
        assert!(!bundle.data.is_empty(), "{tenant}");
    }
}

#[test]
fn the_demo_tenants_share_a_code_and_not_a_conversation() {
    let (kopano, harbour) = (example("kopano"), example("harbour"));
    let of = |bundle: &Bundle| bundle.conversation("payment_collect").cloned().unwrap();
    assert_ne!(of(&kopano), of(&harbour));
    assert_ne!(kopano.manifest.currency, harbour.manifest.currency);
}

proptest::proptest! {
    #[test]
    fn nothing_in_a_file_makes_loading_panic(text in "(\\PC|\n|conversation: A\npages:\n  - page: 1\n    header: |\n|[ -]{1,4}|['\"&*!{}\\[\\]]){0,30}") {
        for path in ["bundle.yaml", "conversations/a.yaml", "tables/a.yaml"] {
            let files = Files::from([(path.to_owned(), text.clone().into_bytes())]);
            let _ = bundle::load(&files).map(|bundle| bundle.catalog());
        }
        let _ = import("a.sql", &text).map(|imported| imported.conversations.len());
    }
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

#[test]
fn the_reference_explains_every_code() {
    let reference = fs::read_to_string(repository("docs/bundles.md")).unwrap();
    let code = regex::Regex::new(
        r#""((?:bundle|file|yaml|conversation|context|callback|page|route|option|placeholder|media|text|table|column|view|data|import|channel)-[a-z-]+)""#,
    )
    .unwrap();
    let mut sources = vec![repository("host/src/conversation/import.rs")];
    sources.extend(fs::read_dir(repository("host/src/bundle")).unwrap().map(|entry| entry.unwrap().path()));
    let missing: Vec<String> = sources
        .iter()
        .flat_map(|path| {
            let source = fs::read_to_string(path).unwrap();
            code.captures_iter(&source).map(|found| found[1].to_owned()).collect::<Vec<_>>()
        })
        .filter(|code| !reference.contains(&format!("`{code}`")))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_examples_of_the_reference_are_read_without_errors() {
    let reference = fs::read_to_string(repository("docs/bundles.md")).unwrap();
    let examples: Vec<&str> = reference
        .split("```yaml\n")
        .skip(1)
        .chain(reference.split("<<'END'\n").skip(1))
        .map(|rest| rest.split("```").next().unwrap().split("END\n").next().unwrap())
        .collect();
    assert_eq!(examples.len(), 5);
    for (number, example) in examples.iter().enumerate() {
        let path = match example.split(':').next() {
            Some("conversation") => format!("conversations/{number}.yaml"),
            Some("name") => "bundle.yaml".to_owned(),
            _ => format!("tables/{number}.yaml"),
        };
        let mut files = Files::from([("bundle.yaml".to_owned(), b"name: Example\n".to_vec())]);
        files.insert(path, example.as_bytes().to_vec());
        if let Err(faults) = bundle::load(&files) {
            let wrong: Vec<&Fault> = faults.iter().filter(|fault| !fault.code.starts_with("sql-")).collect();
            assert!(wrong.is_empty(), "{wrong:#?}");
        }
    }
}
