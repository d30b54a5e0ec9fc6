//! From files to a bundle: which file holds what, and every fault of all of them at once.

use std::collections::BTreeMap;

use crate::conversation::page::Conversation;
use crate::fault::Fault;
use crate::located::Spot;
use crate::sql::{Catalog, Column, ColumnType, Table, TableKind};

use super::data::{self, DataSet};
use super::fields::Faults;
use super::manifest::{self, Manifest};
use super::tables::{self, Definition};
use super::{conversation, lint, statements, yaml};

/// The files of a bundle, by path inside it with forward slashes.
pub type Files = BTreeMap<String, Vec<u8>>;

/// All of a bundle together may not be larger.
const MAX_BUNDLE_BYTES: usize = 32 << 20;

/// A conversation and the file it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationFile {
    pub file: String,
    pub conversation: Conversation,
    /// Where the routes of its `callbacks` stand, by name.
    pub callback_spots: BTreeMap<String, Spot>,
}

/// A tenant's definitions, read and found good.
#[derive(Debug, Clone, Default)]
pub struct Bundle {
    pub manifest: Manifest,
    /// By code in capitals.
    pub conversations: BTreeMap<String, ConversationFile>,
    /// Own tables and views by name, in lower case.
    pub tables: BTreeMap<String, Definition>,
    /// First rows of own tables, by table.
    pub data: BTreeMap<String, DataSet>,
    /// What is not wrong but worth a look.
    pub warnings: Vec<Fault>,
}

impl Bundle {
    /// The conversation with this code, in any case.
    pub fn conversation(&self, code: &str) -> Option<&Conversation> {
        self.conversations.get(&code.to_ascii_uppercase()).map(|entry| &entry.conversation)
    }

    /// The tenant's own tables and views, as its statements see them; the host's views are not among them.
    pub fn catalog(&self) -> Catalog {
        let mut catalog = Catalog::default();
        for definition in self.tables.values() {
            catalog.insert(definition.table());
        }
        catalog
    }
}

impl Definition {
    /// As the SQL checker wants it.
    pub fn table(&self) -> Table {
        Table {
            name: self.name.as_str().to_owned(),
            kind: if self.view.is_some() { TableKind::OwnView } else { TableKind::Own },
            columns: self
                .columns
                .iter()
                .map(|column| Column { name: column.name.clone(), kind: column.kind, nullable: column.nullable })
                .collect(),
            key: self.key.clone(),
        }
    }
}

/// Reads and lints a bundle. With an error among the faults there is no bundle; warnings alone come with it.
pub fn load(files: &Files) -> Result<Bundle, Vec<Fault>> {
    let mut bundle = Bundle::default();
    let mut faults = Vec::new();
    let bytes: usize = files.values().map(Vec::len).sum();
    if bytes > MAX_BUNDLE_BYTES {
        let message = format!("the bundle has {bytes} bytes, {MAX_BUNDLE_BYTES} are allowed");
        return Err(vec![
            Fault::new("bundle-too-large", "bundle.yaml", (0, 0), message).hint("remove what no definition needs"),
        ]);
    }
    for (path, bytes) in files {
        let mut found = Faults::new(path);
        read_file(path, bytes, &mut bundle, &mut found);
        faults.append(&mut found.list);
    }
    if !files.contains_key("bundle.yaml") {
        faults.push(
            Fault::new("bundle-missing", "bundle.yaml", (0, 0), "the folder has no bundle.yaml")
                .hint("add one that says at least `name: …`; is this the right folder?"),
        );
    }
    data::load(files, &mut bundle, &mut faults);
    lint::lint(&bundle, &mut faults);
    faults.extend(statements::sql_faults(&bundle));
    faults.sort_by(|a, b| (&a.file, a.line, a.column, a.severity).cmp(&(&b.file, b.line, b.column, b.severity)));
    faults.dedup();
    if faults.iter().any(Fault::is_error) {
        return Err(faults);
    }
    bundle.warnings = faults;
    Ok(bundle)
}

fn read_file(path: &str, bytes: &[u8], bundle: &mut Bundle, faults: &mut Faults) {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    if name.starts_with('.') || name.ends_with('~') || name.ends_with(".md") {
        return;
    }
    match (folder, yaml) {
        ("", _) if name == "bundle.yaml" => {
            if let Some(node) = parse(path, bytes, faults) {
                bundle.manifest = manifest::read(node, faults);
            }
        }
        ("conversations", true) => {
            let read = parse(path, bytes, faults).and_then(|node| conversation::read(node, faults));
            if let Some(found) = read {
                add_conversation(path, found, bundle, faults);
            }
        }
        ("tables", true) => {
            let read = parse(path, bytes, faults).and_then(|node| tables::read(node, faults));
            if let Some(definition) = read {
                match bundle.tables.get(definition.name.as_str()) {
                    Some(earlier) => faults.error(
                        "table-duplicate",
                        definition.name.spot(),
                        format!("`{}` is already defined in {}", definition.name, earlier.file),
                        "a table or view is defined once",
                    ),
                    None => {
                        bundle.tables.insert(definition.name.as_str().to_owned(), definition);
                    }
                }
            }
        }
        ("data", false) if name.ends_with(".csv") => {}
        _ => {
            let hint = "a bundle holds bundle.yaml, conversations/*.yaml, tables/*.yaml and data/*.csv";
            faults.warning("file-unknown", (0, 0), "this file is not read", hint);
        }
    }
}

fn parse(path: &str, bytes: &[u8], faults: &mut Faults) -> Option<yaml::Node> {
    yaml::parse(path, bytes).map_err(|fault| faults.list.push(fault)).ok()
}

fn add_conversation(
    path: &str,
    (conversation, callback_spots): conversation::Found,
    bundle: &mut Bundle,
    faults: &mut Faults,
) {
    let code = conversation.code.to_ascii_uppercase();
    match bundle.conversations.get(&code) {
        Some(earlier) => faults.error(
            "conversation-duplicate",
            conversation.code.spot(),
            format!("`{}` is already defined in {}", conversation.code, earlier.file),
            "a code names one conversation, whatever its case: rename one, or join the files",
        ),
        None => {
            bundle.conversations.insert(code, ConversationFile { file: path.to_owned(), conversation, callback_spots });
        }
    }
}

/// A column type in the words of `tables/*.yaml`.
pub(super) fn type_name(kind: ColumnType) -> String {
    match kind {
        ColumnType::Text => "text".to_owned(),
        ColumnType::Integer => "integer".to_owned(),
        ColumnType::Decimal { precision, scale } => format!("decimal({precision},{scale})"),
        ColumnType::Date => "date".to_owned(),
        ColumnType::DateTime => "datetime".to_owned(),
        ColumnType::Boolean => "boolean".to_owned(),
        ColumnType::Json => "json".to_owned(),
    }
}
