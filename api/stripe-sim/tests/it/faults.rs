//! What goes wrong between a shop and its provider.

use serde_json::{Value, json};
use stripe::StripeError;
use stripe_sim::Config;
use stripe_sim::knobs::Knobs;

use crate::harness::{Shop, Tested, refused};

#[tokio::test]
async fn a_lost_answer_leaves_the_work_done() -> Tested {
    let knobs = Knobs { answer_lost: 1_000, ..Knobs::default() };
    let shop = Shop::with(Config { knobs, ..Config::default() }).await?;
    let lost = shop.keyed(500, "k").await;
    assert!(matches!(lost, Err(StripeError::ClientError(_))), "{lost:?}");
    shop.steer("PUT", "knobs", &json!({})).await?;
    let found = shop.keyed(500, "k").await?;
    let ledger = shop.steer("GET", "ledger", &Value::Null).await?;
    assert_eq!(ledger["intents"][0]["id"], found.id.as_str());
    assert_eq!(ledger["intents"].as_array().map(Vec::len), Some(1));
    Ok(())
}

#[tokio::test]
async fn too_many_calls_do_nothing_and_use_no_key_up() -> Tested {
    let knobs = Knobs { too_many: 1_000, ..Knobs::default() };
    let shop = Shop::with(Config { knobs, ..Config::default() }).await?;
    let (_, status) = refused(shop.keyed(500, "k").await)?;
    assert_eq!(status, 429);
    shop.steer("PUT", "knobs", &json!({})).await?;
    assert!(shop.keyed(500, "k").await.is_ok());
    Ok(())
}

#[tokio::test]
async fn knobs_that_do_not_exist_are_refused() -> Tested {
    let shop = Shop::open().await?;
    for bad in [json!({"answer_lost": 1_001}), json!({"color": 1}), json!([])] {
        let answer = shop.steer("PUT", "knobs", &bad).await?;
        assert_eq!(answer["error"]["type"], "invalid_request_error", "{bad}");
    }
    let calm = shop.steer("GET", "knobs", &Value::Null).await?;
    assert_eq!(calm, serde_json::to_value(Knobs::default())?);
    Ok(())
}

#[tokio::test]
async fn latency_is_as_the_knobs_say() -> Tested {
    let knobs = Knobs { latency_min_ms: 120, latency_max_ms: 130, ..Knobs::default() };
    let shop = Shop::with(Config { knobs, ..Config::default() }).await?;
    let began = std::time::Instant::now();
    shop.intent(500).await?;
    assert!(began.elapsed().as_millis() >= 120);
    Ok(())
}
