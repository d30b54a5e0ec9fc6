//! Conversations: what a message means, which page follows, what is said.

pub mod import;
pub mod page;

pub use page::{Conversation, Page, PageOption};
