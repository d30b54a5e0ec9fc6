//! The trait that a module implements.

use crate::{
    AdaptTimingInput, AfterResponseInput, BeforePageInput, CheckContactInput, Choice, ChooseTreatmentInput,
    ContactVerdict, Field, Hook, Log, Manifest, Operation, OptionsInput, RerouteInput, RuleError, Timing, Treatment,
    ValidateTransitionInput, Verdict,
};

/// What a module answers when the host asks it. Every method has a default, "no opinion", so a module writes only the hooks
/// it [lists](crate::export_rules).
///
/// A hook is a pure function: it sees its input, and what [`init`](Rules::init) prepared, and nothing else. `&self` is shared,
/// so nothing can be carried from one call to the next.
///
/// ```
/// use forbear_guest_sdk::prelude::*;
///
/// #[derive(Default)]
/// struct Patience;
///
/// impl Rules for Patience {
///     fn reroute(&self, input: RerouteInput, log: &mut Log) -> Result<Option<String>, RuleError> {
///         if input.input.raw.to_lowercase().contains("call me") {
///             log.line("asked for a call");
///             return Ok(Some("ESCALATE".to_owned()));
///         }
///         Ok(None)
///     }
/// }
///
/// export_rules!(Patience, hooks: [reroute]);
/// ```
pub trait Rules: Default + Sync + 'static {
    /// Prepares what is costly to make (patterns, tables). Runs once, when the module is uploaded; every later call starts
    /// from the memory it leaves. There is no input: what differs by account or day belongs into the hooks.
    ///
    /// # Errors
    /// The upload is refused with this text.
    fn init(&mut self) -> Result<(), RuleError> {
        Ok(())
    }

    /// Values for the page's text and for later hooks, asked before a page is rendered.
    ///
    /// # Errors
    /// The page is shown with the data's own values.
    fn before_page(&self, input: BeforePageInput, log: &mut Log) -> Result<Vec<Field>, RuleError> {
        let _ = (input, log);
        Ok(Vec::new())
    }

    /// The options to show, given the data's. The answer replaces them.
    ///
    /// # Errors
    /// The data's options are shown.
    fn options(&self, input: OptionsInput, log: &mut Log) -> Result<Vec<Choice>, RuleError> {
        let _ = log;
        Ok(input.proposed)
    }

    /// Where to go after an input: a page number, `EXIT`, `ESCALATE`, `WORKFLOW:CODE` …; `None` leaves the proposed route.
    ///
    /// # Errors
    /// The proposed route stands.
    fn reroute(&self, input: RerouteInput, log: &mut Log) -> Result<Option<String>, RuleError> {
        let _ = (input, log);
        Ok(None)
    }

    /// Effects of an answer, applied in order in the same transaction. The host checks each like the same act by a person.
    ///
    /// # Errors
    /// The answer is kept, nothing is applied, and the decision is flagged.
    fn after_response(&self, input: AfterResponseInput, log: &mut Log) -> Result<Vec<Operation>, RuleError> {
        let _ = (input, log);
        Ok(Vec::new())
    }

    /// Whether an account may move between two states, asked after the machine's own checks.
    ///
    /// # Errors
    /// The transition is refused.
    fn validate_transition(&self, input: ValidateTransitionInput, log: &mut Log) -> Result<Verdict, RuleError> {
        let _ = (input, log);
        Ok(Verdict::Allow)
    }

    /// When and in which tone the next step follows a call. The contact policy still has the last word on the hour.
    ///
    /// # Errors
    /// The strategy's delay stands.
    fn adapt_timing(&self, input: AdaptTimingInput, log: &mut Log) -> Result<Timing, RuleError> {
        let _ = log;
        Ok(Timing::standard(input.standard_delay_minutes))
    }

    /// Which templates and which channel suit this account, given the ladder's proposal.
    ///
    /// # Errors
    /// The ladder's proposal stands.
    fn choose_treatment(&self, input: ChooseTreatmentInput, log: &mut Log) -> Result<Treatment, RuleError> {
        let _ = log;
        Ok(input.proposed)
    }

    /// Whether an attempt may go out, after the policy allowed or delayed it. What would loosen the policy has no effect; see
    /// [`ContactVerdict::tightened`].
    ///
    /// # Errors
    /// There is no contact.
    fn check_contact(&self, input: CheckContactInput, log: &mut Log) -> Result<ContactVerdict, RuleError> {
        let _ = log;
        Ok(input.policy)
    }
}

/// A [`Rules`] with the manifest that [`export_rules!`](crate::export_rules) wrote for it. Implemented by that macro only.
pub trait Module: Rules {
    /// The hooks the module has.
    const HOOKS: &'static [Hook];

    /// Who the module is, which hooks it has and which facts they need.
    fn manifest() -> Manifest;

    /// The one instance, prepared by [`Rules::init`]; the text of its error when that failed.
    ///
    /// # Errors
    /// What `init` said.
    fn instance() -> Result<&'static Self, &'static str>;
}
