//! Reads numbers as people write them: amounts with currency and grouping, percentages, counts of months, words.

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Bare,
    Money(char),
    Percent,
    /// Months, weeks, instalments …
    Count,
}

/// A number of a reply or of a label, in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// None: it can be read in two ways (`1.000`) or is too large. Such a number equals nothing, not even itself.
    pub hundredths: Option<u64>,
    pub unit: Unit,
}

impl Number {
    /// Whether a person who says the one may mean the other: `500` is `R500` and `6` is `6 months`, but `50` is not
    /// `50 %` and `R12` is not `12 months`.
    pub fn may_mean(self, other: Number) -> bool {
        let same_unit = match (self.unit, other.unit) {
            (a, b) if a == b => true,
            (Unit::Bare, unit) | (unit, Unit::Bare) => matches!(unit, Unit::Money(_) | Unit::Count),
            _ => false,
        };
        same_unit && self.hundredths.is_some() && self.hundredths == other.hundredths
    }
}

/// The currency that a symbol or word stands for.
pub fn currency(word: &str) -> Option<char> {
    Some(match word {
        "r" | "zar" | "rand" | "rands" => 'R',
        "$" | "usd" | "dollar" | "dollars" | "dolares" => '$',
        "£" | "gbp" | "pound" | "pounds" | "quid" => '£',
        "€" | "eur" | "euro" | "euros" => '€',
        _ => return None,
    })
}

/// Whether a word after a number counts things rather than money.
pub fn is_count(word: &str) -> bool {
    const COUNTED: &[&str] = &[
        "month",
        "months",
        "mth",
        "mths",
        "mnth",
        "mnths",
        "week",
        "weeks",
        "day",
        "days",
        "year",
        "years",
        "yr",
        "yrs",
        "hour",
        "hours",
        "instalment",
        "instalments",
        "installment",
        "installments",
        "payments",
        "x",
        "maand",
        "maande",
        "dae",
        "weke",
        "mes",
        "meses",
        "mois",
        "jours",
        "dias",
    ];
    COUNTED.contains(&word)
}

/// The numeral at the start of `text` (which begins with an ASCII digit) and the bytes it takes.
///
/// Groups of exactly three digits may be parted by a space, a comma or a dot; one or two digits after
/// the last dot or comma are the decimals.
pub fn numeral(text: &str) -> (Option<u64>, usize) {
    let bytes = text.as_bytes();
    let run = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let first = run(0);
    let mut end = first;
    let mut digits = text[..first].to_owned();
    let mut separator = None;
    let mut groups = 0;
    if first <= 3 && bytes[0] != b'0' {
        while let Some(&next) = bytes.get(end) {
            if !matches!(next, b' ' | b',' | b'.') || separator.is_some_and(|s| s != next) || run(end + 1) != 3 {
                break;
            }
            separator = Some(next);
            digits.push_str(&text[end + 1..end + 4]);
            end += 4;
            groups += 1;
        }
    }
    // `1.000` is a thousand to some and one to others.
    let ambiguous = groups == 1 && separator == Some(b'.');
    let mut decimals = 0;
    let mut by_decimals = false;
    if let Some(&next) = bytes.get(end)
        && matches!(next, b'.' | b',')
        && separator != Some(next)
    {
        let count = run(end + 1);
        // "1,2" is a list of two; "1.2" is a decimal.
        if count == 2 || (count == 1 && next == b'.') {
            let fraction: u64 = text[end + 1..end + 1 + count].parse().unwrap_or(0);
            decimals = if count == 1 { fraction * 10 } else { fraction };
            end += 1 + count;
            by_decimals = true;
        } else if count > 2 {
            return (None, end + 1 + count);
        }
    }
    if ambiguous && !by_decimals {
        return (None, end);
    }
    let value = digits.parse::<u64>().ok().and_then(|whole| whole.checked_mul(100)?.checked_add(decimals));
    (value, end)
}

/// What a number word adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Unit(u64),
    Ten(u64),
    Scale(u64),
}

