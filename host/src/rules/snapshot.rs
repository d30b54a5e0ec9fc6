//! A module whose `init` has already run: the memory that `init` left behind becomes the memory that every call starts with.
//!
//! The component is rewritten so that it can be read from outside, `init` runs in it once, and its memories and globals are
//! written back as the starting values of a new component. The result depends on the module alone.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use wasmtime::{
    Store,
    component::{Instance, Lift, WasmList},
};
use wasmtime_wizer::{ComponentContext, ComponentInstanceState, Wizer};

use super::{call::Host, error::ModuleError, inspect::guarded};

/// A component between the two halves: made readable, not yet run.
pub(super) struct Readable<'a> {
    context: ComponentContext<'a>,
    /// The component to compile and run `init` in.
    pub(super) component: Vec<u8>,
}

/// First half: the same component with doors to its memories and globals.
pub(super) fn readable(component: &[u8]) -> Result<Readable<'_>, ModuleError> {
    let (context, component) =
        guarded(|| Wizer::new().instrument_component(component).map_err(|fault| format!("{fault:#}")))
            .map_err(refused)?;
    Ok(Readable { context, component })
}

impl Readable<'_> {
    /// Second half: the component as it would be had it always been in the state of `instance`.
    pub(super) fn snapshot(&self, store: &mut Store<Host>, instance: Instance) -> Result<Vec<u8>, ModuleError> {
        let mut state = State { store, instance, failed: None };
        let rewritten = guarded(|| {
            at_once(Wizer::new().snapshot_component(&self.context, &mut state))
                .ok_or_else(|| "reading it took a pause".to_owned())?
                .map_err(|fault| format!("{fault:#}"))
        });
        match state.failed {
            Some(why) => Err(refused(why)),
            None => rewritten.map_err(refused),
        }
    }
}

fn refused(why: String) -> ModuleError {
    ModuleError::Snapshot { why }
}

/// The result of a future that never waits. (The library's interface is asynchronous; what it calls here is not.)
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Reads the state of a running instance through the doors that [`readable`] built in.
struct State<'a> {
    store: &'a mut Store<Host>,
    instance: Instance,
    failed: Option<String>,
}

impl State<'_> {
    fn read<R: Lift + 'static>(&mut self, interface: &str, door: &str) -> Option<R> {
        let read = (|| {
            let (_, interface) = self.instance.get_export(&mut *self.store, None, interface)?;
            let (_, door) = self.instance.get_export(&mut *self.store, Some(&interface), door)?;
            let function = self.instance.get_typed_func::<(), (R,)>(&mut *self.store, door).ok()?;
            function.call(&mut *self.store, ()).ok()
        })();
        if read.is_none() {
            self.failed = Some("its memory has no page left to read it through".to_owned());
        }
        read.map(|(value,)| value)
    }
}

impl ComponentInstanceState for State<'_> {
    async fn call_func_ret_list_u8(&mut self, instance: &str, func: &str, contents: impl FnOnce(&[u8]) + Send) {
        if let Some(bytes) = self.read::<WasmList<u8>>(instance, func) {
            contents(bytes.as_le_slice(&*self.store));
        }
    }

    async fn call_func_ret_s32(&mut self, instance: &str, func: &str) -> i32 {
        self.read(instance, func).unwrap_or_default()
    }

    async fn call_func_ret_s64(&mut self, instance: &str, func: &str) -> i64 {
        self.read(instance, func).unwrap_or_default()
    }

    async fn call_func_ret_f32(&mut self, instance: &str, func: &str) -> u32 {
        self.read(instance, func).map_or(0, f32::to_bits)
    }

    async fn call_func_ret_f64(&mut self, instance: &str, func: &str) -> u64 {
        self.read(instance, func).map_or(0, f64::to_bits)
    }
}
