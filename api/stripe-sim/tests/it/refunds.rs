//! Refunds and disputes (<https://docs.stripe.com/refunds>, <https://docs.stripe.com/disputes>).

use serde_json::json;

use crate::harness::{Shop, Tested, code};

#[tokio::test]
async fn no_more_is_given_back_than_was_taken() -> Tested {
    let shop = Shop::open().await?;
    let intent = shop.taken(1_000, "pm_card_visa").await?;
    let id = intent.id.as_str();
    let first = shop.refund(id, Some(600)).await?;
    assert_eq!((first.amount, first.status.as_deref()), (600, Some("succeeded")));
    assert!(shop.refund(id, Some(401)).await.is_err());
    assert_eq!(shop.refund(id, None).await?.amount, 400, "what is left");
    assert_eq!(code(shop.refund(id, None).await)?, "charge_already_refunded");
    let listed = shop.look(&format!("refunds?payment_intent={id}")).await?;
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(2));
    Ok(())
}

#[tokio::test]
async fn what_was_not_taken_is_not_given_back() -> Tested {
    let shop = Shop::open().await?;
    let intent = shop.reserved(1_000, "pm_card_visa").await?;
    let refused = code(shop.refund(intent.id.as_str(), None).await)?;
    assert_eq!(refused, "payment_intent_unexpected_state");
    Ok(())
}

#[tokio::test]
async fn some_refunds_take_a_while_and_some_come_back() -> Tested {
    let shop = Shop::open().await?;
    for (card, at_first, in_the_end) in [
        ("pm_card_pendingRefund", "pending", "succeeded"),
        ("pm_card_refundFail", "succeeded", "failed"),
        ("pm_card_visa", "succeeded", "succeeded"),
    ] {
        let intent = shop.taken(1_000, card).await?;
        let refund = shop.refund(intent.id.as_str(), None).await?;
        assert_eq!(refund.status.as_deref(), Some(at_first), "{card}");
        let id = refund.id.as_str();
        let settled = shop.steer("POST", &format!("refunds/{id}/settle"), &json!({})).await?;
        assert_eq!(settled["status"], in_the_end, "{card}");
        let again = shop.refund(intent.id.as_str(), None).await;
        assert_eq!(again.is_ok(), in_the_end == "failed", "what came back can be given again");
    }
    Ok(())
}

#[tokio::test]
async fn a_disputed_charge_is_not_refunded_and_evidence_decides() -> Tested {
    let shop = Shop::open().await?;
    for (evidence, status) in [("winning_evidence", "won"), ("losing_evidence", "lost")] {
        let intent = shop.taken(1_000, "pm_card_createDispute").await?;
        let refused = code(shop.refund(intent.id.as_str(), None).await)?;
        assert_eq!(refused, "charge_disputed");
        let open = shop.look("disputes?limit=1").await?;
        let dispute = &open["data"][0];
        assert_eq!(dispute["payment_intent"], intent.id.as_str());
        assert_eq!(
            (&dispute["status"], &dispute["amount"]),
            (&json!("needs_response"), &json!(1_000))
        );
        let url = format!("{}/v1/disputes/{}", shop.sim.url, dispute["id"].as_str().unwrap_or("?"));
        let told = [("evidence[uncategorized_text]", evidence)];
        let closed = shop.http.post(url).bearer_auth(crate::harness::KEY).form(&told);
        let closed: serde_json::Value = closed.send().await?.json().await?;
        assert_eq!(closed["status"], status);
    }
    let told = shop.events().await?;
    assert_eq!(told.iter().filter(|kind| *kind == "charge.dispute.created").count(), 2);
    assert_eq!(told.iter().filter(|kind| *kind == "charge.dispute.closed").count(), 2);
    Ok(())
}
