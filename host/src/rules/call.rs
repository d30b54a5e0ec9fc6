//! One call of a hook: a fresh store, the limits set, the question put, and what came of it.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use wasmtime::{PoolConcurrencyLimitError, Store, Trap, WasmBacktrace};

use super::{
    bindings::v1::{Rules, RulesPre, diagnostics, types},
    error::CallError,
    hook::{HookAnswer, HookInput},
    limits::{Limiter, Limits},
};

/// What came of a call, whatever came of it.
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

/// Asks `input` of a fresh instance.
pub(super) fn ask(engine: &wasmtime::Engine, rules: &RulesPre<Host>, input: &HookInput, limits: &Limits) -> Outcome {
    let started = Instant::now();
    let mut store = match store(engine, limits) {
        Ok(store) => store,
        Err(error) => return Outcome::not_called(error),
    };
    let reply = rules
        .instantiate(&mut store)
        .map_err(|fault| Stop::starting(&fault))
        .and_then(|rules| put(&rules, &mut store, input).map_err(|fault| Stop::running(&fault)))
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

pub(super) fn micros(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
}

type Reply = (Result<HookAnswer, String>, Vec<String>);

fn put(rules: &Rules, store: &mut Store<Host>, input: &HookInput) -> wasmtime::Result<Reply> {
    macro_rules! put {
        ($call:ident, $input:ident, $answer:path) => {{
            let reply = rules.$call(store, $input)?;
            (reply.answer.map($answer), reply.log)
        }};
    }
    Ok(match input {
        HookInput::BeforePage(input) => put!(call_before_page, input, HookAnswer::BeforePage),
        HookInput::Options(input) => put!(call_options, input, HookAnswer::Options),
        HookInput::Reroute(input) => put!(call_reroute, input, HookAnswer::Reroute),
        HookInput::AfterResponse(input) => put!(call_after_response, input, HookAnswer::AfterResponse),
        HookInput::ValidateTransition(input) => put!(call_validate_transition, input, HookAnswer::ValidateTransition),
        HookInput::AdaptTiming(input) => put!(call_adapt_timing, input, HookAnswer::AdaptTiming),
        HookInput::ChooseTreatment(input) => put!(call_choose_treatment, input, HookAnswer::ChooseTreatment),
        HookInput::CheckContact(input) => put!(call_check_contact, input, HookAnswer::CheckContact),
    })
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
fn shortened(mut text: String, limit: usize) -> String {
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
