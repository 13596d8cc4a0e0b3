//! What the trail tells of each row: the fields that are named here, and no other.
//!
//! Left out: what is told by the row itself (`at`), what follows from something else (units held
//! follow from holds), an order's lines (they never change), and whatever opens something: hashes
//! of secrets, payment methods, the provider's ids.

use super::definitions::{
    consumer, location, promotion, search_settings, shipping_method, tax_rate,
};
use super::rows::number_of;
use super::{Change, Fields, Resource, Value};
use crate::access::ApiKey;
use crate::cart::{Cart, CartState};
use crate::catalog::{Collection, Product};
use crate::codec::{Record, decode};
use crate::fault::Fault;
use crate::feed::Consumer;
use crate::ids::{ProductId, ShardId};
use crate::inventory::{
    Allocation, Hold, HoldRef, HoldState, Location, Movement, MovementReason, Stock, hold_name,
};
use crate::order::Order;
use crate::pricing::{Promotion, ShippingMethod, TaxRate};
use crate::search::SearchSettings;
use crate::webhook::{WebhookEndpoint, url_without_query};

/// Whether the trail tells of the row that a key names. Of an order's own hold the order tells.
pub(super) fn is_told(key: &[u8]) -> bool {
    match key {
        [b'h', b'o', owner, ..] => *owner == 1,
        [first, second, ..] => {
            let told = [
                b"ak", b"ca", b"co", b"fc", b"lo", b"mv", b"od", b"pm", b"pr", b"sm", b"ss", b"st",
                b"tr", b"we",
            ];
            told.contains(&&[*first, *second])
        }
        _ => false,
    }
}

/// The difference between what a row said and what it says, if there is one to tell.
pub(super) fn change(
    key: &[u8],
    before: Option<&[u8]>,
    after: Option<&[u8]>,
) -> Result<Option<Change>, Fault> {
    let sides = [before, after];
    match key {
        [b'a', b'k', ..] => compare(sides, |key: ApiKey| (Resource::Key(key.id), api_key(key))),
        [b'c', b'a', ..] => compare(sides, |row: Cart| (Resource::Cart(row.id), cart(row))),
        [b'c', b'o', ..] => {
            compare(sides, |row: Collection| (Resource::Collection(row.id), collection(row)))
        }
        [b'f', b'c', ..] => {
            compare(sides, |row: Consumer| (Resource::Consumer(row.id), consumer(row)))
        }
        [b'h', b'o', ..] => {
            let HoldRef::Free(id) = hold_name(key)? else { return Ok(None) };
            compare(sides, |row: Hold| (Resource::Hold(id), hold(&row)))
        }
        [b'l', b'o', ..] => {
            compare(sides, |row: Location| (Resource::Location(row.id), location(row)))
        }
        [b'm', b'v', ..] => {
            let (id, number) = (product_of(key)?, number_of(key)?);
            compare(sides, |row: Movement| (Resource::Movement(id), movement(number, row)))
        }
        [b'o', b'd', ..] => compare(sides, |row: Order| (Resource::Order(row.id), order(&row))),
        [b'p', b'm', ..] => {
            compare(sides, |row: Promotion| (Resource::Promotion(row.id), promotion(row)))
        }
        [b's', b'm', ..] => compare(sides, |row: ShippingMethod| {
            (Resource::ShippingMethod(row.id), shipping_method(row))
        }),
        [b't', b'r', ..] => {
            compare(sides, |row: TaxRate| (Resource::TaxRate(row.id), tax_rate(row)))
        }
        [b'p', b'r', ..] => {
            compare(sides, |row: Product| (Resource::Product(row.id), product(row)))
        }
        [b's', b's', ..] => compare(sides, |row: SearchSettings| {
            (Resource::Shard(ShardId::META), search_settings(row))
        }),
        [b's', b't', ..] => {
            let id = product_of(key)?;
            compare(sides, |row: Stock| (Resource::Stock(id), stock(&row)))
        }
        [b'w', b'e', ..] => {
            compare(sides, |row: WebhookEndpoint| (Resource::Webhook(row.id), webhook(row)))
        }
        _ => Ok(None),
    }
}

/// What differs between two sides of a row, either of which may not be there.
fn compare<R: Record>(
    [before, after]: [Option<&[u8]>; 2],
    told: impl Fn(R) -> (Resource, Fields),
) -> Result<Option<Change>, Fault> {
    let side = |bytes: Option<&[u8]>| bytes.map(decode::<R>).transpose();
    let (before, after) = (side(before)?.map(&told), side(after)?.map(&told));
    let Some(of) = before.as_ref().or(after.as_ref()).map(|(of, _)| *of) else { return Ok(None) };
    let (mut before, mut after) = (before.map(|side| side.1), after.map(|side| side.1));
    if let (Some(before), Some(after)) = (&mut before, &mut after) {
        let old = before.clone();
        before.retain(|field| !after.contains(field));
        after.retain(|field| !old.contains(field));
        if before.is_empty() && after.is_empty() {
            return Ok(None);
        }
    }
    Ok(Some(Change { of, before, after }))
}

fn product(row: Product) -> Fields {
    let details = row.details;
    let collections = details.collections.iter().map(ToString::to_string).collect();
    let mut fields = vec![
        number("version", row.version),
        text("name", details.name),
        text("description", details.description),
        text("brand", details.brand),
        text("sku", details.sku),
        ("price".to_owned(), Value::Number(details.price.amount)),
        text("currency", details.price.currency),
        ("collection_ids".to_owned(), Value::Texts(collections)),
        ("attributes".to_owned(), Value::Pairs(details.attributes)),
        number("weight_grams", details.weight_grams),
        text("tax_category", details.tax_category),
    ];
    fields.extend(time("archived_at", row.archived_at));
    fields
}

