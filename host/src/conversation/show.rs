//! Showing a page: its `pre_sql`, what the module adds, its options, and how many of them the channel can carry.

use super::channel::{self, Reply};
use super::contact::Shown;
use super::error::TurnError;
use super::leading::to_rules;
use super::options::{Choice, OptionRow, Paging, WhenEmpty, offer, when_empty};
use super::page::Page;
use super::route::{Route, Settled};
use super::turn::{Answered, Said, Turn};
use crate::decision::ask::from_rules;
use crate::rules::bindings::v1::types::{self, Hook};
use crate::rules::{HookAnswer, HookInput};
use crate::sql::{self, Outcome};

/// Pages that may follow each other in one turn without a word to the debtor.
const MOST_PAGES: usize = 100;
/// Parts of an SMS that a list of options may fill.
const MOST_SEGMENTS: usize = 4;
/// Options of earlier pages of a list whose keys still count.
const MOST_EARLIER: usize = 200;
/// Options that a module may answer.
const MOST_OPTIONS: usize = 100;

impl Turn<'_> {
    /// Goes to a page and shows it. A page without a header and without options says nothing: it only decides where to
    /// go on, and is passed through.
    pub(super) fn enter(&mut self, number: u32) -> Result<Said, TurnError> {
        let mut number = number;
        for _ in 0..MOST_PAGES {
            self.contact.page_no = number;
            self.contact.page_offset = 0;
            self.contact.retries = 0;
            self.contact.shown = Shown::default();
            let script = std::sync::Arc::clone(self.script);
            let Some(page) = script.conversation.pages.get(&number) else {
                let why = format!("the conversation has no page {number}");
                return Err(TurnError::Route { page: number, route: number.to_string(), why });
            };
            self.prepare(page)?;
            if !(page.header.trim().is_empty() && page.is_free_text()) {
                return self.show(page);
            }
            match self.pass_through(page)? {
                Some(Settled { route: Route::Page(next), .. }) => number = next,
                Some(settled) => return self.follow(settled, &Answered::default()),
                None => return self.show(page),
            }
        }
        Err(TurnError::TooManyPages(MOST_PAGES))
    }

    /// More of the list of options, or what came before.
    pub(super) fn turn_page(&mut self, more: bool) -> Result<Said, TurnError> {
        let script = std::sync::Arc::clone(self.script);
        let Some(page) = script.conversation.pages.get(&self.contact.page_no) else {
            let why = "the page is gone".to_owned();
            return Err(TurnError::Route { page: self.contact.page_no, route: String::new(), why });
        };
        let paging = Paging::new(self.contact.page_offset, self.published.page_size(self.contact.channel));
        let shown = self.contact.shown.choices.len();
        self.contact.page_offset = if more { paging.more(shown) } else { paging.back() }.offset;
        self.show(page)
    }

    /// Where a silent page leads, if its `reroute_sql` says so.
    fn pass_through(&mut self, page: &Page) -> Result<Option<Settled>, TurnError> {
        let programs = self.script.programs.get(&page.number).cloned().unwrap_or_default();
        let Some(program) = &programs.reroute else { return Ok(None) };
        let rows = self.statements(program, "reroute_sql", None)?;
        let first = rows.first().and_then(|rows| rows.rows.first()).and_then(|row| row.first());
        first.filter(|value| !value.is_null()).map(|value| self.settle(page.number, &value.to_string())).transpose()
    }

    /// `pre_sql`, then what the module has to add: both feed the conversation's values.
    fn prepare(&mut self, page: &Page) -> Result<(), TurnError> {
        let programs = self.script.programs.get(&page.number).cloned().unwrap_or_default();
        if let Some(program) = &programs.pre {
            let results = self.statements(program, "pre_sql", None)?;
            for outcome in results {
                let Some(first) = outcome.rows.into_iter().next() else { continue };
                let named = outcome.columns.into_iter().map(|column| column.name).zip(first);
                self.contact.context.extend(named.filter(|(name, _)| !is_fixed(name)));
            }
        }
        let rules_page = self.rules_page();
        let answer = self.ask(Hook::BeforePage, |situation| {
            HookInput::BeforePage(types::BeforePageInput { situation, page: rules_page })
        });
        if let Some(HookAnswer::BeforePage(fields)) = answer {
            for field in fields {
                match from_rules(&field.value) {
                    Ok(value) if !is_fixed(&field.name) => drop(self.contact.context.insert(field.name, value)),
                    Ok(_) => self.panel.refuse(&format!("`{}` is the host's to set", field.name)),
                    Err(why) => self.panel.refuse(&format!("`{}`: {why}", field.name)),
                }
            }
        }
        Ok(())
    }

    fn show(&mut self, page: &Page) -> Result<Said, TurnError> {
        let earlier = std::mem::take(&mut self.contact.shown);
        let (mut choices, has_more, hidden) = self.options_of(page)?;
        self.ask_options(&mut choices);
        let header = self.fill(&page.header);
        let channel = self.contact.channel;
        let has_back = self.contact.page_offset > 0;
        let reply = Reply { header: &header, choices: &choices, has_more, has_back, did_you_mean: false };
        let fit = match page.option_sql {
            Some(_) => channel::how_many_fit(channel, &reply, &self.published.phrases, MOST_SEGMENTS),
            None => choices.len(),
        };
        let has_more = has_more || fit < choices.len();
        choices.truncate(fit);
        let media_url = page.media_url.as_ref().map(|url| self.fill(url));
        let mut seen = earlier.all();
        seen.truncate(MOST_EARLIER);
        seen.extend(hidden);
        self.contact.shown = Shown {
            header: header.clone(),
            media_url: media_url.clone(),
            choices: choices.clone(),
            earlier: if page.option_sql.is_some() && channel.numbering() == super::options::Numbering::EachPage {
                Vec::new()
            } else {
                seen
            },
            has_more,
            has_back,
            free_text: page.is_free_text(),
        };
        self.set_deadline();
        Ok(Said { header, choices, has_more, has_back, did_you_mean: false, media_url })
    }

    /// The options by the data alone: those in view, whether there are more, and those that can be chosen unseen.
    fn options_of(&mut self, page: &Page) -> Result<(Vec<Choice>, bool, Vec<Choice>), TurnError> {
        let programs = self.script.programs.get(&page.number).cloned().unwrap_or_default();
        let Some(program) = programs.paged_options.as_ref().or(programs.options.as_ref()) else {
            let (visible, hidden) = self.fixed_options(page);
            return Ok((visible, false, hidden));
        };
        let size = self.published.page_size(self.contact.channel);
        loop {
            let paging = Paging::new(self.contact.page_offset, size);
            let limit = programs.author_limit.filter(|_| programs.paged_options.is_none());
            let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
            let of = sql::Page { size: number(paging.limit()), start: number(paging.offset) };
            let rows = self.statements(program, "option_sql", Some(of))?.into_iter().next();
            let rows = rows.map(|rows| option_rows(&rows, page.option_show.as_deref())).unwrap_or_default();
            if !rows.is_empty() {
                let offered = offer(&rows, paging, self.contact.channel.numbering(), limit);
                return Ok((offered.choices, offered.has_more, Vec::new()));
            }
            match when_empty(paging, !page.options.is_empty(), &self.published.phrases.agent) {
                WhenEmpty::StepBack(before) => self.contact.page_offset = before.offset,
                WhenEmpty::Static => {
                    let (visible, hidden) = self.fixed_options(page);
                    return Ok((visible, false, hidden));
                }
                WhenEmpty::Agent(choice) => return Ok((vec![choice], false, Vec::new())),
            }
        }
    }

    fn fixed_options(&mut self, page: &Page) -> (Vec<Choice>, Vec<Choice>) {
        let mut visible = Vec::new();
        let mut hidden = Vec::new();
        for option in &page.options {
            let text = self.fill(&option.text);
            if option.display { &mut visible } else { &mut hidden }.push(option.choice(&text));
        }
        (visible, hidden)
    }

    /// The module may reorder, reword, add and remove options. An answer with an option that leads nowhere, or with a
    /// key twice, is refused as a whole.
    fn ask_options(&mut self, choices: &mut Vec<Choice>) {
        let page = self.rules_page();
        let proposed: Vec<types::Choice> = choices.iter().map(to_rules).collect();
        let answer =
            self.ask(Hook::Options, |situation| HookInput::Options(types::OptionsInput { situation, page, proposed }));
        let Some(HookAnswer::Options(answered)) = answer else { return };
        match self.checked_options(choices, answered) {
            Ok(checked) => *choices = checked,
            Err(why) => self.panel.refuse(&why),
        }
    }

    fn checked_options(&self, before: &[Choice], answered: Vec<types::Choice>) -> Result<Vec<Choice>, String> {
        if answered.len() > MOST_OPTIONS {
            return Err(format!("{} options are more than {MOST_OPTIONS}", answered.len()));
        }
        let mut checked: Vec<Choice> = Vec::with_capacity(answered.len());
        for choice in answered {
            if choice.key.trim().is_empty() || checked.iter().any(|known| known.key == choice.key) {
                return Err(format!("the key `{}` is empty or there twice", choice.key));
            }
            if choice.label.trim().is_empty() {
                return Err(format!("the option `{}` has no label", choice.key));
            }
            if [&choice.key, &choice.label, &choice.value].into_iter().any(|text| text.contains('\0')) {
                return Err(format!("the option `{}` has a NUL character", choice.key.replace('\0', "")));
            }
            if let Some(callback) = &choice.callback {
                self.settle(self.contact.page_no, callback).map_err(|error| error.to_string())?;
            }
            let known = before.iter().find(|known| known.key == choice.key && known.label == choice.label);
            let base = known.cloned().unwrap_or_default();
            let types::Choice { key, label, value, callback } = choice;
            checked.push(Choice { key, label, value, callback, ..base });
        }
        Ok(checked)
    }
}

/// Names that only the host sets.
pub(super) fn is_fixed(name: &str) -> bool {
    super::script::CONTEXT_NAMES.contains(&name) && name != "customer_id"
}

/// The rows of an options query: which column is shown, which is the value, which the callback.
fn option_rows(rows: &Outcome, show: Option<&str>) -> Vec<OptionRow> {
    let column = |name: &str| rows.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name));
    let label = show.and_then(column).or_else(|| column("display")).unwrap_or(0);
    let value = column("value").unwrap_or(0);
    let callback = column("callback");
    rows.rows
        .iter()
        .map(|row| OptionRow {
            label: row[label].to_string(),
            value: row[value].to_string(),
            callback: callback.map(|index| &row[index]).filter(|value| !value.is_null()).map(ToString::to_string),
        })
        .collect()
}
