//! HTTP: who asks, what they ask for, and what they are told. Everything behind it is [`crate::app::App`].

mod asking;
mod assets;
mod body;
mod contacts;
mod conversation;
mod decisions;
mod definitions;
mod health;
mod phone;
mod problem;
mod router;
mod rules;
mod server;
mod sign_in;
mod tenant_sql;
mod tenants;

pub use contacts::SenderPath;
pub use conversation::{Message, Said};
pub use definitions::{BundleFiles, Imported, PublishedVersion};
pub use problem::Problem;
pub use router::{Front, openapi, router};
pub use server::{ServeError, serve};
pub use tenant_sql::{Answer, Question};
