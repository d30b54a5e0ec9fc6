//! How each store spells a function. Names that begin with `fb_` are the host's: registered on SQLite's connections,
//! created in PostgreSQL by the tenant migrations, one meaning for both.

use super::{Emit, dates, fold};
use crate::sql::kind::Kind;
use crate::sql::tree::{Call, Node, Shape};

impl Emit {
    pub(super) fn call(&mut self, kind: Kind, call: Call, arguments: &[Node]) -> String {
        let a: Vec<String> = arguments.iter().map(|argument| self.node(argument)).collect();
        match call {
            Call::Add | Call::Subtract | Call::Multiply => self.arithmetic(kind, call, &a),
            Call::Divide | Call::IntegerDivide | Call::Modulo => self.division(kind, call, &a),
            Call::Negate => format!("(- {})", a[0]),
            Call::Round | Call::Truncate | Call::Ceiling | Call::Floor | Call::Absolute | Call::Sign => {
                self.rounding(kind, call, arguments, &a)
            }
            Call::Least | Call::Greatest => self.extreme(kind, call, a),
            Call::Coalesce if a.len() == 1 => a.concat(),
            Call::Coalesce => format!("coalesce({})", a.join(", ")),
            Call::Concat if a.len() == 1 => a.concat(),
            Call::Concat => format!("({})", a.join(" || ")),
            Call::ConcatWs => format!("concat_ws({})", a.join(", ")),
            Call::Lower if self.sqlite() => format!("fb_lower({})", a[0]),
            Call::Lower => format!("lower({})", a[0]),
            Call::Upper if self.sqlite() => format!("fb_upper({})", a[0]),
            Call::Upper => format!("upper({})", a[0]),
            Call::Trim if self.sqlite() => format!("trim({})", a.join(", ")),
            Call::Trim => format!("btrim({})", a.join(", ")),
            Call::TrimStart => format!("ltrim({})", a.join(", ")),
            Call::TrimEnd => format!("rtrim({})", a.join(", ")),
            Call::ByteLength => self.whole(format!("octet_length({})", a[0])),
            Call::CharLength => self.whole(format!("length({})", a[0])),
            Call::Locate if self.sqlite() => format!("instr(lower({}), lower({}))", a[1], a[0]),
            Call::Locate => self.whole(format!("strpos({}, {})", fold(&a[1]), fold(&a[0]))),
            Call::Substring => format!("fb_substring({})", a.join(", ")),
            Call::Left => format!("fb_left({})", a.join(", ")),
            Call::Right => format!("fb_right({})", a.join(", ")),
            Call::Replace => format!("replace({})", a.join(", ")),
            Call::PadLeft => format!("fb_pad_left({})", a.join(", ")),
            Call::PadRight => format!("fb_pad_right({})", a.join(", ")),
            Call::Format if self.sqlite() => format!("fb_format({}, {})", a[0], a[1]),
            Call::Format => format!("fb_format(CAST({} AS numeric), {})", a[0], a[1]),
            Call::DateAdd | Call::DateDiff | Call::TimestampDiff | Call::DatePart | Call::LastDay => {
                self.date(kind, call, arguments, &a)
            }
            Call::DateFormat => match &arguments[1].shape {
                Shape::Text(pattern) if !self.sqlite() => {
                    format!("fb_date_format({}, {})", a[0], super::literal(&dates::to_char(pattern)))
                }
                _ => format!("fb_date_format({}, {})", a[0], a[1]),
            },
            Call::JsonObject if self.sqlite() => format!("fb_json_object({})", a.join(", ")),
            Call::JsonArray if self.sqlite() => format!("fb_json_array({})", a.join(", ")),
            Call::JsonObject => format!("CAST(jsonb_build_object({}) AS text)", a.join(", ")),
            Call::JsonArray => format!("CAST(jsonb_build_array({}) AS text)", a.join(", ")),
            Call::JsonExtract if self.sqlite() => format!("fb_json_extract({})", a.join(", ")),
            Call::JsonExtract => {
                let steps = a[1..].join(", ");
                format!("CAST(CAST({} AS jsonb) #> CAST(ARRAY[{steps}] AS text[]) AS text)", a[0])
            }
            Call::JsonUnquote => format!("fb_json_unquote({})", a[0]),
            Call::JsonFragment => self.json_fragment(&arguments[0], &a[0]),
            Call::GroupText if self.sqlite() => format!("min({} COLLATE BINARY)", a[0]),
            Call::GroupText => format!("min({} COLLATE \"C\")", a[0]),
        }
    }

