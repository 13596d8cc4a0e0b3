//! Orders paid by card, at Stripe's stand-in.

use api_client::{NewOrder, Order};
use api_server::{Args, Server, StripeFlags};
use stripe_sim::knobs::Knobs;

use crate::harness::{
    Node, Tested, alone, args, eventually, free_ports, fresh_dir, order, ready, with_node,
};
use crate::payments::event;
use crate::stripe::{stand_in, turn};

/// Places an order with a card and waits until its payment is decided.
async fn pay(
    node: &Node,
    key: &str,
    product: &str,
    method: &str,
) -> Result<Order, api_client::Error> {
    let order =
        NewOrder { payment_method: Some(method.to_owned()), ..order("cus_cards", &[(product, 1)]) };
    Ok(node.client()?.place_order(key, &order, Some(15)).await?.body)
}

#[test]
fn an_approved_card_confirms_the_order() -> Tested {
    with_node(async |node| {
        let id = node.product("Paid", 2_999, 5).await?.id;
        let placed = pay(node, "card-1", &id, "pm_card_visa").await?;
        assert_eq!(
            (placed.status.as_str(), placed.payment.status.as_str()),
            ("confirmed", "authorized")
        );
        assert!(placed.payment.intent_id.is_some_and(|id| id.starts_with("pi_sim")));
        let canceled = node.client()?.cancel_order(None, &placed.id).await?.body;
        assert!(["canceling", "canceled"].contains(&canceled.status.as_str()));
        eventually(async || {
            let order = node.client().ok()?.order(&placed.id).await.ok()?.body;
            (order.status == "canceled" && order.payment.status == "voided").then_some(())
        })
        .await
    })
}

#[test]
fn a_declined_card_is_told_and_the_order_waits() -> Tested {
    with_node(async |node| {
        let id = node.product("Declined", 100, 9).await?.id;
        let cases = [
            ("pm_card_chargeDeclined", "card_declined"),
            ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
            ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ];
        for (method, code) in cases {
            let placed = pay(node, method, &id, method).await?;
            assert_eq!(placed.payment.status, "declined", "{placed:?}");
            assert_eq!(placed.payment.decline_code.as_deref(), Some(code));
            assert_eq!((placed.status.as_str(), placed.payment.attempts), ("payment_pending", 1));
        }
        Ok(())
    })
}

#[test]
fn a_stolen_card_ends_the_order_and_frees_its_units() -> Tested {
    with_node(async |node| {
        let id = node.product("Stolen", 100, 1).await?.id;
        let placed = pay(node, "card-stolen", &id, "pm_card_chargeDeclinedStolenCard").await?;
        eventually(async || {
            let order = node.client().ok()?.order(&placed.id).await.ok()?.body;
            let stock = node.client().ok()?.stock(&id).await.ok()?.body;
            (order.status == "payment_failed" && stock.available == 1).then_some(())
        })
        .await
    })
}

#[test]
fn a_lost_answer_is_found_again_and_never_called_failed() -> Tested {
    alone(async || {
        let lossy = Knobs { answer_lost: 1_000, ..Knobs::default() };
        let (sim, stripe) = stand_in("cards-lost", lossy).await?;
        let (dir, ports) = (fresh_dir("cards-lost-node")?, free_ports(2)?);
        let args = Args { stripe, ..args(&dir, 1, &[(1, ports[0], ports[1])])? };
        let node = ready(Server::start(args).await?).await?;
        let id = node.product("Lost", 100, 1).await?.id;
        let asked = NewOrder {
            payment_method: Some("pm_card_visa".to_owned()),
            ..order("cus_lost", &[(&id, 1)])
        };
        let placed = node.client()?.place_order("card-lost", &asked, None).await?.body;
        let client = node.client()?;
        let now = async || Some(client.order(&placed.id).await.ok()?.body.status);
        eventually(async || now().await.filter(|status| status == "payment_unknown")).await?;
        turn(&sim, Knobs::default()).await?;
        eventually(async || now().await.filter(|status| status == "confirmed")).await?;
        let history = client.order_history(&placed.id).await?.body.data;
        let steps: Vec<&str> = history.iter().map(|step| step.transition.as_str()).collect();
        assert!(steps.contains(&"T4") && steps.contains(&"T6"), "{steps:?}");
        node.server.shutdown().await;
        Ok(())
    })
}

#[test]
fn a_node_without_a_key_takes_orders_on_account_only() -> Tested {
    alone(async || {
        let (dir, ports) = (fresh_dir("cards-off")?, free_ports(2)?);
        let own = args(&dir, 1, &[(1, ports[0], ports[1])])?;
        let node =
            ready(Server::start(Args { stripe: StripeFlags::default(), ..own }).await?).await?;
        let id = node.product("Off", 100, 2).await?.id;
        let lines = serde_json::json!([{"product_id": id, "quantity": 1}]);
        let body = serde_json::json!({"customer_id": "cus_off", "currency": "USD", "lines": lines});
        let refused = node.post("/v1/orders", "card-off", &body).await?;
        assert_eq!((refused.status, refused.code().as_str()), (409, "cards_off"));
        assert_eq!(refused.param(), "payment_method");
        let placed =
            node.client()?.place_order("off", &order("cus_off", &[(&id, 1)]), None).await?;
        assert_eq!(placed.body.status, "confirmed");
        node.server.shutdown().await;
        Ok(())
    })
}

#[test]
fn a_card_that_wants_more_says_so_and_an_unknown_one_is_refused() -> Tested {
    with_node(async |node| {
        let id = node.product("More", 100, 9).await?.id;
        let placed = pay(node, "card-3ds", &id, "pm_card_authenticationRequired").await?;
        assert_eq!(placed.status, "requires_action");
        let unknown = pay(node, "card-what", &id, "pm_card_nonsense").await?;
        assert_ne!(unknown.status, "confirmed");
        let body = serde_json::json!({"customer_id": "cus_cards", "currency": "USD",
            "lines": [{"product_id": id, "quantity": 1}], "payment_method": "4242424242424242"});
        let number = node.post("/v1/orders", "card-number", &body).await?;
        assert_eq!((number.status, number.param().as_str()), (400, "payment_method"));
        Ok(())
    })
}

#[test]
fn a_restored_cluster_uses_no_key_twice() -> Tested {
    alone(async || {
        let (dir, ports) = (fresh_dir("cards-epoch")?, free_ports(2)?);
        let first = args(&dir, 1, &[(1, ports[0], ports[1])])?;
        let node = ready(Server::start(Args { epoch: 1, ..first }).await?).await?;
        let id = node.product("Restored", 100, 90).await?.id;
        // The number of the call that has created an order's intent.
        let number = async |key: &str| -> Result<u32, crate::harness::Fault> {
            let placed = pay(&node, key, &id, "pm_card_visa").await?;
            assert_eq!(placed.status, "confirmed", "{placed:?}");
            let created = event("payment_intent.created", &placed.id).await?;
            let created: serde_json::Value = serde_json::from_str(&created)?;
            let used = created["request"]["idempotency_key"].as_str().ok_or("no key")?;
            let (order, number) = used.rsplit_once('-').ok_or("no number")?;
            assert_eq!(order, placed.id);
            Ok(number.parse()?)
        };
        let mut tried = 0;
        let begun = eventually(async || {
            tried += 1;
            number(&format!("epoch-{tried}")).await.ok().filter(|number| *number > 0)
        });
        assert_eq!(begun.await?, 1 << 24);
        node.server.shutdown().await;
        Ok(())
    })
}
