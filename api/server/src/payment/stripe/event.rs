//! What an event of Stripe's (<https://docs.stripe.com/api/events>) says that matters here: its id,
//! and of which intent of ours it is. What became of the intent is asked, never taken from the
//! event.

use engine_core::payment::{INTENT_ID_BYTES_MAX, IntentId, IntentStatus, NotePaymentEvent};
use engine_core::{OrderId, h128};
use serde_json::Value;

use super::ORDER;
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

/// What to note of an event; nothing, if it is of no kind that matters or of nobody's order.
pub fn read(event: &Value) -> Result<Option<NotePaymentEvent>, Error> {
    let text = |field: &str| {
        let text = event[field].as_str();
        let text = text.filter(|text| (1..=EVENT_ID_BYTES_MAX).contains(&text.len()));
        let missing = || Error::about(Code::InvalidField, field, "an event has an id and a type");
        text.ok_or_else(missing)
    };
    let (id, kind) = (text("id")?, text("type")?);
    let known = KINDS.iter().find(|(name, _)| *name == kind);
    let object = &event["data"]["object"];
    let order = object["metadata"][ORDER].as_str().and_then(|id| id.parse::<OrderId>().ok());
    let intent = object["id"].as_str().filter(|id| id.len() <= INTENT_ID_BYTES_MAX);
    let (Some((_, status)), Some(order), Some(intent)) = (known, order, intent) else {
        return Ok(None);
    };
    let (event, intent) = (h128(&[id.as_bytes()]), IntentId(intent.to_owned()));
    Ok(Some(NotePaymentEvent { event, order, intent, status: *status }))
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
                "data": {"object": {"id": "pi_1", "metadata": {"stoa_order": order}}}})
        };
        let succeeded = event("payment_intent.succeeded", &order.to_string());
        let note = read(&succeeded).unwrap().unwrap();
        assert_eq!((note.order, note.status), (order, IntentStatus::Succeeded));
        assert_eq!((note.event, note.intent.0.as_str()), (h128(&[b"evt_1"]), "pi_1"));
        for other in [
            event("payment_intent.created", &order.to_string()),
            event("payment_intent.succeeded", "of another shop"),
            json!({"id": "evt_1", "type": "balance.available", "data": {"object": {}}}),
            json!({"id": "evt_1", "type": "payment_intent.succeeded"}),
        ] {
            assert_eq!(read(&other).unwrap(), None, "{other}");
        }
        for bad in [json!({}), json!({"id": "", "type": "x"}), json!({"id": "evt_1"}), json!([])] {
            assert_eq!(read(&bad).unwrap_err().code, Code::InvalidField, "{bad}");
        }
    }
}
