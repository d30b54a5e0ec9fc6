//! What can be said about an uploaded file without compiling or running any of it: whether it is WebAssembly, what it was
//! built for, what it imports and exports, and whether it would keep the compiler busy for longer than a module should.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmparser::{ComponentTypeRef, ElementItems, Encoding, Parser, Payload, TypeBounds, Validator, WasmFeatures};

use super::{
    effort::Work,
    error::ModuleError,
    hook::{HOOKS, hook_name},
};

/// The package of the contract, without its version.
const PACKAGE: &str = "forbear:rules";

/// The version of the contract that this host speaks.
pub const CONTRACT: &str = "1.0.0";

/// What a module may import: the way out for a panic's message. (The other import of the contract holds types only.)
const INTERFACES: [&str; 2] = ["diagnostics", "types"];

/// The bytes that a file may have.
pub(super) const MODULE_BYTES: usize = 4 << 20;

/// The most of each kind of thing in one file. Far above what a large guest in Rust has (a few thousand functions, bodies of
/// tens of kilobytes) and far below what keeps a compiler busy for a minute: several of its passes take more than
/// proportional time in the size of one body.
const FUNCTIONS: u64 = 20_000;
const BODY_BYTES: u64 = 128 << 10;
const LOCALS_OF_A_FUNCTION: u64 = 5_000;
const VALUES_OF_A_FUNCTION: u64 = 100;
const LOOP_DEPTH: u64 = 100;
const TYPES: u64 = 10_000;
const GLOBALS: u64 = 2_000;
const EXPORTS: u64 = 2_000;
const IMPORTS: u64 = 500;
const DATA_SEGMENTS: u64 = 10_000;
const ELEMENTS: u64 = 50_000;
const NESTED_PARTS: u64 = 64;
const COMPONENT_ITEMS: u64 = 20_000;

/// The most of [`Work::effort`] in one file: what 6 MiB of plain code would be.
const EFFORT: u64 = 24_000_000;

/// The size in which memories are counted.
const PAGE: u64 = 64 << 10;
/// What a table's element takes on this host.
const TABLE_ELEMENT: u64 = 8;

/// The two shapes in which rules are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// What `cargo build --target wasm32-unknown-unknown` writes; the host wraps it into a component.
    CoreModule,
    Component,
}

/// Looks a file over and says which shape it has, or why it is refused.
pub(super) fn inspect(bytes: &[u8], features: WasmFeatures, memory_limit: usize) -> Result<Shape, ModuleError> {
    if bytes.len() > MODULE_BYTES {
        return Err(ModuleError::TooLarge { bytes: bytes.len(), limit: MODULE_BYTES });
    }
    if wasmtime::Engine::detect_precompiled(bytes).is_some() || bytes.starts_with(b"\x7fELF") {
        return Err(ModuleError::Precompiled);
    }
    if !bytes.starts_with(b"\0asm") {
        return Err(ModuleError::NotWasm { why: first_look(bytes) });
    }

    let mut survey = Survey::default();
    survey.read(bytes)?;
    if survey.starting_bytes > memory_limit as u64 {
        return Err(ModuleError::NeedsTooMuchMemory { bytes: survey.starting_bytes, limit: memory_limit as u64 });
    }
    Validator::new_with_features(features)
        .validate_all(bytes)
        .map_err(|fault| ModuleError::Invalid { why: fault.to_string() })?;

    check_imports(&survey.imports)?;
    if survey.shape == Some(Shape::CoreModule) {
        check_metadata(bytes)?;
    }
    check_exports(&survey)?;
    survey.shape.ok_or_else(|| ModuleError::NotWasm { why: "it has no header".to_owned() })
}

fn first_look(bytes: &[u8]) -> String {
    match bytes {
        [] => "the file is empty".to_owned(),
        _ if bytes.trim_ascii_start().starts_with(b"(") => {
            "it looks like WebAssembly's text form; translate it with `wat2wasm` or `wasm-tools parse`".to_owned()
        }
        _ => "it does not begin with `\\0asm`".to_owned(),
    }
}

