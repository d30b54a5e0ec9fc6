//! Turns, contacts, silence, and tenant SQL by hand.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use serde::Serialize;

use super::{App, AppError, blocking};
use crate::bundle::{self, Published};
use crate::clock::{Millis, Moment};
use crate::conversation::responses::{self, Line};
use crate::conversation::{Desk, Publications, TurnError, TurnRequest, TurnResult, contact, opt_out, timers, turn};
use crate::queue::Queues;
use crate::sql::{self, Purpose, StatementKind, Temps};
use crate::store::{StoreError, Tx, Value};
use crate::tenant::TenantName;
use crate::tenant::audit::{self, Act};

/// Messages of one tenant that may wait for their turn; more than that are told to come again.
const MOST_WAITING: usize = 10_000;

/// Silent contacts that are put to sleep at one look.
const PORTION: i64 = 1_000;

/// Lines of a contact's history that are shown.
const HISTORY: i64 = 200;

/// The rows of one SELECT, as text.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct StatementAnswer {
    /// The temporary table that was made of the rows, if one was.
    pub temp: Option<String>,
    pub columns: Vec<String>,
    /// Decimals as text, with their digits.
    #[schema(value_type = Vec<Vec<Object>>)]
    pub rows: Vec<Vec<serde_json::Value>>,
}

/// Where a sender stands, and what was said.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ContactView {
    pub conversation: String,
    pub sender_id: String,
    pub conversation_guid: String,
    pub channel: String,
    pub account_id: Option<String>,
    pub publication: i64,
    pub page_no: u32,
    pub retries: u32,
    pub status: contact::Status,
    pub outcome: Option<String>,
    #[schema(value_type = Object)]
    pub context: serde_json::Value,
    pub updated_at: Millis,
    pub deadline_at: Option<Millis>,
    pub expires_at: Option<Millis>,
    pub history: Vec<Line>,
}

impl App {
    /// Makes a turn; the answer comes after the commit.
    pub async fn turn(self: &Arc<Self>, name: &TenantName, request: TurnRequest) -> Result<TurnResult, AppError> {
        let app = Arc::clone(self);
        let (own, now) = (name.clone(), self.now());
        let open = self.known.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        let db = match open {
            Some(db) => db,
            None => {
                let (app, name) = (Arc::clone(self), name.clone());
                blocking(move || app.db(&name)).await?
            }
        };
        let key = format!("{}/{}", request.conversation.to_ascii_uppercase(), request.sender_id);
        if db.waiting() >= MOST_WAITING {
            return Err(StoreError::Unavailable("too many messages wait for their turn; try again".to_owned()).into());
        }
        let (host, tenant) = (Arc::clone(self), name.clone());
        let pending = db.write(&key, move |tx| app.turn_in(tx, &own, &request, now));
        // A task of its own: whoever asked may go away, the turn is made all the same.
        let made = tokio::spawn(async move {
            let result = pending.done().await;
            if let Some(deadline) = result.as_ref().ok().and_then(|result| result.deadline_at) {
                host.due.lock().unwrap_or_else(PoisonError::into_inner).at_latest(&tenant, deadline);
            }
            result
        });
        let lost = |error| StoreError::Unavailable(format!("an error inside the host: {error}"));
        Ok(made.await.map_err(lost)??)
    }

    fn turn_in(
        &self,
        tx: &mut dyn Tx,
        name: &TenantName,
        request: &TurnRequest,
        now: Millis,
    ) -> Result<TurnResult, TurnError> {
        let version = bundle::newest(tx)?;
        let current = self.publication(tx, name, version)?;
        let moment = Moment::new(now, current.zone.clone());
        let publications = OfTenant { app: self, name };
        let desk = Desk {
            tenant: name,
            registry: &self.registry,
            publications: &publications,
            current: &current,
            moment: &moment,
        };
        turn::run(tx, &desk, request)
    }

