//! The pages of the newest publication as rows, for people who ask about conversations with SQL. Turns do not read them.

use super::Bundle;
use crate::conversation::page::{Conversation, MAX_OPTIONS, Page};
use crate::located::Text;
use crate::store::{StoreError, Tx, Value};

/// Writes every page anew.
///
/// # Errors
/// When the database fails.
pub(super) fn write(tx: &mut dyn Tx, bundle: &Bundle) -> Result<(), StoreError> {
    tx.execute("DELETE FROM host_conversation_pages", &[])?;
    for conversation in bundle.conversations.values().map(|file| &file.conversation) {
        for page in conversation.pages.values() {
            let row = row(conversation, page);
            let names: Vec<&str> = row.iter().map(|(name, _)| name.as_str()).collect();
            let places: Vec<String> = (1..=row.len()).map(|index| format!("${index}")).collect();
            let sql =
                format!("INSERT INTO host_conversation_pages ({}) VALUES ({})", names.join(", "), places.join(", "));
            let values: Vec<Value> = row.iter().map(|(_, value)| value.clone()).collect();
            tx.execute(&sql, &values)?;
        }
    }
    Ok(())
}

fn row(conversation: &Conversation, page: &Page) -> Vec<(String, Value)> {
    let text = |text: &Option<Text>| Value::from(text.as_deref().map(str::to_owned));
    let number =
        |number: Option<u64>| number.and_then(|number| i64::try_from(number).ok()).map_or(Value::Null, Value::Int);
    let mut row: Vec<(String, Value)> = [
        ("conversationcode", conversation.code.as_str().into()),
        ("package", conversation.package.as_str().into()),
        ("pageno", i64::from(page.number).into()),
        ("headertext", page.header.as_str().into()),
        ("optionoverridesql", text(&page.option_sql)),
        ("optionoverrideshow", text(&page.option_show)),
        ("presql", text(&page.pre_sql)),
        ("postsql", text(&page.post_sql)),
        ("reroutesql", text(&page.reroute_sql)),
        ("timeoutseconds", number(page.timeout_seconds)),
        ("maxretries", number(page.max_retries.map(u64::from))),
        ("mediaurl", text(&page.media_url)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    for option in page.options.iter().filter(|option| (1..=MAX_OPTIONS).contains(&option.number)) {
        let number = option.number;
        row.push((format!("option{number}"), option.text.as_str().into()));
        row.push((format!("option{number}callback"), text(&option.callback)));
        row.push((format!("option{number}display"), if option.display { "Y" } else { "N" }.into()));
    }
    row
}
