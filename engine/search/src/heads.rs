//! The most frequent words of a segment by their first letters, in memory: what one or two typed
//! letters stand for. Most words begin with few letters, so walking the dictionary would be slow.

use std::collections::HashMap;

use tantivy::schema::Field;
use tantivy::{SegmentReader, TantivyError};

/// Beginnings of up to so many letters are kept.
const HEAD_CHARS: usize = 2;
/// So many words are kept of each.
const HEAD_WORDS_MAX: usize = 48;

/// Words and in how many products each is, the most frequent first.
type Head = Vec<(Box<str>, u32)>;

/// The beginnings of one segment.
#[derive(Default)]
pub(crate) struct Heads {
    fields: Vec<Field>,
    heads: HashMap<(Field, Box<str>), Head>,
}

impl Heads {
    /// Reads the dictionaries of these fields.
    pub(crate) fn load(reader: &SegmentReader, fields: &[Field]) -> Result<Self, TantivyError> {
        let mut heads = Self { fields: fields.to_vec(), heads: HashMap::new() };
        for field in fields {
            let inverted = reader.inverted_index(*field)?;
            let mut stream = inverted.terms().stream()?;
            while stream.advance() {
                let products = stream.value().doc_freq;
                if let Ok(word) = std::str::from_utf8(stream.key()) {
                    heads.add(*field, word, products);
                }
            }
        }
        for head in heads.heads.values_mut() {
            cut(head);
            head.shrink_to_fit();
        }
        Ok(heads)
    }

    /// The words of a field that begin so; nothing when those are not kept.
    pub(crate) fn of(&self, field: Field, beginning: &str) -> Option<&[(Box<str>, u32)]> {
        let kept = self.fields.contains(&field) && beginning.chars().count() <= HEAD_CHARS;
        kept.then(|| {
            let head = self.heads.get(&(field, Box::from(beginning)));
            head.map_or(&[][..], Vec::as_slice)
        })
    }

    fn add(&mut self, field: Field, word: &str, products: u32) {
        for (at, first) in word.char_indices().take(HEAD_CHARS) {
            let beginning = &word[..at + first.len_utf8()];
            let head = self.heads.entry((field, Box::from(beginning))).or_default();
            head.push((Box::from(word), products));
            if head.len() >= 4 * HEAD_WORDS_MAX {
                cut(head);
            }
        }
    }
}

fn cut(head: &mut Head) {
    head.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    head.truncate(HEAD_WORDS_MAX);
}
