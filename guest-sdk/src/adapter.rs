//! What the generated bindings call: the module's one instance, the adapter around it, and its exports in WebAssembly.

use std::marker::PhantomData;
use std::sync::OnceLock;

use crate::bindings::Guest;
use crate::export::count;
use crate::{
    AdaptTimingInput, AdaptTimingReply, AfterResponseInput, AfterResponseReply, BeforePageInput, BeforePageReply,
    CheckContactInput, CheckContactReply, ChooseTreatmentInput, ChooseTreatmentReply, Log, Manifest, Module,
    OptionsInput, OptionsReply, RerouteInput, RerouteReply, RuleError, Rules, ValidateTransitionInput,
    ValidateTransitionReply,
};

/// The module's one instance. The host's snapshot after `init` holds it ready; where there is none, the first call makes it.
pub struct Instance<R>(OnceLock<Result<R, String>>);

impl<R: Rules> Instance<R> {
    /// Not made yet.
    pub const fn new() -> Instance<R> {
        Instance(OnceLock::new())
    }

    /// The instance, made and prepared by the first caller.
    pub fn get(&self) -> Result<&R, &str> {
        let made = self.0.get_or_init(|| {
            #[cfg(target_family = "wasm")]
            crate::runtime::panic::report_through_host();
            let mut rules = R::default();
            rules.init().map(|()| rules).map_err(RuleError::into_text)
        });
        made.as_ref().map_err(String::as_str)
    }
}

impl<R: Rules> Default for Instance<R> {
    fn default() -> Instance<R> {
        Instance::new()
    }
}

/// The type that the generated bindings call.
pub struct Exported<M>(PhantomData<M>);

/// Asks the instance, and parts its answer from its log.
fn ask<M: Module, T>(hook: impl FnOnce(&M, &mut Log) -> Result<T, RuleError>) -> (Result<T, String>, Vec<String>) {
    let mut log = Log::default();
    let answer = match M::instance() {
        Ok(rules) => hook(rules, &mut log).map_err(RuleError::into_text),
        Err(text) => Err(format!("init failed: {text}")),
    };
    (answer, log.into_lines())
}

impl<M: Module> Exported<M> {
    /// Whether the manifest names this hook.
    pub const fn lists(hook: crate::Hook) -> bool {
        count(M::HOOKS, hook) > 0
    }
}

/// The host never calls a hook that the manifest does not list.
#[cfg(target_family = "wasm")]
#[cold]
pub fn unlisted() -> ! {
    crate::runtime::panic::report_through_host();
    panic!("this hook is not in the module's manifest")
}

/// Stands in for the macro of the same purpose that wit-bindgen generates, and that exports all there is. Here a hook that
/// is not listed brings no code along, and nothing is exported to free an answer, since the allocator frees nothing.
///
/// The names beginning with `_export_` are wit-bindgen's, which is why its version is pinned.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_world_rules_cabi_listed {
    ($exported:ident with_types_in $($path:tt)*) => {
        const _: () = {
            #[unsafe(export_name = "manifest")]
            unsafe extern "C" fn manifest() -> *mut u8 {
                // SAFETY: there is nothing to pass.
                unsafe { $crate::bindings::_export_manifest_cabi::<$exported>() }
            }
            #[unsafe(export_name = "init")]
            unsafe extern "C" fn init() -> *mut u8 {
                // SAFETY: there is nothing to pass.
                unsafe { $crate::bindings::_export_init_cabi::<$exported>() }
            }
            $crate::__export_hook!($exported, before_page, "before-page", _export_before_page_cabi);
            $crate::__export_hook!($exported, options, "options", _export_options_cabi);
            $crate::__export_hook!($exported, reroute, "reroute", _export_reroute_cabi);
            $crate::__export_hook!($exported, after_response, "after-response", _export_after_response_cabi);
            $crate::__export_hook!(
                $exported,
                validate_transition,
                "validate-transition",
                _export_validate_transition_cabi
            );
            $crate::__export_hook!($exported, adapt_timing, "adapt-timing", _export_adapt_timing_cabi);
            $crate::__export_hook!($exported, choose_treatment, "choose-treatment", _export_choose_treatment_cabi);
            $crate::__export_hook!($exported, check_contact, "check-contact", _export_check_contact_cabi);
        };
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_hook {
    ($exported:ident, $hook:ident, $name:literal, $cabi:ident) => {
        #[unsafe(export_name = $name)]
        unsafe extern "C" fn $hook(input: *mut u8) -> *mut u8 {
            if const { <$exported>::lists($crate::__hook!($hook)) } {
                // SAFETY: the host passes what the contract says for this export.
                unsafe { $crate::bindings::$cabi::<$exported>(input) }
            } else {
                $crate::__private::unlisted()
            }
        }
    };
}

macro_rules! hooks {
    ($($hook:ident: $input:ident => $reply:ident),* $(,)?) => {
        impl<M: Module> Guest for Exported<M> {
            fn manifest() -> Manifest {
                M::manifest()
            }

            fn init() -> Result<(), String> {
                M::instance().map(|_| ()).map_err(str::to_owned)
            }

            $(fn $hook(input: $input) -> $reply {
                let (answer, log) = ask::<M, _>(|rules, log| rules.$hook(input, log));
                $reply { answer, log }
            })*
        }
    };
}

hooks! {
    before_page: BeforePageInput => BeforePageReply,
    options: OptionsInput => OptionsReply,
    reroute: RerouteInput => RerouteReply,
    after_response: AfterResponseInput => AfterResponseReply,
    validate_transition: ValidateTransitionInput => ValidateTransitionReply,
    adapt_timing: AdaptTimingInput => AdaptTimingReply,
    choose_treatment: ChooseTreatmentInput => ChooseTreatmentReply,
    check_contact: CheckContactInput => CheckContactReply,
}
