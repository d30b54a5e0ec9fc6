//! Publishing a bundle, its history, and what is compiled of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use super::{App, AppError, Kept};
use crate::bundle::{self, Files, Publication, PublishError, Published, Wishes};
use crate::clock::Moment;
use crate::conversation::TurnError;
use crate::fault::Fault;
use crate::store::Tx;
use crate::tenant::TenantName;

/// Publications of one tenant that stay compiled: those used last, by new contacts and by those on older ones.
const PUBLICATIONS: usize = 8;

impl App {
    pub(super) fn publication(
        &self,
        tx: &mut dyn Tx,
        tenant: &TenantName,
        version: i64,
    ) -> Result<Arc<Published>, TurnError> {
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
}
