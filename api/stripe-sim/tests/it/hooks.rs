//! Webhooks (<https://docs.stripe.com/webhooks>), as the library that checks them reads them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming};
use parking_lot::Mutex;
use serde_json::json;
use stripe_sim::Config;
use stripe_sim::hooks::Endpoint;
use stripe_sim::knobs::Knobs;
use stripe_webhook::{EventObject, EventType, Webhook};

use crate::harness::{Fault, Shop, Tested};

const SECRET: &str = "whsec_of_a_test";

/// What an endpoint was sent: the signature and the body.
type Got = Arc<Mutex<Vec<(String, String)>>>;

/// An endpoint that answers a number of requests with 500 first.
async fn endpoint(refusals: usize) -> Result<(Endpoint, Got), Fault> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/hook", listener.local_addr()?);
    let got: Got = Arc::default();
    let notes = got.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let notes = notes.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let notes = notes.clone();
                async move {
                    let header = request.headers().get("stripe-signature");
                    let signature = header.and_then(|it| it.to_str().ok()).unwrap_or("").to_owned();
                    let body = request.into_body().collect().await?.to_bytes();
                    let mut notes = notes.lock();
                    notes.push((signature, String::from_utf8_lossy(&body).into_owned()));
                    let status = if notes.len() <= refusals { 500 } else { 200 };
                    let mut response = Response::new(Full::<Bytes>::default());
                    *response.status_mut() = hyper::StatusCode::from_u16(status)
                        .unwrap_or(hyper::StatusCode::NOT_IMPLEMENTED);
                    Ok::<_, hyper::Error>(response)
                }
            });
            let io = hyper_util::rt::TokioIo::new(stream);
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, service));
        }
    });
    Ok((Endpoint { url, secret: SECRET.to_owned() }, got))
}

/// Waits for so many.
async fn wait(got: &Got, count: usize) -> Result<Vec<(String, String)>, Fault> {
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..500 {
        ticks.tick().await;
        let now = got.lock().clone();
        if now.len() >= count {
            return Ok(now);
        }
    }
    Err(format!("{} of {count} came", got.lock().len()).into())
}

#[tokio::test]
async fn events_come_signed_and_can_be_read() -> Tested {
    let (endpoint, got) = endpoint(0).await?;
    let shop = Shop::with(Config { endpoint: Some(endpoint), ..Config::default() }).await?;
    let intent = shop.taken(900, "pm_card_createDispute").await?;
    shop.intent(500).await?;
    let mut kinds = Vec::new();
    for (signature, body) in wait(&got, 7).await? {
        let event = Webhook::construct_event(&body, &signature, SECRET)?;
        if event.type_ == EventType::PaymentIntentSucceeded {
            let EventObject::PaymentIntentSucceeded(object) = &event.data.object else {
                return Err("not an intent".into());
            };
            assert_eq!((object.id.as_str(), object.amount_received), (intent.id.as_str(), 900));
        }
        assert!(Webhook::construct_event(&body, &signature, "whsec_other").is_err());
        kinds.push(event.type_.to_string());
    }
    assert!(kinds.contains(&"charge.dispute.created".to_owned()), "{kinds:?}");
    Ok(())
}

#[tokio::test]
async fn who_refuses_gets_it_again() -> Tested {
    let (endpoint, got) = endpoint(2).await?;
    let shop = Shop::with(Config { endpoint: Some(endpoint), ..Config::default() }).await?;
    shop.intent(500).await?;
    let all = wait(&got, 3).await?;
    assert!(all.iter().all(|(_, body)| *body == all[0].1), "the same event each time");
    Ok(())
}

#[tokio::test]
async fn webhooks_come_twice_late_forged_or_never() -> Tested {
    let (endpoint, got) = endpoint(0).await?;
    let shop = Shop::with(Config { endpoint: Some(endpoint), ..Config::default() }).await?;
    shop.steer("PUT", "knobs", &json!({"webhook_lost": 1_000})).await?;
    shop.intent(500).await?;
    shop.steer("PUT", "knobs", &json!({"webhook_late": 1_000, "webhook_late_ms": 1_500})).await?;
    let late = shop.intent(501).await?;
    let knobs = Knobs { webhook_twice: 1_000, webhook_forged: 1_000, ..Knobs::default() };
    shop.steer("PUT", "knobs", &serde_json::to_value(knobs)?).await?;
    let twice = shop.intent(502).await?;
    let all = wait(&got, 5).await?;
    assert!(all[4].1.contains(late.id.as_str()), "the first that was sent comes last");
    let of_twice = all.iter().filter(|(_, body)| body.contains(twice.id.as_str()));
    let good =
        of_twice.map(|(signature, body)| Webhook::construct_event(body, signature, SECRET).is_ok());
    assert_eq!(good.filter(|good| *good).count(), 2, "two good ones and two forged");
    assert_eq!(got.lock().len(), 5, "one never came");
    Ok(())
}
