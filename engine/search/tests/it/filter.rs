//! Filter expressions and facets, against looking at every product; and what is said of bad ones.

use std::collections::BTreeMap;

use engine_core::catalog::Product;
use engine_core::{CollectionId, ProductId};
use engine_search::{
    ATTRIBUTE_FACETS_MAX, Expr, FILTER_CHARS_MAX, FILTER_CONDITIONS_MAX, FILTER_DEPTH_MAX,
    FacetRequest, Query, SearchError, SearchIndex,
};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

use crate::support::{fill, open, product, stock};

const BRANDS: [&str; 4] = ["", "Acme", "Oak & Co", "Élan"];
const COLORS: [&str; 4] = ["red", "Red", "dark blue", "green"];
const SIZES: [&str; 6] = ["1", "1.0", "2.5", "10", "-3", "large"];

struct Shop {
    _dir: tempfile::TempDir,
    index: SearchIndex,
    products: Vec<Product>,
}

fn available(product: &Product) -> u32 {
    (product.id.0 % 4) as u32
}

fn shop(random: &mut StdRng) -> Shop {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let mut products = Vec::new();
    for id in 1..200 {
        let mut made = product(id, "Kettle");
        made.details.brand = (*BRANDS.choose(random).unwrap()).to_owned();
        made.details.price.amount = random.random_range(0..20);
        made.details.collections = (0..random.random_range(0..3)).map(CollectionId).collect();
        let mut attribute = |name: &str, values: &[&str]| {
            if random.random_bool(0.7) {
                let value = (*values.choose(random).unwrap()).to_owned();
                made.details.attributes.push((name.to_owned(), value));
            }
        };
        attribute("color", &COLORS);
        attribute("the size", &SIZES);
        products.push(made);
    }
    products.chunks(60).for_each(|some| fill(&mut writer, some));
    for product in &products {
        index.stock().set_available(product.id, available(product));
    }
    assert!(index.stats().segments > 1, "conditions are looked up per segment");
    Shop { _dir: dir, index, products }
}

type Check = Box<dyn Fn(&Product) -> bool>;

fn attribute<'a>(product: &'a Product, name: &str) -> Option<&'a str> {
    let found = product.details.attributes.iter().find(|(other, _)| other == name);
    found.map(|(_, value)| value.as_str())
}

/// A condition as text, and what it means.
fn condition(random: &mut StdRng) -> (String, Check) {
    let number = random.random_range(-5..25);
    let brand = *BRANDS[1..].choose(random).unwrap();
    let color = *COLORS.choose(random).unwrap();
    let size = move |product: &Product| {
        attribute(product, "the size").and_then(|value| value.parse::<f64>().ok())
    };
    let float = f64::from(number);
    let price = move |product: &Product| product.details.price.amount;
    match random.random_range(0..12) {
        0 => (format!("price <= {number}"), Box::new(move |it| price(it) <= number.into())),
        1 => (format!("price > {number}"), Box::new(move |it| price(it) > number.into())),
        2 => (format!("price != {number}"), Box::new(move |it| price(it) != i64::from(number))),
        3 => (
            format!("price {number} to 12"),
            Box::new(move |it| (number.into()..=12).contains(&price(it))),
        ),
        4 => (
            format!("brand = \"{}\"", brand.to_uppercase()),
            Box::new(move |it| it.details.brand == brand),
        ),
        5 => (
            format!("brand NOT IN (\"{brand}\", acme)"),
            Box::new(move |it| it.details.brand != brand && it.details.brand != "Acme"),
        ),
        6 => (
            format!("collection = {}", CollectionId(1)),
            Box::new(|it| it.details.collections.contains(&CollectionId(1))),
        ),
        7 => ("in_stock = true".to_owned(), Box::new(|it| available(it) > 0)),
        8 => ("available >= 2".to_owned(), Box::new(|it| available(it) >= 2)),
        9 => (
            format!("attributes.color = \"{color}\""),
            Box::new(move |it| {
                attribute(it, "color").is_some_and(|value| value.eq_ignore_ascii_case(color))
            }),
        ),
        10 => (
            format!("attributes.\"the size\" < {number}"),
            Box::new(move |it| size(it).is_some_and(|size| size < float)),
        ),
        _ => (
            "attributes.\"the size\" IN (1, large)".to_owned(),
            Box::new(move |it| size(it) == Some(1.0) || attribute(it, "the size") == Some("large")),
        ),
    }
}

