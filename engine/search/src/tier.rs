//! A query whose hits all score so much more: what puts exact words before beginnings, and
//! beginnings before words with errors, whatever their statistics say.

use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocId, DocSet, Score, SegmentReader, TantivyError, Term};

/// A query and what is added to its scores.
#[derive(Debug)]
pub(crate) struct Tiered {
    pub(crate) query: Box<dyn Query>,
    pub(crate) bonus: Score,
}

impl Clone for Tiered {
    fn clone(&self) -> Self {
        Self { query: self.query.box_clone(), bonus: self.bonus }
    }
}

impl Query for Tiered {
    fn weight(&self, scoring: EnableScoring<'_>) -> Result<Box<dyn Weight>, TantivyError> {
        let weight = self.query.weight(scoring)?;
        match scoring.is_scoring_enabled() {
            true => Ok(Box::new(TieredWeight { weight, bonus: self.bonus })),
            false => Ok(weight),
        }
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        self.query.query_terms(visitor);
    }
}

struct TieredWeight {
    weight: Box<dyn Weight>,
    bonus: Score,
}

impl Weight for TieredWeight {
    fn scorer(
        &self,
        reader: &SegmentReader,
        boost: Score,
    ) -> Result<Box<dyn Scorer>, TantivyError> {
        let scorer = self.weight.scorer(reader, boost)?;
        Ok(Box::new(TieredScorer { scorer, bonus: boost * self.bonus }))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> Result<Explanation, TantivyError> {
        self.weight.explain(reader, doc)
    }

    fn count(&self, reader: &SegmentReader) -> Result<u32, TantivyError> {
        self.weight.count(reader)
    }
}

struct TieredScorer {
    scorer: Box<dyn Scorer>,
    bonus: Score,
}

impl DocSet for TieredScorer {
    fn advance(&mut self) -> DocId {
        self.scorer.advance()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.scorer.seek(target)
    }

    fn fill_buffer(&mut self, buffer: &mut [DocId; COLLECT_BLOCK_BUFFER_LEN]) -> usize {
        self.scorer.fill_buffer(buffer)
    }

    fn doc(&self) -> DocId {
        self.scorer.doc()
    }

    fn size_hint(&self) -> u32 {
        self.scorer.size_hint()
    }

    fn cost(&self) -> u64 {
        self.scorer.cost()
    }
}

impl Scorer for TieredScorer {
    fn score(&mut self) -> Score {
        self.scorer.score() + self.bonus
    }
}
