//! The clock of running guests: one thread that counts epochs, so that a guest which outlives its deadline is stopped.

use std::{io, thread};

use wasmtime::Engine;

use super::limits::TICK;

/// Counts the engine's epochs for as long as the engine lives. The thread holds the engine only while it counts, so it ends
/// by itself within a tick of the engine's end.
pub(super) fn start(engine: &Engine) -> io::Result<()> {
    let engine = engine.weak();
    thread::Builder::new().name("rules-epoch".to_owned()).spawn(move || {
        loop {
            thread::sleep(TICK);
            match engine.upgrade() {
                Some(engine) => engine.increment_epoch(),
                None => return,
            }
        }
    })?;
    Ok(())
}
