//! What is wrong, or worth a look, in definitions that can be read: do pages fit together, does every `{name}` have a
//! source, will a channel carry the text. Statements are checked by [`super::statements`].

use std::collections::{BTreeMap, BTreeSet};

use crate::conversation::page::{Conversation, Page};
use crate::conversation::route::Route;
use crate::fault::Fault;
use crate::located::{Spot, Text};

use super::answers::{Answer, answers};
use super::fields::{Faults, did_you_mean, list, shorten};
use super::load::{Bundle, ConversationFile};

/// Names that every conversation's context has: for `$name$` in statements and `{name}` in texts.
pub const CONTEXT_NAMES: &[&str] = &[
    "account_id",
    "channel",
    "conversation_code",
    "conversation_guid",
    "conversation_result",
    "current_page",
    "message_id",
    "offset",
    "page_no",
    "queue_guid",
    "raw_input",
    "sender_id",
    "user_input",
];
/// What carriers accept as one message of several parts without trouble: three segments.
const SMS_CHARS: usize = 459;
const WHATSAPP_CHARS: usize = 1_024;
/// The title of a row in a WhatsApp list.
const WHATSAPP_LABEL: usize = 24;

pub(super) fn lint(bundle: &Bundle, faults: &mut Vec<Fault>) {
    for entry in bundle.conversations.values() {
        let mut found = Faults::new(&entry.file);
        let check = Check::new(bundle, entry);
        check.conversation(&mut found);
        faults.append(&mut found.list);
    }
}

struct Check<'a> {
    conversation: &'a Conversation,
    callback_spots: &'a BTreeMap<String, Spot>,
    default_channel: &'a str,
    /// The queries of each page's statements, by page and key.
    answers: BTreeMap<(u32, &'static str), Vec<Answer>>,
    /// Names that a `{name}` can be filled from, in lower case; none if a query answers columns that are not known.
    names: Option<BTreeSet<String>>,
}

impl<'a> Check<'a> {
    fn new(bundle: &'a Bundle, entry: &'a ConversationFile) -> Self {
        let conversation = &entry.conversation;
        let answers = conversation
            .pages
            .values()
            .flat_map(|page| page.statements().map(|(key, sql)| ((page.number, key), answers(sql))))
            .collect();
        let mut check = Self {
            conversation,
            callback_spots: &entry.callback_spots,
            default_channel: &bundle.manifest.default_channel,
            answers,
            names: None,
        };
        check.names = check.names(bundle);
        check
    }

    fn names(&self, bundle: &Bundle) -> Option<BTreeSet<String>> {
        let context = self.conversation.context.iter().map(Text::as_str);
        let mut names: BTreeSet<String> =
            CONTEXT_NAMES.iter().copied().chain(context).map(str::to_ascii_lowercase).collect();
        let pre_sql = self.answers.iter().filter(|((_, key), _)| *key == "pre_sql").flat_map(|(_, answers)| answers);
        for answer in pre_sql {
            names.extend(answer.columns.iter().map(|column| column.name.to_ascii_lowercase()));
            for table in &answer.all_of {
                match bundle.tables.get(table) {
                    Some(definition) => names.extend(definition.columns.iter().map(|column| column.name.clone())),
                    // A temporary table of an earlier page has put its columns here already.
                    None if self.fills(table) => {}
                    None => return None,
                }
            }
        }
        Some(names)
    }

    fn fills(&self, table: &str) -> bool {
        self.answers.values().flatten().any(|answer| answer.table.as_deref() == Some(table))
    }

    fn conversation(&self, faults: &mut Faults) {
        let conversation = self.conversation;
        if conversation.pages.is_empty() {
            return;
        }
        if !conversation.pages.contains_key(&conversation.start_page) {
            let message =
                format!("page {}, with which the conversation begins, does not exist", conversation.start_page);
            let hint = format!("add it, or set `start_page`; there are pages {}", self.page_list());
            faults.error("page-start-missing", conversation.code.spot(), message, hint);
        }
        for (name, route) in &conversation.callbacks {
            let route = Text::starting_at(route.clone(), self.callback_spots.get(name).copied().unwrap_or_default());
            if matches!(route.parse(), Ok(Route::Named { .. } | Route::Reroute)) {
                let hint = "lead to a page, EXIT, ESCALATE or WORKFLOW:X";
                faults.error("callback-target", route.spot(), format!("`{route}` does not say where to go"), hint);
            } else {
                self.route(&route, None, faults);
            }
            if !conversation.pages.values().any(|page| mentions(page, name)) {
                let message =
                    format!("no option and no statement of the conversation mentions `{}`", callback_text(name));
                faults.warning("callback-unused", route.spot(), message, "remove it, or check its spelling");
            }
        }
        for page in conversation.pages.values() {
            self.page(page, faults);
        }
        self.unreachable(faults);
        for text in [&conversation.end_message, &conversation.stop_message].into_iter().flatten() {
            self.placeholders(text, faults);
        }
    }

