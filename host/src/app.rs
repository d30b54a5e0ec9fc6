//! The wiring: the only file that picks concrete parts (which store, which clock, which engine) and puts them together.
//! Everything that the web and the command line offer is a method here, on plain values.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde::Serialize;

use crate::bundle::{self, Files, Publication, PublishError, Published, Wishes};
use crate::clock::{Clock, Millis, Moment};
use crate::conversation::responses::{self, Line};
use crate::conversation::{Desk, Publications, TurnError, TurnRequest, TurnResult, contact, opt_out, timers, turn};
use crate::decision::{Decision, Registry, RuleError, Version, log, registry};
use crate::due::Due;
use crate::fault::Fault;
use crate::queue::Queues;
use crate::rules::{self, Comparison, Engine, EngineSettings, Limits, Modules};
use crate::sql::{self, Purpose, StatementKind, Temps};
use crate::store::{Db, Store, StoreError, StoreSettings, Tx, Value};
use crate::tenant::audit::{self, Act, Verdict};
use crate::tenant::{self, Principal, Role, Secret, TenantError, TenantName, TokenEntry};

/// Where and how the host runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Folder of everything that is kept on this machine: SQLite files, compiled modules, the operator's token.
    pub data: PathBuf,
    /// `postgres://…`: tenants live there instead of in SQLite files.
    pub database_url: Option<String>,
    /// Threads on which turns run; 0 picks by the machine and the store.
    pub threads: usize,
}

impl Settings {
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), database_url: None, threads: 0 }
    }
}

