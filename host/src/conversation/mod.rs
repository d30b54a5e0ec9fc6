//! Conversations: what a message means, which page follows, what is said.

pub mod channel;
pub mod intent;
pub mod options;
pub mod route;
pub mod words;