    /// Puts the conversations to sleep whose debtors fell silent; answers how many. A tenant whose database fails keeps
    /// nobody else's waiting.
    pub fn tick(&self) -> Result<usize, AppError> {
        let now = self.now();
        let mut suspended = 0;
        let all = self.tenants()?;
        let looked_at = self.due.lock().unwrap_or_else(PoisonError::into_inner).to_look_at(all, now);
        for name in looked_at {
            match self.suspend_overdue(&name, now) {
                Ok(count) => suspended += count,
                Err(error) => {
                    tracing::error!(tenant = %name, %error, "the timers of a tenant could not run");
                    self.due.lock().unwrap_or_else(PoisonError::into_inner).forget(&name);
                }
            }
        }
        Ok(suspended)
    }

    fn suspend_overdue(&self, name: &TenantName, now: Millis) -> Result<usize, AppError> {
        let db = self.db(name)?;
        let due = || self.due.lock().unwrap_or_else(PoisonError::into_inner);
        due().asking(name, now);
        let Some(next) = db.read(contact::next_deadline)? else { return Ok(0) };
        due().at_latest(name, next);
        if next > now {
            return Ok(0);
        }
        let overdue = db.read(|tx| contact::overdue(tx, now, PORTION))?;
        // In the lane of each contact and in a transaction of its own: a message that comes just now does not meet it.
        let suspensions = overdue.into_iter().map(|(code, sender)| {
            let key = format!("{}/{sender}", code.to_ascii_uppercase());
            db.write(&key, move |tx| timers::suspend(tx, &code, &sender, now))
        });
        let suspensions: Vec<_> = suspensions.collect();
        let mut count = 0;
        for suspension in suspensions {
            count += usize::from(suspension.wait()?);
        }
        Ok(count)
    }

    pub fn contact(&self, name: &TenantName, code: &str, sender: &str) -> Result<ContactView, AppError> {
        let code = self.code(name, code)?;
        let (contact, history) = self.db(name)?.read(|tx| -> Result<_, StoreError> {
            Ok((contact::load(tx, &code, sender)?, responses::history(tx, &code, sender, HISTORY)?))
        })?;
        let contact = contact.ok_or_else(|| AppError::NotFound(format!("`{sender}` has no contact in {code}")))?;
        let context = contact.context.iter().map(|(name, value)| (name.clone(), plain(value)));
        Ok(ContactView {
            conversation: contact.conversation,
            sender_id: contact.sender_id,
            conversation_guid: contact.guid,
            channel: contact.channel.name().to_owned(),
            account_id: contact.account_id,
            publication: contact.publication,
            page_no: contact.page_no,
            retries: contact.retries,
            status: contact.status,
            outcome: contact.outcome,
            context: serde_json::Value::Object(context.collect()),
            updated_at: contact.updated_at,
            deadline_at: contact.deadline_at,
            expires_at: contact.expires_at,
            history,
        })
    }

    /// Lets a sender begin anew; what was said stays on record.
    pub fn reset_contact(&self, name: &TenantName, code: &str, sender: &str, actor: &str) -> Result<(), AppError> {
        let code = self.code(name, code)?;
        let (sender, actor, now) = (sender.to_owned(), actor.to_owned(), self.now());
        let missing = AppError::NotFound(format!("`{sender}` has no contact in {code}"));
        let key = format!("{}/{sender}", code.to_ascii_uppercase());
        let reset = self
            .db(name)?
            .write(&key, move |tx| -> Result<bool, StoreError> {
                tx.lock(&format!("{code}/{sender}"))?;
                if !contact::reset(tx, &code, &sender)? {
                    return Ok(false);
                }
                let detail = serde_json::json!({ "conversation": code });
                let act = Act { at: now, actor: &actor, action: "contact-reset", subject: &sender, detail };
                audit::record(tx, &act)?;
                Ok(true)
            })
            .wait()?;
        if reset { Ok(()) } else { Err(missing) }
    }

    /// Lets a sender be written to again.
    pub fn lift_opt_out(&self, name: &TenantName, sender: &str, actor: &str) -> Result<(), AppError> {
        let (sender, actor, now) = (sender.to_owned(), actor.to_owned(), self.now());
        let work = move |tx: &mut dyn Tx| -> Result<(), StoreError> {
            if opt_out::lift(tx, &sender)? {
                let detail = serde_json::json!({});
                let act = Act { at: now, actor: &actor, action: "opt-out-lifted", subject: &sender, detail };
                audit::record(tx, &act)?;
            }
            Ok(())
        };
        Ok(self.db(name)?.write("opt-outs", work).wait()?)
    }

