//! Bundles: a tenant's folder of definitions, read, linted, and compiled to what the host interprets.

mod scalar;
mod yaml;
