//! Stock: arrivals, corrections, compare-and-set, and the ledger of movements.

use api_client::{AdjustStock, ReceiveStock};
use serde_json::json;

use crate::harness::{Tested, with_node};

#[test]
fn every_change_of_a_level_is_in_its_ledger() -> Tested {
    with_node(async |node| {
        let client = node.client()?;
        let id = node.product("Counted", 1, 5).await?.id;
        let receive = ReceiveStock { product_id: id.clone(), quantity: 10, location_id: None };
        assert_eq!(client.receive_stock(Some("s-r"), &receive).await?.body.on_hand, 15);
        assert!(client.receive_stock(Some("s-r"), &receive).await?.replayed);
        let adjust = AdjustStock {
            product_id: id.clone(),
            delta: -3,
            reason: "broken".into(),
            location_id: None,
        };
        assert_eq!(client.adjust_stock(None, &adjust).await?.body.on_hand, 12);
        let set = json!({"product_id": id, "expected": 12, "on_hand": 20, "reason": "count"});
        let set_again = node.post("/v1/stock/levels", "s-s", &set).await?;
        assert_eq!((set_again.status, &set_again.json()["available"]), (200, &json!(20)));
        let stale = json!({"product_id": id, "expected": 12, "on_hand": 1, "reason": "count"});
        let stale = node.post("/v1/stock/levels", "s-t", &stale).await?;
        assert_eq!((stale.status, stale.code().as_str()), (409, "stock_mismatch"));
        assert_eq!((&stale.json()["expected"], &stale.json()["actual"]), (&json!(12), &json!(20)));
        let moves = client.movements(&id, 100, None).await?.body.data;
        let deltas: Vec<i64> = moves.iter().map(|movement| movement.delta).collect();
        assert_eq!(deltas, [5, 10, -3, 8]);
        assert_eq!(moves[2].reason.as_deref(), Some("broken"));
        let first = client.movements(&id, 3, None).await?.body;
        let rest = client.movements(&id, 3, first.next_cursor.as_deref()).await?.body;
        assert_eq!((rest.data.len(), rest.data[0].number, rest.has_more), (1, 4, false));
        Ok(())
    })
}

#[test]
fn levels_are_not_taken_below_nothing_or_beyond_all() -> Tested {
    with_node(async |node| {
        let id = node.product("Few", 1, 2).await?.id;
        let cases = [
            (json!({"product_id": id, "delta": -3, "reason": "x"}), 409, "units_in_use"),
            (
                json!({"product_id": id, "delta": 2_000_000_000_i64, "reason": "x"}),
                409,
                "too_many_units",
            ),
            (json!({"product_id": id, "delta": 0, "reason": "x"}), 400, "out_of_range"),
            (json!({"product_id": id, "delta": 1, "reason": ""}), 400, "out_of_range"),
            (json!({"product_id": id, "delta": i64::MIN, "reason": "x"}), 409, "units_in_use"),
            (json!({"product_id": "prod_1", "delta": 1, "reason": "x"}), 400, "invalid_id"),
            (
                json!({"product_id": format!("prod_{:032x}", 1), "delta": 1, "reason": "x"}),
                404,
                "product_not_found",
            ),
        ];
        for (number, (body, status, code)) in cases.iter().enumerate() {
            let answer = node.post("/v1/stock/adjustments", &format!("adj-{number}"), body).await?;
            let fits = answer.status == *status && answer.code() == *code;
            // A delta of this size may be refused as out of range before it is added.
            let range = answer.code() == "out_of_range" && answer.status == 400;
            assert!(fits || (range && *status == 409), "{body}: {}", answer.text);
        }
        let unknown = node.get(&format!("/v1/stock/prod_{:032x}", 1)).await?;
        assert_eq!((unknown.status, unknown.code().as_str()), (404, "product_not_found"));
        Ok(())
    })
}
