//! Rows that cannot be changed unseen: each carries the hash of the one before it in its chain.
//!
//! A tenant has several chains side by side, so that turns of different contacts do not wait for each other's commit.

use sha2::{Digest, Sha256};

use super::{StoreError, Tx, Value};

/// What the first row of a chain follows.
pub const ROOT: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Chains over which the rows of contacts are spread.
const WIDTH: usize = 8;

/// A row's place in its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub chain: String,
    pub seq: i64,
    pub previous: String,
    pub hash: String,
}

/// The chain for what belongs to `subject`: `decisions-3`.
pub fn chain_of(kind: &str, subject: &str) -> String {
    format!("{kind}-{}", super::spread(subject, WIDTH))
}

/// The hash of a row whose content is `body`, behind a row with the hash `previous`.
pub fn hash(previous: &str, body: &str) -> String {
    hex::encode(Sha256::new().chain_update(previous).chain_update("\n").chain_update(body).finalize())
}

/// Makes room at the end of a chain for rows with these contents, in their order. The chain is held until the
/// transaction ends, so this comes last in it.
///
/// # Errors
/// When the database fails.
pub fn extend(tx: &mut dyn Tx, chain: &str, bodies: &[String]) -> Result<Vec<Link>, StoreError> {
    let count = i64::try_from(bodies.len()).unwrap_or(i64::MAX);
    let head = tx.query(
        "INSERT INTO host_chain_heads (chain, seq, hash) VALUES ($1, $2, $3)
         ON CONFLICT (chain) DO UPDATE SET seq = host_chain_heads.seq + excluded.seq
         RETURNING seq, hash",
        &[chain.into(), count.into(), ROOT.into()],
    )?;
    let [Value::Int(last), Value::Text(previous)] = head.rows.first().map(Vec::as_slice).unwrap_or_default() else {
        return Err(StoreError::Statement(format!("the chain {chain} has no head")));
    };
    let mut previous = previous.clone();
    let links: Vec<Link> = (last - count + 1..)
        .zip(bodies)
        .map(|(seq, body)| {
            let hash = hash(&previous, body);
            Link { chain: chain.to_owned(), seq, previous: std::mem::replace(&mut previous, hash.clone()), hash }
        })
        .collect();
    tx.execute("UPDATE host_chain_heads SET hash = $2 WHERE chain = $1", &[chain.into(), previous.into()])?;
    Ok(links)
}

/// What is wrong with a chain, if anything is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Break {
    pub chain: String,
    /// The row at which it shows.
    pub seq: i64,
    pub what: String,
}

/// Follows the rows of one table through their chains, in the order `(chain, seq)`, and says where they stop fitting.
#[derive(Debug, Default)]
pub struct Verifier {
    at: Option<Link>,
    /// The last row of each chain that was left behind.
    ends: Vec<Link>,
    pub rows: u64,
    pub breaks: Vec<Break>,
}

impl Verifier {
    pub fn row(&mut self, link: Link, body: &str) {
        self.rows += 1;
        let (seq, previous) = match &self.at {
            Some(before) if before.chain == link.chain => (before.seq + 1, before.hash.clone()),
            _ => (1, ROOT.to_owned()),
        };
        let what = if link.seq != seq {
            Some(format!("row {seq} is missing"))
        } else if link.previous != previous {
            Some("it does not follow the row before it".to_owned())
        } else if hash(&link.previous, body) != link.hash {
            Some("its content was changed".to_owned())
        } else {
            None
        };
        if let Some(what) = what {
            self.breaks.push(Break { chain: link.chain.clone(), seq: link.seq, what });
        }
        if let Some(before) = self.at.replace(link)
            && self.at.as_ref().is_none_or(|now| now.chain != before.chain)
        {
            self.ends.push(before);
        }
    }

    /// Compares the chains' ends with the heads that were kept: rows cut off at the end, or written anew, show here.
    ///
    /// # Errors
    /// When the database fails.
    pub fn finish(mut self, tx: &mut dyn Tx, kind: &str) -> Result<Self, StoreError> {
        self.ends.extend(self.at.take());
        let heads = tx.query("SELECT chain, seq, hash FROM host_chain_heads ORDER BY chain", &[])?;
        for row in heads.rows {
            let [Value::Text(chain), Value::Int(seq), Value::Text(hash)] = row.as_slice() else { continue };
            let end = self.ends.iter().find(|end| end.chain == *chain);
            let what = match end {
                _ if !chain.starts_with(kind) => continue,
                Some(end) if end.seq == *seq && end.hash == *hash => continue,
                Some(end) if end.seq == *seq => "it is not the row that was written last",
                _ => "rows at its end are missing",
            };
            self.breaks.push(Break { chain: chain.clone(), seq: *seq, what: what.to_owned() });
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(bodies: &[&str]) -> Vec<(Link, String)> {
        let mut previous = ROOT.to_owned();
        (1..)
            .zip(bodies)
            .map(|(seq, body)| {
                let next = hash(&previous, body);
                let before = std::mem::replace(&mut previous, next.clone());
                (Link { chain: "audit-0".into(), seq, previous: before, hash: next }, (*body).to_owned())
            })
            .collect()
    }

    fn breaks(rows: &[(Link, String)]) -> Vec<String> {
        let mut verifier = Verifier::default();
        rows.iter().for_each(|(link, body)| verifier.row(link.clone(), body));
        verifier.breaks.into_iter().map(|found| format!("{}: {}", found.seq, found.what)).collect()
    }

    #[test]
    fn an_untouched_chain_verifies() {
        assert_eq!(breaks(&chain(&["a", "b", "c"])), Vec::<String>::new());
    }

    #[test]
    fn a_changed_row_shows() {
        let mut rows = chain(&["a", "b", "c"]);
        rows[1].1 = "B".into();
        assert_eq!(breaks(&rows), ["2: its content was changed"]);
    }

    #[test]
    fn a_removed_row_shows() {
        let mut rows = chain(&["a", "b", "c"]);
        rows.remove(1);
        assert_eq!(breaks(&rows), ["3: row 2 is missing"]);
    }
}
