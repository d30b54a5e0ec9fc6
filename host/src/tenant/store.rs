//! Tenants, tokens and sessions in the control plane.

use super::{Principal, Role, Secret, TenantError, TenantName, hash_of};
use crate::clock::Millis;
use crate::store::{StoreError, Tx, Value};

/// How long a browser stays signed in: a working day.
const SESSION: Millis = 12 * 3_600 * 1_000;

/// Every tenant, by name.
///
/// # Errors
/// When the database fails, as everywhere in this file.
pub fn all(tx: &mut dyn Tx) -> Result<Vec<TenantName>, TenantError> {
    let rows = tx.query("SELECT name FROM host_tenants ORDER BY name", &[])?;
    rows.rows.iter().filter_map(|row| row[0].as_text()).map(TenantName::parse).collect()
}

pub fn exists(tx: &mut dyn Tx, name: &TenantName) -> Result<bool, StoreError> {
    Ok(!tx.query("SELECT name FROM host_tenants WHERE name = $1", &[name.as_str().into()])?.rows.is_empty())
}

/// # Errors
/// [`TenantError::Exists`].
pub fn create(tx: &mut dyn Tx, name: &TenantName, now: Millis) -> Result<(), TenantError> {
    match tx.execute(
        "INSERT INTO host_tenants (name, created_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        &[name.as_str().into(), now.into()],
    )? {
        0 => Err(TenantError::Exists(name.to_string())),
        _ => Ok(()),
    }
}

/// Makes a token that speaks for `tenant` (or, without one, for the operator) and keeps its hash.
pub fn add_token(
    tx: &mut dyn Tx,
    tenant: Option<&TenantName>,
    role: Role,
    label: &str,
    now: Millis,
) -> Result<Secret, TenantError> {
    let secret = Secret::new("forbear_")?;
    tx.execute(
        "INSERT INTO host_tokens (hash, tenant, role, label, created_at) VALUES ($1, $2, $3, $4, $5)",
        &[
            hash_of(secret.reveal()).into(),
            tenant.map(TenantName::as_str).into(),
            role.name().into(),
            label.into(),
            now.into(),
        ],
    )?;
    Ok(secret)
}

/// A token as it is listed: never the secret, which nobody has.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct TokenEntry {
    /// The beginning of its hash.
    pub id: String,
    pub role: String,
    pub label: String,
    /// Epoch milliseconds.
    pub created_at: Millis,
    pub revoked_at: Option<Millis>,
}

/// Enough of a hash to tell a tenant's tokens apart.
pub fn token_id(hash: &str) -> String {
    hash.chars().take(12).collect()
}

/// The tokens of a tenant, the newest first.
pub fn tokens(tx: &mut dyn Tx, tenant: &TenantName) -> Result<Vec<TokenEntry>, StoreError> {
    let rows = tx.query(
        "SELECT hash, role, label, created_at, revoked_at FROM host_tokens WHERE tenant = $1
         ORDER BY created_at DESC, hash",
        &[tenant.as_str().into()],
    )?;
    let entry = |row: &Vec<Value>| TokenEntry {
        id: token_id(row[0].as_text().unwrap_or_default()),
        role: row[1].to_string(),
        label: row[2].to_string(),
        created_at: row[3].as_int().unwrap_or_default(),
        revoked_at: row[4].as_int(),
    };
    Ok(rows.rows.iter().map(entry).collect())
}

/// Answers whether there was such a token in use.
pub fn revoke_token(tx: &mut dyn Tx, tenant: &TenantName, id: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE host_tokens SET revoked_at = $3 WHERE tenant = $1 AND substr(hash, 1, 12) = $2 AND revoked_at IS NULL",
        &[tenant.as_str().into(), id.into(), now.into()],
    )?;
    Ok(changed > 0)
}

pub fn principal_of_token(tx: &mut dyn Tx, token: &str) -> Result<Option<Principal>, TenantError> {
    let sql = "SELECT tenant, role, label FROM host_tokens WHERE hash = $1 AND revoked_at IS NULL";
    principal(tx.query(sql, &[hash_of(token).into()])?.rows)
}

/// Opens a session for whoever holds the token; the secret is the cookie's.
pub fn open_session(tx: &mut dyn Tx, token: &str, now: Millis) -> Result<Option<Secret>, TenantError> {
    if principal_of_token(tx, token)?.is_none() {
        return Ok(None);
    }
    let secret = Secret::new("")?;
    tx.execute("DELETE FROM host_sessions WHERE expires_at < $1", &[now.into()])?;
    tx.execute(
        "INSERT INTO host_sessions (hash, token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        &[hash_of(secret.reveal()).into(), hash_of(token).into(), now.into(), (now + SESSION).into()],
    )?;
    Ok(Some(secret))
}

pub fn close_session(tx: &mut dyn Tx, session: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM host_sessions WHERE hash = $1", &[hash_of(session).into()]).map(|_| ())
}

pub fn principal_of_session(tx: &mut dyn Tx, session: &str, now: Millis) -> Result<Option<Principal>, TenantError> {
    let sql = "SELECT t.tenant, t.role, t.label FROM host_sessions s JOIN host_tokens t ON t.hash = s.token_hash
               WHERE s.hash = $1 AND s.expires_at > $2 AND t.revoked_at IS NULL";
    principal(tx.query(sql, &[hash_of(session).into(), now.into()])?.rows)
}

fn principal(rows: Vec<Vec<Value>>) -> Result<Option<Principal>, TenantError> {
    let Some([tenant, role, label]) = rows.first().map(Vec::as_slice) else { return Ok(None) };
    let Some(role) = role.as_text().and_then(Role::parse) else { return Ok(None) };
    let tenant = tenant.as_text().map(TenantName::parse).transpose()?;
    Ok(Some(Principal { tenant, role, actor: label.to_string() }))
}
