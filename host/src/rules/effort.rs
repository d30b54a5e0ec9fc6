//! How long the compiler would take over one function, estimated before it begins.
//!
//! Most of the compiler takes time in proportion to the code. Some of its passes do not: they look at every pair of blocks or
//! loops, at every variable in every block, at every loop around a loop. A hundred kilobytes of nothing but loops keep it
//! busy for half a minute. The estimate adds these products up with weights that were measured, so that one unit is about a
//! microsecond of a slow core for checking a module, which compiles twice.

use wasmparser::{FunctionBody, Operator, Result};

/// What of a function the compiler's time depends on.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Work {
    pub(super) locals: u64,
    /// How many loops lie inside each other at the deepest point.
    pub(super) loop_depth: u64,
    bytes: u64,
    /// Places where control parts or meets.
    branches: u64,
    loops: u64,
    calls: u64,
    /// The most values that a block or a call of this module can take and give.
    widest: u64,
}

impl Work {
    pub(super) fn of(body: &FunctionBody<'_>, widest: u64) -> Result<Self> {
        let mut work = Self { bytes: body.range().len() as u64, widest, ..Self::default() };
        for group in body.get_locals_reader()? {
            let (count, _) = group?;
            work.locals += u64::from(count);
        }
        // For each block that is open, whether it is a loop.
        let mut open = Vec::new();
        let mut depth = 0;
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            match operators.read()? {
                Operator::Loop { .. } => {
                    work.branches += 1;
                    work.loops += 1;
                    depth += 1;
                    work.loop_depth = work.loop_depth.max(depth);
                    open.push(true);
                }
                Operator::Block { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                    work.branches += 1;
                    open.push(false);
                }
                Operator::End => depth -= u64::from(open.pop() == Some(true)),
                Operator::BrIf { .. } | Operator::BrTable { .. } => work.branches += 1,
                Operator::Call { .. } | Operator::CallIndirect { .. } => work.calls += 1,
                _ => {}
            }
        }
        Ok(work)
    }

    /// About microseconds. Cannot overflow: every factor is bounded by the size of a file.
    pub(super) fn effort(&self) -> u64 {
        let Self { locals, loop_depth, bytes, branches, loops, calls, widest } = *self;
        4 * bytes
            + branches * branches / 20
            + loops * loops
            + (branches / 2 + loops) * locals
            + (branches + calls) * widest
            + 10 * loop_depth * loop_depth
    }
}