fn expression(random: &mut StdRng, depth: usize) -> (String, Check) {
    let kind = if depth == 0 { 0 } else { random.random_range(0..4) };
    if kind == 0 {
        return condition(random);
    }
    let (left, is_left) = expression(random, depth - 1);
    let (right, is_right) = expression(random, depth - 1);
    match kind {
        1 => (format!("({left} and {right})"), Box::new(move |it| is_left(it) && is_right(it))),
        2 => (format!("({left} OR {right})"), Box::new(move |it| is_left(it) || is_right(it))),
        _ => (format!("NOT ({left})"), Box::new(move |it| !is_left(it))),
    }
}

fn found(index: &SearchIndex, query: &Query) -> Vec<ProductId> {
    let (mut ids, mut query) = (Vec::new(), query.clone());
    loop {
        let page = index.search(&query).unwrap();
        ids.extend(page.hits.iter().map(|hit| hit.id));
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            ids.sort_unstable();
            return ids;
        }
    }
}

#[test]
fn random_filters_find_what_looking_at_every_product_finds() {
    let mut random = StdRng::seed_from_u64(11);
    let shop = shop(&mut random);
    let (mut none, mut all) = (0, 0);
    for _ in 0..1_500 {
        let (text, check) = expression(&mut random, 3);
        let filter = Some(Expr::parse(&text).unwrap());
        let query = Query { filter, limit: 100, ..Query::default() };
        let wanted: Vec<ProductId> =
            shop.products.iter().filter(|it| check(it)).map(|it| it.id).collect();
        none += u32::from(wanted.is_empty());
        all += u32::from(wanted.len() == shop.products.len());
        assert_eq!(found(&shop.index, &query), wanted, "{text}");
    }
    assert!(none + all < 700, "most filters decide something: {none} {all}");
}

#[test]
fn and_binds_closer_than_or_and_not_closest() {
    let mut random = StdRng::seed_from_u64(12);
    let shop = shop(&mut random);
    let found = |text: &str| {
        let filter = Some(Expr::parse(text).unwrap());
        found(&shop.index, &Query { filter, limit: 100, ..Query::default() })
    };
    let plain = found("price < 5 OR brand = Acme AND NOT price > 9 AND in_stock = true");
    let clear = found("price < 5 OR (brand = Acme AND (NOT price > 9) AND in_stock = true)");
    assert_eq!(plain, clear);
    assert_ne!(plain, found("(price < 5 OR brand = Acme) AND price <= 9 AND in_stock = true"));
}

#[test]
fn disjunctive_facets_say_what_another_value_would_find() {
    let mut random = StdRng::seed_from_u64(13);
    let shop = shop(&mut random);
    let color = |it: &Product| attribute(it, "color") == Some("green");
    let cheap = |it: &Product| it.details.price.amount <= 9;
    let acme = |it: &Product| it.details.brand == "Acme";
    let facets = FacetRequest {
        brand: true,
        price: true,
        attributes: vec!["color".to_owned(), "the size".to_owned(), "nothing".to_owned()],
        disjunctive: true,
        ..FacetRequest::default()
    };
    let text = "attributes.color = green AND price <= 9";
    let filter = Some(Expr::parse(text).unwrap());
    let brand = Some("acme".to_owned());
    let query = Query { filter, brand, facets, limit: 5, ..Query::default() };
    let answer = shop.index.search(&query).unwrap();
    let products = || shop.products.iter();
    let total = products().filter(|it| color(it) && cheap(it) && acme(it)).count();
    assert!(total > 0);
    assert_eq!(answer.total as usize, total);

    let mut brands: BTreeMap<&str, u64> = BTreeMap::new();
    for it in products().filter(|it| color(it) && cheap(it) && !it.details.brand.is_empty()) {
        *brands.entry(&it.details.brand).or_default() += 1;
    }
    let counted: BTreeMap<&str, u64> =
        answer.facets.brands.iter().map(|(brand, count)| (&**brand, *count)).collect();
    assert_eq!(counted, brands);

    let mut colors: BTreeMap<&str, u64> = BTreeMap::new();
    for it in products().filter(|it| cheap(it) && acme(it)) {
        attribute(it, "color").into_iter().for_each(|it| *colors.entry(it).or_default() += 1);
    }
    let [counted, sizes, nothing] = &answer.facets.attributes[..] else { unreachable!() };
    let counted: BTreeMap<&str, u64> =
        counted.values.iter().map(|(color, count)| (&**color, *count)).collect();
    assert_eq!(counted, colors);
    assert!(colors.len() > 1, "not only the chosen color");
    let hits = || products().filter(|it| color(it) && cheap(it) && acme(it));
    let with_size = hits().filter(|it| attribute(it, "the size").is_some()).count() as u64;
    assert_eq!(sizes.values.iter().map(|(_, count)| count).sum::<u64>(), with_size);
    assert_eq!((nothing.name.as_str(), nothing.values.len()), ("nothing", 0));

    let prices = products().filter(|it| color(it) && acme(it)).map(|it| it.details.price.amount);
    let [stats] = &answer.facets.prices[..] else { unreachable!() };
    let wanted = (prices.clone().min().unwrap(), prices.max().unwrap());
    assert_eq!((stats.min.amount, stats.max.amount), wanted);
    assert!(wanted.1 > 9, "beyond the chosen range");
}

