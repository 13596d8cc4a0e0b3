//! Reading a filter from its text, and the names of facets.
//!
//! ```text
//! any       = all { "OR" all }
//! all       = not { "AND" not }
//! not       = "NOT" not | "(" any ")" | condition
//! condition = field ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
//!           | field value "TO" value
//!           | field [ "NOT" ] "IN" "(" value { "," value } ")"
//! field     = collection | brand | price | currency | available | in_stock | created_at
//!           | "attributes." name
//! ```
//! A value or name is a word, or a text in double quotes in which `\"` and `\\` stand for `"` and
//! `\`. AND, OR, NOT, IN and TO are the same in lower case.

use std::fmt::Display;
use std::str::FromStr as _;

use engine_core::{CollectionId, Currency};

use crate::expr::{
    Condition, ExprError, FILTER_CHARS_MAX, FILTER_CONDITIONS_MAX, FILTER_DEPTH_MAX, Node,
    WholeField,
};
use crate::expr_tokens::{Kind, Token, tokens};
use crate::number::Number;
use crate::query::FacetRequest;

const FACETS: &str = "brand, collection, price or attributes.NAME";
const FIELDS: &str = "a field: collection, brand, price, currency, available, in_stock, \
                      created_at or attributes.NAME";

pub(crate) fn parse(text: &str) -> Result<Node, ExprError> {
    let mut parser = Parser::of(text)?;
    let node = parser.any()?;
    match parser.peek().kind {
        Kind::End => Ok(node),
        _ => Err(parser.error("AND, OR or the end")),
    }
}

/// Which facets to count: fields, with commas between.
pub(crate) fn facets(text: &str) -> Result<FacetRequest, ExprError> {
    let mut parser = Parser::of(text)?;
    let mut request = FacetRequest::default();
    if matches!(parser.peek().kind, Kind::End) {
        return Ok(request);
    }
    loop {
        let at = parser.at;
        match parser.field() {
            Ok(Field::Brand) => request.brand = true,
            Ok(Field::Collection) => request.collection = true,
            Ok(Field::Whole(WholeField::Price)) => request.price = true,
            Ok(Field::Attribute(name)) => {
                if !request.attributes.contains(&name) {
                    request.attributes.push(name);
                }
            }
            _ => {
                parser.at = at;
                return Err(parser.error(FACETS));
            }
        }
        match parser.peek().kind {
            Kind::End => return Ok(request),
            _ => parser.symbol(",", "`,` or the end")?,
        }
    }
}

struct Parser {
    /// The last one is the end.
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    conditions: usize,
}

#[derive(Clone)]
enum Field {
    Collection,
    Brand,
    Currency,
    InStock,
    Whole(WholeField),
    Attribute(String),
}

impl Parser {
    fn of(text: &str) -> Result<Self, ExprError> {
        if text.chars().count() > FILTER_CHARS_MAX {
            let expected = format!("at most {FILTER_CHARS_MAX} characters");
            return Err(ExprError { at: FILTER_CHARS_MAX + 1, expected, found: "more".to_owned() });
        }
        Ok(Self { tokens: tokens(text)?, at: 0, depth: 0, conditions: 0 })
    }

    fn any(&mut self) -> Result<Node, ExprError> {
        let mut nodes = vec![self.all()?];
        while self.take_word("OR") {
            nodes.push(self.all()?);
        }
        Ok(one_or(nodes, Node::Any))
    }

    fn all(&mut self) -> Result<Node, ExprError> {
        let mut nodes = Vec::new();
        loop {
            match self.not()? {
                Node::All(inner) => nodes.extend(inner),
                node => nodes.push(node),
            }
            if !self.take_word("AND") {
                return Ok(one_or(nodes, Node::All));
            }
        }
    }

    fn not(&mut self) -> Result<Node, ExprError> {
        let (not, open) = (self.peek().is_word("NOT"), self.peek().is_symbol("("));
        if !not && !open {
            return self.condition();
        }
        self.depth += 1;
        if self.depth > FILTER_DEPTH_MAX {
            return Err(self.error(format!("at most {FILTER_DEPTH_MAX} levels of ( and NOT")));
        }
        self.at += 1;
        let node = if not { Node::Not(Box::new(self.not()?)) } else { self.any()? };
        if open {
            self.symbol(")", "AND, OR or `)`")?;
        }
        self.depth -= 1;
        Ok(node)
    }

    fn condition(&mut self) -> Result<Node, ExprError> {
        let field = self.field()?;
        if self.take_word("NOT") {
            if !self.peek().is_word("IN") {
                return Err(self.error("IN"));
            }
            return Ok(Node::Not(Box::new(self.condition_of(&field)?)));
        }
        self.condition_of(&field)
    }

    fn condition_of(&mut self, field: &Field) -> Result<Node, ExprError> {
        if self.take_word("IN") {
            self.symbol("(", "`(`")?;
            let mut nodes = vec![self.equal(field)?];
            while self.take_symbol(",") {
                nodes.push(self.equal(field)?);
            }
            self.symbol(")", "`,` or `)`")?;
            return Ok(one_or(nodes, Node::Any));
        }
        let operator = match &self.peek().kind {
            Kind::Symbol(symbol) if !matches!(*symbol, "(" | ")" | ",") => *symbol,
            Kind::Word(_) | Kind::Text(_) => "TO",
            _ => return Err(self.error("=, !=, <, <=, >, >=, IN or a value and TO")),
        };
        if operator == "TO" {
            let min = self.number(field)?;
            if !self.take_word("TO") {
                return Err(self.error("=, !=, <, <=, >, >=, IN before it, or TO after it"));
            }
            let max = self.number(field)?;
            return self.range(field, Some(min), Some(max));
        }
        self.at += 1;
        match operator {
            "=" => self.equal(field),
            "!=" => Ok(Node::Not(Box::new(self.equal(field)?))),
            _ => {
                let number = self.number(field)?;
                let next = |number: Number, up: bool| match (field, up) {
                    (Field::Attribute(_), true) => number.after(),
                    (Field::Attribute(_), false) => number.before(),
                    (_, true) => number.next_whole(),
                    (_, false) => number.previous_whole(),
                };
                let (min, max) = match operator {
                    "<" => (None, Some(next(number, false))),
                    "<=" => (None, Some(number)),
                    ">" => (Some(next(number, true)), None),
                    _ => (Some(number), None),
                };
                self.range(field, min, max)
            }
        }
    }

