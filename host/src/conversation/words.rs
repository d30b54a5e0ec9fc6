//! The words that mean the same on every page: stop, start again, more, back, repeat.
//!
//! A word counts only when the reply is just that word; case, punctuation, width, spacing and politeness do not matter.
//! "STOP!" and "please stop" opt out, "when will this stop" does not.

use serde::{Deserialize, Serialize};

use super::intent::text::fold;

/// What such a word asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    OptOut,
    /// Opts out unless it names an option of the page: END, QUIT, CANCEL.
    MaybeOptOut,
    OptIn,
    More,
    /// More if there is more, else the same again: the telephone's #.
    Onward,
    Back,
    Repeat,
}

/// What the contact can do just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    pub opted_out: bool,
    pub has_more: bool,
    pub has_back: bool,
}

/// The sets, each replaceable by the tenant. Entries may be phrases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WordLists {
    pub opt_out: Vec<String>,
    pub opt_out_unless_option: Vec<String>,
    pub opt_in: Vec<String>,
    pub more: Vec<String>,
    pub onward: Vec<String>,
    pub back: Vec<String>,
    pub repeat: Vec<String>,
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|word| word.trim().to_owned()).collect()
}

impl Default for WordLists {
    fn default() -> WordLists {
        WordLists {
            opt_out: list(
                "STOP, STOP ALL, UNSUBSCRIBE, UNSUB, OPT OUT, OPT ME OUT, I OPT OUT, REVOKE, REMOVE ME, REMOVE MY NUMBER, \
                 DELETE MY NUMBER, TAKE ME OFF, TAKE ME OFF YOUR LIST, TAKE ME OFF THIS LIST, STOP NOW, STOP IT, STOP THIS, \
                 STOP SMS, STOP TEXTS, STOP TEXTING ME, STOP TEXTING, STOP MESSAGING ME, STOP MESSAGING, STOP MESSAGES, \
                 STOP SENDING ME MESSAGES, STOP SENDING MESSAGES, STOP SENDING ME THIS, STOP SENDING ME SMS, \
                 STOP CONTACTING ME, STOP CALLING ME, STOP CALLING, STOP BOTHERING ME, STOP HARASSING ME, \
                 DO NOT CONTACT ME, DONT CONTACT ME, DO NOT MESSAGE ME, DONT MESSAGE ME, DO NOT TEXT ME, DONT TEXT ME, \
                 NO MORE MESSAGES, NO MORE SMS, LEAVE ME ALONE, I WANT TO OPT OUT, I WANT TO UNSUBSCRIBE, \
                 STAAK, HOU OP, MELD AF, LOS MY UIT, YEKA, YEKELA, YIMA, EMISA, TLOGELA, \
                 ALTO, PARAR, PARE, DETENER, BAJA, DARME DE BAJA, NO MAS MENSAJES, \
                 ARRET, ARRETE, ARRETER, ARRETEZ, DESABONNER, DESINSCRIRE, DESINSCRIPTION, STOPIO, 🛑",
            ),
            opt_out_unless_option: list("END, QUIT, CANCEL, EXIT, CANCELAR, ANNULER, KANSELLEER"),
            opt_in: list("START, UNSTOP, RESUBSCRIBE, SUBSCRIBE, OPT IN, OPT ME IN, BEGIN AGAIN, ALTA, SKAKEL AAN"),
            more: list(
                "MORE, NEXT, SHOW MORE, SEE MORE, MORE OPTIONS, NEXT PAGE, MEER, VOLGENDE, MAS, PLUS, OKUNINGI, >",
            ),
            onward: list("#"),
            back: list("BACK, PREVIOUS, PREV, GO BACK, PREVIOUS PAGE, TERUG, VORIGE, ATRAS, RETOUR, EMUVA, *, <"),
            repeat: list("REPEAT, AGAIN, SAY AGAIN, REPEAT PLEASE, COME AGAIN, HERHAAL, PHINDA, REPETIR, REPETER"),
        }
    }
}

/// The sets, ready to look up.
#[derive(Debug, Clone)]
pub struct Words {
    /// Sorted by word; the first list that has a word keeps it.
    entries: Vec<(String, Signal)>,
}