#[test]
fn numbers_of_an_attribute_have_a_smallest_and_a_largest() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let sized = |id: u128, size: &str| {
        let mut made = product(id, "Kettle");
        made.details.attributes = vec![("size".to_owned(), size.to_owned())];
        made
    };
    fill(&mut writer, &[sized(1, "9.5"), sized(2, "10"), sized(3, "large"), product(4, "Pan")]);
    let attributes = vec!["size".to_owned()];
    let facets = FacetRequest { attributes, ..FacetRequest::default() };
    let answer = index.search(&Query { facets, ..Query::default() }).unwrap();
    let (min, max) = answer.facets.attributes[0].numbers.unwrap();
    assert_eq!((min.to_string(), max.to_string()), ("9.5".into(), "10".into()));
    let attributes = vec![String::new(); ATTRIBUTE_FACETS_MAX + 1];
    let facets = FacetRequest { attributes, ..FacetRequest::default() };
    let refused = index.search(&Query { facets, ..Query::default() });
    assert_eq!(refused.unwrap_err(), SearchError::TooManyFacets);
}

#[test]
fn an_unknown_brand_in_a_disjunctive_search_leaves_the_other_counts() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let mut made = product(1, "Kettle");
    made.details.brand = "Acme".to_owned();
    fill(&mut writer, &[made]);
    writer.apply(crate::support::SHARD, 9, &crate::support::entry(1, vec![stock(1, 1)])).unwrap();
    for (disjunctive, wanted) in [(true, 1), (false, 0)] {
        let facets = FacetRequest { brand: true, disjunctive, ..FacetRequest::default() };
        let brand = Some("nobody".to_owned());
        let answer = index.search(&Query { brand, facets, ..Query::default() }).unwrap();
        assert_eq!((answer.total, answer.facets.brands.len()), (0, wanted));
    }
}

#[test]
fn a_bad_filter_is_told_where_and_what_was_expected() {
    let cases = [
        (
            "",
            "at character 1: expected a field: collection, brand, price, currency, available, \
              in_stock, created_at or attributes.NAME, found the end",
        ),
        ("price >", "at character 8: expected a whole number, found the end"),
        ("price > cheap", "at character 9: expected a whole number, found `cheap`"),
        ("price = 1.5", "at character 9: expected a whole number, found `1.5`"),
        (
            "brand > Acme",
            "at character 9: expected =, != or IN: this field has no order, \
                          found `Acme`",
        ),
        ("price = 1 price = 2", "at character 11: expected AND, OR or the end, found `price`"),
        ("brand = AND", "at character 9: expected a value, found `AND`"),
        ("brand = \"Ac", "at character 9: expected a closing \", found the end"),
        ("brand IN (a b)", "at character 13: expected `,` or `)`, found `b`"),
        ("brand NOT a", "at character 11: expected IN, found `a`"),
        ("(price = 1", "at character 11: expected AND, OR or `)`, found the end"),
        ("é = 1 & x", "at character 7: expected a word, a text in quotes or a sign, found `&`"),
        ("collection = 5", "at character 14: expected the id of a collection: col_…, found `5`"),
        ("currency = Dollars", "at character 12: expected a currency, e.g. USD, found `Dollars`"),
        ("in_stock = yes", "at character 12: expected true or false, found `yes`"),
        ("attributes. = 1", "at character 13: expected the name of an attribute, found `=`"),
        (
            "price 1 2",
            "at character 9: expected =, !=, <, <=, >, >=, IN before it, or TO after \
                       it, found `2`",
        ),
    ];
    for (text, wanted) in cases {
        assert_eq!(Expr::parse(text).unwrap_err().to_string(), wanted, "{text}");
    }
}

