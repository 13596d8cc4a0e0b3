//! Rows as the wire types clients see. Texts are moved, not copied.

use api_client as wire;
use engine_core::access::{ApiKey, KeyUse};
use engine_core::catalog::{Collection, Product};
use engine_core::inventory::{
    Hold, HoldState, Location, Movement, MovementReason, Place, Stock, StockPolicy,
};
use engine_core::order::{
    Dispute, Fulfillment, LineUnits, MadeUp, Order, OrderLine, Refund, Return, Transition,
};
use engine_core::payment::Payment;
use engine_core::webhook::WebhookEndpoint;
use engine_core::{Currency, HoldId, LocationId, ProductId};

use crate::access::Principal;
pub use crate::pricing::{address, applied_promotion, applied_shipping, applied_tax, category};
use crate::time::rfc3339;

/// A product.
pub fn product(product: Product, stock: &Stock) -> wire::Product {
    let details = product.details;
    wire::Product {
        id: product.id.to_string(),
        version: product.version,
        name: details.name,
        description: details.description,
        brand: details.brand,
        sku: details.sku,
        price: details.price.amount,
        currency: details.price.currency.to_string(),
        collection_ids: details.collections.iter().map(ToString::to_string).collect(),
        attributes: details.attributes.into_iter().collect(),
        available: stock.available(),
        weight_grams: details.weight_grams,
        tax_category: category(details.tax_category),
        created_at: rfc3339(product.created_at),
        updated_at: rfc3339(product.updated_at),
        archived_at: product.archived_at.map(rfc3339),
    }
}

/// A collection.
pub fn collection(collection: Collection) -> wire::Collection {
    wire::Collection {
        id: collection.id.to_string(),
        version: collection.version,
        name: collection.details.name,
        description: collection.details.description,
        created_at: rfc3339(collection.created_at),
        updated_at: rfc3339(collection.updated_at),
        archived_at: collection.archived_at.map(rfc3339),
    }
}

/// A stock level.
pub fn stock(product: ProductId, stock: &Stock) -> wire::Stock {
    wire::Stock {
        product_id: product.to_string(),
        on_hand: stock.on_hand,
        held: stock.held,
        committed: stock.committed,
        available: stock.available(),
        balance: stock.balance(),
        sent_ahead: stock.sent_ahead,
        safety: stock.policy.safety,
        backorder_limit: stock.policy.backorder_limit,
        low_stock_threshold: stock.policy.low_stock_threshold,
        locations: Vec::new(),
    }
}

/// What of a product's stock is at a location.
pub fn place(place: Place) -> wire::StockLocation {
    wire::StockLocation {
        location_id: place.location.to_string(),
        priority: place.priority,
        active: place.active,
        on_hand: place.on_hand,
        held: place.held,
        committed: place.committed,
        free: place.free(),
    }
}

/// A location.
pub fn location(location: Location) -> wire::Location {
    let time = |at| Some(at).filter(|at| *at > 0).map(rfc3339);
    wire::Location {
        id: location.id.to_string(),
        version: location.version,
        active: location.is_active(),
        name: location.details.name,
        priority: location.details.priority,
        created_at: time(location.created_at),
        updated_at: time(location.updated_at),
    }
}

/// How a product's stock is sold.
pub fn stock_policy(product: ProductId, policy: &StockPolicy) -> wire::StockPolicy {
    wire::StockPolicy {
        product_id: product.to_string(),
        version: policy.version,
        safety: policy.safety,
        backorder_limit: policy.backorder_limit,
        low_stock_threshold: policy.low_stock_threshold,
        allocation: policy.allocation.as_str().to_owned(),
    }
}

/// A change of the units on hand.
pub fn movement(number: u64, movement: Movement) -> wire::Movement {
    let (kind, reason) = match movement.reason {
        MovementReason::Received => ("received", None),
        MovementReason::Adjusted(reason) => ("adjusted", Some(reason)),
        MovementReason::Set(reason) => ("set", Some(reason)),
        MovementReason::SetAvailable => ("set_available", None),
        MovementReason::Shipped(order) => ("shipped", Some(order.to_string())),
        MovementReason::WrittenOff(order) => ("written_off", Some(order.to_string())),
        MovementReason::Returned(order) => ("returned", Some(order.to_string())),
        MovementReason::Transferred(reason) => ("transferred", Some(reason)),
    };
    let (delta, on_hand) = (movement.delta, movement.on_hand);
    let location_id = movement.location.unwrap_or(LocationId::DEFAULT).to_string();
    let (at, kind) = (rfc3339(movement.at), kind.to_owned());
    wire::Movement { number, at, delta, on_hand, kind, location_id, reason }
}

