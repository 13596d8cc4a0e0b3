//! Pages agree with one another while products change.

use engine_core::ShardId;
use engine_core::catalog::Product;
use engine_search::{PINS_MAX, Query, SearchError, SearchIndex, Settings, Sort, Synonyms, Writer};

use crate::support::{SHARD, changed, entry, fill, ids, open, product, text};

/// All pages of a search, of three hits each; something happens before each but the first.
fn pages(index: &SearchIndex, query: &Query, mut between: impl FnMut()) -> (Vec<u128>, Vec<u64>) {
    let mut query = Query { limit: 3, ..query.clone() };
    let (mut found, mut totals) = (Vec::new(), Vec::new());
    loop {
        let page = index.search(&query).unwrap();
        found.extend(ids(&page));
        totals.push(page.total);
        assert_eq!(page.as_of.is_some(), query.cursor.is_some());
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            return (found, totals);
        }
        between();
    }
}

fn kettle(id: u128, price: i64) -> Product {
    let mut made = product(id, &format!("Kettle {}", 99 - id));
    made.details.price.amount = price;
    made.version = 2;
    made
}

/// Changes prices and names, takes products away and adds others, and shows it to searches.
fn disturb(writer: &mut Writer, round: u128) {
    let mut gone = product(10 - round, "Kettle");
    gone.archived_at = Some(9);
    let more = product(50 + round, "Kettle kettle kettle");
    let events = vec![changed(&kettle(round, 5_000)), changed(&gone), changed(&more)];
    let next = writer.next(SHARD);
    writer.apply(SHARD, next + 1, &entry(next, events)).unwrap();
    writer.commit().unwrap();
}

#[test]
fn pages_agree_with_the_first_while_products_and_settings_change() {
    let sorts = [Sort::Relevance, Sort::PriceAsc, Sort::PriceDesc, Sort::Newest, Sort::Name];
    for sort in sorts {
        let dir = tempfile::tempdir().unwrap();
        let (index, mut writer) = open(dir.path());
        let products: Vec<Product> = (1..=10).map(|id| kettle(id, 100 * id as i64)).collect();
        fill(&mut writer, &products);
        index.stock().load(SHARD, writer.next(SHARD), []);
        let query = Query { sort, ..text("kettle") };
        let (quiet, totals) = pages(&index, &query, || {});
        assert_eq!((quiet.len(), &totals), (10, &vec![10; 4]), "{sort:?}");
        let mut round = 0;
        let (found, totals) = pages(&index, &query, || {
            round += 1;
            disturb(&mut writer, round);
            let texts = vec!["kettle".to_owned(), format!("pan {round}")];
            let synonyms = vec![Synonyms { texts, one_way: false }];
            index.set_settings(&Settings { synonyms, ..Settings::default() }).unwrap();
        });
        assert_eq!((found, totals), (quiet.clone(), vec![10; 4]), "{sort:?}");
        let (now, _) = pages(&index, &query, || {});
        assert_ne!(now, quiet, "{sort:?}: a new search sees what is there now");
    }
}

#[test]
fn a_page_says_as_of_when_it_is_and_one_that_is_not_kept_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let products: Vec<Product> = (1..=10).map(|id| product(id, "Kettle")).collect();
    fill(&mut writer, &products);
    index.stock().load(SHARD, writer.next(SHARD), []);
    let first = index.search(&Query { limit: 1, ..text("kettle") }).unwrap();
    let second = Query { limit: 1, cursor: first.next_cursor, ..text("kettle") };
    let before = writer.next(SHARD);
    let as_of = |index: &SearchIndex| index.search(&second).map(|page| page.as_of);
    assert_eq!(as_of(&index).unwrap().unwrap()[&SHARD], before);
    for round in 1..PINS_MAX as u128 {
        disturb(&mut writer, round % 9 + 1);
        index.search(&Query { limit: 1, ..text("kettle") }).unwrap();
        // Whoever goes on keeps it.
        assert_eq!(as_of(&index).unwrap().unwrap()[&SHARD], before);
    }
    for round in 0..PINS_MAX as u128 {
        disturb(&mut writer, round % 9 + 1);
        index.search(&Query { limit: 1, ..text("kettle") }).unwrap();
    }
    assert_eq!(as_of(&index), Err(SearchError::CursorExpired));
    let other = tempfile::tempdir().unwrap();
    let (other, mut writer) = open(other.path());
    writer.apply(ShardId(1), 1, &entry(0, vec![])).unwrap();
    assert_eq!(as_of(&other), Err(SearchError::CursorExpired), "another index saw no first page");
}
