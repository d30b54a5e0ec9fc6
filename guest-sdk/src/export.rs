//! `export_rules!`: which hooks and facts a module has, checked where it is compiled, and the manifest that says so.

use crate::Manifest;

/// The version of the contract this crate was built for.
pub const CONTRACT: &str = "1.0.0";

/// Makes a type the rules of this crate: writes the manifest and, when compiled to WebAssembly, the exports.
///
/// ```
/// use forbear_guest_sdk::prelude::*;
///
/// #[derive(Default)]
/// struct Settlements;
///
/// impl Rules for Settlements {}
///
/// export_rules!(
///     Settlements,
///     name: "settlements",                 // default: the package's name
///     version: "2.1.0",                    // default: the package's version
///     description: "Offers a discount.",   // default: the package's description
///     hooks: [options, after_response],
///     facts: [
///         // run before both hooks
///         ledger: "SELECT balance, due_date FROM accounts WHERE account_id = $account_id$",
///         // run before this one only
///         offers: "SELECT COUNT(*) AS made FROM offers WHERE account_id = $account_id$" => [options],
///     ],
/// );
///
/// let manifest = Settlements::manifest();
/// assert_eq!(manifest.hooks, [Hook::Options, Hook::AfterResponse]);
/// assert_eq!(manifest.facts[0].hooks, manifest.hooks);
/// assert_eq!(manifest.facts[1].hooks, [Hook::Options]);
/// ```
///
/// Hooks are named as the methods of [`Rules`](crate::Rules); the host never calls one that is not listed. A fact's SQL is any
/// constant text, so `include_str!` works. A fact for a hook that is not listed does not compile:
///
/// ```compile_fail
/// use forbear_guest_sdk::prelude::*;
/// #[derive(Default)]
/// struct Mistaken;
/// impl Rules for Mistaken {}
/// export_rules!(Mistaken, hooks: [options], facts: [ledger: "SELECT 1" => [reroute]]);
/// ```
///
/// Nor does a hook that there is not, or one that is listed twice:
///
/// ```compile_fail
/// use forbear_guest_sdk::prelude::*;
/// #[derive(Default)]
/// struct Mistaken;
/// impl Rules for Mistaken {}
/// export_rules!(Mistaken, hooks: [re_route]);
/// ```
#[macro_export]
macro_rules! export_rules {
    (
        $rules:ident
        $(, name: $name:expr)?
        $(, version: $version:expr)?
        $(, description: $description:expr)?
        , hooks: [$($hook:ident),+ $(,)?]
        $(, facts: [$($fact:ident : $sql:expr $(=> [$($fact_hook:ident),+ $(,)?])?),* $(,)?])?
        $(,)?
    ) => {
        const _: () = {
            const HOOKS: &[$crate::Hook] = &[$($crate::__hook!($hook)),+];
            const FACTS: &[$crate::__private::FactText] = &[$($($crate::__private::FactText {
                name: ::core::stringify!($fact),
                sql: $sql,
                hooks: &[$($($crate::__hook!($fact_hook)),+)?],
            }),*)?];
            const _: () = $crate::__private::check(HOOKS, FACTS);

            impl $crate::Module for $rules {
                const HOOKS: &'static [$crate::Hook] = HOOKS;

                fn manifest() -> $crate::Manifest {
                    $crate::__private::manifest(
                        ::core::option::Option::None$(.or(::core::option::Option::Some($name)))?
                            .unwrap_or(::core::env!("CARGO_PKG_NAME")),
                        ::core::option::Option::None$(.or(::core::option::Option::Some($version)))?
                            .unwrap_or(::core::env!("CARGO_PKG_VERSION")),
                        ::core::option::Option::None$(.or(::core::option::Option::Some($description)))?
                            .unwrap_or(::core::env!("CARGO_PKG_DESCRIPTION")),
                        HOOKS,
                        FACTS,
                    )
                }

                fn instance() -> ::core::result::Result<&'static Self, &'static str> {
                    static INSTANCE: $crate::__private::Instance<$rules> = $crate::__private::Instance::new();
                    INSTANCE.get()
                }
            }

            #[cfg(target_family = "wasm")]
            type Exported = $crate::__private::Exported<$rules>;
            #[cfg(target_family = "wasm")]
            $crate::bindings::export_component!(Exported with_types_in $crate::__private);
        };
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __hook {
    (before_page) => {
        $crate::Hook::BeforePage
    };
    (options) => {
        $crate::Hook::Options
    };
    (reroute) => {
        $crate::Hook::Reroute
    };
    (after_response) => {
        $crate::Hook::AfterResponse
    };
    (validate_transition) => {
        $crate::Hook::ValidateTransition
    };
    (adapt_timing) => {
        $crate::Hook::AdaptTiming
    };
    (choose_treatment) => {
        $crate::Hook::ChooseTreatment
    };
    (check_contact) => {
        $crate::Hook::CheckContact
    };
    ($other:ident) => {
        ::core::compile_error!(::core::concat!(
            "there is no hook `",
            ::core::stringify!($other),
            "`; hooks are named as the methods of `Rules`: before_page, options, reroute, after_response, \
             validate_transition, adapt_timing, choose_treatment, check_contact"
        ))
    };
}

/// A fact as `export_rules!` wrote it; no hooks means all that the module has.
pub struct FactText {
    /// Name in the manifest.
    pub name: &'static str,
    /// Query in the tenant's dialect.
    pub sql: &'static str,
    /// Hooks it is run for.
    pub hooks: &'static [crate::Hook],
}

/// Refuses, at compile time, a hook that is listed twice and a fact for a hook that is not listed.
pub const fn check(hooks: &[crate::Hook], facts: &[FactText]) {
    let mut at = 0;
    while at < hooks.len() {
        assert!(count(hooks, hooks[at]) == 1, "a hook is listed twice");
        at += 1;
    }
    let mut fact = 0;
    while fact < facts.len() {
        let mut at = 0;
        while at < facts[fact].hooks.len() {
            assert!(count(hooks, facts[fact].hooks[at]) == 1, "a fact is meant for a hook that is not listed");
            at += 1;
        }
        fact += 1;
    }
}

pub(crate) const fn count(hooks: &[crate::Hook], hook: crate::Hook) -> usize {
    let (mut found, mut at) = (0, 0);
    while at < hooks.len() {
        if hooks[at] as u8 == hook as u8 {
            found += 1;
        }
        at += 1;
    }
    found
}

/// The manifest of what was listed.
pub fn manifest(name: &str, version: &str, description: &str, hooks: &[crate::Hook], facts: &[FactText]) -> Manifest {
    Manifest {
        name: name.to_owned(),
        version: version.to_owned(),
        contract: CONTRACT.to_owned(),
        description: description.to_owned(),
        hooks: hooks.to_vec(),
        facts: facts
            .iter()
            .map(|fact| crate::FactQuery {
                name: fact.name.to_owned(),
                sql: fact.sql.to_owned(),
                hooks: if fact.hooks.is_empty() { hooks.to_vec() } else { fact.hooks.to_vec() },
            })
            .collect(),
    }
}
