//! Conversations: what a message means, which page follows, what is said.

pub mod channel;
pub mod import;
pub mod intent;
pub mod options;
pub mod page;
pub mod route;
pub mod words;

pub use page::{Conversation, Page, PageOption};
