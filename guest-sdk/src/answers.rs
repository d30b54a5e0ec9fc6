//! Short ways to write what hooks answer: options, operations, verdicts, timings.

use crate::{
    AdmAction, Attempt, Choice, ContactVerdict, Date, Field, InsertRow, Money, Operation, Promise, QueueStatus,
    SendTemplate, SetField, SetFlag, StartWorkflow, Timing, Tone, UserInput, Value, Verdict,
};

impl Choice {
    /// An option: the key a debtor types, the label shown, and the value that `$user_input$` becomes (here, the key).
    ///
    /// ```
    /// use forbear_guest_sdk::Choice;
    /// let choice = Choice::new("1", "Pay now").leading_to("2");
    /// assert_eq!(choice.value, "1");
    /// assert_eq!(choice.callback.as_deref(), Some("2"));
    /// ```
    pub fn new(key: impl Into<String>, label: impl Into<String>) -> Choice {
        let key = key.into();
        Choice { value: key.clone(), key, label: label.into(), callback: None }
    }

    /// The same option with another value for `$user_input$`.
    pub fn with_value(mut self, value: impl Into<String>) -> Choice {
        self.value = value.into();
        self
    }

    /// The same option with a route: a page number, `EXIT`, `ESCALATE`, `WORKFLOW:CODE` …
    pub fn leading_to(mut self, callback: impl Into<String>) -> Choice {
        self.callback = Some(callback.into());
        self
    }
}

/// Gives options the keys `1`, `2`, `3` … in their order, after some were added, removed or moved. Values stay, so the page's
/// SQL still gets the `$user_input$` it was written for.
///
/// ```
/// use forbear_guest_sdk::{Choice, renumber};
/// let left = renumber(vec![Choice::new("2", "Arrange a plan"), Choice::new("3", "Speak to someone")]);
/// assert_eq!((left[0].key.as_str(), left[0].value.as_str()), ("1", "2"));
/// ```
pub fn renumber(mut choices: Vec<Choice>) -> Vec<Choice> {
    for (at, choice) in choices.iter_mut().enumerate() {
        choice.key = (at + 1).to_string();
    }
    choices
}

impl UserInput {
    /// The callback of the option that was matched.
    pub fn callback(&self) -> Option<&str> {
        self.matched.as_ref()?.callback.as_deref()
    }
}

impl Operation {
    /// Sets a field of the account, such as `phone_alternative`.
    pub fn set_field(name: impl Into<String>, value: impl Into<Value>) -> Operation {
        Operation::SetField(SetField { name: name.into(), value: value.into() })
    }

    /// Sets or clears a mark: `UNCOOPERATIVE`, `DISPUTE`, `VULNERABLE`.
    pub fn set_flag(name: impl Into<String>, on: bool) -> Operation {
        Operation::SetFlag(SetFlag { name: name.into(), on })
    }

    /// Runs an action of the state machine, such as `MOVE_TO_NEGOTIATION`. The reason is shown in the account's history.
    pub fn adm_action(action: impl Into<String>, reason: impl Into<String>) -> Operation {
        Operation::AdmAction(AdmAction { action: action.into(), dialer_action: None, reason: reason.into() })
    }

    /// Records a promise to pay.
    ///
    /// ```
    /// use forbear_guest_sdk::{Date, Money, Operation};
    /// let due = Date::parse("2026-03-31").unwrap();
    /// let Operation::RecordPromise(promise) = Operation::promise(Money::from_major(250), due, "EFT") else { unreachable!() };
    /// assert_eq!((promise.amount, promise.date.as_str()), (25_000, "2026-03-31"));
    /// ```
    pub fn promise(amount: Money, date: Date, method: impl Into<String>) -> Operation {
        Operation::RecordPromise(Promise { amount: amount.minor(), date: date.to_string(), method: method.into() })
    }

    /// Sets the status of the account in the work queue, leaving its priority as it is.
    pub fn queue_status(status: impl Into<String>) -> Operation {
        Operation::SetQueueStatus(QueueStatus { status: status.into(), priority: None })
    }