fn collection(row: Collection) -> Fields {
    let mut fields = vec![
        number("version", row.version),
        text("name", row.details.name),
        text("description", row.details.description),
    ];
    fields.extend(time("archived_at", row.archived_at));
    fields
}

fn stock(row: &Stock) -> Fields {
    let policy = row.policy;
    let mut fields = vec![
        number("on_hand", row.on_hand),
        number("policy_version", policy.version),
        number("safety", policy.safety),
        number("backorder_limit", policy.backorder_limit),
        number("sent_ahead", row.sent_ahead),
    ];
    let threshold = policy.low_stock_threshold;
    fields.extend(threshold.map(|threshold| number("low_stock_threshold", threshold)));
    let other = Some(policy.allocation).filter(|policy| *policy != Allocation::Priority);
    fields.extend(other.map(|policy| text("allocation", policy.as_str())));
    fields
}

fn movement(at: u64, row: Movement) -> Fields {
    let (kind, reason) = match row.reason {
        MovementReason::Received => ("received", None),
        MovementReason::Adjusted(reason) => ("adjusted", Some(reason)),
        MovementReason::Set(reason) => ("set", Some(reason)),
        MovementReason::SetAvailable => ("set_available", None),
        MovementReason::Shipped(order) => ("shipped", Some(order.to_string())),
        MovementReason::WrittenOff(order) => ("written_off", Some(order.to_string())),
        MovementReason::Returned(order) => ("returned", Some(order.to_string())),
        MovementReason::Transferred(reason) => ("transferred", Some(reason)),
    };
    let mut fields = vec![
        number("number", at),
        ("delta".to_owned(), Value::Number(row.delta)),
        number("on_hand", row.on_hand),
        text("kind", kind),
    ];
    fields.extend(row.location.map(|location| text("location_id", location)));
    fields.extend(reason.map(|reason| text("reason", reason)));
    fields
}

fn hold(row: &Hold) -> Fields {
    let status = match row.state {
        HoldState::Held => "held",
        HoldState::Committed => "committed",
        HoldState::Released => "released",
    };
    let lines = row.lines.iter();
    let lines = lines.map(|line| (line.product.to_string(), line.quantity.to_string())).collect();
    let mut fields = vec![text("status", status), ("lines".to_owned(), Value::Pairs(lines))];
    let held = row.state == HoldState::Held;
    fields.extend(time("expires_at", held.then_some(row.timer_at)));
    fields
}

fn order(row: &Order) -> Fields {
    let mut fields = vec![
        number("version", row.version),
        text("customer_id", &row.owner),
        text("status", row.status().as_str()),
        ("total".to_owned(), Value::Number(row.total)),
        text("currency", row.currency),
        text("payment_status", row.payment.state.as_str()),
        ("cancel_requested".to_owned(), Value::Flag(row.flags.cancel_requested)),
    ];
    fields.extend(row.flags.needs_review.map(|review| text("needs_review", review.as_str())));
    fields
}

fn cart(row: Cart) -> Fields {
    let lines = row.lines.iter();
    let lines = lines.map(|line| (line.product.to_string(), line.quantity.to_string())).collect();
    let mut fields = vec![
        number("version", row.version),
        text("customer_id", &row.owner),
        text("status", row.state.as_str()),
        ("lines".to_owned(), Value::Pairs(lines)),
    ];
    match &row.state {
        CartState::Consumed(order) => fields.push(text("order_id", order)),
        CartState::Merged(into) => fields.push(text("merged_into", into)),
        CartState::Open | CartState::Expired => {}
    }
    fields
}

fn api_key(row: ApiKey) -> Fields {
    let mut fields = vec![
        number("version", row.version),
        text("name", row.name),
        ("scopes".to_owned(), Value::Texts(texts(&row.scopes))),
        ("networks".to_owned(), Value::Texts(texts(&row.networks))),
    ];
    fields.extend(time("expires_at", row.expires_at));
    fields.extend(time("revoked_at", row.revoked_at));
    fields.extend(time("previous_until", row.previous.map(|previous| previous.until)));
    fields
}

/// Of the URL what stands before its query, which may open something at the receiver's.
fn webhook(row: WebhookEndpoint) -> Fields {
    let mut fields = vec![
        number("version", row.version),
        text("url", url_without_query(&row.url)),
        text("description", row.description),
        ("events".to_owned(), Value::Texts(texts(&row.events))),
        number("secret_generation", row.secret.generation),
    ];
    let previous = row.secret.previous;
    fields.extend(time("previous_until", previous.map(|previous| previous.until)));
    fields.extend(time("disabled_at", row.disabled.map(|disabled| disabled.at)));
    fields.extend(row.disabled.map(|disabled| text("disabled_by", disabled.by.as_str())));
    fields
}

pub(super) fn text(name: &str, value: impl ToString) -> (String, Value) {
    (name.to_owned(), Value::Text(value.to_string()))
}

pub(super) fn number(name: &str, value: impl Into<u64>) -> (String, Value) {
    (name.to_owned(), Value::Number(i64::try_from(value.into()).unwrap_or(i64::MAX)))
}

pub(super) fn time(name: &str, value: Option<u64>) -> Option<(String, Value)> {
    value.map(|at| (name.to_owned(), Value::Time(at)))
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

/// The product in the key of its stock, or of a movement of it.
fn product_of(key: &[u8]) -> Result<ProductId, Fault> {
    let id = key.get(2..).and_then(|rest| rest.first_chunk::<16>());
    let id = id.ok_or_else(|| Fault::contradiction("a short stock key"))?;
    Ok(ProductId(u128::from_be_bytes(*id)))
}
