//! Organisations: their names, the tokens that speak for them, and the trail of what was done.

pub mod audit;
mod error;
mod name;
mod secret;
mod store;

pub use error::TenantError;
pub use name::TenantName;
pub use secret::{Secret, hash_of};
pub use store::{
    TokenEntry, add_token, all, close_session, create, exists, open_session, principal_of_session, principal_of_token,
    revoke_token, token_id, tokens,
};

use serde::{Deserialize, Serialize};

/// What somebody may do. The host knows people only by the token they hold; users with passwords build on this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Works conversations, sees how they were decided, and lets a contact begin anew.
    Agent,
    /// As an agent.
    Supervisor,
    /// As a supervisor, and publishes definitions and rules.
    Manager,
    /// Everything in the tenant.
    Admin,
    /// A program of the tenant: everything in the tenant.
    System,
    /// Runs the host: every tenant.
    Operator,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Role::Agent => "agent",
            Role::Supervisor => "supervisor",
            Role::Manager => "manager",
            Role::Admin => "admin",
            Role::System => "system",
            Role::Operator => "operator",
        }
    }

    pub fn parse(name: &str) -> Option<Role> {
        [Role::Agent, Role::Supervisor, Role::Manager, Role::Admin, Role::System, Role::Operator]
            .into_iter()
            .find(|role| role.name() == name)
    }

    /// May change what the host interprets, definitions and rules, and run SQL by hand.
    pub fn publishes(self) -> bool {
        matches!(self, Role::Manager | Role::Admin | Role::System | Role::Operator)
    }
}

/// Who asks, as far as the host knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// `None` for an operator, who speaks for every tenant.
    pub tenant: Option<TenantName>,
    pub role: Role,
    /// For the audit: the label of the token.
    pub actor: String,
}

impl Principal {
    pub fn operator(actor: &str) -> Self {
        Self { tenant: None, role: Role::Operator, actor: actor.to_owned() }
    }

    pub fn may_enter(&self, tenant: &TenantName) -> bool {
        self.role == Role::Operator || self.tenant.as_ref() == Some(tenant)
    }
}
