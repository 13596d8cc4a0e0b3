//! How an answer reads: short where it is told often, in full where it is refused.

use engine_core::access::{ApiKey, SecretHash};
use engine_core::catalog::{Collection, Product};
use engine_core::feed::Event;
use engine_core::inventory::{
    Allocation, HeldLine, HoldReceipt, Location, Place, Share, Stock, StockPolicy,
};
use engine_core::order::Order;
use engine_core::{Applied, Money, Reply};

use super::{fulfillment, pricing, webhook};

/// What the caller of a command is told.
pub fn applied(applied: &Applied) -> String {
    let again = if applied.replayed { "again: " } else { "" };
    match &applied.outcome {
        Ok(reply) => format!("{again}{}\n", self::reply(reply)),
        Err(rejection) => format!("{again}rejected: {rejection:?}\n"),
    }
}

fn reply(reply: &Reply) -> String {
    match reply {
        Reply::Nothing => "nothing to do".into(),
        Reply::Product { product, stock } => {
            format!("{}; {}", self::product(product), self::stock(stock))
        }
        Reply::Collection(collection) => self::collection(collection),
        Reply::Stock(stock) => self::stock(stock),
        Reply::Held(receipt) => self::receipt(receipt),
        Reply::Order(order) => self::order(order),
        Reply::Key(key) => self::key(key),
        Reply::Endpoint(endpoint) => webhook::endpoint(endpoint),
        Reply::Cart(cart) => super::cart::show(cart),
        Reply::Promotion(promotion) => pricing::promotion(promotion),
        Reply::ShippingMethod(method) => pricing::shipping_method(method),
        Reply::TaxRate(rate) => pricing::tax_rate(rate),
        Reply::Location(location) => self::location(location),
        Reply::Consumer(consumer) => super::feed::consumer(consumer),
        other => format!("{other:?}"),
    }
}

pub fn event(event: &Event) -> String {
    match event {
        Event::ProductChanged(product) => {
            let archived = if product.archived_at.is_some() { ", archived" } else { "" };
            format!("product {:?} is version {}{archived}", product.id, product.version)
        }
        Event::CollectionChanged(collection) => {
            let archived = if collection.archived_at.is_some() { ", archived" } else { "" };
            format!("collection {:?} is version {}{archived}", collection.id, collection.version)
        }
        Event::StockChanged { product, available } => format!("{product:?}: {available} available"),
        Event::OrderChanged { order, owner, status } => {
            format!("order {order:?} of {owner:?} is {}", status.as_str())
        }
        Event::StockLow { product, balance, threshold } => {
            format!("{product:?} is low: {balance}, told at {threshold}")
        }
    }
}

pub fn product(product: &Product) -> String {
    let Product { id, version, created_at, updated_at, archived_at, details } = product;
    let archived = archived_at.map(|at| format!(", archived {at}")).unwrap_or_default();
    let mut text = format!(
        "{id:?} v{version} {} {}, created {created_at}, updated {updated_at}{archived}",
        quoted(&details.name),
        money(details.price),
    );
    for (what, value) in
        [("description", &details.description), ("brand", &details.brand), ("sku", &details.sku)]
    {
        if !value.is_empty() {
            text += &format!(", {what} {}", quoted(value));
        }
    }
    if details.weight_grams != 0 {
        text += &format!(", {} g", details.weight_grams);
    }
    if !details.tax_category.is_empty() {
        text += &format!(", taxed as {}", details.tax_category);
    }
    if !details.collections.is_empty() {
        text += &format!(", in {:?}", details.collections);
    }
    if !details.attributes.is_empty() {
        text += &format!(", with {:?}", details.attributes);
    }
    text
}

fn collection(collection: &Collection) -> String {
    let Collection { id, version, created_at, updated_at, archived_at, details } = collection;
    let archived = archived_at.map(|at| format!(", archived {at}")).unwrap_or_default();
    format!(
        "{id:?} v{version} {} {}, created {created_at}, updated {updated_at}{archived}",
        quoted(&details.name),
        quoted(&details.description),
    )
}

pub fn stock(stock: &Stock) -> String {
    let Stock { on_hand, held, committed, policy, sent_ahead, .. } = stock;
    let available = stock.available();
    let mut text =
        format!("{on_hand} on hand, {held} held, {committed} committed, {available} available");
    if *sent_ahead > 0 {
        text += &format!(", {sent_ahead} sent ahead");
    }
    if stock.idle > 0 {
        text += &format!(", {} idle", stock.idle);
    }
    let StockPolicy { version, safety, backorder_limit, low_stock_threshold, allocation } = policy;
    if *version > 1 {
        text += &format!("; balance {}", stock.balance());
        text += &format!(", policy v{version}: safety {safety}, backorders {backorder_limit}");
        text += &low_stock_threshold.map(|units| format!(", low at {units}")).unwrap_or_default();
        if *allocation == Allocation::MostStock {
            text += ", from where most is";
        }
    }
    text
}

