//! Random products and random queries, against a search that looks at every product.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use engine_core::catalog::Product;
use engine_core::{CollectionId, Currency, ShardId};
use engine_search::{FacetRequest, Hit, PriceRange, Query, SearchIndex, Sort, Writer};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

use crate::support::{changed, entry, open, product, stock};

const WORDS: [&str; 10] =
    ["copper", "kettle", "pan", "lamp", "green", "blue", "oak", "Élan", "pro", "x1"];
const BRANDS: [&str; 6] = ["", "Acme", "ACME", "Dynex™", "Oak & Co", "élan"];
const SORTS: [Sort; 7] = [
    Sort::Relevance,
    Sort::PriceAsc,
    Sort::PriceDesc,
    Sort::Newest,
    Sort::Name,
    Sort::Popularity,
    Sort::Available,
];

/// What the index should hold.
struct World {
    index: SearchIndex,
    writer: Writer,
    products: BTreeMap<u128, Product>,
    stock: BTreeMap<u128, u32>,
    random: StdRng,
    seed: u64,
}

impl World {
    fn shard(id: u128) -> ShardId {
        ShardId(1 + (id % 3) as u16)
    }

    fn some_words(&mut self, most: usize) -> String {
        let count = self.random.random_range(1..=most);
        let words: Vec<&str> = WORDS.choose_multiple(&mut self.random, count).copied().collect();
        words.join(" ")
    }

    fn make(&mut self, id: u128) -> Product {
        let name = self.some_words(3);
        let mut made = product(id, &name);
        made.created_at = self.random.random_range(1_000..1_020);
        let details = &mut made.details;
        details.brand = BRANDS[self.random.random_range(0..BRANDS.len())].to_owned();
        details.price.amount = self.random.random_range(0..30);
        if self.random.random_bool(0.1) {
            details.price.currency = Currency::from_str("EUR").unwrap_or(Currency::USD);
        }
        let collections = self.random.random_range(0..3);
        details.collections =
            (0..collections).map(|_| CollectionId(self.random.random_range(1..5))).collect();
        if self.random.random_bool(0.3) {
            made.details.description = self.some_words(2);
        }
        made
    }

    /// Changes some products and levels, and commits.
    fn step(&mut self, changes: usize) {
        for _ in 0..changes {
            let id = self.random.random_range(1..250);
            let mut made = self.make(id);
            let available = self.random.random_range(0..3);
            if self.random.random_bool(0.15) {
                made.archived_at = Some(1);
                self.products.remove(&id);
            } else {
                self.products.insert(id, made.clone());
            }
            self.stock.insert(id, available);
            self.index.stock().set_popularity(made.id, popularity(id));
            let shard = Self::shard(id);
            let previous = self.writer.next(shard);
            let entry = entry(previous, vec![changed(&made), stock(id, available)]);
            self.writer.apply(shard, previous + 1, &entry).unwrap();
        }
        self.writer.commit().unwrap();
    }

    fn query(&mut self) -> Query {
        let random = &mut self.random;
        let bound =
            |random: &mut StdRng| random.random_bool(0.5).then(|| random.random_range(0..30));
        let price = random.random_bool(0.3).then(|| PriceRange {
            currency: Currency::USD,
            min: bound(random),
            max: bound(random),
        });
        let brand = BRANDS[1..].choose(random).filter(|_| random.random_bool(0.3));
        Query {
            collection: random.random_bool(0.3).then(|| CollectionId(random.random_range(1..6))),
            brand: brand.map(|brand| brand.to_uppercase()),
            price,
            in_stock: random.random_bool(0.3),
            sort: SORTS[random.random_range(0..SORTS.len())],
            facets: FacetRequest { brand: true, collection: true, ..FacetRequest::default() },
            limit: random.random_range(1..40),
            strict: true,
            text: if random.random_bool(0.6) { self.some_words(2) } else { String::new() },
            ..Query::default()
        }
    }

    /// What a query should find, in the order of ids.
    fn expected(&self, query: &Query) -> Vec<&Product> {
        self.products.values().filter(|product| self.matches(product, query)).collect()
    }

    fn matches(&self, product: &Product, query: &Query) -> bool {
        let details = &product.details;
        let texts = [&details.name, &details.brand, &details.description].map(|text| plain(text));
        let has = |word: &str| texts.iter().any(|text| text.split(' ').any(|other| other == word));
        let range = query.price.is_none_or(|range| {
            details.price.currency == range.currency
                && range.min.is_none_or(|min| details.price.amount >= min)
                && range.max.is_none_or(|max| details.price.amount <= max)
        });
        let brand = query.brand.as_ref();
        plain(&query.text).split_whitespace().all(has)
            && range
            && query.collection.is_none_or(|id| details.collections.contains(&id))
            && brand.is_none_or(|brand| details.brand.to_lowercase() == brand.to_lowercase())
            && (!query.in_stock || self.stock.get(&product.id.0).is_some_and(|level| *level > 0))
    }

