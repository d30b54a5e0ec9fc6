//! A turn: one message and its reply, in one transaction.
//!
//! In this order: a message that was answered before gets its stored reply · the contact is loaded, resumed or begun
//! anew · opt-out words · words to page with · the reply is matched · `reroute_sql` and `reroute` · `post_sql` and
//! `after-response` · the next page ([`super::show`]) · everything is recorded.

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use super::channel::{self, Channel, Kind, Rendered};
use super::contact::{self, Contact, Context, Shown, Status};
use super::error::TurnError;
use super::intent::{How, Intent, Prepared, Settings, Understood, understand};
use super::options::Choice;
use super::reply::{Debug, Decided, Match, Ran, ReplyOption, TurnReply, TurnResult, Way};
use super::responses::{self, NewResponse};
use super::route::{self, Route, Settled, Source};
use super::script::Script;
use super::words::{Signal, Standing};
use super::{effects, opt_out};
use crate::bundle::Published;
use crate::clock::Moment;
use crate::decision::ask::{Panel, Seen};
use crate::decision::{Place, Registry, log};
use crate::queue::{self, Queues};
use crate::rules::bindings::v1::types::{self, Hook};
use crate::rules::{HookAnswer, HookInput};
use crate::sql::{self, Env, Limits, Outcome, Program, SqlError};
use crate::store::{Tx, Value};
use crate::tenant::TenantName;
use crate::tenant::audit::{self, Act};

/// One inbound message.
#[derive(Debug, Clone)]
pub struct TurnRequest {
    pub conversation: String,
    pub sender_id: String,
    pub text: String,
    pub account_id: Option<String>,
    pub channel: Option<Channel>,
    pub message_id: Option<String>,
    pub context: Context,
}

/// Publications by version: contacts stay on the one they began with.
pub trait Publications {
    /// # Errors
    /// When the database fails or a stored publication does not compile any more.
    fn get(&self, tx: &mut dyn Tx, version: i64) -> Result<Arc<Published>, TurnError>;
}

/// What a turn is made with.
pub struct Desk<'a> {
    pub tenant: &'a TenantName,
    pub registry: &'a Registry,
    pub publications: &'a dyn Publications,
    /// The newest publication.
    pub current: &'a Arc<Published>,
    pub moment: &'a Moment,
}

/// Answers that fit no option, on a page that says nothing else.
pub(super) const DEFAULT_MAX_RETRIES: u32 = 3;
/// The longest sender and message ids.
const ID_CHARS: usize = 200;

const NOT_UNDERSTOOD: &str = "Sorry, I did not understand that.";
const THANKS: &str = "Thank you.";
const HANDED_OVER: &str = "Thank you. A colleague will take over here as soon as possible.";
const IN_PROGRESS: &str = "Thank you. We are taking care of it.";
const OPTED_OUT: &str = "You will get no more messages from us. Reply START if you change your mind.";

/// Makes one turn.
///
/// # Errors
/// [`TurnError`]; nothing of the turn is to be kept then.
pub fn run(tx: &mut dyn Tx, desk: &Desk<'_>, request: &TurnRequest) -> Result<TurnResult, TurnError> {
    let started = Instant::now();
    let code = desk.current.script(&request.conversation).map(|script| script.conversation.code.as_str().to_owned());
    let code = code.ok_or_else(|| TurnError::UnknownConversation(request.conversation.clone()))?;
    check_ids(request)?;
    tx.lock(&format!("{code}/{}", request.sender_id))?;
    if let Some(message_id) = &request.message_id
        && let Some(reply) = responses::answered(tx, &code, &request.sender_id, message_id)?
    {
        return Ok(TurnResult { reply, repeated: true, deadline_at: None, debug: Debug::default() });
    }

    let now = desk.moment.millis;
    let known = contact::load(tx, &code, &request.sender_id)?;
    let open = known.as_ref().filter(|contact| is_open(contact, now)).cloned();
    let published = match &open {
        Some(contact) if contact.publication != desk.current.version => {
            desk.publications.get(tx, contact.publication)?
        }
        _ => Arc::clone(desk.current),
    };
    let script = published.script(&code).cloned().ok_or_else(|| TurnError::UnknownConversation(code.clone()))?;
    let (contact, begun) = match open {
        Some(contact) => (contact, false),
        None => (begin(&script, &published, request, known, now), true),
    };
    let panel = Panel::new(tx, desk.registry, desk.tenant, &published, desk.moment)?;
    let mut turn = Turn {
        tx,
        published: &published,
        script: &script,
        panel,
        moment: desk.moment,
        contact,
        debug: Debug { publication: published.version, ..Debug::default() },
    };
    turn.take_up(request);
    let mut response = Answered { page_no: (!begun).then_some(turn.contact.page_no), ..Answered::default() };
    let said = turn.respond(request, begun, &mut response)?;
    let reply = turn.reply(&said);
    turn.finish(request, &response, reply, started)
}

