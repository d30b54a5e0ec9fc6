//! How a reply looks on each channel: numbered text, buttons, a list, a keypad. Pure; gateways send what comes out.

mod sms;
mod template;
mod voice;
mod whatsapp;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use sms::{Encoding, Segments, plain_signs, segments};
pub use template::{Filled, fill, names};

use super::options::{Choice, Numbering};

/// The way a debtor is talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    #[default]
    Console,
    Sms,
    Whatsapp,
    Web,
    Voice,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no channel `{0}`; use console, sms, whatsapp, web or voice")]
pub struct UnknownChannel(pub String);

impl Channel {
    pub const ALL: [Channel; 5] = [Channel::Console, Channel::Sms, Channel::Whatsapp, Channel::Web, Channel::Voice];

    pub fn name(self) -> &'static str {
        match self {
            Channel::Console => "console",
            Channel::Sms => "sms",
            Channel::Whatsapp => "whatsapp",
            Channel::Web => "web",
            Channel::Voice => "voice",
        }
    }

    /// Dynamic options on one page, before [`how_many_fit`] looks at their length. A WhatsApp list has ten rows: eight
    /// options and the two ways on.
    pub fn page_size(self) -> usize {
        match self {
            Channel::Console | Channel::Web => 10,
            Channel::Sms | Channel::Voice => 9,
            Channel::Whatsapp => 8,
        }
    }

    pub fn numbering(self) -> Numbering {
        match self {
            Channel::Voice => Numbering::EachPage,
            Channel::Console | Channel::Sms | Channel::Whatsapp | Channel::Web => Numbering::WholeList,
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Channel {
    type Err = UnknownChannel;

    fn from_str(text: &str) -> Result<Channel, UnknownChannel> {
        let wanted = text.trim();
        Channel::ALL
            .into_iter()
            .find(|channel| channel.name().eq_ignore_ascii_case(wanted))
            .ok_or_else(|| UnknownChannel(wanted.to_owned()))
    }
}

/// What the host says of its own accord, in the tenant's language. `{label}` and `{key}` stand in `press`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Phrases {
    pub did_you_mean: String,
    pub more: String,
    pub back: String,
    /// Under a numbered list that goes on.
    pub reply_more: String,
    pub reply_back: String,
    /// The button that opens a WhatsApp list, at most 20 characters.
    pub choose: String,
    pub press: String,
    pub press_more: String,
    pub press_again: String,
    pub press_back: String,
    /// The way out of a page whose list of options is empty.
    pub agent: String,
}

impl Default for Phrases {
    fn default() -> Phrases {
        let text = str::to_owned;
        Phrases {
            did_you_mean: text("Did you mean:"),
            more: text("More"),
            back: text("Back"),
            reply_more: text("Reply MORE for more options."),
            reply_back: text("Reply BACK to go back."),
            choose: text("Choose"),
            press: text("For {label}, press {key}."),
            press_more: text("For more options, press hash."),
            press_again: text("To hear this again, press hash."),
            press_back: text("To go back, press star."),
            agent: text("Speak to an agent"),
        }
    }
}

/// What is to be said, filled in already, on no channel in particular.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reply<'r> {
    /// The page's header, or what is said instead of it.
    pub header: &'r str,
    /// The options in view; with `did_you_mean` the likely ones.
    pub choices: &'r [Choice],
    pub has_more: bool,
    pub has_back: bool,
    pub did_you_mean: bool,
}

/// How a gateway presents it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `message` is all there is to send; options, if any, stand in it as numbered lines.
    Text,
    Buttons,
    List,
    Keypad,
}

/// One thing to choose. A gateway sends the key back as if it had been typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub key: String,
    pub label: String,
    /// The whole label where the channel's title is too short for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Offer {
    pub fn new(key: &str, label: &str) -> Offer {
        Offer { key: key.to_owned(), label: label.to_owned(), description: None }
    }
}

/// A reply for one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    pub kind: Kind,
    pub message: String,
    pub options: Vec<Offer>,
    /// Of an SMS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<Segments>,
    /// The text on what opens a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_button: Option<String>,
}

impl Rendered {
    fn new(kind: Kind, message: String, options: Vec<Offer>) -> Rendered {
        Rendered { kind, message, options, segments: None, list_button: None }
    }
}

/// Puts a reply into the form of a channel.
pub fn render(channel: Channel, reply: &Reply<'_>, phrases: &Phrases) -> Rendered {
    match channel {
        Channel::Console => Rendered::new(Kind::Text, numbered(reply, phrases), offers(reply, phrases)),
        Channel::Sms => {
            let message = plain_signs(&numbered(reply, phrases));
            let segments = Some(segments(&message));
            Rendered { segments, ..Rendered::new(Kind::Text, message, offers(reply, phrases)) }
        }
        Channel::Whatsapp => whatsapp::render(reply, phrases),
        Channel::Web => {
            let options = offers(reply, phrases);
            let kind = if options.is_empty() { Kind::Text } else { Kind::Buttons };
            Rendered::new(kind, lead(reply, phrases), options)
        }
        Channel::Voice => voice::render(reply, phrases),
    }
}

