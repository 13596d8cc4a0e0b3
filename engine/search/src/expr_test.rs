//! Testing a segment's products by a filter.
//!
//! Each condition becomes a range or a set of the segment's own numbers once per search, so a
//! product is tested by comparing numbers, whatever the condition says.

use std::ops::RangeInclusive;

use engine_core::Money;

use crate::columns::{amount_of, currency_code, currency_of};
use crate::expr::{Condition, Node, WholeField};
use crate::snapshot::{Segment, Snapshot};
use crate::stock::StockView;

/// A filter in one segment.
pub(crate) enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    Collections(Ords),
    Brands(Ords),
    Attributes(Ords),
    Currency(u64),
    InStock,
    Whole(WholeField, RangeInclusive<u64>),
}

/// A set of places in a list of the segment.
pub(crate) struct Ords(Vec<u64>);

impl Ords {
    fn of(ords: impl IntoIterator<Item = u32>, length: usize) -> Self {
        let mut bits = vec![0; length.div_ceil(64)];
        for ord in ords {
            bits[ord as usize / 64] |= 1 << (ord % 64);
        }
        Self(bits)
    }

    #[inline]
    fn has(&self, ord: u32) -> bool {
        self.0.get(ord as usize / 64).is_some_and(|bits| bits >> (ord % 64) & 1 == 1)
    }
}

impl Test {
    pub(crate) fn new(node: &Node, snapshot: &Snapshot, segment: &Segment) -> Self {
        let all =
            |nodes: &[Node]| nodes.iter().map(|node| Self::new(node, snapshot, segment)).collect();
        match node {
            Node::All(nodes) => Self::All(all(nodes)),
            Node::Any(nodes) => Self::Any(all(nodes)),
            Node::Not(node) => Self::Not(Box::new(Self::new(node, snapshot, segment))),
            Node::Is(condition) => Self::is(condition, snapshot, segment),
        }
    }

    fn is(condition: &Condition, snapshot: &Snapshot, segment: &Segment) -> Self {
        let columns = &segment.columns;
        let attributes = &columns.attributes;
        let pairs = |ords: Vec<u32>| Self::Attributes(Ords::of(ords, attributes.pairs.len()));
        match condition {
            Condition::Collection(id) => {
                Self::Collections(Ords::of(columns.collection_ord(*id), columns.collections.len()))
            }
            Condition::Brand(brand) => {
                let wanted = snapshot.brand_class(brand);
                let classes = segment.brand_classes.iter().zip(0..);
                let same = classes.filter(|(class, _)| wanted == Some(**class));
                Self::Brands(Ords::of(same.map(|(_, ord)| ord), columns.brands.len()))
            }
            Condition::Currency(currency) => Self::Currency(currency_code(*currency)),
            Condition::InStock => Self::InStock,
            Condition::Whole(field, min, max) => {
                let least = match field {
                    WholeField::Price => Money::AMOUNT_MAX as u64,
                    WholeField::Available | WholeField::CreatedAt => u64::MAX,
                };
                let bound = |bound: i64| u64::try_from(bound).unwrap_or(0);
                let above = |max: i64| if max < 0 { None } else { Some(max as u64) };
                match max.map_or(Some(least), above) {
                    Some(max) => Self::Whole(*field, min.map_or(0, bound)..=max),
                    None => Self::Any(Vec::new()),
                }
            }
            Condition::Attribute(name, value) => pairs(attributes.equal(name, value)),
            Condition::AttributeNumber(name, min, max) => {
                pairs(attributes.between(name, (*min, *max)))
            }
        }
    }

    pub(crate) fn passes(&self, segment: &Segment, stock: &StockView, doc: usize) -> bool {
        let columns = &segment.columns;
        match self {
            Self::All(tests) => tests.iter().all(|test| test.passes(segment, stock, doc)),
            Self::Any(tests) => tests.iter().any(|test| test.passes(segment, stock, doc)),
            Self::Not(test) => !test.passes(segment, stock, doc),
            Self::Collections(ords) => {
                columns.collection_ords(doc).iter().any(|ord| ords.has(*ord))
            }
            Self::Brands(ords) => ords.has(columns.brand_ords[doc]),
            Self::Attributes(ords) => columns.attributes.of(doc).iter().any(|ord| ords.has(*ord)),
            Self::Currency(code) => currency_of(columns.price_keys[doc]) == *code,
            Self::InStock => stock.available(columns.slots[doc]) > 0,
            Self::Whole(field, range) => range.contains(&match field {
                WholeField::Price => amount_of(columns.price_keys[doc]),
                WholeField::Available => u64::from(stock.available(columns.slots[doc])),
                WholeField::CreatedAt => columns.created[doc],
            }),
        }
    }
}