fn check_ids(request: &TurnRequest) -> Result<(), TurnError> {
    let bad = |what: &str| Err(TurnError::BadRequest(what.to_owned()));
    if request.sender_id.trim().is_empty() {
        return bad("`sender_id` is empty; it says who wrote, such as a telephone number");
    }
    let ids = [Some(&request.sender_id), request.message_id.as_ref(), request.account_id.as_ref()];
    if ids.into_iter().flatten().any(|id| id.chars().count() > ID_CHARS || id.chars().any(char::is_control)) {
        return bad("`sender_id`, `account_id` and `message_id` have at most 200 characters and no control characters");
    }
    if request.text.contains('\0') {
        return bad("`text` has a NUL character");
    }
    Ok(())
}

fn is_open(contact: &Contact, now: i64) -> bool {
    match contact.status {
        Status::Active | Status::Suspended => contact.expires_at.is_none_or(|expiry| expiry > now),
        Status::Escalated => true,
        Status::Completed | Status::Stopped => false,
    }
}

/// A new contact. Of the sender's last conversation it keeps what a message does not repeat: the channel, and the
/// account that it is about.
fn begin(script: &Script, published: &Published, request: &TurnRequest, last: Option<Contact>, now: i64) -> Contact {
    let (channel, account_id) = last.map(|last| (last.channel, last.account_id)).unzip();
    Contact {
        conversation: script.conversation.code.as_str().to_owned(),
        sender_id: request.sender_id.clone(),
        guid: uuid::Uuid::new_v4().to_string(),
        channel: request.channel.or(channel).unwrap_or_else(|| published.default_channel()),
        account_id: account_id.flatten(),
        publication: published.version,
        page_no: script.conversation.start_page,
        page_offset: 0,
        retries: 0,
        status: Status::Active,
        outcome: None,
        context: Context::new(),
        temps: sql::TempTables::default(),
        shown: Shown::default(),
        started_at: now,
        updated_at: now,
        deadline_at: None,
        expires_at: None,
    }
}

/// What is to be said, on no channel yet.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub header: String,
    pub choices: Vec<Choice>,
    pub has_more: bool,
    pub has_back: bool,
    pub did_you_mean: bool,
    pub media_url: Option<String>,
}

impl Said {
    fn words(text: impl Into<String>) -> Self {
        Self { header: text.into(), ..Self::default() }
    }
}

/// How the message was taken, for the record.
#[derive(Debug, Default)]
struct Answered {
    page_no: Option<u32>,
    user_input: Option<String>,
    matched: Option<(Choice, u32, &'static str)>,
    route: Option<String>,
}

pub(super) struct Turn<'a> {
    pub tx: &'a mut dyn Tx,
    pub published: &'a Published,
    pub script: &'a Arc<Script>,
    pub panel: Panel<'a>,
    pub moment: &'a Moment,
    pub contact: Contact,
    pub debug: Debug,
}

