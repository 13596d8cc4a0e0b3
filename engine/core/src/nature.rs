//! What may be asked of a command without knowing what it means: how it is retried, how long it is.

use crate::catalog::ProductDetails;
use crate::command::Command;
use crate::outbox::Message;
use crate::pricing::Terms;

/// What every command takes in an entry, in bytes: the stamp, ids, hashes and numbers.
const FIXED_BYTES: usize = 160;
/// What a line, a receipt or a message takes, in bytes.
const LINE_BYTES: usize = 64;
/// What units of a line of an order take, in bytes.
const LINE_UNITS_BYTES: usize = 10;
/// What a promotion, a shipping method, a tax rate or an address takes, in bytes.
const TERM_BYTES: usize = 256;
/// What a step or a place of a shipping method takes, in bytes.
const STEP_BYTES: usize = 24;
/// What a network takes, in bytes.
const NETWORK_BYTES: usize = 18;
/// What the use of a key takes, in bytes.
const KEY_USE_BYTES: usize = 18;
/// What a place in a shard's feed takes, in bytes.
const PLACE_BYTES: usize = 17;
/// What the outcome of a delivery takes, in bytes.
const OUTCOME_BYTES: usize = 80;

impl Command {
    /// Whether doing it twice is doing it once: it goes by an id of its own, or by a number. Any
    /// other command needs a request id to be tried again.
    pub fn is_idempotent(&self) -> bool {
        matches!(
            self,
            Self::HoldStock(_)
                | Self::CommitHold(_)
                | Self::ReleaseHold(_)
                | Self::PlaceOrder(_)
                | Self::RefuseOrder(_)
                | Self::ResolveHold(_)
                | Self::Settle(_)
                | Self::Deliver(_)
                | Self::Acknowledge(_)
                | Self::Pulse(_)
                | Self::RevokeKey(_)
                | Self::NoteKeyUses(_)
                | Self::DisableWebhook(_)
                | Self::OpenDeliveries(_)
                | Self::NoteDeliveries(_)
                | Self::CloseDeliveries(_)
                | Self::NotePaymentEvent(_)
                | Self::MergeCart(_)
                | Self::NoteDispute(_)
                | Self::ImportRefund(_)
                | Self::OpenNotices(_)
                | Self::StartNotices(_)
                | Self::SettleNotices(_)
                | Self::ReconcileIntent(_)
                | Self::BeginEpoch(_)
                | Self::SetFeedRetention(_)
        )
    }

    /// Roughly how many bytes it takes in an entry: what bounds a batch.
    pub fn estimated_bytes(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let variable = match self {
            Self::CreateProduct(create) => details(&create.details),
            Self::UpdateProduct(update) => {
                let change = &update.change;
                text(&change.name)
                    + text(&change.description)
                    + change.attributes.as_deref().map_or(0, attributes)
                    + change.collections.as_ref().map_or(0, |all| all.len() * LINE_BYTES)
            }
            Self::CreateCollection(create) => {
                create.details.name.len() + create.details.description.len()
            }
            Self::UpdateCollection(update) => text(&update.name) + text(&update.description),
            Self::HoldStock(hold) => {
                hold.lines.len() * LINE_BYTES + usize::from(hold.promotion.is_some()) * TERM_BYTES
            }
            Self::PlaceOrder(place) => {
                let held: usize = place.receipts.iter().map(|receipt| receipt.lines.len()).sum();
                let email = place.email.as_ref().map_or(0, |email| email.0.len());
                (place.lines.len() + 2 * held) * LINE_BYTES + email + terms(&place.terms)
            }
            Self::Deliver(deliver) => deliver.messages.iter().map(message).sum(),
            Self::CreateKey(create) => {
                create.name.len() + create.scopes.len() + create.networks.len() * NETWORK_BYTES
            }
            Self::NoteKeyUses(note) => note.uses.len() * KEY_USE_BYTES,
            Self::CreateWebhook(create) => create.url.len() + create.description.len(),
            Self::UpdateWebhook(update) => text(&update.url) + text(&update.description),
            Self::RecoverOrder(recover) => recover.reason.len(),
            Self::NotePaymentEvent(note) => note.intent.0.len(),
            Self::RetryPayment(retry) => retry.method.0.len(),
            Self::NoteDeliveries(note) => note.outcomes.len() * OUTCOME_BYTES,
            Self::CreateFulfillment(create) => {
                create.lines.as_ref().map_or(0, |lines| lines.len() * LINE_UNITS_BYTES)
            }
            Self::ShipFulfillment(ship) => ship.carrier.len() + ship.tracking.len(),
            Self::CancelLines(cancel) => {
                cancel.lines.len() * LINE_UNITS_BYTES + cancel.reason.len()
            }
            Self::RefundOrder(refund) => refund.reason.len(),
            Self::RequestReturn(it) => it.lines.len() * LINE_UNITS_BYTES + it.reason.len(),
            Self::RejectReturn(it) => it.reason.len(),
            Self::ReceiveReturn(it) => {
                it.received.as_ref().map_or(0, |units| units.len() * LINE_UNITS_BYTES)
            }
            Self::NoteDispute(it) => it.id.len(),
            Self::ImportRefund(it) => it.code.len(),
            Self::StartNotices(start) => start.notices.len() * LINE_BYTES,
            Self::SettleNotices(settle) => settle.outcomes.len() * LINE_BYTES,
            Self::ReconcileIntent(it) => it.intent.0.len(),
            Self::PutShippingMethod(put) => {
                let rates = put.details.rates.iter();
                let parts: usize = rates.map(|rate| 1 + rate.places.len() + rate.steps.len()).sum();
                parts * STEP_BYTES
            }
            Self::ReceiveStock(it) => usize::from(it.at.is_some()) * TERM_BYTES,
            Self::AdjustStock(it) => it.reason.len() + usize::from(it.at.is_some()) * TERM_BYTES,
            Self::SetStock(it) => it.reason.len() + usize::from(it.at.is_some()) * TERM_BYTES,
            Self::TransferStock(it) => it.reason.len() + TERM_BYTES,
            Self::PutLocation(it) => it.details.name.len(),
            Self::PutSearchSettings(it) => {
                let parts = it.details.synonyms.len() + it.details.rules.len();
                it.details.synonym_bytes() + it.details.rule_bytes() + parts * LINE_UNITS_BYTES
            }
            Self::PutConsumer(it) => it.name.len() + it.read.len() * PLACE_BYTES,
            _ => 0,
        };
        FIXED_BYTES + variable
    }
}

/// What a message takes: a cart's has a line for each of the cart's.
fn message(message: &Message) -> usize {
    let lines = match message {
        Message::TakeInCart(moved) => moved.lines.len() + 2,
        Message::Location(_) => 3,
        _ => 0,
    };
    (1 + lines) * LINE_BYTES
}

fn terms(terms: &Terms) -> usize {
    let steps = terms.shipping.as_ref().map_or(0, |shipping| shipping.steps.len());
    let rest = [terms.ship_to.is_some(), terms.promotion.is_some(), steps > 0];
    let rest = rest.into_iter().filter(|there| *there).count();
    rest * TERM_BYTES + terms.taxes.len() * LINE_BYTES + steps * STEP_BYTES
}

fn details(details: &ProductDetails) -> usize {
    details.name.len()
        + details.description.len()
        + attributes(&details.attributes)
        + details.collections.len() * LINE_BYTES
}

fn attributes(attributes: &[(String, String)]) -> usize {
    attributes.iter().map(|(name, value)| name.len() + value.len() + 2).sum()
}
