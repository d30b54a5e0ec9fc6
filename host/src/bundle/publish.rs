//! Publishing: a bundle becomes the tenant's newest version, with its tables, in one transaction. Old versions stay, and
//! going back is publishing an old version's files again.

use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::schema::{self, Surplus};
use super::{Bundle, Files, Published};
use crate::clock::Moment;
use crate::conversation::contact;
use crate::fault::Fault;
use crate::store::{StoreError, Tx, Value};
use crate::tenant::audit::{self, Act};

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("{} fault(s); nothing was published", .0.len())]
    Faults(Vec<Fault>),
    /// The bundle is good, but the tenant's tables cannot follow it.
    #[error("{0}")]
    Schema(String),
    #[error("there is no version {0}; `forbear definitions history` lists them")]
    Unknown(i64),
    /// Open contacts would stand on a page that is gone.
    #[error("{0}")]
    Stranded(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One version, as it is listed.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Publication {
    pub version: i64,
    /// Epoch milliseconds.
    pub at: i64,
    pub actor: String,
    pub note: String,
    pub files: i64,
}

/// How to publish.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    pub actor: String,
    pub note: String,
    /// Moves contacts that are under way to the new version; they stay on theirs otherwise.
    pub move_contacts: bool,
    /// Drops own tables and columns that the bundle has no more, with their rows.
    pub drop: bool,
    /// Leaves own tables and columns that the bundle has no more where they are, for going back; `drop` goes before.
    pub keep: bool,
}

impl Wishes {
    fn surplus(&self) -> Surplus {
        match (self.drop, self.keep) {
            (true, _) => Surplus::Drop,
            (false, true) => Surplus::Keep,
            (false, false) => Surplus::Refuse,
        }
    }
}

/// Publishes `files`, which `published` was compiled from. The same files again are no new version, but contacts are
/// moved to it if that is wished; answers the version that is the newest then.
///
/// # Errors
/// [`PublishError`]; nothing is changed then.
pub fn publish(
    tx: &mut dyn Tx,
    files: &Files,
    published: &Published,
    wishes: &Wishes,
    moment: &Moment,
) -> Result<i64, PublishError> {
    tx.lock("publish")?;
    let newest = newest(tx)?;
    if wishes.move_contacts {
        check_stranded(tx, &published.bundle)?;
    }
    if newest > 0 && read(tx, newest)?.as_ref() == Some(files) {
        let moved = if wishes.move_contacts { contact::move_open(tx, newest)? } else { 0 };
        if moved > 0 {
            let detail = json!({ "note": wishes.note, "contacts_moved": moved });
            let (subject, action) = (newest.to_string(), "contacts-moved");
            audit::record(tx, &Act { at: moment.millis, actor: &wishes.actor, action, subject: &subject, detail })?;
        }
        return Ok(newest);
    }
    let version = newest + 1;
    schema::bring_up_to_date(tx, published, wishes.surplus(), moment)?;
    tx.execute(
        "INSERT INTO host_publications (version, at, actor, note) VALUES ($1, $2, $3, $4)",
        &[version.into(), moment.millis.into(), wishes.actor.as_str().into(), wishes.note.as_str().into()],
    )?;
    for (path, content) in files {
        let sha = hex::encode(Sha256::digest(content));
        tx.execute(
            "INSERT INTO host_blobs (sha256, content) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING",
            &[sha.as_str().into(), content.clone().into()],
        )?;
        tx.execute(
            "INSERT INTO host_publication_files (version, path, sha256) VALUES ($1, $2, $3)",
            &[version.into(), path.as_str().into(), sha.into()],
        )?;
    }
    let moved = if wishes.move_contacts { contact::move_open(tx, version)? } else { 0 };
    let detail = json!({ "note": wishes.note, "files": files.len(), "contacts_moved": moved });
    let subject = version.to_string();
    let action = "definitions-published";
    audit::record(tx, &Act { at: moment.millis, actor: &wishes.actor, action, subject: &subject, detail })?;
    Ok(version)
}

/// The number of the newest version; 0 if there is none.
///
/// # Errors
/// When the database fails, as everywhere below.
pub fn newest(tx: &mut dyn Tx) -> Result<i64, StoreError> {
    let rows = tx.query("SELECT max(version) FROM host_publications", &[])?;
    Ok(rows.rows.first().and_then(|row| row[0].as_int()).unwrap_or_default())
}

/// The files of a version.
pub fn read(tx: &mut dyn Tx, version: i64) -> Result<Option<Files>, StoreError> {
    let rows = tx.query(
        "SELECT f.path, b.content FROM host_publication_files f JOIN host_blobs b ON b.sha256 = f.sha256
         WHERE f.version = $1",
        &[version.into()],
    )?;
    let files: Files = rows
        .rows
        .into_iter()
        .filter_map(|row| match <[Value; 2]>::try_from(row) {
            Ok([Value::Text(path), Value::Bytes(content)]) => Some((path, content)),
            _ => None,
        })
        .collect();
    Ok((!files.is_empty()).then_some(files))
}

/// Every version, the newest first.
pub fn history(tx: &mut dyn Tx) -> Result<Vec<Publication>, StoreError> {
    let rows = tx.query(
        "SELECT p.version, p.at, p.actor, p.note,
           (SELECT count(*) FROM host_publication_files f WHERE f.version = p.version)
         FROM host_publications p ORDER BY p.version DESC",
        &[],
    )?;
    let number = |value: &Value| value.as_int().unwrap_or_default();
    Ok(rows
        .rows
        .iter()
        .map(|row| Publication {
            version: number(&row[0]),
            at: number(&row[1]),
            actor: row[2].to_string(),
            note: row[3].to_string(),
            files: number(&row[4]),
        })
        .collect())
}

fn check_stranded(tx: &mut dyn Tx, bundle: &Bundle) -> Result<(), PublishError> {
    let gone: Vec<String> = contact::open_pages(tx)?
        .into_iter()
        .filter(|(code, page, _)| !bundle.conversation(code).is_some_and(|found| found.pages.contains_key(page)))
        .map(|(code, page, count)| format!("{count} on page {page} of {code}"))
        .collect();
    if gone.is_empty() {
        return Ok(());
    }
    let stranded = gone.join(", ");
    Err(PublishError::Stranded(format!(
        "open contacts would stand on a page that is gone: {stranded}; keep these pages, or publish without moving contacts"
    )))
}
