//! The shape of a route, as far as lint needs it: where a callback leads.

use super::conversation::is_callback_name;

/// Where a callback leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target<'a> {
    Page(u32),
    /// `EXIT`, `ESCALATE`
    End,
    /// `ROUTE`: the page's `reroute_sql` or a module decides.
    Decide,
    /// `WORKFLOW:X`
    Workflow,
    /// Any other `NAME:arg`.
    Named(&'a str),
}

/// The target of a callback, or nothing if it has no meaning.
pub(super) fn parse(callback: &str) -> Option<Target<'_>> {
    let callback = callback.trim();
    match callback {
        "EXIT" | "ESCALATE" => return Some(Target::End),
        "ROUTE" => return Some(Target::Decide),
        _ => {}
    }
    if callback.chars().all(|c| c.is_ascii_digit()) {
        return callback.parse().ok().filter(|page| *page > 0).map(Target::Page);
    }
    let (name, argument) = callback.split_once(':')?;
    match name {
        _ if argument.trim().is_empty() || !is_callback_name(name) => None,
        "WORKFLOW" => Some(Target::Workflow),
        _ => Some(Target::Named(name)),
    }
}
