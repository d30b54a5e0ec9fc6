//! Reads `data/*.csv`: the first rows of the tenant's own tables, each cell checked against its column.
//!
//! Rows go into a table when a publication finds it empty, and never again: what debtors and agents have changed since
//! is not overwritten. Dates may be written relative to that day (`today+5`), so that a demo never goes stale.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;

use crate::clock::Moment;
use crate::fault::Fault;
use crate::located::Spot;
use crate::sql::ColumnType;
use crate::store::Value;

use super::fields::{Faults, did_you_mean, list, shorten};
use super::load::{Bundle, Files, type_name};
use super::tables::{ColumnDefinition, Definition};

const MAX_ROWS: usize = 50_000;
/// Faults of one file after which the rest is not worth reading.
const MAX_FAULTS: usize = 50;
/// Relative dates reach so far.
const MAX_DAYS: i64 = 36_500;

/// The first rows of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSet {
    pub file: String,
    /// Lower case, in the order of the file.
    pub columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Cell {
    Value(Value),
    /// `today+5`
    Day(i64),
    /// `today+5 14:30:00`
    DayTime(i64, jiff::civil::Time),
}

impl DataSet {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows, relative dates counted from `now` in the tenant's zone.
    pub fn rows(&self, now: &Moment) -> impl Iterator<Item = Vec<Value>> {
        let today = now.local().date();
        self.rows.iter().map(move |row| {
            let day = |days: i64| today.saturating_add(days.days());
            row.iter()
                .map(|cell| match cell {
                    Cell::Value(value) => value.clone(),
                    Cell::Day(days) => Value::Text(day(*days).to_string()),
                    Cell::DayTime(days, time) => Value::Text(datetime(day(*days).to_datetime(*time))),
                })
                .collect()
        })
    }
}

/// Reads every `data/*.csv` into the bundle, whose tables are known by now.
pub(super) fn load(files: &Files, bundle: &mut Bundle, faults: &mut Vec<Fault>) {
    for (path, bytes) in files {
        let Some(name) = path.strip_prefix("data/").and_then(|name| name.strip_suffix(".csv")) else { continue };
        let mut found = Faults::new(path);
        let table = name.to_ascii_lowercase();
        match bundle.tables.get(&table) {
            Some(definition) if definition.view.is_some() => {
                let hint = "put the rows into the tables that the view reads";
                found.error("data-table-unknown", (0, 0), format!("`{table}` is a view and holds no rows"), hint);
            }
            Some(definition) => {
                if let Some(set) = read(bytes, definition, &mut found) {
                    bundle.data.insert(table, set);
                }
            }
            None => {
                let hint = did_you_mean(&table, bundle.tables.keys().map(String::as_str))
                    .unwrap_or_else(|| format!("define it in tables/{table}.yaml; the file is named after its table"));
                found.error("data-table-unknown", (0, 0), format!("there is no table `{table}`"), hint);
            }
        }
        faults.append(&mut found.list);
    }
}

