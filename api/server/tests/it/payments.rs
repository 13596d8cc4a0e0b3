//! Payments that need more than one step: 3-D Secure, Stripe's webhooks, another method.

use api_client::{NewKey, NewOrder, NewPayment, Order};
use serde_json::{Value, json};

use crate::harness::{
    Fault, HOOK_SECRETS, Node, Raw, STRIPE_KEY, Tested, eventually, order, stripe_url, with_node,
    with_strict_node,
};

const HOOKS: &str = "/v1/payments/stripe/webhooks";

/// Places an order with a card, or without one, and waits until its payment is decided.
pub async fn place(node: &Node, key: &str, method: Option<&str>) -> Result<Order, Fault> {
    let product = node.product(key, 700, 5).await?.id;
    let asked = NewOrder {
        payment_method: method.map(str::to_owned),
        ..order(&format!("cus_{key}"), &[(&product, 1)])
    };
    Ok(node.client()?.place_order(key, &asked, Some(15)).await?.body)
}

/// What a customer chooses on their bank's page; where that leads.
pub async fn choose(order: &Order, choice: &str) -> Result<String, Fault> {
    let action = order.payment.next_action.as_ref().ok_or("no next action")?;
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    assert_eq!(action.kind, "redirect");
    let page = http.get(&action.redirect_url).send().await?.text().await?;
    assert!(page.contains("3-D Secure"), "{page}");
    let form = format!("choice={choice}");
    let answer = http.post(&action.redirect_url).body(form).send().await?;
    let back = answer.headers().get("location").ok_or("no way back")?;
    Ok(back.to_str()?.to_owned())
}

/// The newest event of a kind about an order, as Stripe would send it.
pub async fn event(kind: &str, order: &str) -> Result<String, Fault> {
    let url = format!("{}/v1/events?limit=100&type={kind}", stripe_url()?);
    let http = reqwest::Client::builder().no_proxy().build()?;
    let list: Value = http.get(url).bearer_auth(STRIPE_KEY).send().await?.json().await?;
    let all = list["data"].as_array().cloned().unwrap_or_default();
    let is_its = |it: &&Value| it["data"]["object"]["metadata"]["stoa_order"] == order;
    Ok(all.iter().find(is_its).ok_or(format!("no {kind}"))?.to_string())
}

fn now_s() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
}

pub async fn send(node: &Node, body: &str, signature: &str) -> Result<Raw, Fault> {
    let headers = [("content-type", "application/json"), ("stripe-signature", signature)];
    node.call("POST", HOOKS, &headers, body.to_owned()).await
}

pub fn signed(body: &str) -> String {
    stripe_sim::hooks::signature(HOOK_SECRETS[0], body, now_s())
}

async fn until(node: &Node, id: &str, status: &str) -> Result<Order, Fault> {
    eventually(async || {
        let order = node.client().ok()?.order(id).await.ok()?.body;
        (order.status == status).then_some(order)
    })
    .await
}

#[test]
fn only_what_stripe_has_signed_is_taken() -> Tested {
    with_node(async |node| {
        let placed = place(node, "hook-signed", Some("pm_card_visa")).await?;
        let body = event("payment_intent.amount_capturable_updated", &placed.id).await?;
        let sign = |secret: &str, at: u64| stripe_sim::hooks::signature(secret, &body, at);
        for secret in HOOK_SECRETS {
            let taken = send(node, &body, &sign(secret, now_s())).await?;
            assert_eq!((taken.status, taken.json()["used"].as_bool()), (200, Some(true)));
        }
        let refusals = [
            ("forged", sign("whsec_of_somebody_else", now_s())),
            ("old", sign(HOOK_SECRETS[0], now_s() - 302)),
            ("of the future", sign(HOOK_SECRETS[0], now_s() + 302)),
            ("of another body", stripe_sim::hooks::signature(HOOK_SECRETS[0], "{}", now_s())),
            ("malformed", "t=1".to_owned()),
            ("none", String::new()),
        ];
        for (what, signature) in refusals {
            let refused = send(node, &body, &signature).await?;
            assert_eq!(
                (refused.status, refused.code().as_str()),
                (400, "invalid_signature"),
                "{what}"
            );
            assert_eq!(refused.param(), "Stripe-Signature", "{what}");
        }
        let created = event("payment_intent.created", &placed.id).await?;
        let other = json!({"id": "evt_other", "type": "balance.available", "data": {}}).to_string();
        for unused in [created, other] {
            let taken = send(node, &unused, &signed(&unused)).await?;
            assert_eq!((taken.status, taken.json()["used"].as_bool()), (200, Some(false)));
        }
        let large = format!("{{\"id\": \"{}\"}}", "x".repeat(256 << 10));
        assert_eq!(send(node, &large, &signed(&large)).await?.status, 413);
        let broken = "{\"id\": 1";
        assert_eq!(send(node, broken, &signed(broken)).await?.code(), "invalid_json");
        Ok(())
    })
}

#[test]
fn a_customer_proves_who_they_are_and_the_event_confirms_the_order() -> Tested {
    with_node(async |node| {
        let placed = place(node, "hook-3ds", Some("pm_card_authenticationRequired")).await?;
        assert_eq!(placed.status, "requires_action");
        assert_eq!(placed.payment.client_secret, None);
        let early = event("payment_intent.requires_action", &placed.id).await?;
        let back = choose(&placed, "authenticate").await?;
        assert!(back.starts_with("https://shop.example/back?payment_intent=pi_sim"), "{back}");
        let body = event("payment_intent.amount_capturable_updated", &placed.id).await?;
        // It comes twice, and what came before it comes after it.
        for body in [&body, &body, &early] {
            let taken = send(node, body, &signed(body)).await?;
            assert_eq!((taken.status, taken.json()["used"].as_bool()), (200, Some(true)));
        }
        let paid = until(node, &placed.id, "confirmed").await?;
        assert_eq!((paid.payment.status.as_str(), paid.payment.next_action), ("authorized", None));
        let steps = node.client()?.order_history(&placed.id).await?.body.data;
        let names: Vec<&str> = steps.iter().map(|step| step.transition.as_str()).collect();
        assert_eq!(names, ["T1", "T2", "T5", "T6"]);
        Ok(())
    })
}

