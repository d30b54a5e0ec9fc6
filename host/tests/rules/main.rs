//! What the rules engine promises about modules that behave and, above all, about those that do not.

mod guest;
mod questions;

use std::{
    fs,
    path::Path,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use forbear::rules::{
    CallError, Circuit, CircuitVerdict, Comparison, Engine, EngineSettings, HookAnswer, HookInput, Limits, Module,
    ModuleError, Modules, replay, sha256,
};

use guest::Guest;
use questions::{question, questions};

/// Time is not what most of these tests are about, and a busy machine must not make them fail.
fn patient() -> Limits {
    Limits { time: Duration::from_secs(20), ..Limits::default() }
}

fn engine() -> &'static Engine {
    static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(EngineSettings::default()).expect("an engine"));
    &ENGINE
}

fn guest(name: &str) -> Guest {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules/modules").join(name).with_extension("wat");
    Guest::new(&fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display())))
}

fn module(name: &str) -> Module {
    engine().check(&guest(name).build()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn refusal(bytes: &[u8]) -> ModuleError {
    engine().check(bytes).expect_err("a refusal")
}

#[test]
fn every_module_ends_as_its_file_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules/modules");
    let mut names: Vec<_> = fs::read_dir(folder)
        .expect("the modules")
        .map(|entry| entry.expect("a module").path().file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    names.sort();
    let mut broken = Vec::new();
    for name in &names {
        let guest = guest(name);
        let promise = guest.one("promise").expect("a promise");
        let (code, told) = match engine().check(&guest.build()) {
            Err(error) => (error.code(), error.to_string()),
            Ok(module) => {
                let input = question(guest.hooks()[0]);
                let outcome = module.call(&input, &patient());
                let again = module.call(&input, &patient());
                assert_eq!((&again.result, again.spent.fuel), (&outcome.result, outcome.spent.fuel), "{name}");
                let told = match &outcome.result {
                    Ok(_) => format!("{}\n{}", outcome.to_json(), outcome.log.join("\n")),
                    Err(error) => format!("{error}\n{}", outcome.to_json()),
                };
                (outcome.code(), told)
            }
        };
        let silent = guest.all("says").iter().find(|said| !told.contains(*said));
        if Some(code) != guest.one("ends") || silent.is_some() {
            broken.push(format!(
                "{name}: {promise}\n  ended in {code}, wanted {:?} and {silent:?}: {told}",
                guest.one("ends")
            ));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_file_that_is_no_module_is_told_what_it_is() {
    let cases: [(&[u8], &str, &str); 6] = [
        (b"", "module-not-wasm", "empty"),
        (b"PK\x03\x04 a zip", "module-not-wasm", "does not begin"),
        (b"  (module)", "module-not-wasm", "text form"),
        (b"\0asm", "module-invalid", ""),
        (b"\0asm\x63\0\0\0", "module-invalid", ""),
        (b"\x7fELF and more", "module-precompiled", "never accepted"),
    ];
    for (bytes, code, says) in cases {
        let error = refusal(bytes);
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn a_module_cut_short_anywhere_is_refused() {
    let whole = guest("answers").build();
    for length in 0..whole.len() {
        let error = refusal(&whole[..length]);
        let fits = ["module-not-wasm", "module-invalid", "module-no-contract", "module-exports-missing"];
        assert!(fits.contains(&error.code()), "cut to {length} bytes: {error}");
    }
}

#[test]
fn a_damaged_module_never_takes_the_host_down() {
    let whole = guest("answers").build();
    for index in (8..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[index] ^= 0x55;
        if let Ok(module) = engine().check(&damaged) {
            module.call(&question("reroute"), &patient());
        }
    }
}

#[test]
fn a_module_over_its_size_is_refused() {
    let error = refusal(&vec![0; (4 << 20) + 1]);
    assert!(matches!(error, ModuleError::TooLarge { limit: 4_194_304, .. }), "{error}");
}

#[test]
fn precompiled_code_is_never_accepted() {
    let config = wasmtime::Config::new();
    let other = wasmtime::Engine::new(&config).expect("an engine");
    let code = other.precompile_module(&wat::parse_str("(module)").expect("a module")).expect("code");
    assert_eq!(refusal(&code), ModuleError::Precompiled);
}

#[test]
fn a_compile_bomb_is_refused_before_the_compiler_sees_it() {
    let bombs = [
        ("functions", "(func)".repeat(20_001)),
        (
            "types",
            (0..10_001).map(|n| format!("(type (func (param i32) (result {})))", ["i32", "i64"][n % 2])).collect(),
        ),
        ("bytes in one function", format!("(func {})", "(drop (i32.const 1))".repeat(50_000))),
        ("local variables", format!("(func (local {}))", "i32 ".repeat(5_001))),
        ("units of work", format!("(func (param i32) {})", "(loop (br_if 0 (local.get 0)))".repeat(6_000))),
        (
            "units of work",
            format!(
                "(func (param i32) (local {}) {})",
                "i64 ".repeat(4_900),
                "(if (local.get 0) (then (local.set 7 (i64.const 1))))".repeat(9_000)
            ),
        ),
        ("loops inside each other", format!("(func {} {})", "loop ".repeat(101), "end ".repeat(101))),
        ("parameters", format!("(func (param {}))", "i32 ".repeat(101))),
        ("globals", "(global i32 (i32.const 0))".repeat(2_001)),
        ("table elements", format!("(func $f) (table funcref (elem {}))", "$f ".repeat(50_001))),
        ("data segments", "(data \"\")".repeat(10_001)),
    ];
    for (what, body) in bombs {
        let error = refusal(&Guest::new(&body).build());
        assert!(matches!(error, ModuleError::TooComplex { .. }), "{what}: {error}");
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[test]
fn a_component_is_accepted_as_well_as_a_core_module() {
    let component = wit_component::ComponentEncoder::default()
        .module(&guest("answers").build())
        .and_then(|encoder| encoder.validate(true).encode())
        .expect("a component");
    let module = engine().check(&component).expect("it is accepted");
    let outcome = module.call(&question("reroute"), &patient());
    assert_eq!(outcome.result, Ok(HookAnswer::Reroute(Some("12".to_owned()))));
}

#[test]
fn a_component_for_a_newer_contract_or_without_a_hook_is_told_so() {
    let guest = Guest::new(";; contract: 1.1.0\n");
    let component = wit_component::ComponentEncoder::default()
        .module(&guest.build())
        .and_then(|mut encoder| encoder.encode())
        .expect("a component");
    assert_eq!(refusal(&component).code(), "module-wrong-contract");
    let empty = wat::parse_str("(component)").expect("a component");
    assert_eq!(refusal(&empty).code(), "module-exports-missing");
}

#[test]
fn every_hook_can_be_asked_and_its_question_and_answer_survive_json() {
    let guest = Guest::new(&format!(";; hooks: {}\n", forbear::rules::HOOKS.map(forbear::rules::hook_name).join(", ")));
    let module = engine().check(&guest.build()).expect("a module");
    for input in questions() {
        let json = serde_json::to_string(&input).expect("JSON");
        let read: HookInput = serde_json::from_str(&json).expect("the question");
        assert_eq!(read, input);
        assert_eq!(serde_json::to_string(&read).expect("JSON"), json);

        let outcome = module.call(&input, &patient());
        let answer = outcome.result.as_ref().expect("an answer");
        assert_eq!(answer.hook(), input.hook());
        let read: HookAnswer = serde_json::from_str(&outcome.to_json()).expect("the answer");
        assert_eq!(&read, answer);
    }
}

#[test]
fn a_question_is_written_the_way_the_decision_log_has_always_written_it() {
    let json = serde_json::to_value(question("check-contact")).expect("JSON");
    assert_eq!(json["hook"], "check-contact");
    assert_eq!(json["policy"], serde_json::json!({ "DelayUntil": 1_771_000_360_000_i64 }));
    assert_eq!(json["situation"]["account"]["marks"], serde_json::json!(["dispute", "vulnerable"]));
    assert_eq!(json["situation"]["facts"][0]["rows"][1], serde_json::json!([{ "Integer": 2 }, "Null"]));
}

#[test]
fn a_hook_that_the_manifest_does_not_list_is_not_asked() {
    let outcome = module("answers").call(&question("options"), &patient());
    assert_eq!(outcome.result, Err(CallError::NotListed { hook: "options".to_owned() }));
    assert_eq!(outcome.spent.fuel, 0);
}

#[test]
fn fuel_is_the_verdict_and_time_the_backstop() {
    let module = module("loop-in-hook");
    let outcome = module.call(&question("reroute"), &patient());
    assert_eq!(outcome.result, Err(CallError::OutOfFuel { limit: 10_000_000 }));
    assert_eq!(outcome.spent.fuel, 10_000_000);

    let timed = Limits { fuel: u64::MAX, ..Limits::default() };
    let outcome = module.call(&question("reroute"), &timed);
    assert_eq!(outcome.result, Err(CallError::Timeout { limit: Duration::from_millis(50) }));
    assert!(outcome.spent.micros >= 40_000, "{} µs", outcome.spent.micros);
}

#[test]
fn a_tenants_lower_limits_hold() {
    let module = module("answers");
    let tight = Limits { answer: 8, log: 3, ..patient() };
    let outcome = module.call(&question("reroute"), &tight);
    assert!(matches!(outcome.result, Err(CallError::BadAnswer { .. })), "{outcome:?}");
    assert_eq!(outcome.log, ["be … (cut off)"]);
    let poor = Limits { fuel: 10, ..patient() };
    assert_eq!(module.call(&question("reroute"), &poor).code(), "out-of-fuel");
    let small = Limits { memory: 1000, ..patient() };
    assert_eq!(module.call(&question("reroute"), &small).code(), "out-of-memory");
}

#[test]
fn a_full_pool_is_our_overload_and_opens_no_circuit() {
    let settings = EngineSettings {
        places: 1,
        places_per_tenant: 1,
        patience: Duration::from_millis(5),
        ..EngineSettings::default()
    };
    let engine = Engine::new(settings).expect("an engine");
    let module = engine.check(&guest("answers").build()).expect("a module");
    let place = engine.places().acquire("other", Duration::ZERO).expect("the only place");
    let outcome = engine.ask("acme", &module, &question("reroute"), &patient());
    assert_eq!(outcome.code(), "host-overload");
    assert_eq!(Circuit::new(1).record(&outcome), CircuitVerdict::Closed);
    drop(place);
    assert_eq!(engine.ask("acme", &module, &question("reroute"), &patient()).code(), "answered");
}

#[test]
fn many_threads_and_tenants_get_the_same_answers_as_one() {
    let good = Arc::new(module("init-is-kept"));
    let bad = Arc::new(module("memory"));
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let (good, bad) = (Arc::clone(&good), Arc::clone(&bad));
            thread::spawn(move || {
                Engine::prepare_thread();
                let tenant = format!("tenant {number}");
                for _ in 0..50 {
                    let outcome = engine().ask(&tenant, &good, &question("reroute"), &patient());
                    assert_eq!(outcome.result, Ok(HookAnswer::Reroute(Some("7a".to_owned()))));
                    let outcome = engine().ask(&tenant, &bad, &question("reroute"), &patient());
                    assert_eq!(outcome.code(), "out-of-memory");
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("a thread");
    }
    assert_eq!(engine().places().taken(), 0);
}

#[test]
fn a_compiled_module_outlives_a_restart_and_a_damaged_file_is_compiled_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let start = || {
        let cache_dir = Some(dir.path().join("compiled"));
        Engine::new(EngineSettings { cache_dir, ..EngineSettings::default() }).expect("an engine")
    };
    let bytes = guest("init-is-kept").build();
    let sha = sha256(&bytes);
    let answer = |module: &Module| module.call(&question("reroute"), &patient()).to_json();

    let first = start();
    assert!(first.cached(&sha).is_none());
    let checked = first.check(&bytes).expect("a module");

    let second = start();
    let cached = second.cached(&sha).expect("it was kept");
    assert_eq!(cached.about(), checked.about());
    assert_eq!(answer(&cached), answer(&checked));

    let file = fs::read_dir(dir.path().join("compiled"))
        .expect("the folder")
        .map(|entry| entry.expect("a file").path())
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&hex::encode(sha))))
        .expect("the file");
    let mut damaged = fs::read(&file).expect("the file");
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    fs::write(&file, damaged).expect("writing");
    let third = start();
    assert!(third.cached(&sha).is_none());
    assert_eq!(answer(&third.load(&bytes).expect("compiled again")), answer(&checked));
    assert!(third.cached(&sha).is_some());
}

#[test]
fn the_least_used_module_goes_when_there_are_too_many() {
    let modules = Modules::with_bounds(engine().clone(), 3, 2);
    let loads = AtomicU32::new(0);
    let builds: Vec<_> = (0..4).map(|n| Guest::new(&format!("(data (i32.const 1024) \"{n}\")\n")).build()).collect();
    let get = |tenant: &str, n: usize| {
        modules
            .get_or_load(tenant, &sha256(&builds[n]), || {
                loads.fetch_add(1, Ordering::SeqCst);
                Ok(builds[n].clone())
            })
            .expect("a module")
    };
    let count = || loads.load(Ordering::SeqCst);

    assert!(Arc::ptr_eq(&get("a", 0), &get("b", 0)), "two tenants share one");
    assert_eq!(count(), 1);
    get("a", 1);
    get("a", 0);
    get("a", 2);
    assert_eq!((count(), modules.len()), (3, 2), "the third of a tenant's two takes the place of its least used");
    get("b", 3);
    get("c", 1);
    assert_eq!(modules.len(), 3);
    get("b", 3);
    get("c", 1);
    assert_eq!(count(), 5);
}

#[test]
fn bytes_that_are_not_those_of_the_name_are_refused() {
    let modules = Modules::new(engine().clone());
    let error = modules.get_or_load("a", &[0; 32], || Ok(guest("answers").build())).expect_err("a refusal");
    assert_eq!(error.code(), "module-wrong-bytes");
    assert!(modules.is_empty());
}

#[test]
fn a_decision_can_be_asked_again_bit_for_bit() {
    let module = module("answers");
    let input = serde_json::to_string(&question("reroute")).expect("JSON");
    let compare =
        |recorded: &str, limits: &Limits| replay(&module, &input, recorded, limits).expect("a replay").comparison;

    let recorded = module.call(&question("reroute"), &patient()).to_json();
    assert_eq!(compare(&recorded, &patient()), Comparison::Same);
    assert_eq!(compare(r#"{"hook":"reroute","answer":"13"}"#, &patient()), Comparison::Different);

    let poor = Limits { fuel: 10, ..patient() };
    let failed = module.call(&question("reroute"), &poor).to_json();
    assert_eq!(compare(&failed, &poor), Comparison::Same);
    assert_eq!(compare(&failed, &patient()), Comparison::Different);

    let late = serde_json::to_string(&CallError::Timeout { limit: Duration::from_millis(50) }).expect("JSON");
    assert_eq!(compare(&late, &patient()), Comparison::NotComparable);
    assert!(replay(&module, "{}", &recorded, &patient()).is_err());
    assert!(replay(&module, &input, "[]", &patient()).is_err());
}