    fn page(&self, page: &Page, faults: &mut Faults) {
        self.placeholders(&page.header, faults);
        self.options(page, faults);
        self.dynamic_options(page, faults);
        if let Some(reroute) = &page.reroute_sql {
            self.written_routes(page, "reroute_sql", reroute, None, faults);
        }
        if let Some(route) = &page.on_max_retries {
            self.route(route, None, faults);
        }
        if let Some(url) = &page.media_url {
            self.placeholders(url, faults);
            if !url.starts_with("https://") || url.contains(char::is_whitespace) {
                let message = format!("`{}` cannot be sent as media", shorten(url));
                faults.error("media-scheme", url.spot(), message, "give an address that begins with https://");
            }
        }
        self.length(page, faults);
    }

    fn options(&self, page: &Page, faults: &mut Faults) {
        let mut labels: BTreeMap<String, u8> = BTreeMap::new();
        for option in &page.options {
            self.placeholders(&option.text, faults);
            if let Some(first) = labels.insert(option.label().to_lowercase(), option.number) {
                let message = format!("options {first} and {} say the same", option.number);
                faults.warning("option-same-text", option.text.spot(), message, "a debtor cannot tell them apart");
            }
            match &option.callback {
                Some(callback) => self.route(callback, Some(page), faults),
                None if page.reroute_sql.is_none() => {
                    let message = format!("option {} leads nowhere: choosing it ends the conversation", option.number);
                    let hint = "add `callback:` with a page, EXIT, ESCALATE, ROUTE, WORKFLOW:X or NAME:value";
                    faults.warning("option-callback-missing", option.text.spot(), message, hint);
                }
                None => {}
            }
        }
    }

    fn dynamic_options(&self, page: &Page, faults: &mut Faults) {
        let Some(sql) = &page.option_sql else {
            if let Some(show) = &page.option_show {
                let hint = "add `option_sql`, or remove `option_show`";
                faults.error(
                    "option-show-without-sql",
                    show.spot(),
                    "there is no query whose column could be shown",
                    hint,
                );
            }
            return;
        };
        if let Some(option) = page.options.first() {
            let message = format!("page {} has options of its own and an `option_sql` that replaces them", page.number);
            faults.warning("option-both", option.text.spot(), message, "keep one of the two");
        }
        self.written_routes(page, "option_sql", sql, Some("callback"), faults);
        let Some(answer) = self.answers.get(&(page.number, "option_sql")).and_then(|answers| answers.last()) else {
            return;
        };
        if let Some(show) = &page.option_show
            && answer.all_of.is_empty()
            && !answer.columns.iter().any(|column| column.name.eq_ignore_ascii_case(show))
        {
            let known = answer.columns.iter().map(|column| column.name.as_str());
            let hint = did_you_mean(show, known.clone()).unwrap_or_else(|| format!("it answers {}", list(known)));
            let message = format!("`option_sql` answers no column `{show}`");
            faults.error("option-show-column", show.spot(), message, hint);
        }
    }

    /// Routes written out in a statement, in its first column or the one named `column`.
    fn written_routes(&self, page: &Page, key: &'static str, sql: &Text, column: Option<&str>, faults: &mut Faults) {
        for (route, line, at) in self.literals(page, key, column) {
            let place = sql.at(line, at);
            self.route(&Text::starting_at(route.to_owned(), place), Some(page), faults);
        }
    }

