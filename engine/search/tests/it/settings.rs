//! Synonyms, products shown first or never, popularity; all of them changed while searches run.

use engine_core::ProductId;
use engine_search::{
    Query, RULE_PRODUCTS_MAX, Rule, SYNONYM_WORDS_MAX, SearchIndex, Settings, Sort, Synonyms, Typos,
};

use crate::support::{fill, ids, open, product, strict, text};

fn shop() -> (tempfile::TempDir, SearchIndex) {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let names =
        ["Smart television", "TV stand", "Cell phone case", "Mobile charger", "Phone", "Flat TV"];
    let products: Vec<_> = (1..).zip(names).map(|(id, name)| product(id, name)).collect();
    fill(&mut writer, &products);
    (dir, index)
}

fn synonyms(groups: &[(&[&str], bool)]) -> Settings {
    let group = |(texts, one_way): &(&[&str], bool)| Synonyms {
        texts: texts.iter().map(ToString::to_string).collect(),
        one_way: *one_way,
    };
    Settings { synonyms: groups.iter().map(group).collect(), ..Settings::default() }
}

fn sorted(index: &SearchIndex, query: &Query) -> Vec<u128> {
    let mut found = ids(&index.search(query).unwrap());
    found.sort_unstable();
    found
}

#[test]
fn synonyms_are_found_at_once_and_not_any_more_without_them() {
    let (_dir, index) = shop();
    let found = |words: &str| sorted(&index, &strict(words));
    assert_eq!(found("tv"), [2, 6]);
    let both_ways: (&[&str], bool) = (&["TV", "Television", "telly"], false);
    let several: (&[&str], bool) = (&["mobile", "cell phones"], true);
    index.set_settings(&synonyms(&[both_ways, several])).unwrap();
    for word in ["tv", "Televisions", "television", "telly"] {
        assert_eq!(found(word), [1, 2, 6], "{word}");
    }
    assert_eq!(found("flat telly"), [6]);
    assert_eq!(found("mobile"), [3, 4]);
    assert_eq!(found("cell phone"), [3], "one way");
    assert_eq!(found("mobile case"), [3]);
    let typed = Query { prefix: true, ..strict("telly") };
    assert_eq!(sorted(&index, &typed), [1, 2, 6], "while it is typed as well");
    index.set_settings(&Settings::default()).unwrap();
    assert_eq!(found("telly"), Vec::<u128>::new());
}

#[test]
fn several_words_together_may_have_a_synonym() {
    let (_dir, index) = shop();
    index.set_settings(&synonyms(&[(&["cell phone", "mobile"], false)])).unwrap();
    for prefix in [false, true] {
        let found = |words: &str| sorted(&index, &Query { prefix, ..strict(words) });
        assert_eq!(found("cell phone"), [3, 4], "{prefix}");
        assert_eq!(found("cell phone charger"), [4], "{prefix}");
        assert_eq!(found("phone"), [3, 5], "{prefix}");
    }
}

#[test]
fn pinned_products_come_first_and_hidden_ones_never() {
    let (_dir, index) = shop();
    let rule = Rule {
        text: "TV".to_owned(),
        pinned: vec![ProductId(5), ProductId(6), ProductId(99)],
        hidden: vec![ProductId(2)],
    };
    let settings = Settings { rules: vec![rule], ..Settings::default() };
    index.set_settings(&settings).unwrap();
    let hits = index.search(&text("tv")).unwrap();
    assert_eq!((ids(&hits), hits.total), (vec![5, 6], 2));
    let first = index.search(&Query { limit: 1, ..text("tv") }).unwrap();
    let cursor = first.next_cursor.clone();
    let second = index.search(&Query { limit: 1, cursor, ..text("tv") }).unwrap();
    assert_eq!((ids(&first), ids(&second)), (vec![5], vec![6]));
    let by_name = Query { sort: Sort::Name, ..text("tv") };
    assert_eq!(ids(&index.search(&by_name).unwrap()), [6], "another order pins nothing");
    let none = Query { in_stock: true, ..text("tv") };
    assert_eq!(index.search(&none).unwrap().total, 0, "filters hold for pinned products");
    assert_eq!(sorted(&index, &text("tv stand")), [2], "the rule is for all of the text");
}

