//! What a message is taken for: an opt-out, a word to page with, one of the options, or something to ask again about.

use super::contact::Status;
use super::error::TurnError;
use super::intent::{How, Intent, Prepared, Settings, Understood, understand};
use super::opt_out;
use super::options::Choice;
use super::reply::{Match, Way};
use super::turn::{Answered, Said, Turn, TurnRequest};
use super::words::{Signal, Standing};
use serde_json::json;

/// Answers that fit no option, on a page that says nothing else.
const DEFAULT_MAX_RETRIES: u32 = 3;

const NOT_UNDERSTOOD: &str = "Sorry, I did not understand that.";
const OPTED_OUT: &str = "You will get no more messages from us. Reply START if you change your mind.";

impl Turn<'_> {
    pub(super) fn respond(
        &mut self,
        request: &TurnRequest,
        begun: bool,
        response: &mut Answered,
    ) -> Result<Said, TurnError> {
        let text = request.text.trim();
        let signal = self.published.words.read(text);
        if opt_out::holds(self.tx, &self.contact.sender_id)? {
            if signal != Some(Signal::OptIn) {
                self.debug.understood = "unheard";
                self.contact.status = Status::Stopped;
                return Ok(Said::default());
            }
            self.debug.understood = "opt-in";
            opt_out::lift(self.tx, &self.contact.sender_id)?;
            self.audit("opt-out-lifted", json!({ "word": text }))?;
            return self.enter(self.script.conversation.start_page);
        }
        if self.contact.status == Status::Escalated {
            self.debug.understood = "unheard";
            return if signal == Some(Signal::OptOut) { self.opt_out(text) } else { Ok(Said::default()) };
        }
        self.contact.status = Status::Active;
        self.debug.understood = "opening";
        if begun {
            let out = matches!(signal, Some(Signal::OptOut));
            return if out { self.opt_out(text) } else { self.enter(self.script.conversation.start_page) };
        }
        if text.is_empty() {
            return Ok(self.again(None));
        }
        self.take_reply(text, response)
    }

    fn take_reply(&mut self, text: &str, response: &mut Answered) -> Result<Said, TurnError> {
        let choices = self.contact.shown.all();
        let standing =
            Standing { opted_out: false, has_more: self.contact.shown.has_more, has_back: self.contact.shown.has_back };
        let prepared = Prepared::new(&choices);
        let understood = understand(text, &prepared, &self.published.words, standing, &Settings::default());
        self.debug.understood = match &understood {
            Understood::OptOut => "opt-out",
            Understood::More => "more",
            Understood::Back => "back",
            Understood::OptIn | Understood::Repeat => "repeat",
            Understood::Choice(Intent::Matched { .. }) => "option",
            Understood::Choice(Intent::NearTie { .. }) => "near-tie",
            Understood::Choice(Intent::None) if self.contact.shown.free_text => "text",
            Understood::Choice(Intent::None) => "nothing",
        };
        match understood {
            Understood::OptOut => self.opt_out(text),
            Understood::More => self.turn_page(true),
            Understood::Back => self.turn_page(false),
            Understood::OptIn | Understood::Repeat => Ok(self.again(None)),
            Understood::Choice(Intent::Matched { index, score, how }) => {
                let Some(choice) = choices.into_iter().nth(index) else { return self.not_understood(response) };
                response.user_input = Some(choice.value.clone());
                let how = how_name(how);
                self.debug.matched =
                    Some(Match { key: choice.key.clone(), label: choice.label.clone(), score, how: how.to_owned() });
                response.matched = Some((choice.clone(), score, how));
                self.answered(text, Some((choice, score)), response)
            }
            Understood::Choice(Intent::NearTie { indices }) => {
                let likely = indices.into_iter().filter_map(|index| choices.get(index).cloned()).collect();
                self.count_retry(response, Some(likely))
            }
            Understood::Choice(Intent::None) if self.contact.shown.free_text => {
                response.user_input = Some(text.to_owned());
                self.answered(text, None, response)
            }
            Understood::Choice(Intent::None) => self.not_understood(response),
        }
    }

    fn not_understood(&mut self, response: &mut Answered) -> Result<Said, TurnError> {
        self.count_retry(response, None)
    }

    /// An answer that fits no option, or more than one: asked again, up to the page's limit.
    fn count_retry(&mut self, response: &mut Answered, likely: Option<Vec<Choice>>) -> Result<Said, TurnError> {
        self.contact.retries += 1;
        let page_no = self.contact.page_no;
        let page = self.script.conversation.pages.get(&page_no);
        let most = page.and_then(|page| page.max_retries).unwrap_or(DEFAULT_MAX_RETRIES);
        if self.contact.retries > most {
            let on_max = page.map_or(super::page::DEFAULT_ON_MAX_RETRIES, |page| page.on_max_retries()).to_owned();
            let settled = self.settle(page_no, &on_max)?;
            response.route = Some(settled.route.to_string());
            self.debug.route = Some(Way { route: on_max, source: "max_retries".to_owned(), proposed: None });
            return self.follow(settled, response);
        }
        self.set_deadline();
        Ok(match likely {
            Some(choices) => Said { choices, did_you_mean: true, ..Said::default() },
            None => self.again(Some(NOT_UNDERSTOOD)),
        })
    }

    /// What was shown last, once more.
    fn again(&mut self, before: Option<&str>) -> Said {
        self.set_deadline();
        let shown = &self.contact.shown;
        let header = match before {
            Some(before) if !shown.header.is_empty() => format!("{before}\n{}", shown.header),
            Some(before) => before.to_owned(),
            None => shown.header.clone(),
        };
        Said {
            header,
            choices: shown.choices.clone(),
            has_more: shown.has_more,
            has_back: shown.has_back,
            did_you_mean: false,
            media_url: shown.media_url.clone(),
        }
    }

    fn opt_out(&mut self, word: &str) -> Result<Said, TurnError> {
        self.debug.understood = "opt-out";
        opt_out::record(self.tx, &self.contact, word, self.moment.millis)?;
        self.audit("opted-out", json!({ "word": word, "channel": self.contact.channel.name() }))?;
        self.end(Status::Stopped, Some("STOP".to_owned()));
        let own = self.script.conversation.stop_message.as_ref().map(|text| text.as_str().to_owned());
        Ok(Said::words(own.map_or_else(|| OPTED_OUT.to_owned(), |text| self.fill(&text))))
    }
}

fn how_name(how: How) -> &'static str {
    match how {
        How::Key => "key",
        How::Ordinal => "ordinal",
        How::Label => "label",
        How::Pattern => "pattern",
        How::Keyword => "keyword",
        How::Polarity => "polarity",
        How::Fuzzy => "fuzzy",
    }
}
