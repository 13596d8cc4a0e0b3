//! Search over HTTP: what was written is found, and stock is joined when a search runs.

use api_client::{NewProduct, SearchQuery};

use serde_json::{Value, json};

use crate::harness::{Fault, Node, Tested, order, with_node};

fn query(text: &str) -> SearchQuery {
    SearchQuery { q: Some(text.into()), ..SearchQuery::default() }
}

#[test]
fn a_new_product_is_found_at_its_token_and_leaves_in_stock_when_sold() -> Tested {
    with_node(async |node| {
        let client = node.client()?;
        let new = NewProduct {
            name: "Zyxwvut telescope".into(),
            price: 12_345,
            currency: "USD".into(),
            brand: Some("Galilei".into()),
            stock: Some(1),
            ..NewProduct::default()
        };
        let made = client.create_product(None, &new).await?;
        let token = made.token.ok_or("no token")?;
        let path = "/v1/search?q=zyxwvut&facets=brand,collection&in_stock=true";
        let found = node.call("GET", path, &[("stoa-min-token", &token)], "").await?;
        assert_eq!(found.json()["total"], 1, "{}", found.text);
        assert_eq!(found.json()["hits"][0]["id"], made.body.id);
        assert_eq!(found.json()["facets"]["brand"][0]["value"], "Galilei");
        assert!(found.header("stoa-token").is_some());

        let buy = order("cus_search", &[(&made.body.id, 1)]);
        client.place_order("search-1", &buy, None).await?;
        crate::harness::eventually(async || {
            let some = SearchQuery { in_stock: Some(true), ..query("zyxwvut") };
            (client.search(&some).await.ok()?.body.total == 0).then_some(())
        })
        .await?;
        let hit = client.search(&query("zyxwvut")).await?.body.hits;
        assert_eq!((hit[0].available, hit[0].price), (0, 12_345));
        Ok(())
    })
}

#[test]
fn bad_searches_are_refused() -> Tested {
    with_node(async |node| {
        let long = format!("q={}", "x".repeat(257));
        let bad = [
            "sort=best",
            "facets=color",
            "limit=0",
            "limit=1000",
            "min_price=a",
            "min_price=-1",
            "max_price=1000000000001",
            "cursor=zzz",
            "collection=x",
            "in_stock=maybe",
            "color=red",
            "brand=%0F",
            "distinct=%00",
            "filter=price",
            "filter=color+%3D+red",
            "facets=attributes.%22%01%22",
            "facets=brand,,price",
            "strict=yes",
            "highlight=1",
            long.as_str(),
        ];
        for query in bad {
            let refused = node.get(&format!("/v1/search?{query}")).await?;
            assert_eq!(refused.status, 400, "{query}: {}", refused.text);
            let name = query.split('=').next().unwrap_or_default();
            assert_eq!(refused.param(), name, "{query}: {}", refused.text);
        }
        let where_it_is = node.get("/v1/search?filter=price+%3C+cheap").await?;
        let detail = "at character 9: expected a whole number, found `cheap`";
        assert_eq!(where_it_is.json()["detail"], detail);
        for bad in ["limit=5", "q=a&limit=21", "q=a&limit=0", "q=a&color=red"] {
            let refused = node.get(&format!("/v1/search/complete?{bad}")).await?;
            assert_eq!(refused.status, 400, "{bad}: {}", refused.text);
        }
        assert_eq!(node.get(&format!("/v1/search/complete?{long}")).await?.param(), "q");
        Ok(())
    })
}

/// A product with attributes.
fn made(name: &str, price: i64, attributes: &[(&str, &str)]) -> NewProduct {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    NewProduct {
        name: name.into(),
        price,
        currency: "USD".into(),
        brand: Some("Vrskbd".into()),
        description: Some(format!("{} Made of copper by hand.", "Long words. ".repeat(40))),
        attributes: Some(attributes.iter().map(pair).collect()),
        stock: Some(3),
        ..NewProduct::default()
    }
}

/// Asks until all products of this test are found, at the position of the last one.
async fn at(node: &Node, token: &str, path: &str) -> Result<Value, Fault> {
    let found = node.call("GET", path, &[("stoa-min-token", token)], "").await?;
    assert_eq!(found.status, 200, "{path}: {}", found.text);
    assert!(found.header("stoa-token").is_some() && found.header("stoa-as-of").is_some());
    Ok(found.json())
}