#[test]
fn the_limits_of_a_filter_hold() {
    let nested = |depth: usize| format!("{}price = 1{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Expr::parse(&nested(FILTER_DEPTH_MAX)).is_ok());
    let deeper = Expr::parse(&nested(FILTER_DEPTH_MAX + 1)).unwrap_err();
    assert_eq!((deeper.at, &*deeper.expected), (17, "at most 16 levels of ( and NOT"));
    assert!(Expr::parse(&format!("{}price = 1", "NOT ".repeat(FILTER_DEPTH_MAX + 1))).is_err());
    let values = |count: usize| format!("brand IN ({})", vec!["a"; count].join(","));
    assert!(Expr::parse(&values(FILTER_CONDITIONS_MAX)).is_ok());
    assert!(Expr::parse(&values(FILTER_CONDITIONS_MAX + 1)).is_err());
    let long = format!("brand = \"{}\"", "é".repeat(FILTER_CHARS_MAX - 10));
    assert!(Expr::parse(&long).is_ok());
    assert_eq!(Expr::parse(&(long + " ")).unwrap_err().at, FILTER_CHARS_MAX + 1);
    for huge in ["price > 9223372036854", "price < -9223372036854", "available > 9223372036854"] {
        let dir = tempfile::tempdir().unwrap();
        let (index, mut writer) = open(dir.path());
        fill(&mut writer, &[product(1, "Kettle")]);
        let filter = Some(Expr::parse(huge).unwrap());
        assert_eq!(index.search(&Query { filter, ..Query::default() }).unwrap().total, 0, "{huge}");
    }
}

#[test]
fn garbage_as_a_filter_is_understood_or_refused() {
    let pieces = ["price", "(", ")", "AND", "NOT", "=", "\"", "\\", "IN", ",", "é", "1", "\u{0}"];
    let mut random = StdRng::seed_from_u64(14);
    for _ in 0..20_000 {
        let count = random.random_range(0..12);
        let words: Vec<&str> = (0..count).map(|_| *pieces.choose(&mut random).unwrap()).collect();
        let text = words.join(if random.random_bool(0.5) { " " } else { "" });
        if let Err(error) = Expr::parse(&text) {
            assert!((1..=text.chars().count() + 1).contains(&error.at), "{text:?}: {error}");
        }
    }
}

#[test]
fn of_a_group_only_the_first_is_a_hit() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let mut random = StdRng::seed_from_u64(15);
    let mut products = Vec::new();
    for id in 1..120 {
        let mut made = product(id, "Kettle");
        made.details.price.amount = random.random_range(0..1_000);
        if id % 5 > 0 {
            let group = random.random_range(0..20).to_string();
            made.details.attributes = vec![("group".to_owned(), group)];
        }
        products.push(made);
    }
    products.chunks(50).for_each(|some| fill(&mut writer, some));
    let price = |it: &&Product| (it.details.price.amount, it.id);
    let mut first: BTreeMap<&str, &Product> = BTreeMap::new();
    for it in &products {
        if let Some(group) = attribute(it, "group") {
            let known = first.entry(group).or_insert(it);
            *known = std::cmp::min_by_key(it, *known, price);
        }
    }
    let alone = products.iter().filter(|it| attribute(it, "group").is_none());
    let mut wanted: Vec<&Product> = first.into_values().chain(alone).collect();
    wanted.sort_by_key(price);
    let distinct = Some("group".to_owned());
    let mut query =
        Query { distinct, sort: engine_search::Sort::PriceAsc, limit: 7, ..Query::default() };
    let mut hits = Vec::new();
    loop {
        let page = index.search(&query).unwrap();
        assert_eq!(page.total as usize, wanted.len());
        hits.extend(page.hits.into_iter().map(|hit| hit.id));
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            break;
        }
    }
    let wanted: Vec<ProductId> = wanted.into_iter().map(|it| it.id).collect();
    assert_eq!(hits, wanted);
}

#[test]
fn facets_are_read_from_a_text() {
    let named = r#"price,attributes."screen size", attributes.color,brand,attributes.color"#;
    let facets = FacetRequest::parse(named).unwrap();
    assert!(facets.brand && facets.price && !facets.collection && !facets.disjunctive);
    assert_eq!(facets.attributes, ["screen size", "color"]);
    assert_eq!(FacetRequest::parse(" "), Ok(FacetRequest::default()));
    for (text, at) in [("color", 1), ("brand,", 7), ("brand color", 7), ("attributes.", 1)] {
        let error = FacetRequest::parse(text).unwrap_err();
        assert_eq!(error.at, at, "{text}: {error}");
    }
    assert!(FacetRequest::parse(&"brand,".repeat(FILTER_CHARS_MAX)).is_err());
}
