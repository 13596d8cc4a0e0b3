//! The life of one order, drawn from a seed: what its customer, their bank and the seller do.
//!
//! Whatever is asked is asked again, at the next node, until somebody answers. A refusal is an
//! answer: the shop, or somebody else, was faster. A life that waits too long for its order leaves
//! it where it is; [`super::settle`] brings it to its end.

use std::time::{Duration, Instant};

use api_client::{
    CancelLines, Client, Error, LineUnits, LoseFulfillment, NewFulfillment, NewLine, NewOrder,
    NewPayment, NewRefund, NewReturn, Order, ReceiveReturn, ShipFulfillment,
};
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use tests::stripe::Bank;
use tokio::time::MissedTickBehavior;

/// For how long something is asked again, in seconds, before the test fails.
const PATIENCE_S: u64 = 90;
/// The wait between two tries, in milliseconds.
const RETRY_MS: u64 = 50;
/// For how long a life waits for its order to go on, in seconds.
const WAIT_S: u64 = 15;
/// How often it looks, in milliseconds.
const LOOK_MS: u64 = 250;
/// How long the one who places an order waits for its payment, in seconds.
const PLACE_S: u32 = 5;
/// Cards, and how many of a hundred orders are paid by them.
const METHODS: [(u32, Option<&str>); 12] = [
    (46, Some("pm_card_visa")),
    (10, Some("pm_card_authenticationRequired")),
    (4, Some("pm_card_threeDSecureRequiredChargeDeclined")),
    (8, Some("pm_card_chargeDeclined")),
    (4, Some("pm_card_chargeDeclinedInsufficientFunds")),
    (4, Some("pm_card_chargeDeclinedProcessingError")),
    (3, Some("pm_card_chargeDeclinedLostCard")),
    (2, Some("pm_card_createDispute")),
    (2, Some("pm_card_pendingRefund")),
    (2, Some("pm_card_refundFail")),
    (5, Some("on_account")),
    (10, None),
];
/// Refusals that a shop may answer with; anything else fails the test.
const REFUSALS: [&str; 11] = [
    "already_made_up",
    "out_of_stock",
    "order_not_cancelable",
    "order_blocked",
    "not_captured",
    "not_returnable",
    "payment_not_open",
    "refund_too_large",
    "units_not_left",
    "wrong_fulfillment_state",
    "wrong_return_state",
];

/// What all lives have in common.
#[derive(Debug)]
pub struct Shop {
    pub clients: Vec<Client>,
    pub bank: Bank,
    /// Products of which there are plenty, and last one of which there is not.
    pub products: Vec<String>,
    pub seed: u64,
}

impl Shop {
    /// Asks, at one node after another, until there is an answer; a refusal is its code.
    pub async fn ask<T>(
        &self,
        what: &str,
        ask: impl AsyncFn(&Client) -> Result<T, Error>,
    ) -> Result<T, String> {
        let started = Instant::now();
        let mut pause = tokio::time::interval(Duration::from_millis(RETRY_MS));
        pause.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for attempt in 0.. {
            pause.tick().await;
            let error = match ask(&self.clients[attempt % self.clients.len()]).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if !error.is_retryable() {
                let code = error.code().unwrap_or("none").to_owned();
                let seed = self.seed;
                assert!(REFUSALS.contains(&&*code), "STOA_SEED={seed}: {what}: {error}");
                return Err(code);
            }
            let waited = started.elapsed();
            let patient = waited < Duration::from_secs(PATIENCE_S);
            assert!(patient, "STOA_SEED={}: {what}: {error} for {waited:?}", self.seed);
        }
        unreachable!("tries do not end")
    }

    /// An order as it is now.
    pub async fn order(&self, id: &str) -> Order {
        let asked = self.ask(id, async |client| client.order(id).await).await;
        asked.expect("an order that was placed is there").body
    }
}

/// What became of a life.
#[derive(Debug)]
pub struct Lived {
    /// Its order, unless it was refused.
    pub id: Option<String>,
    /// What was done, and what was answered.
    pub told: Vec<String>,
}

/// One order and all who have to do with it.
struct Life<'s> {
    shop: &'s Shop,
    chance: ChaCha8Rng,
    number: usize,
    id: String,
    told: Vec<String>,
}

