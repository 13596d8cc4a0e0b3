//! What is sent: a small JSON text as the Standard Webhooks specification has it, and its id.

use std::collections::BTreeMap;

use engine_core::webhook::{Delivery, Notice, Position};
use engine_core::{EndpointId, ShardId};
use serde_json::{Value, json};

use crate::time::rfc3339;

/// Names a delivery over all its attempts. Those of one subject come from one shard, and the later
/// one has the higher position: `msg_<shard>-<index>-<ordinal>_<endpoint>`.
pub fn id(shard: ShardId, at: Position, endpoint: EndpointId) -> String {
    format!("msg_{}-{}-{}_{:032x}", shard.0, at.index, at.ordinal, endpoint.0)
}

/// Names an event for ever: in every webhook about it, and in the feed.
pub fn event_id(shard: ShardId, at: Position) -> String {
    format!("evt_{}-{}-{}", shard.0, at.index, at.ordinal)
}

/// The text that is signed and sent: the same with each attempt.
pub fn body(shard: ShardId, at: Position, delivery: &Delivery) -> String {
    let kind = delivery.notice.kind().as_str();
    let (id, data) = (event_id(shard, at), data(&delivery.notice));
    json!({"id": id, "type": kind, "timestamp": rfc3339(delivery.at), "data": data}).to_string()
}

/// What it is about, and where that stood.
pub fn data(notice: &Notice) -> BTreeMap<String, Value> {
    let fields = match notice {
        Notice::OrderChanged { order, status } => {
            vec![("order_id", json!(order.to_string())), ("status", json!(status.as_str()))]
        }
        Notice::ProductChanged { product, version, archived } => vec![
            ("product_id", json!(product.to_string())),
            ("version", json!(version)),
            ("archived", json!(archived)),
        ],
        Notice::StockChanged { product, available } => {
            vec![("product_id", json!(product.to_string())), ("available", json!(available))]
        }
        Notice::CollectionChanged { collection, version, archived } => vec![
            ("collection_id", json!(collection.to_string())),
            ("version", json!(version)),
            ("archived", json!(archived)),
        ],
        Notice::StockLow { product, balance, threshold } => vec![
            ("product_id", json!(product.to_string())),
            ("balance", json!(balance)),
            ("low_stock_threshold", json!(threshold)),
        ],
    };
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use engine_core::order::Status;
    use engine_core::{OrderId, Slot};

    use super::*;

    #[test]
    fn a_delivery_is_small_and_always_the_same() {
        let order = OrderId { slot: Slot(7), hash: 9 };
        let notice = Notice::OrderChanged { order, status: Status::Confirmed };
        let delivery =
            Delivery { at: 1_795_374_423_250, notice, attempts: 0, due: 0, status: None };
        let text = format!(
            "{{\"data\":{{\"order_id\":\"{order}\",\"status\":\"confirmed\"}},\
             \"id\":\"evt_2-42-1\",\"timestamp\":\"2026-11-22T19:07:03.250Z\",\
             \"type\":\"order.changed\"}}"
        );
        let (shard, at) = (ShardId(2), Position { index: 42, ordinal: 1 });
        assert_eq!(body(shard, at, &delivery), text);
        let again = Delivery { attempts: 3, due: 5, status: Some(500), ..delivery };
        assert_eq!(body(shard, at, &again), text);
        let id = id(shard, at, EndpointId(0x0d));
        assert_eq!(id, "msg_2-42-1_0000000000000000000000000000000d");
    }
}
