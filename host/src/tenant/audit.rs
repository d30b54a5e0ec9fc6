//! The trail of what was done in a tenant, and by whom: chained, so that nobody mends it unseen.

use serde::Serialize;
use serde_json::json;

use crate::clock::Millis;
use crate::store::chain::{self, Break, Link, Verifier};
use crate::store::{StoreError, Tx, Value};

/// One act, before it is written.
#[derive(Debug, Clone)]
pub struct Act<'a> {
    pub at: Millis,
    /// Who: a token's label, `debtor`, `timer`.
    pub actor: &'a str,
    /// What, as a stable word: `definitions-published`.
    pub action: &'a str,
    /// On what: a publication, a contact, a module.
    pub subject: &'a str,
    pub detail: serde_json::Value,
}

/// Writes an act into the chain of its subject.
///
/// # Errors
/// When the database fails.
pub fn record(tx: &mut dyn Tx, act: &Act<'_>) -> Result<(), StoreError> {
    let detail = act.detail.to_string();
    let body = body(act.at, act.actor, act.action, act.subject, &detail);
    for link in chain::extend(tx, &chain::chain_of("audit", act.subject), &[body])? {
        tx.execute(
            "INSERT INTO host_audit (chain, seq, at, actor, action, subject, detail, previous, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                link.chain.into(),
                link.seq.into(),
                act.at.into(),
                act.actor.into(),
                act.action.into(),
                act.subject.into(),
                detail.as_str().into(),
                link.previous.into(),
                link.hash.into(),
            ],
        )?;
    }
    Ok(())
}

/// What verifying found.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Verdict {
    /// Rows of the audit and of the decision log that were looked at.
    pub rows: u64,
    pub breaks: Vec<Break>,
}

impl Verdict {
    /// Both trails as one.
    pub fn and(mut self, other: Self) -> Self {
        self.rows += other.rows;
        self.breaks.extend(other.breaks);
        self
    }
}

/// Recomputes every hash of the audit.
///
/// # Errors
/// When the database fails.
pub fn verify(tx: &mut dyn Tx) -> Result<Verdict, StoreError> {
    let select = "SELECT chain, seq, previous, hash, at, actor, action, subject, detail FROM host_audit";
    verify_rows(tx, "audit", select, |row| {
        let text = |index: usize| row[index].as_text().unwrap_or_default();
        body(row[4].as_int().unwrap_or_default(), text(5), text(6), text(7), text(8))
    })
}

/// Rows at a time, so that a long trail does not fill the memory.
const PORTION: i64 = 5_000;

/// Recomputes the hashes of the chains of one kind. `select` answers the link (chain, number, previous hash, hash), then
/// what `body` makes the content of.
///
/// # Errors
/// When the database fails.
pub fn verify_rows(
    tx: &mut dyn Tx,
    kind: &str,
    select: &str,
    body: impl Fn(&[Value]) -> String,
) -> Result<Verdict, StoreError> {
    let sql = format!("{select} WHERE (chain, seq) > ($1, $2) ORDER BY chain, seq LIMIT {PORTION}");
    let mut verifier = Verifier::default();
    let mut last = (String::new(), 0_i64);
    loop {
        let portion = tx.query(&sql, &[last.0.as_str().into(), last.1.into()])?;
        for row in &portion.rows {
            let text = |index: usize| row[index].as_text().unwrap_or_default().to_owned();
            let seq = row[1].as_int().unwrap_or_default();
            last = (text(0), seq);
            verifier.row(Link { chain: text(0), seq, previous: text(2), hash: text(3) }, &body(row));
        }
        if portion.rows.is_empty() {
            let verifier = verifier.finish(tx, kind)?;
            return Ok(Verdict { rows: verifier.rows, breaks: verifier.breaks });
        }
    }
}

fn body(at: Millis, actor: &str, action: &str, subject: &str, detail: &str) -> String {
    json!([at, actor, action, subject, detail]).to_string()
}
