//! What can go wrong with tenants and their tokens.

use crate::store::StoreError;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TenantError {
    #[error("`{0}` cannot be a tenant's name: use 2 to 40 lower-case letters, digits and _, beginning with a letter")]
    BadName(String),
    #[error("there is a tenant `{0}` already")]
    Exists(String),
    #[error("there is no tenant `{0}`; `forbear tenant create {0}` makes one")]
    Unknown(String),
    #[error("no random numbers from the operating system: {0}")]
    Random(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}
