//! An event of the feed as CloudEvents 1.0 has it. Its id and data are those of webhooks.

use api_client::CloudEvent;
use engine_core::ShardId;
use engine_core::webhook::{Notice, Position, Subject};

use crate::time::rfc3339;
use crate::webhooks;

/// An event that was read, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// In which shard.
    pub shard: ShardId,
    /// Where in its feed.
    pub at: Position,
    /// When it happened, in Unix milliseconds.
    pub time: u64,
    /// What happened.
    pub notice: Notice,
}

impl Read {
    /// As it is told.
    pub fn told(&self, source: &str) -> CloudEvent {
        let Position { index, ordinal } = self.at;
        CloudEvent {
            specversion: "1.0".to_owned(),
            id: webhooks::event_id(self.shard, self.at),
            source: source.to_owned(),
            kind: self.notice.kind().as_str().to_owned(),
            subject: subject(&self.notice),
            time: rfc3339(self.time),
            datacontenttype: "application/json".to_owned(),
            shard: self.shard.0,
            sequence: format!("{index:020}-{ordinal:010}"),
            data: webhooks::data(&self.notice),
        }
    }
}

/// The id of what an event is about.
fn subject(notice: &Notice) -> String {
    match notice.subject() {
        Subject::Order(id) => id.to_string(),
        Subject::Product(id) => id.to_string(),
        Subject::Collection(id) => id.to_string(),
    }
}

/// Names the cluster, as a URI.
pub fn source(cluster_id: &str) -> String {
    let mut source = "urn:stoa:cluster:".to_owned();
    for byte in cluster_id.bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' => source.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => source.push(char::from(byte)),
            _ => source.push_str(&format!("%{byte:02X}")),
        }
    }
    source
}

#[cfg(test)]
mod tests {
    use engine_core::ProductId;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_has_what_cloudevents_ask_for() {
        let notice = Notice::StockChanged { product: ProductId(7), available: 3 };
        let at = Position { index: 42, ordinal: 1 };
        let read = Read { shard: ShardId(2), at, time: 1_795_374_423_250, notice };
        let product = ProductId(7).to_string();
        assert_eq!(
            json!(read.told(&source("demo shop"))),
            json!({
                "specversion": "1.0", "id": "evt_2-42-1", "type": "stock.changed",
                "source": "urn:stoa:cluster:demo%20shop", "subject": product,
                "time": "2026-11-22T19:07:03.250Z", "datacontenttype": "application/json",
                "shard": 2, "sequence": "00000000000000000042-0000000001",
                "data": {"product_id": product, "available": 3},
            })
        );
    }
}
