//! Secrets that open doors: made here, shown once, and kept only as a hash.

use sha2::{Digest, Sha256};

use super::TenantError;

/// A fresh secret: 256 bits, so that a plain hash of it is enough to keep.
pub struct Secret(String);

impl Secret {
    /// # Errors
    /// When the operating system gives no random numbers.
    pub fn new(prefix: &str) -> Result<Self, TenantError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| TenantError::Random(error.to_string()))?;
        Ok(Self(format!("{prefix}{}", hex::encode(bytes))))
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// What is kept of a secret.
pub fn hash_of(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}
