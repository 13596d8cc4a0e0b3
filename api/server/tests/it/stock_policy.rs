//! Safety stock, backorders and low stock, as sellers and customers meet them.

use api_client::{AdjustStock, ReceiveStock, SearchQuery, SetStockPolicy};
use serde_json::json;

use crate::harness::{Fault, Node, Tested, eventually, order, with_node};

/// Waits until a search in stock finds so many products of a name.
async fn found(node: &Node, name: &str, wanted: u64) -> Result<(), Fault> {
    let client = node.client()?;
    eventually(async || {
        let (q, in_stock) = (Some(name.into()), Some(true));
        let query = SearchQuery { q, in_stock, ..SearchQuery::default() };
        (client.search(&query).await.ok()?.body.total == wanted).then_some(())
    })
    .await
}

#[test]
fn safety_stock_is_kept_back_and_backorders_are_sold_up_to_their_limit() -> Tested {
    with_node(async |node| {
        let client = node.client()?;
        let id = node.product("Qwvbackordered kettle", 100, 3).await?.id;
        let policy = client.stock_policy(&id).await?.body;
        assert_eq!((policy.version, policy.safety, policy.backorder_limit), (1, 0, 0));
        let kept = SetStockPolicy { safety: 2, ..SetStockPolicy::default() };
        let policy = client.set_stock_policy(&id, policy.version, &kept).await?.body;
        assert_eq!((policy.version, policy.safety), (2, 2));
        let stock = client.stock(&id).await?.body;
        assert_eq!((stock.on_hand, stock.available, stock.balance), (3, 1, 1));
        let two = client.place_order("sp-1", &order("cus_sp", &[(&id, 2)]), None).await;
        assert_eq!(two.unwrap_err().code(), Some("out_of_stock"));
        client.place_order("sp-2", &order("cus_sp", &[(&id, 1)]), None).await?;
        found(node, "qwvbackordered", 0).await?;

        let more = SetStockPolicy { safety: 2, backorder_limit: 2, ..SetStockPolicy::default() };
        client.set_stock_policy(&id, 2, &more).await?;
        found(node, "qwvbackordered", 1).await?;
        assert_eq!(client.product(&id).await?.body.available, 2);
        client.place_order("sp-3", &order("cus_sp", &[(&id, 2)]), None).await?;
        let stock = client.stock(&id).await?.body;
        assert_eq!((stock.on_hand, stock.available, stock.balance), (3, 0, -2));
        assert_eq!((stock.safety, stock.backorder_limit), (2, 2));
        let one = client.place_order("sp-4", &order("cus_sp", &[(&id, 1)]), None).await;
        assert_eq!(one.unwrap_err().code(), Some("out_of_stock"));
        found(node, "qwvbackordered", 0).await?;
        let broken = AdjustStock {
            product_id: id.clone(),
            delta: -1,
            reason: "broken".into(),
            location_id: None,
        };
        let broken = client.adjust_stock(None, &broken).await;
        assert_eq!(broken.unwrap_err().code(), Some("units_in_use"));

        let came = ReceiveStock { product_id: id.clone(), quantity: 4, location_id: None };
        let stock = client.receive_stock(None, &came).await?.body;
        assert_eq!((stock.available, stock.balance), (4, 2));
        found(node, "qwvbackordered", 1).await
    })
}

#[test]
fn a_policy_is_replaced_by_who_saw_it_and_never_takes_what_was_sold() -> Tested {
    with_node(async |node| {
        let client = node.client()?;
        let id = node.product("Sold already", 100, 2).await?.id;
        let path = format!("/v1/stock/{id}/policy");
        let read = node.get(&path).await?;
        assert_eq!((read.status, read.header("etag").as_deref()), (200, Some("\"1\"")));
        let put = async |version: &str, body: serde_json::Value| {
            let headers = [("content-type", "application/json"), ("if-match", version)];
            node.call("PUT", &path, &headers, body.to_string()).await
        };
        let json = ("content-type", "application/json");
        let unseen = node.call("PUT", &path, &[json], "{}").await?;
        assert_eq!((unseen.status, unseen.code().as_str()), (428, "if_match_required"));
        let set = json!({"backorder_limit": 3, "low_stock_threshold": 1});
        let set = put("\"1\"", set).await?;
        assert_eq!((set.status, set.header("etag").as_deref()), (200, Some("\"2\"")));
        let stale = put("\"1\"", json!({})).await?;
        assert_eq!((stale.status, stale.code().as_str()), (412, "version_mismatch"));
        client.place_order("ss-1", &order("cus_ss", &[(&id, 4)]), None).await?;

        for (body, param, says) in [
            (json!({}), "backorder_limit", "2 to 1000000000"),
            (json!({"backorder_limit": 1, "safety": 5}), "backorder_limit", "2 to 1000000000"),
            (json!({"backorder_limit": 3, "safety": 2}), "safety", "0 to 1"),
            (json!({"backorder_limit": 2_000_000_000}), "backorder_limit", "0 to 1000000000"),
            (json!({"low_stock_threshold": 1_000_000_001}), "low_stock_threshold", "0 to"),
        ] {
            let refused = put("*", body.clone()).await?;
            assert_eq!((refused.status, refused.code().as_str()), (400, "out_of_range"), "{body}");
            assert_eq!(refused.param(), param, "{body}");
            assert!(refused.text.contains(says), "{body}: {}", refused.text);
        }
        let same = node.get(&path).await?;
        assert_eq!(same.header("etag").as_deref(), Some("\"2\""), "refusals change nothing");
        let replaced = put("*", json!({"backorder_limit": 2})).await?.json();
        assert_eq!((&replaced["version"], &replaced["backorder_limit"]), (&json!(3), &json!(2)));
        assert!(replaced.get("low_stock_threshold").is_none(), "what is absent is gone");
        let ghost = format!("/v1/stock/prod_{:032x}/policy", 1);
        let ghost = node.get(&ghost).await?;
        assert_eq!((ghost.status, ghost.code().as_str()), (404, "product_not_found"));
        Ok(())
    })
}

#[test]
fn the_seeds_inventory_is_what_is_there_to_be_sold() -> Tested {
    with_node(async |node| {
        let client = node.client()?;
        let id = node.product("Seeded", 100, 5).await?.id;
        let policy = SetStockPolicy { safety: 1, backorder_limit: 9, ..SetStockPolicy::default() };
        client.set_stock_policy(&id, 1, &policy).await?;
        client.place_order("si-1", &order("cus_si", &[(&id, 1)]), None).await?;
        let path = format!("/product/{id}");
        assert_eq!(node.get(&path).await?.json()["inventory"], json!(3));
        let json = ("content-type", "application/json");
        let set = node.call("PUT", &path, &[json], json!({"inventory": 7}).to_string()).await?;
        assert_eq!((set.status, &set.json()["inventory"]), (200, &json!(7)), "{}", set.text);
        let stock = client.stock(&id).await?.body;
        assert_eq!((stock.on_hand, stock.balance, stock.available), (9, 7, 16));
        Ok(())
    })
}