    /// Sets the status and the priority of the account in the work queue.
    pub fn queue_status_with_priority(status: impl Into<String>, priority: impl Into<String>) -> Operation {
        Operation::SetQueueStatus(QueueStatus { status: status.into(), priority: Some(priority.into()) })
    }

    /// Inserts a row into one of the tenant's own tables.
    ///
    /// ```
    /// use forbear_guest_sdk::{Money, Operation, fields};
    /// let row = Operation::insert_row("offers", fields![account_id: "ACC1", amount: Money::from_major(90)]);
    /// assert!(matches!(row, Operation::InsertRow(row) if row.row[1].value.to_string() == "90.00"));
    /// ```
    pub fn insert_row(table: impl Into<String>, row: Vec<Field>) -> Operation {
        Operation::InsertRow(InsertRow { table: table.into(), row })
    }

    /// Starts a workflow with this payload.
    pub fn start_workflow(code: impl Into<String>, payload: Vec<Field>) -> Operation {
        Operation::StartWorkflow(StartWorkflow { code: code.into(), payload })
    }

    /// Sends a template on the channel that the policy and the debtor prefer.
    pub fn send_template(template: impl Into<String>) -> Operation {
        Operation::SendTemplate(SendTemplate { template: template.into(), channel: None })
    }

    /// Sends a template on this channel.
    pub fn send_template_on(channel: impl Into<String>, template: impl Into<String>) -> Operation {
        Operation::SendTemplate(SendTemplate { template: template.into(), channel: Some(channel.into()) })
    }

    /// Sets a value of the conversation's context, for later pages and hooks.
    pub fn set_context(name: impl Into<String>, value: impl Into<Value>) -> Operation {
        Operation::SetContext(Field::new(name, value))
    }
}

impl Verdict {
    /// A refusal with the reason that the agent reads.
    pub fn deny(reason: impl Into<String>) -> Verdict {
        Verdict::Deny(reason.into())
    }
}

impl Timing {
    /// The strategy's own delay and tone.
    pub fn standard(delay_minutes: u32) -> Timing {
        Timing { delay_minutes, tone: Tone::Standard, reason: "standard delay".to_owned() }
    }
}

impl ContactVerdict {
    /// A refusal with the reason that the skipped attempt is recorded with.
    pub fn deny(reason: impl Into<String>) -> ContactVerdict {
        ContactVerdict::Deny(reason.into())
    }

    /// The stricter of two verdicts: a refusal before any delay, the later of two delays, any delay before "allow". This is
    /// how a rule adds its opinion to the policy's without ever loosening it.
    ///
    /// ```
    /// use forbear_guest_sdk::ContactVerdict::{Allow, DelayUntil, Deny};
    /// assert_eq!(Allow.tightened(DelayUntil(5)), DelayUntil(5));
    /// assert_eq!(DelayUntil(9).tightened(DelayUntil(5)), DelayUntil(9));
    /// assert_eq!(Deny("holiday".into()).tightened(Allow), Deny("holiday".into()));
    /// ```
    pub fn tightened(self, other: ContactVerdict) -> ContactVerdict {
        match (self, other) {
            (deny @ ContactVerdict::Deny(_), _) | (_, deny @ ContactVerdict::Deny(_)) => deny,
            (ContactVerdict::DelayUntil(a), ContactVerdict::DelayUntil(b)) => ContactVerdict::DelayUntil(a.max(b)),
            (delay @ ContactVerdict::DelayUntil(_), ContactVerdict::Allow)
            | (ContactVerdict::Allow, delay @ ContactVerdict::DelayUntil(_)) => delay,
            (ContactVerdict::Allow, ContactVerdict::Allow) => ContactVerdict::Allow,
        }
    }
}

impl Attempt {
    /// Whether a person would be called, rather than written to.
    pub fn is_call(&self) -> bool {
        ["voice", "call", "phone"].iter().any(|channel| self.channel.eq_ignore_ascii_case(channel))
    }
}