    fn literals(
        &self,
        page: &Page,
        key: &'static str,
        column: Option<&str>,
    ) -> impl Iterator<Item = (&str, usize, usize)> {
        let answer = self.answers.get(&(page.number, key)).and_then(|answers| answers.last());
        let answered = answer.and_then(|answer| match column {
            Some(name) => answer.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)),
            None => answer.columns.first(),
        });
        answered.into_iter().flat_map(|column| &column.literals).map(|(text, line, at)| (text.as_str(), *line, *at))
    }

    fn route(&self, route: &Text, page: Option<&Page>, faults: &mut Faults) {
        match route.parse::<Route>() {
            Err(error) => {
                faults.error(
                    "callback-syntax",
                    route.spot(),
                    format!("`{}` leads nowhere", shorten(route)),
                    error.hint,
                );
            }
            Ok(Route::Page(number)) if !self.conversation.pages.contains_key(&number) => {
                let message = format!("there is no page {number} in `{}`", self.conversation.code);
                let hint = format!("there are pages {}", self.page_list());
                faults.error("page-route-missing", route.spot(), message, hint);
            }
            Ok(Route::Reroute) if page.is_none_or(|page| page.reroute_sql.is_none()) => {
                let hint = "add `reroute_sql`; a module's `reroute` may decide too";
                faults.warning("route-undecided", route.spot(), "nothing in the page decides where ROUTE leads", hint);
            }
            Ok(Route::Named { name, .. }) if !self.is_mapped(&name) => {
                let known = self.conversation.callbacks.keys().map(String::as_str).chain(["WORKFLOW"]);
                if let Some(hint) = did_you_mean(&name, known) {
                    let message = format!("`{name}` is not among the callbacks: it ends the conversation");
                    faults.warning("callback-unmapped", route.spot(), message, hint);
                }
            }
            Ok(_) => {}
        }
    }

    fn is_mapped(&self, name: &str) -> bool {
        let mut keys = self.conversation.callbacks.keys();
        keys.any(|key| key.split(':').next().is_some_and(|key| key.eq_ignore_ascii_case(name)))
    }

    fn page_list(&self) -> String {
        let numbers: Vec<String> = self.conversation.pages.keys().map(u32::to_string).collect();
        numbers.join(", ")
    }

    /// Warns of pages to which no route leads. A module may still lead there.
    fn unreachable(&self, faults: &mut Faults) {
        let mut waiting = vec![self.conversation.start_page];
        let mut reached = BTreeSet::new();
        while let Some(number) = waiting.pop() {
            let Some(page) = self.conversation.pages.get(&number) else { continue };
            if !reached.insert(number) {
                continue;
            }
            if page.reroute_sql.is_some() && self.literals(page, "reroute_sql", None).next().is_none() {
                return;
            }
            waiting.extend(self.leads_to(page));
        }
        for page in self.conversation.pages.values().filter(|page| !reached.contains(&page.number)) {
            let message = format!("no option, callback or written-out route leads to page {}", page.number);
            faults.warning("page-unreachable", page.spot, message, "lead an option there, or remove the page");
        }
    }

    fn leads_to<'b>(&'b self, page: &'b Page) -> impl Iterator<Item = u32> + 'b {
        let written = self
            .literals(page, "reroute_sql", None)
            .chain(self.literals(page, "option_sql", Some("callback")))
            .map(|(route, _, _)| route);
        let callbacks = page.options.iter().filter_map(|option| option.callback.as_deref());
        // What a query puts together is not known: whatever it mentions may be meant.
        let mapped = self.conversation.callbacks.iter().filter(|(name, _)| mentions(page, name));
        written
            .chain(callbacks)
            .chain(page.on_max_retries.as_deref())
            .chain(mapped.map(|(_, route)| route.as_str()))
            .filter_map(|route| match route.parse() {
                Ok(Route::Page(number)) => Some(number),
                _ => None,
            })
    }

    /// Warns of each `{name}` that neither the context nor a `pre_sql` provides; a module's `before-page` still may.
    fn placeholders(&self, text: &Text, faults: &mut Faults) {
        let Some(names) = &self.names else { return };
        let mut rest = text.as_str();
        let mut offset = 0;
        while let Some(open) = rest.find('{') {
            offset += rest[..open].chars().count();
            let inside = &rest[open + 1..];
            let Some(close) = inside.find(['{', '}', '\n']).filter(|close| inside[*close..].starts_with('}')) else {
                let hint = "write the name between braces: `{name}`";
                faults.warning("placeholder-syntax", text.at_offset(offset), "this brace is not closed", hint);
                return;
            };
            let name = &inside[..close];
            if !names.contains(&name.to_ascii_lowercase()) {
                let hint = did_you_mean(name, names.iter().map(String::as_str)).unwrap_or_else(|| {
                    "select it in `pre_sql`, name it in `context:`, or let a module's `before-page` provide it"
                        .to_owned()
                });
                let message = format!("nothing in the bundle provides `{{{name}}}`");
                faults.warning("placeholder-unknown", text.at_offset(offset), message, hint);
            }
            offset += 2 + name.chars().count();
            rest = &inside[close + 1..];
        }
    }

    fn length(&self, page: &Page, faults: &mut Faults) {
        let options: usize = page.options.iter().map(|option| option.label().chars().count() + 4).sum();
        let length = page.header.chars().count() + options;
        let limit = match self.default_channel {
            "sms" => SMS_CHARS,
            "whatsapp" => WHATSAPP_CHARS,
            _ => return,
        };
        if length > limit {
            let message =
                format!("page {} has {length} characters, {} takes {limit}", page.number, self.default_channel);
            faults.warning("text-too-long", page.header.spot(), message, "say it shorter, or on two pages");
        }
        if self.default_channel == "whatsapp" {
            for option in page.options.iter().filter(|option| option.label().chars().count() > WHATSAPP_LABEL) {
                let message = format!("WhatsApp cuts this option after {WHATSAPP_LABEL} characters");
                faults.warning("option-too-long", option.text.spot(), message, "say it shorter");
            }
        }
    }
}

/// `PAY` as it stands in callbacks: `PAY:`; a whole outcome (`PAY:500`) as it is.
fn callback_text(name: &str) -> String {
    if name.contains(':') { name.to_owned() } else { format!("{name}:") }
}

/// True if an option or a statement of the page holds this callback, in any case.
fn mentions(page: &Page, name: &str) -> bool {
    let wanted = callback_text(name).to_ascii_lowercase();
    // A query may put a whole outcome together from the name and a value.
    let start = wanted.split_inclusive(':').next().unwrap_or(&wanted);
    page.options
        .iter()
        .filter_map(|option| option.callback.as_deref())
        .any(|text| text.to_ascii_lowercase().contains(&wanted))
        || page.statements().any(|(_, sql)| sql.to_ascii_lowercase().contains(start))
}
