//! Search over HTTP: what was written is found, and stock is joined when a search runs.

use api_client::{NewProduct, SearchQuery};

use crate::harness::{Tested, order, with_node};

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
            long.as_str(),
        ];
        for query in bad {
            let refused = node.get(&format!("/v1/search?{query}")).await?;
            assert_eq!(refused.status, 400, "{query}: {}", refused.text);
            let name = query.split('=').next().unwrap_or_default();
            assert_eq!(refused.param(), name, "{query}: {}", refused.text);
        }
        Ok(())
    })
}
