//! From a query's words to tantivy's queries: as typed, with errors, and with words left out.
//!
//! What is typed comes first. Only when it matches too few products are words looked for that are
//! nearly the same, and only when that finds nothing are words left out, as few as possible. Each
//! word has tiers: whole and as typed, or a synonym; a beginning; with one error; with two. A tier
//! counts for more than any statistics of a word can.

use tantivy::query::{BooleanQuery, ConstScoreQuery, DisjunctionMaxQuery, Occur, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{TantivyError, Term};

use crate::highlight::Highlighter;
use crate::parsed::{Parsed, Slot};
use crate::query::Matched;
use crate::schema::Fields;
use crate::search::Source;
use crate::terms::{self, Found, Typed};
use crate::text;
use crate::tier::Tiered;

/// What a tier counts more than the next lower one.
const TIER: f32 = 32.0;
const WHOLE: f32 = 3.0 * TIER;
const BEGINNING: f32 = 2.0 * TIER;

type Dynamic = Box<dyn Query>;

/// The words of one search, looked up.
pub(crate) struct Plan<'a> {
    source: &'a Source<'a>,
    units: Vec<Unit<'a>>,
}

/// A slot, and the words of the index it stands for.
struct Unit<'a> {
    slot: &'a Slot,
    /// Words that begin so.
    begun: Vec<Found>,
    /// Words that are nearly the same; looked up when they are needed.
    near: Vec<Found>,
    /// Whether any product has it as typed.
    known: bool,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(source: &'a Source<'a>, parsed: &'a Parsed) -> Result<Self, TantivyError> {
        let fields = source.fields;
        let mut units = Vec::with_capacity(parsed.slots.len());
        for slot in &parsed.slots {
            let begun = match slot.word().filter(|_| slot.begins) {
                Some(word) => {
                    let searched = [fields.names, fields.brands, fields.skus];
                    terms::beginning_with(source.snapshot, &searched, &word.text)?
                }
                None => Vec::new(),
            };
            units.push(Unit { slot, begun, near: Vec::new(), known: true });
        }
        Ok(Self { source, units })
    }

    /// Looks up words that are nearly the same, and which are known at all. Whether there are any
    /// such words.
    pub(crate) fn look_further(&mut self) -> Result<bool, TantivyError> {
        let Source { fields, snapshot, settings, .. } = *self.source;
        for unit in &mut self.units {
            let mut known = !unit.begun.is_empty();
            for text in unit.alternatives() {
                let mut all = !text.is_empty();
                for stem in text {
                    let term = Term::from_field_text(fields.text, stem);
                    all &= snapshot.searcher.doc_freq(&term)? > 0;
                }
                known |= all;
            }
            unit.known = known;
            if let Some(word) = unit.slot.word() {
                let typed = Typed { word: &word.text, begins: unit.slot.begins };
                unit.near = terms::similar(snapshot, fields, &settings.typos, &typed)?;
            }
        }
        Ok(self.units.iter().any(|unit| !unit.near.is_empty()))
    }

    /// How many words may be left out, from few to many: what is left of them.
    pub(crate) fn rescues(&self) -> impl Iterator<Item = Matched> + use<> {
        let known = self.units.iter().filter(|unit| unit.can_match()).count();
        let most = known.min(self.units.len().saturating_sub(1));
        (1..=most).rev().map(|words| Matched::SomeWords(words as u8))
    }

    /// What matches; nothing when no product can.
    pub(crate) fn query(&self, matched: Matched) -> Option<Dynamic> {
        let fields = self.source.fields;
        match matched {
            Matched::AsTyped => all(self.units.iter().map(|unit| unit.as_typed(fields)).collect()),
            Matched::Typos => {
                let units = self.units.iter();
                units.map(|unit| unit.forgiving(fields)).collect::<Option<_>>().and_then(all)
            }
            Matched::SomeWords(words) => {
                let units = self.units.iter().filter_map(|unit| unit.forgiving(fields));
                let clauses: Vec<_> = units.map(|query| (Occur::Should, query)).collect();
                let words = usize::from(words).clamp(1, clauses.len().max(1));
                (!clauses.is_empty()).then(|| -> Dynamic {
                    Box::new(BooleanQuery::with_minimum_required_clauses(clauses, words))
                })
            }
        }
    }

    /// The words that are looked for.
    pub(crate) fn highlighter(&self, matched: Matched) -> Highlighter {
        let mut highlighter = Highlighter::default();
        for unit in &self.units {
            let texts = unit.alternatives().into_iter().flatten();
            highlighter.stems.extend(texts.map(str::to_owned));
            if matched != Matched::AsTyped {
                let near = unit.near.iter().flat_map(|near| text::stems(&near.word));
                highlighter.stems.extend(near);
            }
            if let Some(word) = unit.slot.word().filter(|_| unit.slot.begins) {
                highlighter.begun = Some(word.text.clone());
            }
        }
        highlighter
    }

    /// The text with the nearest words of the index in the place of unknown ones.
    pub(crate) fn suggestion(&self, text: &str) -> Option<String> {
        let mut suggested = String::new();
        let mut at = 0;
        for unit in self.units.iter().filter(|unit| !unit.known) {
            let (Some(word), Some(near)) = (unit.slot.word(), unit.near.first()) else { continue };
            suggested.push_str(text.get(at..word.span.start)?);
            suggested.push_str(&near.word);
            at = word.span.end;
        }
        suggested.push_str(text.get(at..)?);
        (at > 0).then_some(suggested)
    }
}

