//! One call of a hook: a fresh store, the limits set, the question put, and what came of it.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use wasmtime::{
    PoolConcurrencyLimitError, Store, Trap, WasmBacktrace,
    component::{ComponentExportIndex, Instance, InstancePre},
};

use super::{
    bindings::v1::{
        diagnostics,
        types::{
            self, AdaptTimingInput, AdaptTimingReply, AfterResponseInput, AfterResponseReply, BeforePageInput,
            BeforePageReply, CheckContactInput, CheckContactReply, ChooseTreatmentInput, ChooseTreatmentReply,
            OptionsInput, OptionsReply, RerouteInput, RerouteReply, ValidateTransitionInput, ValidateTransitionReply,
        },
    },
    error::{CallError, ModuleError},
    hook::{HOOKS, HookAnswer, HookInput, hook_name},
    limits::{Limiter, Limits},
};

/// What a call cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Units of fuel; the same for the same call everywhere.
    pub fuel: u64,
    /// Microseconds from the question to the answer, on this machine, this time.
    pub micros: u64,
}

/// What a module answered, or why it did not, and what it cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub result: Result<HookAnswer, CallError>,
    /// What the module wrote into its log, within [`Limits::log`].
    pub log: Vec<String>,
    pub spent: Spent,
}

impl Outcome {
    /// `answered`, or the [`CallError::code`].
    pub fn code(&self) -> &'static str {
        match &self.result {
            Ok(_) => "answered",
            Err(error) => error.code(),
        }
    }

    /// What the guest's panic said, if it ended in one.
    pub fn panic_text(&self) -> Option<&str> {
        match &self.result {
            Err(CallError::Trap { panic, .. }) => panic.as_deref(),
            _ => None,
        }
    }

    /// The answer or the error as JSON, as the decision log keeps it: `{"hook":"reroute","answer":"3"}`,
    /// `{"error":"out-of-fuel","limit":10000000}`.
    pub fn to_json(&self) -> String {
        match &self.result {
            Ok(answer) => json(answer),
            Err(error) => json(error),
        }
    }

    /// A call that was never made, because of us.
    pub(super) fn not_called(error: CallError) -> Self {
        Self { result: Err(error), log: Vec::new(), spent: Spent { fuel: 0, micros: 0 } }
    }
}

/// These types have string keys and no custom failures, so that writing them cannot fail; a `null` would say that it did.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// What a running guest can reach of the host: nothing but its allowance and the way out for a panic's message.
pub(super) struct Host {
    limiter: Limiter,
    panic: Vec<u8>,
}

/// The bytes of a panic's message that are kept.
const PANIC_BYTES: usize = 1 << 10;

impl Host {
    /// Lets the host itself use memory beyond the guest's allowance.
    pub(super) fn allow(&mut self, bytes: usize) {
        self.limiter.allow(bytes);
    }

    fn panic_text(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.panic);
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

/// Types have no functions.
impl types::Host for Host {}

impl diagnostics::Host for Host {
    fn panic_text(&mut self, bytes: u64, count: u32) {
        let room = PANIC_BYTES - self.panic.len();
        let count = usize::try_from(count).unwrap_or(8).min(8).min(room);
        self.panic.extend_from_slice(&bytes.to_le_bytes()[..count]);
    }
}

/// A store for one call, with every limit set.
pub(super) fn store(engine: &wasmtime::Engine, limits: &Limits) -> Result<Store<Host>, CallError> {
    let host = Host { limiter: Limiter::new(limits.memory), panic: Vec::new() };
    let mut store = Store::try_new(engine, host).map_err(|fault| CallError::HostOverload { why: fault.to_string() })?;
    store.limiter(|host| &mut host.limiter);
    store.set_fuel(limits.fuel).map_err(|fault| CallError::HostOverload { why: fault.to_string() })?;
    store.set_epoch_deadline(limits.ticks());
    store.set_hostcall_fuel(limits.reply_bytes());
    Ok(store)
}

/// A compiled module with everything done that does not depend on the call.
pub(super) struct Linked {
    pub(super) instances: InstancePre<Host>,
    /// Where the function of each hook is found, in the order of [`HOOKS`].
    hooks: [ComponentExportIndex; HOOKS.len()],
}

impl Linked {
    /// Finds the module's functions. Their types are compared at each call, for the one that is called.
    pub(super) fn new(instances: InstancePre<Host>) -> Result<Self, ModuleError> {
        let component = instances.component();
        let mut missing = Vec::new();
        let hooks = HOOKS.map(hook_name).map(|name| {
            let found = component.get_export_index(None, name);
            if found.is_none() {
                missing.push(name.to_owned());
            }
            found
        });
        match hooks {
            [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f), Some(g), Some(h)] => {
                Ok(Self { instances, hooks: [a, b, c, d, e, f, g, h] })
            }
            _ => Err(ModuleError::MissingExports { names: missing }),
        }
    }

