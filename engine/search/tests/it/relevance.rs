//! How often the product that is looked for is among the first ten: names of the real catalog,
//! typed as they are, begun, with an error, or with another word that means the same. The queries
//! come from a seed, so a figure that falls says that something has changed.

use std::collections::BTreeMap;

use engine_search::{Query, Settings, Synonyms};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

use crate::catalog::{self, Catalog};

const QUERIES: usize = 300;

/// Words of a name that few other names have together, and the name.
fn queries(catalog: &Catalog, random: &mut StdRng) -> Vec<(Vec<String>, String)> {
    let mut frequency: BTreeMap<String, usize> = BTreeMap::new();
    let names: Vec<Vec<String>> =
        catalog.products.iter().map(|product| words(&product.details.name)).collect();
    for word in names.iter().flatten() {
        *frequency.entry(word.clone()).or_default() += 1;
    }
    let mut queries = Vec::new();
    while queries.len() < QUERIES {
        let at = random.random_range(0..names.len());
        let mut chosen: Vec<String> = names[at].clone();
        chosen.sort_by_key(|word| frequency[word]);
        chosen.dedup();
        chosen.truncate(3);
        let has_all = |name: &&Vec<String>| chosen.iter().all(|word| name.contains(word));
        if chosen.len() == 3 && names.iter().filter(has_all).count() <= 10 {
            queries.push((chosen, catalog.products[at].details.name.clone()));
        }
    }
    queries
}

/// The words of letters alone, of five letters or more, in lower case.
fn words(name: &str) -> Vec<String> {
    let words = name.split(|char: char| !char.is_alphanumeric());
    let plain = |word: &&str| word.len() >= 5 && word.bytes().all(|it| it.is_ascii_alphabetic());
    words.filter(plain).map(str::to_lowercase).collect()
}

/// One error in one of the words.
fn misspelled(words: &[String], random: &mut StdRng) -> String {
    let mut words = words.to_vec();
    let place = random.random_range(0..words.len());
    let mut letters: Vec<char> = words[place].chars().collect();
    let at = random.random_range(0..letters.len() - 1);
    let letter = char::from(*b"etaoinshrdlu".choose(random).unwrap());
    match random.random_range(0..4) {
        0 => letters.swap(at, at + 1),
        1 => letters.insert(at, letter),
        2 => letters[at] = letter,
        _ => drop(letters.remove(at)),
    }
    words[place] = letters.into_iter().collect();
    words.join(" ")
}

/// The share of queries that have a product of the name they were made from in the first ten.
fn recall(
    catalog: &Catalog,
    settings: &Settings,
    mut make: impl FnMut(&[String], &mut StdRng) -> Query,
) -> f64 {
    catalog.index.set_settings(settings).unwrap();
    let mut random = StdRng::seed_from_u64(2026);
    let queries = queries(catalog, &mut random);
    let mut found = 0;
    for (words, name) in &queries {
        let query = Query { limit: 10, ..make(words, &mut random) };
        let hits = catalog.index.search(&query).unwrap();
        found += usize::from(hits.hits.iter().any(|hit| hit.name == *name));
    }
    found as f64 / queries.len() as f64
}

#[test]
fn what_is_looked_for_is_among_the_first_ten() {
    let catalog = catalog::catalog();
    let text = |text: String| Query { text, ..Query::default() };
    let plain = Settings::default();
    let exact = recall(&catalog, &plain, |words, _| text(words.join(" ")));
    let begun = recall(&catalog, &plain, |words, _| {
        let all = words.join(" ");
        Query { prefix: true, ..text(all[..all.len() - 2].to_owned()) }
    });
    let typo = recall(&catalog, &plain, |words, random| text(misspelled(words, random)));
    let alike = |texts: [&str; 2]| {
        let texts = texts.iter().map(ToString::to_string).collect();
        Synonyms { texts, one_way: false }
    };
    let synonyms = vec![alike(["cuirass", "case"]), alike(["lead wire", "cable"])];
    let settings = Settings { synonyms, ..Settings::default() };
    let synonym = recall(&catalog, &settings, |words, _| {
        text(words.join(" ").replace("case", "cuirass").replace("cable", "lead wire"))
    });
    let dropped = recall(&catalog, &plain, |words, _| text(format!("{} zyxwvut", words.join(" "))));
    println!(
        "recall@10: exact {exact:.3}, begun {begun:.3}, one error {typo:.3}, synonym \
         {synonym:.3}, a word too many {dropped:.3}"
    );
    assert!(exact >= 0.95, "{exact}");
    assert!(begun >= 0.95, "{begun}");
    assert!(typo >= 0.85, "{typo}");
    assert!(synonym >= 0.95, "{synonym}");
    assert!(dropped >= 0.95, "{dropped}");
}
