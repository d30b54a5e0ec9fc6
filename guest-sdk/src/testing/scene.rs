//! Describes a moment for a test, and turns it into the input of any hook.

use crate::{
    Account, AccountFlags, Actor, AdaptTimingInput, AfterResponseInput, Attempt, BeforePageInput, CheckContactInput,
    Choice, ChooseTreatmentInput, Clock, ContactVerdict, Date, Fact, Field, Money, OptionsInput, Page, RerouteInput,
    Sentiment, Situation, Treatment, UserInput, ValidateTransitionInput, Value,
};

/// A moment as the host would describe it. Begins as Monday 2026-03-16 10:00 UTC, tenant `test`, page 1 of `TEST` by console,
/// no account, nothing known and nothing said.
///
/// ```
/// use forbear_guest_sdk::testing::{Scene, account};
///
/// let scene = Scene::new()
///     .at("2026-03-14 18:05")
///     .account(account("ACC001").balance("1250.00").days_past_due(45))
///     .context("first_name", "Thandi")
///     .fact("promises", ["amount", "kept"], [("250.00", true), ("100.00", false)])
///     .page("PAYMENT_COLLECT", 1)
///     .says("2");
///
/// let input = scene.reroute(Some("3"));
/// assert_eq!(input.situation.now.weekday, 6);
/// assert_eq!(input.situation.fact("promises").unwrap().rows().count(), 2);
/// assert_eq!(input.input.raw, "2");
/// ```
#[derive(Debug, Clone)]
pub struct Scene {
    situation: Situation,
    page: Page,
    input: UserInput,
    actor: Actor,
    form: Vec<Field>,
}

impl Default for Scene {
    fn default() -> Scene {
        Scene::new()
    }
}

impl Scene {
    /// The beginning of every test.
    pub fn new() -> Scene {
        let scene = Scene {
            situation: Situation {
                tenant: "test".to_owned(),
                now: Clock {
                    epoch_ms: 0,
                    date: String::new(),
                    time: String::new(),
                    zone: "UTC".to_owned(),
                    weekday: 1,
                },
                account: None,
                context: Vec::new(),
                facts: Vec::new(),
            },
            page: Page {
                conversation: "TEST".to_owned(),
                page_no: 1,
                channel: "console".to_owned(),
                sender_id: "0821234567".to_owned(),
                account_id: None,
                header: String::new(),
            },
            input: UserInput { raw: String::new(), value: String::new(), matched: None, score: 0 },
            actor: Actor { id: "agent-1".to_owned(), role: "agent".to_owned(), agency: String::new() },
            form: Vec::new(),
        };
        scene.at("2026-03-16 10:00")
    }

    /// Moves the clock: `YYYY-MM-DD HH:MM`, optionally with seconds.
    ///
    /// # Panics
    /// When the text is not of that form.
    #[track_caller]
    pub fn at(mut self, moment: &str) -> Scene {
        let parsed = moment.split_once(' ').and_then(|(date, time)| Some((Date::parse(date)?, seconds(time)?)));
        let Some((date, seconds)) = parsed else { panic!("{moment:?} is not a moment such as 2026-03-16 10:00") };
        let now = &mut self.situation.now;
        now.epoch_ms = (date.days_since_epoch() * 86_400 + seconds) * 1000;
        now.date = date.to_string();
        now.time = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        now.weekday = date.weekday();
        self
    }

    /// Sets the account.
    pub fn account(mut self, account: AccountBuilder) -> Scene {
        self.page.account_id = Some(account.0.acc_no.clone());
        self.situation.account = Some(account.0);
        self
    }

    /// Adds a context value, or replaces it.
    pub fn context(mut self, name: &str, value: impl Into<Value>) -> Scene {
        self.situation.context.retain(|field| field.name != name);
        self.situation.context.push(Field::new(name, value));
        self
    }

    /// Adds the rows of a fact: tuples with as many cells as there are columns.
    ///
    /// # Panics
    /// When a row has another number of cells.
    #[track_caller]
    pub fn fact<const N: usize, R: Cells>(
        mut self,
        name: &str,
        columns: [&str; N],
        rows: impl IntoIterator<Item = R>,
    ) -> Scene {
        let rows: Vec<Vec<Value>> = rows.into_iter().map(Cells::cells).collect();
        for row in &rows {
            assert_eq!(row.len(), N, "the fact `{name}` has {N} columns, its row {row:?} has not");
        }
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        self.situation.facts.push(Fact { name: name.to_owned(), columns, rows });
        self
    }

    /// Sets the page by conversation and number.
    pub fn page(mut self, conversation: &str, page_no: u32) -> Scene {
        self.page.conversation = conversation.to_owned();
        self.page.page_no = page_no;
        self
    }

    /// Sets the channel: `console`, `sms`, `whatsapp`, `web`, `voice`.
    pub fn channel(mut self, channel: &str) -> Scene {
        self.page.channel = channel.to_owned();
        self
    }

    /// What the debtor typed, matched to nothing: `$user_input$` is the text itself.
    pub fn says(mut self, text: &str) -> Scene {
        self.input = UserInput { raw: text.to_owned(), value: text.to_owned(), matched: None, score: 0 };
        self
    }

    /// What the debtor typed, taken for this option without doubt.
    pub fn picks(mut self, choice: Choice) -> Scene {
        self.input =
            UserInput { raw: choice.key.clone(), value: choice.value.clone(), matched: Some(choice), score: 1000 };
        self
    }

    /// Who acts, for transitions.
    pub fn actor(mut self, id: &str, role: &str, agency: &str) -> Scene {
        self.actor = Actor { id: id.to_owned(), role: role.to_owned(), agency: agency.to_owned() };
        self
    }