impl Unit<'_> {
    /// The texts that are looked for, each as stems: what was typed first.
    fn alternatives(&self) -> Vec<Vec<&str>> {
        let typed = self.slot.stems().collect();
        let synonyms = self.slot.synonyms.iter();
        let synonyms = synonyms.map(|stems| stems.iter().map(String::as_str).collect());
        std::iter::once(typed).chain(synonyms).collect()
    }

    fn can_match(&self) -> bool {
        self.known || !self.near.is_empty()
    }

    fn as_typed(&self, fields: &Fields) -> Dynamic {
        match self.slot.begins {
            true => any(vec![tiered(self.whole(fields), WHOLE), self.begun()]),
            false => self.whole(fields),
        }
    }

    fn whole(&self, fields: &Fields) -> Dynamic {
        let texts = self.alternatives().into_iter();
        any(texts.filter_map(|stems| all(stems.into_iter().map(stem(fields)).collect())).collect())
    }

    fn begun(&self) -> Dynamic {
        let term = |found: &Found| Term::from_field_text(found.field, &found.word);
        let begun = BooleanQuery::new_multiterms_query(self.begun.iter().map(term).collect());
        Box::new(ConstScoreQuery::new(Box::new(begun), BEGINNING))
    }

    /// As typed, and with errors; nothing when no product can match it.
    fn forgiving(&self, fields: &Fields) -> Option<Dynamic> {
        let mut queries = Vec::new();
        if self.known {
            queries.push(tiered(self.whole(fields), WHOLE));
        }
        if !self.begun.is_empty() {
            queries.push(self.begun());
        }
        let mut stems: Vec<String> = Vec::new();
        for near in &self.near {
            let tier = TIER * (2.0 - near.errors as f32);
            for found in text::stems(&near.word) {
                if !stems.contains(&found) {
                    queries.push(tiered(stem(fields)(&found), tier));
                    stems.push(found);
                }
            }
        }
        (!queries.is_empty()).then(|| any(queries))
    }
}

fn stem(fields: &Fields) -> impl Fn(&str) -> Dynamic + use<'_> {
    |stem| {
        let term = Term::from_field_text(fields.text, stem);
        Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
    }
}

fn tiered(query: Dynamic, bonus: f32) -> Dynamic {
    Box::new(Tiered { query, bonus })
}

fn all(mut queries: Vec<Dynamic>) -> Option<Dynamic> {
    match queries.len() {
        0 | 1 => queries.pop(),
        _ => Some(Box::new(BooleanQuery::intersection(queries))),
    }
}

/// Scores as the best of them does.
fn any(mut queries: Vec<Dynamic>) -> Dynamic {
    match queries.pop() {
        Some(only) if queries.is_empty() => only,
        Some(last) => {
            queries.push(last);
            Box::new(DisjunctionMaxQuery::new(queries))
        }
        None => Box::new(tantivy::query::EmptyQuery),
    }
}
