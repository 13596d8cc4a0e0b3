//! Orders and the provider's own lists: after a restore, after lost events, after what somebody has
//! done in Stripe's dashboard.

use api_client::{NewOrder, Order, PaymentReconciliation, ReconcilePayments};
use api_server::{Args, Server, StripeFlags};
use engine_core::{OrderId, Slot};
use serde_json::Value;
use stripe_sim::Running;
use stripe_sim::knobs::Knobs;

use crate::harness::{
    Fault, HOOK_SECRETS, Node, Raw, STRIPE_KEY, Tested, alone, args, eventually, free_ports,
    fresh_dir, order, ready,
};
use crate::stripe::stand_in;

/// A node with a stand-in of its own.
struct Shop {
    node: Node,
    sim: Running,
    cluster: String,
    product: String,
}

impl Shop {
    async fn open(name: &str) -> Result<Self, Fault> {
        let (sim, stripe) = stand_in(name, Knobs::default()).await?;
        let (dir, ports) = (fresh_dir(&format!("{name}-node"))?, free_ports(2)?);
        let own = args(&dir, 1, &[(1, ports[0], ports[1])])?;
        let stripe_webhook_secrets = own.stripe.stripe_webhook_secrets.clone();
        let stripe = StripeFlags { stripe_webhook_secrets, ..stripe };
        let cluster = own.cluster_id.clone();
        let node = ready(Server::start(Args { stripe, ..own }).await?).await?;
        let product = node.product(name, 700, 9).await?.id;
        Ok(Self { node, sim, cluster, product })
    }

    /// What somebody else does at Stripe: in its dashboard, or before a restore.
    async fn at_stripe(&self, path: &str, form: &str) -> Result<Value, Fault> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let request = http.post(format!("{}{path}", self.sim.url)).bearer_auth(STRIPE_KEY);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(form.to_owned()).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    async fn read(&self, path: &str) -> Result<Value, Fault> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let request = http.get(format!("{}{path}", self.sim.url)).bearer_auth(STRIPE_KEY);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    /// An intent of a cluster's for an order that is nowhere; its money is reserved.
    async fn stray(&self, cluster: &str, hash: u128) -> Result<String, Fault> {
        let id = OrderId { slot: Slot(7), hash };
        let form = format!(
            "amount=700&currency=usd&capture_method=manual&payment_method=pm_card_visa&\
             confirm=true&metadata[stoa_order]={id}&metadata[stoa_cluster]={cluster}"
        );
        let made = self.at_stripe("/v1/payment_intents", &form).await?;
        Ok(made["id"].as_str().ok_or("no id")?.to_owned())
    }

    /// Of an intent: where it stands, what was captured and what was given back.
    async fn money(&self, intent: &str) -> Result<(String, i64, i64), Fault> {
        let ledger = self.read("/_sim/ledger").await?;
        let rows = ledger["intents"].as_array().cloned().unwrap_or_default();
        let row = rows.into_iter().find(|row| row["id"] == intent).ok_or("no such intent")?;
        let number = |name: &str| row[name].as_i64().unwrap_or(-1);
        let status = row["status"].as_str().unwrap_or_default().to_owned();
        Ok((status, number("captured"), number("refunded")))
    }

    async fn compare(&self, wish: ReconcilePayments) -> Result<PaymentReconciliation, Fault> {
        Ok(self.node.client()?.reconcile_payments(&wish).await?.body)
    }

    /// An order that nobody has paid yet, as far as it knows.
    async fn unpaid(&self, key: &str) -> Result<(Order, String), Fault> {
        let lines = [(self.product.as_str(), 1)];
        let asked = NewOrder { payment_method: None, ..order(&format!("cus_{key}"), &lines) };
        let client = self.node.client()?;
        let placed = client.place_order(key, &asked, Some(15)).await?.body;
        let intent = placed.payment.intent_id.clone().ok_or("no intent")?;
        Ok((placed, intent))
    }

    /// Somebody pays an intent past us.
    async fn pay(&self, intent: &str, method: &str) -> Tested {
        let path = format!("/v1/payment_intents/{intent}");
        self.at_stripe(&format!("{path}/confirm"), &format!("payment_method={method}")).await?;
        self.at_stripe(&format!("{path}/capture"), "").await?;
        Ok(())
    }