impl Default for Words {
    fn default() -> Words {
        Words::new(&WordLists::default())
    }
}

/// Said around a word without changing it.
const POLITE: &[&str] = &[
    "please",
    "pls",
    "plz",
    "plse",
    "kindly",
    "thanks",
    "thank",
    "you",
    "thx",
    "tx",
    "now",
    "sir",
    "madam",
    "hi",
    "hello",
    "ok",
    "just",
    "asseblief",
    "asb",
    "dankie",
    "porfavor",
    "gracias",
    "svp",
    "merci",
    "ngicela",
    "ngiyacela",
    "hle",
];
/// A longer reply is no such word.
const LONGEST: usize = 80;

impl Words {
    pub fn new(lists: &WordLists) -> Words {
        let sets = [
            (&lists.opt_out, Signal::OptOut),
            (&lists.opt_out_unless_option, Signal::MaybeOptOut),
            (&lists.opt_in, Signal::OptIn),
            (&lists.more, Signal::More),
            (&lists.onward, Signal::Onward),
            (&lists.back, Signal::Back),
            (&lists.repeat, Signal::Repeat),
        ];
        let mut entries: Vec<(String, Signal)> = Vec::new();
        for (words, signal) in sets {
            entries.extend(words.iter().map(|word| (squeeze(word), signal)).filter(|(word, _)| !word.is_empty()));
        }
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        entries.dedup_by(|later, first| later.0 == first.0);
        Words { entries }
    }

    /// What the reply asks for, if it is just one of the words.
    pub fn read(&self, reply: &str) -> Option<Signal> {
        if reply.len() > LONGEST * 4 {
            return None;
        }
        let folded = fold(reply);
        if folded.chars().count() > LONGEST {
            return None;
        }
        self.look_up(&squeeze_folded(&folded)).or_else(|| {
            let mut words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
            words.dedup();
            while words.len() > 1 && words.first().is_some_and(|word| POLITE.contains(word)) {
                words.remove(0);
            }
            while words.len() > 1 && words.last().is_some_and(|word| POLITE.contains(word)) {
                words.pop();
            }
            self.look_up(&words.concat())
        })
    }

    fn look_up(&self, squeezed: &str) -> Option<Signal> {
        let at = self.entries.binary_search_by(|(word, _)| word.as_str().cmp(squeezed)).ok()?;
        Some(self.entries[at].1)
    }
}

/// Folded, without spaces and punctuation, so that OPT-OUT, "opt out" and "o p t o u t" are one.
fn squeeze(text: &str) -> String {
    squeeze_folded(&fold(text))
}

fn squeeze_folded(folded: &str) -> String {
    let letters: String = folded.chars().filter(|c| c.is_alphanumeric()).collect();
    // Without letters it is a key of the telephone, or a sign.
    if letters.is_empty() { folded.trim().to_owned() } else { letters }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_word_counts_when_it_is_all_that_is_said() {
        let words = Words::default();
        for reply in
            ["STOP", "stop.", "Please stop!", "S T O P", "opt-out", "Opt Out", "STOP STOP", "ＳＴＯＰ", "arrêt", "🛑"]
        {
            assert_eq!(words.read(reply), Some(Signal::OptOut), "{reply}");
        }
        for reply in ["when will this stop", "stop order", "bus stop", "non-stop", "", "?", "please"] {
            assert_eq!(words.read(reply), None, "{reply}");
        }
    }

    #[test]
    fn end_quit_and_cancel_wait_for_the_page() {
        let words = Words::default();
        for reply in ["END", "quit", "Cancel please"] {
            assert_eq!(words.read(reply), Some(Signal::MaybeOptOut), "{reply}");
        }
    }

    #[test]
    fn a_tenant_may_replace_a_list_and_keep_the_others() {
        let lists: WordLists = serde_yaml::from_str("opt_out: [ENOUGH]").unwrap();
        let words = Words::new(&lists);
        assert_eq!(words.read("enough!"), Some(Signal::OptOut));
        assert_eq!(words.read("more"), Some(Signal::More));
        assert_eq!(words.read("#"), Some(Signal::Onward));
        assert_eq!(words.read("*"), Some(Signal::Back));
    }
}
