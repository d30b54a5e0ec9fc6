//! Guests written by hand: a few lines of WebAssembly text become a whole module of the contract.
//!
//! A file in `modules/` holds what is special about one guest; everything else of the contract (memory, allocator, manifest,
//! the other hooks, which answer with zeros: "no opinion", "allow", empty lists) is added here. Its first lines are settings:
//!
//! - `;; promise:` what the host promises about such a guest, in a sentence;
//! - `;; hooks:` the hooks that its manifest lists, the first of which is asked (default `reroute`);
//! - `;; ends:` the code that checking or calling it ends in, or `answered`;
//! - `;; says:` something that the error's text, the log or the answer's JSON must contain (may be repeated);
//! - `;; contract:` the version that the metadata gives, or `none` for no metadata;
//! - `;; claims:` the version that the manifest gives;
//! - `;; differs:` a piece of the contract's text that the guest was built with in another form, `ours -> theirs`;
//! - `;; without:` exports that are left out.
//!
//! Free for a guest's own use: memory from 1024 to 8191. Replies of the hooks added here lie at 8192, the heap begins at 16384.

use std::collections::HashMap;

use forbear::rules::{HOOKS, hook_name};
use wit_component::StringEncoding;
use wit_parser::Resolve;

const WIT: &str = include_str!("../../../guest-sdk/wit/v1/rules.wit");
const MANIFEST_AT: u32 = 16;

/// A guest as its file describes it.
pub struct Guest {
    settings: HashMap<String, Vec<String>>,
    body: String,
}

impl Guest {
    pub fn new(text: &str) -> Self {
        let mut settings: HashMap<String, Vec<String>> = HashMap::new();
        for line in text.lines().map_while(|line| line.strip_prefix(";; ")) {
            let (key, value) = line.split_once(": ").unwrap_or_else(|| panic!("{line:?} is not a setting"));
            settings.entry(key.to_owned()).or_default().push(value.trim().to_owned());
        }
        Self { settings, body: text.to_owned() }
    }

    pub fn all(&self, key: &str) -> &[String] {
        self.settings.get(key).map_or(&[], Vec::as_slice)
    }

    pub fn one(&self, key: &str) -> Option<&str> {
        self.all(key).first().map(String::as_str)
    }

    fn list(&self, key: &str) -> Vec<&str> {
        self.one(key).map_or_else(Vec::new, |names| names.split(", ").collect())
    }

    pub fn hooks(&self) -> Vec<&str> {
        match self.list("hooks") {
            hooks if hooks.is_empty() => vec!["reroute"],
            hooks => hooks,
        }
    }

    /// The core module, with the metadata that a bindings generator would have written.
    pub fn build(&self) -> Vec<u8> {
        let text = self.text();
        let mut module = wat::parse_str(&text).unwrap_or_else(|fault| panic!("{fault}\n{text}"));
        let contract = self.one("contract").unwrap_or("1.0.0");
        if contract != "none" {
            let mut resolve = Resolve::default();
            let mut wit = WIT.replace("forbear:rules@1.0.0", &format!("forbear:rules@{contract}"));
            for (ours, theirs) in self.all("differs").iter().filter_map(|change| change.split_once(" -> ")) {
                assert!(wit.contains(ours), "{ours:?} is not in the contract");
                wit = wit.replace(ours, theirs);
            }
            let package = resolve.push_str("rules.wit", &wit).expect("the contract");
            let world = resolve.select_world(&[package], Some("rules")).expect("its world");
            wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
                .expect("metadata");
        }
        module
    }

    fn text(&self) -> String {
        let contract = self.one("contract").filter(|version| *version != "none").unwrap_or("1.0.0");
        let mut text = String::from("(module\n");
        if self.one("contract") != Some("none") {
            text.push_str(&format!(
                "(import \"forbear:rules/diagnostics@{contract}\" \"panic-text\" (func $panic_text (param i64 i32)))\n"
            ));
        }
        text.push_str(&self.body);
        self.add(&mut text, "memory", "(memory $memory (export \"memory\") 1)\n");
        self.add(&mut text, "cabi_realloc", ALLOCATOR);
        self.add(&mut text, "manifest", &self.manifest());
        self.add(&mut text, "init", "(func (export \"init\") (result i32) (i32.const 8192))\n");
        for hook in HOOKS.map(hook_name) {
            self.add(&mut text, hook, &format!("(func (export {hook:?}) (param i32) (result i32) (i32.const 8192))\n"));
        }
        text.push(')');
        text
    }

    fn add(&self, text: &mut String, export: &str, definition: &str) {
        let own = text.contains(&format!("(export {export:?}"));
        if !own && !self.list("without").contains(&export) {
            text.push_str(definition);
        }
    }

    /// A function that returns a manifest which lies in memory already.
    fn manifest(&self) -> String {
        let texts = ["test", "0.1.0", self.one("claims").unwrap_or("1.0.0"), "A guest of the tests"];
        let hooks: Vec<u8> = self
            .hooks()
            .iter()
            .map(|name| HOOKS.iter().position(|hook| hook_name(*hook) == *name).expect("a hook's name") as u8)
            .collect();
        // The record: four texts and two lists, each an address and a length; then what they point to.
        let mut record = Vec::new();
        let mut pointed = Vec::new();
        for content in texts.iter().map(|text| text.as_bytes()).chain([hooks.as_slice(), &[]]) {
            record.extend((MANIFEST_AT + 48 + pointed.len() as u32).to_le_bytes());
            record.extend((content.len() as u32).to_le_bytes());
            pointed.extend_from_slice(content);
            // Lists of records lie at multiples of four.
            pointed.resize(pointed.len().next_multiple_of(4), 0);
        }
        let bytes: String = record.iter().chain(&pointed).map(|byte| format!("\\{byte:02x}")).collect();
        format!(
            "(data (i32.const {MANIFEST_AT}) \"{bytes}\")\n\
             (func (export \"manifest\") (result i32) (i32.const {MANIFEST_AT}))\n"
        )
    }
}

/// Hands out memory from bottom to top and never takes it back.
const ALLOCATOR: &str = r#"
(global $heap (mut i32) (i32.const 16384))
(func $alloc (export "cabi_realloc") (param $old i32) (param $was i32) (param $align i32) (param $size i32) (result i32)
  (local $at i32)
  (local.set $at (i32.and
    (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
    (i32.sub (i32.const 0) (local.get $align))))
  (global.set $heap (i32.add (local.get $at) (local.get $size)))
  (block $fits
    (br_if $fits (i32.le_u (global.get $heap) (i32.shl (memory.size) (i32.const 16))))
    (br_if $fits (i32.ne (i32.const -1)
      (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get $size) (i32.const 16))))))
    unreachable)
  (local.get $at))
"#;
