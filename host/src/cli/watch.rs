//! `apply --watch`: publishes again whenever a file of the folder is saved.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Result;
use notify::{RecursiveMode, Watcher};

/// Editors write a file in several steps; what follows within this time is one save.
const SETTLE: Duration = Duration::from_millis(150);

/// Calls `publish` after each save, until the process is stopped.
pub(super) fn run(folder: &Path, mut publish: impl FnMut()) -> Result<()> {
    let (changed, changes) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let counts = match &event {
            Ok(event) => event.kind.is_create() || event.kind.is_modify() || event.kind.is_remove(),
            Err(_) => true,
        };
        if counts {
            // The receiver lives as long as the process.
            let _ = changed.send(());
        }
    })?;
    watcher.watch(folder, RecursiveMode::Recursive)?;
    while changes.recv().is_ok() {
        while changes.recv_timeout(SETTLE).is_ok() {}
        publish();
    }
    Ok(())
}