    fn order(&self, sort: Sort, product: &Product) -> (String, i64, u128) {
        let details = &product.details;
        let currency = details.price.currency.to_string();
        let (text, number) = match sort {
            Sort::PriceAsc => (currency, details.price.amount),
            Sort::PriceDesc => (currency, -details.price.amount),
            Sort::Newest | Sort::Relevance => (String::new(), -(product.created_at as i64)),
            Sort::Name => (details.name.to_lowercase(), 0),
            Sort::Popularity => (String::new(), -i64::from(popularity(product.id.0))),
            Sort::Available => (String::new(), -i64::from(self.stock[&product.id.0])),
        };
        (text, number, product.id.0)
    }

    fn check(&mut self) {
        let query = self.query();
        let seed = self.seed;
        let expected = self.expected(&query);
        let found = pages(&self.index, &query);
        let mut ids: Vec<u128> = found.iter().map(|hit| hit.id.0).collect();
        let mut sorted = expected.clone();
        match query.sort {
            Sort::Relevance if query.text.is_empty() => {
                sorted.sort_by_key(|product| (!product.created_at, product.id));
            }
            Sort::Relevance => {
                let descending = found.is_sorted_by(|a, b| rank(a) < rank(b));
                assert!(descending, "seed {seed}: {query:?}");
                ids.sort_unstable();
            }
            sort => sorted.sort_by_key(|product| self.order(sort, product)),
        }
        let sorted: Vec<u128> = sorted.iter().map(|product| product.id.0).collect();
        assert_eq!(ids, sorted, "seed {seed}: {query:?}");
        for hit in &found {
            let details = &self.products[&hit.id.0].details;
            let level = self.stock[&hit.id.0];
            assert_eq!(
                (&hit.name, hit.price, hit.available),
                (&details.name, details.price, level)
            );
            assert_eq!(*hit.brand, *details.brand);
        }
        self.check_forgiving(&query, &ids);
        let answer = self.index.search(&query).unwrap();
        assert_eq!(answer.total as usize, expected.len(), "seed {seed}: {query:?}");
        let (brands, collections) = facets(&expected);
        let counted: BTreeMap<&str, u64> =
            answer.facets.brands.iter().map(|(brand, count)| (&**brand, *count)).collect();
        assert_eq!(counted, brands, "seed {seed}: {query:?}");
        let counted: BTreeMap<CollectionId, u64> =
            answer.facets.collections.iter().copied().collect();
        assert_eq!(counted, collections, "seed {seed}: {query:?}");
    }

    /// A search that forgives finds the same where there is something, and otherwise whatever has
    /// a word.
    fn check_forgiving(&self, query: &Query, strictly: &[u128]) {
        let seed = self.seed;
        let query = Query { strict: false, ..query.clone() };
        let found = pages(&self.index, &query);
        let mut ids: Vec<u128> = found.iter().map(|hit| hit.id.0).collect();
        if !strictly.is_empty() {
            if query.sort == Sort::Relevance && !query.text.is_empty() {
                ids.sort_unstable();
            }
            assert_eq!(ids, strictly, "seed {seed}: {query:?}");
            return;
        }
        ids.sort_unstable();
        let mut any = Vec::new();
        for word in query.text.split_whitespace() {
            let one = Query { text: word.to_owned(), ..query.clone() };
            any.extend(self.expected(&one).iter().map(|product| product.id.0));
        }
        any.sort_unstable();
        any.dedup();
        assert_eq!(ids, any, "seed {seed}: {query:?}");
    }
}

/// The place of a hit by relevance: the better match, then the more popular one.
fn rank(hit: &Hit) -> (f32, i64, u128) {
    (-hit.score, -i64::from(popularity(hit.id.0)), hit.id.0)
}

fn popularity(id: u128) -> u32 {
    (id % 7) as u32
}

/// A text in lower case without accents, its words parted by spaces.
fn plain(text: &str) -> String {
    text.to_lowercase().replace('é', "e").replace(['™', '&'], "")
}

fn facets<'a>(products: &[&'a Product]) -> (BTreeMap<&'a str, u64>, BTreeMap<CollectionId, u64>) {
    let (mut brands, mut collections) = (BTreeMap::new(), BTreeMap::new());
    for details in products.iter().map(|product| &product.details) {
        if !details.brand.is_empty() {
            *brands.entry(&*details.brand).or_default() += 1;
        }
        let distinct: std::collections::BTreeSet<_> = details.collections.iter().collect();
        distinct.into_iter().for_each(|id| *collections.entry(*id).or_default() += 1);
    }
    (brands, collections)
}

/// All pages of a search, one after the other.
fn pages(index: &SearchIndex, query: &Query) -> Vec<Hit> {
    let mut query = query.clone();
    let mut hits = Vec::new();
    loop {
        let page = index.search(&query).unwrap();
        assert!(page.hits.len() <= query.limit);
        hits.extend(page.hits);
        match page.next_cursor {
            Some(cursor) => query.cursor = Some(cursor),
            None => return hits,
        }
    }
}

#[test]
fn random_queries_find_what_looking_at_every_product_finds() {
    for seed in 0..6 {
        let dir = tempfile::tempdir().unwrap();
        let (index, writer) = open(dir.path());
        let random = StdRng::seed_from_u64(seed);
        let (products, stock) = (BTreeMap::new(), BTreeMap::new());
        let mut world = World { index, writer, products, stock, random, seed };
        for changes in [200, 60, 20, 5] {
            world.step(changes);
            (0..60).for_each(|_| world.check());
        }
    }
}
