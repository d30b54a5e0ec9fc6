//! What a statement can be seen to answer without running it: the names of its columns, and the texts that are written
//! out as values of one of them. Lint uses it to follow routes and placeholders; whether the statement is allowed is
//! for [`crate::sql`] to say, so one that cannot be parsed simply answers nothing here.

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Query, Select, SelectItem, SetExpr, Spanned as _, Statement,
    TableFactor, Value,
};
use sqlparser::dialect::MySqlDialect;
use sqlparser::parser::Parser;

/// A query inside a text.
pub(super) struct Answer {
    /// The temporary table that it fills, in lower case.
    pub table: Option<String>,
    pub columns: Vec<Answered>,
    /// Tables of which all columns are answered (`SELECT *`), in lower case.
    pub all_of: Vec<String>,
}

/// One column of a query.
pub(super) struct Answered {
    pub name: String,
    /// Values written out in the statement, with line and column inside it.
    pub literals: Vec<(String, usize, usize)>,
}

/// The queries of `sql`, in order; none if it cannot be parsed.
pub(super) fn answers(sql: &str) -> Vec<Answer> {
    let statements = Parser::parse_sql(&MySqlDialect {}, sql).unwrap_or_default();
    statements
        .iter()
        .filter_map(|statement| match statement {
            Statement::Query(query) => Some(answer(query, None)),
            Statement::CreateTable(create) if create.temporary => {
                let name = create.name.to_string().replace('`', "").to_ascii_lowercase();
                create.query.as_deref().map(|query| answer(query, Some(name)))
            }
            _ => None,
        })
        .collect()
}

fn answer(query: &Query, table: Option<String>) -> Answer {
    let mut selects = Vec::new();
    collect_selects(&query.body, &mut selects);
    let mut answer = Answer { table, columns: Vec::new(), all_of: Vec::new() };
    for (number, select) in selects.into_iter().enumerate() {
        for (position, item) in select.projection.iter().enumerate() {
            let (name, expr) = match item {
                SelectItem::ExprWithAlias { expr, alias } => (alias.value.clone(), expr),
                SelectItem::UnnamedExpr(expr) => (column_name(expr), expr),
                _ => {
                    answer.all_of.extend(tables_of(select));
                    continue;
                }
            };
            if number == 0 {
                answer.columns.push(Answered { name, literals: Vec::new() });
            }
            // Further parts of a UNION answer the same columns by position.
            if let Some(column) = answer.columns.get_mut(position) {
                collect_literals(expr, &mut column.literals);
            }
        }
    }
    answer
}

fn collect_selects<'a>(body: &'a SetExpr, into: &mut Vec<&'a Select>) {
    match body {
        SetExpr::Select(select) => into.push(select),
        SetExpr::Query(query) => collect_selects(&query.body, into),
        SetExpr::SetOperation { left, right, .. } => {
            collect_selects(left, into);
            collect_selects(right, into);
        }
        _ => {}
    }
}

fn column_name(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(name) => name.value.clone(),
        Expr::CompoundIdentifier(parts) => parts.last().map(|part| part.value.clone()).unwrap_or_default(),
        other => other.to_string(),
    }
}

fn tables_of(select: &Select) -> impl Iterator<Item = String> {
    select
        .from
        .iter()
        .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)))
        .map(|factor| match factor {
            TableFactor::Table { name, .. } => name.to_string().replace('`', "").to_ascii_lowercase(),
            other => other.to_string(),
        })
}

/// Literals that an expression can answer: itself, the branches of CASE and IF, the arguments of IFNULL and COALESCE.
fn collect_literals(expr: &Expr, into: &mut Vec<(String, usize, usize)>) {
    match expr {
        Expr::Value(value) => {
            if let Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) | Value::Number(text, _) =
                &value.value
            {
                into.push((text.clone(), value.span.start.line as usize, value.span.start.column as usize));
            }
        }
        Expr::Nested(inner) => collect_literals(inner, into),
        Expr::Case { conditions, else_result, .. } => {
            for condition in conditions {
                collect_literals(&condition.result, into);
            }
            if let Some(result) = else_result {
                collect_literals(result, into);
            }
        }
        Expr::Function(function) => {
            let FunctionArguments::List(list) = &function.args else { return };
            let skip = match function.name.to_string().to_ascii_uppercase().as_str() {
                "IF" => 1,
                "IFNULL" | "COALESCE" => 0,
                _ => return,
            };
            for argument in list.args.iter().skip(skip) {
                if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = argument {
                    collect_literals(expr, into);
                }
            }
        }
        // MySQL writes texts in double quotes too; they may arrive as an identifier.
        Expr::Identifier(name) if name.quote_style == Some('"') => {
            let start = expr.span().start;
            into.push((name.value.clone(), start.line as usize, start.column as usize));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_written_out_values_are_seen() {
        let found = answers(
            "CREATE TEMPORARY TABLE opts AS SELECT a.balance, ROUND(balance, 2) AS full FROM accounts a WHERE x = $account_id$;\nSELECT CASE $user_input$ WHEN '1' THEN '2' -- nice\n ELSE IF(x, \"3\", NULL) END as next_page, c.* FROM customers c",
        );
        assert_eq!(found[0].table.as_deref(), Some("opts"));
        assert_eq!(found[0].columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["balance", "full"]);
        assert_eq!(found[1].columns[0].name, "next_page");
        assert_eq!(found[1].columns[0].literals, [("2".to_owned(), 2, 40), ("3".to_owned(), 3, 13)]);
        assert_eq!(found[1].all_of, ["customers"]);
        assert!(answers("SELEC nothing").is_empty());
    }
}