    /// Asks `input` of a fresh instance.
    pub(super) fn ask(&self, engine: &wasmtime::Engine, input: &HookInput, limits: &Limits) -> Outcome {
        let started = Instant::now();
        let mut store = match store(engine, limits) {
            Ok(store) => store,
            Err(error) => return Outcome::not_called(error),
        };
        let reply = self
            .instances
            .instantiate(&mut store)
            .map_err(|fault| Stop::starting(&fault))
            .and_then(|instance| self.put(&instance, &mut store, input).map_err(|fault| Stop::running(&fault)))
            .map_err(|stop| stop.explain(&store, limits));
        let (result, mut log) = match reply {
            Ok((answer, log)) => (accept(answer, limits), log),
            Err(error) => (Err(error), Vec::new()),
        };
        shorten_log(&mut log, limits.log);
        let fuel = limits.fuel - store.get_fuel().unwrap_or(0).min(limits.fuel);
        drop(store);
        Outcome { result, log, spent: Spent { fuel, micros: micros(started.elapsed()) } }
    }

    /// The generated `Rules` would look up and compare all ten functions for every call, so only the one that is wanted is.
    fn put(&self, instance: &Instance, store: &mut Store<Host>, input: &HookInput) -> wasmtime::Result<Reply> {
        let function = &self.hooks[input.hook() as usize];
        macro_rules! put {
            ($question:ident, $input:ty, $reply:ty, $answer:path) => {{
                let function = instance.get_typed_func::<(&$input,), ($reply,)>(&mut *store, function)?;
                let (reply,) = function.call(store, ($question,))?;
                (reply.answer.map($answer), reply.log)
            }};
        }
        Ok(match input {
            HookInput::BeforePage(input) => put!(input, BeforePageInput, BeforePageReply, HookAnswer::BeforePage),
            HookInput::Options(input) => put!(input, OptionsInput, OptionsReply, HookAnswer::Options),
            HookInput::Reroute(input) => put!(input, RerouteInput, RerouteReply, HookAnswer::Reroute),
            HookInput::AfterResponse(input) => {
                put!(input, AfterResponseInput, AfterResponseReply, HookAnswer::AfterResponse)
            }
            HookInput::ValidateTransition(input) => {
                put!(input, ValidateTransitionInput, ValidateTransitionReply, HookAnswer::ValidateTransition)
            }
            HookInput::AdaptTiming(input) => put!(input, AdaptTimingInput, AdaptTimingReply, HookAnswer::AdaptTiming),
            HookInput::ChooseTreatment(input) => {
                put!(input, ChooseTreatmentInput, ChooseTreatmentReply, HookAnswer::ChooseTreatment)
            }
            HookInput::CheckContact(input) => {
                put!(input, CheckContactInput, CheckContactReply, HookAnswer::CheckContact)
            }
        })
    }
}

type Reply = (Result<HookAnswer, String>, Vec<String>);

pub(super) fn micros(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
}

fn accept(answer: Result<HookAnswer, String>, limits: &Limits) -> Result<HookAnswer, CallError> {
    let answer = answer.map_err(|message| CallError::Guest { message: shortened(message, limits.log) })?;
    match answer.size() {
        size if size > limits.answer => {
            Err(CallError::BadAnswer { why: format!("it has {size} bytes and may have {}", limits.answer) })
        }
        _ => Ok(answer),
    }
}

/// How the engine says that a reply went over [`Limits::reply_bytes`]; it has no type for it.
const REPLY_TOO_BIG: &str = "fuel allocated for hostcalls";

/// Why the engine stopped a guest, before it is known whose doing that was.
pub(super) struct Stop {
    trap: Option<Trap>,
    pool_full: bool,
    running: bool,
    message: String,
    frames: Vec<String>,
}

