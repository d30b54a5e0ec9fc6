//! WhatsApp's interactive messages: up to three buttons, else a list of up to ten rows, else plain text.

use std::collections::HashSet;

use super::{Kind, Offer, Phrases, Rendered, Reply, cut, lead, numbered, offers};

const MOST_BUTTONS: usize = 3;
const BUTTON_CHARS: usize = 20;
const MOST_ROWS: usize = 10;
const TITLE_CHARS: usize = 24;
const DESCRIPTION_CHARS: usize = 72;
/// Characters of the text above buttons or a list.
const BODY_CHARS: usize = 1024;

pub(super) fn render(reply: &Reply<'_>, phrases: &Phrases) -> Rendered {
    let options = offers(reply, phrases);
    let body = lead(reply, phrases);
    let interactive = !options.is_empty() && !body.trim().is_empty() && body.chars().count() <= BODY_CHARS;
    if !interactive || options.len() > MOST_ROWS {
        return Rendered::new(Kind::Text, numbered(reply, phrases), options);
    }
    let distinct =
        options.iter().map(|offer| offer.label.to_lowercase()).collect::<HashSet<_>>().len() == options.len();
    let short = options.iter().all(|offer| offer.label.chars().count() <= BUTTON_CHARS && !offer.label.is_empty());
    if options.len() <= MOST_BUTTONS && short && distinct {
        return Rendered::new(Kind::Buttons, body, options);
    }
    let rows = options.into_iter().map(|offer| row(offer, distinct)).collect();
    Rendered { list_button: Some(cut(&phrases.choose, BUTTON_CHARS)), ..Rendered::new(Kind::List, body, rows) }
}

/// Titles are told apart by their key where they are cut or alike.
fn row(offer: Offer, distinct: bool) -> Offer {
    let whole = offer.label.chars().count() <= TITLE_CHARS;
    if whole && distinct && !offer.label.is_empty() {
        return offer;
    }
    let title = cut(&format!("{}. {}", offer.key, offer.label), TITLE_CHARS);
    let description = (!whole).then(|| cut(&offer.label, DESCRIPTION_CHARS));
    Offer { key: offer.key, label: title, description }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::options::Choice;

    fn show(labels: &[&str], header: &str, has_more: bool) -> Rendered {
        let choices: Vec<Choice> =
            labels.iter().enumerate().map(|(index, label)| Choice::dynamic(index, label, label, None)).collect();
        render(&Reply { header, choices: &choices, has_more, ..Reply::default() }, &Phrases::default())
    }

    #[test]
    fn three_short_options_are_buttons_and_more_or_longer_ones_a_list() {
        assert_eq!(show(&["Yes", "No", "Later"], "Pay?", false).kind, Kind::Buttons);
        assert_eq!(show(&["Yes", "No", "Later"], "Pay?", true).kind, Kind::List);
        assert_eq!(show(&["Yes", "Arrange a payment plan"], "Pay?", false).kind, Kind::List);
        assert_eq!(show(&[], "Thank you.", false).kind, Kind::Text);
        assert_eq!(show(&["Yes"], &"x".repeat(1025), false).kind, Kind::Text);
        assert_eq!(show(&["x"; 11], "Which?", false).kind, Kind::Text);
    }

    #[test]
    fn a_rows_title_is_short_and_its_own() {
        let label = "Account 10023 in the name of somebody, with a balance of R450.00 due at the end of this month";
        let list = show(&[label, label, "Short"], "Which?", false);
        assert_eq!(list.list_button.as_deref(), Some("Choose"));
        let titles: HashSet<&str> = list.options.iter().map(|row| row.label.as_str()).collect();
        assert_eq!(titles.len(), 3);
        assert!(list.options.iter().all(|row| row.label.chars().count() <= TITLE_CHARS));
        let description = list.options[0].description.as_deref().unwrap();
        assert!(description.chars().count() <= DESCRIPTION_CHARS && description.ends_with('…'));
        assert_eq!(list.options[2].description, None);
    }
}
