//! Bundles: a tenant's folder of definitions, read, linted, and compiled to what the host interprets.
//!
//! [`load`] takes the files of a folder and answers a [`Bundle`], or every fault of every file at once. [`write_conversation`]
//! goes the other way, for what [`crate::conversation::import`] has read from SQL; [`diff()`] compares two versions.

mod answers;
mod conversation;
mod data;
mod diff;
mod fields;
mod lint;
mod load;
mod manifest;
mod pages;
mod publish;
mod published;
mod scalar;
mod schema;
mod statements;
mod tables;
mod write;
mod yaml;

pub use data::DataSet;
pub use diff::diff;
pub use lint::CONTEXT_NAMES;
pub use load::{Bundle, ConversationFile, Files, load};
pub use manifest::Manifest;
pub use publish::{Publication, PublishError, Wishes, history, newest, publish, read};
pub use published::Published;
pub use statements::Scope;
pub use tables::{ColumnDefinition, Definition};
pub use write::write_conversation;
