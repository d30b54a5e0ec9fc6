//! What the build makes of this repository's guests: modules that need nothing but the contract, that are small, and that
//! carry no trace of the machine they were built on.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use wasmparser::{Parser, Payload, TypeRef};

/// A module with all eight hooks stays under this; what a module carries is loaded once for every tenant that uses it.
const LARGEST: usize = 128 * 1024;
/// The arena, the shadow stack and the data, in pages of 64 KiB.
const MOST_PAGES: u64 = 8;
const EXPORTS: [&str; 12] = [
    "memory",
    "cabi_realloc",
    "manifest",
    "init",
    "before-page",
    "options",
    "reroute",
    "after-response",
    "validate-transition",
    "adapt-timing",
    "choose-treatment",
    "check-contact",
];

/// Builds the guests as `make rules` does, once for all tests, and reads them.
fn modules() -> &'static [(PathBuf, Vec<u8>)] {
    static MODULES: OnceLock<Vec<(PathBuf, Vec<u8>)>> = OnceLock::new();
    MODULES.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace");
        // What cargo tells its tests about itself is not meant for another cargo.
        let inherited =
            ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN", "CARGO_TARGET_DIR", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"];
        let mut build = Command::new(root.join("scripts/build-rules.sh"));
        for name in inherited {
            build.env_remove(name);
        }
        let status = build.status().expect("the script can be started");
        assert!(status.success(), "scripts/build-rules.sh failed; what it says above tells why");
        let folder = root.join("target/rules");
        let files = std::fs::read_dir(&folder).expect("the script made the folder").map(|entry| entry.unwrap().path());
        let modules: Vec<_> = files
            .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect();
        assert!(modules.len() >= 3, "only {modules:?} in {}", folder.display());
        modules
    })
}

fn payloads(module: &[u8]) -> impl Iterator<Item = Payload<'_>> {
    Parser::new(0).parse_all(module).map(|payload| payload.expect("the module is valid"))
}

#[test]
fn a_module_imports_the_way_out_for_panics_and_nothing_else() {
    for (path, module) in modules() {
        let imports: Vec<_> = payloads(module)
            .filter_map(|payload| match payload {
                Payload::ImportSection(section) => Some(section),
                _ => None,
            })
            .flat_map(|section| section.into_imports())
            .map(|import| import.expect("the module is valid"))
            .map(|import| (import.module, import.name, matches!(import.ty, TypeRef::Func(_))))
            .collect();
        assert_eq!(imports, [("forbear:rules/diagnostics@1.0.0", "panic-text", true)], "{}", path.display());
    }
}

#[test]
fn a_module_exports_the_whole_contract_and_says_which() {
    for (path, module) in modules() {
        let mut exports = Vec::new();
        let mut describes_its_types = false;
        for payload in payloads(module) {
            match payload {
                Payload::ExportSection(section) => {
                    exports.extend(section.into_iter().map(|export| export.expect("the module is valid").name));
                }
                Payload::CustomSection(section) => describes_its_types |= section.name().starts_with("component-type"),
                _ => {}
            }
        }
        for export in EXPORTS {
            assert!(exports.contains(&export), "{} lacks {export}", path.display());
        }
        assert!(describes_its_types, "{} cannot be made a component", path.display());
    }
}

#[test]
fn a_module_is_small_on_disk_and_in_memory() {
    for (path, module) in modules() {
        assert!(module.len() <= LARGEST, "{} has {} bytes", path.display(), module.len());
        for payload in payloads(module) {
            if let Payload::MemorySection(section) = payload {
                for memory in section {
                    let pages = memory.expect("the module is valid").initial;
                    assert!(pages <= MOST_PAGES, "{} starts with {pages} pages", path.display());
                }
            }
        }
    }
}

#[test]
fn a_module_does_not_name_the_machine_it_was_built_on() {
    let home = std::env::var("HOME").unwrap_or_default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_string_lossy().into_owned();
    for (path, module) in modules() {
        for trace in [home.as_str(), root.as_str()].into_iter().filter(|trace| trace.len() > 1) {
            let found = module.windows(trace.len()).any(|window| window == trace.as_bytes());
            assert!(!found, "{} names {trace}", path.display());
        }
    }
}
