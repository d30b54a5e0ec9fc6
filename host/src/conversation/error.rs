//! Why a turn could not be made. Nothing of it is kept then; the sender may try again.

use crate::decision::RuleError;
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    #[error("there is no conversation `{0}`")]
    UnknownConversation(String),
    #[error("{0}")]
    BadRequest(String),
    /// A statement of a page failed.
    #[error("page {page}, {stage}, line {line}, column {column}: {message}")]
    Statement { page: u32, stage: &'static str, line: usize, column: usize, code: &'static str, message: String },
    /// Pages that lead to pages that lead to pages.
    #[error("more than {0} pages followed each other without waiting for an answer")]
    TooManyPages(usize),
    #[error("the route `{route}` of page {page} leads nowhere: {why}")]
    Route { page: u32, route: String, why: String },
    #[error(transparent)]
    Rules(#[from] RuleError),
    #[error(transparent)]
    Store(#[from] StoreError),
}
