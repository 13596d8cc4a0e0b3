//! What must be nowhere: planted secrets are looked for in everything that a node writes or says,
//! its most talkative log included.

use std::path::Path;
use std::time::Duration;

use api_client::{
    Client, NewKey, NewLine, NewOrder, NewProduct, NewWebhookEndpoint, RotateKey, TrailQuery,
};
use tests::{Cluster, wait};

/// A card number that nobody may keep.
const CARD: &str = "4000056655665556";
/// The key of an account at the payment provider.
const STRIPE: &str = "sk_test_planted0123456789abcdef";
/// What that provider signs its webhooks with.
const STRIPE_HOOKS: &str = "whsec_planted0123456789abcdefghij";
/// What secrets of webhooks are derived from.
const MASTER: &str = "planted-master-key-0123456789abcdef";
/// The password of a user of the mail server.
const SMTP: &str = "planted-smtp-password-0123456789";
/// Where a customer is told of an order: in the rows, and nowhere else.
const EMAIL: &str = "planted.customer.of.ours@mail.example";
/// How long the first attempt at a mail may take, in seconds.
const TRIED_S: u64 = 30;

#[tokio::test]
async fn planted_secrets_are_in_no_log_file_row_metric_or_answer() {
    let mut cluster = Cluster::prepare(1, 1).await;
    cluster.environment("STOA_LOG", "trace");
    let home = tempfile::tempdir().unwrap();
    let planted = |flag: &str, secret: &str| {
        let file = home.path().join(flag);
        std::fs::write(&file, secret).unwrap();
        format!("--{flag}={}", file.display())
    };
    cluster.flags(&[
        &planted("webhook-master", MASTER),
        &planted("stripe-key", STRIPE),
        &planted("stripe-webhook-secrets", STRIPE_HOOKS),
        "--stripe-url=http://127.0.0.1:9",
        "--smtp-url=smtp://planted@127.0.0.1:9",
        &planted("smtp-password", SMTP),
    ]);
    cluster.start_all();
    cluster.ready().await;
    let open = cluster.client(1);
    let new = NewKey { name: "planted".into(), role: Some("operator".into()), ..NewKey::default() };
    let key = open.create_key(None, &new).await.unwrap().secret;
    let rotated = {
        let id = open.keys(100, None).await.unwrap().body.data[0].id.clone();
        open.rotate_key(&id, &RotateKey { overlap_s: 3_600 }).await.unwrap().secret
    };
    let guest = open.create_guest().await.unwrap();
    let jwt = "eyJhbGciOiJFZERTQSIsImtpZCI6ImsifQ.eyJzdWIiOiJwbGFudGVkIn0.c2lnbmF0dXJlLXBsYW50ZWQ";
    // Each is shown, taken or refused.
    let mut said = String::new();
    for token in [key.as_str(), rotated.as_str(), guest.token.as_str(), jwt] {
        let shown = cluster.client(1).with_credentials(token).unwrap();
        said += &format!("{:?}{:?}", shown.keys(10, None).await, shown.cluster_status().await);
        let order =
            NewOrder { payment_method: Some(CARD.into()), ..order(&guest.customer_id, CARD) };
        let refused = shown.place_order("planted", &order, None).await;
        assert!(refused.is_err());
        said += &format!("{refused:?}");
    }
    said += &mailed(&open).await;
    let hook = NewWebhookEndpoint {
        url: "https://shop.example/hook".into(),
        events: vec!["collection.changed".into()],
        ..NewWebhookEndpoint::default()
    };
    let shown = open.create_webhook(None, &hook).await.unwrap();
    said += &format!("{shown:?}{:?}", open.webhooks(10, None).await);
    said += &open.metrics().await.unwrap();
    assert!(cluster.term(1).await.success());
    let log = cluster.log(1);
    assert!(log.contains("DEBUG "), "the log is not as talkative as it can be");
    let dir = cluster.folder_of(1);
    assert!(holds(&dir, b"planted"), "the key's name is not found either");
    let part = |secret: &str| secret.split('_').nth(3).unwrap_or(secret).to_owned();
    let guest = guest.token.trim_start_matches("gst_").to_owned();
    let hook = shown.secret.trim_start_matches("whsec_").to_owned();
    let given = [jwt, CARD, MASTER, STRIPE, STRIPE_HOOKS, SMTP].map(str::to_owned);
    let others = given.into_iter().chain([guest, hook]);
    // A row has where its owner is told of an order; nothing that is said does.
    assert!(!log.contains(EMAIL) && !said.contains(EMAIL), "an address is told");
    for planted in [part(&key), part(&rotated)].into_iter().chain(others) {
        assert!(planted.len() >= 16, "{planted} is too short to look for");
        assert!(!log.contains(&planted), "the log has {planted}");
        assert!(!said.contains(&planted), "an answer has {planted}");
        assert!(!holds(&dir, planted.as_bytes()), "the folder has {planted}");
    }
}

/// An order on account whose owner is told of it.
fn order(customer: &str, product: &str) -> NewOrder {
    NewOrder {
        cart: None,
        customer_id: customer.into(),
        lines: vec![NewLine { product_id: product.into(), quantity: 1 }],
        currency: "USD".into(),
        expected_total: None,
        payment_method: Some("on_account".into()),
        email: Some(EMAIL.into()),
        ..NewOrder::default()
    }
}

/// Has a customer told of an order by a mail server that is not there; what is said of it.
async fn mailed(open: &Client) -> String {
    let new = NewProduct {
        name: "Told of".into(),
        price: 5,
        currency: "USD".into(),
        stock: Some(1),
        ..NewProduct::default()
    };
    let product_id = open.create_product(None, &new).await.unwrap().body.id;
    let order = order("cus_told", &product_id);
    open.place_order("told", &order, None).await.unwrap();
    let tried = wait::until("a mail was tried", Duration::from_secs(TRIED_S), || async {
        let notices = open.notices("waiting", 10, None).await.ok()?.body.data;
        notices.into_iter().find(|notice| notice.attempts > 0)
    });
    format!("{:?}{:?}", tried.await, open.audit_trail(&TrailQuery::default()).await)
}

/// Whether some file under a folder holds these bytes.
pub fn holds(dir: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, bytes);
        }
        let file = std::fs::read(&path).unwrap();
        file.windows(bytes.len()).any(|window| window == bytes)
    })
}
