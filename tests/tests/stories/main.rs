//! What the host promises, told through its public door, each story on SQLite and on PostgreSQL.

mod bad_input;
mod command_line;
mod conversation;
mod definitions;
mod description;
mod order;
mod power_cut;
mod process;
mod rules;
mod silence;
mod tokens;
mod trail;
