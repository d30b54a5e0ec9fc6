//! Where an answer leads and what it does: `reroute_sql` and the module are asked, `post_sql` and the module's
//! operations run, and the contact moves on.

use serde_json::json;

use super::contact::Status;
use super::effects;
use super::error::TurnError;
use super::options::Choice;
use super::reply::Way;
use super::route::{self, Route, Settled, Source};
use super::turn::{Answered, Said, Turn};
use crate::queue;
use crate::rules::bindings::v1::types::{self, Hook};
use crate::rules::{HookAnswer, HookInput};

const THANKS: &str = "Thank you.";
const HANDED_OVER: &str = "Thank you. A colleague will take over here as soon as possible.";
const IN_PROGRESS: &str = "Thank you. We are taking care of it.";

impl Turn<'_> {
    /// An answer was accepted: where it leads, what it does, and what is said next.
    pub(super) fn answered(
        &mut self,
        raw: &str,
        matched: Option<(Choice, u32)>,
        response: &mut Answered,
    ) -> Result<Said, TurnError> {
        let page_no = self.contact.page_no;
        let value = response.user_input.clone().unwrap_or_default();
        self.contact.context.insert("user_input".to_owned(), value.as_str().into());
        let programs = self.script.programs.get(&page_no).cloned().unwrap_or_default();
        let option = matched.as_ref().and_then(|(choice, _)| choice.callback.clone());
        let from_sql = match &programs.reroute {
            Some(program) => {
                let rows = self.statements(program, "reroute_sql", None)?.into_iter().next();
                let first = rows.and_then(|rows| rows.rows.into_iter().next()).and_then(|row| row.into_iter().next());
                first.filter(|value| !value.is_null()).map(|value| value.to_string())
            }
            None => None,
        };
        let by_data = route::decide(option.as_deref(), from_sql.as_deref(), None);
        let proposed =
            by_data.as_ref().map_or_else(|(error, _)| error.callback.clone(), |(route, _)| route.to_string());
        let input = user_input(raw, &value, matched.as_ref());
        let from_module = self.ask_route(page_no, &input, &proposed)?;
        let (settled, source) = match from_module {
            Some(settled) => (settled, Source::Module),
            None => {
                let (route, source) = by_data.map_err(|(error, source)| TurnError::Route {
                    page: page_no,
                    route: error.callback,
                    why: format!("{source}: {}", error.hint),
                })?;
                (self.settle(page_no, &route.to_string())?, source)
            }
        };
        let result = settled.outcome.clone().unwrap_or_else(|| settled.route.to_string());
        response.route = Some(result.clone());
        self.debug.route = Some(Way {
            route: result.clone(),
            source: source.to_string(),
            proposed: (source == Source::Module && proposed != result).then_some(proposed),
        });
        self.contact.context.insert("conversation_result".to_owned(), result.as_str().into());
        if let Some(program) = &programs.post {
            self.statements(program, "post_sql", None)?;
        }
        self.after_response(&input, &result)?;
        self.follow(settled, response)
    }

    /// The module's word on where to go. An answer that leads nowhere is refused, and the data's stands.
    fn ask_route(
        &mut self,
        page_no: u32,
        input: &types::UserInput,
        proposed: &str,
    ) -> Result<Option<Settled>, TurnError> {
        let page = self.rules_page();
        let answer = self.ask(Hook::Reroute, |situation| {
            let proposed = Some(proposed.to_owned());
            HookInput::Reroute(types::RerouteInput { situation, page, input: input.clone(), proposed })
        });
        let Some(HookAnswer::Reroute(Some(route))) = answer else { return Ok(None) };
        match self.settle(page_no, &route) {
            Ok(settled) => Ok(Some(settled)),
            Err(TurnError::Route { why, .. }) => {
                self.panel.refuse(&format!("the route `{route}` leads nowhere: {why}"));
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    fn after_response(&mut self, input: &types::UserInput, route: &str) -> Result<(), TurnError> {
        let page = self.rules_page();
        let answer = self.ask(Hook::AfterResponse, |situation| {
            let route = Some(route.to_owned());
            HookInput::AfterResponse(types::AfterResponseInput { situation, page, input: input.clone(), route })
        });
        let Some(HookAnswer::AfterResponse(operations)) = answer else { return Ok(()) };
        if let Err(why) = effects::apply(self, &operations)? {
            self.panel.refuse(&why);
        }
        Ok(())
    }

    /// Reads a route and checks that it leads somewhere in this conversation.
    pub(super) fn settle(&self, page: u32, text: &str) -> Result<Settled, TurnError> {
        let nowhere = |why: String| TurnError::Route { page, route: text.to_owned(), why };
        let parsed: Route = text.parse().map_err(|error: route::RouteError| nowhere(error.hint))?;
        let settled = route::settle(parsed, &self.script.callbacks).map_err(|error| nowhere(error.hint))?;
        match settled.route {
            Route::Page(number) if !self.script.conversation.pages.contains_key(&number) => {
                Err(nowhere(format!("the conversation has no page {number}")))
            }
            _ => Ok(settled),
        }
    }

    pub(super) fn follow(&mut self, settled: Settled, response: &Answered) -> Result<Said, TurnError> {
        let outcome = settled.outcome.clone();
        match settled.route {
            Route::Page(number) => {
                let said = self.enter(number)?;
                if outcome.is_some() && self.contact.status == Status::Active {
                    self.contact.outcome = outcome;
                }
                Ok(said)
            }
            Route::Escalate => {
                let who = queue::Front {
                    account_id: self.contact.account_id.as_deref(),
                    sender_id: &self.contact.sender_id,
                    page_no: self.contact.page_no,
                };
                queue::to_the_front(self.tx, who, self.moment.millis)?;
                self.audit("conversation-escalated", json!({ "page": self.contact.page_no }))?;
                self.end(Status::Escalated, Some("ESCALATE".to_owned()));
                Ok(Said::words(HANDED_OVER))
            }
            Route::Workflow(code) => {
                let context = self.workflow_context(response.user_input.as_deref());
                queue::start(self.tx, &code, Some(&context), None, self.moment.millis)?;
                self.end(Status::Completed, Some(outcome.unwrap_or_else(|| format!("WORKFLOW:{code}"))));
                Ok(self.farewell(IN_PROGRESS))
            }
            Route::Exit => {
                self.end(Status::Completed, Some("EXIT".to_owned()));
                Ok(self.farewell(THANKS))
            }
            Route::Complete | Route::Reroute | Route::Named { .. } => {
                self.end(Status::Completed, outcome);
                Ok(self.farewell(THANKS))
            }
        }
    }

    /// The context of a workflow run that a conversation starts.
    pub(super) fn workflow_context(&self, user_response: Option<&str>) -> String {
        json!({
            "conversation_code": self.contact.conversation,
            "sender_id": self.contact.sender_id,
            "page_no": self.contact.page_no,
            "user_response": user_response,
            "account_id": self.contact.account_id,
        })
        .to_string()
    }

    fn farewell(&mut self, default: &str) -> Said {
        let own = self.script.conversation.end_message.as_ref().map(|text| text.as_str().to_owned());
        Said::words(own.map_or_else(|| default.to_owned(), |text| self.fill(&text)))
    }
}

fn user_input(raw: &str, value: &str, matched: Option<&(Choice, u32)>) -> types::UserInput {
    types::UserInput {
        raw: raw.to_owned(),
        value: value.to_owned(),
        matched: matched.map(|(choice, _)| to_rules(choice)),
        score: matched.map_or(0, |(_, score)| *score),
    }
}

/// An option as the contract has it.
pub(super) fn to_rules(choice: &Choice) -> types::Choice {
    types::Choice {
        key: choice.key.clone(),
        label: choice.label.clone(),
        value: choice.value.clone(),
        callback: choice.callback.clone(),
    }
}
