//! A conversation made ready to run: every statement of its pages checked and translated, once per publication.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::page::{Conversation, Page};
use crate::bundle::Scope;
use crate::located::Text;
use crate::sql::{self, Catalog, Program, Purpose};

/// A conversation and the programs of its pages.
#[derive(Debug, Clone)]
pub struct Script {
    pub conversation: Conversation,
    /// What `NAME:arg` leads to.
    pub callbacks: BTreeMap<String, String>,
    pub programs: BTreeMap<u32, Programs>,
}

/// The statements of one page.
#[derive(Debug, Clone, Default)]
pub struct Programs {
    pub pre: Option<Program>,
    pub options: Option<Program>,
    /// The options one page at a time, where the author does not page with `$offset$`.
    pub paged_options: Option<Program>,
    /// The LIMIT beside an author's own `$offset$`.
    pub author_limit: Option<usize>,
    pub reroute: Option<Program>,
    pub post: Option<Program>,
}

/// Names that every statement of a conversation may use as `$name$`.
pub const CONTEXT_NAMES: &[&str] = crate::bundle::CONTEXT_NAMES;

/// Compiles a conversation that was linted: its statements are known to be good for this catalog.
///
/// # Errors
/// The first fault of a statement, should there be one all the same.
pub fn compile(conversation: &Conversation, catalog: &Catalog) -> Result<Script, sql::SqlFault> {
    let scope = Scope::of(conversation, catalog);
    let compile = |text: &Option<Text>, purpose| match text {
        Some(text) => match sql::compile(text, purpose, catalog, &scope.temps, Some(&scope.names)) {
            Ok(program) => Ok(Some(program)),
            Err(faults) => faults.into_iter().next().map_or(Ok(None), Err),
        },
        None => Ok(None),
    };
    let mut programs = BTreeMap::new();
    for (number, page) in &conversation.pages {
        let options = compile(&page.option_sql, Purpose::Options)?;
        let of_page = Programs {
            pre: compile(&page.pre_sql, Purpose::PreSql)?,
            paged_options: options.as_ref().and_then(Program::with_page),
            options,
            author_limit: author_limit(page),
            reroute: compile(&page.reroute_sql, Purpose::Reroute)?,
            post: compile(&page.post_sql, Purpose::PostSql)?,
        };
        programs.insert(*number, of_page);
    }
    let callbacks = conversation.callbacks.iter().map(|(name, to)| (name.clone(), to.as_str().to_owned())).collect();
    Ok(Script { conversation: conversation.clone(), callbacks, programs })
}

fn author_limit(page: &Page) -> Option<usize> {
    static LIMIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)\blimit\s+(\d+)\s+offset\b").ok());
    LIMIT.as_ref()?.captures(page.option_sql.as_ref()?)?.get(1)?.as_str().parse().ok()
}