    async fn until(&self, id: &str, is_so: impl Fn(&Order) -> bool) -> Result<Order, Fault> {
        eventually(async || {
            let order = self.node.client().ok()?.order(id).await.ok()?.body;
            is_so(&order).then_some(order)
        })
        .await
    }

    /// Sends the newest event of a kind, as Stripe would.
    async fn tell(&self, kind: &str) -> Result<Raw, Fault> {
        let list = self.read(&format!("/v1/events?limit=1&type={kind}")).await?;
        let body = list["data"][0].to_string();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
        let signature = stripe_sim::hooks::signature(HOOK_SECRETS[0], &body, now);
        let signature = ("stripe-signature", signature.as_str());
        let headers = [("content-type", "application/json"), signature];
        self.node.call("POST", "/v1/payments/stripe/webhooks", &headers, body).await
    }
}

#[test]
fn money_that_no_order_knows_goes_back() -> Tested {
    alone(async || {
        let shop = Shop::open("reconcile-orphans").await?;
        let captured = shop.stray(&shop.cluster, 1).await?;
        shop.at_stripe(&format!("/v1/payment_intents/{captured}/capture"), "").await?;
        let reserved = shop.stray(&shop.cluster, 2).await?;
        let anothers = shop.stray("another", 3).await?;
        let dry = ReconcilePayments { dry_run: Some(true), ..ReconcilePayments::default() };
        let found = shop.compare(dry).await?;
        let what: Vec<_> = found.differences.iter().map(|it| it.what.as_str()).collect();
        assert_eq!((what, found.intents), (vec!["missing_here", "missing_here"], 2), "{found:?}");
        let client = shop.node.client()?;
        assert!(client.orphan_payments(100, None).await?.body.data.is_empty(), "a dry run");
        let now = ReconcilePayments { now: Some(true), ..ReconcilePayments::default() };
        assert_eq!(shop.compare(now.clone()).await?.differences.len(), 2);
        let over = eventually(async || {
            let all = client.orphan_payments(100, None).await.ok()?.body.data;
            let over = |status: &str| ["refunded", "canceled"].contains(&status);
            (all.len() == 2 && all.iter().all(|it| over(&it.status))).then_some(all)
        })
        .await?;
        let of = |intent: &str| over.iter().find(|it| it.intent_id == intent);
        let told = of(&captured).ok_or("not told")?;
        assert_eq!((told.status.as_str(), told.received), ("refunded", 700));
        assert_eq!(of(&reserved).map(|it| it.status.as_str()), Some("canceled"));
        assert_eq!(shop.money(&captured).await?, ("succeeded".to_owned(), 700, 700));
        assert_eq!(shop.money(&reserved).await?, ("canceled".to_owned(), 0, 0));
        let left = ("requires_capture".to_owned(), 0, 0);
        assert_eq!(shop.money(&anothers).await?, left, "another cluster's");
        assert_eq!(shop.compare(now).await?.differences, [], "it is over");
        let first = client.orphan_payments(1, None).await?.body;
        let next = client.orphan_payments(1, first.next_cursor.as_deref()).await?.body;
        assert!(first.has_more && !next.has_more && first.data != next.data);
        assert!(client.audit().await?.ok);
        shop.node.server.shutdown().await;
        Ok(())
    })
}

