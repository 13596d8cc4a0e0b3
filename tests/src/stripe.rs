//! The stand-in for Stripe as a process, and what its books say beside ours.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use api_client::{Client, Order};
use rustix::process::Signal;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    process::{self, Process},
    wait,
};

/// The key of all clusters.
const KEY: &str = "sk_test_of_a_cluster";
/// How long it may take to listen, and our books to agree with its own, in seconds.
const READY_S: u64 = 30;

/// A stand-in for Stripe.
#[derive(Debug)]
pub struct Stripe {
    process: Process,
    folder: PathBuf,
    port: u16,
    http: reqwest::Client,
    endpoint: Value,
}

/// What customers and their banks do there.
#[derive(Debug, Clone)]
pub struct Bank {
    url: String,
    http: reqwest::Client,
}

impl Bank {
    /// What [`Stripe::steer`] does; says whether it was done.
    pub async fn steer(&self, what: &str) -> bool {
        let answer = self.http.post(format!("{}/_sim/{what}", self.url)).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// Refunds of an intent that take their time arrive now.
    pub async fn settle_refunds(&self, intent: &str) {
        let url = format!("{}/v1/refunds?payment_intent={intent}", self.url);
        let Ok(answer) = self.http.get(url).bearer_auth(KEY).send().await else { return };
        let found: Value = answer.json().await.unwrap_or_default();
        for refund in found["data"].as_array().into_iter().flatten() {
            if let ("pending", Some(id)) =
                (refund["status"].as_str().unwrap_or(""), refund["id"].as_str())
            {
                self.steer(&format!("refunds/{id}/settle")).await;
            }
        }
    }
}

/// What it knows of a payment.
#[derive(Debug, Clone, Deserialize)]
pub struct Payment {
    /// The intent's id.
    pub id: String,
    /// Where it stands.
    pub status: String,
    /// What it is over, in minor units.
    pub amount: i64,
    /// What its maker has attached.
    pub metadata: BTreeMap<String, String>,
    /// How often a bank said yes.
    pub authorizations: u32,
    /// What was taken, in minor units.
    pub captured: i64,
    /// What was given back, in minor units.
    pub refunded: i64,
}

impl Payment {
    /// The order that it is for.
    pub fn order(&self) -> &str {
        self.metadata.get("stoa_order").map_or("", String::as_str)
    }
}

#[derive(Deserialize)]
struct Ledger {
    intents: Vec<Payment>,
}

impl Stripe {
    /// Starts it, with its journal in a folder of its own below this one, and waits until it
    /// listens.
    pub async fn start(folder: &Path, port: u16) -> Self {
        let folder = folder.join("stripe");
        fs::create_dir_all(&folder).expect("a folder for the stand-in");
        fs::write(folder.join("key"), KEY).expect("a file for its key");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let process = run(&folder, port);
        let stripe = Self { process, folder, port, http, endpoint: Value::Null };
        stripe.listens().await;
        stripe
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The file with the key that it takes.
    pub fn key_file(&self) -> PathBuf {
        self.folder.join("key")
    }

    /// `kill -9`.
    pub fn kill9(&mut self) {
        self.process.kill();
    }

    /// Starts it again, with what it knew.
    pub async fn again(&mut self) {
        self.process = run(&self.folder, self.port);
        self.listens().await;
        self.ask::<Value>("PUT", "_sim/endpoint", &self.endpoint).await;
    }

    /// `SIGSTOP`: it hangs, its connections stay.
    pub fn stop(&mut self) {
        self.process.signal(Signal::STOP);
    }

    /// `SIGCONT`.
    pub fn cont(&mut self) {
        self.process.signal(Signal::CONT);
    }

    /// Turns what goes wrong on and off: docs/stripe-sim.md.
    pub async fn knobs(&self, knobs: &Value) {
        self.ask::<Value>("PUT", "_sim/knobs", knobs).await;
    }

    /// Waits until so many calls hang there (the knob `hang`).
    pub async fn hanging(&self, calls: u64) {
        let what = format!("{calls} calls hang");
        wait::until_right(&what, Duration::from_secs(READY_S), || async {
            let seen: Value = self.ask("GET", "_sim/hanging", &Value::Null).await;
            if seen["hanging"] == calls { Vec::new() } else { vec![seen.to_string()] }
        })
        .await;
    }

    /// Sends webhooks there from now on, signed with this.
    pub async fn send_to(&mut self, url: &str, secret: &str) {
        self.endpoint = serde_json::json!({"url": url, "secret": secret});
        self.ask::<Value>("PUT", "_sim/endpoint", &self.endpoint).await;
    }

    /// The intent of an order, by its id.
    pub async fn intent_of(&self, order: &str) -> String {
        let found = self.payments().await.into_iter().find(|payment| payment.order() == order);
        found.unwrap_or_else(|| panic!("{order} has no intent")).id
    }

    /// What a customer or a bank does, as `intents/{id}/authenticate`.
    pub async fn steer(&self, what: &str) -> Value {
        self.ask("POST", &format!("_sim/{what}"), &Value::Null).await
    }

    /// A way to steer it from elsewhere, which does nothing while it is away.
    pub fn bank(&self) -> Bank {
        Bank { url: self.url(), http: self.http.clone() }
    }

    /// All payments.
    pub async fn payments(&self) -> Vec<Payment> {
        self.ask::<Ledger>("GET", "_sim/ledger", &Value::Null).await.intents
    }

    /// Checks that its books say the same as these orders, to the cent, and have no other order:
    /// a payment each, asked of a bank once at most. What an order says last may still be on its
    /// way.
    pub async fn agrees(&self, client: &Client, orders: &[String]) {
        let what = format!("the books agree over {} orders", orders.len());
        wait::until_right(&what, Duration::from_secs(READY_S), || self.differences(client, orders))
            .await;
    }

    async fn differences(&self, client: &Client, orders: &[String]) -> Vec<String> {
        let mut by_order: BTreeMap<String, Vec<Payment>> = BTreeMap::new();
        for payment in self.payments().await {
            by_order.entry(payment.order().to_owned()).or_default().push(payment);
        }
        let mut differs = Vec::new();
        for id in orders {
            let payments = by_order.remove(id).unwrap_or_default();
            match client.order(id).await {
                Ok(order) => differs.extend(difference(&order.body, &payments)),
                Err(error) => differs.push(format!("{id}: {error}")),
            }
        }
        differs.extend(by_order.into_keys().map(|id| format!("nobody knows of {id}")));
        differs
    }

    async fn listens(&self) {
        wait::until_true(
            "the stand-in for Stripe listens",
            Duration::from_secs(READY_S),
            || async { self.http.get(format!("{}/_sim/knobs", self.url())).send().await.is_ok() },
        )
        .await;
    }

    async fn ask<T: DeserializeOwned>(&self, method: &str, path: &str, body: &Value) -> T {
        let method = method.parse().expect("a method");
        let request = self.http.request(method, format!("{}/{path}", self.url())).json(body);
        let answer = request.send().await.expect("the stand-in for Stripe answers");
        let answer = answer.error_for_status().expect("the stand-in does it");
        answer.json().await.expect("it answers with JSON")
    }
}

/// How an order and its payments differ. One of them is its own; it is asked of a bank once.
pub fn difference(order: &Order, payments: &[Payment]) -> Option<String> {
    let differs = |what: &str| Some(format!("{}: {what}: {order:?} {payments:?}", order.id));
    // Where the money could not be taken there is another payment (T16a); the first one is void.
    let is_its = |payment: &&Payment| order.payment.intent_id.as_ref() == Some(&payment.id);
    let void = |payment: &Payment| payment.status == "canceled" && payment.captured == 0;
    if payments.iter().any(|payment| !is_its(&payment) && !void(payment)) {
        return differs("another payment that is not void");
    }
    let Some(payment) = payments.iter().find(is_its) else {
        return if order.payment.intent_id.is_none() { None } else { differs("no payment") };
    };
    if payment.authorizations > 1 || payment.amount != order.total {
        return differs("another amount, or asked of a bank twice");
    }
    let (captured, refunded) = (payment.captured, payment.refunded);
    // What is to go back while a bank disputes it waits for the bank.
    let waits = order.flags.disputed && refunded <= order.payment.refunded;
    let refunded = if waits { order.payment.refunded } else { refunded };
    let agrees = match payment.status.as_str() {
        "requires_capture" => order.payment.status == "authorized",
        "succeeded" => {
            let taken = ["captured", "partially_refunded", "refunded", "disputed", "charged_back"];
            taken.contains(&&*order.payment.status)
                && (captured, refunded) == (order.payment.captured, order.payment.refunded)
        }
        "canceled" => order.payment.status == "voided" && captured == 0,
        // Nothing is reserved and nothing taken.
        _ => !["authorized", "captured", "refunded", "voided"].contains(&&*order.payment.status),
    };
    if agrees { None } else { differs("another state") }
}

fn run(folder: &Path, port: u16) -> Process {
    let args = [
        ("--listen", format!("127.0.0.1:{port}")),
        ("--key-file", folder.join("key").display().to_string()),
        ("--dir", folder.display().to_string()),
    ];
    let args: Vec<String> =
        args.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]).collect();
    Process::start(&process::binary("stoa-stripe-sim"), &args, &[], &folder.join("log"))
}
