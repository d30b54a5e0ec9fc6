//! The queues of a tenant as conversations and statements write them: the dialer's work queue, workflow runs, and what
//! is to be sent out later.

mod collections;
mod host_tables;
mod workflow;

pub use collections::{Front, retry_after_timeout, set_status, to_the_front};
pub use host_tables::Queues;
pub use workflow::{outbox, start};