    /// PostgreSQL counts in `integer`; numbers here are `bigint`.
    fn whole(&self, sql: String) -> String {
        if self.sqlite() { sql } else { format!("CAST({sql} AS bigint)") }
    }

    fn arithmetic(&self, kind: Kind, call: Call, a: &[String]) -> String {
        let (word, sign) = match call {
            Call::Add => ("add", "+"),
            Call::Subtract => ("subtract", "-"),
            _ => ("multiply", "*"),
        };
        match (self.sqlite(), kind) {
            (true, Kind::Int) => format!("fb_integer_{word}({}, {})", a[0], a[1]),
            (true, kind) => format!("fb_{word}({}, {}, {})", a[0], a[1], scale(kind)),
            (false, Kind::Number) => format!("fb_inexact({} {sign} {})", a[0], a[1]),
            (false, _) => format!("({} {sign} {})", a[0], a[1]),
        }
    }

    fn division(&self, kind: Kind, call: Call, a: &[String]) -> String {
        let (left, right) = (&a[0], &a[1]);
        if self.sqlite() {
            return match (call, kind) {
                (Call::IntegerDivide, _) => format!("fb_integer_divide({left}, {right})"),
                (Call::Modulo, Kind::Int) => format!("({left} % {right})"),
                (Call::Modulo, kind) => format!("fb_modulo({left}, {right}, {})", scale(kind)),
                (_, kind) => format!("fb_divide({left}, {right}, {})", scale(kind)),
            };
        }
        let exact = format!("CAST({left} AS numeric)");
        let divisor = format!("NULLIF(CAST({right} AS numeric), 0)");
        match (call, kind) {
            (Call::IntegerDivide, _) => format!("CAST(div({exact}, {divisor}) AS bigint)"),
            (Call::Modulo, Kind::Int) => format!("({left} % NULLIF({right}, 0))"),
            (Call::Modulo, Kind::Number) => format!("fb_inexact({exact} % {divisor})"),
            (Call::Modulo, _) => format!("({exact} % {divisor})"),
            (_, Kind::Number) => format!("fb_inexact({exact} / {divisor})"),
            (_, kind) => format!("round({exact} / {divisor}, {})", scale(kind)),
        }
    }

    fn rounding(&self, kind: Kind, call: Call, arguments: &[Node], a: &[String]) -> String {
        let whole = |sql: String| match (self.sqlite(), kind) {
            (true, Kind::Int) => format!("CAST({sql} AS INTEGER)"),
            (false, Kind::Int) => format!("CAST({sql} AS bigint)"),
            _ => sql,
        };
        if self.sqlite() {
            return match call {
                Call::Round => whole(format!("fb_round({}, {})", a[0], a[1])),
                Call::Truncate => whole(format!("fb_truncate({}, {})", a[0], a[1])),
                Call::Ceiling => format!("fb_ceiling({})", a[0]),
                Call::Floor => format!("fb_floor({})", a[0]),
                Call::Sign => format!("sign({})", a[0]),
                _ => format!("abs({})", a[0]),
            };
        }
        let digits = arguments.get(1).map(|digits| match digits.shape {
            Shape::Int(digits) => digits.clamp(-100, 100).to_string(),
            _ => format!("CAST({} AS integer)", a[1]),
        });
        match (call, digits) {
            (Call::Round, Some(digits)) => whole(format!("round(CAST({} AS numeric), {digits})", a[0])),
            (Call::Truncate, Some(digits)) => whole(format!("trunc(CAST({} AS numeric), {digits})", a[0])),
            (Call::Ceiling, _) => format!("CAST(ceil({}) AS bigint)", a[0]),
            (Call::Floor, _) => format!("CAST(floor({}) AS bigint)", a[0]),
            (Call::Sign, _) => format!("CAST(sign(CAST({} AS numeric)) AS bigint)", a[0]),
            _ => format!("abs({})", a[0]),
        }
    }