fn part(word: &str) -> Option<Part> {
    const UNITS: &[&str] = &[
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: &[&str] = &["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    if let Some(index) = UNITS.iter().position(|unit| *unit == word) {
        return Some(Part::Unit(index as u64));
    }
    if let Some(index) = TENS.iter().position(|ten| *ten == word) {
        return Some(Part::Ten(20 + 10 * index as u64));
    }
    Some(match word {
        "hundred" => Part::Scale(100),
        "thousand" | "grand" => Part::Scale(1000),
        "een" | "uno" => Part::Unit(1),
        "twee" | "dos" | "deux" => Part::Unit(2),
        "drie" | "tres" | "trois" => Part::Unit(3),
        "vier" | "cuatro" | "quatre" => Part::Unit(4),
        "vyf" | "cinco" | "cinq" => Part::Unit(5),
        _ => return None,
    })
}

/// Reads number words (`five hundred`, `a thousand`, `fifteen hundred`, `one thousand five hundred`) at the start of
/// `words`. Gives the value and how many words it took.
pub fn spoken(words: &[&str]) -> Option<(u64, usize)> {
    let mut total = 0;
    let mut current = 0;
    let mut last = None;
    let mut taken = 0;
    for (index, word) in words.iter().enumerate() {
        let next = match part(word) {
            Some(next) => next,
            None if index == 0 && *word == "a" => {
                if !matches!(words.get(1).and_then(|w| part(w)), Some(Part::Scale(_))) {
                    return None;
                }
                current = 1;
                continue;
            }
            None if *word == "and" && matches!(last, Some(Part::Scale(_))) => {
                if words.get(index + 1).and_then(|w| part(w)).is_none() {
                    break;
                }
                continue;
            }
            None => break,
        };
        match (last, next) {
            (None | Some(Part::Scale(_)), Part::Unit(n) | Part::Ten(n)) => current += n,
            (Some(Part::Ten(_)), Part::Unit(n)) if (1..10).contains(&n) => current += n,
            (Some(Part::Unit(_) | Part::Ten(_)), Part::Scale(scale)) | (None, Part::Scale(scale)) => {
                current = current.max(1) * scale;
                if scale == 1000 {
                    total += current;
                    current = 0;
                }
            }
            (Some(Part::Scale(100)), Part::Scale(1000)) => {
                total += current * 1000;
                current = 0;
            }
            _ => break,
        }
        last = Some(next);
        taken = index + 1;
    }
    (taken > 0).then_some((total + current, taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_written() {
        for (text, hundredths, taken) in [
            ("500", Some(50_000), 3),
            ("1 000", Some(100_000), 5),
            ("1,000.00", Some(100_000), 8),
            ("1 000,00", Some(100_000), 8),
            ("1.000,00", Some(100_000), 8),
            ("500,00", Some(50_000), 6),
            ("1.5k", Some(150), 3),
            ("1.000", None, 5),
            ("1.000.000", Some(100_000_000), 9),
            ("1, 2", Some(100), 1),
            ("1,2", Some(100), 1),
            ("1 2", Some(100), 1),
            ("2.", Some(200), 1),
            ("500.505", None, 7),
            ("99999999999999999999", None, 20),
            ("1 0000", Some(100), 1),
        ] {
            assert_eq!(numeral(text), (hundredths, taken), "{text}");
        }
    }

    #[test]
    fn numbers_in_words_are_read() {
        let read = |text: &str| spoken(&text.split(' ').collect::<Vec<_>>());
        assert_eq!(read("five hundred rand"), Some((500, 2)));
        assert_eq!(read("a thousand"), Some((1000, 2)));
        assert_eq!(read("fifteen hundred"), Some((1500, 2)));
        assert_eq!(read("one thousand five hundred"), Some((1500, 4)));
        assert_eq!(read("two hundred and fifty"), Some((250, 4)));
        assert_eq!(read("two hundred thousand"), Some((200_000, 3)));
        assert_eq!(read("twenty five"), Some((25, 2)));
        assert_eq!(read("one two"), Some((1, 1)));
        assert_eq!(read("hundred and counting"), Some((100, 1)));
        assert_eq!(read("a plan"), None);
    }

    #[test]
    fn a_number_means_only_what_its_unit_allows() {
        let number = |hundredths, unit| Number { hundredths: Some(hundredths), unit };
        assert!(number(500, Unit::Bare).may_mean(number(500, Unit::Money('R'))));
        assert!(!number(500, Unit::Money('$')).may_mean(number(500, Unit::Money('R'))));
        assert!(!number(500, Unit::Bare).may_mean(number(500, Unit::Percent)));
        assert!(!number(500, Unit::Money('R')).may_mean(number(500, Unit::Count)));
        let unclear = Number { hundredths: None, unit: Unit::Bare };
        assert!(!unclear.may_mean(unclear));
    }
}
