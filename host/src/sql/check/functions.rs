//! The functions that authors may call, what they take and what type they give. What is not listed does not exist.

use sqlparser::ast::{self, Expr, Spanned};

use super::aggregate::aggregate;
use super::coerce::{literal_int, to};
use super::query::refused;
use super::{Checked, Checker};
use crate::sql::fault::{Place, did_you_mean};
use crate::sql::kind::{Kind, MAX_SCALE};
use crate::sql::program::{Form, Param, Source};
use crate::sql::tree::{Aggregate, Call, Comparison, Node, Shape};

/// Name, least and most arguments.
const FUNCTIONS: &[(&str, usize, usize)] = &[
    ("abs", 1, 1),
    ("adddate", 2, 2),
    ("avg", 1, 1),
    ("cast", 1, 1),
    ("ceil", 1, 1),
    ("ceiling", 1, 1),
    ("char_length", 1, 1),
    ("character_length", 1, 1),
    ("coalesce", 1, 20),
    ("concat", 1, 50),
    ("concat_ws", 2, 50),
    ("count", 1, 1),
    ("curdate", 0, 0),
    ("current_date", 0, 0),
    ("current_timestamp", 0, 0),
    ("date", 1, 1),
    ("date_add", 2, 2),
    ("date_format", 2, 2),
    ("date_sub", 2, 2),
    ("datediff", 2, 2),
    ("day", 1, 1),
    ("dayname", 1, 1),
    ("dayofmonth", 1, 1),
    ("dayofweek", 1, 1),
    ("dayofyear", 1, 1),
    ("floor", 1, 1),
    ("format", 2, 2),
    ("greatest", 2, 20),
    ("group_concat", 1, 1),
    ("hour", 1, 1),
    ("if", 3, 3),
    ("ifnull", 2, 2),
    ("instr", 2, 2),
    ("isnull", 1, 1),
    ("json_array", 0, 50),
    ("json_extract", 2, 2),
    ("json_object", 0, 50),
    ("json_unquote", 1, 1),
    ("last_day", 1, 1),
    ("lcase", 1, 1),
    ("least", 2, 20),
    ("left", 2, 2),
    ("length", 1, 1),
    ("localtime", 0, 0),
    ("localtimestamp", 0, 0),
    ("locate", 2, 2),
    ("lower", 1, 1),
    ("lpad", 3, 3),
    ("ltrim", 1, 1),
    ("max", 1, 1),
    ("mid", 3, 3),
    ("min", 1, 1),
    ("minute", 1, 1),
    ("mod", 2, 2),
    ("month", 1, 1),
    ("monthname", 1, 1),
    ("now", 0, 0),
    ("nullif", 2, 2),
    ("quarter", 1, 1),
    ("replace", 3, 3),
    ("right", 2, 2),
    ("round", 1, 2),
    ("rpad", 3, 3),
    ("rtrim", 1, 1),
    ("second", 1, 1),
    ("sign", 1, 1),
    ("subdate", 2, 2),
    ("substr", 2, 3),
    ("substring", 2, 3),
    ("sum", 1, 1),
    ("sysdate", 0, 0),
    ("timestampdiff", 3, 3),
    ("trim", 1, 1),
    ("truncate", 2, 2),
    ("ucase", 1, 1),
    ("upper", 1, 1),
    ("weekday", 1, 1),
    ("year", 1, 1),
];

