//! What the API may read of a shard. Rows have no other reader outside this crate.

use crate::access::{ApiKey, KeyUse};
use crate::audit::{self, AuditRow};
use crate::cart::{Account, Cart, CartId};
use crate::catalog::{Collection, Product};
use crate::fault::Fault;
use crate::feed::{self, Consumer};
use crate::ids::{
    CollectionId, ConsumerId, EndpointId, KeyId, LocationId, OrderId, Owner, ProductId,
    PromotionId, ShippingMethodId, TaxRateId,
};
use crate::inventory::{Hold, HoldRef, Location, Movement, Place, Stock};
use crate::keys::{Key, kind_from, prefixed};
use crate::notice::{self, Notice, NoticeHead, NoticeId};
use crate::order::{Decision, KeyResult, Order, Transition};
use crate::payment::{Orphan, PaymentEvent, orphan};
use crate::pricing::{
    self, Address, Promotion, PromotionUses, ShippingMethod, TAX_RATES_PER_PLACE_MAX, TaxRate,
    TaxTerms, tax_terms,
};
use crate::search::{self, SearchSettings};
use crate::txn::View;
use crate::webhook::{self, Deliveries, Delivery, Position, WebhookEndpoint};
use crate::{
    clock::Clock,
    codec::{Record, decode, decode_front},
};

/// Whose orders a reader may see. Somebody else's are as if they were not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's: the reader works for the shop.
    Anybody,
    /// One customer's.
    Of(Owner),
    /// Nobody's.
    Nobody,
}

impl Whose {
    /// Whether an owner's things may be seen.
    pub fn includes(&self, owner: &Owner) -> bool {
        match self {
            Self::Anybody => true,
            Self::Of(own) => own == owner,
            Self::Nobody => false,
        }
    }
}

/// A product and its stock.
pub fn product(view: &dyn View, id: ProductId) -> Result<Option<(Product, Stock)>, Fault> {
    let Some(product) = view.read(&Key::Product(id))? else { return Ok(None) };
    Ok(Some((product, stock(view, id)?.unwrap_or_default())))
}

/// Products in the order of their ids, after one, archived ones included.
pub fn products(
    view: &dyn View,
    after: Option<ProductId>,
    limit: usize,
) -> Result<Vec<Product>, Fault> {
    let range = match after {
        Some(id) => kind_from(b"pr", &[&id.0.to_be_bytes()[..], &[0]].concat()),
        None => prefixed(b"pr"),
    };
    view.scan(range, limit)?.iter().map(|(_, value)| decode(value)).collect()
}

/// The stock level of a product.
pub fn stock(view: &dyn View, id: ProductId) -> Result<Option<Stock>, Fault> {
    view.read(&Key::Stock(id))
}

/// The level of a product at each of its locations, in the order of their ids; there is one place
/// at least, at the default location.
pub fn places(view: &dyn View, id: ProductId, stock: &Stock) -> Result<Vec<Place>, Fault> {
    let places = if stock.located { view.read::<Vec<Place>>(&Key::Places(id))? } else { None };
    if let Some(places) = places {
        return Ok(places);
    }
    let known = known_location(view, LocationId::DEFAULT)?;
    Ok(vec![Place::of_all(stock, &known.unwrap_or_else(Location::default_one))])
}

/// A location as a shard of products knows it.
pub fn known_location(view: &dyn View, id: LocationId) -> Result<Option<Location>, Fault> {
    view.read(&Key::KnownLocation(id))
}

/// A location, active or not (meta group). The default one is always there.
pub fn location(view: &dyn View, id: LocationId) -> Result<Option<Location>, Fault> {
    let row = view.read(&Key::Location(id))?;
    Ok(row.or_else(|| (id == LocationId::DEFAULT).then(Location::default_one)))
}

/// The settings of search (meta group). Those of version 0 are there from the beginning.
pub fn search_settings(view: &dyn View) -> Result<SearchSettings, Fault> {
    search::rows::settings(view)
}

/// The version of the settings of search (meta group), without the rest of them.
pub fn search_version(view: &dyn View) -> Result<u64, Fault> {
    let row = view.get(&Key::SearchSettings.encode())?;
    row.map_or(Ok(0), |row| decode_front::<SearchSettings, u64>(&row))
}

/// Locations in the order of their ids, after one, the default one first (meta group).
pub fn locations(
    view: &dyn View,
    after: Option<LocationId>,
    limit: usize,
) -> Result<Vec<Location>, Fault> {
    let mut locations = Vec::new();
    if after.is_none() {
        locations.extend(location(view, LocationId::DEFAULT)?);
    }
    let after = after.unwrap_or(LocationId::DEFAULT);
    locations.extend(after_id::<Location>(view, b"lo", Some(after.0), limit)?);
    locations.truncate(limit);
    Ok(locations)
}