#[test]
fn popularity_decides_between_equal_matches_without_a_commit() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    fill(&mut writer, &[product(1, "Kettle"), product(2, "Kettle"), product(3, "Kettle of tin")]);
    let found = |sort: Sort| ids(&index.search(&Query { sort, ..text("kettle") }).unwrap());
    assert_eq!(found(Sort::Relevance), [1, 2, 3]);
    index.stock().set_popularity(ProductId(2), 7);
    index.stock().set_popularity(ProductId(3), 9);
    assert_eq!(found(Sort::Relevance), [2, 1, 3], "a better match comes first all the same");
    assert_eq!(found(Sort::Popularity), [3, 2, 1]);
    index.stock().set_popularity(ProductId(1), u32::MAX);
    assert_eq!(found(Sort::Popularity), [1, 3, 2]);
}

#[test]
fn bad_settings_are_refused_and_change_nothing() {
    let (_dir, index) = shop();
    index.set_settings(&synonyms(&[(&["tv", "telly"], false)])).unwrap();
    let too_long = "w ".repeat(SYNONYM_WORDS_MAX + 1);
    let rule = |text: &str, hidden: usize| Rule {
        text: text.to_owned(),
        pinned: vec![ProductId(1)],
        hidden: (0..hidden as u128).map(|id| ProductId(id + 2)).collect(),
    };
    let rules = |rules: Vec<Rule>| Settings { rules, ..Settings::default() };
    let typos = |typos: Typos| Settings { typos, ..Settings::default() };
    let both = Rule { hidden: vec![ProductId(1)], ..rule("a", 0) };
    let cases = [
        (synonyms(&[(&["tv"], false)]), "synonyms[0].texts: give two texts or more"),
        (
            synonyms(&[(&["tv", "telly"], false), (&["tv", "?!"], false)]),
            "synonyms[1].texts[1]: give a text with letters or digits",
        ),
        (synonyms(&[(&["tv", &too_long], false)]), "synonyms[0].texts[1]: at most 4 words"),
        (rules(vec![rule("", 0)]), "rules[0].text: give a text with letters or digits"),
        (
            rules(vec![rule("a", 0), rule("A", 0)]),
            "rules[1].text: there is another rule for this text",
        ),
        (rules(vec![rule("a", RULE_PRODUCTS_MAX + 1)]), "rules[0].hidden: at most 50 products"),
        (rules(vec![both]), "rules[0].hidden: prod_00000000000000000000000000000001 is pinned too"),
        (
            typos(Typos { one_from: 9, two_from: 5, ..Typos::default() }),
            "typos.two_from: not less than typos.one_from, which is not 0 then",
        ),
        (typos(Typos { enough: 101, ..Typos::default() }), "typos.enough: at most 100"),
    ];
    for (settings, wanted) in cases {
        let refused = index.set_settings(&settings).unwrap_err();
        assert_eq!(refused.to_string(), wanted);
        assert_eq!(sorted(&index, &strict("telly")), [2, 6], "the old ones stay");
    }
}

#[test]
fn settings_come_back_from_json_as_they_were() {
    let mut settings = synonyms(&[(&["tv", "telly"], true)]);
    settings.rules.push(Rule { text: "tv".to_owned(), ..Rule::default() });
    let json = serde_json::to_string(&settings).unwrap();
    assert_eq!(serde_json::from_str::<Settings>(&json).unwrap(), settings);
    assert_eq!(serde_json::from_str::<Settings>("{}").unwrap(), Settings::default());
    assert!(serde_json::from_str::<Settings>(r#"{"typoes":{}}"#).is_err());
}