impl Checker<'_> {
    pub(super) fn function(&mut self, function: &ast::Function) -> Checked<Node> {
        let (name, place) = match function.name.0.as_slice() {
            [ast::ObjectNamePart::Identifier(ident)] => (ident.value.to_ascii_lowercase(), self.place.or(ident.span)),
            _ => {
                return Err(self.place.or(function.name.span()).fault(
                    "sql-schema-refused",
                    format!("`{}` names a schema", function.name),
                    "",
                ));
            }
        };
        if function.over.is_some() {
            return Err(place.fault("sql-refused", "window functions (OVER) are not available", "Use GROUP BY."));
        }
        let plain = function.filter.is_none()
            && function.null_treatment.is_none()
            && function.within_group.is_empty()
            && !function.uses_odbc_syntax
            && matches!(function.parameters, ast::FunctionArguments::None);
        if !plain {
            return Err(refused(place, "this form of a function call"));
        }
        let empty = Vec::new();
        let (arguments, clauses, distinct) = match &function.args {
            ast::FunctionArguments::None => (&empty, &[][..], false),
            ast::FunctionArguments::Subquery(_) => return Err(refused(place, "a bare SELECT as an argument")),
            ast::FunctionArguments::List(list) => {
                (&list.args, &list.clauses[..], list.duplicate_treatment == Some(ast::DuplicateTreatment::Distinct))
            }
        };
        if let (
            "count",
            [
                ast::FunctionArg::Unnamed(
                    ast::FunctionArgExpr::Wildcard | ast::FunctionArgExpr::WildcardWithOptions(_),
                ),
            ],
        ) = (name.as_str(), arguments.as_slice())
            && !distinct
        {
            self.aggregate_place("COUNT(*)", place)?;
            return Ok(aggregate(Kind::Int, Aggregate::Count, false, None));
        }
        let mut expressions = Vec::with_capacity(arguments.len());
        for argument in arguments {
            match argument {
                ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) => expressions.push(expr),
                _ => return Err(refused(place, "this form of an argument")),
            }
        }
        if distinct && !matches!(name.as_str(), "count" | "sum" | "avg" | "min" | "max") {
            return Err(refused(place, "DISTINCT here"));
        }
        if distinct {
            self.arity(&name, expressions.len(), place)?;
            return self.aggregate(&name, true, clauses, expressions[0], place);
        }
        self.call(&name, place, clauses.iter().collect(), &expressions)
    }

    fn arity(&self, name: &str, given: usize, place: Place) -> Checked<()> {
        let Some((_, least, most)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
            return Err(place.fault(
                "sql-function-unknown",
                format!("there is no function {}", name.to_ascii_uppercase()),
                did_you_mean(name, FUNCTIONS.iter().map(|(known, ..)| *known)),
            ));
        };
        if (*least..=*most).contains(&given) {
            return Ok(());
        }
        let wanted = match (least, most) {
            (least, most) if least == most => least.to_string(),
            (least, most) => format!("{least} to {most}"),
        };
        Err(place.fault(
            "sql-argument-count",
            format!("{} takes {wanted} arguments, not {given}", name.to_ascii_uppercase()),
            "",
        ))
    }

    pub(super) fn call(
        &mut self,
        name: &str,
        place: Place,
        clauses: Vec<&ast::FunctionArgumentClause>,
        arguments: &[&Expr],
    ) -> Checked<Node> {
        let name = name.to_ascii_lowercase();
        self.arity(&name, arguments.len(), place)?;
        if matches!(name.as_str(), "count" | "sum" | "avg" | "min" | "max" | "group_concat") {
            let clauses: Vec<_> = clauses.into_iter().cloned().collect();
            return self.aggregate(&name, false, &clauses, arguments[0], place);
        }
        if !clauses.is_empty() {
            return Err(refused(place, "this form of a function call"));
        }
        match name.as_str() {
            "date_add" | "date_sub" | "adddate" | "subdate" => {
                let back = name.ends_with("sub") || name.starts_with("sub");
                let time = self.expression(arguments[0])?;
                return match arguments[1] {
                    Expr::Interval(interval) => self.shift(time, interval, back, place),
                    days if name.ends_with("date") => {
                        let days = self.expression(days)?;
                        self.shift_by(time, days, "DAY", back, place)
                    }
                    other => Err(place.or(other.span()).fault(
                        "sql-interval",
                        format!("{} takes an INTERVAL", name.to_ascii_uppercase()),
                        "Write INTERVAL 3 DAY.",
                    )),
                };
            }
            "timestampdiff" => {
                let Expr::Identifier(unit) = arguments[0] else {
                    return Err(place.fault(
                        "sql-interval",
                        "TIMESTAMPDIFF begins with a unit",
                        "Write TIMESTAMPDIFF(DAY, a, b).",
                    ));
                };
                let (unit, factor) = self.unit(&unit.value, place.or(unit.span))?;
                let (from, until) = (self.expression(arguments[1])?, self.expression(arguments[2])?);
                let (from, until) = (self.datetime(from, place)?, self.datetime(until, place)?);
                let node = Node::call(Kind::Int, Call::TimestampDiff, vec![Node::text(unit), from, until]);
                return match factor {
                    1 => Ok(node),
                    factor => self.arithmetic(Call::IntegerDivide, node, Node::int(factor), place),
                };
            }
            _ => {}
        }
        let mut nodes = Vec::with_capacity(arguments.len());
        for argument in arguments {
            nodes.push(self.expression(argument)?);
        }
        self.apply(&name, nodes, arguments, place)
    }

    fn apply(&mut self, name: &str, mut nodes: Vec<Node>, arguments: &[&Expr], place: Place) -> Checked<Node> {
        match name {
            "now" | "current_timestamp" | "localtime" | "localtimestamp" | "sysdate" => {
                Ok(bound(Kind::DateTime, Source::Now, Form::DateTime))
            }
            "curdate" | "current_date" => Ok(bound(Kind::Date, Source::Today, Form::Date)),
            "if" => {
                let [condition, yes, no] = take(nodes);
                let condition = self.condition(condition, place)?;
                self.branches(vec![(condition, yes)], Some(no), place)
            }
            "ifnull" | "coalesce" => {
                let kind = nodes.iter().map(|node| node.kind).fold(Kind::Null, Kind::merge);
                let nodes = self.all_to(nodes, settled(kind), place)?;
                Ok(Node::call(settled(kind), Call::Coalesce, nodes))
            }
            "nullif" => {
                let [value, other] = take(nodes);
                let again = self.copy(&value, place)?;
                let same = self.compare(Comparison::Equal, value, other, place)?;
                let again = self.value(again);
                let null = Node::new(again.kind, Shape::Null);
                Ok(Node::new(again.kind, Shape::Case(vec![(same, null)], Some(Box::new(again)))))
            }
            "isnull" => Ok(Node::bool(Shape::IsNull(Box::new(self.value(nodes.remove(0)))))),
            "least" | "greatest" => {
                let kind = nodes.iter().map(|node| node.kind).fold(Kind::Null, Kind::merge);
                let nodes = self.all_to(nodes, settled(kind), place)?;
                let call = if name == "least" { Call::Least } else { Call::Greatest };
                Ok(Node::call(settled(kind), call, nodes))
            }
            "round" | "truncate" => self.round(name, nodes, place),
            "ceil" | "ceiling" | "floor" => {
                let number = self.number(nodes.remove(0), place)?;
                let call = if name == "floor" { Call::Floor } else { Call::Ceiling };
                Ok(if number.kind == Kind::Int { number } else { Node::call(Kind::Int, call, vec![number]) })
            }
            "abs" => {
                let number = self.number(nodes.remove(0), place)?;
                Ok(Node::call(number.kind, Call::Absolute, vec![number]))
            }
            "sign" => {
                let number = self.number(nodes.remove(0), place)?;
                Ok(Node::call(Kind::Int, Call::Sign, vec![number]))
            }
            "mod" => {
                let [left, right] = take(nodes);
                self.arithmetic(Call::Modulo, left, right, place)
            }
            "format" => {
                let [number, digits] = take(nodes);
                let (number, digits) = (self.number(number, place)?, self.integer(digits, place)?);
                Ok(Node::call(Kind::Text, Call::Format, vec![number, digits]))
            }
            "concat" => self.texts(Call::Concat, nodes, place),
            "concat_ws" => self.texts(Call::ConcatWs, nodes, place),
            "lower" | "lcase" => self.texts(Call::Lower, nodes, place),
            "upper" | "ucase" => self.texts(Call::Upper, nodes, place),
            "trim" => self.texts(Call::Trim, nodes, place),
            "ltrim" => self.texts(Call::TrimStart, nodes, place),
            "rtrim" => self.texts(Call::TrimEnd, nodes, place),
            "replace" => self.texts(Call::Replace, nodes, place),
            "length" => Ok(Node { kind: Kind::Int, ..self.texts(Call::ByteLength, nodes, place)? }),
            "char_length" | "character_length" => {
                Ok(Node { kind: Kind::Int, ..self.texts(Call::CharLength, nodes, place)? })
            }
            "instr" => {
                nodes.swap(0, 1);
                Ok(Node { kind: Kind::Int, ..self.texts(Call::Locate, nodes, place)? })
            }
            "locate" => Ok(Node { kind: Kind::Int, ..self.texts(Call::Locate, nodes, place)? }),
            "left" | "right" => {
                let [text, length] = take(nodes);
                let (text, length) = (self.text(text, place)?, self.integer(length, place)?);
                let call = if name == "left" { Call::Left } else { Call::Right };
                Ok(Node::call(Kind::Text, call, vec![text, length]))
            }
            "substr" | "substring" | "mid" => {
                let mut nodes = nodes.into_iter();
                let mut list = Vec::new();
                if let Some(text) = nodes.next() {
                    list.push(self.text(text, place)?);
                }
                for number in nodes {
                    list.push(self.integer(number, place)?);
                }
                if list.len() == 2 {
                    list.push(Node::int(1_000_000_000));
                }
                Ok(Node::call(Kind::Text, Call::Substring, list))
            }
            "lpad" | "rpad" => {
                let [text, length, pad] = take(nodes);
                let (text, length, pad) =
                    (self.text(text, place)?, self.integer(length, place)?, self.text(pad, place)?);
                let call = if name == "lpad" { Call::PadLeft } else { Call::PadRight };
                Ok(Node::call(Kind::Text, call, vec![text, length, pad]))
            }
            "date" => {
                let node = self.time_or_null(nodes.remove(0), Kind::Date, place)?;
                Ok(to(node, Kind::Date))
            }
            "last_day" => {
                let node = self.time_or_null(nodes.remove(0), Kind::Date, place)?;
                Ok(Node::call(Kind::Date, Call::LastDay, vec![to(node, Kind::Date)]))
            }
            "datediff" => {
                let [until, from] = take(nodes);
                let until = to(self.time_or_null(until, Kind::Date, place)?, Kind::Date);
                let from = to(self.time_or_null(from, Kind::Date, place)?, Kind::Date);
                Ok(Node::call(Kind::Int, Call::DateDiff, vec![until, from]))
            }
            "year" | "month" | "day" | "dayofmonth" | "dayofweek" | "dayofyear" | "weekday" | "quarter" | "hour"
            | "minute" | "second" => {
                let part = if name == "dayofmonth" { "DAY".to_owned() } else { name.to_ascii_uppercase() };
                let time = self.datetime_or_null(nodes.remove(0), place)?;
                Ok(Node::call(Kind::Int, Call::DatePart, vec![Node::text(part), time]))
            }
            "dayname" | "monthname" => {
                let pattern = if name == "dayname" { "%W" } else { "%M" };
                let time = self.datetime_or_null(nodes.remove(0), place)?;
                Ok(Node::call(Kind::Text, Call::DateFormat, vec![time, Node::text(pattern)]))
            }
            "date_format" => {
                let [time, pattern] = take(nodes);
                let time = self.datetime_or_null(time, place)?;
                let Shape::Text(text) = &pattern.shape else {
                    return Err(place.or(arguments[1].span()).fault(
                        "sql-date-format",
                        "the pattern of DATE_FORMAT is a literal",
                        "Write DATE_FORMAT(date, '%d %M %Y').",
                    ));
                };
                if let Some(code) = crate::sql::emit::unknown_date_code(text) {
                    return Err(place.or(arguments[1].span()).fault(
                        "sql-date-format",
                        format!("DATE_FORMAT has no code {code}"),
                        "Available: %Y %y %m %c %M %b %d %e %D %j %H %k %h %I %l %i %s %S %p %T %r %W %a %%.",
                    ));
                }
                Ok(Node::call(Kind::Text, Call::DateFormat, vec![time, pattern]))
            }
            "json_object" | "json_array" => self.json(name, nodes, place),
            "json_extract" => {
                let Expr::Value(path) = arguments[1] else {
                    return Err(refused(place.or(arguments[1].span()), "a JSON path that is not a literal"));
                };
                self.json_extract(nodes.remove(0), path, place)
            }
            "json_unquote" => {
                let text = self.text(nodes.remove(0), place)?;
                Ok(Node::call(Kind::Text, Call::JsonUnquote, vec![text]))
            }
            _ => Err(place.fault("sql-function-unknown", format!("there is no function {name}"), "")),
        }
    }

    fn round(&mut self, name: &str, mut nodes: Vec<Node>, place: Place) -> Checked<Node> {
        let digits = if nodes.len() == 2 { self.integer(nodes.remove(1), place)? } else { Node::int(0) };
        let number = self.number(nodes.remove(0), place)?;
        let call = if name == "round" { Call::Round } else { Call::Truncate };
        let kind = match (number.kind, literal_int(&digits)) {
            (Kind::Int, _) => Kind::Int,
            (_, Some(digits)) => Kind::Decimal(u8::try_from(digits.clamp(0, i64::from(MAX_SCALE))).unwrap_or(0)),
            (kind, None) => kind,
        };
        Ok(Node::call(kind, call, vec![number, digits]))
    }

    fn json(&mut self, name: &str, nodes: Vec<Node>, place: Place) -> Checked<Node> {
        let object = name == "json_object";
        if object && !nodes.len().is_multiple_of(2) {
            return Err(place.fault("sql-argument-count", "JSON_OBJECT takes names and values in turn", ""));
        }
        let mut parts = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.into_iter().enumerate() {
            if object && index % 2 == 0 {
                if node.kind == Kind::Null {
                    return Err(place.fault("sql-type", "a name in JSON_OBJECT cannot be NULL", ""));
                }
                parts.push(self.text(node, place)?);
                continue;
            }
            parts.push(match node.shape {
                Shape::Bound(param) if node.kind == Kind::Free => {
                    Node::new(Kind::Json, Shape::Bound(Param { form: Form::Json, ..param }))
                }
                _ => Node::call(Kind::Json, Call::JsonFragment, vec![node]),
            });
        }
        let call = if object { Call::JsonObject } else { Call::JsonArray };
        Ok(Node::call(Kind::Json, call, parts))
    }

    pub(super) fn json_extract(&mut self, document: Node, path: &ast::ValueWithSpan, place: Place) -> Checked<Node> {
        let at = place.or(path.span);
        let steps = match &path.value {
            ast::Value::SingleQuotedString(text) | ast::Value::DoubleQuotedString(text) => json_path(text),
            _ => None,
        };
        let Some(steps) = steps else {
            return Err(at.fault(
                "sql-json-path",
                "not a JSON path that is available",
                "Write '$.name', '$.name.inner' or '$.list[0]'.",
            ));
        };
        let document = self.text(document, place)?;
        let mut nodes = vec![document];
        nodes.extend(steps.into_iter().map(Node::text));
        Ok(Node::call(Kind::Json, Call::JsonExtract, nodes))
    }

    fn texts(&mut self, call: Call, nodes: Vec<Node>, place: Place) -> Checked<Node> {
        let nodes = nodes.into_iter().map(|node| self.text(node, place)).collect::<Checked<Vec<Node>>>()?;
        Ok(Node::call(Kind::Text, call, nodes))
    }

    fn all_to(&mut self, nodes: Vec<Node>, kind: Kind, place: Place) -> Checked<Vec<Node>> {
        nodes.into_iter().map(|node| self.convert(node, kind, place)).collect()
    }

    /// A whole number; fractions are rounded as MySQL does.
    pub(super) fn integer(&mut self, node: Node, place: Place) -> Checked<Node> {
        match node.kind {
            Kind::Int => Ok(node),
            Kind::Free | Kind::Null | Kind::Bool => self.convert(node, Kind::Int, place),
            _ => {
                let number = self.number(node, place)?;
                let rounded = Node::call(Kind::Decimal(0), Call::Round, vec![number, Node::int(0)]);
                Ok(to(rounded, Kind::Int))
            }
        }
    }
}

fn bound(kind: Kind, source: Source, form: Form) -> Node {
    Node::new(kind, Shape::Bound(Param { source, form }))
}

/// The arguments whose number `arity` has settled.
fn take<const N: usize>(nodes: Vec<Node>) -> [Node; N] {
    let mut nodes = nodes.into_iter();
    std::array::from_fn(|_| nodes.next().unwrap_or_else(Node::null))
}

fn settled(kind: Kind) -> Kind {
    match kind {
        Kind::Null | Kind::Free => Kind::Text,
        Kind::Bool => Kind::Int,
        kind => kind,
    }
}

/// `$.name.inner[0]` as its steps.
fn json_path(path: &str) -> Option<Vec<String>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let name = &after[..end];
            if name.is_empty() || !name.chars().all(|ch| ch.is_alphanumeric() || ch == '_') {
                return None;
            }
            steps.push(name.to_owned());
            rest = &after[end..];
        } else {
            let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
            steps.push(index.parse::<u32>().ok()?.to_string());
            rest = after;
        }
    }
    (steps.len() <= 16).then_some(steps)
}
