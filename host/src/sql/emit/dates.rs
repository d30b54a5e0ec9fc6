//! DATE_FORMAT's codes, in PostgreSQL's words.

const CODES: &[(char, &str)] = &[
    ('Y', "YYYY"),
    ('y', "YY"),
    ('m', "MM"),
    ('c', "FMMM"),
    ('M', "FMMonth"),
    ('b', "Mon"),
    ('d', "DD"),
    ('e', "FMDD"),
    ('D', "FMDDth"),
    ('j', "DDD"),
    ('H', "HH24"),
    ('k', "FMHH24"),
    ('h', "HH12"),
    ('I', "HH12"),
    ('l', "FMHH12"),
    ('i', "MI"),
    ('s', "SS"),
    ('S', "SS"),
    ('p', "AM"),
    ('T', "HH24:MI:SS"),
    ('r', "HH12:MI:SS AM"),
    ('W', "FMDay"),
    ('a', "Dy"),
];

/// The first code of a pattern that is not available.
pub(in crate::sql) fn unknown_date_code(pattern: &str) -> Option<String> {
    let mut chars = pattern.chars();
    while let Some(ch) = chars.next() {
        if ch != '%' {
            continue;
        }
        match chars.next() {
            Some('%') => {}
            Some(code) if CODES.iter().any(|(known, _)| *known == code) => {}
            Some(code) => return Some(format!("%{code}")),
            None => return Some("%".to_owned()),
        }
    }
    None
}

/// A pattern of `to_char`; everything that is no code is quoted.
pub(super) fn to_char(pattern: &str) -> String {
    let mut out = String::new();
    let mut plain = String::new();
    let mut chars = pattern.chars();
    while let Some(ch) = chars.next() {
        let code = if ch == '%' { chars.next() } else { None };
        match (ch, code) {
            ('%', Some(code)) => match CODES.iter().find(|(known, _)| *known == code) {
                Some((_, words)) => {
                    quote(&mut out, &mut plain);
                    out.push_str(words);
                }
                None => plain.push(code),
            },
            (ch, _) => plain.push(ch),
        }
    }
    quote(&mut out, &mut plain);
    out
}

fn quote(out: &mut String, plain: &mut String) {
    if !plain.is_empty() {
        out.push('"');
        out.push_str(&plain.replace('\\', "\\\\").replace('"', "\\\""));
        out.push('"');
        plain.clear();
    }
}
