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
use super::options::Choice;
use super::reply::{Debug, Decided, Ran, ReplyOption, TurnReply, TurnResult};
use super::responses::{self, NewResponse};
use super::script::Script;
use crate::bundle::Published;
use crate::clock::Moment;
use crate::decision::ask::{Panel, Seen};
use crate::decision::{Place, Registry, log};
use crate::queue::Queues;
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

/// The longest sender and message ids.
const ID_CHARS: usize = 200;

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
    pub fn words(text: impl Into<String>) -> Self {
        Self { header: text.into(), ..Self::default() }
    }
}

/// How the message was taken, for the record.
#[derive(Debug, Default)]
pub(super) struct Answered {
    pub page_no: Option<u32>,
    pub user_input: Option<String>,
    pub matched: Option<(Choice, u32, &'static str)>,
    pub route: Option<String>,
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

    pub(super) fn end(&mut self, status: Status, outcome: Option<String>) {
        self.contact.status = status;
        self.contact.outcome = outcome;
        self.contact.deadline_at = None;
        self.contact.shown = Shown::default();
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

    pub(super) fn audit(&mut self, action: &str, mut detail: serde_json::Value) -> Result<(), TurnError> {
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
        self.panel.count(self.tx);
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

/// A parameter as a person reads it in the debugging view.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Text(text) => format!("'{text}'"),
        other => other.to_string(),
    }
}