/// Stock movements of a product after a number, oldest first, with their numbers (from 1).
pub fn movements(
    view: &dyn View,
    product: ProductId,
    after: u64,
    limit: usize,
) -> Result<Vec<(u64, Movement)>, Fault> {
    let first = Key::Movement { product, number: after.saturating_add(1) }.encode();
    let end = prefixed(&[b"mv".as_slice(), &product.0.to_be_bytes()].concat()).end;
    let rows = view.scan(first..end, limit)?;
    let number = |key: &[u8]| key.last_chunk::<8>().map_or(0, |number| u64::from_be_bytes(*number));
    rows.iter().map(|(key, value)| Ok((number(key), decode(value)?))).collect()
}

/// A collection (meta group).
pub fn collection(view: &dyn View, id: CollectionId) -> Result<Option<Collection>, Fault> {
    view.read(&Key::Collection(id))
}

/// Collections in the order of their ids, after one, archived ones included (meta group).
pub fn collections(
    view: &dyn View,
    after: Option<CollectionId>,
    limit: usize,
) -> Result<Vec<Collection>, Fault> {
    let range = match after {
        Some(id) => kind_from(b"co", &[&id.0.to_be_bytes()[..], &[0]].concat()),
        None => prefixed(b"co"),
    };
    view.scan(range, limit)?.iter().map(|(_, value)| decode(value)).collect()
}

/// An API key, valid or not (meta group).
pub fn api_key(view: &dyn View, id: KeyId) -> Result<Option<ApiKey>, Fault> {
    view.read(&Key::ApiKey(id))
}

/// When an API key was last used, as far as the cluster knows (meta group).
pub fn key_last_use(view: &dyn View, id: KeyId) -> Result<Option<KeyUse>, Fault> {
    view.read(&Key::KeyUse(id))
}

/// API keys in the order of their ids, after one, those no longer valid included (meta group).
pub fn api_keys(view: &dyn View, after: Option<KeyId>, limit: usize) -> Result<Vec<ApiKey>, Fault> {
    let range = match after {
        Some(id) => kind_from(b"ak", &[&id.0.to_be_bytes()[..], &[0]].concat()),
        None => prefixed(b"ak"),
    };
    view.scan(range, limit)?.iter().map(|(_, value)| decode(value)).collect()
}

/// The number of the last row of the audit trail; 0 when there is none.
pub fn audit_last(view: &dyn View) -> Result<u64, Fault> {
    audit::rows::last(view)
}

/// The rows of the audit trail from one number to before another, in order, with their numbers.
pub fn audit_rows(view: &dyn View, first: u64, end: u64) -> Result<Vec<(u64, AuditRow)>, Fault> {
    audit::rows::between(view, first, end)
}

/// The number of the first row of the audit trail that is not older than a time, in Unix
/// milliseconds; that of the next one to come when all are.
pub fn audit_first_since(view: &dyn View, at: u64) -> Result<u64, Fault> {
    audit::rows::first_since(view, at)
}

/// A webhook endpoint (meta group).
pub fn webhook(view: &dyn View, id: EndpointId) -> Result<Option<WebhookEndpoint>, Fault> {
    view.read(&Key::Endpoint(id))
}

/// Every webhook endpoint in the order of their ids: there are few (meta group).
pub fn webhooks(view: &dyn View) -> Result<Vec<WebhookEndpoint>, Fault> {
    webhook::rows::endpoints(view, usize::MAX)
}

/// A consumer of the feed that keeps its place (meta group).
pub fn consumer(view: &dyn View, id: ConsumerId) -> Result<Option<Consumer>, Fault> {
    view.read(&Key::Consumer(id))
}

/// Every consumer in the order of their ids: there are few (meta group).
pub fn consumers(view: &dyn View) -> Result<Vec<Consumer>, Fault> {
    feed::rows::consumers(view, usize::MAX)
}

/// How far a shard has told an endpoint of its events.
pub fn deliveries(view: &dyn View, endpoint: EndpointId) -> Result<Option<Deliveries>, Fault> {
    view.read(&Key::Deliveries(endpoint))
}

/// How far a shard has told each endpoint of its events.
pub fn all_deliveries(view: &dyn View) -> Result<Vec<(EndpointId, Deliveries)>, Fault> {
    webhook::rows::all_deliveries(view)
}

