//! What the document says of search: limits, and one value of each wire type.

use api_client::*;
use engine_core::catalog::{
    ATTRIBUTE_NAME_BYTES_MAX, ATTRIBUTE_VALUE_BYTES_MAX, LABEL_BYTES_MAX, NAME_BYTES_MAX,
};
use engine_core::{Money, Topology};
use engine_search::{
    ATTRIBUTE_FACETS_MAX, COMPLETIONS_MAX, FACET_VALUES_MAX, FILTER_CHARS_MAX, QUERY_CHARS_MAX,
    RULE_PRODUCTS_MAX, RULES_MAX, SETTING_CHARS_MAX, SYNONYM_TEXTS_MAX, SYNONYMS_MAX, TERMS_MAX,
    TYPOS_NUMBER_MAX,
};
use serde_json::{Value, json};

use super::limits::{id, number, text};
use super::samples::{AFTER, COLLECTION, PRODUCT, sample};
use crate::extract::LIMIT_MAX;
use crate::rest::SNIPPET_CHARS;

/// How long a text may be that is made of a query and of words of the index, in characters.
const MADE_CHARS_MAX: usize = 4_096;

/// The limits of a type's field.
pub fn limits(kind: &str, field: &str) -> Option<Value> {
    Some(match (kind, field) {
        ("SearchHit", "id") => id("prod_", 32),
        ("Query", _) => return query(field),
        ("Facets", "brand" | "collection") | ("AttributeFacet", "values") => {
            json!({"maxItems": FACET_VALUES_MAX})
        }
        ("Facets", "attributes") => json!({"maxItems": ATTRIBUTE_FACETS_MAX}),
        ("Facets", "price") => json!({"maxItems": 512}),
        ("Facet", "value") => text(0, ATTRIBUTE_VALUE_BYTES_MAX, "Stoa"),
        ("Facet", "name") => text(1, NAME_BYTES_MAX, "Tea"),
        ("PriceFacet", "min" | "max") => number(0, Money::AMOUNT_MAX, 1_299),
        ("AttributeFacet", "name") => text(0, ATTRIBUTE_NAME_BYTES_MAX, "grams"),
        ("AttributeFacet", "min" | "max") => json!({
            "pattern": "^-?[0-9]{1,13}(\\.[0-9]{1,6})?$", "examples": ["12.5"],
        }),
        ("SearchResults", "hits") => json!({"maxItems": LIMIT_MAX}),
        ("SearchResults", "total") => number(0, i64::MAX, 12),
        ("SearchResults", "matched") => json!({"enum": ["as_typed", "typos", "some_words"]}),
        ("SearchResults", "matched_words") => number(1, TERMS_MAX as i64, 2),
        ("SearchResults", "suggestion") | ("Completion", "text") => {
            json!({"minLength": 1, "maxLength": MADE_CHARS_MAX, "examples": ["green tea"]})
        }
        // These are pieces, not the texts that the names stand for elsewhere.
        ("Highlights", "name" | "description") => json!({}),
        ("HighlightPiece", "text") => text(1, NAME_BYTES_MAX.max(4 * SNIPPET_CHARS), "tea"),
        ("SearchIndexStatus" | "SearchRebuild", "node") => number(0, i64::MAX, 2),
        ("SearchRebuild", "shards") => {
            json!({"items": number(1, i64::from(Topology::SHARDS_MAX), 1)})
        }
        ("SearchIndexShard", "state") => json!({"enum": ["equal", "differs", "unsettled"]}),
        ("SearchIndexShard", "position" | "products" | "rows") => number(0, i64::MAX, 42),
        ("SearchIndexShard", "digest" | "rows_digest") => json!({"pattern": "^[0-9a-f]{32}$"}),
        ("SearchSettings", "version") => number(0, i64::MAX, 3),
        ("SearchSettings" | "PutSearchSettings", "synonyms") => json!({"maxItems": SYNONYMS_MAX}),
        ("SearchSettings" | "PutSearchSettings", "rules") => json!({"maxItems": RULES_MAX}),
        ("SearchTypos", "one_from" | "two_from" | "enough") => {
            number(0, TYPOS_NUMBER_MAX.into(), 5)
        }
        ("SearchSynonyms", "texts") => {
            json!({"minItems": 2, "maxItems": SYNONYM_TEXTS_MAX, "items": setting("mug")})
        }
        ("SearchRule", "text") => setting("kettle"),
        ("SearchRule", "pinned" | "hidden") => {
            json!({"maxItems": RULE_PRODUCTS_MAX, "items": id("prod_", 32)})
        }
        ("Completions", "completions") => json!({"maxItems": COMPLETIONS_MAX}),
        ("Completion", "products") => number(0, i64::MAX, 12),
        _ => return None,
    })
}

/// A text of the settings.
fn setting(example: &str) -> Value {
    json!({
        "type": "string", "minLength": 1, "maxLength": SETTING_CHARS_MAX, "examples": [example],
    })
}

