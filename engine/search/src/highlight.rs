//! Where a text has the words that were looked for, and the piece of it that shows most of them.
//!
//! The index keeps no texts but names: a caller that shows a description reads the product's row
//! and asks here which piece of it to show.

use std::ops::Range;

use crate::text::{self, Word};

/// The longest piece of a text, in characters.
pub const SNIPPET_CHARS_MAX: usize = 1_000;
/// This part of a piece may come before its first word that was looked for.
const BEFORE: usize = 4;
/// So many words of a text that were looked for are tried as the first of a piece.
const STARTS_MAX: usize = 64;

/// The words that a search looked for, as it understood them: synonyms and words with errors
/// mended are among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Highlighter {
    pub(crate) stems: Vec<String>,
    /// Words may begin so.
    pub(crate) begun: Option<String>,
}

/// A piece of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snippet {
    /// The piece.
    pub text: String,
    /// Where it has words that were looked for, in bytes.
    pub marks: Vec<Range<usize>>,
    /// Whether the text goes on before it.
    pub cut_before: bool,
    /// Whether the text goes on after it.
    pub cut_after: bool,
}

impl Highlighter {
    /// Where a text has words that were looked for, in bytes.
    pub fn marks(&self, text: &str) -> Vec<Range<usize>> {
        let words = text::analyze(text);
        words.into_iter().filter(|word| self.has(word)).map(|word| word.span).collect()
    }

    /// The piece of a text, of at most so many characters and up to [`SNIPPET_CHARS_MAX`], that has
    /// the most different words that were looked for; of equal ones the first. It is cut between
    /// words, unless the first word alone is too long.
    pub fn snippet(&self, text: &str, chars: usize) -> Snippet {
        let chars = chars.min(SNIPPET_CHARS_MAX);
        let words = text::analyze(text);
        let marked: Vec<&Word> = words.iter().filter(|word| self.has(word)).collect();
        let mut best = (0, piece(text, &words, 0, chars));
        for first in marked.iter().take(STARTS_MAX) {
            let piece = piece(text, &words, first.span.start, chars);
            let mut stems: Vec<&str> =
                marked.iter().filter(|word| within(&piece, word)).map(|word| &*word.stem).collect();
            stems.sort_unstable();
            stems.dedup();
            if stems.len() > best.0 {
                best = (stems.len(), piece);
            }
        }
        let piece = best.1;
        let marks = marked.iter().filter(|word| within(&piece, word));
        let mark = |word: &&Word| word.span.start - piece.start..word.span.end - piece.start;
        Snippet {
            marks: marks.map(mark).collect(),
            text: text[piece.clone()].to_owned(),
            cut_before: !text[..piece.start].trim().is_empty(),
            cut_after: !text[piece.end..].trim().is_empty(),
        }
    }

    fn has(&self, word: &Word) -> bool {
        let begun = self.begun.as_ref();
        self.stems.contains(&word.stem) || begun.is_some_and(|begun| word.text.starts_with(begun))
    }
}

fn within(piece: &Range<usize>, word: &Word) -> bool {
    piece.start <= word.span.start && word.span.end <= piece.end
}

/// The piece around a word that begins at this byte.
fn piece(text: &str, words: &[Word], at: usize, chars: usize) -> Range<usize> {
    let back = text[..at].char_indices().rev().take(chars / BEFORE).last();
    let earliest = back.map_or(at, |(byte, _)| byte);
    let first = words.iter().find(|word| word.span.start >= earliest);
    let start = match earliest {
        0 => 0,
        _ => first.map_or(at, |word| word.span.start.min(at)),
    };
    let Some((limit, _)) = text[start..].char_indices().nth(chars) else {
        return start..text.len();
    };
    let limit = start + limit;
    let whole = |word: &&Word| word.span.start >= start && word.span.end <= limit;
    start..words.iter().rfind(whole).map_or(limit, |word| word.span.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn highlighter(stems: &[&str], begun: Option<&str>) -> Highlighter {
        let stems = stems.iter().map(ToString::to_string).collect();
        Highlighter { stems, begun: begun.map(str::to_owned) }
    }

    #[test]
    fn words_are_marked_by_stem_and_by_beginning() {
        let text = "Kettles, ünd a KÉTTLE; kettledrum.";
        let marked = |highlighter: Highlighter| -> Vec<&str> {
            highlighter.marks(text).into_iter().map(|mark| &text[mark]).collect()
        };
        assert_eq!(marked(highlighter(&["kettl"], None)), ["Kettles", "KÉTTLE"]);
        assert_eq!(marked(highlighter(&[], Some("kettled"))), ["kettledrum"]);
        assert_eq!(marked(highlighter(&[], None)), Vec::<&str>::new());
    }

    #[test]
    fn a_snippet_shows_the_most_different_words() {
        let far = "word ".repeat(40);
        let text = format!("Kettle kettle. {far}Copper kettle, made by hand. {far}");
        let snippet = highlighter(&["kettl", "copper"], None).snippet(&text, 40);
        assert_eq!(snippet.text, "word word Copper kettle, made by hand");
        let marked: Vec<&str> =
            snippet.marks.iter().map(|mark| &snippet.text[mark.clone()]).collect();
        assert_eq!(marked, ["Copper", "kettle"]);
        assert!(snippet.cut_before && snippet.cut_after);
    }

    #[test]
    fn a_snippet_is_never_too_long_and_never_cuts_a_letter() {
        let texts = ["", "é", "ééééé ééé", "one", "a b c d e f g", "  spaces   only  ", "長い文章"];
        for text in texts {
            for chars in 0..12 {
                let snippet = highlighter(&["c", "one"], Some("é")).snippet(text, chars);
                assert!(snippet.text.chars().count() <= chars, "{text:?} {chars} {snippet:?}");
                assert!(text.contains(&snippet.text));
                let inside = |mark: &Range<usize>| snippet.text.get(mark.clone()).is_some();
                assert!(snippet.marks.iter().all(inside), "{snippet:?}");
            }
        }
        let whole = highlighter(&["one"], None).snippet("one two", 7);
        assert_eq!(
            (whole.text.as_str(), whole.cut_before, whole.cut_after),
            ("one two", false, false)
        );
    }
}
