//! Orders on account: placing over shards, replays, refusals, cancellation, and no overselling.

use std::collections::BTreeSet;

use api_client::NewOrder;
use futures::future::join_all;
use serde_json::json;

use crate::harness::{Tested, eventually, order, with_node};

#[test]
fn an_order_of_many_products_is_placed_once() -> Tested {
    with_node(async |node| {
        let client = node.client()?;
        let mut ids = Vec::new();
        for number in 0..20 {
            ids.push(node.product(&format!("Wide {number}"), 100 + number, 5).await?.id);
        }
        let lines: Vec<(&str, u32)> = ids.iter().map(|id| (id.as_str(), 2)).collect();
        let mut wide = order("cus_wide", &lines);
        wide.expected_total = Some((0..20).map(|number| (100 + number) * 2).sum());
        let placed = client.place_order("wide-1", &wide, None).await?;
        assert_eq!((placed.body.status.as_str(), placed.replayed), ("confirmed", false));
        assert_eq!(placed.body.payment.status, "on_account");
        assert_eq!(Some(placed.body.total), wide.expected_total);
        assert_eq!(placed.body.lines.len(), 20);
        let again = client.place_order("wide-1", &wide, None).await?;
        assert_eq!((again.body.id.as_str(), again.replayed), (placed.body.id.as_str(), true));
        let token = placed.token.ok_or("no token")?;
        let path = format!("/v1/orders/{}", placed.body.id);
        let read = node.call("GET", &path, &[("stoa-min-token", &token)], "").await?;
        assert_eq!(read.json()["id"], json!(placed.body.id));
        let history = client.order_history(&placed.body.id).await?.body.data;
        assert_eq!(history[0].transition, "T1o");
        let stock = client.stock(&ids[0]).await?.body;
        assert_eq!((stock.on_hand, stock.available), (5, 3));

        let other = NewOrder { expected_total: None, ..wide.clone() };
        let other = client.place_order("wide-1", &other, None).await;
        assert_eq!(
            other.err().and_then(|e| e.code().map(str::to_owned)).as_deref(),
            Some("idempotency_mismatch")
        );
        let mine = client.orders("cus_wide", 10, None).await?.body;
        assert_eq!(mine.data.len(), 1);
        Ok(())
    })
}

#[test]
fn refusals_say_why_and_stand() -> Tested {
    with_node(async |node| {
        let client = node.client()?;
        let (a, b) = (node.product("A", 100, 1).await?.id, node.product("B", 100, 50).await?.id);
        let refused =
            async |key: &str, order: &NewOrder| match client.place_order(key, order, None).await {
                Err(api_client::Error::Problem { problem, .. }) => Ok(*problem),
                other => Err(format!("not refused: {other:?}")),
            };
        let short = order("cus_r", &[(&a, 2), (&b, 3), (&a, 1)]);
        let problem = refused("r-1", &short).await?;
        assert_eq!((problem.status, problem.code.as_str()), (409, "out_of_stock"));
        assert_eq!(
            (problem.lines[0].product_id.as_str(), problem.lines[0].requested),
            (a.as_str(), 3)
        );
        client
            .receive_stock(
                None,
                &api_client::ReceiveStock { product_id: a.clone(), quantity: 9, location_id: None },
            )
            .await?;
        assert_eq!(refused("r-1", &short).await?.code, "out_of_stock", "the first answer stands");
        eventually(async || {
            let stock = client.stock(&b).await.ok()?.body;
            (stock.available == 50).then_some(())
        })
        .await?;

        let changed = NewOrder { expected_total: Some(99), ..order("cus_r", &[(&b, 1)]) };
        let problem = refused("r-2", &changed).await?;
        assert_eq!(
            (problem.code.as_str(), problem.expected, problem.actual),
            ("price_changed", Some(99), Some(100))
        );
        let foreign = NewOrder { currency: "eur".into(), ..order("cus_r", &[(&b, 1)]) };
        assert_eq!(refused("r-3", &foreign).await?.code, "currency_mismatch");
        let unknown = order("cus_r", &[(&format!("prod_{:032x}", 9), 1)]);
        assert_eq!(refused("r-4", &unknown).await?.code, "product_not_found");
        let nothing = refused("r-5", &order("cus_r", &[])).await?;
        assert_eq!(
            (nothing.code.as_str(), nothing.param.as_deref()),
            ("out_of_range", Some("lines"))
        );
        let zero = refused("r-6", &order("cus_r", &[(&b, 1), (&b, 0)])).await?;
        assert_eq!(zero.param.as_deref(), Some("lines[1].quantity"));
        let many = order("cus_r", &vec![(b.as_str(), 1); 201]);
        assert_eq!(refused("r-7", &many).await?.code, "out_of_range");
        let who = refused("r-8", &order("cus r", &[(&b, 1)])).await?;
        assert_eq!(who.param.as_deref(), Some("customer_id"));
        let keyless =
            node.call("POST", "/v1/orders", &[], serde_json::to_string(&changed)?).await?;
        assert_eq!((keyless.status, keyless.code().as_str()), (400, "idempotency_key_required"));
        Ok(())
    })
}

#[test]
fn a_confirmed_order_is_canceled_and_its_units_come_back() -> Tested {
    with_node(async |node| {
        let client = node.client()?;
        let id = node.product("Returned", 100, 3).await?.id;
        let placed = client.place_order("c-1", &order("cus_c", &[(&id, 3)]), None).await?.body;
        let canceled = client.cancel_order(Some("c-2"), &placed.id).await?.body;
        assert_eq!(canceled.status, "canceled");
        assert!(client.cancel_order(Some("c-2"), &placed.id).await?.replayed);
        eventually(async || {
            let stock = client.stock(&id).await.ok()?.body;
            (stock.available == 3).then_some(())
        })
        .await?;
        let replay = client.place_order("c-1", &order("cus_c", &[(&id, 3)]), None).await?.body;
        assert_eq!(replay.status, "canceled", "a replay tells the order as it is now");
        let unknown =
            node.post(&format!("/v1/orders/ord_{:035x}/cancel", 5), "c-3", &json!({})).await?;
        assert_eq!((unknown.status, unknown.code().as_str()), (404, "order_not_found"));
        Ok(())
    })
}

#[test]
fn two_hundred_buyers_get_exactly_fifty_units() -> Tested {
    with_node(async |node| {
        let id = node.product("Scarce", 100, 50).await?.id;
        let client = node.client()?;
        let buy = |number: usize| {
            let (client, id) = (client.clone(), id.clone());
            async move {
                let order = order(&format!("cus_race_{number}"), &[(&id, 1)]);
                client.place_order(&format!("race-{number}"), &order, None).await
            }
        };
        let outcomes = join_all((0..200).map(buy)).await;
        let mut sold = BTreeSet::new();
        for outcome in outcomes {
            match outcome {
                Ok(placed) => assert!(sold.insert(placed.body.id)),
                Err(error) => assert_eq!(error.code(), Some("out_of_stock"), "{error}"),
            }
        }
        assert_eq!(sold.len(), 50);
        let stock = node.get(&format!("/v1/stock/{id}?consistency=strong")).await?.json();
        assert_eq!((&stock["available"], &stock["on_hand"]), (&json!(0), &json!(50)));
        let audit = client.audit().await?;
        assert!(audit.ok, "{:?}", audit.violations);
        Ok(())
    })
}
