//! Random commands about webhooks, those of the machine included.

use engine_core::order::Status;
use engine_core::webhook::{Delivery, DeliveryOutcome, DisabledBy, EventType, Notice, Position};
use engine_core::{
    CloseDeliveries, Command, CreateWebhook, DeleteWebhook, DisableWebhook, EndpointId,
    NoteDeliveries, OpenDeliveries, ReplayDeadLetters, RotateWebhookSecret, UpdateWebhook,
};
use rand::Rng as _;

use super::values::Values;

pub fn any(v: &mut Values) -> Command {
    let id = EndpointId(v.random.random_range(0..3));
    let expected_version = v.random.random_bool(0.2).then(|| v.small());
    match v.random.random_range(0..20) {
        0..3 => Command::CreateWebhook(CreateWebhook {
            // Now and then there are too many.
            id: EndpointId(v.random.random_range(0..40)),
            url: url(v),
            description: v.text(),
            events: events(v),
            check: v.u64(),
        }),
        3 => Command::UpdateWebhook(UpdateWebhook {
            id,
            expected_version,
            url: v.maybe(url),
            description: v.maybe(Values::text),
            events: v.maybe(events),
            enabled: v.maybe(|v| v.random.random()),
        }),
        4 => {
            let (overlap_ms, check) = (v.u64(), v.u64());
            Command::RotateWebhookSecret(RotateWebhookSecret { id, overlap_ms, check })
        }
        5 => {
            let by = v.one_of(&[DisabledBy::Person, DisabledBy::Gone, DisabledBy::Failing]);
            Command::DisableWebhook(DisableWebhook { id, version: v.small(), by })
        }
        6 => Command::DeleteWebhook(DeleteWebhook { id, expected_version }),
        7..10 => {
            let (version, sender) = (v.small(), v.small());
            Command::OpenDeliveries(OpenDeliveries { endpoint: id, version, sender })
        }
        10..17 => Command::NoteDeliveries(NoteDeliveries {
            endpoint: id,
            sender: v.small(),
            through: position(v),
            outcomes: v.many(6, |v| (position(v), outcome(v))),
            delivered: v.u32(),
        }),
        17 | 18 => {
            let version = v.maybe(Values::small);
            Command::CloseDeliveries(CloseDeliveries { endpoint: id, version })
        }
        _ => Command::ReplayDeadLetters(ReplayDeadLetters { endpoint: id }),
    }
}

fn url(v: &mut Values) -> String {
    match v.random.random_range(0..10) {
        0 => v.text(),
        1 => "ftp://shop.example/hook".into(),
        2 => "https://shop.example/a hook".into(),
        3 => format!("https://{}", v.text()),
        _ => "https://shop.example/hook".into(),
    }
}

fn events(v: &mut Values) -> Vec<EventType> {
    v.many(3, |v| v.one_of(&EventType::ALL))
}

/// Mostly where a feed of this size is.
fn position(v: &mut Values) -> Position {
    let index = if v.random.random_bool(0.1) { v.u64() } else { v.random.random_range(0..150) };
    let ordinal = v.one_of(&[0, 1, 2, u32::MAX]);
    Position { index, ordinal }
}

fn outcome(v: &mut Values) -> DeliveryOutcome {
    match v.random.random_range(0..4) {
        0 => DeliveryOutcome::Delivered,
        1 => DeliveryOutcome::Dead(delivery(v)),
        _ => DeliveryOutcome::Parked(delivery(v)),
    }
}

fn delivery(v: &mut Values) -> Delivery {
    let notice = match v.random.random_range(0..5) {
        0 => Notice::OrderChanged { order: v.order(), status: Status::Confirmed },
        1 => Notice::ProductChanged { product: v.product(), version: v.u64(), archived: true },
        2 => Notice::StockChanged { product: v.product(), available: v.u32() },
        3 => Notice::StockLow { product: v.product(), balance: v.i64(), threshold: v.u32() },
        _ => Notice::CollectionChanged {
            collection: v.collection(),
            version: v.u64(),
            archived: false,
        },
    };
    let status = v.maybe(|v| v.one_of(&[0, 404, 500, u16::MAX]));
    Delivery { at: v.u64(), notice, attempts: v.u32(), due: v.u64(), status }
}