/// How many of the options in view a channel can carry: all, or as many as `most_segments` of SMS hold, at least one.
pub fn how_many_fit(channel: Channel, reply: &Reply<'_>, phrases: &Phrases, most_segments: usize) -> usize {
    let all = reply.choices.len();
    if channel != Channel::Sms {
        return all.min(channel.page_size());
    }
    let count = |shown: usize| {
        let has_more = reply.has_more || shown < all;
        let part = Reply { choices: &reply.choices[..shown], has_more, ..*reply };
        segments(&plain_signs(&numbered(&part, phrases))).count
    };
    (1..=all.min(channel.page_size())).rev().find(|shown| count(*shown) <= most_segments).unwrap_or(all.min(1))
}

/// The header, or the question which of several was meant.
fn lead(reply: &Reply<'_>, phrases: &Phrases) -> String {
    match (reply.did_you_mean, reply.header.is_empty()) {
        (false, _) => reply.header.to_owned(),
        (true, true) => phrases.did_you_mean.clone(),
        (true, false) => format!("{}\n{}", reply.header, phrases.did_you_mean),
    }
}

/// The words to page with, as keys that are understood.
const MORE_KEY: &str = "more";
const BACK_KEY: &str = "back";

fn offers(reply: &Reply<'_>, phrases: &Phrases) -> Vec<Offer> {
    let mut offers: Vec<Offer> = reply.choices.iter().map(|choice| Offer::new(&choice.key, &choice.label)).collect();
    if reply.has_more {
        offers.push(Offer::new(MORE_KEY, &phrases.more));
    }
    if reply.has_back {
        offers.push(Offer::new(BACK_KEY, &phrases.back));
    }
    offers
}

/// Everything as one text.
fn numbered(reply: &Reply<'_>, phrases: &Phrases) -> String {
    let mut text = lead(reply, phrases);
    for choice in reply.choices {
        text.push('\n');
        text.push_str(&choice.key);
        text.push_str(". ");
        text.push_str(&choice.label);
    }
    for (shown, phrase) in [(reply.has_more, &phrases.reply_more), (reply.has_back, &phrases.reply_back)] {
        if shown {
            text.push('\n');
            text.push_str(phrase);
        }
    }
    text
}

/// At most `most` characters, the last of them `…` if some were cut.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices(labels: &[&str]) -> Vec<Choice> {
        labels.iter().enumerate().map(|(index, label)| Choice::dynamic(index, label, label, None)).collect()
    }

    #[test]
    fn a_channel_reads_back_and_an_unknown_one_is_told_the_names() {
        for channel in Channel::ALL {
            assert_eq!(channel.to_string().to_uppercase().parse(), Ok(channel));
        }
        let error = "telegram".parse::<Channel>().unwrap_err().to_string();
        assert!(error.contains("`telegram`") && error.contains("whatsapp"), "{error}");
    }

    #[test]
    fn a_text_channel_says_everything_in_one_text() {
        let choices = choices(&["Now", "Later"]);
        let reply = Reply { header: "When?", choices: &choices, has_more: true, ..Reply::default() };
        let rendered = render(Channel::Sms, &reply, &Phrases::default());
        assert_eq!(rendered.message, "When?\n1. Now\n2. Later\nReply MORE for more options.");
        assert_eq!(rendered.segments.unwrap().count, 1);
        assert_eq!(rendered.options.last().unwrap().key, "more");
    }

    #[test]
    fn a_near_tie_is_asked_with_the_likely_options_only() {
        let choices = choices(&["Now", "Later", "Never"]);
        let reply = Reply { choices: &choices[..2], did_you_mean: true, ..Reply::default() };
        assert_eq!(render(Channel::Console, &reply, &Phrases::default()).message, "Did you mean:\n1. Now\n2. Later");
    }

    #[test]
    fn an_sms_offers_as_many_options_as_its_segments_hold() {
        let long: Vec<String> = (1..=9).map(|n| format!("Account number {n} with a rather long description")).collect();
        let labels: Vec<&str> = long.iter().map(String::as_str).collect();
        let choices = choices(&labels);
        let reply = Reply { header: "Which account?", choices: &choices, ..Reply::default() };
        let phrases = Phrases::default();
        let fitting = how_many_fit(Channel::Sms, &reply, &phrases, 2);
        assert!((1..9).contains(&fitting));
        let shown = Reply { choices: &choices[..fitting], has_more: true, ..reply };
        assert!(render(Channel::Sms, &shown, &phrases).segments.unwrap().count <= 2);
        assert_eq!(how_many_fit(Channel::Sms, &reply, &phrases, 9), 9);
        assert_eq!(how_many_fit(Channel::Sms, &Reply { header: &"x".repeat(900), ..reply }, &phrases, 2), 1);
        assert_eq!(how_many_fit(Channel::Sms, &Reply::default(), &phrases, 2), 0);
    }
}
