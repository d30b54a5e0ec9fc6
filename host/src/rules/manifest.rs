//! Whether a manifest can be believed: what a module says about itself, checked before anybody relies on it.

use std::collections::HashSet;

use super::{bindings::v1::types::Manifest, hook::hook_name, inspect::CONTRACT};

const NAME_CHARS: usize = 64;
const DESCRIPTION_CHARS: usize = 1_000;
const FACTS: usize = 32;
const SQL_BYTES: usize = 16 << 10;

/// Everything that is wrong with it, each fault a sentence for the module's author; empty if it is usable. Whether the SQL of
/// the facts is allowed is for the area of tenant SQL to say.
pub(super) fn faults(manifest: &Manifest) -> Vec<String> {
    let mut faults = Vec::new();
    if manifest.contract != CONTRACT {
        faults.push(format!("it claims the contract {:?}, this host speaks {CONTRACT:?}", manifest.contract));
    }
    if manifest.name.is_empty() || !is_plain(&manifest.name, NAME_CHARS) {
        faults.push(format!("its name must have 1 to {NAME_CHARS} characters and no line breaks"));
    }
    if !is_version(&manifest.version) {
        faults.push(format!("its version {:?} is not of the form 1.2.3", shorten(&manifest.version)));
    }
    if manifest.description.chars().count() > DESCRIPTION_CHARS {
        faults.push(format!("its description has more than {DESCRIPTION_CHARS} characters"));
    }
    if manifest.hooks.is_empty() {
        faults.push("it lists no hook, so it would never be asked".to_owned());
    }
    let mut listed = HashSet::new();
    for hook in &manifest.hooks {
        if !listed.insert(hook_name(*hook)) {
            faults.push(format!("it lists the hook {} twice", hook_name(*hook)));
        }
    }

    if manifest.facts.len() > FACTS {
        faults.push(format!("it lists {} facts and may list {FACTS}", manifest.facts.len()));
    }
    let mut names = HashSet::new();
    for fact in &manifest.facts {
        let name = shorten(&fact.name);
        if !is_identifier(&fact.name) {
            faults.push(format!("the fact {name:?} must be named with a-z, 0-9 and _, not beginning with a digit"));
        }
        if !names.insert(fact.name.as_str()) {
            faults.push(format!("it names the fact {name:?} twice"));
        }
        if fact.sql.trim().is_empty() {
            faults.push(format!("the fact {name:?} has no query"));
        }
        if fact.sql.len() > SQL_BYTES {
            faults.push(format!("the query of the fact {name:?} has more than {SQL_BYTES} bytes"));
        }
        if fact.hooks.is_empty() {
            faults.push(format!("the fact {name:?} is for no hook"));
        }
        let mut wanted = HashSet::new();
        for hook in &fact.hooks {
            let hook = hook_name(*hook);
            if !wanted.insert(hook) {
                faults.push(format!("the fact {name:?} lists the hook {hook} twice"));
            }
            if !listed.contains(hook) {
                faults.push(format!("the fact {name:?} is for the hook {hook}, which the manifest does not list"));
            }
        }
    }
    faults
}

fn is_plain(text: &str, chars: usize) -> bool {
    text.chars().count() <= chars && !text.chars().any(char::is_control)
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    name.len() <= NAME_CHARS
        && chars.next().is_some_and(|first| first.is_ascii_lowercase() || first == '_')
        && chars.all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_')
}

fn is_version(version: &str) -> bool {
    let (numbers, label) = version.split_once(['-', '+']).map_or((version, None), |(head, tail)| (head, Some(tail)));
    version.len() <= NAME_CHARS
        && numbers.split('.').count() == 3
        && numbers.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        && label.is_none_or(|label| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-+.".contains(&byte))
        })
}

fn shorten(text: &str) -> String {
    text.chars().take(NAME_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::bindings::v1::types::{FactQuery, Hook};

    fn honest() -> Manifest {
        Manifest {
            name: "standard".to_owned(),
            version: "0.1.0".to_owned(),
            contract: CONTRACT.to_owned(),
            description: "What a new tenant starts with".to_owned(),
            hooks: vec![Hook::Reroute, Hook::CheckContact],
            facts: vec![FactQuery {
                name: "open_promises".to_owned(),
                sql: "SELECT COUNT(*) FROM promises WHERE account_id = $account_id$".to_owned(),
                hooks: vec![Hook::Reroute],
            }],
        }
    }

    #[test]
    fn an_honest_manifest_has_no_faults() {
        assert_eq!(faults(&honest()), Vec::<String>::new());
        for version in ["1.2.3-rc.1", "10.0.0+build"] {
            assert_eq!(faults(&Manifest { version: version.to_owned(), ..honest() }), Vec::<String>::new());
        }
    }

    #[test]
    fn a_manifest_that_lies_is_told_every_lie_at_once() {
        let mut lying = honest();
        lying.contract = "2.0.0".to_owned();
        lying.version = "one".to_owned();
        lying.hooks.push(Hook::Reroute);
        lying.facts[0].name = "Open promises; DROP".to_owned();
        lying.facts[0].hooks.push(Hook::Options);
        lying.facts.push(lying.facts[0].clone());
        let faults = faults(&lying);
        for expected in ["contract", "not of the form", "hook reroute twice", "must be named", "does not list", "twice"]
        {
            assert!(faults.iter().any(|fault| fault.contains(expected)), "{expected}: {faults:#?}");
        }
    }

    #[test]
    fn a_module_that_lists_no_hook_is_refused() {
        let silent = Manifest { hooks: Vec::new(), facts: Vec::new(), ..honest() };
        assert_eq!(faults(&silent), ["it lists no hook, so it would never be asked"]);
    }
}
