//! Tenants, their tokens, and who is signed in.

use std::sync::{Arc, PoisonError};

use super::{App, AppError};
use crate::bundle::{self};
use crate::clock::Millis;
use crate::store::{Db, StoreError, Tx};
use crate::tenant::audit::{self, Act};
use crate::tenant::{self, Principal, Role, Secret, TenantError, TenantName, TokenEntry};

/// Remembered sign-ins; more than that begin anew at the database.
const REMEMBERED: usize = 10_000;

/// How long a sign-in is believed without asking the database again.
const BELIEVED: Millis = 10_000;

/// What the audit calls those who hold no token.
const RESERVED_LABELS: &[&str] = &["host", "timer", "debtor", "operator", "demo", "demo visitor"];

impl App {
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
}
