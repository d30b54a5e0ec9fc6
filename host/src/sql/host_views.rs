//! The host's part of the catalog: its tables as tenants see them, as views with the seeds' names, columns and types.

use super::catalog::{Catalog, Column, ColumnType, Table, TableKind};

pub const COLLECTIONS_QUEUE: &str = "collections_queue";
pub const WORKFLOW_QUEUE: &str = "workflow_queue";
/// The pages of the newest publication.
pub const PAGES_VIEW: &str = "def_conversation_page";

/// The views that every tenant has, and two for each of its conversations.
pub fn catalog<'a>(conversations: impl IntoIterator<Item = &'a str>) -> Catalog {
    let mut catalog = Catalog::default();
    catalog.insert(view(COLLECTIONS_QUEUE, true, QUEUE));
    catalog.insert(view(WORKFLOW_QUEUE, true, WORKFLOWS));
    catalog.insert(view(PAGES_VIEW, false, PAGES));
    for code in conversations {
        catalog.insert(view(&contact_view(code), false, CONTACT));
        catalog.insert(view(&response_view(code), false, RESPONSES));
    }
    catalog
}

/// `data_conversation_contact_<code>`: where each sender of a conversation stands.
pub fn contact_view(code: &str) -> String {
    format!("data_conversation_contact_{}", code.to_ascii_lowercase())
}

/// `data_conversation_<code>`: what was answered.
pub fn response_view(code: &str) -> String {
    format!("data_conversation_{}", code.to_ascii_lowercase())
}

/// The host's identifiers compare letter by letter, all other text without regard to case.
pub(super) fn compares_exactly(table: &Table, column: &str) -> bool {
    matches!(table.kind, TableKind::HostView { .. }) && EXACT.contains(&column)
}

/// Columns of `collections_queue` that no statement changes once the row is there.
pub(super) fn is_fixed(column: &str) -> bool {
    matches!(column, "id" | "guid" | "client_id" | "account_id" | "contact_id" | "created_at")
}

const EXACT: &[&str] =
    &["guid", "client_id", "account_id", "contact_id", "conversationcode", "senderid", "conversationguid"];

const QUEUE: &[(&str, ColumnType)] = &[
    ("id", ColumnType::Integer),
    ("guid", ColumnType::Text),
    ("client_id", ColumnType::Text),
    ("account_id", ColumnType::Text),
    ("contact_id", ColumnType::Text),
    ("phone", ColumnType::Text),
    ("queue", ColumnType::Text),
    ("status", ColumnType::Text),
    ("priority", ColumnType::Text),
    ("callback_date", ColumnType::Date),
    ("mute_until", ColumnType::Date),
    ("daily_attempts", ColumnType::Integer),
    ("retry_count", ColumnType::Integer),
    ("max_retries", ColumnType::Integer),
    ("retry_interval", ColumnType::Integer),
    ("next_retry", ColumnType::DateTime),
    ("last_contact", ColumnType::DateTime),
    ("last_action", ColumnType::Text),
    ("page_reached", ColumnType::Integer),
    ("outcome", ColumnType::Text),
    ("removed_date", ColumnType::DateTime),
    ("removed_reason", ColumnType::Text),
    ("created_at", ColumnType::DateTime),
];

const WORKFLOWS: &[(&str, ColumnType)] = &[
    ("id", ColumnType::Integer),
    ("workflow_code", ColumnType::Text),
    ("context", ColumnType::Text),
    ("payload", ColumnType::Json),
    ("status", ColumnType::Text),
    ("created_at", ColumnType::DateTime),
];

const PAGES: &[(&str, ColumnType)] = &[
    ("conversationcode", ColumnType::Text),
    ("package", ColumnType::Text),
    ("pageno", ColumnType::Integer),
    ("headertext", ColumnType::Text),
    ("option1", ColumnType::Text),
    ("option1callback", ColumnType::Text),
    ("option1display", ColumnType::Text),
    ("option2", ColumnType::Text),
    ("option2callback", ColumnType::Text),
    ("option2display", ColumnType::Text),
    ("option3", ColumnType::Text),
    ("option3callback", ColumnType::Text),
    ("option3display", ColumnType::Text),
    ("option4", ColumnType::Text),
    ("option4callback", ColumnType::Text),
    ("option4display", ColumnType::Text),
    ("option5", ColumnType::Text),
    ("option5callback", ColumnType::Text),
    ("option5display", ColumnType::Text),
    ("optionoverridesql", ColumnType::Text),
    ("optionoverrideshow", ColumnType::Text),
    ("presql", ColumnType::Text),
    ("postsql", ColumnType::Text),
    ("reroutesql", ColumnType::Text),
    ("timeoutseconds", ColumnType::Integer),
    ("maxretries", ColumnType::Integer),
    ("mediaurl", ColumnType::Text),
];

const CONTACT: &[(&str, ColumnType)] = &[
    ("conversationcode", ColumnType::Text),
    ("senderid", ColumnType::Text),
    ("conversationguid", ColumnType::Text),
    ("channel", ColumnType::Text),
    ("pageno", ColumnType::Integer),
    ("offset", ColumnType::Integer),
    ("lastupdate", ColumnType::DateTime),
    ("expirydate", ColumnType::DateTime),
    ("context", ColumnType::Json),
];

const RESPONSES: &[(&str, ColumnType)] = &[
    ("conversationcode", ColumnType::Text),
    ("senderid", ColumnType::Text),
    ("conversationguid", ColumnType::Text),
    ("channel", ColumnType::Text),
    ("pageno", ColumnType::Integer),
    ("response", ColumnType::Text),
    ("userinput", ColumnType::Text),
    ("matchedoption", ColumnType::Text),
    ("callback", ColumnType::Text),
    ("created_at", ColumnType::DateTime),
];

fn view(name: &str, writable: bool, columns: &[(&str, ColumnType)]) -> Table {
    let columns =
        columns.iter().map(|(name, kind)| Column { name: (*name).to_owned(), kind: *kind, nullable: true }).collect();
    Table { name: name.to_owned(), kind: TableKind::HostView { writable }, columns, key: Vec::new() }
}