    /// NULL if any argument is.
    fn extreme(&self, kind: Kind, call: Call, mut a: Vec<String>) -> String {
        let least = call == Call::Least;
        if self.sqlite() {
            if kind.is_text() {
                a[0].push_str(" COLLATE NOCASE");
            }
            return format!("{}({})", if least { "min" } else { "max" }, a.join(", "));
        }
        let name = match (kind.is_text(), least) {
            (true, true) => "fb_least_text",
            (true, false) => "fb_greatest_text",
            (false, true) => "fb_least",
            (false, false) => "fb_greatest",
        };
        format!("{name}(ARRAY[{}])", a.join(", "))
    }

    fn date(&self, kind: Kind, call: Call, arguments: &[Node], a: &[String]) -> String {
        if self.sqlite() {
            let name = match call {
                Call::DateAdd => "fb_date_add",
                Call::DateDiff => "fb_date_diff",
                Call::TimestampDiff => "fb_timestamp_diff",
                Call::DatePart => "fb_date_part",
                _ => "fb_last_day",
            };
            return format!("{name}({})", a.join(", "));
        }
        match call {
            Call::DateAdd => match kind {
                Kind::Date => format!("CAST(fb_date_add(CAST({} AS timestamp), {}, {}) AS date)", a[0], a[1], a[2]),
                Kind::DateTime => format!("fb_date_add({}, {}, {})", a[0], a[1], a[2]),
                _ => format!("fb_date_add_text({}, {}, {})", a[0], a[1], a[2]),
            },
            Call::DateDiff => format!("CAST({} - {} AS bigint)", a[0], a[1]),
            Call::TimestampDiff => format!("fb_timestamp_diff({}, {}, {})", a[0], a[1], a[2]),
            Call::DatePart => {
                let part = match &arguments[0].shape {
                    Shape::Text(part) => part.as_str(),
                    _ => "",
                };
                let (field, shift) = match part {
                    "DAYOFWEEK" => ("dow", " + 1"),
                    "WEEKDAY" => ("isodow", " - 1"),
                    "DAYOFYEAR" => ("doy", ""),
                    part => (part, ""),
                };
                format!("CAST(floor(extract({field} FROM {})){shift} AS bigint)", a[1])
            }
            _ => format!(
                "CAST(date_trunc('month', CAST({} AS timestamp)) + interval '1 month' - interval '1 day' AS date)",
                a[0]
            ),
        }
    }

    /// A value inside JSON: text of JSON for SQLite, `jsonb` for PostgreSQL.
    fn json_fragment(&self, node: &Node, sql: &str) -> String {
        let (sqlite, kind) = (self.sqlite(), node.kind);
        match kind {
            Kind::Null if sqlite => "'null'".to_owned(),
            Kind::Null => "CAST('null' AS jsonb)".to_owned(),
            Kind::Bool if sqlite => format!("fb_json_boolean({sql})"),
            Kind::Json if sqlite => format!("coalesce({sql}, 'null')"),
            Kind::Json => format!("CAST({sql} AS jsonb)"),
            Kind::Int | Kind::Decimal(_) | Kind::Number if sqlite => {
                format!("coalesce({}, 'null')", self.text(sql.to_owned(), kind))
            }
            Kind::Decimal(scale) => format!("to_jsonb(round({sql}, {scale}))"),
            Kind::Number => format!("to_jsonb(trim_scale({sql}))"),
            Kind::Int | Kind::Bool => format!("to_jsonb({sql})"),
            _ if sqlite => format!("fb_json_text({})", self.text(sql.to_owned(), kind)),
            _ => format!("to_jsonb({})", self.text(sql.to_owned(), kind)),
        }
    }
}

/// What the host's functions take for "inexact".
fn scale(kind: Kind) -> i64 {
    kind.scale().map_or(-1, i64::from)
}
