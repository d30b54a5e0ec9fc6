//! Conversations: what a message means, which page follows, what is said.
//!
//! A [`turn`] is one message and its reply. It asks pure decisions ([`intent`], [`words`], [`route`], [`options`],
//! [`channel`]) and keeps its state in a [`contact`] and its record in [`responses`]. What an author writes is a
//! [`Conversation`] of [`Page`]s; a [`script`] is that with its statements compiled.

pub mod channel;
pub mod contact;
mod effects;
mod error;
pub mod import;
pub mod intent;
mod leading;
pub mod opt_out;
pub mod options;
pub mod page;
mod reply;
pub mod responses;
pub mod route;
pub mod script;
mod show;
mod taking;
pub mod timers;
pub mod turn;
pub mod words;

pub use error::TurnError;
pub use page::{Conversation, Page, PageOption};
pub use reply::{Debug, TurnReply, TurnResult};
pub use turn::{Desk, Publications, TurnRequest};
