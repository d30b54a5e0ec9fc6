//! Forbear: a WebAssembly rules host with scripted screens for collections teams.
//!
//! The map. A turn of a debtor's conversation goes through the rooms in this order:
//!
//! - [`web`] takes a request, finds out who asks, and hands plain values inward;
//! - [`app`] holds the concrete parts and is the only place that picks them;
//! - [`conversation`] decides what a message means, which page follows, and what is said;
//! - [`rules`] asks the tenant's WebAssembly module at eight named points, in a sandbox;
//! - [`decision`] knows which module decides for a tenant, asks it, and keeps what it answered;
//! - [`sql`] checks and translates the tenant's own SQL before any of it reaches a database;
//! - [`queue`] holds what the dialer and the workflows are to do next;
//! - [`store`] keeps everything, in SQLite or in PostgreSQL, one transaction per event;
//! - [`bundle`] reads a tenant's folder of definitions and says what is wrong with it;
//! - [`tenant`] knows the organisations, their tokens and their audit trail;
//! - [`cli`] is the command line: a client of the same addresses that `web` serves.
//!
//! Areas never import `web`; decisions never touch the clock, a socket, a database or the engine.

pub mod app;
pub mod bundle;
pub mod cli;
pub mod clock;
pub mod conversation;
pub mod decision;
pub mod demo;
mod due;
pub mod fault;
pub mod located;
pub mod queue;
pub mod rules;
pub mod sql;
pub mod store;
pub mod tenant;
pub mod web;
