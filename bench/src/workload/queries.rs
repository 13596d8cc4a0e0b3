//! Searches that somebody could have typed: words of the names of products that exist.

use std::collections::BTreeSet;
use std::sync::Arc;

use rand::Rng as _;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

/// How many different searches there are. More than any cache of answers would like.
const QUERIES: usize = 4096;
/// The most words of a search.
const WORDS_MAX: usize = 3;
/// The shortest word that is searched for, in characters.
const WORD_CHARS_MIN: usize = 3;

/// Different searches of one to three neighboring words of a name, drawn with this seed.
pub(crate) fn queries<'a>(names: impl Iterator<Item = &'a str>, seed: u64) -> Vec<Arc<str>> {
    let names: Vec<Vec<&str>> = names.map(words).filter(|words| !words.is_empty()).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut found = BTreeSet::new();
    if names.is_empty() {
        return Vec::new();
    }
    // A small catalog has fewer searches than are wanted: stop trying some time.
    for _ in 0..QUERIES * 4 {
        let words = &names[rng.random_range(0..names.len())];
        let first = rng.random_range(0..words.len());
        let count = rng.random_range(1..=WORDS_MAX);
        let end = (first + count).min(words.len());
        found.insert(words[first..end].join(" ").to_lowercase());
        if found.len() == QUERIES {
            break;
        }
    }
    found.into_iter().map(Arc::from).collect()
}

fn words(name: &str) -> Vec<&str> {
    name.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() >= WORD_CHARS_MIN)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::queries;

    #[test]
    fn searches_are_neighboring_words_and_repeat_with_the_seed() {
        let names = ["Sony - 4K Ultra HD TV", "Apple iPad Air"];
        let one = queries(names.into_iter(), 1);
        assert!(one.iter().any(|query| &**query == "apple ipad air"), "{one:?}");
        assert!(one.iter().all(|query| !query.contains("sony apple")));
        assert_eq!(one, queries(names.into_iter(), 1));
        assert!(queries([].into_iter(), 1).is_empty());
    }
}
