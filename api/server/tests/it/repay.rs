//! T16: the bank lets the money of a confirmed order go, and its customer pays once more.

use api_client::{NewFulfillment, NewPayment, Order, ShipFulfillment};
use serde_json::Value;

use crate::harness::{Fault, Node, STRIPE_KEY, Tested, eventually, stripe_url, with_node};
use crate::payments::{choose, event, place, send, signed};

/// What the stand-in is told to do with an intent.
async fn sim(path: &str) -> Tested {
    let url = format!("{}/_sim/{path}", stripe_url()?);
    let http = reqwest::Client::builder().no_proxy().build()?;
    http.post(url).send().await?.error_for_status()?;
    Ok(())
}

/// The intents of an order at the stand-in: of each, its status.
async fn intents(order: &str) -> Result<Vec<(String, String)>, Fault> {
    let url = format!("{}/v1/payment_intents?limit=100", stripe_url()?);
    let http = reqwest::Client::builder().no_proxy().build()?;
    let list: Value = http.get(url).bearer_auth(STRIPE_KEY).send().await?.json().await?;
    let all = list["data"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let its = all.iter().filter(|it| it["metadata"]["stoa_order"] == order);
    Ok(its.map(|it| (text(&it["id"]), text(&it["status"]))).collect())
}

/// Waits until an order is as wished.
async fn until(node: &Node, id: &str, wished: impl Fn(&Order) -> bool) -> Result<Order, Fault> {
    eventually(async || {
        let order = node.client().ok()?.order(id).await.ok()?.body;
        wished(&order).then_some(order)
    })
    .await
}

/// A confirmed order whose bank has let the money go.
async fn lost(node: &Node, key: &str) -> Result<Order, Fault> {
    let placed = place(node, key, Some("pm_card_visa")).await?;
    assert_eq!(placed.status, "confirmed", "{placed:?}");
    let old = placed.payment.intent_id.clone().ok_or("no intent")?;
    sim(&format!("intents/{old}/expire")).await?;
    let body = event("payment_intent.canceled", &placed.id).await?;
    assert_eq!(send(node, &body, &signed(&body)).await?.status, 200);
    let lost = until(node, &placed.id, |order| order.flags.on_hold).await?;
    assert_eq!((lost.status.as_str(), lost.payment.status.as_str()), ("confirmed", "auth_expired"));
    Ok(lost)
}

fn card(token: &str) -> NewPayment {
    NewPayment { payment_method: token.to_owned() }
}

/// Packs and sends all of an order, once its money has come.
async fn sent(node: &Node, id: &str) -> Result<Order, Fault> {
    let client = node.client()?;
    let any = (id, None);
    let made = client.create_fulfillment(None, any, &NewFulfillment::default()).await?.body;
    let parcel = made.fulfillments.last().ok_or("no fulfillment")?.id.clone();
    client.change_fulfillment(any, &parcel, "pack").await?;
    until(node, id, |order| order.payment.status == "captured").await?;
    let ups = ShipFulfillment { carrier: "UPS".to_owned(), tracking: None };
    Ok(client.ship_fulfillment(any, &parcel, &ups).await?.body)
}

#[test]
fn another_card_pays_and_the_order_goes_on() -> Tested {
    with_node(async |node| {
        let lost = lost(node, "repay-card").await?;
        let client = node.client()?;
        let visa = card("pm_card_mastercard");
        let paid = client.pay_order(Some("repay-1"), &lost.id, &visa, Some(15)).await?.body;
        assert_eq!(
            (paid.status.as_str(), paid.payment.status.as_str()),
            ("confirmed", "authorized")
        );
        assert!(!paid.flags.on_hold && paid.payment.intent_id != lost.payment.intent_id);
        let again = client.pay_order(Some("repay-1"), &lost.id, &visa, None).await?;
        assert!(again.replayed, "the same key gets the same answer");
        let sent = sent(node, &lost.id).await?;
        assert_eq!((sent.status.as_str(), sent.payment.captured), ("shipped", 700));
        let mut states: Vec<_> = intents(&lost.id).await?.into_iter().map(|it| it.1).collect();
        states.sort();
        assert_eq!(states, ["canceled", "succeeded"], "and the money was taken once");
        let steps = client.order_history(&lost.id).await?.body.data;
        let names: Vec<&str> = steps.iter().map(|step| step.transition.as_str()).collect();
        let wanted = ["T1", "T2", "T6", "T16", "T16a", "T11", "T2", "T16b", "T14", "T15", "T15a"];
        assert_eq!(names, [wanted.as_slice(), &["T18"]].concat());
        Ok(())
    })
}

#[test]
fn a_customer_goes_to_the_bank_for_a_new_payment() -> Tested {
    with_node(async |node| {
        let lost = lost(node, "repay-3ds").await?;
        let client = node.client()?;
        let threeds = card("pm_card_authenticationRequired");
        let asked = client.pay_order(None, &lost.id, &threeds, Some(15)).await?.body;
        assert_eq!(asked.payment.status, "requires_action", "{asked:?}");
        assert!(asked.flags.on_hold && asked.payment.client_secret.is_none());
        // They leave the page and come back with the same card: what they left is canceled.
        let again = client.pay_order(None, &lost.id, &threeds, Some(15)).await?.body;
        assert_eq!((again.payment.status.as_str(), again.payment.attempts), ("requires_action", 1));
        assert_ne!(again.payment.intent_id, asked.payment.intent_id);
        choose(&again, "fail_authentication").await?;
        until(node, &lost.id, |order| order.payment.status == "declined").await?;
        let third = client.pay_order(None, &lost.id, &threeds, Some(15)).await?.body;
        assert_eq!(third.payment.intent_id, again.payment.intent_id, "the intent takes another");
        choose(&third, "authenticate").await?;
        let paid = until(node, &lost.id, |order| order.payment.status == "authorized").await?;
        assert!(!paid.flags.on_hold);
        assert_eq!(sent(node, &lost.id).await?.payment.captured, 700);
        let mut states: Vec<_> = intents(&lost.id).await?.into_iter().map(|it| it.1).collect();
        states.sort();
        assert_eq!(states, ["canceled", "canceled", "succeeded"]);
        Ok(())
    })
}

#[test]
fn a_new_payment_declined_for_good_leaves_the_order_on_hold() -> Tested {
    with_node(async |node| {
        let lost = lost(node, "repay-stolen").await?;
        let client = node.client()?;
        let declined = card("pm_card_chargeDeclined");
        let declined = client.pay_order(None, &lost.id, &declined, Some(15)).await?.body;
        assert_eq!(declined.payment.status, "declined", "{declined:?}");
        let stolen = card("pm_card_chargeDeclinedStolenCard");
        let refused = client.pay_order(None, &lost.id, &stolen, Some(15)).await?.body;
        assert_eq!(
            (refused.payment.status.as_str(), refused.payment.decline_code.as_deref()),
            ("refused", Some("stolen_card"))
        );
        assert!(refused.flags.on_hold && refused.status == "confirmed");
        let more = client.pay_order(None, &lost.id, &card("pm_card_visa"), None).await;
        let code = more.err().and_then(|error| error.code().map(str::to_owned));
        assert_eq!(code.as_deref(), Some("payment_not_open"));
        // Its intents are all canceled, and so is the order if its customer wants that.
        eventually(async || {
            let all = intents(&lost.id).await.ok()?;
            (all.len() == 2 && all.iter().all(|it| it.1 == "canceled")).then_some(())
        })
        .await?;
        client.cancel_order(None, &lost.id).await?;
        until(node, &lost.id, |order| order.status == "canceled").await?;
        Ok(())
    })
}
