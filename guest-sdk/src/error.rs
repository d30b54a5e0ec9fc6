//! How a rule says that it could not decide.

use std::fmt;

/// Why a hook gave no answer. The host records the text, flags the decision and falls back to the data's behaviour
/// (`validate-transition` and `check-contact` fall back to a refusal).
///
/// Any [`std::error::Error`] turns into one with `?`:
///
/// ```
/// use forbear_guest_sdk::RuleError;
///
/// fn instalments(text: &str) -> Result<u32, RuleError> {
///     let count = text.parse::<u32>()?;
///     if count == 0 {
///         return Err(RuleError::new("a plan needs at least one instalment"));
///     }
///     Ok(count)
/// }
///
/// assert_eq!(instalments("3").unwrap(), 3);
/// assert!(instalments("three").unwrap_err().to_string().contains("invalid digit"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RuleError(String);

impl RuleError {
    /// An error with this text. Write it for the person who reads the decision log.
    pub fn new(text: impl Into<String>) -> RuleError {
        RuleError(text.into())
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// `RuleError` is itself no `std::error::Error`, or this would collide with `impl From<T> for T`.
impl<E: std::error::Error> From<E> for RuleError {
    fn from(error: E) -> RuleError {
        RuleError(error.to_string())
    }
}