#[test]
fn filters_facets_highlights_and_completions_are_there_over_http() -> Tested {
    with_node(async |node| {
        let client = node.client()?;
        let mut token = String::new();
        for product in [
            made("Qwkettle one", 1_000, &[("size", "1.5"), ("group", "a")]),
            made("Qwkettle two", 2_000, &[("size", "10"), ("group", "a"), ("my color", "red")]),
            made("Qwkettle three", 3_000, &[("size", "large"), ("my color", "blue")]),
        ] {
            let written = client.create_product(None, &product).await?.token.ok_or("no token")?;
            token = if token.is_empty() { written } else { format!("{token},{written}") };
        }
        let get = async |query: &str| at(node, &token, &format!("/v1/search?{query}")).await;
        let all = get("q=qwkettle&sort=price:asc&facets=price,attributes.size,brand").await?;
        assert_eq!((&all["total"], &all["matched"]), (&json!(3), &json!("as_typed")));
        let usd = json!([{"currency": "USD", "min": 1_000, "max": 3_000}]);
        assert_eq!(all["facets"]["price"], usd);
        let size = &all["facets"]["attributes"][0];
        assert_eq!((&size["min"], &size["max"]), (&json!("1.5"), &json!("10")));
        assert_eq!(size["values"].as_array().map(Vec::len), Some(3));
        assert!(all["hits"][0].get("highlights").is_none());

        let filter = "filter=attributes.size+%3E%3D+1.5+AND+NOT+attributes.%22my+color%22+%3D+red";
        let some = get(&format!("q=qwkettle&{filter}")).await?;
        assert_eq!((&some["total"], &some["hits"][0]["name"]), (&json!(1), &json!("Qwkettle one")));
        let red = "q=qwkettle&filter=attributes.%22my+color%22+%3D+red\
                   &facets=attributes.%22my+color%22";
        let values = async |query: &str| -> Result<usize, Fault> {
            let found = get(query).await?;
            assert_eq!(found["total"], 1);
            let values = found["facets"]["attributes"][0]["values"].as_array().map(Vec::len);
            Ok(values.unwrap_or_default())
        };
        assert_eq!(values(red).await?, 1);
        assert_eq!(values(&format!("{red}&disjunctive=true")).await?, 2);
        assert_eq!(get("q=qwkettle&distinct=group").await?["total"], 2);

        let shown = get("q=qwketle+copper&highlight=true&sort=price:desc").await?;
        assert_eq!(shown["matched"], "typos");
        assert_eq!(shown["suggestion"], "qwkettle copper");
        let highlights = &shown["hits"][0]["highlights"];
        let name =
            json!([{"text": "Qwkettle", "marked": true}, {"text": " three", "marked": false}]);
        assert_eq!(highlights["name"], name);
        let snippet = &highlights["description"];
        assert_eq!((&snippet["cut_before"], &snippet["cut_after"]), (&json!(true), &json!(false)));
        let pieces = snippet["pieces"].as_array().ok_or("no pieces")?;
        assert!(pieces.contains(&json!({"text": "copper", "marked": true})), "{pieces:?}");
        assert_eq!(get("q=qwketle+copper&strict=true").await?["total"], 0);
        let rescued = get("q=qwkettle+copper+xxyyzz").await?;
        assert_eq!(
            (&rescued["matched"], &rescued["matched_words"]),
            (&json!("some_words"), &json!(2))
        );

        for path in ["/v1/search?q=qwkettle", "/v1/search/complete?q=qwke"] {
            let strong = node.call("GET", path, &[("stoa-max-staleness", "0")], "").await?;
            assert_eq!(strong.status, 200, "what is too old becomes a strong search");
            let ahead = node.call("GET", path, &[("stoa-min-token", "1:99999999")], "").await?;
            assert_eq!((ahead.status, ahead.code().as_str()), (503, "too_stale"), "{path}");
        }
        let completed = at(node, &token, "/v1/search/complete?q=copper+qwke&limit=3").await?;
        let wanted = json!([{"text": "copper qwkettle", "products": 3}]);
        assert_eq!(completed["completions"], wanted);
        assert_eq!(client.complete("vrsk", 1).await?.body.completions[0].text, "vrskbd");
        Ok(())
    })
}

#[test]
fn what_sells_most_comes_first_among_equals() -> Tested {
    with_node(async |node| {
        let client = node.client()?;
        let mut ids = Vec::new();
        for name in ["Popzyx red", "Popzyx blue", "Popzyx pink"] {
            ids.push(node.product(name, 900, 50).await?.id);
        }
        for (key, product, quantity) in [("pop-1", 1, 7), ("pop-2", 2, 3), ("pop-3", 2, 2)] {
            let wanted = order("cus_popular", &[(&ids[product], quantity)]);
            client.place_order(key, &wanted, Some(5)).await?;
        }
        let wanted = [&ids[1], &ids[2], &ids[0]];
        for sort in ["popularity", "relevance"] {
            let query = SearchQuery { sort: Some(sort.into()), ..query("popzyx") };
            crate::harness::eventually(async || {
                let hits = client.search(&query).await.ok()?.body.hits;
                let found: Vec<&String> = hits.iter().map(|hit| &hit.id).collect();
                (found == wanted).then_some(())
            })
            .await?;
        }
        Ok(())
    })
}
