//! The life of an intent (<https://docs.stripe.com/payments/paymentintents/lifecycle>).

use serde_json::json;
use stripe_core::payment_intent::{CreatePaymentIntent, ListPaymentIntent};
use stripe_shared::PaymentIntentStatus as Status;

use crate::harness::{Shop, Tested, code, refused};

#[tokio::test]
async fn a_card_pays_in_two_steps() -> Tested {
    let shop = Shop::open().await?;
    let intent = shop.intent(1_999).await?;
    assert_eq!(intent.status, Status::RequiresPaymentMethod);
    let id = intent.id.as_str();
    let reserved = shop.confirm(id, "pm_card_visa").await?;
    assert_eq!(reserved.status, Status::RequiresCapture);
    assert_eq!((reserved.amount_capturable, reserved.amount_received), (1_999, 0));
    let taken = shop.capture(id, None).await?;
    assert_eq!(taken.status, Status::Succeeded);
    assert_eq!((taken.amount_capturable, taken.amount_received), (0, 1_999));
    assert_eq!(format!("{:?}", shop.get(id).await?), format!("{taken:?}"));
    let told = shop.events().await?;
    let expected = [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
    ];
    assert_eq!(told, expected);
    Ok(())
}

#[tokio::test]
async fn automatic_capture_takes_the_money_at_once() -> Tested {
    let shop = Shop::open().await?;
    let create = CreatePaymentIntent::new(700, stripe_types::Currency::EUR)
        .payment_method("pm_card_mastercard")
        .metadata([("order_id".to_owned(), "ord_1".to_owned())])
        .confirm(true);
    let intent = create.send(&shop.client).await?;
    assert_eq!((intent.status, intent.amount_received), (Status::Succeeded, 700));
    assert_eq!(intent.metadata.get("order_id").map(String::as_str), Some("ord_1"));
    Ok(())
}

#[tokio::test]
async fn a_part_may_be_captured_once_and_the_rest_is_free() -> Tested {
    let shop = Shop::open().await?;
    let intent = shop.reserved(1_000, "pm_card_visa").await?;
    let id = intent.id.as_str();
    assert_eq!(code(shop.capture(id, Some(1_001)).await)?, "amount_too_large");
    let taken = shop.capture(id, Some(600)).await?;
    assert_eq!((taken.status, taken.amount_received), (Status::Succeeded, 600));
    assert_eq!(code(shop.capture(id, Some(100)).await)?, "payment_intent_unexpected_state");
    Ok(())
}

#[tokio::test]
async fn a_decline_is_402_and_another_card_may_pay() -> Tested {
    let shop = Shop::open().await?;
    let intent = shop.intent(500).await?;
    let id = intent.id.as_str();
    for (card, expected, decline) in [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    ] {
        let (error, status) = refused(shop.confirm(id, card).await)?;
        assert_eq!(status, 402, "{card}");
        assert_eq!(error.code.as_ref().map(ToString::to_string).as_deref(), Some(expected));
        assert_eq!(error.decline_code.as_deref(), Some(decline));
        let now = shop.get(id).await?;
        assert_eq!(now.status, Status::RequiresPaymentMethod);
        assert!(now.last_payment_error.is_some() && now.payment_method.is_none());
    }
    let paid = shop.confirm(id, "pm_card_visa").await?;
    assert_eq!(paid.status, Status::RequiresCapture);
    assert!(paid.last_payment_error.is_none());
    Ok(())
}