/// A hold without an order, from what each shard has of it.
pub fn hold(id: HoldId, parts: Vec<Hold>) -> wire::Hold {
    let states: Vec<_> = parts.iter().map(|part| part.state).collect();
    let status = if states.contains(&HoldState::Held) {
        "held"
    } else if states.contains(&HoldState::Committed) {
        "committed"
    } else {
        "released"
    };
    let expires_at = parts
        .iter()
        .filter(|part| part.state == HoldState::Held)
        .map(|part| part.timer_at)
        .min()
        .map(rfc3339);
    let lines = parts.iter().flat_map(|part| &part.lines);
    let lines = lines.map(|line| wire::HoldLine {
        product_id: line.product.to_string(),
        quantity: line.quantity,
    });
    wire::Hold { id: id.to_string(), status: status.to_owned(), lines: lines.collect(), expires_at }
}

/// An order, without its owner's address.
pub fn order(order: Order) -> wire::Order {
    let status = order.status().as_str().to_owned();
    let pricing = order.pricing;
    wire::Order {
        id: order.id.to_string(),
        version: order.version,
        status,
        customer_id: order.owner.to_string(),
        total: order.total,
        currency: order.currency.to_string(),
        lines: order.lines.into_iter().map(line).collect(),
        fulfillments: order.progress.fulfillments.into_iter().map(fulfillment).collect(),
        dispute: order.progress.dispute.map(dispute),
        subtotal: pricing.goods,
        promotion: pricing.promotion.map(applied_promotion),
        shipping: pricing.shipping.map(applied_shipping),
        tax: wire::TaxTotal { amount: pricing.tax, added: pricing.tax_added },
        ship_to: pricing.ship_to.map(address),
        payment: payment(order.payment),
        flags: wire::OrderFlags {
            needs_review: order.flags.needs_review.map(|review| review.as_str().to_owned()),
            cancel_requested: order.flags.cancel_requested,
            reconciling: order.flags.reconciling,
            on_hold: order.flags.on_hold,
            disputed: order.flags.disputed,
        },
        placed_at: rfc3339(order.placed_at),
        updated_at: rfc3339(order.updated_at),
        email: None,
    }
}

/// An order as a caller sees it: its owner's address is not for everybody who sees orders.
pub fn order_for(caller: &Principal, row: Order) -> wire::Order {
    let email = row.contact.email.clone().filter(|_| caller.sees_contacts());
    wire::Order { email: email.map(|email| email.0), ..order(row) }
}

fn line(line: OrderLine) -> wire::OrderLine {
    wire::OrderLine {
        product_id: line.product.to_string(),
        product_version: line.version,
        name: line.name,
        quantity: line.quantity,
        unit_price: line.unit_price,
        canceled: line.progress.canceled,
        shipped: line.progress.shipped,
        delivered: line.progress.delivered,
        lost: line.progress.lost,
        returned: line.progress.returned,
        discount: line.discount,
        tax: line.tax.map(applied_tax),
    }
}

fn fulfillment(fulfillment: Fulfillment) -> wire::Fulfillment {
    let units = |units: &LineUnits| wire::LineUnits { line: units.line, quantity: units.quantity };
    wire::Fulfillment {
        id: fulfillment.id.to_string(),
        status: fulfillment.state.as_str().to_owned(),
        lines: fulfillment.lines.iter().map(units).collect(),
        carrier: Some(fulfillment.carrier).filter(|carrier| !carrier.is_empty()),
        tracking: Some(fulfillment.tracking).filter(|tracking| !tracking.is_empty()),
        created_at: rfc3339(fulfillment.created_at),
        updated_at: rfc3339(fulfillment.updated_at),
        shipped_at: fulfillment.shipped_at.map(rfc3339),
        delivered_at: fulfillment.delivered_at.map(rfc3339),
        reship_of: fulfillment.again.map(|again| again.of.to_string()),
        made_up: match fulfillment.made_up {
            MadeUp::No => None,
            MadeUp::Refunded => Some("refunded".to_owned()),
            MadeUp::Reshipped(_) => Some("reshipped".to_owned()),
        },
    }
}

