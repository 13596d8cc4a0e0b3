//! Typing errors, words left out, beginnings, and what is suggested instead.

use engine_search::{Matched, QUERY_CHARS_MAX, Query, SearchError, Settings, Synonyms, Typos};

use crate::support::{fill, ids, open, product, strict, text};

fn shop() -> (tempfile::TempDir, engine_search::SearchIndex) {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let names =
        ["Copper kettle", "Kettle stand", "Settle bench", "Microwave oven", "Green kettles"];
    let mut products: Vec<_> = (1..).zip(names).map(|(id, name)| product(id, name)).collect();
    let mut branded = product(6, "Blender");
    branded.details.brand = "Gaggia".to_owned();
    branded.details.sku = "ABCDEFGH-12".to_owned();
    products.push(branded);
    fill(&mut writer, &products);
    (dir, index)
}

#[test]
fn one_error_is_forgiven_from_five_letters_two_from_nine() {
    let (_dir, index) = shop();
    let found = |words: &str| {
        let hits = index.search(&text(words)).unwrap();
        let mut found = ids(&hits);
        found.sort_unstable();
        (found, hits.matched)
    };
    for typed in ["kettel", "ketle", "kettlle", "kattle", "ekttle"] {
        assert_eq!(found(typed), (vec![1, 2, 5], Matched::Typos), "{typed}");
    }
    assert_eq!(found("oevn").0, Vec::<u128>::new(), "four letters");
    assert_eq!(found("mcrowve").0, Vec::<u128>::new(), "two errors in seven letters");
    assert_eq!(found("mikrowawe"), (vec![4], Matched::Typos), "two errors in nine letters");
    assert_eq!(found("kettles").1, Matched::AsTyped);
    assert_eq!(index.search(&strict("kettel")).unwrap().total, 0);
}

#[test]
fn words_of_brands_and_skus_have_no_errors_unless_settings_say_so() {
    let (_dir, index) = shop();
    let total = |words: &str| index.search(&text(words)).unwrap().total;
    assert_eq!((total("gaggia"), total("gagia"), total("abcdefgx")), (1, 0, 0));
    let typos = Typos { in_brand: true, ..Typos::default() };
    index.set_settings(&Settings { typos, ..Settings::default() }).unwrap();
    assert_eq!((total("gagia"), total("abcdefgx")), (1, 0));
    let typos = Typos { in_sku: true, ..Typos::default() };
    index.set_settings(&Settings { typos, ..Settings::default() }).unwrap();
    assert_eq!((total("gagia"), total("abcdefgx")), (0, 1));
    let typos = Typos { enough: 0, ..Typos::default() };
    index.set_settings(&Settings { typos, ..Settings::default() }).unwrap();
    assert_eq!(total("kettel"), 0, "none are looked for");
}

#[test]
fn as_typed_comes_before_beginnings_and_beginnings_before_errors() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let mut exact = product(9, "Something else with a long name in which one word of ten is small");
    exact.details.description = format!("{} setter", "word ".repeat(200));
    let products =
        [product(1, "Setters setters"), product(2, "Setterling"), product(3, "Better"), exact];
    fill(&mut writer, &products);
    let typos = Typos { enough: 10, ..Typos::default() };
    index.set_settings(&Settings { typos, ..Settings::default() }).unwrap();
    let query = Query { prefix: true, ..text("setter") };
    let hits = index.search(&query).unwrap();
    assert_eq!((ids(&hits), hits.matched), (vec![1, 9, 2, 3], Matched::Typos));
    let pages: Vec<u128> = {
        let first = index.search(&Query { limit: 2, ..query.clone() }).unwrap();
        let cursor = first.next_cursor.clone();
        let second = index.search(&Query { limit: 2, cursor, ..query }).unwrap();
        assert_eq!(second.matched, Matched::Typos, "a cursor says how the first page matched");
        ids(&first).into_iter().chain(ids(&second)).collect()
    };
    assert_eq!(pages, [1, 9, 2, 3]);
}

#[test]
fn a_beginning_may_have_errors_too() {
    let (_dir, index) = shop();
    let begun = |words: &str| index.search(&Query { prefix: true, ..text(words) }).unwrap();
    assert_eq!(ids(&begun("mirco")), [4]);
    assert_eq!(ids(&begun("mircow")), [4]);
    assert_eq!(begun("mirc").total, 0, "four letters");
    assert_eq!(begun("micro").matched, Matched::AsTyped);
}

