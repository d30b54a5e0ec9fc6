//! What a module carries with it inside the sandbox: its allocator, and the way out for a panic's message.

pub mod alloc;
pub mod panic;
