//! What commands print: for people, aligned and short; for programs, JSON.

use std::io::{IsTerminal, Write};

use anyhow::Result;
use serde::Serialize;
use tracing_subscriber::EnvFilter;

use crate::clock::Millis;
use crate::fault::Fault;

/// Logs go to stderr; RUST_LOG chooses.
pub(super) fn start_logging() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,forbear=info"));
    let terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(terminal).init();
}

pub(super) fn json(value: &impl Serialize) -> Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}

/// A table with aligned columns.
pub(super) fn table(header: &[&str], rows: &[Vec<String>]) {
    let mut widths: Vec<usize> = header.iter().map(|name| name.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> =
            cells.zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
        println!("{}", padded.join("  ").trim_end());
    };
    line(&mut header.iter().copied());
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
}

/// Faults as compilers print them.
pub(super) fn faults(faults: &[Fault]) {
    for fault in faults {
        eprintln!("{fault}");
    }
}

/// A moment in UTC, to the second.
pub(super) fn moment(at: Millis) -> String {
    crate::clock::Moment::utc(at).datetime()
}
