//! What holds for every reply, not only for those in the corpus.

use forbear::conversation::channel::{Channel, Phrases, Reply, fill, how_many_fit, render, segments};
use forbear::conversation::intent::{Intent, Prepared, Settings, Understood, read_intent, understand};
use forbear::conversation::options::{Choice, strip_own_number};
use forbear::conversation::route::Route;
use forbear::conversation::words::{Standing, Words};
use proptest::prelude::*;

/// Words that meet in replies, and some that were chosen to be in each other's way.
const WORDS: &[&str] = &[
    "yes",
    "no",
    "not",
    "don't",
    "pay",
    "now",
    "plan",
    "agent",
    "later",
    "maybe",
    "dispute",
    "balance",
    "R500",
    "50%",
    "6 months",
    "1",
    "2.",
    "the second one",
    "one thousand",
    "please",
    "ok",
    "and",
    "or",
    "?",
    ",",
    "👍",
    "👎",
    "confirm",
    "cancel",
    "ja",
    "nee",
    "if",
    "never",
    "full",
    "amount",
    "\u{200B}",
    "1.000",
    "-5",
    "no.",
    "last",
    "a",
    "'n",
    "²",
];
const LABELS: &[&str] = &[
    "Yes, pay now",
    "Not right now",
    "Dispute balance",
    "Arrange a payment plan",
    "Speak to an agent",
    "No thanks",
    "Pay the full amount",
    "Confirm",
    "Cancel",
    "R500",
    "R1 000.00",
    "6 months",
    "Call me tomorrow",
    "Ja, betaal nou",
    "I don't know",
    "…",
    "Something else?",
    "Maybe later",
    "Very satisfied",
    "Is this about account 123?",
];
const BINDING: &[&str] = &[
    "Yes, pay now",
    "Pay R500",
    "R500",
    "Confirm",
    "I accept the offer",
    "Settle in full today",
    "Yes",
    "Pay 50% (R250.00)",
];

fn choices(labels: &[&str]) -> Vec<Choice> {
    labels.iter().enumerate().map(|(index, label)| Choice::dynamic(index, label, label, None)).collect()
}

fn read(reply: &str, labels: &[&str]) -> Intent {
    read_intent(reply, &Prepared::new(&choices(labels)), &Settings::default())
}

fn some_labels() -> impl Strategy<Value = Vec<&'static str>> {
    proptest::sample::subsequence(LABELS, 1..6).prop_shuffle()
}

fn some_reply() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(WORDS), 0..9).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_fail(reply in any::<String>(), label in any::<String>(), keyword in any::<String>()) {
        let mut choices = choices(&[&label, "Yes, pay now"]);
        choices[1].keywords.push(keyword);
        let page = Prepared::new(&choices);
        let _: Understood = understand(&reply, &page, &Words::default(), Standing::default(), &Settings::default());
        let _ = reply.parse::<Route>();
        let _ = strip_own_number(&reply, "1");
        let _ = segments(&reply);
        let _ = fill(&reply, |_| None);
        let shown = Reply { header: &reply, choices: &choices, ..Reply::default() };
        for channel in Channel::ALL {
            let fitting = how_many_fit(channel, &shown, &Phrases::default(), 2);
            prop_assert!((1..=2).contains(&fitting));
            let _ = render(channel, &shown, &Phrases::default());
        }
    }

    #[test]
    fn words_in_any_order_never_make_it_fail(reply in some_reply(), labels in some_labels()) {
        if let Intent::NearTie { indices } = read(&reply, &labels) {
            prop_assert!(indices.len() > 1 && indices.iter().all(|index| *index < labels.len()));
        }
    }

    #[test]
    fn a_label_typed_as_it_stands_chooses_its_option(labels in some_labels(), shout in any::<bool>()) {
        for (index, label) in labels.iter().enumerate() {
            let typed = if shout { label.to_uppercase() } else { (*label).to_owned() };
            prop_assert!(
                matches!(read(&typed, &labels), Intent::Matched { index: found, score, .. } if found == index && score > 700),
                "{typed} among {labels:?}: {:?}", read(&typed, &labels)
            );
        }
    }

    #[test]
    fn a_key_chooses_its_option_whatever_the_labels_say(labels in some_labels()) {
        for index in 0..labels.len() {
            let key = (index + 1).to_string();
            for typed in [key.clone(), format!("{key}."), format!("option {key}"), format!(" #{key} "), format!("{key} please")] {
                prop_assert!(matches!(read(&typed, &labels), Intent::Matched { index: found, .. } if found == index), "{typed}");
            }
        }
    }

    #[test]
    fn politeness_never_turns_one_option_into_another(reply in some_reply(), labels in some_labels()) {
        if let Intent::Matched { index, .. } = read(&reply, &labels) {
            for polite in [format!("please {reply}"), format!("{reply} please"), format!("{reply}, thanks")] {
                if let Intent::Matched { index: other, .. } = read(&polite, &labels) {
                    prop_assert_eq!(other, index, "{} → {}", reply, polite);
                }
            }
        }
    }

    #[test]
    fn a_doubt_never_commits(label in proptest::sample::select(BINDING), others in some_labels(), at in 0usize..6) {
        let mut labels: Vec<&str> = others.into_iter().filter(|other| *other != label).collect();
        let at = at.min(labels.len());
        labels.insert(at, label);
        for doubt in [
            "not {}", "don't {}", "I will not {}", "{} not", "never {}", "{}?", "can I {}", "maybe {}", "{} tomorrow",
            "{} if I can", "{} but not now", "I already {}", "why {}", "{} lol", "how do I {}", "my wife will {}", "{} next week",
            "{} is wrong", "{} was yesterday", "nobody said {}", "when I get paid {}",
        ] {
            let reply = doubt.replace("{}", label);
            let found = read(&reply, &labels);
            prop_assert!(!matches!(found, Intent::Matched { index, .. } if index == at), "{reply} among {labels:?}: {found:?}");
        }
    }

    #[test]
    fn segments_hold_what_is_counted(text in any::<String>()) {
        let counted = segments(&text);
        prop_assert_eq!(counted.count == 0, text.is_empty());
        prop_assert!(counted.count * 160 >= counted.units);
    }

    #[test]
    fn a_value_is_never_read_as_a_template(value in any::<String>()) {
        let filled = fill("a {x} b", |name| (name == "x").then(|| value.clone().into()));
        prop_assert_eq!(filled.text, format!("a {value} b"));
    }

    #[test]
    fn a_route_reads_back_as_it_is_written(text in "[A-Za-z0-9_:\\- ]{0,20}") {
        if let Ok(route) = text.parse::<Route>() {
            prop_assert_eq!(route.to_string().parse::<Route>(), Ok(route));
        }
    }
}
