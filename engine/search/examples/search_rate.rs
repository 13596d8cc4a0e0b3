//! Measures searches: how many per second one thread makes, how long they take, and the memory.
//!
//! `cargo run --release -p engine-search --example search_rate -- CATALOG.ndjson.gz [SYNTHETIC]`
//! indexes the catalog, then SYNTHETIC products (100,000) made from the catalog's words. Each kind
//! of query is run for a second; the figures are CPU time of one thread with nothing before it.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use engine_core::catalog::{Product, ProductDetails};
use engine_core::{CollectionId, Currency, Money, ProductId, ShardId, h128};
use engine_search::{Config, Expr, FacetRequest, PriceRange, Query, SearchIndex, Sort, Writer};
use flate2::read::GzDecoder;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

type Outcome<T> = Result<T, Box<dyn Error>>;

const SHARD: ShardId = ShardId(1);
const MEASURED: Duration = Duration::from_secs(1);

#[derive(serde::Deserialize)]
struct Row {
    name: String,
    description: String,
    brand: String,
    categories: Vec<String>,
    price: f64,
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let catalog = arguments.next().ok_or("usage: search_rate CATALOG.ndjson.gz [SYNTHETIC]")?;
    let synthetic = arguments.next().map_or(Ok(100_000), |count| count.parse::<usize>())?;
    let rows = read(&catalog)?;
    let products: Vec<Product> = rows.iter().enumerate().map(|(n, row)| real(n, row)).collect();
    measure("the catalog", &products, &rows)?;
    let mut random = StdRng::seed_from_u64(1);
    let products: Vec<Product> = (0..synthetic).map(|n| made_up(n, &rows, &mut random)).collect();
    measure("synthetic", &products, &rows)
}

fn measure(what: &str, products: &[Product], rows: &[Row]) -> Outcome<()> {
    let dir = std::env::temp_dir().join(format!("search_rate.{}", std::process::id()));
    let config = Config { dir: dir.clone(), cluster_id: what.to_owned(), on_publish: None };
    let before = memory_mib()?;
    let (index, mut writer) = SearchIndex::open(config)?;
    let started = Instant::now();
    fill(&mut writer, products)?;
    let filled = started.elapsed();
    println!("== {what}: {} products, indexed in {filled:.1?}", products.len());
    println!("{:?}; resident {} MiB more", index.stats(), memory_mib()?.saturating_sub(before));
    println!(
        "{:34} {:>9} {:>9} {:>9} {:>9} {:>8}",
        "", "per s", "mean µs", "p50 µs", "p99 µs", "hits"
    );
    let words = words(rows);
    for (name, make) in kinds() {
        let mut random = StdRng::seed_from_u64(7);
        let queries: Vec<Query> = (0..500).map(|_| make(&words, rows, &mut random)).collect();
        run(&index, name, &queries)?;
    }
    completions(&index, &words)?;
    writes(&mut writer, products)?;
    println!("{:?}; resident {} MiB more", index.stats(), memory_mib()?.saturating_sub(before));
    drop(index);
    writer.close()?;
    std::fs::remove_dir_all(dir)?;
    Ok(())
}

/// How fast words are completed of which two to four letters were typed.
fn completions(index: &SearchIndex, words: &[String]) -> Outcome<()> {
    let mut random = StdRng::seed_from_u64(7);
    let mut times = Vec::new();
    let started = Instant::now();
    while started.elapsed() < MEASURED {
        let letters = 2 + times.len() % 3;
        let typed: String = word(words, &mut random).chars().take(letters).collect();
        let began = Instant::now();
        index.complete(&typed, 10)?;
        times.push(began.elapsed());
    }
    report("a completion", times, 0);
    Ok(())
}

