//! Relevance on the real catalog: what a customer who types this expects to see first.

use std::io::{BufRead, BufReader};
use std::sync::LazyLock;

use engine_core::catalog::Product;
use engine_core::{CollectionId, h128};
use engine_search::{FACET_VALUES_MAX, FacetRequest, Hit, Query, SearchIndex, Sort};
use flate2::read::GzDecoder;

use crate::support::{self, SHARD, open, strict, text};

const FILE: &str = "../../cli/data/electronics.ndjson.gz";

#[derive(serde::Deserialize)]
struct Row {
    name: String,
    description: String,
    brand: String,
    categories: Vec<String>,
    price: f64,
}

pub struct Catalog {
    pub index: SearchIndex,
    pub products: Vec<Product>,
}

fn product(number: usize, row: Row) -> Product {
    let collection = |name: &String| CollectionId(h128(&[name.as_bytes()]));
    let mut product = support::product(number as u128, &row.name);
    product.details.description = row.description;
    product.details.brand = row.brand;
    product.details.sku = format!("BB-{number:06}/X");
    product.details.price.amount = (row.price * 100.0).round() as i64;
    product.details.collections = row.categories.iter().map(collection).collect();
    product
}

/// The catalog in an index, made once for all tests. Its files are deleted at once: the index has
/// them mapped.
static CATALOG: LazyLock<Catalog> = LazyLock::new(catalog);

pub fn catalog() -> Catalog {
    let file = BufReader::new(GzDecoder::new(std::fs::File::open(FILE).unwrap()));
    let row = |line: std::io::Result<String>| serde_json::from_str(&line.unwrap()).unwrap();
    let products: Vec<Product> =
        file.lines().map(row).enumerate().map(|(number, row)| product(number, row)).collect();
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let mut rebuild = writer.begin_rebuild(SHARD).unwrap();
    for (number, product) in products.iter().enumerate() {
        rebuild.add(product, number as u32 % 3).unwrap();
    }
    rebuild.finish(1).unwrap();
    Catalog { index, products }
}

fn has(text: &str, word: &str) -> bool {
    text.to_lowercase().contains(word)
}

#[test]
fn a_word_of_names_finds_names_first() {
    let catalog = &*CATALOG;
    for word in ["charger", "laptop", "speaker", "printer", "antenna", "adapter"] {
        let hits = catalog.index.search(&text(word)).unwrap();
        let in_name = |product: &&Product| has(&product.details.name, word);
        let named = catalog.products.iter().filter(in_name).count();
        let first = hits.hits.iter().take(named.min(5));
        let wrong: Vec<&Hit> = first.filter(|hit| !has(&hit.name, word)).collect();
        assert!(wrong.is_empty(), "{word}: {wrong:#?}");
        assert!(hits.total as usize >= named, "{word}");
    }
}

#[test]
fn all_words_must_be_there_and_stems_count() {
    let catalog = &*CATALOG;
    let hits = catalog.index.search(&text("samsung galaxy")).unwrap();
    assert!(hits.total > 500, "{}", hits.total);
    for hit in &hits.hits {
        let details = &catalog.products[hit.id.0 as usize].details;
        let all = format!("{} {} {}", details.name, details.brand, details.description);
        assert!(has(&all, "samsung") && has(&all, "galaxy"), "{hit:?}");
    }
    let total = |words: &str| catalog.index.search(&strict(words)).unwrap().total;
    assert_eq!(total("battery"), total("batteries"));
    assert_eq!(total("iphone case"), total("Case for an iPhone®!"));
    assert!(total("usb cable") < total("cable"));
    assert_eq!(total("samsung xyzzy"), 0);
}

#[test]
fn a_brand_as_text_finds_its_products_first() {
    let catalog = &*CATALOG;
    for brand in ["kate spade", "Insignia", "mophie", "LifeProof", "OtterBox"] {
        let hits = catalog.index.search(&text(brand)).unwrap();
        let wrong = hits.hits.iter().find(|hit| !has(&hit.brand, &brand.to_lowercase()));
        assert_eq!((hits.hits.len(), wrong), (20, None), "{brand}");
    }
}

#[test]
fn a_sku_or_a_whole_name_finds_that_product_first() {
    let catalog = &*CATALOG;
    for number in (0..catalog.products.len()).step_by(97) {
        let product = &catalog.products[number];
        for sku in [format!("BB-{number:06}/X"), format!("bb{number:06}x")] {
            let hits = catalog.index.search(&text(&sku)).unwrap();
            assert_eq!(hits.hits.first().map(|hit| hit.id), Some(product.id), "{sku}");
        }
        let hits = catalog.index.search(&text(&product.details.name.to_uppercase())).unwrap();
        let same = hits.hits.first().map(|hit| hit.name.to_lowercase());
        assert_eq!(same, Some(product.details.name.to_lowercase()));
    }
}

#[test]
fn a_beginning_finds_more_with_every_letter_less() {
    let catalog = &*CATALOG;
    let total = |text: &str, prefix| {
        let query = Query { prefix, ..strict(text) };
        catalog.index.search(&query).unwrap().total
    };
    assert_eq!(total("samsung galax", false), 0);
    let whole = total("samsung galaxy", false);
    assert!(total("samsung galaxy", true) >= whole);
    assert!(total("samsung gal", true) > 500);
    assert_eq!(total("samsung gal ", true), 0, "a word that is ended is whole");
    assert_eq!(total("samsung xyz", true), 0);
}

#[test]
fn filters_facets_and_stock_agree_with_the_catalog() {
    let catalog = &*CATALOG;
    let cables = CollectionId(h128(&[b"Cell Phones"]));
    let query = Query {
        collection: Some(cables),
        brand: Some("SAMSUNG".to_owned()),
        in_stock: true,
        sort: Sort::PriceAsc,
        facets: FacetRequest { brand: true, collection: true, ..FacetRequest::default() },
        limit: 100,
        ..Query::default()
    };
    let wanted: Vec<&Product> = catalog
        .products
        .iter()
        .filter(|product| product.details.collections.contains(&cables))
        .filter(|product| product.details.brand == "Samsung" && product.id.0 % 3 > 0)
        .collect();
    let hits = catalog.index.search(&query).unwrap();
    assert!(!wanted.is_empty());
    assert_eq!(hits.total as usize, wanted.len());
    assert!(hits.hits.is_sorted_by_key(|hit| (hit.price.amount, hit.id)));
    assert_eq!(hits.facets.brands, vec![("Samsung".into(), hits.total)]);
    let count = hits.facets.collections.iter().find(|(id, _)| *id == cables);
    assert_eq!(count, Some(&(cables, hits.total)));

    let facets = FacetRequest { brand: true, collection: false, ..FacetRequest::default() };
    let all = catalog.index.search(&Query { facets, ..Query::default() }).unwrap();
    assert_eq!((all.total, all.hits.len()), (catalog.products.len() as u64, 0));
    assert_eq!(all.facets.brands.len(), FACET_VALUES_MAX);
    assert_eq!(all.facets.brands[0], ("Incipio".into(), 305));
}
