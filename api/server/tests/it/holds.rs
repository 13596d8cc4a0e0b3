//! Holds without an order, over the shards of their products.

use serde_json::{Value, json};

use crate::harness::{Node, Tested, with_node};

async fn available(node: &Node, id: &str) -> Result<u32, api_client::Error> {
    Ok(node.client()?.stock(id).await?.body.available)
}

#[test]
fn a_hold_keeps_units_until_it_is_released() -> Tested {
    with_node(async |node| {
        // Enough products to be sure that they live in more than one shard.
        let mut ids = Vec::new();
        for number in 0..12 {
            ids.push(node.product(&format!("Held {number}"), 1, 3).await?.id);
        }
        let lines: Vec<Value> =
            ids.iter().map(|id| json!({"product_id": id, "quantity": 2})).collect();
        let body = json!({"lines": lines, "currency": "USD"});
        let made = node.post("/v1/holds", "hold-a", &body).await?;
        assert_eq!((made.status, &made.json()["status"]), (201, &json!("held")), "{}", made.text);
        for id in &ids {
            assert_eq!(available(node, id).await?, 1);
        }
        let again = node.post("/v1/holds", "hold-a", &body).await?;
        assert_eq!(again.json()["id"], made.json()["id"]);
        assert_eq!(again.header("idempotent-replayed").as_deref(), Some("true"));

        let short = node.post("/v1/holds", "hold-b", &body).await?;
        assert_eq!((short.status, short.code().as_str()), (409, "out_of_stock"));
        assert_eq!(short.json()["lines"].as_array().map(Vec::len), Some(12));
        let line = |at: usize, quantity| json!({"product_id": ids[at], "quantity": quantity});
        let half = json!({"lines": [line(0, 1), line(1, 2), line(2, 2), line(3, 2)]});
        assert_eq!(node.post("/v1/holds", "hold-c", &half).await?.status, 409);
        assert_eq!(available(node, &ids[0]).await?, 1, "all or nothing");

        let path = format!("/v1/holds/{}", made.json()["id"].as_str().ok_or("no id")?);
        assert_eq!(node.get(&path).await?.json()["lines"].as_array().map(Vec::len), Some(12));
        let ended = node.call("DELETE", &path, &[], "").await?;
        assert_eq!(
            (ended.status, &ended.json()["status"]),
            (200, &json!("released")),
            "{}",
            ended.text
        );
        for id in &ids {
            assert_eq!(available(node, id).await?, 3);
        }
        let late = node.call("POST", &format!("{path}/commit"), &[], "").await?;
        assert_eq!((late.status, late.code().as_str()), (409, "hold_ended"));
        Ok(())
    })
}

#[test]
fn a_hold_can_be_committed_and_needs_a_key() -> Tested {
    with_node(async |node| {
        let id = node.product("Committed", 1, 3).await?.id;
        let body = json!({"lines": [{"product_id": id, "quantity": 1}]});
        let json = ("content-type", "application/json");
        let keyless = node.call("POST", "/v1/holds", &[json], body.to_string()).await?;
        assert_eq!((keyless.status, keyless.code().as_str()), (400, "idempotency_key_required"));
        let made = node.post("/v1/holds", "hold-commit", &body).await?.json();
        let path = format!("/v1/holds/{}/commit", made["id"].as_str().ok_or("no id")?);
        let done = node.call("POST", &path, &[], "").await?;
        assert_eq!(done.json()["status"], json!("committed"), "{}", done.text);
        assert_eq!(node.client()?.stock(&id).await?.body.committed, 1);
        let unknown = node.get(&format!("/v1/holds/hold_{:032x}", 7)).await?;
        assert_eq!((unknown.status, unknown.code().as_str()), (404, "hold_not_found"));
        Ok(())
    })
}