fn read(bytes: &[u8], definition: &Definition, faults: &mut Faults) -> Option<DataSet> {
    let Ok(source) = std::str::from_utf8(bytes) else {
        faults.error("file-encoding", (0, 0), "the file is not UTF-8", "save it as UTF-8");
        return None;
    };
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(source.as_bytes());
    let mut records = reader.records();
    let header = match records.next() {
        Some(Ok(header)) => header,
        _ => {
            faults.error("data-header", (1, 1), "the file is empty", "its first line names the columns");
            return None;
        }
    };
    let columns = read_header(&header, source, definition, faults)?;
    let mut set = DataSet {
        file: faults.file.clone(),
        columns: columns.iter().map(|column| column.name.clone()).collect(),
        rows: Vec::new(),
    };
    let mut keys: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    let key: Vec<usize> =
        definition.key.iter().filter_map(|name| set.columns.iter().position(|column| column == name)).collect();
    let records: Vec<csv::StringRecord> = records.filter_map(Result::ok).collect();
    for record in &records {
        let place = record.position().map(|position| (position.line() as usize, position.byte() as usize));
        let (line, byte) = place.unwrap_or((1, 0));
        let raw = source.get(byte..).unwrap_or_default();
        if faults.list.len() >= MAX_FAULTS || set.rows.len() >= MAX_ROWS {
            let hint = if set.rows.len() >= MAX_ROWS { "load large tables through SQL" } else { "correct these first" };
            faults.error("data-too-much", (line, 1), "the rest of the file was not read", hint);
            break;
        }
        if record.len() != columns.len() {
            let message = format!("this row has {} values, the first line names {}", record.len(), columns.len());
            faults.error("data-width", (line, 1), message, "put values that contain a comma in double quotes");
            continue;
        }
        let mut row = Vec::with_capacity(columns.len());
        for (index, (text, column)) in record.iter().zip(&columns).enumerate() {
            match cell(text, column) {
                Ok(cell) => row.push(cell),
                Err((code, message, hint)) => {
                    faults.error(code, (line, field_column(raw, index)), message, hint);
                }
            }
        }
        if !key.is_empty() {
            // Keys ignore case, as the stores do.
            let value: Vec<String> = key.iter().filter_map(|index| record.get(*index)).map(str::to_lowercase).collect();
            if let Some(first) = keys.insert(value.clone(), line) {
                let message = format!("the key `{}` stands in line {first} already", value.join("`, `"));
                let at: Spot = (line, field_column(raw, key[0]));
                faults.error("data-key-duplicate", at, message, "the key of a table is unique");
            }
        }
        if row.len() == columns.len() {
            set.rows.push(row);
        }
    }
    Some(set)
}

/// The columns that the first line names; required ones must be among them.
fn read_header<'a>(
    header: &csv::StringRecord,
    source: &str,
    definition: &'a Definition,
    faults: &mut Faults,
) -> Option<Vec<&'a ColumnDefinition>> {
    let mut columns: Vec<&ColumnDefinition> = Vec::new();
    for (index, name) in header.iter().enumerate() {
        let at = (1, field_column(source, index));
        match definition.column(name.trim()) {
            Some(column) if columns.iter().any(|earlier| earlier.name == column.name) => {
                faults.error("data-column-duplicate", at, format!("`{name}` stands twice"), "name each column once");
            }
            Some(column) => columns.push(column),
            None => {
                let known = definition.columns.iter().map(|column| column.name.as_str());
                let hint =
                    did_you_mean(name, known.clone()).unwrap_or_else(|| format!("its columns are {}", list(known)));
                let message = format!("`{}` has no column `{name}`", definition.name);
                faults.error("data-column-unknown", at, message, hint);
            }
        }
    }
    let required =
        definition.columns.iter().filter(|column| !column.nullable && !definition.numbers_itself(&column.name));
    for column in required {
        if !columns.iter().any(|named| named.name == column.name) {
            let message = format!("`{}` is required and not among the columns", column.name);
            faults.error("data-column-missing", (1, 1), message, "add it to the first line, and a value to every row");
        }
    }
    (columns.len() == header.len()).then_some(columns)
}

/// The column, from 1, at which the field with this index begins in the record that `raw` begins with.
fn field_column(raw: &str, index: usize) -> usize {
    let (mut field, mut quoted, mut column) = (0, false, 1);
    for c in raw.chars() {
        match c {
            _ if field == index => break,
            '"' => quoted = !quoted,
            ',' if !quoted => field += 1,
            '\n' => column = 0,
            _ => {}
        }
        column += 1;
    }
    column
}

