//! What a tenant may be called: the name is a file's, a schema's and a part of addresses, so it is plain.

use std::fmt;

use serde::Serialize;

use super::TenantError;

/// 2 to 40 lower-case letters, digits and `_`, beginning with a letter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct TenantName(String);

impl TenantName {
    /// # Errors
    /// [`TenantError::BadName`] when the name is not of that form.
    pub fn parse(name: &str) -> Result<Self, TenantError> {
        let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if plain && (2..=40).contains(&name.len()) && name.starts_with(|c: char| c.is_ascii_lowercase()) {
            Ok(Self(name.to_owned()))
        } else {
            Err(TenantError::BadName(name.to_owned()))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