impl Turn<'_> {
    /// Takes what the request says of itself into the conversation's values.
    fn take_up(&mut self, request: &TurnRequest) {
        let contact = &mut self.contact;
        if let Some(channel) = request.channel {
            contact.channel = channel;
        }
        if let Some(account) = &request.account_id {
            contact.account_id = Some(account.clone());
        }
        let own = request.context.iter().filter(|(name, _)| !super::script::CONTEXT_NAMES.contains(&name.as_str()));
        contact.context.extend(own.map(|(name, value)| (name.clone(), value.clone())));
        for name in ["customer_id", "queue_guid"] {
            if let Some(value) = request.context.get(name) {
                contact.context.insert(name.to_owned(), value.clone());
            }
        }
        let fixed: [(&str, Value); 6] = [
            ("sender_id", contact.sender_id.as_str().into()),
            ("channel", contact.channel.name().into()),
            ("conversation_code", contact.conversation.as_str().into()),
            ("conversation_guid", contact.guid.as_str().into()),
            ("message_id", request.message_id.clone().into()),
            ("raw_input", request.text.as_str().into()),
        ];
        for (name, value) in fixed {
            contact.context.insert(name.to_owned(), value);
        }
        if let Some(account) = &contact.account_id {
            contact.context.insert("account_id".to_owned(), account.as_str().into());
        }
    }

    fn respond(&mut self, request: &TurnRequest, begun: bool, response: &mut Answered) -> Result<Said, TurnError> {
        let text = request.text.trim();
        let signal = self.published.words.read(text);
        if opt_out::holds(self.tx, &self.contact.sender_id)? {
            if signal != Some(Signal::OptIn) {
                self.contact.status = Status::Stopped;
                return Ok(Said::default());
            }
            opt_out::lift(self.tx, &self.contact.sender_id)?;
            self.audit("opt-out-lifted", json!({ "word": text }))?;
            return self.enter(self.script.conversation.start_page);
        }
        if self.contact.status == Status::Escalated {
            return if signal == Some(Signal::OptOut) { self.opt_out(text) } else { Ok(Said::default()) };
        }
        self.contact.status = Status::Active;
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
        match understand(text, &prepared, &self.published.words, standing, &Settings::default()) {
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
        opt_out::record(self.tx, &self.contact, word, self.moment.millis)?;
        self.audit("opted-out", json!({ "word": word, "channel": self.contact.channel.name() }))?;
        self.end(Status::Stopped, Some("STOP".to_owned()));
        let own = self.script.conversation.stop_message.as_ref().map(|text| text.as_str().to_owned());
        Ok(Said::words(own.map_or_else(|| OPTED_OUT.to_owned(), |text| self.fill(&text))))
    }

    /// An answer was accepted: where it leads, what it does, and what is said next.
    fn answered(
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

    fn follow(&mut self, settled: Settled, response: &Answered) -> Result<Said, TurnError> {
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

    fn end(&mut self, status: Status, outcome: Option<String>) {
        self.contact.status = status;
        self.contact.outcome = outcome;
        self.contact.deadline_at = None;
        self.contact.shown = Shown::default();
    }

    fn farewell(&mut self, default: &str) -> Said {
        let own = self.script.conversation.end_message.as_ref().map(|text| text.as_str().to_owned());
        Said::words(own.map_or_else(|| default.to_owned(), |text| self.fill(&text)))
    }

    /// Puts the conversation's values into a text.
    pub(super) fn fill(&mut self, template: &str) -> String {
        let context = &self.contact.context;
        let value = |name: &str| context.get(name).map(|value| value.to_string().into());
        let filled = channel::fill(template.trim_end(), value);
        for name in filled.missing {
            if !self.debug.missing.contains(&name) {
                self.debug.missing.push(name);
            }
        }
        filled.text
    }

    /// When the silence on this page becomes a suspension, and when the contact would begin anew.
    pub(super) fn set_deadline(&mut self) {
        let now = self.moment.millis;
        let after = |seconds: u64| now.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000));
        let page = self.script.conversation.pages.get(&self.contact.page_no);
        self.contact.deadline_at = page.and_then(|page| page.timeout_seconds).map(after);
        self.contact.expires_at = Some(after(self.script.conversation.expiry_seconds));
    }

    /// Runs the statements of a page; answers the rows of each query. What they make stays with the contact.
    pub(super) fn statements(
        &mut self,
        program: &Program,
        stage: &'static str,
        page: Option<sql::Page>,
    ) -> Result<Vec<Outcome>, TurnError> {
        let page_no = self.contact.page_no;
        let number = Value::Int(i64::from(page_no));
        let offset = Value::Int(i64::try_from(self.contact.page_offset).unwrap_or(i64::MAX));
        let context = &self.contact.context;
        let names = |name: &str| match name {
            "page_no" | "current_page" => Some(number.clone()),
            "offset" => Some(offset.clone()),
            "user_input" | "conversation_result" => Some(context.get(name).cloned().unwrap_or_default()),
            _ => context.get(name).cloned(),
        };
        let json = json!({
            "conversation_code": self.contact.conversation, "sender_id": self.contact.sender_id, "page_no": page_no,
            "account_id": self.contact.account_id,
        })
        .to_string();
        let mut env = Env {
            names: &names,
            moment: self.moment,
            account_id: self.contact.account_id.as_deref(),
            temps: &mut self.contact.temps,
            page,
        };
        let mut queues = Queues { moment: self.moment, context: &json };
        let result = sql::run(self.tx, &mut queues, program, &mut env, &Limits::default());
        let ran = result.map_err(|error| match error {
            SqlError::Statement(fault) => TurnError::Statement {
                page: page_no,
                stage,
                line: fault.line,
                column: fault.column,
                code: fault.code,
                message: fault.message,
            },
            SqlError::Store(error) => error.into(),
        })?;
        self.debug.statements.extend(ran.trace.into_iter().map(|step| Ran {
            page: page_no,
            stage: stage.to_owned(),
            line: step.line,
            sql: step.sql,
            params: step.params.iter().map(shown).collect(),
            rows: step.rows,
            micros: step.micros,
        }));
        Ok(ran.outcomes)
    }

    pub(super) fn ask(
        &mut self,
        hook: Hook,
        question: impl FnOnce(types::Situation) -> HookInput,
    ) -> Option<HookAnswer> {
        if !self.panel.answers(hook) {
            return None;
        }
        self.panel.place = Place {
            conversation: self.contact.conversation.clone(),
            sender_id: self.contact.sender_id.clone(),
            guid: self.contact.guid.clone(),
            page_no: self.contact.page_no,
        };
        let seen = Seen { context: &self.contact.context, account_id: self.contact.account_id.as_deref() };
        self.panel.ask(self.tx, hook, seen, question)
    }

    pub(super) fn rules_page(&self) -> types::Page {
        types::Page {
            conversation: self.contact.conversation.clone(),
            page_no: self.contact.page_no,
            channel: self.contact.channel.name().to_owned(),
            sender_id: self.contact.sender_id.clone(),
            account_id: self.contact.account_id.clone(),
            header: self
                .script
                .conversation
                .pages
                .get(&self.contact.page_no)
                .map(|page| page.header.as_str().to_owned())
                .unwrap_or_default(),
        }
    }

    fn audit(&mut self, action: &str, mut detail: serde_json::Value) -> Result<(), TurnError> {
        detail["conversation"] = json!(self.contact.conversation);
        let act = Act { at: self.moment.millis, actor: "debtor", action, subject: &self.contact.sender_id, detail };
        Ok(audit::record(self.tx, &act)?)
    }

    fn reply(&self, said: &Said) -> TurnReply {
        let silent = said.header.is_empty() && said.choices.is_empty();
        let rendered = if silent {
            Rendered {
                kind: Kind::Text,
                message: String::new(),
                options: Vec::new(),
                segments: None,
                list_button: None,
            }
        } else {
            let reply = channel::Reply {
                header: &said.header,
                choices: &said.choices,
                has_more: said.has_more,
                has_back: said.has_back,
                did_you_mean: said.did_you_mean,
            };
            channel::render(self.contact.channel, &reply, &self.published.phrases)
        };
        let option =
            |offer: channel::Offer| ReplyOption { key: offer.key, label: offer.label, description: offer.description };
        TurnReply {
            conversation_guid: self.contact.guid.clone(),
            page_no: self.contact.page_no,
            message: rendered.message,
            options: rendered.options.into_iter().map(option).collect(),
            status: self.contact.status,
            outcome: self.contact.outcome.clone(),
            media_url: said.media_url.clone(),
            kind: rendered.kind,
            segments: rendered.segments,
            list_button: rendered.list_button,
        }
    }

    /// Records the turn: contact, response, decisions.
    fn finish(
        mut self,
        request: &TurnRequest,
        answered: &Answered,
        reply: TurnReply,
        started: Instant,
    ) -> Result<TurnResult, TurnError> {
        let now = self.moment.millis;
        self.contact.updated_at = now;
        contact::save(self.tx, &self.contact)?;
        let reply = serde_json::to_string(&reply)
            .map_err(|error| TurnError::BadRequest(format!("the reply cannot be written: {error}")))?;
        let (matched, score, how) = match &answered.matched {
            Some((choice, score, how)) => (Some(choice.label.as_str()), Some(*score), Some(*how)),
            None => (None, None, None),
        };
        let response = NewResponse {
            message_id: request.message_id.as_deref(),
            page_no: answered.page_no,
            raw_input: &request.text,
            user_input: answered.user_input.as_deref(),
            matched,
            score,
            how,
            route: answered.route.as_deref(),
        };
        responses::record(self.tx, &self.contact, &response, &reply, now)?;
        let ids = log::record(self.tx, &self.contact.sender_id, &self.panel.decisions)?;
        let mut ids = ids.into_iter();
        let name = self.panel.module_name();
        self.debug.decisions = self
            .panel
            .decisions
            .into_iter()
            .map(|decision| Decided {
                id: ids.next(),
                hook: decision.hook.to_owned(),
                module: decision.module,
                name: name.0.clone(),
                version: name.1.clone(),
                outcome: decision.outcome,
                error: decision.error,
                answer: decision.output.and_then(|json| serde_json::value::RawValue::from_string(json).ok()),
                log: decision.log,
                fuel: decision.fuel,
                micros: decision.micros,
            })
            .collect();
        self.debug.micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        Ok(TurnResult { reply, repeated: false, deadline_at: self.contact.deadline_at, debug: self.debug })
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

/// A parameter as a person reads it in the debugging view.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Text(text) => format!("'{text}'"),
        other => other.to_string(),
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
