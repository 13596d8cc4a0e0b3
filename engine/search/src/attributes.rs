//! The attributes of a segment's products, in memory: each distinct pair of name and value once.
//!
//! A product holds places in the list of pairs. So a condition is looked up once per search and
//! segment, whatever it is, and a product is tested by its places.

use std::collections::HashMap;
use std::sync::Arc;

use crate::number::Number;

/// The attributes of one segment.
#[derive(Default)]
pub(crate) struct Attributes {
    pub(crate) pairs: Vec<Pair>,
    names: Vec<Name>,
    /// Places in `pairs`, document after document.
    ords: Vec<u32>,
    /// Where each document's places end.
    ends: Vec<u32>,
}

/// A name with one of its values.
pub(crate) struct Pair {
    /// The place of its name.
    pub(crate) name: u32,
    /// As it is written.
    pub(crate) value: Arc<str>,
}

/// An attribute's name, and its values in two orders.
struct Name {
    name: Box<str>,
    /// In lower case.
    values: Vec<(Box<str>, u32)>,
    /// Those that are numbers.
    numbers: Vec<(Number, u32)>,
}

/// Where each pair lies, while the segment is read.
#[derive(Default)]
pub(crate) struct Places(HashMap<Box<str>, NamePlaces>);

/// The place of a name, and of each pair that it is in.
type NamePlaces = (u32, HashMap<Box<str>, u32>);

impl Attributes {
    /// Adds the next document's. Nothing when there are more than can be counted.
    pub(crate) fn push(&mut self, pairs: &[(&str, &str)], places: &mut Places) -> Option<()> {
        for (name, value) in pairs {
            let ord = match places.0.get(*name).and_then(|(_, values)| values.get(*value)) {
                Some(ord) => *ord,
                None => self.add(name, value, places),
            };
            self.ords.push(ord);
        }
        self.ends.push(self.ords.len().try_into().ok()?);
        Some(())
    }

    fn add(&mut self, name: &str, value: &str, places: &mut Places) -> u32 {
        let next = self.names.len() as u32;
        let (at, values) = places.0.entry(name.into()).or_insert_with(|| (next, HashMap::new()));
        if *at == next {
            let (values, numbers) = (Vec::new(), Vec::new());
            self.names.push(Name { name: name.into(), values, numbers });
        }
        let ord = self.pairs.len() as u32;
        self.pairs.push(Pair { name: *at, value: value.into() });
        values.insert(value.into(), ord);
        let lists = &mut self.names[*at as usize];
        lists.values.push((value.to_lowercase().into(), ord));
        lists.numbers.extend(value.parse().ok().map(|number| (number, ord)));
        ord
    }

    /// Brings the lists into order: no more documents follow.
    pub(crate) fn finish(&mut self) {
        for name in &mut self.names {
            name.values.sort_unstable();
            name.values.shrink_to_fit();
            name.numbers.sort_unstable();
            name.numbers.shrink_to_fit();
        }
        self.pairs.shrink_to_fit();
        self.ords.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    /// The attributes of a document, as places in `pairs`.
    pub(crate) fn of(&self, doc: usize) -> &[u32] {
        let start = doc.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.ords[start as usize..self.ends[doc] as usize]
    }

    /// A document's value of the attribute whose name has this place.
    pub(crate) fn value(&self, doc: usize, name: u32) -> Option<&Arc<str>> {
        let pairs = self.of(doc).iter().map(|ord| &self.pairs[*ord as usize]);
        pairs.filter(|pair| pair.name == name).map(|pair| &pair.value).next()
    }

    /// The place of a name, if any product here has the attribute.
    pub(crate) fn name(&self, name: &str) -> Option<u32> {
        let place = self.names.iter().position(|other| *other.name == *name);
        place.map(|place| place as u32)
    }

    /// The places of a value in upper or lower case.
    pub(crate) fn equal(&self, name: &str, value: &str) -> Vec<u32> {
        let Some(name) = self.name(name) else { return Vec::new() };
        let values = &self.names[name as usize].values;
        let value = value.to_lowercase();
        let start = values.partition_point(|(other, _)| **other < *value);
        let equal = values[start..].iter().take_while(|(other, _)| **other == *value);
        equal.map(|(_, ord)| *ord).collect()
    }

    /// The places of values that are numbers, from and to these.
    pub(crate) fn between(
        &self,
        name: &str,
        (min, max): (Option<Number>, Option<Number>),
    ) -> Vec<u32> {
        let Some(name) = self.name(name) else { return Vec::new() };
        let numbers = &self.names[name as usize].numbers;
        let start = numbers.partition_point(|(other, _)| min.is_some_and(|min| *other < min));
        let within = numbers[start..].iter();
        let within = within.take_while(|(other, _)| max.is_none_or(|max| *other <= max));
        within.map(|(_, ord)| *ord).collect()
    }
}
