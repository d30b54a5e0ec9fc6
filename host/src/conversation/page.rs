//! What a conversation is made of: its pages with everything an author may say about one. Plain data; the loader of
//! bundles and the importer make it, a turn interprets it.

use std::collections::BTreeMap;

use super::options::{Choice, Pattern, Polarity, strip_own_number};
use crate::located::{Spot, Text};

/// Pages without `on_max_retries` hand the debtor to a person.
pub const DEFAULT_ON_MAX_RETRIES: &str = "ESCALATE";
/// A contact that was silent for a day begins anew, unless the conversation says otherwise.
pub const DEFAULT_EXPIRY_SECONDS: u64 = 24 * 60 * 60;
/// Static options of a page; dynamic ones come from a query and are not limited.
pub const MAX_OPTIONS: u8 = 5;

/// All pages of one conversation code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// `PAYMENT_COLLECT`; addresses ignore its case.
    pub code: Text,
    pub package: String,
    pub description: String,
    /// The page a new or expired contact begins with.
    pub start_page: u32,
    pub expiry_seconds: u64,
    /// Names that the caller puts into the context (`account_id` is always there): statements may use them as `$name$`.
    pub context: Vec<Text>,
    /// What `NAME:arg` leads to, by `NAME` or by the whole of it.
    pub callbacks: BTreeMap<String, String>,
    /// The last words when the conversation completes without a page of its own for that.
    pub end_message: Option<Text>,
    /// The answer to an opt-out word.
    pub stop_message: Option<Text>,
    pub pages: BTreeMap<u32, Page>,
}

impl Conversation {
    /// A conversation that says nothing yet.
    pub fn new(code: Text) -> Self {
        Self {
            code,
            package: String::new(),
            description: String::new(),
            start_page: 1,
            expiry_seconds: DEFAULT_EXPIRY_SECONDS,
            context: Vec::new(),
            callbacks: BTreeMap::new(),
            end_message: None,
            stop_message: None,
            pages: BTreeMap::new(),
        }
    }
}

/// One row of `def_conversation_page`.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub number: u32,
    /// Where the page begins in its file.
    pub spot: Spot,
    /// What is said; `{name}` is replaced by values of the context and of `pre_sql`.
    pub header: Text,
    /// Static options, by ascending number.
    pub options: Vec<PageOption>,
    /// `OptionOverrideSql`: a query whose rows replace the static options.
    pub option_sql: Option<Text>,
    /// `OptionOverrideShow`: the column of that query that is shown.
    pub option_show: Option<Text>,
    pub pre_sql: Option<Text>,
    pub post_sql: Option<Text>,
    pub reroute_sql: Option<Text>,
    /// A debtor who is silent for so long finds the conversation suspended.
    pub timeout_seconds: Option<u64>,
    /// Answers that match no option before `on_max_retries` is taken.
    pub max_retries: Option<u32>,
    /// A route; [`DEFAULT_ON_MAX_RETRIES`] if the author says nothing.
    pub on_max_retries: Option<Text>,
    pub media_url: Option<Text>,
}

impl Page {
    pub fn on_max_retries(&self) -> &str {
        self.on_max_retries.as_deref().unwrap_or(DEFAULT_ON_MAX_RETRIES)
    }

    /// True if any text is taken as the answer.
    pub fn is_free_text(&self) -> bool {
        self.options.is_empty() && self.option_sql.is_none()
    }

    /// Its statements with the names of their keys, in the order in which a turn runs them.
    pub fn statements(&self) -> impl Iterator<Item = (&'static str, &Text)> {
        [
            ("pre_sql", &self.pre_sql),
            ("option_sql", &self.option_sql),
            ("reroute_sql", &self.reroute_sql),
            ("post_sql", &self.post_sql),
        ]
        .into_iter()
        .filter_map(|(key, text)| text.as_ref().map(|text| (key, text)))
    }
}

/// Two pages are equal if they say the same, wherever they stand.
impl PartialEq for Page {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            number,
            spot: _,
            header,
            options,
            option_sql,
            option_show,
            pre_sql,
            post_sql,
            reroute_sql,
            timeout_seconds,
            max_retries,
            on_max_retries,
            media_url,
        } = self;
        *number == other.number
            && *header == other.header
            && *options == other.options
            && *option_sql == other.option_sql
            && *option_show == other.option_show
            && *pre_sql == other.pre_sql
            && *post_sql == other.post_sql
            && *reroute_sql == other.reroute_sql
            && *timeout_seconds == other.timeout_seconds
            && *max_retries == other.max_retries
            && *on_max_retries == other.on_max_retries
            && *media_url == other.media_url
    }
}

impl Eq for Page {}

/// One of the options 1 to 5 of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageOption {
    /// 1 to 5: the key the debtor types, and `$user_input$`.
    pub number: u8,
    /// As the author wrote it, possibly with its number in front: `1. Yes, pay now`.
    pub text: Text,
    /// Where it leads; none completes the conversation.
    pub callback: Option<Text>,
    /// An option that is not displayed can still be chosen.
    pub display: bool,
    /// A regular expression that chooses this option (`match:`).
    pub pattern: Option<Pattern>,
    pub keywords: Vec<String>,
    /// The answer it stands for (`means:`), where its text does not begin with it.
    pub polarity: Option<Polarity>,
    /// Whether it commits the debtor (`commits:`), so that only a reply without doubt chooses it; unset, its text decides.
    pub commits: Option<bool>,
}

impl PageOption {
    /// An option that is displayed, has no callback and is chosen by its key and text alone.
    pub fn new(number: u8, text: Text) -> Self {
        Self {
            number,
            text,
            callback: None,
            display: true,
            pattern: None,
            keywords: Vec::new(),
            polarity: None,
            commits: None,
        }
    }

    /// The text without its own number in front, since channels put keys before labels.
    pub fn label(&self) -> &str {
        strip_own_number(&self.text, &self.number.to_string())
    }

    /// As it is offered when its text, with placeholders filled, is `text`.
    pub fn choice(&self, text: &str) -> Choice {
        Choice {
            pattern: self.pattern.clone(),
            keywords: self.keywords.clone(),
            polarity: self.polarity,
            commits: self.commits,
            ..Choice::fixed(self.number, text, self.callback.as_deref())
        }
    }
}
