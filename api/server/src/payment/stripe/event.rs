//! What an event of Stripe's (<https://docs.stripe.com/api/events>) says that matters here: its id,
//! and of which intent of ours it is. What became of the intent is asked, never taken from the
//! event.

use engine_core::payment::{INTENT_ID_BYTES_MAX, IntentId, IntentStatus, NotePaymentEvent};
use engine_core::{OrderId, h128};
use serde_json::Value;

use super::super::Heard;
use super::{CLUSTER, ORDER};
use crate::errors::{Code, Error};

/// The longest id of an event, in bytes.
const EVENT_ID_BYTES_MAX: usize = 255;
/// The kinds that matter, and where they say that an intent stood.
const KINDS: [(&str, IntentStatus); 6] = [
    ("payment_intent.payment_failed", IntentStatus::RequiresPaymentMethod),
    ("payment_intent.requires_action", IntentStatus::RequiresAction),
    ("payment_intent.processing", IntentStatus::Processing),
    ("payment_intent.amount_capturable_updated", IntentStatus::RequiresCapture),
    ("payment_intent.succeeded", IntentStatus::Succeeded),
    ("payment_intent.canceled", IntentStatus::Canceled),
];

/// What is heard of money that goes back: the event's object is a charge, or a refund.
const REFUNDS: [&str; 5] = [
    "charge.refunded",
    "charge.refund.updated",
    "refund.created",
    "refund.updated",
    "refund.failed",
];
/// What the kinds of events about disputes begin with.
const DISPUTES: &str = "charge.dispute.";

/// What to make of an event; nothing, if it is of no kind that matters, or of nobody's order. Of
/// which order a refund or a dispute is, it does not say: its intent does.
pub fn read(event: &Value, cluster: &str) -> Result<Option<Heard>, Error> {
    let text = |field: &str| {
        let text = event[field].as_str();
        let text = text.filter(|text| (1..=EVENT_ID_BYTES_MAX).contains(&text.len()));
        let missing = || Error::about(Code::InvalidField, field, "an event has an id and a type");
        text.ok_or_else(missing)
    };
    let (id, kind) = (text("id")?, text("type")?);
    let event_id = h128(&[id.as_bytes()]);
    let object = &event["data"]["object"];
    let is_id = |id: &&str| (1..=INTENT_ID_BYTES_MAX).contains(&id.len());
    let intent = |field: &str| object[field].as_str().filter(is_id);
    let intent = |field: &str| intent(field).map(|id| IntentId(id.to_owned()));
    if REFUNDS.contains(&kind) {
        let of = intent("payment_intent");
        return Ok(of.map(|intent| Heard::Refund { event: event_id, intent }));
    }
    if kind.starts_with(DISPUTES) {
        let dispute = object["id"].as_str().filter(is_id).map(str::to_owned);
        let of = intent("payment_intent").zip(dispute);
        let heard = |(intent, dispute)| Heard::Dispute { event: event_id, intent, dispute };
        return Ok(of.map(heard));
    }
    let known = KINDS.iter().find(|(name, _)| *name == kind);
    let metadata = &object["metadata"];
    let order = metadata[ORDER].as_str().filter(|_| metadata[CLUSTER] == cluster);
    let order = order.and_then(|id| id.parse::<OrderId>().ok());
    let (Some((_, status)), Some(order), Some(intent)) = (known, order, intent("id")) else {
        return Ok(None);
    };
    let note = NotePaymentEvent { event: event_id, order, intent, status: *status };
    Ok(Some(Heard::Intent(note)))
}

#[cfg(test)]
mod tests {
    use engine_core::Slot;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_events_about_intents_of_ours_matter() {
        let order = OrderId { slot: Slot(7), hash: 9 };
        let event = |kind: &str, order: &str| {
            json!({"id": "evt_1", "type": kind,
                "data": {"object": {"id": "pi_1", "payment_intent": "pi_9",
                    "metadata": {"stoa_order": order, "stoa_cluster": "shop"}}}})
        };
        let succeeded = event("payment_intent.succeeded", &order.to_string());
        let Heard::Intent(note) = read(&succeeded, "shop").unwrap().unwrap() else {
            panic!("another kind");
        };
        assert_eq!((note.order, note.status), (order, IntentStatus::Succeeded));
        assert_eq!((note.event, note.intent.0.as_str()), (h128(&[b"evt_1"]), "pi_1"));
        for other in [
            event("payment_intent.created", &order.to_string()),
            event("payment_intent.succeeded", "of another shop"),
            json!({"id": "evt_1", "type": "balance.available", "data": {"object": {}}}),
            json!({"id": "evt_1", "type": "payment_intent.succeeded"}),
        ] {
            assert_eq!(read(&other, "shop").unwrap(), None, "{other}");
        }
        assert_eq!(read(&succeeded, "another").unwrap(), None, "another cluster's");
        for bad in [json!({}), json!({"id": "", "type": "x"}), json!({"id": "evt_1"}), json!([])] {
            assert_eq!(read(&bad, "shop").unwrap_err().code, Code::InvalidField, "{bad}");
        }
    }

    #[test]
    fn refunds_and_disputes_say_of_which_intent_they_are() {
        let event = |kind: &str, object: Value| {
            let data = json!({"object": object});
            json!({"id": "evt_1", "type": kind, "data": data})
        };
        let (id, intent) = (h128(&[b"evt_1"]), IntentId("pi_9".to_owned()));
        let object = json!({"id": "re_1", "payment_intent": "pi_9"});
        for kind in REFUNDS {
            let heard = read(&event(kind, object.clone()), "shop").unwrap();
            assert_eq!(heard, Some(Heard::Refund { event: id, intent: intent.clone() }), "{kind}");
        }
        let dispute = event("charge.dispute.created", object);
        let heard = Heard::Dispute { event: id, intent, dispute: "re_1".to_owned() };
        assert_eq!(read(&dispute, "shop").unwrap(), Some(heard));
        for kind in ["charge.refunded", "charge.dispute.closed"] {
            assert_eq!(read(&event(kind, json!({"id": "x"})), "shop").unwrap(), None, "{kind}");
        }
    }
}