type CellFault = (&'static str, String, String);

fn cell(text: &str, column: &ColumnDefinition) -> Result<Cell, CellFault> {
    if text.is_empty() {
        return match column.nullable {
            true => Ok(Cell::Value(Value::Null)),
            false => Err(("data-required", format!("`{}` is empty", column.name), "give it a value".to_owned())),
        };
    }
    let wrong = |hint: &str| {
        let message = format!("`{}` is not of type {} (`{}`)", shorten(text), type_name(column.kind), column.name);
        ("data-type", message, hint.to_owned())
    };
    let value = match column.kind {
        ColumnType::Text => Value::Text(text.to_owned()),
        ColumnType::Integer => Value::Int(text.parse().map_err(|_| wrong("write a whole number"))?),
        ColumnType::Decimal { precision, scale } => {
            let number = Decimal::from_str(text).map_err(|_| wrong("write digits with a point: 1250.00"))?;
            let whole = number.trunc().abs().mantissa().to_string();
            let digits = if whole == "0" { 0 } else { whole.len() };
            if number.normalize().scale() > u32::from(scale) || digits > usize::from(precision - scale) {
                let hint = format!("it holds {} digits, {scale} of them behind the point", precision);
                return Err(wrong(&hint));
            }
            let mut number = number;
            number.rescale(u32::from(scale));
            Value::Decimal(number)
        }
        ColumnType::Date => {
            if let Some(days) = relative(text) {
                return Ok(Cell::Day(days));
            }
            let date: Date = text.parse().map_err(|_| wrong("write YYYY-MM-DD, or `today+5`"))?;
            Value::Text(date.to_string())
        }
        ColumnType::DateTime => {
            let hint = "write YYYY-MM-DD HH:MM:SS, or `today-3 14:30`";
            let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
            let time: jiff::civil::Time = time.parse().map_err(|_| wrong(hint))?;
            if let Some(days) = relative(day) {
                return Ok(Cell::DayTime(days, time));
            }
            let date: Date = day.parse().map_err(|_| wrong(hint))?;
            Value::Text(datetime(date.to_datetime(time)))
        }
        ColumnType::Boolean => match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "y" | "yes" => Value::Int(1),
            "0" | "false" | "n" | "no" => Value::Int(0),
            _ => return Err(wrong("write 1 or 0")),
        },
        ColumnType::Json => {
            serde_json::from_str::<serde_json::Value>(text).map_err(|error| wrong(&error.to_string()))?;
            Value::Text(text.to_owned())
        }
    };
    Ok(Cell::Value(value))
}

/// `today`, `today+5`, `today-40` as days from today.
fn relative(text: &str) -> Option<i64> {
    let days = text.strip_prefix("today")?;
    if days.is_empty() {
        return Some(0);
    }
    days.starts_with(['+', '-']).then(|| days.parse::<i64>().ok()).flatten().filter(|days| days.abs() <= MAX_DAYS)
}

fn datetime(moment: DateTime) -> String {
    moment.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn relative_dates_count_from_the_tenants_day() {
        let files = Files::from([
            ("bundle.yaml".to_owned(), b"name: x\n".to_vec()),
            (
                "tables/t.yaml".to_owned(),
                b"table: t\ncolumns: { d: date, at: datetime, amount: \"decimal(6,2)\", on: boolean }\n".to_vec(),
            ),
            ("data/t.csv".to_owned(), b"D,at,amount,on\ntoday+2,today-1 08:15,7.5,y\n2026-02-28,,-3,0\n".to_vec()),
        ]);
        let bundle = super::super::load(&files).unwrap();
        // 23:30 on 31 December in London is already the new year in Johannesburg.
        let moment = Moment::new(1_767_223_800_000, TimeZone::get("Africa/Johannesburg").unwrap());
        let rows: Vec<Vec<Value>> = bundle.data["t"].rows(&moment).collect();
        let decimal = |text: &str| Value::Decimal(Decimal::from_str(text).unwrap());
        assert_eq!(rows[0], ["2026-01-03".into(), "2025-12-31 08:15:00".into(), decimal("7.50"), Value::Int(1)]);
        assert_eq!(rows[1], ["2026-02-28".into(), Value::Null, decimal("-3.00"), Value::Int(0)]);
        assert_eq!(rows[0][2].to_string(), "7.50");
    }
}