/// What one pass over a file finds.
#[derive(Default)]
struct Survey {
    shape: Option<Shape>,
    /// Of the outermost module or component: `module`, `item`; a component's imports have no item.
    imports: Vec<(String, String)>,
    exports: Vec<String>,
    starting_bytes: u64,
    /// The most parameters and results that any function's type has.
    widest: u64,
    effort: u64,
    functions: u64,
    types: u64,
    globals: u64,
    all_exports: u64,
    all_imports: u64,
    segments: u64,
    elements: u64,
    parts: u64,
    component_items: u64,
}

impl Survey {
    fn read(&mut self, bytes: &[u8]) -> Result<(), ModuleError> {
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(bytes) {
            self.payload(payload.map_err(malformed)?, &mut depth)?;
        }
        Ok(())
    }

    fn payload(&mut self, payload: Payload<'_>, depth: &mut u32) -> Result<(), ModuleError> {
        let outermost = *depth == 1;
        match payload {
            Payload::Version { encoding, .. } => {
                *depth += 1;
                self.shape.get_or_insert(match encoding {
                    Encoding::Module => Shape::CoreModule,
                    Encoding::Component => Shape::Component,
                });
            }
            Payload::End(_) => *depth -= 1,
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                add(&mut self.parts, 1, "nested modules", NESTED_PARTS)?;
            }

            Payload::TypeSection(section) => {
                add(&mut self.types, section.count(), "types", TYPES)?;
                for function in section.into_iter_err_on_gc_types() {
                    let function = function.map_err(malformed)?;
                    let values = (function.params().len() + function.results().len()) as u64;
                    limit(values, "parameters and results of one function", VALUES_OF_A_FUNCTION)?;
                    self.widest = self.widest.max(values);
                }
            }
            Payload::FunctionSection(section) => {
                add(&mut self.functions, section.count(), "functions", FUNCTIONS)?;
            }
            Payload::GlobalSection(section) => add(&mut self.globals, section.count(), "globals", GLOBALS)?,
            Payload::DataSection(section) => {
                add(&mut self.segments, section.count(), "data segments", DATA_SEGMENTS)?;
            }
            Payload::ElementSection(section) => {
                add(&mut self.elements, section.count(), "table elements", ELEMENTS)?;
                for element in section {
                    let count = match element.map_err(malformed)?.items {
                        ElementItems::Functions(items) => items.count(),
                        ElementItems::Expressions(_, items) => items.count(),
                    };
                    add(&mut self.elements, count, "table elements", ELEMENTS)?;
                }
            }
            Payload::CodeSectionEntry(body) => {
                limit(body.range().len() as u64, "bytes in one function", BODY_BYTES)?;
                let work = Work::of(&body, self.widest).map_err(malformed)?;
                limit(work.locals, "local variables in one function", LOCALS_OF_A_FUNCTION)?;
                limit(work.loop_depth, "loops inside each other", LOOP_DEPTH)?;
                self.effort = self.effort.saturating_add(work.effort());
                limit(self.effort, "units of work for the compiler", EFFORT)?;
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let bytes = memory.map_err(malformed)?.initial.saturating_mul(PAGE);
                    self.starting_bytes = self.starting_bytes.saturating_add(bytes);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    let bytes = table.map_err(malformed)?.ty.initial.saturating_mul(TABLE_ELEMENT);
                    self.starting_bytes = self.starting_bytes.saturating_add(bytes);
                }
            }

            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(malformed)?;
                    add(&mut self.all_imports, 1, "imports", IMPORTS)?;
                    if outermost {
                        self.imports.push((import.module.to_owned(), import.name.to_owned()));
                    }
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.map_err(malformed)?;
                    add(&mut self.all_exports, 1, "exports", EXPORTS)?;
                    if outermost {
                        self.exports.push(export.name.to_owned());
                    }
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import.map_err(malformed)?;
                    add(&mut self.all_imports, 1, "imports", IMPORTS)?;
                    // The world repeats the names of its types; that is a definition and no import.
                    let is_alias = matches!(import.ty, ComponentTypeRef::Type(TypeBounds::Eq(_)));
                    if outermost && !is_alias {
                        self.imports.push((import.name.name.to_owned(), String::new()));
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let export = export.map_err(malformed)?;
                    add(&mut self.all_exports, 1, "exports", EXPORTS)?;
                    if outermost {
                        self.exports.push(export.name.name.to_owned());
                    }
                }
            }

            Payload::ComponentTypeSection(section) => self.component_items(section.count())?,
            Payload::CoreTypeSection(section) => self.component_items(section.count())?,
            Payload::ComponentAliasSection(section) => self.component_items(section.count())?,
            Payload::ComponentInstanceSection(section) => self.component_items(section.count())?,
            Payload::InstanceSection(section) => self.component_items(section.count())?,
            Payload::ComponentCanonicalSection(section) => self.component_items(section.count())?,
            _ => {}
        }
        Ok(())
    }

    fn component_items(&mut self, more: u32) -> Result<(), ModuleError> {
        add(&mut self.component_items, more, "component types and instances", COMPONENT_ITEMS)
    }
}

