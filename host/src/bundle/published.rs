//! A publication made ready to run: every definition read, every statement compiled. Held in memory, shared by turns.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::tz::TimeZone;

use super::{Bundle, Files, load};
use crate::conversation::channel::{Channel, Phrases};
use crate::conversation::script::{self, Script};
use crate::conversation::words::Words;
use crate::fault::Fault;
use crate::rules::Module;
use crate::rules::bindings::v1::types::Hook;
use crate::sql::{self, Catalog, Program, Purpose, Temps};

/// A fact of a module's manifest, compiled for this tenant; or why it cannot be.
pub type Fact = (String, Vec<Hook>, Result<Program, String>);

#[derive(Debug)]
pub struct Published {
    /// 0 for a tenant that has published nothing.
    pub version: i64,
    pub bundle: Bundle,
    /// Own tables and the host's views.
    pub catalog: Catalog,
    pub zone: TimeZone,
    pub words: Words,
    pub phrases: Phrases,
    scripts: BTreeMap<String, Arc<Script>>,
    /// By module.
    facts: Mutex<HashMap<String, Arc<Vec<Fact>>>>,
}

impl Published {
    /// Reads, lints and compiles the files of a bundle.
    ///
    /// # Errors
    /// Every fault; with an error among them there is nothing to publish.
    pub fn compile(version: i64, files: &Files) -> Result<Self, Vec<Fault>> {
        let bundle = if version == 0 { Bundle::default() } else { load(files)? };
        let catalog = bundle.full_catalog();
        let mut scripts = BTreeMap::new();
        for (code, entry) in &bundle.conversations {
            let script = script::compile(&entry.conversation, &catalog)
                .map_err(|fault| vec![Fault::new(fault.code, &entry.file, (0, 0), fault.message).hint(fault.hint)])?;
            scripts.insert(code.clone(), Arc::new(script));
        }
        let zone = TimeZone::get(&bundle.manifest.zone).unwrap_or(TimeZone::UTC);
        let words = Words::new(&bundle.manifest.words);
        Ok(Self {
            version,
            bundle,
            catalog,
            zone,
            words,
            phrases: Phrases::default(),
            scripts,
            facts: Mutex::default(),
        })
    }

    /// The conversation with this code, in any case.
    pub fn script(&self, code: &str) -> Option<&Arc<Script>> {
        self.scripts.get(&code.to_ascii_uppercase())
    }

    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.scripts.values().map(|script| script.conversation.code.as_str())
    }

    /// The channel of a request that names none.
    pub fn default_channel(&self) -> Channel {
        self.bundle.manifest.default_channel.parse().unwrap_or_default()
    }

    /// Dynamic options shown at once.
    pub fn page_size(&self, channel: Channel) -> usize {
        let own = self.bundle.manifest.page_sizes.get(channel.name()).and_then(|size| usize::try_from(*size).ok());
        own.unwrap_or_else(|| channel.page_size()).min(channel.page_size().max(50))
    }

    /// The facts of a module, compiled against this tenant's tables the first time it is asked for.
    pub fn facts(&self, module: &Module) -> Arc<Vec<Fact>> {
        let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        let of_module =
            facts.entry(module.about().sha256.clone()).or_insert_with(|| Arc::new(self.compile_facts(module)));
        Arc::clone(of_module)
    }

    fn compile_facts(&self, module: &Module) -> Vec<Fact> {
        let compile = |text: &str| {
            sql::compile(text, Purpose::Fact, &self.catalog, &Temps::default(), None)
                .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        };
        let facts = &module.manifest().facts;
        facts.iter().map(|fact| (fact.name.clone(), fact.hooks.clone(), compile(&fact.sql))).collect()
    }
}