    /// Runs a text of tenant SQL as a page would. Statements that change something are kept only if `write` says so.
    pub fn run_sql(
        &self,
        name: &TenantName,
        text: &str,
        values: BTreeMap<String, Value>,
        write: bool,
        actor: &str,
    ) -> Result<Vec<StatementAnswer>, AppError> {
        let current = self.current(name)?;
        let names = values.keys().cloned().collect();
        let program = sql::compile(text, Purpose::Console, &current.catalog, &Temps::default(), Some(&names))
            .map_err(|faults| faults.into_iter().next())
            .map_err(|fault| match fault {
                Some(fault) => AppError::Statement { fault },
                None => AppError::BadRequest("there is no statement".to_owned()),
            })?;
        let reads = program.statements.iter().all(|statement| statement.kind == StatementKind::Query);
        let moment = Moment::new(self.now(), current.zone.clone());
        let db = self.db(name)?;
        if reads {
            return db.read(|tx| console(tx, &program, &values, &moment));
        }
        if !write {
            let detail = "a statement changes something; say that it may: `--write`, or \"write\": true".to_owned();
            return Err(AppError::BadRequest(detail));
        }
        let (text, actor) = (text.to_owned(), actor.to_owned());
        let work = move |tx: &mut dyn Tx| -> Result<Vec<StatementAnswer>, AppError> {
            let answers = console(tx, &program, &values, &moment)?;
            let detail = serde_json::json!({ "sql": text });
            let act = Act { at: moment.millis, actor: &actor, action: "sql-run", subject: "console", detail };
            audit::record(tx, &act)?;
            Ok(answers)
        };
        db.write("console", work).wait()
    }

    /// The code as its author wrote it.
    fn code(&self, name: &TenantName, code: &str) -> Result<String, AppError> {
        let current = self.current(name)?;
        let script = current.script(code).ok_or_else(|| TurnError::UnknownConversation(code.to_owned()))?;
        Ok(script.conversation.code.as_str().to_owned())
    }
}

fn console(
    tx: &mut dyn Tx,
    program: &sql::Program,
    values: &BTreeMap<String, Value>,
    moment: &Moment,
) -> Result<Vec<StatementAnswer>, AppError> {
    let mut temps = sql::TempTables::default();
    let account = values.get("account_id").map(ToString::to_string);
    let mut env = sql::Env {
        names: &|name: &str| values.get(name).cloned(),
        moment,
        account_id: account.as_deref(),
        temps: &mut temps,
        page: None,
    };
    let mut queues = Queues { moment, context: "{}" };
    let result = sql::run(tx, &mut queues, program, &mut env, &sql::Limits::default());
    let result = result.map_err(|error| match error {
        sql::SqlError::Statement(fault) => AppError::Statement { fault },
        sql::SqlError::Store(error) => error.into(),
    })?;
    let answer = |outcome: sql::Outcome| StatementAnswer {
        temp: outcome.temp,
        columns: outcome.columns.into_iter().map(|column| column.name).collect(),
        rows: outcome.rows.iter().map(|row| row.iter().map(plain).collect()).collect(),
    };
    Ok(result.outcomes.into_iter().map(answer).collect())
}

/// A value as JSON for people: decimals as numbers with their digits.
fn plain(value: &Value) -> serde_json::Value {
    match value {
        Value::Null | Value::Bytes(_) => serde_json::Value::Null,
        Value::Int(number) => (*number).into(),
        Value::Decimal(number) => number.to_string().into(),
        Value::Text(text) => text.as_str().into(),
    }
}

struct OfTenant<'a> {
    app: &'a App,
    name: &'a TenantName,
}

impl Publications for OfTenant<'_> {
    fn get(&self, tx: &mut dyn Tx, version: i64) -> Result<Arc<Published>, TurnError> {
        self.app.publication(tx, self.name, version)
    }
}