/// Why the host did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{path}: {error}")]
    Folder { path: String, error: std::io::Error },
    /// Another process has the folder.
    #[error("another forbear works in {0}; stop it, or use another --data folder")]
    InUse(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Rules(#[from] RuleError),
    #[error(transparent)]
    Tenant(#[from] TenantError),
}

/// A running host.
pub struct App {
    store: Store,
    clock: Arc<dyn Clock>,
    registry: Registry,
    published: RwLock<HashMap<(TenantName, i64), Kept>>,
    /// Counts uses of publications; a bigger number is a later use.
    uses: AtomicU64,
    /// Tenants that were seen: asked for once, since none is ever removed.
    known: RwLock<HashMap<TenantName, Arc<Db>>>,
    /// Held as long as this lives.
    _folder: File,
    sessions: Mutex<HashMap<String, (Millis, Principal)>>,
    due: Mutex<Due>,
}

/// A compiled publication, and when it was last used.
struct Kept {
    published: Arc<Published>,
    used: AtomicU64,
}

/// Remembered sign-ins; more than that begin anew at the database.
const REMEMBERED: usize = 10_000;
/// How long a sign-in is believed without asking the database again.
const BELIEVED: Millis = 10_000;

/// Messages of one tenant that may wait for their turn; more than that are told to come again.
const MOST_WAITING: usize = 10_000;
/// Silent contacts that are put to sleep at one look.
const PORTION: i64 = 1_000;
/// What the audit calls those who hold no token.
const RESERVED_LABELS: &[&str] = &["host", "timer", "debtor", "operator", "demo", "demo visitor"];
/// How long another host's deadlines may stay unseen, should that host be gone.
const OTHERS_LOOK: Millis = 300_000;
/// Publications of one tenant that stay compiled: those used last, by new contacts and by those on older ones.
const PUBLICATIONS: usize = 8;

/// Why an act on a tenant failed, over all areas.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error(transparent)]
    Tenant(#[from] TenantError),
    #[error(transparent)]
    Turn(#[from] TurnError),
    #[error(transparent)]
    Rules(#[from] RuleError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    NotFound(String),
    #[error("{0}")]
    BadRequest(String),
    #[error("{fault}")]
    Statement { fault: crate::sql::SqlFault },
}

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

/// What a replay found.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Replayed {
    pub id: i64,
    /// `same`, `different`, or `not-comparable`.
    pub comparison: String,
    #[schema(value_type = Object)]
    pub recorded: Box<serde_json::value::RawValue>,
    #[schema(value_type = Object)]
    pub now: Box<serde_json::value::RawValue>,
    pub fuel_recorded: i64,
    pub fuel_now: u64,
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

/// Lines of a contact's history that are shown.
const HISTORY: i64 = 200;

impl App {
    /// Opens the store and starts the engine.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn open(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let folder = lock_folder(&settings.data)?;
        let threads = match settings.threads {
            0 if settings.database_url.is_some() => 16,
            0 => std::thread::available_parallelism().map_or(4, |cores| cores.get() * 2),
            chosen => chosen,
        };
        let store = Store::open(StoreSettings {
            data: settings.data.clone(),
            database_url: settings.database_url.clone(),
            threads,
            prepare_thread: Engine::prepare_thread,
        })?;
        let engine =
            Engine::new(EngineSettings { cache_dir: Some(settings.data.join("cache")), ..EngineSettings::default() })
                .map_err(RuleError::from)?;
        Ok(Self {
            store,
            clock,
            registry: Registry::new(Modules::new(engine), Limits::default()),
            published: RwLock::default(),
            uses: AtomicU64::new(0),
            known: RwLock::default(),
            _folder: folder,
            sessions: Mutex::default(),
            due: Mutex::new(Due::new(settings.database_url.as_ref().map(|_| OTHERS_LOOK))),
        })
    }

    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// What the store says.
    pub fn ready(&self) -> Result<(), AppError> {
        self.store.control().read(|tx| tenant::all(tx).map(|_| ()))?;
        Ok(())
    }

    // Tenants and tokens

    /// Makes a tenant and its database.
    ///
    /// # Errors
    /// When the name is taken, or the store fails; as everywhere below, in [`AppError`].
    pub fn create_tenant(&self, name: &TenantName) -> Result<(), AppError> {
        let now = self.now();
        let own = name.clone();
        self.store.control().write("tenants", move |tx| tenant::create(tx, &own, now)).wait()?;
        self.db(name)?;
        Ok(())
    }

    pub fn tenants(&self) -> Result<Vec<TenantName>, AppError> {
        Ok(self.store.control().read(tenant::all)?)
    }

    /// Makes a token of a tenant; `actor` does so.
    pub fn create_token(&self, tenant: &TenantName, role: Role, label: &str, actor: &str) -> Result<Secret, AppError> {
        if RESERVED_LABELS.contains(&label.to_lowercase().as_str()) {
            return Err(AppError::BadRequest(format!(
                "`{label}` is how the audit calls the host's own acts; choose another label"
            )));
        }
        self.db(tenant)?;
        let (now, own, named) = (self.now(), tenant.clone(), label.to_owned());
        let work = move |tx: &mut dyn Tx| tenant::add_token(tx, Some(&own), role, &named, now);
        let secret = self.store.control().write("tokens", work).wait()?;
        let id = tenant::token_id(&tenant::hash_of(secret.reveal()));
        self.note(tenant, actor, "token-created", &id, serde_json::json!({ "role": role.name(), "label": label }))?;
        Ok(secret)
    }

    /// The tokens of a tenant, the newest first.
    pub fn tokens(&self, name: &TenantName) -> Result<Vec<TokenEntry>, AppError> {
        self.db(name)?;
        Ok(self.store.control().read(|tx| tenant::tokens(tx, name))?)
    }

    /// Ends a token, and with it every sign-in that was opened with it.
    pub fn revoke_token(&self, name: &TenantName, id: &str, actor: &str) -> Result<(), AppError> {
        self.db(name)?;
        let (now, own, token) = (self.now(), name.clone(), id.to_owned());
        let work = move |tx: &mut dyn Tx| tenant::revoke_token(tx, &own, &token, now);
        if !self.store.control().write::<bool, StoreError>("tokens", work).wait()? {
            let detail = format!("there is no token `{id}` in use; `forbear token list` shows what there is");
            return Err(AppError::NotFound(detail));
        }
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.note(name, actor, "token-revoked", id, serde_json::json!({}))
    }

    /// Writes an act into a tenant's audit, on its own.
    fn note(
        &self,
        name: &TenantName,
        actor: &str,
        action: &'static str,
        subject: &str,
        detail: serde_json::Value,
    ) -> Result<(), AppError> {
        let (at, actor, subject) = (self.now(), actor.to_owned(), subject.to_owned());
        let work = move |tx: &mut dyn Tx| -> Result<(), StoreError> {
            audit::record(tx, &Act { at, actor: &actor, action, subject: &subject, detail: detail.clone() })
        };
        Ok(self.db(name)?.write("audit", work).wait()?)
    }

    /// Who holds this token.
    pub fn principal_of_token(&self, token: &str) -> Result<Option<Principal>, AppError> {
        self.remembered(&format!("t{}", tenant::hash_of(token)), |tx, _| tenant::principal_of_token(tx, token))
    }

    /// Who is signed in with this cookie.
    pub fn principal_of_session(&self, session: &str) -> Result<Option<Principal>, AppError> {
        let key = format!("s{}", tenant::hash_of(session));
        self.remembered(&key, |tx, now| tenant::principal_of_session(tx, session, now))
    }

    pub fn sign_in(&self, token: &str) -> Result<Option<Secret>, AppError> {
        let (token, now) = (token.to_owned(), self.now());
        Ok(self.store.control().write("sessions", move |tx| tenant::open_session(tx, &token, now)).wait()?)
    }

    pub fn sign_out(&self, session: &str) -> Result<(), AppError> {
        let session = session.to_owned();
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).remove(&format!("s{}", tenant::hash_of(&session)));
        let work = move |tx: &mut dyn Tx| tenant::close_session(tx, &session);
        Ok(self.store.control().write::<_, StoreError>("sessions", work).wait()?)
    }

    /// A sign-in is looked up in the database at most every few seconds.
    fn remembered(
        &self,
        key: &str,
        look_up: impl FnOnce(&mut dyn Tx, Millis) -> Result<Option<Principal>, TenantError>,
    ) -> Result<Option<Principal>, AppError> {
        let now = self.now();
        let sessions = || self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((until, principal)) = sessions().get(key)
            && *until > now
        {
            return Ok(Some(principal.clone()));
        }
        let found = self.store.control().read(|tx| look_up(tx, now))?;
        let mut sessions = sessions();
        if sessions.len() >= REMEMBERED {
            sessions.clear();
        }
        match &found {
            Some(principal) => drop(sessions.insert(key.to_owned(), (now + BELIEVED, principal.clone()))),
            None => drop(sessions.remove(key)),
        }
        Ok(found)
    }

    /// A tenant's database.
    ///
    /// # Errors
    /// [`TenantError::Unknown`].
    pub fn db(&self, name: &TenantName) -> Result<Arc<Db>, AppError> {
        if let Some(db) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(Arc::clone(db));
        }
        if !self.store.control().read(|tx| tenant::exists(tx, name))? {
            return Err(TenantError::Unknown(name.to_string()).into());
        }
        let db = self.store.tenant(name.as_str())?;
        let zone = db.read(|tx| -> Result<_, AppError> {
            let version = bundle::newest(tx)?;
            Ok(self.publication(tx, name, version)?.zone.clone())
        })?;
        db.set_zone(&zone);
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), Arc::clone(&db));
        Ok(db)
    }

    /// Lets go of databases that nobody asked for lately.
    pub fn close_idle(&self) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).clear();
        self.store.close_idle();
    }

    // Definitions

    fn publication(&self, tx: &mut dyn Tx, tenant: &TenantName, version: i64) -> Result<Arc<Published>, TurnError> {
        let key = (tenant.clone(), version);
        let now = self.uses.fetch_add(1, Ordering::Relaxed);
        if let Some(found) = self.published.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            found.used.store(now, Ordering::Relaxed);
            return Ok(Arc::clone(&found.published));
        }
        let files = bundle::read(tx, version)?.unwrap_or_default();
        let published = Published::compile(version, &files).map_err(|faults| {
            let first = faults.first().map(ToString::to_string).unwrap_or_default();
            TurnError::BadRequest(format!("version {version} of the definitions does not compile any more: {first}"))
        })?;
        let published = Arc::new(published);
        let mut all = self.published.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(key, Kept { published: Arc::clone(&published), used: AtomicU64::new(now) });
        let of_tenant = all.iter().filter(|((name, _), _)| name == tenant);
        let mut versions: Vec<(u64, i64)> =
            of_tenant.map(|((_, version), kept)| (kept.used.load(Ordering::Relaxed), *version)).collect();
        versions.sort_unstable();
        for (_, old) in versions.iter().rev().skip(PUBLICATIONS) {
            all.remove(&(tenant.clone(), *old));
        }
        Ok(published)
    }

    /// What is wrong with a bundle; warnings if nothing is.
    pub fn lint(&self, files: &Files) -> Vec<Fault> {
        match Published::compile(1, files) {
            Ok(published) => published.bundle.warnings,
            Err(faults) => faults,
        }
    }

    /// Publishes a bundle; answers the newest version and the warnings.
    pub fn publish(
        self: &Arc<Self>,
        name: &TenantName,
        files: Files,
        wishes: Wishes,
    ) -> Result<(i64, Vec<Fault>), AppError> {
        let published = Published::compile(1, &files).map_err(PublishError::Faults)?;
        let (db, app, own) = (self.db(name)?, Arc::clone(self), name.clone());
        let moment = Moment::new(self.now(), published.zone.clone());
        let (zone, warnings) = (published.zone.clone(), published.bundle.warnings.clone());
        let version = db
            .write("publish", move |tx| -> Result<i64, AppError> {
                Ok(bundle::publish(tx, &files, &published, &wishes, &moment)?)
            })
            .wait()?;
        db.set_zone(&zone);
        db.read(|tx| app.publication(tx, &own, version).map(|_| ()))?;
        Ok((version, warnings))
    }

    pub fn history(&self, name: &TenantName) -> Result<Vec<Publication>, AppError> {
        Ok(self.db(name)?.read(bundle::history)?)
    }

    /// The files of a version; of the newest without a number.
    pub fn files(&self, name: &TenantName, version: Option<i64>) -> Result<Files, AppError> {
        self.db(name)?.read(|tx| {
            let number = match version {
                Some(number) => number,
                None => bundle::newest(tx)?,
            };
            match bundle::read(tx, number)? {
                Some(files) => Ok(files),
                None if version.is_none() => Ok(Files::default()),
                None => Err(PublishError::Unknown(number).into()),
            }
        })
    }

    pub fn rollback(self: &Arc<Self>, name: &TenantName, version: i64, actor: &str) -> Result<i64, AppError> {
        let files = self.files(name, Some(version))?;
        let note = format!("back to version {version}");
        let wishes = Wishes { actor: actor.to_owned(), note, keep: true, ..Wishes::default() };
        self.publish(name, files, wishes).map(|(version, _)| version)
    }

    /// The conversation codes of a tenant.
    pub fn conversations(&self, name: &TenantName) -> Result<Vec<String>, AppError> {
        let published = self.current(name)?;
        Ok(published.codes().map(str::to_owned).collect())
    }

    /// The newest publication.
    pub fn current(&self, name: &TenantName) -> Result<Arc<Published>, AppError> {
        self.db(name)?.read(|tx| {
            let version = bundle::newest(tx)?;
            Ok(self.publication(tx, name, version)?)
        })
    }

    // Rules

    /// Checks an upload without keeping it.
    pub fn check_rules(&self, tenant: &TenantName, content: &[u8]) -> Result<Arc<rules::Module>, AppError> {
        Ok(self.registry.check(tenant, content)?)
    }

    /// Keeps a module as a version, and lets it decide if asked to.
    pub fn push_rules(
        &self,
        name: &TenantName,
        content: Vec<u8>,
        activate: bool,
        actor: &str,
    ) -> Result<Version, AppError> {
        let db = self.db(name)?;
        let module = self.registry.check(name, &content)?;
        let current = self.current(name)?;
        for (fact, _, program) in current.facts(&module).iter() {
            if let (Err(why), true) = (program, activate) {
                return Err(AppError::BadRequest(format!(
                    "the fact `{fact}` of the module does not fit this tenant: {why}"
                )));
            }
        }
        let (now, actor, sha) = (self.now(), actor.to_owned(), module.about().sha256.clone());
        if activate {
            self.registry.forgive(name, &sha);
        }
        let mut versions = db
            .write("rules", move |tx| -> Result<Vec<Version>, StoreError> {
                registry::keep(tx, &module, &content, &actor, now)?;
                if activate {
                    registry::activate(tx, Some(&module.about().sha256), &actor, "activated on upload", now)?;
                }
                registry::list(tx)
            })
            .wait()?;
        versions.retain(|version| version.sha256 == sha);
        versions.pop().ok_or_else(|| AppError::NotFound(format!("version {sha}")))
    }

    pub fn rules(&self, name: &TenantName) -> Result<Vec<Version>, AppError> {
        Ok(self.db(name)?.read(registry::list)?)
    }

    /// Lets the version that begins with `prefix` decide from now on; with `None` the data alone.
    pub fn activate_rules(&self, name: &TenantName, prefix: Option<&str>, actor: &str) -> Result<(), AppError> {
        let (now, actor, prefix) = (self.now(), actor.to_owned(), prefix.map(str::to_owned));
        let sha = self
            .db(name)?
            .write("rules", move |tx| -> Result<Option<String>, RuleError> {
                let sha = prefix.as_deref().map(|prefix| registry::resolve(tx, prefix)).transpose()?;
                registry::activate(tx, sha.as_deref(), &actor, "by hand", now)?;
                Ok(sha)
            })
            .wait()?;
        if let Some(sha) = sha {
            self.registry.forgive(name, &sha);
        }
        Ok(())
    }

    pub fn decisions(&self, name: &TenantName, guid: Option<&str>, limit: i64) -> Result<Vec<Decision>, AppError> {
        Ok(self.db(name)?.read(|tx| log::list(tx, guid, limit))?)
    }

    pub fn decision(&self, name: &TenantName, id: i64) -> Result<Decision, AppError> {
        let found = self.db(name)?.read(|tx| log::get(tx, id))?;
        found.ok_or_else(|| AppError::NotFound(format!("there is no decision {id}")))
    }

    /// Asks the module of a decision the same question again, and compares.
    pub fn replay(&self, name: &TenantName, id: i64) -> Result<Replayed, AppError> {
        let decision = self.decision(name, id)?;
        let module = self.db(name)?.read(|tx| self.registry.load(tx, name, &decision.module))?;
        let replay = rules::replay(&module, decision.input.get(), decision.output.get(), self.registry.limits())
            .map_err(|error| AppError::BadRequest(error.to_string()))?;
        let comparison = match replay.comparison {
            Comparison::Same => "same",
            Comparison::Different => "different",
            Comparison::NotComparable => "not-comparable",
        };
        Ok(Replayed {
            id,
            comparison: comparison.to_owned(),
            recorded: decision.output,
            now: serde_json::value::RawValue::from_string(replay.outcome.to_json()).unwrap_or_default(),
            fuel_recorded: decision.fuel,
            fuel_now: replay.outcome.spent.fuel,
        })
    }

    pub fn verify_audit(&self, name: &TenantName) -> Result<Verdict, AppError> {
        let verdict = self.db(name)?.read(|tx| Ok::<_, StoreError>(audit::verify(tx)?.and(log::verify(tx)?)));
        Ok(verdict?)
    }

    // Conversations

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

/// Runs something that waits for a database on a thread that may wait.
///
/// # Errors
/// What `work` says; [`StoreError::Unavailable`] if it panicked.
pub async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, AppError>
where
    T: Send + 'static,
    E: Into<AppError> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(Into::into),
        Err(error) => Err(StoreError::Unavailable(format!("an error inside the host: {error}")).into()),
    }
}

/// One process per folder: two would each think that they alone write.
fn lock_folder(data: &Path) -> Result<File, StartError> {
    let failed = |error| StartError::Folder { path: data.display().to_string(), error };
    // Debtors' data and the door's secret: for the owner's eyes.
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(failed)?;
    let file = File::options().create(true).truncate(false).write(true).open(data.join("lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StartError::InUse(data.display().to_string())),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}