/// A location: what is said of it, and since when.
pub fn location(location: &Location) -> String {
    let Location { id, version, created_at, updated_at, details } = location;
    let active = if details.active { "" } else { ", inactive" };
    format!(
        "{id:?} v{version} {} of priority {}{active}, created {created_at}, updated {updated_at}",
        quoted(&details.name),
        details.priority,
    )
}

/// The level of a product at a location.
pub fn place(place: &Place) -> String {
    let Place { location, priority, active, on_hand, held, committed } = place;
    let active = if *active { "" } else { ", inactive" };
    format!(
        "in {location:?}: {on_hand} on hand, {held} held, {committed} committed; \
         priority {priority}{active}"
    )
}

/// Where units of a hold are, or were sent from.
pub fn shares(shares: &[Share]) -> String {
    let share = |it: &Share| {
        let sent = if it.sent > 0 { format!(", {} sent", it.sent) } else { String::new() };
        format!("; {} of {:?} in {:?}{sent}", it.quantity, it.product, it.location)
    };
    shares.iter().map(share).collect()
}

fn receipt(receipt: &HoldReceipt) -> String {
    let HoldReceipt { state, lines, expires_at, promotion } = receipt;
    let mut text = format!("{state:?}: {}", held(lines));
    if let Some(promotion) = promotion {
        text += &format!(", a use of {} v{}", promotion.code, promotion.version);
    }
    if *expires_at != 0 {
        text += &format!(", until {expires_at}");
    }
    text
}

/// The lines of a hold.
pub fn held(lines: &[HeldLine]) -> String {
    let lines = lines.iter().map(|line| {
        let HeldLine { product, version, name, unit_price, quantity, .. } = line;
        format!("{quantity} × {product:?} v{version} {name:?} at {}", money(*unit_price))
    });
    lines.collect::<Vec<_>>().join(", ")
}

pub fn money(money: Money) -> String {
    format!("{} {}", money.amount, money.currency)
}

/// An API key: what it may, then its secrets.
pub fn key(key: &ApiKey) -> String {
    let ApiKey { id, version, created_at, updated_at, .. } = key;
    let mut text = format!("{id:?} v{version} {}", quoted(&key.name));
    text += &format!(", created {created_at}, updated {updated_at}");
    for (at, what) in [(key.expires_at, "expires"), (key.revoked_at, "revoked")] {
        text += &at.map(|at| format!(", {what} {at}")).unwrap_or_default();
    }
    let scopes: Vec<_> = key.scopes.iter().map(ToString::to_string).collect();
    let networks: Vec<_> = key.networks.iter().map(ToString::to_string).collect();
    text += &format!("; may {}", scopes.join(", "));
    match networks.len() {
        0 => {}
        1..=8 => text += &format!(" from {}", networks.join(", ")),
        many => text += &format!(" from {many} networks"),
    }
    text += &format!("; secret {}", secret(&key.secret));
    if let Some(previous) = &key.previous {
        text += &format!(", and {} until {}", secret(&previous.hash), previous.until);
    }
    text
}

/// The beginning of a secret's hash.
pub fn secret(hash: &SecretHash) -> String {
    hash.0.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A text, or how long it is.
pub fn quoted(text: &str) -> String {
    if text.len() <= 80 { format!("{text:?}") } else { format!("({} bytes)", text.len()) }
}

/// An order: its headline, then its parts.
pub fn order(order: &Order) -> String {
    let Order { id, currency, total, units, payment, flags, timers, .. } = order;
    let status = order.status().as_str();
    let mut text = format!("{id:?} v{} {status}, {total} {currency}", order.version);
    text += &pricing::amounts(order);
    text += &format!("; units {units:?}; payment {}", payment.state.as_str());
    if let Some(intent) = &payment.intent {
        text += &format!(" of {}", intent.0);
    }
    if payment.captured != 0 {
        text += &format!(", {} came", payment.captured);
    }
    if payment.refunded != 0 {
        text += &format!(", {} goes back", payment.refunded);
    }
    if let Some(code) = &payment.decline_code {
        text += &format!(", declined {} times: {code}", payment.attempts);
    }
    if let Some(ending) = order.ending {
        text += &format!("; ending {ending:?}");
    }
    if let Some(review) = flags.needs_review {
        text += &format!("; needs review: {}", review.as_str());
    }
    for (is_set, name) in [
        (flags.cancel_requested, "cancel requested"),
        (flags.reconciling, "reconciling"),
        (flags.on_hold, "on hold"),
        (flags.disputed, "disputed"),
    ] {
        text += &if is_set { format!("; {name}") } else { String::new() };
    }
    for (timer, name) in [
        (timers.hold, "hold"),
        (timers.reconcile, "ask again"),
        (timers.auth_expiry, "authorization"),
        (timers.fulfill_sla, "fulfill"),
        (timers.repay, "repay"),
        (timers.deliver, "delivered"),
        (timers.return_window, "close"),
        (timers.refund_pending, "refund"),
        (timers.return_ship, "return"),
    ] {
        text += &timer.map(|at| format!("; {name} at {at}")).unwrap_or_default();
    }
    text + &fulfillment::parts(order)
}
