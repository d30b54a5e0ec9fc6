//! Publishing bundles: lint, publish, history, difference, going back, importing pages from SQL.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};

use super::Front;
use super::asking::Caller;
use super::body::Json;
use super::problem::Problem;
use crate::app::{AppError, blocking};
use crate::bundle::{self, Files, Publication, PublishError, Wishes};
use crate::conversation::import;
use crate::fault::Fault;

/// The files of a bundle, and how to publish them.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BundleFiles {
    /// Content by path inside the bundle: `conversations/pay.yaml`.
    pub files: BTreeMap<String, String>,
    /// Why, for the history.
    #[serde(default)]
    pub note: String,
    /// Moves contacts that are under way to the new version.
    #[serde(default)]
    pub move_contacts: bool,
    /// Drops tables and columns that the bundle no longer has, with their rows.
    #[serde(default)]
    pub drop: bool,
}

#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PublishedVersion {
    pub version: i64,
    /// What is not wrong but worth a look.
    #[schema(value_type = Vec<Object>)]
    pub warnings: Vec<Fault>,
}

/// What was imported.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Imported {
    pub version: i64,
    /// The codes of the conversations.
    pub conversations: Vec<String>,
    /// Statements that were passed over, and warnings.
    #[schema(value_type = Vec<Object>)]
    pub notes: Vec<Fault>,
}

#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Pages {
    /// `INSERT INTO def_conversation_page …` statements.
    sql: String,
    /// What the text is called in faults.
    #[serde(default = "pages_sql")]
    file: String,
}

fn pages_sql() -> String {
    "pages.sql".to_owned()
}

#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Back {
    /// The version whose files are published again.
    version: i64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Difference {
    /// Unified, per file.
    diff: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Linted {
    /// Errors and warnings; empty if there is nothing to say.
    #[schema(value_type = Vec<Object>)]
    faults: Vec<Fault>,
}

fn files(given: BTreeMap<String, String>) -> Files {
    given.into_iter().map(|(path, content)| (path, content.into_bytes())).collect()
}

/// Publishes a bundle as the newest version, or nothing of it.
#[utoipa::path(put, path = "/api/v1/tenants/{tenant}/definitions", tag = "definitions", params(("tenant" = String, Path)),
    request_body = BundleFiles,
    responses((status = 200, body = PublishedVersion), (status = 422, description = "Every fault", body = Problem),
        (status = 409, body = Problem)),
    security(("token" = [])))]
pub(super) async fn publish(
    State(front): State<Front>,
    caller: Caller,
    Path(tenant): Path<String>,
    Json(given): Json<BundleFiles>,
) -> Result<Answer<PublishedVersion>, Problem> {
    let tenant = caller.publish_in(&tenant)?;
    let BundleFiles { files: given, note, move_contacts, drop } = given;
    let wishes = Wishes { actor: caller.0.actor, note, move_contacts, drop, keep: false };
    let files = files(given);
    let (version, warnings) = blocking(move || front.app.publish(&tenant, files, wishes)).await?;
    Ok(Answer(PublishedVersion { version, warnings }))
}

/// Says what is wrong with a bundle, and publishes nothing.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/definitions/lint", tag = "definitions",
    params(("tenant" = String, Path)), request_body = BundleFiles, responses((status = 200, body = Linted)),
    security(("token" = [])))]
pub(super) async fn lint(
    State(front): State<Front>,
    caller: Caller,
    Path(tenant): Path<String>,
    Json(given): Json<BundleFiles>,
) -> Result<Answer<Linted>, Problem> {
    caller.enter(&tenant)?;
    let files = files(given.files);
    let faults = blocking(move || Ok::<_, AppError>(front.app.lint(&files))).await?;
    Ok(Answer(Linted { faults }))
}

/// The versions of a tenant's definitions, the newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/definitions", tag = "definitions", params(("tenant" = String, Path)),
    responses((status = 200, body = Vec<Publication>)), security(("token" = [])))]
pub(super) async fn history(
    State(front): State<Front>,
    caller: Caller,
    Path(tenant): Path<String>,
) -> Result<Answer<Vec<Publication>>, Problem> {
    let tenant = caller.enter(&tenant)?;
    Ok(Answer(blocking(move || front.app.history(&tenant)).await?))
}

/// What changed between two versions.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/definitions/{from}/diff/{to}", tag = "definitions",
    params(("tenant" = String, Path), ("from" = i64, Path), ("to" = i64, Path)),
    responses((status = 200, body = Difference), (status = 404, body = Problem)), security(("token" = [])))]
pub(super) async fn diff(
    State(front): State<Front>,
    caller: Caller,
    Path((tenant, from, to)): Path<(String, i64, i64)>,
) -> Result<Answer<Difference>, Problem> {
    let tenant = caller.enter(&tenant)?;
    let diff = blocking(move || -> Result<String, AppError> {
        Ok(bundle::diff(&front.app.files(&tenant, Some(from))?, &front.app.files(&tenant, Some(to))?))
    })
    .await?;
    Ok(Answer(Difference { diff }))
}

/// Publishes the files of an old version again.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/definitions/rollback", tag = "definitions",
    params(("tenant" = String, Path)), request_body = Back,
    responses((status = 200, body = PublishedVersion), (status = 404, body = Problem)), security(("token" = [])))]
pub(super) async fn rollback(
    State(front): State<Front>,
    caller: Caller,
    Path(tenant): Path<String>,
    Json(back): Json<Back>,
) -> Result<Answer<PublishedVersion>, Problem> {
    let tenant = caller.publish_in(&tenant)?;
    let actor = caller.0.actor;
    let version = blocking(move || front.app.rollback(&tenant, back.version, &actor)).await?;
    Ok(Answer(PublishedVersion { version, warnings: Vec::new() }))
}

/// Imports conversation pages from SQL text into the newest definitions, and publishes them.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/pages", tag = "definitions", params(("tenant" = String, Path)),
    request_body = Pages,
    responses((status = 200, body = Imported), (status = 422, description = "Every fault", body = Problem)),
    security(("token" = [])))]
pub(super) async fn import_pages(
    State(front): State<Front>,
    caller: Caller,
    Path(tenant): Path<String>,
    Json(pages): Json<Pages>,
) -> Result<Answer<Imported>, Problem> {
    let tenant = caller.publish_in(&tenant)?;
    let actor = caller.0.actor;
    let imported = blocking(move || -> Result<Imported, AppError> {
        let found = import::import(&pages.file, &pages.sql).map_err(PublishError::Faults)?;
        let mut files = front.app.files(&tenant, None)?;
        if !files.contains_key("bundle.yaml") {
            files.insert("bundle.yaml".to_owned(), format!("name: {tenant}\n").into_bytes());
        }
        let before = front.app.current(&tenant)?;
        for (code, conversation) in &found.conversations {
            // A conversation that was there under another file's name is replaced, not doubled.
            if let Some(known) = before.bundle.conversations.get(&code.to_ascii_uppercase()) {
                files.remove(&known.file);
            }
            let path = format!("conversations/{}.yaml", code.to_ascii_lowercase());
            files.insert(path, bundle::write_conversation(conversation).into_bytes());
        }
        let note = format!("imported from {}", pages.file);
        let wishes = Wishes { actor, note, ..Wishes::default() };
        let (version, warnings) = front.app.publish(&tenant, files, wishes)?;
        let conversations = found.conversations.keys().cloned().collect();
        Ok(Imported { version, conversations, notes: found.notes.into_iter().chain(warnings).collect() })
    })
    .await?;
    Ok(Answer(imported))
}
