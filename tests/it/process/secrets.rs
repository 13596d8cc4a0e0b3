//! What must be nowhere: planted secrets are looked for in everything that a node writes or says,
//! its most talkative log included.

use std::path::Path;

use api_client::{NewKey, NewLine, NewOrder, NewWebhookEndpoint, RotateKey};
use tests::Cluster;

/// A card number that nobody may keep.
const CARD: &str = "4000056655665556";
/// The key of an account at the payment provider.
const STRIPE: &str = "sk_test_planted0123456789abcdef";
/// What that provider signs its webhooks with.
const STRIPE_HOOKS: &str = "whsec_planted0123456789abcdefghij";
/// What secrets of webhooks are derived from.
const MASTER: &str = "planted-master-key-0123456789abcdef";

#[tokio::test]
async fn planted_secrets_are_in_no_log_file_row_metric_or_answer() {
    let mut cluster = Cluster::prepare(1, 1).await;
    cluster.environment("STOA_LOG", "trace");
    let home = tempfile::tempdir().unwrap();
    let master = home.path().join("webhook-master");
    std::fs::write(&master, MASTER).unwrap();
    let stripe = home.path().join("stripe-key");
    std::fs::write(&stripe, STRIPE).unwrap();
    let hooks = home.path().join("stripe-webhook-secrets");
    std::fs::write(&hooks, STRIPE_HOOKS).unwrap();
    cluster.flags(&[
        &format!("--stripe-webhook-secrets={}", hooks.display()),
        &format!("--webhook-master={}", master.display()),
        &format!("--stripe-key={}", stripe.display()),
        "--stripe-url=http://127.0.0.1:9",
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
        let order = NewOrder {
            cart: None,
            customer_id: guest.customer_id.clone(),
            lines: vec![NewLine { product_id: CARD.into(), quantity: 1 }],
            currency: "USD".into(),
            expected_total: None,
            payment_method: Some(CARD.into()),
        };
        let refused = shown.place_order("planted", &order, None).await;
        assert!(refused.is_err());
        said += &format!("{refused:?}");
    }
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
    let given = [jwt, CARD, MASTER, STRIPE, STRIPE_HOOKS].map(str::to_owned);
    let others = given.into_iter().chain([guest, hook]);
    for planted in [part(&key), part(&rotated)].into_iter().chain(others) {
        assert!(planted.len() >= 16, "{planted} is too short to look for");
        assert!(!log.contains(&planted), "the log has {planted}");
        assert!(!said.contains(&planted), "an answer has {planted}");
        assert!(!holds(&dir, planted.as_bytes()), "the folder has {planted}");
    }
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
