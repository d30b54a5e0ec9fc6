//! Reads `bundle.yaml`: who the tenant is, where, in which money and words.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::conversation::words::WordLists;
use crate::located::Text;

use super::fields::{Faults, Fields, did_you_mean, list, text};
use super::yaml::Node;

const KEYS: &[&str] = &["name", "description", "locale", "currency", "zone", "default_channel", "channels", "words"];
const CHANNELS: &[&str] = &["console", "sms", "whatsapp", "web", "voice"];
const CHANNEL_KEYS: &[&str] = &["page_size"];
/// Kinds of words to which a tenant may add its own. None can be taken away: STOP is understood everywhere.
const WORDS: &[&str] = &["opt_out", "opt_in", "more", "back", "repeat"];
const MAX_PAGE_SIZE: u64 = 50;

/// What holds for all of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    pub name: String,
    pub description: String,
    /// `en-ZA`.
    pub locale: String,
    /// ISO 4217: `ZAR`.
    pub currency: String,
    /// An IANA zone; clocks and calendars of statements and pages are read in it.
    pub zone: String,
    /// For requests that name no channel.
    pub default_channel: String,
    /// Options shown at once, by channel, where the tenant wants another number than the host's.
    pub page_sizes: BTreeMap<String, u32>,
    /// The host's words and the tenant's own.
    pub words: WordLists,
}

impl Default for Manifest {
    fn default() -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            locale: "en".to_owned(),
            currency: "USD".to_owned(),
            zone: "UTC".to_owned(),
            default_channel: "sms".to_owned(),
            page_sizes: BTreeMap::new(),
            words: WordLists::default(),
        }
    }
}

/// The manifest in `node`; what is missing or wrong is the default's and, if wrong, in `faults`.
pub(super) fn read(node: Node, faults: &mut Faults) -> Manifest {
    let mut manifest = Manifest::default();
    let Some(mut fields) = Fields::of(node, "bundle.yaml", KEYS, (1, 1), faults) else { return manifest };
    if let Some(name) = fields.required("name", faults) {
        manifest.name = name.as_str().to_owned();
    }
    if let Some(description) = fields.text("description", faults) {
        manifest.description = description.as_str().to_owned();
    }
    if let Some(locale) = fields.text("locale", faults) {
        if is_locale(&locale) {
            manifest.locale = locale.as_str().to_owned();
        } else {
            let message = format!("`{locale}` is not a locale");
            faults.error("bundle-locale", locale.spot(), message, "write language and country, as in `en-ZA`");
        }
    }
    if let Some(currency) = fields.text("currency", faults) {
        if currency.len() == 3 && currency.chars().all(|c| c.is_ascii_uppercase()) {
            manifest.currency = currency.as_str().to_owned();
        } else {
            let message = format!("`{currency}` is not a currency");
            faults.error("bundle-currency", currency.spot(), message, "write its ISO code, as in `ZAR`");
        }
    }
    if let Some(zone) = fields.text("zone", faults) {
        if TimeZone::get(&zone).is_ok() {
            manifest.zone = zone.as_str().to_owned();
        } else {
            let message = format!("`{zone}` is not a time zone");
            faults.error("bundle-zone", zone.spot(), message, "write its IANA name, as in `Africa/Johannesburg`");
        }
    }
    if let Some(channel) = fields.text("default_channel", faults)
        && known_channel(&channel, faults)
    {
        manifest.default_channel = channel.as_str().to_owned();
    }
    for (channel, node) in fields.map("channels", faults) {
        let Some(mut settings) = Fields::of(node, "a channel", CHANNEL_KEYS, channel.spot(), faults) else { continue };
        let size = settings.number("page_size", 1..=MAX_PAGE_SIZE, "channel-page-size", faults);
        if known_channel(&channel, faults)
            && let Some(size) = size
        {
            manifest.page_sizes.insert(channel.as_str().to_owned(), size as u32);
        }
    }
    for (kind, node) in fields.map("words", faults) {
        if !WORDS.contains(&kind.as_str()) {
            let hint = did_you_mean(&kind, WORDS.iter().copied())
                .unwrap_or_else(|| format!("words are of the kinds {}", list(WORDS.iter().copied())));
            faults.error("yaml-unknown-key", kind.spot(), format!("`words` has no kind `{kind}`"), hint);
            continue;
        }
        let items = match node {
            Node::List(items) => items,
            other => vec![other],
        };
        let spot = kind.spot();
        let words = match kind.as_str() {
            "opt_out" => &mut manifest.words.opt_out,
            "opt_in" => &mut manifest.words.opt_in,
            "more" => &mut manifest.words.more,
            "back" => &mut manifest.words.back,
            _ => &mut manifest.words.repeat,
        };
        words.extend(items.into_iter().filter_map(|item| text(item, &kind, spot, faults)).map(|word| word.to_string()));
    }
    manifest
}

fn known_channel(channel: &Text, faults: &mut Faults) -> bool {
    let known = CHANNELS.contains(&channel.as_str());
    if !known {
        let hint = did_you_mean(channel, CHANNELS.iter().copied())
            .unwrap_or_else(|| format!("channels are {}", list(CHANNELS.iter().copied())));
        faults.error("channel-unknown", channel.spot(), format!("`{channel}` is not a channel"), hint);
    }
    known
}

fn is_locale(locale: &str) -> bool {
    let mut parts = locale.split('-');
    let language =
        parts.next().is_some_and(|part| (2..=3).contains(&part.len()) && part.chars().all(|c| c.is_ascii_lowercase()));
    language && parts.all(|part| (2..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric()))
}