/// What 200 products cost that are changed and committed one by one.
fn writes(writer: &mut Writer, products: &[Product]) -> Outcome<()> {
    let started = Instant::now();
    for product in products.iter().take(200) {
        let previous = writer.next(SHARD);
        let events = vec![engine_core::feed::Event::ProductChanged(product.clone())];
        let entry = engine_core::feed::FeedEntry { previous, at: 0, events };
        writer.apply(SHARD, previous + 1, &entry)?;
        writer.commit()?;
    }
    println!("a commit of one product, shown: {:.1?}", started.elapsed() / 200);
    writer.tick()?;
    Ok(())
}

fn run(index: &SearchIndex, name: &str, queries: &[Query]) -> Outcome<()> {
    let (mut times, mut hits) = (Vec::new(), 0);
    let started = Instant::now();
    for query in queries.iter().cycle() {
        let began = Instant::now();
        hits += index.search(query)?.total;
        times.push(began.elapsed());
        if started.elapsed() > MEASURED {
            break;
        }
    }
    report(name, times, hits);
    Ok(())
}

/// One line: the rate, the times in order, and hits per search.
fn report(name: &str, mut times: Vec<Duration>, hits: u64) {
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let mean = micros(times.iter().sum::<Duration>()) / times.len() as f64;
    times.sort_unstable();
    let at = |share: usize| micros(times[(times.len() * share / 100).min(times.len() - 1)]);
    let hits = hits / times.len() as u64;
    let rate = 1e6 / mean;
    println!("{name:34} {rate:9.0} {mean:9.1} {:9.1} {:9.1} {hits:8}", at(50), at(99));
}

type Make = fn(&[String], &[Row], &mut StdRng) -> Query;

fn kinds() -> Vec<(&'static str, Make)> {
    vec![
        ("one word", |words, _, random| top(word(words, random))),
        ("two words of one product", |_, rows, random| top(two(rows, random))),
        ("two words, both facets", |_, rows, random| Query {
            facets: FacetRequest { brand: true, collection: true, ..FacetRequest::default() },
            ..top(two(rows, random))
        }),
        ("two words, in stock, by price", |_, rows, random| Query {
            in_stock: true,
            sort: Sort::PriceAsc,
            ..top(two(rows, random))
        }),
        ("two words, the last begun", |_, rows, random| {
            let mut text = two(rows, random);
            text.truncate(text.floor_char_boundary(text.len() - 2));
            Query { prefix: true, ..top(text) }
        }),
        ("two words, one with an error", |_, rows, random| top(misspelled(rows, random))),
        ("two words, and one of nothing", |_, rows, random| {
            top(format!("{} zyxwvut", two(rows, random)))
        }),
        ("two words, facets, a filter", |_, rows, random| Query {
            filter: Expr::parse("price 1000 TO 20000 AND in_stock = true").ok(),
            facets: FacetRequest { brand: true, collection: true, ..FacetRequest::default() },
            ..top(two(rows, random))
        }),
        ("two words, disjunctive facets", |_, rows, random| Query {
            filter: Expr::parse("price 1000 TO 20000 AND brand IN (Samsung, Insignia)").ok(),
            facets: FacetRequest {
                brand: true,
                price: true,
                disjunctive: true,
                ..FacetRequest::default()
            },
            ..top(two(rows, random))
        }),
        ("a collection in stock, by price", |_, rows, random| Query {
            collection: any(rows, random).categories.first().map(collection),
            in_stock: true,
            sort: Sort::PriceAsc,
            ..top(String::new())
        }),
        ("a whole name", |_, rows, random| top(any(rows, random).name.clone())),
        ("a common word", |_, _, _| top("case".to_owned())),
        ("a brand, by name", |_, rows, random| Query {
            brand: Some(any(rows, random).brand.clone()),
            sort: Sort::Name,
            ..top(String::new())
        }),
        ("all, newest, both facets", |_, _, _| Query {
            facets: FacetRequest { brand: true, collection: true, ..FacetRequest::default() },
            ..top(String::new())
        }),
        ("all in stock, 10 to 50, by price", |_, _, _| Query {
            in_stock: true,
            price: Some(PriceRange { currency: Currency::USD, min: Some(1000), max: Some(5000) }),
            sort: Sort::PriceDesc,
            ..top(String::new())
        }),
        ("all, by name", |_, _, _| Query { sort: Sort::Name, ..top(String::new()) }),
    ]
}

