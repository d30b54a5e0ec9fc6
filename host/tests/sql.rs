//! Tenant SQL means on both stores what MySQL means, and refuses the rest. The cases are in `sql/*.yaml`.

#[path = "sql/agree.rs"]
mod agree;
#[path = "sql/meaning.rs"]
mod meaning;
#[path = "sql/refused.rs"]
mod refused;
#[path = "sql/stage.rs"]
mod stage;
#[path = "sql/writes.rs"]
mod writes;