fn dispute(dispute: Dispute) -> wire::Dispute {
    wire::Dispute {
        id: dispute.id,
        status: dispute.state.as_str().to_owned(),
        amount: dispute.amount,
        opened_at: rfc3339(dispute.opened_at),
        closed_at: dispute.closed_at.map(rfc3339),
    }
}

/// Units that a customer sends back.
pub fn returned(it: Return) -> wire::Return {
    let units = |units: &LineUnits| wire::LineUnits { line: units.line, quantity: units.quantity };
    let received = it.received.iter().map(|units| wire::ReceivedUnits {
        line: units.line,
        quantity: units.quantity,
        condition: units.condition.as_str().to_owned(),
    });
    wire::Return {
        id: it.id.to_string(),
        status: it.state.as_str().to_owned(),
        lines: it.lines.iter().map(units).collect(),
        received: received.collect(),
        reason: it.reason,
        rejection: Some(it.rejection).filter(|why| !why.is_empty()),
        created_at: rfc3339(it.created_at),
        updated_at: rfc3339(it.updated_at),
        expires_at: rfc3339(it.expires_at),
    }
}

/// Money of an order on its way back.
pub fn refund(refund: Refund, currency: Currency) -> wire::Refund {
    wire::Refund {
        id: refund.id.to_string(),
        status: refund.state.as_str().to_owned(),
        amount: refund.amount,
        currency: currency.to_string(),
        reason: refund.reason,
        failure_code: Some(refund.code).filter(|code| !code.is_empty()),
        created_at: rfc3339(refund.created_at),
        updated_at: rfc3339(refund.updated_at),
    }
}

fn payment(payment: Payment) -> wire::Payment {
    wire::Payment {
        status: payment.state.as_str().to_owned(),
        intent_id: payment.intent.map(|intent| intent.0),
        method: payment.method.map(|method| method.0),
        attempts: payment.attempts,
        decline_code: payment.decline_code,
        capture_before: payment.capture_before.map(rfc3339),
        // Who may know what comes next is told so by `AppState::shown`.
        next_action: None,
        client_secret: None,
        captured: payment.captured,
        refunded: payment.refunded,
    }
}

/// A step of an order's life.
pub fn transition(step: Transition) -> wire::OrderTransition {
    wire::OrderTransition {
        at: rfc3339(step.at),
        transition: step.name,
        from: step.from.map(|status| status.as_str().to_owned()),
        to: step.to.as_str().to_owned(),
        note: Some(step.note).filter(|note| !note.is_empty()),
    }
}

/// A webhook endpoint at a time, in Unix milliseconds.
pub fn webhook(endpoint: &WebhookEndpoint, now: u64) -> wire::WebhookEndpoint {
    let disabled = endpoint.disabled;
    let previous = endpoint.secret.previous.filter(|previous| now < previous.until);
    wire::WebhookEndpoint {
        id: endpoint.id.to_string(),
        version: endpoint.version,
        url: endpoint.url.clone(),
        description: endpoint.description.clone(),
        events: endpoint.events.iter().map(ToString::to_string).collect(),
        status: if disabled.is_some() { "disabled" } else { "enabled" }.to_owned(),
        disabled_by: disabled.map(|disabled| disabled.by.as_str().to_owned()),
        disabled_at: disabled.map(|disabled| rfc3339(disabled.at)),
        secret_generation: endpoint.secret.generation,
        previous_until: previous.map(|previous| rfc3339(previous.until)),
        created_at: rfc3339(endpoint.created_at),
        updated_at: rfc3339(endpoint.updated_at),
    }
}

/// An API key at a time, in Unix milliseconds.
pub fn api_key(key: &ApiKey, last_use: Option<KeyUse>, now: u64) -> wire::ApiKey {
    let status = match key.revoked_at {
        Some(_) => "revoked",
        None if key.is_valid_at(now) => "active",
        None => "expired",
    };
    wire::ApiKey {
        id: key.id.to_string(),
        name: key.name.clone(),
        version: key.version,
        status: status.to_owned(),
        scopes: key.scopes.iter().map(ToString::to_string).collect(),
        networks: key.networks.iter().map(ToString::to_string).collect(),
        created_at: rfc3339(key.created_at),
        updated_at: rfc3339(key.updated_at),
        last_used_at: last_use.map(|used| rfc3339(used.at)),
        expires_at: key.expires_at.map(rfc3339),
        revoked_at: key.revoked_at.map(rfc3339),
        previous_until: key
            .previous
            .filter(|previous| now < previous.until)
            .map(|previous| rfc3339(previous.until)),
    }
}
