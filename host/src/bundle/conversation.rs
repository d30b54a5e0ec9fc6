//! Reads one `conversations/*.yaml`: its shape only. Whether its pages fit together is for `lint` to say.

use std::collections::BTreeMap;

use crate::conversation::options::{Pattern, Polarity};
use crate::conversation::page::{Conversation, MAX_OPTIONS, Page, PageOption};
use crate::conversation::route::Route;
use crate::located::{Spot, Text};

use super::fields::{Faults, Fields, shorten, text};
use super::yaml::Node;

const CONVERSATION_KEYS: &[&str] = &[
    "conversation",
    "package",
    "description",
    "start_page",
    "expiry_seconds",
    "context",
    "callbacks",
    "end_message",
    "stop_message",
    "pages",
];
const PAGE_KEYS: &[&str] = &[
    "page",
    "header",
    "options",
    "option_sql",
    "option_show",
    "pre_sql",
    "post_sql",
    "reroute_sql",
    "timeout_seconds",
    "max_retries",
    "on_max_retries",
    "media_url",
];
const OPTION_KEYS: &[&str] = &["text", "callback", "number", "display", "match", "keywords", "means", "commits"];

const MAX_PAGE: u64 = 9_999;
const YEAR_SECONDS: u64 = 366 * 24 * 60 * 60;
const MAX_TIMEOUT_SECONDS: u64 = 7 * 24 * 60 * 60;
const MAX_RETRIES: u64 = 20;
/// `data_conversation_contact_<code>` has to fit into the 63 characters of a name in PostgreSQL.
const MAX_CODE: usize = 37;

/// A conversation and where the routes of its `callbacks` stand.
pub(super) type Found = (Conversation, BTreeMap<String, Spot>);

/// The conversation in `node`, as far as it can be read; what cannot be is in `faults`.
pub(super) fn read(node: Node, faults: &mut Faults) -> Option<Found> {
    let mut fields = Fields::of(node, "a conversation", CONVERSATION_KEYS, (1, 1), faults)?;
    let code = fields.required("conversation", faults);
    let mut conversation = Conversation::new(code.clone().unwrap_or_else(|| Text::from("?")));
    if let Some(code) = &code
        && !is_code(code)
    {
        let message = format!("`{code}` cannot be a conversation code");
        let hint =
            format!("use letters, digits and `_`, at most {MAX_CODE}, beginning with a letter and not with `CONTACT_`");
        faults.error("conversation-code", code.spot(), message, hint);
    }
    let owned = |text: Option<Text>| text.map(|text| text.as_str().to_owned()).unwrap_or_default();
    conversation.package = owned(fields.text("package", faults));
    conversation.description = owned(fields.text("description", faults));
    if let Some(number) = fields.number("start_page", 1..=MAX_PAGE, "page-number", faults) {
        conversation.start_page = number as u32;
    }
    if let Some(seconds) = fields.number("expiry_seconds", 60..=YEAR_SECONDS, "conversation-expiry-range", faults) {
        conversation.expiry_seconds = seconds;
    }
    conversation.context = fields.texts("context", faults);
    for name in &conversation.context {
        if !is_name(name) {
            let message = format!("`{name}` cannot be a name of the context");
            faults.error("context-name", name.spot(), message, "use letters, digits and `_`, without `$`");
        }
    }
    let mut callback_spots = BTreeMap::new();
    for (name, node) in fields.map("callbacks", faults) {
        if !is_callback_name(&name) {
            let hint = "use the name alone: `PAY: \"4\"` says where `PAY:500` leads";
            faults.error("callback-name", name.spot(), format!("`{name}` cannot be the name of a callback"), hint);
        } else if let Some(route) = text(node, &name, name.spot(), faults) {
            callback_spots.insert(name.as_str().to_owned(), route.spot());
            conversation.callbacks.insert(name.as_str().to_owned(), route.as_str().to_owned());
        }
    }
    conversation.end_message = fields.text("end_message", faults);
    conversation.stop_message = fields.text("stop_message", faults);
    let (pages_spot, pages) = fields.list("pages", faults).unwrap_or((fields.spot, Vec::new()));
    if pages.is_empty() && faults.list.is_empty() {
        faults.error("yaml-missing-key", pages_spot, "a conversation needs `pages`", "add `pages:` with `- page: 1`");
    }
    for node in pages {
        let Some(page) = read_page(node, pages_spot, faults) else { continue };
        if let Some(earlier) = conversation.pages.get(&page.number) {
            let message = format!("page {} stands twice, first in line {}", page.number, earlier.spot.0);
            faults.error("page-duplicate", page.spot, message, "give each page a number of its own");
        } else {
            conversation.pages.insert(page.number, page);
        }
    }
    code.map(|_| (conversation, callback_spots))
}

