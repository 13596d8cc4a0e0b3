//! Idempotency (<https://docs.stripe.com/api/idempotent_requests>).

use futures::future::join_all;

use crate::harness::{Shop, Tested, code, refused};
use stripe_sim::{Config, knobs::Knobs};

#[tokio::test]
async fn a_key_does_one_thing_once() -> Tested {
    let shop = Shop::open().await?;
    let first = shop.keyed(500, "k1").await?;
    assert_eq!(shop.keyed(500, "k1").await?.id, first.id);
    let (error, status) = refused(shop.keyed(501, "k1").await)?;
    assert_eq!((status, error.type_.to_string().as_str()), (400, "idempotency_error"));
    assert_ne!(shop.keyed(500, "k2").await?.id, first.id);
    assert_eq!(code(shop.keyed(10, "k3").await)?, "amount_too_small");
    assert!(shop.keyed(500, "k3").await.is_ok(), "a bad request uses no key up");
    Ok(())
}

#[tokio::test]
async fn a_crowd_under_one_key_makes_one_intent() -> Tested {
    let shop = Shop::open().await?;
    let made = join_all((0..50).map(|_| shop.keyed(500, "crowd"))).await;
    let mut ids = Vec::new();
    for intent in made {
        ids.push(intent?.id);
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    Ok(())
}

#[tokio::test]
async fn errors_are_answered_again_too() -> Tested {
    let knobs = Knobs { error_after: 1_000, ..Knobs::default() };
    let shop = Shop::with(Config { knobs, ..Config::default() }).await?;
    let (_, status) = refused(shop.keyed(500, "k").await)?;
    assert_eq!(status, 500);
    shop.steer("PUT", "knobs", &serde_json::json!({})).await?;
    let (_, status) = refused(shop.keyed(500, "k").await)?;
    assert_eq!(status, 500, "as the first time");
    let ledger = shop.steer("GET", "ledger", &serde_json::Value::Null).await?;
    assert_eq!(ledger["intents"].as_array().map(Vec::len), Some(1), "and yet it was done, once");
    Ok(())
}

#[tokio::test]
async fn a_restart_forgets_neither_books_nor_keys() -> Tested {
    let dir = tempfile::tempdir()?;
    let config = || Config { dir: Some(dir.path().to_owned()), ..Config::default() };
    let shop = Shop::with(config()).await?;
    let intent = shop.keyed(500, "k").await?;
    shop.confirm(intent.id.as_str(), "pm_card_visa").await?;
    drop(shop);
    let shop = Shop::with(config()).await?;
    assert_eq!(shop.keyed(500, "k").await?.id, intent.id);
    let taken = shop.get(intent.id.as_str()).await?;
    assert_eq!(taken.amount_received, 500);
    assert_eq!(shop.events().await?.len(), 3);
    Ok(())
}
