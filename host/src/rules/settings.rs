//! How the engine is set up: every setting of the compiler and of the pool, and why it is what it is.

use std::{path::PathBuf, time::Duration};

use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Strategy, WasmFeatures,
};

use super::limits::{INSTANCES, Limits, MEMORIES, TABLES};

/// What the operator chooses.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// Where compiled modules are kept between starts; `None` compiles at each start. The folder must be the server's alone.
    pub cache_dir: Option<PathBuf>,
    /// How many calls can run at once. Each place reserves address space, and memory only once it is used; a few more than
    /// there are worker threads is right.
    pub places: u32,
    /// How many of the places one tenant can have.
    pub places_per_tenant: u32,
    /// How long a call waits for a place before it is our overload.
    pub patience: Duration,
    /// How many modules are compiled at once.
    pub compilers: usize,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self { cache_dir: None, places: 64, places_per_tenant: 48, patience: Duration::from_millis(100), compilers: 2 }
    }
}

/// A page of linear memory: what reading a snapshot needs beyond what the guest may have.
pub(super) const SPARE_PAGE: usize = 64 << 10;

/// The most elements of one table. Guests in Rust have a few hundred, one for each function that is called through a pointer.
const TABLE_ELEMENTS: usize = 20_000;

/// Proposals that a guest cannot use: those whose results can differ from machine to machine, and those that rules have no
/// need of and that would cost every call.
const REFUSED: WasmFeatures = WasmFeatures::RELAXED_SIMD
    .union(WasmFeatures::THREADS)
    .union(WasmFeatures::MEMORY64)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::EXCEPTIONS);

/// The engine's configuration, and whether the kernel can say which pages a call has touched.
pub(super) fn config(settings: &EngineSettings) -> (Config, bool) {
    let mut config = Config::new();

    // The code. Speed: a module is compiled once and asked a million times. Addresses are kept for the names in backtraces;
    // tables for unwinders outside the engine are not, because nobody reads them and registering them costs at each load.
    config.strategy(Strategy::Cranelift);
    config.cranelift_opt_level(OptLevel::Speed);
    config.generate_address_map(true);
    config.native_unwind_info(false);

    // The verdict and the backstop.
    config.consume_fuel(true);
    config.epoch_interruption(true);
    // A recursion ends here, long before the thread's own stack (2 MiB for a worker) does.
    config.max_wasm_stack(512 << 10);

    // The same bits on every machine.
    config.cranelift_nan_canonicalization(true);
    config.relaxed_simd_deterministic(true);
    config.wasm_features(REFUSED, false);

    // A slot stays mapped as it is and is filled by copying. With copy-on-write images it would be mapped anew whenever
    // another tenant's module gets it, and mapping takes a lock that all threads of the process share.
    config.memory_init_cow(false);

    let (pool, pagemap_scan) = pool(settings);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    (config, pagemap_scan)
}

fn pool(settings: &EngineSettings) -> (PoolingAllocationConfig, bool) {
    let pagemap_scan = PoolingAllocationConfig::is_pagemap_scan_available();
    let places = settings.places.max(1);
    let mut pool = PoolingAllocationConfig::new();

    // One component for each call, and for each component what `limits` lets it have.
    pool.total_component_instances(places);
    pool.max_core_instances_per_component(INSTANCES);
    pool.max_memories_per_component(MEMORIES);
    pool.max_tables_per_component(TABLES);
    pool.total_core_instances(places.saturating_mul(INSTANCES));
    pool.total_memories(places.saturating_mul(MEMORIES));
    pool.total_tables(places.saturating_mul(TABLES));
    pool.max_tables_per_module(TABLES);
    pool.table_elements(TABLE_ELEMENTS);
    pool.max_memory_size(Limits::default().memory + SPARE_PAGE);

    // Without copy-on-write a slot is as good for one module as for another, so the fewest slots are the best: they stay in
    // the processor's cache, and what they keep resident is not multiplied by the number of tenants.
    pool.max_unused_warm_slots(0);

    // A slot is cleaned by writing zeros over what the last call touched rather than by giving the pages back, which would
    // cost a fault for each at the next call. With the kernel's help only touched pages are written, so the bound can be as
    // big as the biggest common guest; without it the whole bound is written after every call, so it must be small.
    pool.pagemap_scan(if pagemap_scan { Enabled::Yes } else { Enabled::No });
    pool.linear_memory_keep_resident(if pagemap_scan { 2 << 20 } else { 192 << 10 });
    pool.table_keep_resident(if pagemap_scan { TABLE_ELEMENTS * 8 } else { 4 << 10 });

    (pool, pagemap_scan)
}