fn read_page(node: Node, at: Spot, faults: &mut Faults) -> Option<Page> {
    let mut fields = Fields::of(node, "a page", PAGE_KEYS, at, faults)?;
    let before = faults.list.len();
    let number = fields.number("page", 1..=MAX_PAGE, "page-number", faults);
    if number.is_none() && faults.list.len() == before {
        faults.error("yaml-missing-key", fields.spot, "a page needs `page`", "number the pages: `- page: 1`");
    }
    let mut page = Page {
        number: number.unwrap_or(0) as u32,
        spot: fields.spot,
        header: fields.required("header", faults).unwrap_or_default(),
        option_sql: fields.text("option_sql", faults),
        option_show: fields.text("option_show", faults),
        pre_sql: fields.text("pre_sql", faults),
        post_sql: fields.text("post_sql", faults),
        reroute_sql: fields.text("reroute_sql", faults),
        timeout_seconds: fields.number("timeout_seconds", 5..=MAX_TIMEOUT_SECONDS, "page-timeout-range", faults),
        max_retries: fields
            .number("max_retries", 0..=MAX_RETRIES, "page-retries-range", faults)
            .map(|retries| retries as u32),
        on_max_retries: fields.text("on_max_retries", faults),
        media_url: fields.text("media_url", faults),
        options: Vec::new(),
    };
    let (options_spot, options) = fields.list("options", faults).unwrap_or_default();
    for node in options {
        let following = page.options.last().map_or(1, |option| option.number + 1);
        let Some(option) = read_option(node, following, options_spot, faults) else { continue };
        let spot = option.text.spot();
        if page.options.iter().any(|earlier| earlier.number == option.number) {
            let message = format!("option {} stands twice on page {}", option.number, page.number);
            faults.error("option-duplicate", spot, message, "give each option a number of its own");
        } else if option.number > MAX_OPTIONS {
            let message = format!("page {} has more than {MAX_OPTIONS} options", page.number);
            let hint = "list more choices with `option_sql`, or lead to a second page";
            faults.error("option-too-many", spot, message, hint);
        } else {
            page.options.push(option);
            page.options.sort_by_key(|option| option.number);
        }
    }
    number.map(|_| page)
}

/// An option is a map, or just its text.
fn read_option(node: Node, following: u8, at: Spot, faults: &mut Faults) -> Option<PageOption> {
    let mut option = PageOption::new(following, Text::default());
    if let Node::Scalar(label) = node {
        option.text = label.trimmed();
        return Some(option);
    }
    let mut fields = Fields::of(node, "an option", OPTION_KEYS, at, faults)?;
    option.text = fields.required("text", faults)?;
    option.callback = fields.text("callback", faults);
    option.display = fields.flag("display", faults).unwrap_or(true);
    option.pattern = fields.text("match", faults).and_then(|source| pattern(&source, faults));
    option.keywords = fields.texts("keywords", faults).iter().map(|word| word.as_str().to_owned()).collect();
    option.commits = fields.flag("commits", faults);
    option.polarity = fields.text("means", faults).and_then(|answer| polarity(&answer, faults));
    if let Some(number) = fields.number("number", 1..=u64::from(MAX_OPTIONS), "option-number", faults) {
        option.number = number as u8;
    }
    Some(option)
}

/// Can name a conversation: part of addresses and of the names of views. `CONTACT_X` would take the name of the view
/// of X's contacts.
fn is_code(code: &str) -> bool {
    code.len() <= MAX_CODE && is_name(code) && !code.to_ascii_lowercase().starts_with("contact_")
}

/// A letter, then letters, digits and `_`.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Can stand among `callbacks`: `PAY`, or one outcome as a whole, `PAY:500`.
fn is_callback_name(name: &str) -> bool {
    match name.parse() {
        Ok(Route::Named { .. }) => true,
        Ok(_) => false,
        Err(_) => matches!(format!("{name}:").parse(), Ok(Route::Named { .. })),
    }
}

fn pattern(source: &Text, faults: &mut Faults) -> Option<Pattern> {
    match Pattern::new(source) {
        Ok(pattern) => {
            // What no author has in mind stands for every answer.
            if pattern.matches_whole("\u{1}") {
                let hint = "say what it should match: `yes|ok`";
                faults.warning("option-regex-any", source.spot(), "this pattern matches every answer", hint);
            }
            Some(pattern)
        }
        Err(error) => {
            let reason = error.cause.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned();
            let message = format!("`{}` is not a regular expression", shorten(source));
            faults.error("option-regex", source.spot(), message, reason);
            None
        }
    }
}

fn polarity(answer: &Text, faults: &mut Faults) -> Option<Polarity> {
    match answer.to_ascii_lowercase().as_str() {
        "yes" | "y" | "true" => Some(Polarity::Yes),
        "no" | "n" | "false" => Some(Polarity::No),
        "unsure" => Some(Polarity::Unsure),
        _ => {
            let message = format!("an option cannot mean `{}`", shorten(answer));
            faults.error("option-means", answer.spot(), message, "write yes, no or unsure");
            None
        }
    }
}