#[test]
fn a_customer_who_fails_may_pay_with_another_card() -> Tested {
    with_node(async |node| {
        // No event comes: the provider is asked now and then.
        let placed = place(node, "poll-3ds", Some("pm_card_threeDSecure2Required")).await?;
        choose(&placed, "fail_authentication").await?;
        let declined = until(node, &placed.id, "payment_pending").await?;
        assert_eq!(declined.payment.decline_code.as_deref(), Some("authentication_required"));
        let client = node.client()?;
        let card = NewPayment { payment_method: "pm_card_mastercard".to_owned() };
        let paid = client.pay_order(Some("poll-3ds-2"), &placed.id, &card, Some(15)).await?.body;
        assert_eq!((paid.status.as_str(), paid.payment.attempts), ("confirmed", 1));
        let again = client.pay_order(Some("poll-3ds-2"), &placed.id, &card, None).await?.body;
        assert_eq!(again.id, paid.id, "the same key gets the same answer");
        let refused = client.pay_order(None, &placed.id, &card, None).await;
        assert_eq!(
            refused.err().and_then(|e| e.code().map(str::to_owned)).as_deref(),
            Some("payment_not_open")
        );
        Ok(())
    })
}

#[test]
fn four_declines_end_an_order() -> Tested {
    with_node(async |node| {
        let placed = place(node, "retry-four", Some("pm_card_chargeDeclined")).await?;
        let client = node.client()?;
        let card = NewPayment { payment_method: "pm_card_visa_chargeDeclined".to_owned() };
        for attempt in 2..=4 {
            let tried = client.pay_order(None, &placed.id, &card, Some(15)).await?.body;
            assert_eq!(tried.payment.attempts, attempt);
        }
        until(node, &placed.id, "payment_failed").await?;
        for (body, code) in [
            (json!({"payment_method": "on_account"}), "invalid_field"),
            (json!({"payment_method": "4242424242424242"}), "card_number"),
            (json!({}), "invalid_field"),
            (json!({"payment_method": "pm_card_visa"}), "payment_not_open"),
        ] {
            let path = format!("/v1/orders/{}/payments", placed.id);
            let refused = node.post(&path, &format!("retry-{code}-{body}"), &body).await?;
            assert_eq!(refused.code(), code, "{body}");
        }
        Ok(())
    })
}

#[test]
fn who_may_pay_an_order_is_told_how_and_nobody_else_is() -> Tested {
    with_strict_node(async |strict| {
        let node = &strict.node;
        let new = json!({"name": "Secret", "price": 500, "currency": "USD", "stock": 10});
        let new = serde_json::from_value(new)?;
        let product = strict.first()?.create_product(None, &new).await?.body.id;
        let guest = node.client()?.create_guest().await?;
        let theirs = node.client()?.with_credentials(&guest.token)?;
        let asked = |method: Option<&str>| NewOrder {
            payment_method: method.map(str::to_owned),
            ..order(&guest.customer_id, &[(&product, 1)])
        };
        let open = theirs.place_order("pay-open", &asked(None), Some(15)).await?.body;
        let secret = open.payment.client_secret.clone().ok_or("the owner is told no secret")?;
        assert!(secret.contains("_secret_"), "as the provider's script takes it");
        let acts = asked(Some("pm_card_authenticationRequired"));
        let acts = theirs.place_order("pay-acts", &acts, Some(15)).await?.body;
        let url = acts.payment.next_action.clone().ok_or("the owner is sent nowhere")?.redirect_url;
        let key = async |role: &str| {
            let new = NewKey { name: role.into(), role: Some(role.into()), ..NewKey::default() };
            let secret = strict.first()?.create_key(None, &new).await?.secret;
            Ok::<_, Fault>(node.client()?.with_credentials(&secret)?)
        };
        let (service, analyst) = (key("service").await?, key("analyst").await?);
        let told = service.order(&open.id).await?.body.payment.client_secret;
        assert_eq!(told.as_ref(), Some(&secret), "who places orders for customers passes it on");
        for id in [&open.id, &acts.id] {
            let seen = analyst.order(id).await?.body.payment;
            assert_eq!((seen.client_secret, seen.next_action), (None, None));
        }
        let listed = theirs.orders(&guest.customer_id, 10, None).await?.body.data;
        let listed = format!("{listed:?}{:?}", theirs.order_history(&open.id).await?.body);
        assert!(!listed.contains(&secret) && !listed.contains(&url), "lists tell no secrets");
        let paid = NewPayment { payment_method: "pm_card_visa".to_owned() };
        let stranger = node.client()?.create_guest().await?.token;
        let stranger = node.client()?.with_credentials(&stranger)?;
        let refused = stranger.pay_order(None, &open.id, &paid, None).await;
        assert_eq!(
            refused.err().and_then(|e| e.code().map(str::to_owned)).as_deref(),
            Some("order_not_found")
        );
        let paid = theirs.pay_order(None, &open.id, &paid, Some(15)).await?.body;
        assert_eq!((paid.status.as_str(), &paid.payment.client_secret), ("confirmed", &None));
        Ok(())
    })
}
