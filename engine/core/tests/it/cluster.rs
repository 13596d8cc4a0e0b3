//! All shards of a cluster in memory, each applying one command per log entry.
//!
//! Every command goes through its bytes, as it would on its way through the log, and after each the
//! invariants of all shards are checked.

use std::collections::BTreeMap;
use std::ops::Range;

use engine_core::codec::{decode, encode};
use engine_core::invariants::{self, Violation};
use engine_core::{
    Acknowledge, Applied, Batch, Command, Deliver, Fault, Row, Shard, ShardId, Stamp, Stamped,
    Topology, Txn, View, Write, apply, outbox,
};

/// The most messages of one delivery.
const MESSAGES_MAX: usize = 100;

/// Shards in memory, and the clock that stamps commands.
pub struct Cluster {
    pub topology: Topology,
    pub now: u64,
    shards: BTreeMap<ShardId, Replica>,
}

/// The rows of one shard.
#[derive(Default)]
pub struct Replica {
    pub rows: Rows,
    /// The index of its last log entry.
    pub index: u64,
}

impl Cluster {
    pub fn new(shards: u16) -> Self {
        let topology = Topology { shards };
        let shards = topology.groups().map(|id| (id, Replica::default())).collect();
        Self { topology, now: 0, shards }
    }

    pub fn rows(&self, shard: ShardId) -> &Rows {
        &self.shards[&shard].rows
    }

    pub fn index(&self, shard: ShardId) -> u64 {
        self.shards[&shard].index
    }

    /// Applies one command as one log entry of a shard.
    pub fn apply(&mut self, shard: ShardId, stamped: Stamped) -> Result<Applied, Fault> {
        let sent = Batch { commands: vec![stamped], digest: None };
        let batch: Batch = decode(&encode(&sent))?;
        assert_eq!(batch, sent, "a batch survives its bytes");
        let replica = self.shards.get_mut(&shard).expect("a shard of the cluster");
        replica.index += 1;
        let mut txn = Txn::new(&replica.rows);
        let id = Shard { id: shard, topology: self.topology };
        let mut applied = apply(&mut txn, id, replica.index, &batch)?;
        let writes: Vec<_> = txn.into_writes().collect();
        replica.rows.commit(writes);
        Ok(applied.remove(0))
    }

    /// Where the router sends a command.
    pub fn home(&self, command: &Command) -> ShardId {
        let topology = self.topology;
        let line = |lines: &[engine_core::inventory::HoldLine]| {
            lines.first().map_or(ShardId(1), |line| topology.of_product(line.product))
        };
        match command {
            Command::CreateProduct(c) => topology.of_product(c.id),
            Command::UpdateProduct(c) => topology.of_product(c.id),
            Command::ArchiveProduct(c) => topology.of_product(c.id),
            Command::CreateCollection(_)
            | Command::UpdateCollection(_)
            | Command::ArchiveCollection(_)
            | Command::CreateKey(_)
            | Command::RotateKey(_)
            | Command::RevokeKey(_)
            | Command::NoteKeyUses(_)
            | Command::RecordOperation(_)
            | Command::CreateWebhook(_)
            | Command::UpdateWebhook(_)
            | Command::RotateWebhookSecret(_)
            | Command::DisableWebhook(_)
            | Command::DeleteWebhook(_)
            | Command::CreatePromotion(_)
            | Command::UpdatePromotion(_)
            | Command::ArchivePromotion(_)
            | Command::PutShippingMethod(_)
            | Command::DeleteShippingMethod(_)
            | Command::PutTaxRate(_)
            | Command::DeleteTaxRate(_)
            | Command::PutLocation(_)
            | Command::PutConsumer(_) => ShardId::META,
            Command::ReceiveStock(c) => topology.of_product(c.product),
            Command::AdjustStock(c) => topology.of_product(c.product),
            Command::SetStock(c) => topology.of_product(c.product),
            Command::SetStockPolicy(c) => topology.of_product(c.product),
            Command::TransferStock(c) => topology.of_product(c.product),
            Command::HoldStock(c) if c.lines.is_empty() => {
                let promotion = c.promotion.as_ref();
                promotion.map_or(ShardId(1), |promotion| topology.of_promotion(promotion.id))
            }
            Command::HoldStock(c) => line(&c.lines),
            Command::PlaceOrder(c) => topology.of_order(c.order),
            Command::RefuseOrder(c) => topology.of_order(c.order),
            Command::ResolveHold(c) => topology.of_order(c.order),
            Command::CancelOrder(c) => topology.of_order(c.order),
            Command::RecoverOrder(c) => topology.of_order(c.order),
            Command::CreateFulfillment(c) => topology.of_order(c.order),
            Command::PackFulfillment(c) => topology.of_order(c.order),
            Command::ShipFulfillment(c) => topology.of_order(c.order),
            Command::DeliverFulfillment(c) => topology.of_order(c.order),
            Command::CancelFulfillment(c) => topology.of_order(c.order),
            Command::CancelLines(c) => topology.of_order(c.order),
            Command::RefundOrder(c) => topology.of_order(c.order),
            Command::LoseFulfillment(c) => topology.of_order(c.order),
            Command::RequestReturn(c) => topology.of_order(c.order),
            Command::ApproveReturn(c) => topology.of_order(c.order),
            Command::RejectReturn(c) => topology.of_order(c.order),
            Command::CancelReturn(c) => topology.of_order(c.order),
            Command::ReceiveReturn(c) => topology.of_order(c.order),
            Command::NoteDispute(c) => topology.of_order(c.order),
            Command::ImportRefund(c) => topology.of_order(c.order),
            Command::ReconcileIntent(c) => topology.of_order(c.order),
            Command::Settle(c) => topology.of_order(c.effect.order),
            Command::NotePaymentEvent(c) => topology.of_order(c.order),
            Command::RetryPayment(c) => topology.of_order(c.order),
            Command::SetCartLine(c) => topology.of_owner(&c.owner),
            Command::ClearCart(c) => topology.of_owner(&c.owner),
            Command::MergeCart(c) => topology.of_owner(&c.guest),
            // Messages, timers and senders: a script names their shard.
            _ => ShardId(1),
        }
    }