fn top(text: String) -> Query {
    Query { text, limit: 20, ..Query::default() }
}

fn any<'a>(rows: &'a [Row], random: &mut StdRng) -> &'a Row {
    &rows[random.random_range(0..rows.len())]
}

fn word(words: &[String], random: &mut StdRng) -> String {
    words[random.random_range(0..words.len())].clone()
}

fn two(rows: &[Row], random: &mut StdRng) -> String {
    let name: Vec<&str> = any(rows, random).name.split_whitespace().collect();
    name.choose_multiple(random, 2).copied().collect::<Vec<_>>().join(" ")
}

/// Two words of five letters or more, one of them with two letters swapped.
fn misspelled(rows: &[Row], random: &mut StdRng) -> String {
    loop {
        let name = any(rows, random).name.to_lowercase();
        let letters =
            |word: &&str| word.len() >= 5 && word.bytes().all(|it| it.is_ascii_lowercase());
        let words: Vec<&str> = name.split_whitespace().filter(letters).collect();
        let chosen: Vec<&str> = words.choose_multiple(random, 2).copied().collect();
        let [first, second] = chosen[..] else { continue };
        let mut letters: Vec<char> = first.chars().collect();
        let at = random.random_range(1..letters.len() - 1);
        letters.swap(at, at + 1);
        if letters[at] != letters[at + 1] {
            return format!("{} {second}", letters.into_iter().collect::<String>());
        }
    }
}

fn collection(name: &String) -> CollectionId {
    CollectionId(h128(&[name.as_bytes()]))
}

fn words(rows: &[Row]) -> Vec<String> {
    let mut words = BTreeMap::new();
    for word in rows.iter().flat_map(|row| row.name.split_whitespace()) {
        *words.entry(word.to_lowercase()).or_insert(0) += 1;
    }
    words.into_iter().filter(|(_, count)| *count > 2).map(|(word, _)| word).collect()
}

fn read(path: &str) -> Outcome<Vec<Row>> {
    let file = BufReader::new(GzDecoder::new(std::fs::File::open(path)?));
    file.lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect()
}

fn fill(writer: &mut Writer, products: &[Product]) -> Outcome<()> {
    let mut rebuild = writer.begin_rebuild(SHARD)?;
    for (number, product) in products.iter().enumerate() {
        rebuild.add(product, number as u32 % 5)?;
    }
    rebuild.finish(1)?;
    Ok(())
}

fn real(number: usize, row: &Row) -> Product {
    let price = (row.price * 100.0).round() as i64;
    product(
        number,
        ProductDetails {
            name: row.name.clone(),
            description: row.description.clone(),
            brand: row.brand.clone(),
            sku: format!("BB-{number:06}"),
            price: Money { amount: price, currency: Currency::USD },
            weight_grams: 0,
            tax_category: String::new(),
            collections: row.categories.iter().map(collection).collect(),
            attributes: Vec::new(),
        },
    )
}

/// A product with the words of three others.
fn made_up(number: usize, rows: &[Row], random: &mut StdRng) -> Product {
    let mut made = real(number, any(rows, random));
    let mut name: Vec<&str> = any(rows, random).name.split_whitespace().collect();
    name.extend(any(rows, random).name.split_whitespace().take(3));
    made.details.name = name.join(" ");
    made.details.description = any(rows, random).description.clone();
    made.details.price.amount += random.random_range(0..500);
    made
}

fn product(number: usize, details: ProductDetails) -> Product {
    let id = ProductId(h128(&[b"product", &number.to_be_bytes()]));
    let at = 1_700_000_000_000 + number as u64;
    Product { id, version: 1, created_at: at, updated_at: at, archived_at: None, details }
}

/// Memory of this process that is not the cache of a file.
fn memory_mib() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kib: u64 = line.unwrap_or("0 kB").trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024)
}
