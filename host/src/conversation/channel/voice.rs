//! A telephone menu: "For X, press 1", at most nine options, # to go on or hear it again, * to go back.

use super::{Kind, Offer, Phrases, Rendered, Reply, lead};

const MOST_OPTIONS: usize = 9;

pub(super) fn render(reply: &Reply<'_>, phrases: &Phrases) -> Rendered {
    let mut spoken = vec![lead(reply, phrases)];
    let mut options = Vec::new();
    let has_more = reply.has_more || reply.choices.len() > MOST_OPTIONS;
    for choice in reply.choices.iter().take(MOST_OPTIONS) {
        // In this order, so that a label with "{key}" in it is read out as it is.
        let (before, after) = phrases.press.split_once("{label}").unwrap_or((&phrases.press, ""));
        let key = |part: &str| part.replace("{key}", &choice.key);
        spoken.push(format!("{}{}{}", key(before), choice.label, key(after)));
        options.push(Offer::new(&choice.key, &choice.label));
    }
    if options.is_empty() {
        return Rendered::new(Kind::Text, spoken.concat(), options);
    }
    let (phrase, label) =
        if has_more { (&phrases.press_more, &phrases.more) } else { (&phrases.press_again, &phrases.press_again) };
    spoken.push(phrase.clone());
    options.push(Offer::new("#", label));
    if reply.has_back {
        spoken.push(phrases.press_back.clone());
        options.push(Offer::new("*", &phrases.back));
    }
    spoken.retain(|sentence| !sentence.is_empty());
    Rendered::new(Kind::Keypad, spoken.join(" "), options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::options::Choice;

    #[test]
    fn a_caller_hears_one_digit_for_each_option() {
        let choices: Vec<Choice> =
            (0..12).map(|n| Choice::dynamic(n, &format!("plan {{key}} {n}"), "", None)).collect();
        let reply = Reply { header: "Choose a plan.", choices: &choices, has_back: true, ..Reply::default() };
        let rendered = render(&reply, &Phrases::default());
        assert_eq!(rendered.kind, Kind::Keypad);
        assert!(
            rendered.message.starts_with("Choose a plan. For plan {key} 0, press 1. For plan"),
            "{}",
            rendered.message
        );
        assert!(rendered.message.ends_with("press 9. For more options, press hash. To go back, press star."));
        let keys: String = rendered.options.iter().map(|offer| offer.key.as_str()).collect();
        assert_eq!(keys, "123456789#*");
    }
}
