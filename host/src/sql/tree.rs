//! A checked statement: names resolved, types known, and able to say only what is allowed. What is not in these types
//! cannot be written out, whatever the parser accepts.

use rust_decimal::Decimal;

use super::catalog::ColumnType;
use super::kind::Kind;
use super::program::{OutputColumn, Param};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub kind: Kind,
    pub shape: Shape,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Null,
    Text(String),
    Int(i64),
    Decimal(Decimal),
    Bool(bool),
    /// A literal that has become a date or datetime, in the one spelling.
    Time(String),
    Bound(Param),
    Column {
        relation: String,
        column: String,
        /// An identifier of the host's: compares letter by letter, so that the host's indexes serve.
        exact: bool,
    },
    /// Column of the rows that a UNION or DISTINCT makes, for its ORDER BY.
    Output(usize),
    Call(Call, Vec<Node>),
    /// To the node's own kind, as MySQL converts in expressions.
    Convert(Box<Node>),
    /// To a column's type, as MySQL's strict mode converts on writing: an error where it does not fit.
    Store(Box<Node>, ColumnType),
    Compare(Comparison, Collation, Box<Node>, Box<Node>),
    In {
        value: Box<Node>,
        items: Items,
        collation: Collation,
    },
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    IsNull(Box<Node>),
    Case(Vec<(Node, Node)>, Option<Box<Node>>),
    Scalar(Box<Query>),
    Exists(Box<Query>),
    Aggregate {
        function: Aggregate,
        distinct: bool,
        /// None is `COUNT(*)`.
        argument: Option<Box<Node>>,
        order: Vec<Order>,
        separator: String,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Items {
    List(Vec<Node>),
    Query(Box<Query>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    NullSafe,
    Like,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Collation {
    /// Not text.
    None,
    /// ASCII letters of either case are one.
    Folded,
    Exact,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    GroupConcat,
}

/// Functions and operators that are not comparisons. What they take is settled before a node is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Add,
    Subtract,
    Multiply,
    Divide,
    IntegerDivide,
    Modulo,
    Negate,
    Round,
    Truncate,
    Ceiling,
    Floor,
    Absolute,
    Sign,
    Least,
    Greatest,
    Coalesce,
    Concat,
    ConcatWs,
    Lower,
    Upper,
    Trim,
    TrimStart,
    TrimEnd,
    ByteLength,
    CharLength,
    Substring,
    Left,
    Right,
    Replace,
    PadLeft,
    PadRight,
    Locate,
    Format,
    /// The second argument is one of `YEAR MONTH DAY HOUR MINUTE SECOND`, as a literal.
    DateAdd,
    DateDiff,
    TimestampDiff,
    DatePart,
    LastDay,
    DateFormat,
    JsonObject,
    JsonArray,
    JsonExtract,
    JsonUnquote,
    /// The value as a piece of JSON text.
    JsonFragment,
    /// The one spelling that stands for a group of texts that differ in case only.
    GroupText,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Order {
    pub node: Node,
    pub descending: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Query {
    pub named: Vec<(String, Query)>,
    pub body: Body,
    pub order: Vec<Order>,
    pub limit: Option<Node>,
    pub offset: Option<Node>,
    pub columns: Vec<OutputColumn>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    Select(Box<Select>),
    /// The first arm's flag says nothing; the others' say whether they are added with `ALL`.
    Union(Vec<(bool, Query)>),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Select {
    pub distinct: bool,
    pub items: Vec<(Node, String)>,
    pub from: Vec<Joined>,
    pub filter: Option<Node>,
    pub group: Vec<Node>,
    pub having: Option<Node>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Joined {
    pub first: Factor,
    pub joins: Vec<(JoinKind, Factor, Option<Node>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JoinKind {
    Inner,
    Left,
    Right,
    Cross,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Factor {
    pub alias: String,
    pub source: Source,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    /// A table, view, temporary table or name of a WITH.
    Named(String),
    Derived(Box<Query>),
}

/// What a statement comes to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Statement {
    Query(Query),
    Insert { table: String, columns: Vec<String>, source: Query },
    Update { target: Factor, set: Vec<(String, Node)>, from: Vec<Factor>, filter: Option<Node> },
    Delete { target: Factor, filter: Option<Node> },
}

impl Node {
    pub fn new(kind: Kind, shape: Shape) -> Self {
        Node { kind, shape }
    }

    pub fn null() -> Self {
        Node::new(Kind::Null, Shape::Null)
    }

    pub fn text(text: impl Into<String>) -> Self {
        Node::new(Kind::Text, Shape::Text(text.into()))
    }

    pub fn int(number: i64) -> Self {
        Node::new(Kind::Int, Shape::Int(number))
    }

    pub fn call(kind: Kind, call: Call, arguments: Vec<Node>) -> Self {
        Node::new(kind, Shape::Call(call, arguments))
    }

    pub fn bool(shape: Shape) -> Self {
        Node::new(Kind::Bool, shape)
    }

    pub fn negated(self, negated: bool) -> Self {
        if negated { Node::bool(Shape::Not(Box::new(self))) } else { self }
    }

    /// The nodes directly below, without those inside subqueries.
    pub fn children(&self) -> Vec<&Node> {
        match &self.shape {
            Shape::Call(_, nodes) | Shape::All(nodes) | Shape::Any(nodes) => nodes.iter().collect(),
            Shape::Convert(node) | Shape::Store(node, _) | Shape::Not(node) | Shape::IsNull(node) => vec![node],
            Shape::Compare(_, _, left, right) => vec![left, right],
            Shape::In { value, items, .. } => match items {
                Items::List(items) => std::iter::once(&**value).chain(items).collect(),
                Items::Query(_) => vec![value],
            },
            Shape::Case(branches, otherwise) => {
                branches.iter().flat_map(|(condition, value)| [condition, value]).chain(otherwise.as_deref()).collect()
            }
            Shape::Aggregate { argument, order, .. } => {
                argument.as_deref().into_iter().chain(order.iter().map(|order| &order.node)).collect()
            }
            _ => Vec::new(),
        }
    }

    pub fn children_mut(&mut self) -> Vec<&mut Node> {
        match &mut self.shape {
            Shape::Call(_, nodes) | Shape::All(nodes) | Shape::Any(nodes) => nodes.iter_mut().collect(),
            Shape::Convert(node) | Shape::Store(node, _) | Shape::Not(node) | Shape::IsNull(node) => vec![node],
            Shape::Compare(_, _, left, right) => vec![left, right],
            Shape::In { value, items, .. } => match items {
                Items::List(items) => std::iter::once(&mut **value).chain(items).collect(),
                Items::Query(_) => vec![value],
            },
            Shape::Case(branches, otherwise) => branches
                .iter_mut()
                .flat_map(|(condition, value)| [condition, value])
                .chain(otherwise.as_deref_mut())
                .collect(),
            _ => Vec::new(),
        }
    }

    /// How many nodes there are, without those inside subqueries.
    pub fn size(&self) -> usize {
        1 + self.children().into_iter().map(Node::size).sum::<usize>()
    }

    pub fn has_aggregate(&self) -> bool {
        matches!(self.shape, Shape::Aggregate { .. }) || self.children().into_iter().any(Node::has_aggregate)
    }
}