#[tokio::test]
async fn a_customer_proves_who_they_are_on_a_page_and_returns() -> Tested {
    let shop = Shop::open().await?;
    for (card, choice, status, told) in [
        ("pm_card_authenticationRequired", "authenticate", Status::RequiresCapture, "succeeded"),
        (
            "pm_card_authenticationRequired",
            "fail_authentication",
            Status::RequiresPaymentMethod,
            "failed",
        ),
        (
            "pm_card_threeDSecureRequiredChargeDeclined",
            "authenticate",
            Status::RequiresPaymentMethod,
            "failed",
        ),
    ] {
        let intent = shop.reserved(500, card).await?;
        assert_eq!(intent.status, Status::RequiresAction);
        let action = intent.next_action.and_then(|it| it.redirect_to_url);
        let url = action.and_then(|it| it.url).ok_or("a page")?;
        let page = shop.http.get(&url).send().await?.text().await?;
        assert!(page.contains(intent.id.as_str()) && page.contains(choice), "{page}");
        let calm = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let chosen = calm.build()?.post(&url).form(&[("choice", choice)]).send().await?;
        assert_eq!(chosen.status().as_u16(), 303);
        let back = chosen.headers()["location"].to_str()?;
        let id = intent.id.as_str();
        let expected =
            format!("https://shop.example/back?payment_intent={id}&redirect_status={told}");
        assert_eq!(back, expected);
        assert_eq!(shop.get(id).await?.status, status, "{card} {choice}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_not_taken_can_be_canceled_and_what_is_over_cannot() -> Tested {
    let shop = Shop::open().await?;
    let fresh = shop.intent(500).await?;
    let reserved = shop.reserved(500, "pm_card_visa").await?;
    let asked = shop.reserved(500, "pm_card_authenticationRequired").await?;
    for intent in [fresh, reserved, asked] {
        let id = intent.id.as_str();
        assert_eq!(shop.cancel(id).await?.status, Status::Canceled);
        assert_eq!(code(shop.cancel(id).await)?, "payment_intent_unexpected_state");
        let (error, status) = refused(shop.confirm(id, "pm_card_visa").await)?;
        let now = error.payment_intent.map(|it| it.status);
        assert_eq!((status, now), (400, Some(Status::Canceled)), "it says what it is");
    }
    let taken = shop.taken(500, "pm_card_visa").await?;
    assert_eq!(code(shop.cancel(taken.id.as_str()).await)?, "payment_intent_unexpected_state");
    Ok(())
}

#[tokio::test]
async fn a_bank_lets_a_reservation_go() -> Tested {
    let shop = Shop::open().await?;
    let intent = shop.reserved(500, "pm_card_visa").await?;
    let id = intent.id.as_str();
    shop.steer("POST", &format!("intents/{id}/expire"), &json!({})).await?;
    assert_eq!(shop.get(id).await?.status, Status::Canceled);
    assert_eq!(code(shop.capture(id, None).await)?, "payment_intent_unexpected_state");
    Ok(())
}

#[tokio::test]
async fn bad_requests_name_the_parameter() -> Tested {
    let shop = Shop::open().await?;
    assert_eq!(code(shop.intent(49).await)?, "amount_too_small");
    assert_eq!(code(shop.intent(100_000_000).await)?, "amount_too_large");
    assert_eq!(code(shop.get("pi_none").await)?, "resource_missing");
    let intent = shop.intent(500).await?;
    let (error, status) = refused(shop.confirm(intent.id.as_str(), "4242424242424242").await)?;
    assert_eq!((status, error.param.as_deref()), (404, Some("payment_method")));
    let post = shop.http.post(format!("{}/v1/payment_intents", shop.sim.url));
    let nobody = post.try_clone().ok_or("a request")?.form(&[("amount", "500")]).send().await?;
    assert_eq!(nobody.status().as_u16(), 401);
    let asked = post.bearer_auth(crate::harness::KEY).form(&[
        ("amount", "500"),
        ("currency", "usd"),
        ("color", "red"),
    ]);
    let asked: serde_json::Value = asked.send().await?.json().await?;
    assert_eq!(asked["error"]["code"], "parameter_unknown");
    assert_eq!(asked["error"]["param"], "color");
    Ok(())
}

#[tokio::test]
async fn a_list_is_paged_from_the_newest_on() -> Tested {
    let shop = Shop::open().await?;
    let mut made = Vec::new();
    for amount in 501..=512 {
        made.push(shop.intent(amount).await?.id);
    }
    made.reverse();
    let first = ListPaymentIntent::new().limit(7).send(&shop.client).await?;
    assert!(first.has_more);
    let last = first.data.last().ok_or("a page")?.id.clone();
    let second = ListPaymentIntent::new().limit(7).starting_after(last.as_str());
    let second = second.send(&shop.client).await?;
    assert!(!second.has_more);
    let all: Vec<_> = first.data.into_iter().chain(second.data).map(|it| it.id).collect();
    assert_eq!(all, made);
    Ok(())
}