/// Lives one life.
pub async fn live(shop: &Shop, number: usize) -> Lived {
    let chance = ChaCha8Rng::seed_from_u64(shop.seed.wrapping_add(number as u64));
    let mut life = Life { shop, chance, number, id: String::new(), told: Vec::new() };
    let placed = life.place().await;
    if placed {
        life.until_paid().await;
    }
    Lived { id: placed.then_some(life.id), told: life.told }
}

impl Life<'_> {
    fn one_in(&mut self, chances: u32) -> bool {
        self.chance.random_ratio(1, chances)
    }

    fn key(&self, what: &str) -> String {
        format!("life-{}-{}-{what}", self.shop.seed, self.number)
    }

    fn tell<T>(&mut self, what: &str, answer: &Result<T, String>) {
        let answer = match answer {
            Ok(_) => "done",
            Err(code) => code,
        };
        self.told.push(format!("{what}: {answer}"));
    }

    fn method(&mut self) -> Option<&'static str> {
        let mut drawn = self.chance.random_range(0..METHODS.iter().map(|(share, _)| share).sum());
        let found = METHODS.iter().find(|(share, _)| {
            let here = drawn < *share;
            drawn = drawn.saturating_sub(*share);
            here
        });
        found.and_then(|(_, method)| *method)
    }

    async fn place(&mut self) -> bool {
        let method = self.method();
        let products: Vec<String> = {
            let lines = self.chance.random_range(1..=3);
            self.shop.products.choose_multiple(&mut self.chance, lines).cloned().collect()
        };
        let quantity = self.chance.random_range(1..=2);
        let new = NewOrder {
            customer_id: format!("cus_{}-{}", self.shop.seed, self.number),
            lines: products
                .into_iter()
                .map(|product_id| NewLine { product_id, quantity })
                .collect(),
            currency: "USD".to_owned(),
            payment_method: method.map(str::to_owned),
            ..NewOrder::default()
        };
        let (key, wait) = (self.key("place"), self.chance.random_bool(0.5).then_some(PLACE_S));
        let shop = self.shop;
        let first = self.chance.random_range(0..3);
        let tries = std::sync::atomic::AtomicUsize::new(first);
        let placed = shop
            .ask(&key, async |_| {
                let node = tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let client = &shop.clients[node % shop.clients.len()];
                client.place_order(&key, &new, wait).await
            })
            .await;
        self.tell(&format!("place by {}", method.unwrap_or("nothing yet")), &placed);
        self.id = placed.as_ref().map(|answer| answer.body.id.clone()).unwrap_or_default();
        placed.is_ok()
    }

    /// Waits until the order is as wanted; none if that takes too long.
    async fn wait(&mut self, what: &str, is: impl Fn(&Order) -> bool) -> Option<Order> {
        let started = Instant::now();
        let mut looks = tokio::time::interval(Duration::from_millis(LOOK_MS));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while started.elapsed() < Duration::from_secs(WAIT_S) {
            looks.tick().await;
            let order = self.shop.order(&self.id).await;
            if is(&order) {
                return Some(order);
            }
        }
        self.told.push(format!("{what}: waited in vain"));
        None
    }

    /// Waits for the payment to be decided, and does what is asked for, card after card.
    async fn until_paid(&mut self) {
        for card in 0..4 {
            let decided = |order: &Order| match order.status.as_str() {
                "payment_pending" => ["intent_ready", "declined"].contains(&&*order.payment.status),
                "payment_unknown" | "canceling" => false,
                "requires_action" => order.payment.intent_id.is_some(),
                _ => true,
            };
            let Some(order) = self.wait("a decision", decided).await else { return };
            match order.status.as_str() {
                "confirmed" => return self.confirmed(order).await,
                "requires_action" => {
                    let intent = order.payment.intent_id.unwrap_or_default();
                    if self.one_in(5) {
                        return self.cancel().await;
                    }
                    let how = if self.one_in(4) { "fail_authentication" } else { "authenticate" };
                    let done = self.shop.bank.steer(&format!("intents/{intent}/{how}")).await;
                    self.told.push(format!("{how}: {done}"));
                    if self.one_in(10) {
                        self.cancel().await;
                    }
                    let went_on = |order: &Order| order.status != "requires_action";
                    if self.wait("an answer to 3-D Secure", went_on).await.is_none() {
                        return;
                    }
                }
                "payment_pending" if self.one_in(5) => return self.cancel().await,
                "payment_pending" => self.pay(card).await,
                _ => return,
            }
        }
    }

    async fn pay(&mut self, card: usize) {
        let asks = ["pm_card_visa", "pm_card_mastercard", "pm_card_authenticationRequired"];
        let declines = ["pm_card_chargeDeclined", "pm_card_chargeDeclinedIncorrectCvc"];
        let cards: &[&str] = if self.one_in(4) { &declines } else { &asks };
        let method = cards.choose(&mut self.chance).copied().unwrap_or("pm_card_visa");
        let new = NewPayment { payment_method: method.to_owned() };
        let (key, id) = (self.key(&format!("pay-{card}")), self.id.clone());
        let paid = self
            .shop
            .ask(&key, async |client| client.pay_order(Some(&key), &id, &new, Some(5)).await);
        let paid = paid.await;
        self.tell(&format!("pay by {method}"), &paid);
    }

    async fn cancel(&mut self) {
        let (key, id) = (self.key("cancel"), self.id.clone());
        let ended =
            self.shop.ask(&key, async |client| client.cancel_order(Some(&key), &id).await).await;
        self.tell("cancel", &ended);
    }

    /// The order is confirmed: the seller sends it, unless somebody has another idea.
    async fn confirmed(&mut self, order: Order) {
        match self.chance.random_range(0..100) {
            0..15 => return self.cancel().await,
            15..20 => {
                let intent = order.payment.intent_id.clone().unwrap_or_default();
                let done = self.shop.bank.steer(&format!("intents/{intent}/expire")).await;
                self.told.push(format!("the bank lets go: {done}"));
            }
            20..30 => self.cancel_a_line().await,
            _ => {}
        }
        let (key, id) = (self.key("fulfill"), self.id.clone());
        let all = NewFulfillment { lines: None };
        let made = self
            .shop
            .ask(&key, async |client| {
                client.create_fulfillment(Some(&key), (&id, None), &all).await
            })
            .await;
        self.tell("fulfill", &made);
        let Ok(made) = made else { return };
        let Some(part) = made.body.fulfillments.last().map(|it| it.id.clone()) else { return };
        let races = self.one_in(10);
        let packed = async {
            self.shop
                .ask(&id, async |client| {
                    client.change_fulfillment((&id, None), &part, "pack").await
                })
                .await
        };
        let cancel_key = self.key("cancel-race");
        let canceled = async {
            if !races {
                return None;
            }
            let asked = self
                .shop
                .ask(&id, async |client| client.cancel_order(Some(&cancel_key), &id).await);
            Some(asked.await)
        };
        let (packed, canceled) = tokio::join!(packed, canceled);
        self.tell("pack", &packed);
        if let Some(canceled) = canceled {
            self.tell("cancel meanwhile", &canceled);
        }
        if packed.is_ok() {
            self.packed(&part).await;
        }
    }

    async fn cancel_a_line(&mut self) {
        let (key, id) = (self.key("cancel-line"), self.id.clone());
        let cancel = CancelLines {
            lines: vec![LineUnits { line: 0, quantity: 1 }],
            reason: "broken".to_owned(),
            write_off: self.chance.random_bool(0.3),
        };
        let asked = self
            .shop
            .ask(&key, async |client| client.cancel_lines(Some(&key), (&id, None), &cancel).await);
        let asked = asked.await;
        self.tell("cancel a unit", &asked);
    }

    /// Captured or not: what is paid goes out.
    async fn packed(&mut self, part: &str) {
        let paid = |order: &Order| order.status != "confirmed" || order.flags.on_hold;
        let Some(order) = self.wait("the capture", paid).await else { return };
        if order.flags.on_hold {
            return self.pay_again().await;
        }
        if order.status != "processing" {
            return;
        }
        let (id, shop) = (self.id.clone(), self.shop);
        if self.one_in(12) {
            return self.cancel().await;
        }
        let ship = ShipFulfillment { carrier: "Post".to_owned(), tracking: None };
        let shipped = shop
            .ask(&id, async |client| client.ship_fulfillment((&id, None), part, &ship).await)
            .await;
        self.tell("ship", &shipped);
        if shipped.is_err() {
            return;
        }
        if self.one_in(12) {
            let how = if self.one_in(2) { "lost" } else { "returned_to_sender" };
            let again = self.one_in(2);
            let lose = LoseFulfillment { how: how.to_owned(), refund: Some(!again) };
            let lost = shop
                .ask(&id, async |client| client.lose_fulfillment((&id, None), part, &lose).await)
                .await;
            self.tell(how, &lost);
            if again && lost.is_ok() {
                self.send_again(part).await;
            }
            return;
        }
        let verb =
            async |client: &Client| client.change_fulfillment((&id, None), part, "deliver").await;
        let delivered = shop.ask(&id, verb).await;
        self.tell("deliver", &delivered);
        match self.chance.random_range(0..100) {
            0..20 => self.send_back().await,
            20..40 => self.refund_twice(order.total).await,
            _ => {}
        }
    }

    /// What never arrived goes out once more, if there is as much.
    async fn send_again(&mut self, part: &str) {
        let (id, shop) = (self.id.clone(), self.shop);
        let verb = async |part: &str, verb: &str| {
            shop.ask(&id, async |client| client.change_fulfillment((&id, None), part, verb).await)
                .await
        };
        let asked = verb(part, "reship").await;
        self.tell("reship", &asked);
        // Whoever lost the first answer to it is told that it is done already.
        let of = |order: &Order| {
            let mut all = order.fulfillments.iter().rev();
            all.find(|it| it.reship_of.as_deref() == Some(part)).cloned()
        };
        let known = |order: &Order| of(order).is_none_or(|it| it.status != "reserving");
        let Some(order) = self.wait("the other shards", known).await else { return };
        let Some(again) = of(&order).filter(|it| it.status == "picking") else { return };
        let ship = ShipFulfillment { carrier: "Post".to_owned(), tracking: None };
        let packed = verb(&again.id, "pack").await;
        let shipped = shop
            .ask(&id, async |client| client.ship_fulfillment((&id, None), &again.id, &ship).await)
            .await;
        let delivered = verb(&again.id, "deliver").await;
        self.tell("pack again", &packed);
        self.tell("ship again", &shipped);
        self.tell("deliver again", &delivered);
    }

    /// The bank has let go: somebody pays again, or gives up.
    async fn pay_again(&mut self) {
        for card in 4..8 {
            if self.one_in(5) {
                return self.cancel().await;
            }
            self.pay(card).await;
            let decided = |order: &Order| {
                !order.flags.on_hold
                    || ["declined", "requires_action"].contains(&&*order.payment.status)
            };
            let Some(order) = self.wait("another payment", decided).await else { return };
            if !order.flags.on_hold {
                return;
            }
            if let (Some(intent), "requires_action") =
                (&order.payment.intent_id, order.payment.status.as_str())
            {
                let done = self.shop.bank.steer(&format!("intents/{intent}/authenticate")).await;
                self.told.push(format!("authenticate: {done}"));
                let on = |order: &Order| order.payment.status != "requires_action";
                if self.wait("an answer to 3-D Secure", on).await.is_none() {
                    return;
                }
            }
        }
    }

    async fn send_back(&mut self) {
        let (key, id, shop) = (self.key("return"), self.id.clone(), self.shop);
        let new = NewReturn {
            lines: vec![LineUnits { line: 0, quantity: 1 }],
            reason: "too small".to_owned(),
        };
        let asked =
            shop.ask(&key, async |client| client.request_return(&key, &id, &new).await).await;
        self.tell("send back", &asked);
        let Ok(asked) = asked else { return };
        let part = asked.body.id;
        if self.one_in(5) {
            let ended = shop.ask(&key, async |client| client.cancel_return(&id, &part).await).await;
            return self.tell("keep it", &ended);
        }
        let approved =
            shop.ask(&key, async |client| client.approve_return((&id, None), &part).await).await;
        self.tell("approve", &approved);
        let all = ReceiveReturn::default();
        let came = shop
            .ask(&key, async |client| client.receive_return((&id, None), &part, &all).await)
            .await;
        self.tell("receive", &came);
    }

    /// Twice 60 % at once: one of them is refused.
    async fn refund_twice(&mut self, total: i64) {
        let (id, shop) = (self.id.clone(), self.shop);
        let part = NewRefund { amount: Some(total * 3 / 5), reason: "late".to_owned() };
        let (one, two) = (self.key("refund-1"), self.key("refund-2"));
        let ask = async |key: &str| {
            shop.ask(key, async |client| client.refund_order(key, (&id, None), &part).await).await
        };
        let (one, two) = tokio::join!(ask(&one), ask(&two));
        self.tell("60 % back", &one);
        self.tell("60 % back again", &two);
        let both = one.is_ok() && two.is_ok();
        assert!(!both, "STOA_SEED={}: {}: 120 % are back", shop.seed, self.id);
    }
}