/// The limits of a parameter of a search.
fn query(name: &str) -> Option<Value> {
    Some(match name {
        "brand" => text(0, LABEL_BYTES_MAX, "Stoa"),
        "q" => json!({"maxLength": QUERY_CHARS_MAX, "examples": ["green tea"]}),
        "collection" => id("col_", 32),
        "facets" => json!({
            "maxLength": FILTER_CHARS_MAX, "examples": ["brand,price,attributes.origin"],
        }),
        "filter" => json!({
            "minLength": 1, "maxLength": FILTER_CHARS_MAX,
            "examples": ["brand = Stoa AND price <= 5000"],
        }),
        "distinct" => text(0, ATTRIBUTE_NAME_BYTES_MAX, "group"),
        "sort" => json!({"enum": [
            "relevance", "price:asc", "price:desc", "newest", "name", "popularity", "available",
        ]}),
        _ => return None,
    })
}

/// The samples, by the name of their type.
pub fn samples() -> Vec<(&'static str, Value)> {
    let piece = |text: &str, marked| HighlightPiece { text: text.to_owned(), marked };
    let snippet = Snippet {
        pieces: vec![piece("First flush ", false), piece("tea", true)],
        cut_before: false,
        cut_after: true,
    };
    let highlights = Highlights {
        name: vec![piece("Green ", false), piece("tea", true), piece(", 100 g", false)],
        description: Some(snippet.clone()),
    };
    let hit = SearchHit {
        id: PRODUCT.to_owned(),
        name: "Green tea, 100 g".to_owned(),
        brand: "Stoa".to_owned(),
        sku: "TEA-G-100".to_owned(),
        collection_ids: vec![COLLECTION.to_owned()],
        price: 1_299,
        currency: "USD".to_owned(),
        available: 117,
        highlights: Some(highlights.clone()),
    };
    let completion = Completion { text: "green tea".to_owned(), products: 12 };
    let mut all = vec![
        sample("SearchHit", hit.clone()),
        sample("Highlights", highlights),
        sample("HighlightPiece", piece("tea", true)),
        sample("Snippet", snippet),
        sample("Completion", completion.clone()),
        sample("Completions", Completions { completions: vec![completion] }),
    ];
    all.extend(counts(hit));
    all.extend(settings());
    all.extend(index());
    all
}

fn index() -> Vec<(&'static str, Value)> {
    let digest = "0123456789abcdef0123456789abcdef".to_owned();
    let shard = SearchIndexShard {
        shard: 1,
        state: "equal".to_owned(),
        rebuilding: false,
        position: 42,
        products: 823,
        digest: digest.clone(),
        rows: Some(823),
        rows_digest: Some(digest),
    };
    let status = SearchIndexStatus { node: 2, equal: true, shards: vec![shard.clone()] };
    vec![
        sample("SearchIndexShard", shard),
        sample("SearchIndexStatus", status),
        sample("RebuildSearch", RebuildSearch { shard: Some(1) }),
        sample("SearchRebuild", SearchRebuild { node: 2, shards: vec![1] }),
    ]
}

fn settings() -> Vec<(&'static str, Value)> {
    let typos = SearchTypos::default();
    let texts = vec!["mug".to_owned(), "coffee cup".to_owned()];
    let synonyms = SearchSynonyms { texts, one_way: false };
    let (pinned, hidden) = (vec![PRODUCT.to_owned()], Vec::new());
    let rule = SearchRule { text: "kettle".to_owned(), pinned, hidden };
    let put =
        PutSearchSettings { typos, synonyms: vec![synonyms.clone()], rules: vec![rule.clone()] };
    let settings = SearchSettings {
        version: 3,
        updated_at: Some(AFTER.to_owned()),
        typos,
        synonyms: put.synonyms.clone(),
        rules: put.rules.clone(),
    };
    vec![
        sample("SearchSettings", settings),
        sample("PutSearchSettings", put),
        sample("SearchTypos", typos),
        sample("SearchSynonyms", synonyms),
        sample("SearchRule", rule),
    ]
}

fn counts(hit: SearchHit) -> Vec<(&'static str, Value)> {
    let facet = Facet { value: COLLECTION.to_owned(), name: Some("Tea".to_owned()), count: 12 };
    let brand = Facet { value: "Stoa".to_owned(), name: None, count: 9 };
    let grams = Facet { value: "100".to_owned(), name: None, count: 7 };
    let price = PriceFacet { currency: "USD".to_owned(), min: 299, max: 1_299 };
    let attribute = AttributeFacet {
        name: "grams".to_owned(),
        values: vec![grams],
        min: Some("12.5".to_owned()),
        max: Some("1000".to_owned()),
    };
    let facets = Facets {
        brand: Some(vec![brand]),
        collection: Some(vec![facet.clone()]),
        price: Some(vec![price.clone()]),
        attributes: Some(vec![attribute.clone()]),
    };
    let results = SearchResults {
        hits: vec![hit],
        total: 12,
        matched: "some_words".to_owned(),
        matched_words: Some(2),
        suggestion: Some("green tea".to_owned()),
        facets: facets.clone(),
        next_cursor: Some("eyJ0".to_owned()),
    };
    vec![
        sample("Facet", facet),
        sample("PriceFacet", price),
        sample("AttributeFacet", attribute),
        sample("Facets", facets),
        sample("SearchResults", results),
    ]
}