/// The deliveries that an endpoint has not taken yet, after a position.
pub fn parked_deliveries(
    view: &dyn View,
    endpoint: EndpointId,
    after: Option<Position>,
    limit: usize,
) -> Result<Vec<(Position, Delivery)>, Fault> {
    webhook::rows::parked(view, endpoint, after, limit)
}

/// The deliveries to an endpoint that were given up, after a position.
pub fn dead_letters(
    view: &dyn View,
    endpoint: EndpointId,
    after: Option<Position>,
    limit: usize,
) -> Result<Vec<(Position, Delivery)>, Fault> {
    webhook::rows::dead(view, endpoint, after, limit)
}

/// A hold, or the marker of an ended one.
pub fn hold(view: &dyn View, hold: HoldRef) -> Result<Option<Hold>, Fault> {
    view.read(&Key::Hold(hold))
}

/// An order, if the reader may see it.
pub fn order(view: &dyn View, id: OrderId, whose: &Whose) -> Result<Option<Order>, Fault> {
    let order = view.read::<Order>(&Key::Order(id))?;
    Ok(order.filter(|order| whose.includes(&order.owner)))
}

/// The order whose row a key names, if it is such a row's.
pub fn order_of(key: &[u8]) -> Option<OrderId> {
    key.strip_prefix(b"od").and_then(OrderId::from_bytes)
}

/// The history of an order that the reader has read, oldest first.
pub fn order_history(view: &dyn View, order: &Order) -> Result<Vec<Transition>, Fault> {
    let id = order.id;
    let first = Key::OrderHistory { order: id, number: 0 }.encode();
    let end = prefixed(&first[..first.len() - 4]).end;
    view.scan(first..end, usize::MAX)?.iter().map(|(_, value)| decode(value)).collect()
}

/// An owner's orders, newest first, after the order `after` (its `placed_at` and id).
pub fn orders_of(
    view: &dyn View,
    owner: &Owner,
    after: Option<(u64, OrderId)>,
    limit: usize,
) -> Result<Vec<Order>, Fault> {
    let hash = owner.hash();
    let all = prefixed(&[b"oo".as_slice(), &hash.to_be_bytes()].concat());
    let start = match after {
        Some((placed_at, order)) => {
            [Key::OwnerOrder { owner: hash, placed_at, order }.encode(), vec![0]].concat()
        }
        None => all.start,
    };
    let mut orders = Vec::new();
    for (key, _) in view.scan(start..all.end, limit)? {
        let row = [b"od".as_slice(), &key[key.len() - 18..]].concat();
        if let Some(bytes) = view.get(&row)? {
            orders.push(decode(&bytes)?);
        }
    }
    Ok(orders)
}

/// Every owner's orders in the order of their ids, after one.
pub fn orders(view: &dyn View, after: Option<OrderId>, limit: usize) -> Result<Vec<Order>, Fault> {
    let range = match after {
        Some(order) => [Key::Order(order).encode(), vec![0]].concat()..prefixed(b"od").end,
        None => prefixed(b"od"),
    };
    view.scan(range, limit)?.iter().map(|(_, value)| decode(value)).collect()
}

/// The intents that no order knows, after one, in the order of their ids.
pub fn orphans(
    view: &dyn View,
    after: Option<OrderId>,
    limit: usize,
) -> Result<Vec<Orphan>, Fault> {
    orphan::orphans(view, after, limit)
}

/// When an event of the payment provider's was noted, if it was. `event` is H128 of its id.
pub fn payment_event(view: &dyn View, event: u128) -> Result<Option<PaymentEvent>, Fault> {
    view.read(&Key::PaymentEvent(event))
}

/// A promotion, archived or not (meta group).
pub fn promotion(view: &dyn View, id: PromotionId) -> Result<Option<Promotion>, Fault> {
    view.read(&Key::Promotion(id))
}

/// Promotions in the order of their ids, after one, archived ones included (meta group).
pub fn promotions(
    view: &dyn View,
    after: Option<PromotionId>,
    limit: usize,
) -> Result<Vec<Promotion>, Fault> {
    after_id(view, b"pm", after.map(|id| id.0), limit)
}

/// How often a promotion with a limit is used, if it ever was (the shard of its code).
pub fn promotion_uses(view: &dyn View, id: PromotionId) -> Result<Option<PromotionUses>, Fault> {
    view.read(&Key::PromotionUses(id))
}

/// A shipping method (meta group).
pub fn shipping_method(
    view: &dyn View,
    id: ShippingMethodId,
) -> Result<Option<ShippingMethod>, Fault> {
    view.read(&Key::ShippingMethod(id))
}