fn malformed(fault: wasmparser::BinaryReaderError) -> ModuleError {
    ModuleError::Invalid { why: fault.to_string() }
}

fn add(total: &mut u64, more: u32, what: &'static str, most: u64) -> Result<(), ModuleError> {
    *total += u64::from(more);
    limit(*total, what, most)
}

fn limit(found: u64, what: &'static str, limit: u64) -> Result<(), ModuleError> {
    if found > limit { Err(ModuleError::TooComplex { what, found, limit }) } else { Ok(()) }
}

fn check_imports(imports: &[(String, String)]) -> Result<(), ModuleError> {
    let name = |(module, item): &(String, String)| match item.as_str() {
        "" => module.clone(),
        item => format!("{module}::{item}"),
    };
    let wasi: Vec<_> = imports.iter().filter(|(module, _)| is_wasi(module)).map(name).collect();
    if !wasi.is_empty() {
        return Err(ModuleError::Wasi { imports: wasi });
    }
    let mut unknown = Vec::new();
    for import in imports {
        match contract_import(&import.0) {
            Some((interface, version)) if INTERFACES.contains(&interface) => {
                if version != CONTRACT {
                    return Err(wrong_contract(version));
                }
            }
            _ => unknown.push(name(import)),
        }
    }
    if unknown.is_empty() { Ok(()) } else { Err(ModuleError::UnknownImports { imports: unknown }) }
}

fn is_wasi(module: &str) -> bool {
    let module = module.strip_prefix("cm32p2|").unwrap_or(module);
    module.starts_with("wasi:") || module.starts_with("wasi_")
}

/// Interface and version of an import of the contract's own package: `forbear:rules/diagnostics@1.0.0`.
fn contract_import(module: &str) -> Option<(&str, &str)> {
    module.strip_prefix(PACKAGE)?.strip_prefix('/')?.split_once('@')
}

/// Reads what the bindings generator wrote into a core module about the world that it was built for.
fn check_metadata(bytes: &[u8]) -> Result<(), ModuleError> {
    let (_, metadata) = guarded(|| wit_component::metadata::decode(bytes).map_err(|fault| format!("{fault:#}")))
        .map_err(|why| ModuleError::Invalid { why })?;
    let mut found = metadata.resolve.packages.iter().map(|(_, package)| &package.name);
    let Some(package) = found.find(|name| format!("{}:{}", name.namespace, name.name) == PACKAGE) else {
        return Err(ModuleError::NoContract);
    };
    match &package.version {
        Some(version) if version.to_string() == CONTRACT => Ok(()),
        Some(version) => Err(wrong_contract(&version.to_string())),
        None => Err(wrong_contract("no version")),
    }
}

fn wrong_contract(version: &str) -> ModuleError {
    ModuleError::WrongContract { built_for: format!("{PACKAGE}@{version}"), spoken: CONTRACT.to_owned() }
}

fn check_exports(survey: &Survey) -> Result<(), ModuleError> {
    let exported = |name: &str| survey.exports.iter().any(|export| export == name);
    let missing: Vec<_> = ["manifest", "init"]
        .into_iter()
        .chain(HOOKS.map(hook_name))
        .filter(|name| !exported(name))
        .map(str::to_owned)
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(ModuleError::MissingExports { names: missing }) }
}

/// Runs a tool that was written for files of a trusted compiler on a file of a stranger: what it gives up on by panicking is
/// a refusal like any other.
pub(super) fn guarded<T>(tool: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(tool)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        Err(said.unwrap_or("it is not built the way compilers build modules").to_owned())
    })
}
