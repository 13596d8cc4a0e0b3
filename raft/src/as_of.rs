//! Tells replicas how fresh they are: the leader's side of `freshness`.

use std::sync::Arc;

use engine_core::{ShardId, codec};
use futures::future::join_all;
use tokio::time::{MissedTickBehavior, interval};

use crate::group::Group;
use crate::node::Inner;
use crate::transport::kind::{Kind, Lane};
use crate::transport::wire::{AsOf, ReadIndexAnswer};

impl Inner {
    /// Confirms what this node leads with its quorums, and tells everybody, until it stops.
    pub(crate) async fn tell_freshness(self: Arc<Self>) {
        let mut ticks = interval(self.config.timing.as_of);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let led = self.groups.values().filter(|group| group.leads());
            let tellings = join_all(led.map(|group| self.confirmed(group))).await;
            let tellings: Vec<_> = tellings.into_iter().flatten().collect();
            if tellings.is_empty() {
                continue;
            }
            for (shard, index, time) in &tellings {
                if let Some(group) = self.groups.get(shard) {
                    group.freshness.told(*index, *time);
                }
            }
            let body = codec::encode(&AsOf(tellings));
            for peer in self.peers.all() {
                // Nobody answers, and whoever misses it hears the next.
                drop(peer.link(Lane::Control).send(ShardId::META, Kind::AsOf, &body));
            }
        }
    }

    /// The time is taken before the question: whatever was acknowledged by then is confirmed.
    async fn confirmed(&self, group: &Group) -> Option<(ShardId, u64, u64)> {
        let time = (self.config.clock)();
        match group.confirm.get().await {
            Some(ReadIndexAnswer::Index(index)) => Some((group.id, index, time)),
            _ => None,
        }
    }
}