    /// Adds a field of the form that the agent submitted.
    pub fn form(mut self, name: &str, value: impl Into<Value>) -> Scene {
        self.form.push(Field::new(name, value));
        self
    }

    /// What every hook sees.
    pub fn situation(&self) -> Situation {
        self.situation.clone()
    }

    /// The input of `before_page`.
    pub fn before_page(&self) -> BeforePageInput {
        BeforePageInput { situation: self.situation(), page: self.page.clone() }
    }

    /// The input of `options`, with the data's options.
    pub fn options(&self, proposed: impl IntoIterator<Item = Choice>) -> OptionsInput {
        let proposed = proposed.into_iter().collect();
        OptionsInput { situation: self.situation(), page: self.page.clone(), proposed }
    }

    /// The input of `reroute`, with the proposed route.
    pub fn reroute(&self, proposed: Option<&str>) -> RerouteInput {
        RerouteInput {
            situation: self.situation(),
            page: self.page.clone(),
            input: self.input.clone(),
            proposed: proposed.map(str::to_owned),
        }
    }

    /// The input of `after_response`, with the route that was taken.
    pub fn after_response(&self, route: Option<&str>) -> AfterResponseInput {
        AfterResponseInput {
            situation: self.situation(),
            page: self.page.clone(),
            input: self.input.clone(),
            route: route.map(str::to_owned),
        }
    }

    /// The input of `validate_transition`.
    pub fn transition(&self, from: &str, to: &str, action: &str) -> ValidateTransitionInput {
        ValidateTransitionInput {
            situation: self.situation(),
            from_state: from.to_owned(),
            to_state: to.to_owned(),
            action: action.to_owned(),
            actor: self.actor.clone(),
            form: self.form.clone(),
        }
    }

    /// The input of `adapt_timing` after a first call.
    pub fn call_outcome(
        &self,
        outcome: &str,
        sentiment: Sentiment,
        willingness: Option<u8>,
        standard_delay_minutes: u32,
    ) -> AdaptTimingInput {
        AdaptTimingInput {
            situation: self.situation(),
            outcome: outcome.to_owned(),
            sentiment,
            willingness,
            standard_delay_minutes,
            attempts: 1,
        }
    }

    /// The input of `choose_treatment`: named features, and the ladder's proposal.
    pub fn treatment(&self, features: Vec<Field>, proposed: Treatment) -> ChooseTreatmentInput {
        ChooseTreatmentInput { situation: self.situation(), features, proposed }
    }

    /// The input of `check_contact` for an attempt at this moment, with the policy's verdict.
    pub fn attempt(&self, channel: &str, purpose: &str, policy: ContactVerdict) -> CheckContactInput {
        CheckContactInput {
            situation: self.situation(),
            attempt: Attempt {
                channel: channel.to_owned(),
                purpose: purpose.to_owned(),
                template: None,
                at_ms: self.situation.now.epoch_ms,
                attempts_last_7_days: 0,
            },
            policy,
        }
    }
}

/// Seconds since midnight of `HH:MM` or `HH:MM:SS`.
fn seconds(time: &str) -> Option<i64> {
    let mut parts = time.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = match parts.next() {
        Some(second) => second?,
        None => 0,
    };
    let fits = parts.next().is_none() && hour < 24 && minute < 60 && second < 60;
    fits.then_some(hour * 3600 + minute * 60 + second)
}

/// An account in the state `NEW` that owes nothing, to be described further.
pub fn account(acc_no: &str) -> AccountBuilder {
    AccountBuilder(Account {
        client_id: acc_no.to_owned(),
        acc_no: acc_no.to_owned(),
        state: "NEW".to_owned(),
        previous_state: None,
        state_entered_ms: 0,
        balance_total: 0,
        days_past_due: None,
        broken_promises: 0,
        identity_verified: false,
        marks: AccountFlags::empty(),
    })
}

/// Describes an [`Account`]; begun by [`account`].
#[derive(Debug, Clone)]
pub struct AccountBuilder(Account);

impl AccountBuilder {
    /// The state of the machine.
    pub fn state(mut self, state: &str) -> Self {
        self.0.state = state.to_owned();
        self
    }

    /// The whole balance, as `1250.00`.
    ///
    /// # Panics
    /// When the text is no amount.
    #[track_caller]
    pub fn balance(mut self, amount: &str) -> Self {
        let Some(amount) = Money::parse(amount) else { panic!("{amount:?} is not an amount such as 1250.00") };
        self.0.balance_total = amount.minor();
        self
    }

    /// Days past due.
    pub fn days_past_due(mut self, days: u32) -> Self {
        self.0.days_past_due = Some(days);
        self
    }

    /// How many promises were broken.
    pub fn broken_promises(mut self, count: u32) -> Self {
        self.0.broken_promises = count;
        self
    }

    /// Whether the debtor proved who they are.
    pub fn verified(mut self) -> Self {
        self.0.identity_verified = true;
        self
    }

    /// Adds a mark.
    pub fn marked(mut self, marks: AccountFlags) -> Self {
        self.0.marks |= marks;
        self
    }

    /// The record itself.
    pub fn build(self) -> Account {
        self.0
    }
}

/// A row of a fact: a tuple of anything that becomes a [`Value`], or a list of values.
pub trait Cells {
    /// The cells in order.
    fn cells(self) -> Vec<Value>;
}

impl Cells for Vec<Value> {
    fn cells(self) -> Vec<Value> {
        self
    }
}

macro_rules! tuples {
    ($($($name:ident)+;)*) => {$(
        impl<$($name: Into<Value>),+> Cells for ($($name,)+) {
            #[expect(non_snake_case, reason = "one name serves the type and its value")]
            fn cells(self) -> Vec<Value> {
                let ($($name,)+) = self;
                vec![$($name.into()),+]
            }
        }
    )*};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
}