/// Shipping methods in the order of their ids, after one (meta group).
pub fn shipping_methods(
    view: &dyn View,
    after: Option<ShippingMethodId>,
    limit: usize,
) -> Result<Vec<ShippingMethod>, Fault> {
    after_id(view, b"sm", after.map(|id| id.0), limit)
}

/// A tax rate that was not deleted (meta group).
pub fn tax_rate(view: &dyn View, id: TaxRateId) -> Result<Option<TaxRate>, Fault> {
    let rate = view.read::<TaxRate>(&Key::TaxRate(id))?;
    Ok(rate.filter(|rate| rate.deleted_at.is_none()))
}

/// Tax rates in the order of their ids, after one, without deleted ones (meta group).
pub fn tax_rates(
    view: &dyn View,
    after: Option<TaxRateId>,
    limit: usize,
) -> Result<Vec<TaxRate>, Fault> {
    let mut rates = Vec::new();
    let mut after = after;
    while rates.len() < limit {
        let page: Vec<TaxRate> = after_id(view, b"tr", after.map(|id| id.0), limit)?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        rates.extend(page.into_iter().filter(|rate| rate.deleted_at.is_none()));
    }
    rates.truncate(limit);
    Ok(rates)
}

/// The taxes of an order that goes somewhere, or does not say where (meta group).
pub fn taxes(view: &dyn View, ship_to: Option<&Address>) -> Result<Vec<TaxTerms>, Fault> {
    let mut taxes = Vec::new();
    for (distance, place) in pricing::places(ship_to) {
        let (place, most) = (place.as_ref(), TAX_RATES_PER_PLACE_MAX);
        let rates = pricing::rows::tax_rates_of(view, place, most)?;
        taxes.extend(tax_terms(distance, rates));
    }
    Ok(taxes)
}

/// Rows of a kind that goes by an id, after one.
fn after_id<R: Record>(
    view: &dyn View,
    kind: &[u8; 2],
    after: Option<u128>,
    limit: usize,
) -> Result<Vec<R>, Fault> {
    let range = match after {
        Some(id) => kind_from(kind, &[&id.to_be_bytes()[..], &[0]].concat()),
        None => prefixed(kind),
    };
    view.scan(range, limit)?.iter().map(|(_, value)| decode(value)).collect()
}

/// What was decided of an order that was not placed.
pub fn decision(view: &dyn View, order: OrderId) -> Result<Option<Decision>, Fault> {
    view.read(&Key::Decision(order))
}

/// What an owner's order key led to. `key` is H128 of the key.
pub fn key_result(view: &dyn View, owner: &Owner, key: u128) -> Result<Option<KeyResult>, Fault> {
    view.read(&Key::OrderKey { owner: owner.hash(), key })
}

/// A cart, open or ended, if the reader may see it.
pub fn cart(view: &dyn View, id: CartId, whose: &Whose) -> Result<Option<Cart>, Fault> {
    let cart = view.read::<Cart>(&Key::Cart(id))?;
    Ok(cart.filter(|cart| whose.includes(&cart.owner)))
}

/// What a shard knows of a customer or guest beside orders; none when it knows nothing.
pub fn account(view: &dyn View, owner: &Owner) -> Result<Option<Account>, Fault> {
    view.read(&Key::Account(owner.hash()))
}

/// Where the shard stands with its notices.
pub fn notice_head(view: &dyn View) -> Result<NoticeHead, Fault> {
    Ok(view.read(&Key::NoticeHead)?.unwrap_or_default())
}

/// The notices that wait, by when they are due, after one.
pub fn notices_waiting(
    view: &dyn View,
    after: Option<(u64, NoticeId)>,
    limit: usize,
) -> Result<Vec<(NoticeId, Notice)>, Fault> {
    notice::rows::waiting(view, after, limit)
}

/// The notices that are being sent, after one.
pub fn notices_sending(
    view: &dyn View,
    after: Option<NoticeId>,
    limit: usize,
) -> Result<Vec<(NoticeId, Notice)>, Fault> {
    notice::rows::sending(view, after, limit)
}

/// A notice that is being sent.
pub fn notice_sending(view: &dyn View, id: NoticeId) -> Result<Option<Notice>, Fault> {
    view.read(&Key::NoticeSending(id))
}

/// The notices that were given up, the oldest first, after one.
pub fn notices_dead(
    view: &dyn View,
    after: Option<(u64, NoticeId)>,
    limit: usize,
) -> Result<Vec<(NoticeId, Notice)>, Fault> {
    notice::rows::dead(view, after, limit)
}

/// The shard's clock.
pub fn clock(view: &dyn View) -> Result<Clock, Fault> {
    Clock::read(view)
}