    fn field(&mut self) -> Result<Field, ExprError> {
        let Kind::Word(word) = &self.peek().kind else { return Err(self.error(FIELDS)) };
        let field = match word.as_str() {
            "collection" => Field::Collection,
            "brand" => Field::Brand,
            "currency" => Field::Currency,
            "in_stock" => Field::InStock,
            "price" => Field::Whole(WholeField::Price),
            "available" => Field::Whole(WholeField::Available),
            "created_at" => Field::Whole(WholeField::CreatedAt),
            "attributes." => {
                self.at += 1;
                match &self.peek().kind {
                    Kind::Text(name) => Field::Attribute(name.clone()),
                    _ => return Err(self.error("the name of an attribute")),
                }
            }
            word => match word.strip_prefix("attributes.") {
                Some(name) => Field::Attribute(name.to_owned()),
                None => return Err(self.error(FIELDS)),
            },
        };
        self.at += 1;
        Ok(field)
    }

    /// The condition that a field has the value that comes next.
    fn equal(&mut self, field: &Field) -> Result<Node, ExprError> {
        if let Field::Whole(_) = field {
            let number = self.number(field)?;
            return self.range(field, Some(number), Some(number));
        }
        let (text, quoted) = match &self.peek().kind {
            Kind::Word(word) if !is_keyword(word) => (word.clone(), false),
            Kind::Text(text) => (text.clone(), true),
            _ => return Err(self.error("a value")),
        };
        let condition = match field {
            Field::Collection => match CollectionId::from_str(&text) {
                Ok(id) => Condition::Collection(id),
                Err(_) => return Err(self.error("the id of a collection: col_…")),
            },
            Field::Currency => match Currency::from_str(&text) {
                Ok(currency) => Condition::Currency(currency),
                Err(_) => return Err(self.error("a currency, e.g. USD")),
            },
            Field::InStock => match text.as_str() {
                "true" | "false" => Condition::InStock,
                _ => return Err(self.error("true or false")),
            },
            Field::Brand => Condition::Brand(text.clone()),
            Field::Attribute(name) => match Number::from_str(&text) {
                Ok(number) if !quoted => {
                    Condition::AttributeNumber(name.clone(), Some(number), Some(number))
                }
                _ => Condition::Attribute(name.clone(), text.clone()),
            },
            Field::Whole(_) => return Err(self.error("a number")),
        };
        let negated = matches!(field, Field::InStock) && text == "false";
        self.at += 1;
        let node = self.counted(condition)?;
        Ok(if negated { Node::Not(Box::new(node)) } else { node })
    }

    fn range(
        &mut self,
        field: &Field,
        min: Option<Number>,
        max: Option<Number>,
    ) -> Result<Node, ExprError> {
        let whole = |bound: Option<Number>| bound.map(Number::floor);
        self.counted(match field {
            Field::Attribute(name) => Condition::AttributeNumber(name.clone(), min, max),
            Field::Whole(field) => Condition::Whole(*field, whole(min), whole(max)),
            _ => return Err(self.error("a field that is a number before a range")),
        })
    }

    fn number(&mut self, field: &Field) -> Result<Number, ExprError> {
        let (wanted, is_whole) = match field {
            Field::Whole(_) => ("a whole number", true),
            Field::Attribute(_) => ("a number", false),
            _ => return Err(self.error("=, != or IN: this field has no order")),
        };
        let number = match &self.peek().kind {
            Kind::Word(word) => Number::from_str(word).ok(),
            _ => None,
        };
        let fits = |number: &Number| !is_whole || number.is_whole();
        let number = number.filter(fits).ok_or_else(|| self.error(wanted))?;
        self.at += 1;
        Ok(number)
    }

    fn counted(&mut self, condition: Condition) -> Result<Node, ExprError> {
        self.conditions += 1;
        match self.conditions > FILTER_CONDITIONS_MAX {
            true => Err(self.error(format!("at most {FILTER_CONDITIONS_MAX} conditions"))),
            false => Ok(Node::Is(condition)),
        }
    }

    fn peek(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is = self.peek().is_word(word);
        self.at += usize::from(is);
        is
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let is = self.peek().is_symbol(symbol);
        self.at += usize::from(is);
        is
    }

    fn symbol(&mut self, symbol: &str, expected: &str) -> Result<(), ExprError> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(self.error(expected)) }
    }

    fn error(&self, expected: impl Display) -> ExprError {
        let token = self.peek();
        let (expected, found) = (expected.to_string(), token.to_string());
        ExprError { at: token.at, expected, found }
    }
}

fn is_keyword(word: &str) -> bool {
    ["AND", "OR", "NOT", "IN", "TO"].iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

fn one_or(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    match nodes.pop() {
        Some(only) if nodes.is_empty() => only,
        last => {
            nodes.extend(last);
            join(nodes)
        }
    }
}