#[test]
fn as_few_words_are_left_out_as_possible() {
    let (_dir, index) = shop();
    let found = |words: &str| {
        let hits = index.search(&text(words)).unwrap();
        (ids(&hits), hits.matched)
    };
    assert_eq!(found("copper kettle zzz"), (vec![1], Matched::SomeWords(2)));
    assert_eq!(found("zzz yyy xxx bench"), (vec![3], Matched::SomeWords(1)));
    let (any, matched) = found("copper bench");
    assert_eq!((any.len(), matched), (2, Matched::SomeWords(1)));
    assert_eq!(found("coper ketle zzz"), (vec![1], Matched::SomeWords(2)), "with errors as well");
    assert_eq!(found("zzz yyy"), (vec![], Matched::AsTyped));
    let filtered = Query { brand: Some("nobody".to_owned()), ..text("kettle") };
    assert_eq!(index.search(&filtered).unwrap().total, 0, "filters are never left out");
}

#[test]
fn the_nearest_words_are_suggested_in_the_place_of_unknown_ones() {
    let (_dir, index) = shop();
    let suggestion = |words: &str| index.search(&text(words)).unwrap().suggestion;
    assert_eq!(suggestion("Coper  kettel!").as_deref(), Some("copper  kettle!"));
    assert_eq!(suggestion("ketle zzz").as_deref(), Some("kettle zzz"));
    assert_eq!(suggestion("kettle"), None);
    assert_eq!(suggestion("copper bench"), None, "all words are known");
    assert_eq!(suggestion("zzz"), None);
}

#[test]
fn a_completion_is_the_most_frequent_word_that_finds_something() {
    let (_dir, index) = shop();
    let complete = |text: &str| -> Vec<String> {
        let completions = index.complete(text, 5).unwrap();
        completions.into_iter().map(|completion| completion.text).collect()
    };
    assert_eq!(complete("ke"), ["kettle", "kettles"]);
    assert_eq!(complete("kett"), ["kettle", "kettles"]);
    assert_eq!(complete("Green ke"), ["Green kettles"], "no other kettle is green");
    assert_eq!(complete("gag"), ["gaggia"], "brands too");
    assert_eq!(complete("mircow"), ["microwave"], "with an error when nothing begins so");
    assert_eq!(complete("copper o"), Vec::<String>::new());
    for nothing in ["", " ", "kettle ", "?!", "zzzzzz"] {
        assert_eq!(complete(nothing), Vec::<String>::new(), "{nothing:?}");
    }
    let few = index.complete("k", 1).unwrap();
    assert_eq!((few.len(), few[0].products), (1, 2));
    assert_eq!(index.complete("k", 21), Err(SearchError::TooManyCompletions));
    let long = "é".repeat(QUERY_CHARS_MAX + 1);
    assert_eq!(index.complete(&long, 5), Err(SearchError::TextTooLong));
}

#[test]
fn a_word_of_products_that_are_gone_is_no_completion() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    fill(&mut writer, &[product(1, "Kettle"), product(2, "Keyboard")]);
    let mut gone = product(1, "Kettle");
    gone.archived_at = Some(1);
    fill(&mut writer, &[gone]);
    let found = index.complete("ke", 5).unwrap();
    assert_eq!(found.iter().map(|found| &*found.text).collect::<Vec<_>>(), ["keyboard"]);
}

#[test]
fn what_was_found_is_marked_as_it_was_understood() {
    let (_dir, index) = shop();
    let marked = |query: &Query, text: &str| -> Vec<String> {
        let hits = index.search(query).unwrap();
        hits.highlighter.marks(text).into_iter().map(|mark| text[mark].to_owned()).collect()
    };
    let name = "Copper kettle and kettles, microwave";
    assert_eq!(marked(&text("kettle"), name), ["kettle", "kettles"]);
    assert_eq!(marked(&text("ketle"), name), ["kettle", "kettles"]);
    assert_eq!(marked(&Query { prefix: true, ..text("mic") }, name), ["microwave"]);
    let texts = vec!["pot".to_owned(), "copper kettle".to_owned()];
    let synonyms = vec![Synonyms { texts, one_way: false }];
    index.set_settings(&Settings { synonyms, ..Settings::default() }).unwrap();
    assert_eq!(marked(&text("pot"), name), ["Copper", "kettle", "kettles"]);
}
