//! Samples of endpoints, of what they have not taken, and of the commands about them.

use engine_core::webhook::{
    Deliveries, DeliveryOutcome, Disabled, DisabledBy, EventType, WebhookEndpoint,
};
use engine_core::{
    CloseDeliveries, Command, CreateWebhook, DeleteWebhook, DisableWebhook, NoteDeliveries,
    OpenDeliveries, ReplayDeadLetters, RotateWebhookSecret, UpdateWebhook,
};

use super::values::*;
use super::{Golden, named};

pub fn hold(golden: &mut Golden) {
    let by = |by| WebhookEndpoint { disabled: Some(Disabled { at: 2_000, by }), ..endpoint() };
    let disabled = [DisabledBy::Person, DisabledBy::Gone, DisabledBy::Failing];
    let mut endpoints = Vec::from(disabled.map(|who| (format!("{who:?}"), by(who))));
    let newest = WebhookEndpoint { events: vec![EventType::StockLow], ..endpoint() };
    endpoints.push(("StockLow".into(), newest));
    golden.hold(endpoints);
    let row = Deliveries {
        through: Some(AT),
        version: 2,
        sender: 3,
        parked: 4,
        dead: 5,
        revived: 6,
        delivered: 7,
        delivered_at: 8_000,
    };
    let closed = Deliveries { through: None, ..row };
    golden.hold(vec![("open".into(), row), ("closed".into(), closed)]);
    let parked = notices().into_iter().map(named);
    golden.hold(parked.map(|(name, notice)| (name, delivery(notice))).collect());
}

/// One of each.
pub fn commands() -> Vec<Command> {
    let (id, endpoint) = (ENDPOINT, ENDPOINT);
    let outcomes = vec![(AT, DeliveryOutcome::Delivered)];
    let url = "https://shop.example/hook".to_owned();
    vec![
        Command::CreateWebhook(CreateWebhook {
            id,
            url: url.clone(),
            description: "Ships orders".into(),
            events: FIRST_EVENTS.into(),
            check: 9,
        }),
        Command::UpdateWebhook(UpdateWebhook {
            id,
            expected_version: Some(3),
            url: Some(url),
            description: None,
            events: Some(vec![EventType::StockChanged]),
            enabled: Some(true),
        }),
        Command::RotateWebhookSecret(RotateWebhookSecret { id, overlap_ms: 86_400_000, check: 9 }),
        Command::DisableWebhook(DisableWebhook { id, version: 3, by: DisabledBy::Gone }),
        Command::DeleteWebhook(DeleteWebhook { id, expected_version: Some(3) }),
        Command::OpenDeliveries(OpenDeliveries { endpoint, version: 3, sender: 10 }),
        Command::NoteDeliveries(NoteDeliveries {
            endpoint,
            sender: 10,
            through: AT,
            outcomes,
            delivered: 11,
        }),
        Command::CloseDeliveries(CloseDeliveries { endpoint, version: Some(3) }),
        Command::ReplayDeadLetters(ReplayDeadLetters { endpoint }),
    ]
}

/// What can become of a delivery of each kind.
pub fn variants() -> Vec<(String, Command)> {
    let note = |outcome| {
        let outcomes = vec![(AT, outcome)];
        let note =
            NoteDeliveries { endpoint: ENDPOINT, sender: 10, through: AT, outcomes, delivered: 0 };
        Command::NoteDeliveries(note)
    };
    let mut variants = Vec::new();
    for notice in notices() {
        let (name, delivery) = (named(notice).0, delivery(notice));
        for (what, outcome) in [
            ("Parked", DeliveryOutcome::Parked(delivery)),
            ("Dead", DeliveryOutcome::Dead(delivery)),
        ] {
            variants.push((format!("NoteDeliveries-{what}-{name}"), note(outcome)));
        }
    }
    variants
}
