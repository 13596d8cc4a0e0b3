//! The words and signs of a filter's text.

use std::fmt;

use crate::expr::ExprError;

/// A piece of the text.
pub(crate) struct Token {
    /// Its first character; the first of the text is 1.
    pub(crate) at: usize,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    /// Letters, digits, `_`, `-` and `.`, as they are.
    Word(String),
    /// What was in quotes.
    Text(String),
    Symbol(&'static str),
    End,
}

impl Token {
    pub(crate) fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(own) if own.eq_ignore_ascii_case(word))
    }

    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.kind, Kind::Symbol(own) if own == symbol)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Word(word) => write!(f, "`{word}`"),
            Kind::Text(text) => write!(f, "\"{text}\""),
            Kind::Symbol(symbol) => write!(f, "`{symbol}`"),
            Kind::End => f.write_str("the end"),
        }
    }
}

/// Longer signs come before those they begin with.
const SYMBOLS: [&str; 9] = ["!=", "<=", ">=", "=", "<", ">", "(", ")", ","];

/// All pieces, and the end.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, ExprError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut at = 1;
    loop {
        let trimmed = rest.trim_start();
        at += rest[..rest.len() - trimmed.len()].chars().count();
        rest = trimmed;
        let Some(first) = rest.chars().next() else {
            tokens.push(Token { at, kind: Kind::End });
            return Ok(tokens);
        };
        let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
        let (kind, length) = if let Some(symbol) = symbol {
            (Kind::Symbol(symbol), symbol.len())
        } else if first == '"' {
            let found = quoted(rest);
            let (text, length) = found.ok_or_else(|| error(at, "a closing \"", "the end"))?;
            (Kind::Text(text), length)
        } else {
            let end = rest.find(|char: char| !is_word(char)).unwrap_or(rest.len());
            if end == 0 {
                return Err(error(at, "a word, a text in quotes or a sign", &format!("`{first}`")));
            }
            (Kind::Word(rest[..end].to_owned()), end)
        };
        tokens.push(Token { at, kind });
        at += rest[..length].chars().count();
        rest = &rest[length..];
    }
}

/// The text in the quotes at the beginning, and how many bytes it takes with them.
fn quoted(rest: &str) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    loop {
        match chars.next()? {
            (at, '"') => return Some((text, at + 1)),
            (_, '\\') => text.push(chars.next().filter(|(_, it)| matches!(it, '"' | '\\'))?.1),
            (_, other) => text.push(other),
        }
    }
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '_' | '-' | '.')
}

fn error(at: usize, expected: &str, found: &str) -> ExprError {
    ExprError { at, expected: expected.to_owned(), found: found.to_owned() }
}
