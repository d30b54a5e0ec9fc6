//! Calls a module's hooks natively, with the host's checks around them.

use std::marker::PhantomData;

use crate::__private::Exported;
use crate::bindings::Guest;
use crate::{
    AdaptTimingInput, AfterResponseInput, BeforePageInput, CheckContactInput, Choice, ChooseTreatmentInput,
    ContactVerdict, Field, Hook, Manifest, Module, Operation, OptionsInput, RerouteInput, Situation, Timing, Treatment,
    ValidateTransitionInput, Verdict,
};

/// What came back from a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<T> {
    /// The answer, or the text of the rule's error.
    pub answer: Result<T, String>,
    /// The lines the rule left for the decision log.
    pub log: Vec<String>,
}

impl<T> Reply<T> {
    /// The answer of a rule that must not fail.
    ///
    /// # Panics
    /// When the rule failed, with its text.
    #[track_caller]
    pub fn ok(self) -> T {
        match self.answer {
            Ok(answer) => answer,
            Err(text) => panic!("the rule failed: {text}"),
        }
    }
}

/// A module under test.
///
/// ```
/// use forbear_guest_sdk::prelude::*;
/// use forbear_guest_sdk::testing::{Harness, Scene};
///
/// #[derive(Default)]
/// struct Greeter;
///
/// impl Rules for Greeter {
///     fn before_page(&self, input: BeforePageInput, _: &mut Log) -> Result<Vec<Field>, RuleError> {
///         let greeting = if input.situation.now.hour() < 12 { "Good morning" } else { "Good day" };
///         Ok(vec![Field::new("greeting", greeting)])
///     }
/// }
///
/// export_rules!(Greeter, hooks: [before_page]);
///
/// let rules = Harness::<Greeter>::new();
/// let morning = Scene::new().at("2026-03-16 08:30");
/// assert_eq!(rules.before_page(morning.before_page()).ok(), [Field::new("greeting", "Good morning")]);
/// ```
#[derive(Debug)]
pub struct Harness<M> {
    manifest: Manifest,
    module: PhantomData<M>,
}

impl<M: Module> Harness<M> {
    /// Loads the module as an upload would: checks its manifest and runs its `init`.
    ///
    /// # Panics
    /// When the host would refuse the upload.
    pub fn new() -> Harness<M> {
        let manifest = Exported::<M>::manifest();
        assert!(!manifest.name.is_empty(), "the manifest has no name");
        for (at, fact) in manifest.facts.iter().enumerate() {
            assert!(!fact.sql.trim().is_empty(), "the fact `{}` has no SQL", fact.name);
            let twice = manifest.facts[..at].iter().any(|earlier| earlier.name == fact.name);
            assert!(!twice, "the fact `{}` is listed twice", fact.name);
        }
        if let Err(text) = Exported::<M>::init() {
            panic!("init failed: {text}");
        }
        Harness { manifest, module: PhantomData }
    }

    /// The manifest the host would read.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The host calls no hook that is not listed, and passes no fact that the hook did not ask for; a test that does would
    /// prove something that cannot happen.
    #[track_caller]
    fn check(&self, hook: Hook, situation: &Situation) {
        assert!(
            self.manifest.hooks.contains(&hook),
            "the host would not call {hook:?}: add it to `hooks:` of export_rules!"
        );
        for fact in &situation.facts {
            let asked = self.manifest.facts.iter().any(|query| query.name == fact.name && query.hooks.contains(&hook));
            assert!(asked, "the host would not pass the fact `{}` to {hook:?}: add it to `facts:`", fact.name);
        }
    }
}

impl<M: Module> Default for Harness<M> {
    fn default() -> Harness<M> {
        Harness::new()
    }
}

macro_rules! calls {
    ($($(#[$doc:meta])* $method:ident($input:ident) -> $answer:ty = $hook:ident;)*) => {
        impl<M: Module> Harness<M> {
            $(
                $(#[$doc])*
                ///
                /// # Panics
                /// When the host would not make this call: the hook is not listed, or the input carries a fact that it did
                /// not ask for.
                #[track_caller]
                pub fn $method(&self, input: $input) -> Reply<$answer> {
                    self.check(Hook::$hook, &input.situation);
                    let reply = Exported::<M>::$method(input);
                    Reply { answer: reply.answer, log: reply.log }
                }
            )*
        }
    };
}

calls! {
    /// Asks for the values of a page.
    before_page(BeforePageInput) -> Vec<Field> = BeforePage;
    /// Asks for the options of a page.
    options(OptionsInput) -> Vec<Choice> = Options;
    /// Asks for the route after an input.
    reroute(RerouteInput) -> Option<String> = Reroute;
    /// Asks for the effects of an answer.
    after_response(AfterResponseInput) -> Vec<Operation> = AfterResponse;
    /// Asks whether an account may move.
    validate_transition(ValidateTransitionInput) -> Verdict = ValidateTransition;
    /// Asks for the delay and tone after a call.
    adapt_timing(AdaptTimingInput) -> Timing = AdaptTiming;
    /// Asks for templates and channel.
    choose_treatment(ChooseTreatmentInput) -> Treatment = ChooseTreatment;
    /// Asks whether an attempt may go out.
    check_contact(CheckContactInput) -> ContactVerdict = CheckContact;
}
