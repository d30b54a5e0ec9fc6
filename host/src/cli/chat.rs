//! `chat`: a conversation in the terminal.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::Result;
use serde_json::Value;

use super::Chat;
use super::client::{Client, Refused, part};
use super::commands::pairs;
use crate::web::Message;

/// Reads lines from stdin until the conversation ends or the input does. As JSON, one line for each reply.
pub(super) fn run(client: &Client, chat: &Chat, json: bool) -> Result<()> {
    let path = format!("/conversation/{}?tenant={}&debug=true", part(&chat.code), part(&chat.tenant.tenant));
    let terminal = std::io::stdin().is_terminal();
    let context = pairs(&chat.values)?;
    let mut text = String::new();
    let mut lines = std::io::stdin().lock().lines();
    loop {
        let message = Message {
            sender_id: chat.sender.clone(),
            text,
            account_id: chat.account.clone(),
            channel: Some(chat.channel.clone()),
            message_id: Some(uuid::Uuid::new_v4().to_string()),
            context: context.clone(),
        };
        match client.post::<Value>(&path, &message) {
            Ok(said) => {
                match (json, chat.debug) {
                    (true, true) => println!("{said}"),
                    (true, false) => println!("{}", said["reply"]),
                    (false, debug) => show(&said, debug),
                }
                if matches!(said["reply"]["status"].as_str(), Some("completed" | "stopped" | "escalated")) {
                    return Ok(());
                }
            }
            // The conversation stands where it stood: another word may do.
            Err(error) if terminal && error.is::<Refused>() => eprintln!("! {error}"),
            Err(error) => return Err(error),
        }
        if terminal {
            print!("> ");
            std::io::stdout().flush()?;
        }
        match lines.next() {
            Some(line) => text = line?,
            None => return Ok(()),
        }
    }
}

fn show(said: &Value, debug: bool) {
    let reply = &said["reply"];
    println!("{}", reply["message"].as_str().unwrap_or_default());
    // Buttons, rows of a list and keys of a telephone stand beside the text, not in it.
    if reply["kind"] != "text" {
        for option in reply["options"].as_array().into_iter().flatten() {
            let word = |key: &str| option[key].as_str().unwrap_or_default();
            println!("[{}] {}", word("key"), word("label"));
        }
    }
    if let Some(url) = reply["media_url"].as_str() {
        println!("[attached: {url}]");
    }
    if let Some(status) = reply["status"].as_str().filter(|status| *status != "active") {
        let outcome = reply["outcome"].as_str().map(|outcome| format!(", {outcome}")).unwrap_or_default();
        println!("[{status}{outcome}]");
    }
    if debug {
        show_debug(&said["debug"], reply);
    }
}

fn show_debug(debug: &Value, reply: &Value) {
    println!("  page {} · {} µs", reply["page_no"], debug["micros"]);
    if let Some(matched) = debug["matched"].as_object() {
        let word = |key: &str| matched[key].as_str().unwrap_or_default();
        println!("  matched {}: {} ({}, {}/1000)", word("key"), word("label"), word("how"), matched["score"]);
    }
    if let Some(route) = debug["route"].as_object() {
        let word = |key: &str| route[key].as_str().unwrap_or_default();
        println!("  route {} by {}", word("route"), word("source"));
    }
    for decision in debug["decisions"].as_array().into_iter().flatten() {
        let word = |key: &str| decision[key].as_str().unwrap_or_default().to_owned();
        println!(
            "  {} {} {}: {} · fuel {} · {} µs",
            word("hook"),
            word("name"),
            word("version"),
            word("outcome"),
            decision["fuel"],
            decision["micros"]
        );
        if let Some(error) = decision["error"].as_str() {
            println!("    {error}");
        }
        for line in decision["log"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            println!("    log: {line}");
        }
    }
    for ran in debug["statements"].as_array().into_iter().flatten() {
        let stage = ran["stage"].as_str().unwrap_or_default();
        let sql = ran["sql"].as_str().unwrap_or_default();
        println!("  {stage} line {} · {} rows · {} µs: {sql}", ran["line"], ran["rows"], ran["micros"]);
    }
}
