//! Anything may be typed, and anything handed back as a cursor.

use engine_search::{HITS_MAX, QUERY_CHARS_MAX, Query, SearchError, Sort};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::support::{fill, ids, open, product, strict, text};

const PIECES: [&str; 24] = [
    "\"", "(", ")", "+", "-", "*", "?", ":", "^", "~", "[", "]", "{", "}", "\\", "/", " AND ",
    " OR ", "NOT ", "name:", "kettle", "\u{0}", "\u{202e}", "ﷺ",
];

fn garbage(random: &mut StdRng) -> String {
    let mut text = String::new();
    for _ in 0..random.random_range(0..20) {
        if random.random_bool(0.5) {
            text.push_str(PIECES[random.random_range(0..PIECES.len())]);
        } else {
            text.push(char::from_u32(random.random_range(0..0x11_0000)).unwrap_or('a'));
        }
    }
    text.chars().take(QUERY_CHARS_MAX).collect()
}

#[test]
fn garbage_as_text_or_brand_is_searched_for() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    fill(&mut writer, &[product(1, "Copper kettle"), product(2, "Pan")]);
    let mut random = StdRng::seed_from_u64(3);
    for _ in 0..4_000 {
        let text = garbage(&mut random);
        let brand = random.random_bool(0.1).then(|| garbage(&mut random));
        let query =
            Query { text, brand, prefix: random.random_bool(0.5), limit: 5, ..Query::default() };
        let found = index.search(&query);
        assert!(found.is_ok(), "{query:?}: {found:?}");
        let completed = index.complete(&query.text, 5);
        assert!(completed.is_ok(), "{query:?}: {completed:?}");
    }
}

#[test]
fn operators_are_not_operators() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    fill(&mut writer, &[product(1, "Copper kettle"), product(2, "Pan"), product(3, "Not a pan")]);
    let found = |words: &str| ids(&index.search(&strict(words)).unwrap());
    assert_eq!(found("kettle OR pan"), Vec::<u128>::new());
    assert_eq!(found("pan -kettle"), Vec::<u128>::new());
    assert_eq!(found("text:kettle"), Vec::<u128>::new());
    assert_eq!(found("kett*"), Vec::<u128>::new());
    assert_eq!(found("\"kettle copper\""), vec![1]);
    assert_eq!(found("not"), vec![3], "a word of grammar counts when it is alone");
    assert_eq!(found("?!"), Vec::<u128>::new(), "no word is not no text");
    assert_eq!(found(" \t ").len(), 3);
}

#[test]
fn limits_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _writer) = open(dir.path());
    let longest = "é".repeat(QUERY_CHARS_MAX);
    assert!(index.search(&text(&longest)).is_ok());
    let longer = index.search(&text(&(longest + "e")));
    assert_eq!(longer.unwrap_err(), SearchError::TextTooLong);
    let many = Query { limit: HITS_MAX + 1, ..Query::default() };
    assert_eq!(index.search(&many).unwrap_err(), SearchError::LimitTooLarge);
    let words = "a b c d e f g h i j k l m n o p q r s t u v w x y z ".repeat(4);
    assert!(index.search(&Query { prefix: true, ..text(&words) }).is_ok());
}

#[test]
fn no_cursor_does_harm() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let products: Vec<_> = (1..9).map(|id| product(id, "Kettle é")).collect();
    fill(&mut writer, &products);
    let mut random = StdRng::seed_from_u64(5);
    for sort in [Sort::Relevance, Sort::PriceAsc, Sort::PriceDesc, Sort::Newest, Sort::Name] {
        let query = Query { sort, limit: 3, ..text("kettle") };
        let good = index.search(&query).unwrap().next_cursor.unwrap();
        for _ in 0..500 {
            let mut bytes = good.clone().into_bytes();
            let place = random.random_range(0..bytes.len());
            bytes[place] = random.random();
            let cursor = Some(String::from_utf8_lossy(&bytes).into_owned());
            match index.search(&Query { cursor: cursor.clone(), ..query.clone() }) {
                Ok(hits) => assert!(hits.hits.len() <= 3),
                // It may name a state that there never was.
                Err(SearchError::CursorExpired) => {}
                Err(error) => assert!(matches!(error, SearchError::BadCursor(_)), "{error:?}"),
            }
            let cursor = Some(garbage(&mut random));
            let wild = index.search(&Query { cursor, ..query.clone() });
            assert!(matches!(wild, Err(SearchError::BadCursor(_))), "{wild:?}");
        }
    }
}
