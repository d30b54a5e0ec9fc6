//! The demo: two tenants with their definitions, their rules and some debtors, made in an empty data folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rust_embed::RustEmbed;
use serde::{Deserialize, Serialize};

use crate::app::{App, AppError};
use crate::bundle::{Files, Wishes};
use crate::tenant::{TenantError, TenantName};

#[derive(RustEmbed)]
#[folder = "../examples/tenants/"]
struct Examples;

/// `examples/demo.yaml`: which tenants, which module each has, and who their debtors are.
const SETUP: &str = include_str!("../../examples/demo.yaml");

/// A debtor to talk as.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoContact {
    pub sender_id: String,
    pub account_id: Option<String>,
    pub name: String,
    /// What is special about this debtor.
    pub note: String,
    /// The conversation that shows it; any other can be chosen as well.
    pub conversation: Option<String>,
    /// What is worth writing.
    #[serde(default)]
    pub say: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoTenant {
    name: String,
    /// Folder under `examples/tenants`.
    folder: String,
    /// File name of the module without `.wasm`.
    module: String,
    contacts: Vec<DemoContact>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Setup {
    tenants: Vec<DemoTenant>,
}

/// What the phone of the demo shows.
#[derive(Debug)]
pub struct Demo {
    tenants: BTreeMap<String, DemoTenant>,
}

#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("examples/demo.yaml: {0}")]
    Setup(String),
    #[error("{path}: {error}; `make rules` builds the modules of the demo")]
    Module { path: String, error: std::io::Error },
    #[error(transparent)]
    App(#[from] AppError),
}

impl From<TenantError> for DemoError {
    fn from(error: TenantError) -> Self {
        DemoError::App(error.into())
    }
}

impl Demo {
    /// Makes the demo's tenants where they are missing, and brings their definitions and rules up to date with this
    /// build. `rules` is the folder of the built modules.
    ///
    /// # Errors
    /// [`DemoError`].
    pub fn set_up(app: &Arc<App>, rules: &Path) -> Result<Self, DemoError> {
        let setup: Setup = serde_yaml::from_str(SETUP).map_err(|error| DemoError::Setup(error.to_string()))?;
        for tenant in &setup.tenants {
            let name = TenantName::parse(&tenant.name)?;
            match app.create_tenant(&name) {
                Ok(()) | Err(AppError::Tenant(TenantError::Exists(_))) => {}
                Err(other) => return Err(other.into()),
            }
            let wishes =
                Wishes { actor: "demo".to_owned(), note: "the demo's definitions".to_owned(), ..Wishes::default() };
            app.publish(&name, files(&tenant.folder), wishes)?;
            let path = module_path(rules, &tenant.module);
            let content =
                std::fs::read(&path).map_err(|error| DemoError::Module { path: path.display().to_string(), error })?;
            let sha = hex::encode(crate::rules::sha256(&content));
            if !app.rules(&name)?.iter().any(|version| version.active && version.sha256 == sha) {
                app.push_rules(&name, content, true, "demo")?;
            }
        }
        let tenants = setup.tenants.into_iter().map(|tenant| (tenant.name.clone(), tenant)).collect();
        Ok(Self { tenants })
    }

    pub fn has(&self, tenant: &str) -> bool {
        self.tenants.contains_key(tenant)
    }

    pub fn contacts(&self, tenant: &str) -> Vec<DemoContact> {
        self.tenants.get(tenant).map(|tenant| tenant.contacts.clone()).unwrap_or_default()
    }
}

fn module_path(rules: &Path, module: &str) -> PathBuf {
    rules.join(format!("{module}.wasm"))
}

/// The files of one of the examples.
fn files(folder: &str) -> Files {
    let prefix = format!("{folder}/");
    Examples::iter()
        .filter_map(|path| {
            let inside = path.strip_prefix(&prefix)?.to_owned();
            Some((inside, Examples::get(&path)?.data.into_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle;

    #[test]
    fn every_debtor_of_the_demo_is_known_to_the_tenant() {
        let setup: Setup = serde_yaml::from_str(SETUP).unwrap();
        for tenant in &setup.tenants {
            let files = files(&tenant.folder);
            let bundle = bundle::load(&files).unwrap();
            let has = |path: &str, wanted: &str| {
                let text = String::from_utf8(files[path].clone()).unwrap();
                text.lines().any(|line| line.split(',').any(|cell| cell == wanted))
            };
            assert!(!tenant.contacts.is_empty(), "{}", tenant.name);
            for contact in &tenant.contacts {
                let account = contact.account_id.as_deref().unwrap();
                assert!(has("data/accounts.csv", account), "{account}");
                assert!(has("data/customers.csv", &contact.sender_id), "{}", contact.sender_id);
                let code = contact.conversation.as_deref().unwrap();
                assert!(bundle.conversation(code).is_some(), "{code}");
            }
        }
    }
}