impl Stop {
    /// While the instance was being made.
    pub(super) fn starting(fault: &wasmtime::Error) -> Self {
        Self::new(fault, false)
    }

    /// In the guest's code, or while its reply was being read.
    pub(super) fn running(fault: &wasmtime::Error) -> Self {
        Self::new(fault, true)
    }

    fn new(fault: &wasmtime::Error, running: bool) -> Self {
        let frames = fault.downcast_ref::<WasmBacktrace>().map_or_else(Vec::new, |backtrace| {
            backtrace
                .frames()
                .iter()
                .map(|frame| match frame.func_name() {
                    Some(name) => readable_name(name),
                    None => format!("function {}", frame.func_index()),
                })
                .collect()
        });
        let trap = fault.downcast_ref::<Trap>().copied();
        let message = match trap {
            Some(trap) => trap.to_string().trim_start_matches("wasm trap: ").to_owned(),
            None => fault.root_cause().to_string(),
        };
        Self { trap, pool_full: fault.is::<PoolConcurrencyLimitError>(), running, message, frames }
    }

    pub(super) fn explain(self, store: &Store<Host>, limits: &Limits) -> CallError {
        let host = store.data();
        match self.trap {
            _ if self.pool_full => CallError::HostOverload { why: self.message },
            Some(Trap::OutOfFuel) => CallError::OutOfFuel { limit: limits.fuel },
            Some(Trap::Interrupt) => CallError::Timeout { limit: limits.time },
            _ if host.limiter.refused() => CallError::OutOfMemory { limit: limits.memory },
            None if self.running && self.message.contains(REPLY_TOO_BIG) => {
                CallError::BadAnswer { why: format!("with its log it has more than {} bytes", limits.reply_bytes()) }
            }
            None if self.running => CallError::BadAnswer { why: self.message },
            _ => CallError::Trap { message: self.message, frames: self.frames, panic: host.panic_text() },
        }
    }
}

/// A guest's function as its author wrote it, without the hash that the compiler appends.
fn readable_name(symbol: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(symbol))
}

/// What is put where something was cut off.
const CUT: &str = " … (cut off)";

/// Keeps as many lines as fit into `limit` bytes, the last of them perhaps in part and marked.
fn shorten_log(lines: &mut Vec<String>, limit: usize) {
    let mut left = limit;
    let over = lines.iter().position(|line| match left.checked_sub(line.len() + 1) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    });
    if let Some(index) = over {
        lines.truncate(index + 1);
        if let Some(line) = lines.last_mut() {
            *line = shortened(std::mem::take(line), left.saturating_sub(1));
            if !line.ends_with(CUT) {
                line.push_str(CUT);
            }
        }
    }
}

/// `text` if it has at most `limit` bytes, else its beginning and a mark.
pub(super) fn shortened(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        text.truncate(text.floor_char_boundary(limit));
        text.push_str(CUT);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_within_its_limit_stays_as_it_is() {
        let mut lines = vec!["one".to_owned(), "two".to_owned()];
        shorten_log(&mut lines, 8);
        assert_eq!(lines, ["one", "two"]);
    }

    #[test]
    fn a_log_over_its_limit_ends_in_a_mark() {
        let mut lines = vec!["one".to_owned(), "zwölf".to_owned(), "never".to_owned()];
        shorten_log(&mut lines, 8);
        assert_eq!(lines, ["one", "zw … (cut off)"]);
        let mut lines = vec!["one".to_owned(); 1000];
        shorten_log(&mut lines, 8);
        assert_eq!(lines, ["one", "one", " … (cut off)"]);
    }

    #[test]
    fn a_panics_message_is_put_together_from_its_pieces_and_bounded() {
        let mut host = Host { limiter: Limiter::new(0), panic: Vec::new() };
        diagnostics::Host::panic_text(&mut host, u64::from_le_bytes(*b"index ou"), 8);
        diagnostics::Host::panic_text(&mut host, u64::from_le_bytes(*b"t of it!"), 7);
        assert_eq!(host.panic_text().as_deref(), Some("index out of it"));
        for _ in 0..1000 {
            diagnostics::Host::panic_text(&mut host, 0x2121_2121_2121_2121, u32::MAX);
        }
        assert_eq!(host.panic.len(), PANIC_BYTES);
    }
}