#[test]
fn an_order_takes_over_what_the_provider_knows_better() -> Tested {
    alone(async || {
        let shop = Shop::open("reconcile-orders").await?;
        let (placed, intent) = shop.unpaid("reconcile-1").await?;
        shop.pay(&intent, "pm_card_visa").await?;
        let found = shop.compare(ReconcilePayments::default()).await?;
        let [it] = found.differences.as_slice() else { return Err(format!("{found:?}").into()) };
        assert_eq!((it.what.as_str(), it.then.as_str()), ("status", "ask"));
        assert_eq!(it.there.as_deref(), Some("succeeded"));
        let paid = shop.until(&placed.id, |order| order.status == "confirmed").await?;
        assert_eq!(paid.payment.status, "captured");
        // Somebody gives money back in the dashboard, and no event comes.
        shop.at_stripe("/v1/refunds", &format!("payment_intent={intent}&amount=300")).await?;
        let found = shop.compare(ReconcilePayments::default()).await?;
        let told: Vec<_> = found.differences.iter().map(|it| (&*it.what, it.amount)).collect();
        assert_eq!(told, [("refund", 300)]);
        let paid = shop.until(&placed.id, |it| it.payment.status == "partially_refunded").await?;
        assert_eq!(paid.status, "confirmed");
        let found = shop.compare(ReconcilePayments::default()).await?;
        assert_eq!((found.differences, found.complete), (Vec::new(), true));
        let since = Some("2999-01-01T00:00:00Z".to_owned());
        let later = ReconcilePayments { since, ..ReconcilePayments::default() };
        assert_eq!(shop.compare(later).await?.intents, 0);
        let body = serde_json::json!({"since": "yesterday"});
        let bad = shop.node.post("/v1/payments/reconcile", "reconcile-bad", &body).await?;
        assert_eq!((bad.status, bad.param().as_str()), (400, "since"));
        shop.node.server.shutdown().await;
        Ok(())
    })
}

#[test]
fn refunds_and_disputes_are_heard_of() -> Tested {
    alone(async || {
        let shop = Shop::open("reconcile-events").await?;
        let (placed, intent) = shop.unpaid("hear-1").await?;
        shop.pay(&intent, "pm_card_createDispute").await?;
        // It comes before the order knows that there is money: the order asks, it comes again.
        let early = shop.tell("charge.dispute.created").await?;
        assert_eq!((early.status, early.code().as_str()), (409, "not_captured"));
        shop.until(&placed.id, |order| order.payment.status == "captured").await?;
        for _ in 0..2 {
            let taken = shop.tell("charge.dispute.created").await?;
            assert_eq!((taken.status, taken.json()["used"].as_bool()), (200, Some(true)));
        }
        let disputed = shop.until(&placed.id, |order| order.payment.status == "disputed").await?;
        let dispute = disputed.dispute.ok_or("no dispute")?;
        assert_eq!((dispute.status.as_str(), dispute.amount), ("open", 700));
        shop.at_stripe(&format!("/_sim/disputes/{}/win", dispute.id), "").await?;
        assert_eq!(shop.tell("charge.dispute.closed").await?.status, 200);
        // What came first comes last: Stripe is asked how things are now.
        assert_eq!(shop.tell("charge.dispute.created").await?.status, 200);
        let won = shop.until(&placed.id, |order| order.payment.status == "captured").await?;
        assert_eq!(won.dispute.map(|dispute| dispute.status).as_deref(), Some("won"));

        let (placed, intent) = shop.unpaid("hear-2").await?;
        shop.pay(&intent, "pm_card_visa").await?;
        assert_eq!(shop.tell("payment_intent.succeeded").await?.status, 200);
        shop.until(&placed.id, |order| order.payment.status == "captured").await?;
        shop.at_stripe("/v1/refunds", &format!("payment_intent={intent}&amount=100")).await?;
        for kind in ["refund.created", "charge.refunded", "refund.created"] {
            let taken = shop.tell(kind).await?;
            assert_eq!((taken.status, taken.json()["used"].as_bool()), (200, Some(true)), "{kind}");
        }
        let back = |order: &Order| order.payment.status == "partially_refunded";
        shop.until(&placed.id, back).await?;
        let history = shop.node.client()?.order_history(&placed.id).await?.body.data;
        let imports = history.iter().filter(|step| step.transition == "T32a").count();
        assert_eq!(imports, 1, "{history:?}");
        let stray = shop.stray("another", 4).await?;
        shop.at_stripe(&format!("/v1/payment_intents/{stray}/capture"), "").await?;
        shop.at_stripe("/v1/refunds", &format!("payment_intent={stray}")).await?;
        let taken = shop.tell("refund.created").await?;
        assert_eq!((taken.status, taken.json()["used"].as_bool()), (200, Some(false)));
        shop.node.server.shutdown().await;
        Ok(())
    })
}