    /// Delivers what waits from one shard to another, and acknowledges it. Says how many messages.
    pub fn deliver(&mut self, from: ShardId, to: ShardId) -> Result<usize, Fault> {
        let after = outbox::delivered(self.rows(to), from)?;
        let waiting = outbox::messages(self.rows(from), to, after, MESSAGES_MAX)?;
        let Some((first, _)) = waiting.first() else { return Ok(0) };
        let (first, count) = (*first, waiting.len());
        let messages = waiting.into_iter().map(|(_, message)| message).collect();
        self.tell(to, Command::Deliver(Deliver { from, first, messages }))?;
        let through = outbox::delivered(self.rows(to), from)?;
        self.tell(from, Command::Acknowledge(Acknowledge { to, through }))?;
        Ok(count)
    }

    fn tell(&mut self, shard: ShardId, command: Command) -> Result<(), Fault> {
        let stamp = Stamp { now: self.now, request: 0, idempotency: None, actor: None };
        let applied = self.apply(shard, Stamped { stamp, command })?;
        assert!(applied.outcome.is_ok(), "{:?}", applied.outcome);
        Ok(())
    }

    /// Every pair of shards that can have messages for one another.
    pub fn pairs(&self) -> Vec<(ShardId, ShardId)> {
        let groups: Vec<_> = self.topology.groups().collect();
        let pairs = groups.iter().flat_map(|from| groups.iter().map(|to| (*from, *to)));
        pairs.filter(|(from, to)| from != to).collect()
    }

    /// Checks all invariants over all shards.
    pub fn violations(&self) -> Result<Vec<Violation>, Fault> {
        let views: Vec<_> =
            self.shards.iter().map(|(id, shard)| (*id, &shard.rows as &dyn View)).collect();
        let mut found = self.violations_within()?;
        found.extend(invariants::check_across(&views)?);
        Ok(found)
    }

    /// Checks the invariants that one shard can break alone.
    pub fn violations_within(&self) -> Result<Vec<Violation>, Fault> {
        let mut found = Vec::new();
        for (id, replica) in &self.shards {
            let shard = Shard { id: *id, topology: self.topology };
            found.extend(invariants::check(&replica.rows, shard)?);
        }
        Ok(found)
    }
}

/// Committed rows.
#[derive(Default)]
pub struct Rows(pub BTreeMap<Vec<u8>, Vec<u8>>);

impl Rows {
    pub fn commit(&mut self, writes: Vec<(Vec<u8>, Write)>) {
        for (key, write) in writes {
            match write {
                Some(value) => self.0.insert(key, value),
                None => self.0.remove(&key),
            };
        }
    }
}

impl View for Rows {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.0.get(key).cloned())
    }

    fn scan(&self, range: Range<Vec<u8>>, limit: usize) -> Result<Vec<Row>, Fault> {
        if range.start >= range.end {
            return Ok(Vec::new());
        }
        Ok(self.0.range(range).take(limit).map(|(k, v)| (k.clone(), v.clone())).collect())
    }
}
