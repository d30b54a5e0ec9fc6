//! Running rules in `cargo test`, on any machine, as the host would run them.
//!
//! [`Scene`] describes what the host knows, and turns into the input of any hook; [`Harness`] calls the module through the
//! same adapter that its WebAssembly exports use, and panics where the host would refuse.

mod harness;
mod scene;

pub use harness::{Harness, Reply};
pub use scene::{AccountBuilder, Cells, Scene, account};
