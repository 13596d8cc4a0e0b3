//! What a filter says: conditions on the fields of a product, joined by and, or, not.
//!
//! It is read from a text (`expr_parse.rs`), which is the only way to make one, so its limits
//! always hold. How it is tested is in `expr_test.rs`.

use engine_core::{CollectionId, Currency};

use crate::expr_parse;
use crate::number::Number;

/// The longest text of a filter, in characters.
pub const FILTER_CHARS_MAX: usize = 1_000;
/// The most conditions in one filter; each value of an `IN` counts.
pub const FILTER_CONDITIONS_MAX: usize = 100;
/// How deep parentheses and `NOT` may be nested.
pub const FILTER_DEPTH_MAX: usize = 16;

/// A filter that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expr {
    text: String,
    pub(crate) node: Node,
}

/// Where a filter is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: expected {expected}, found {found}")]
pub struct ExprError {
    /// The character where it goes wrong; the first is 1.
    pub at: usize,
    /// What could be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Is(Condition),
}

/// A condition on one field. Ranges include their bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    Collection(CollectionId),
    /// In any case.
    Brand(String),
    Currency(Currency),
    InStock,
    Whole(WholeField, Option<i64>, Option<i64>),
    /// In any case.
    Attribute(String, String),
    AttributeNumber(String, Option<Number>, Option<Number>),
}

/// A field that is a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WholeField {
    /// Minor units of whatever currency.
    Price,
    Available,
    CreatedAt,
}

impl Expr {
    /// Understands a filter, e.g. `brand = "Acme" AND price <= 5000`.
    pub fn parse(text: &str) -> Result<Self, ExprError> {
        Ok(Self { text: text.to_owned(), node: expr_parse::parse(text)? })
    }

    /// The text it was made from.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What must all hold.
    pub(crate) fn parts(&self) -> &[Node] {
        match &self.node {
            Node::All(parts) => parts,
            node => std::slice::from_ref(node),
        }
    }
}

impl Node {
    /// Calls with each condition.
    pub(crate) fn visit<'a>(&'a self, visitor: &mut dyn FnMut(&'a Condition)) {
        match self {
            Self::All(nodes) | Self::Any(nodes) => {
                nodes.iter().for_each(|node| node.visit(visitor));
            }
            Self::Not(node) => node.visit(visitor),
            Self::Is(condition) => visitor(condition),
        }
    }
}
