//! What a script runs in: the shards, the names, and what happened since the last line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use engine_core::audit::Actor;
use engine_core::dedup::Idempotency;
use engine_core::{Command, Fault, ShardId, Stamp, Stamped, dedup, feed, h128, outbox};

use super::names::Names;
use super::{Said, show};
use crate::cluster::Cluster;

/// The most effects or events that a line shows.
const SHOWN_MAX: usize = 1_000;

/// Shards in memory, told about by a script.
pub struct World {
    pub cluster: Cluster,
    pub names: Names,
    /// The idempotency key and body, or the request number, of the next command.
    pub idempotency: Option<(String, String)>,
    pub request: Option<u32>,
    /// Who sends the next command, if the trail is to name somebody.
    pub actor: Option<Actor>,
    /// Messages come from nobody, so shards need not agree.
    pub alone: bool,
    /// Provider calls that have been shown.
    calls: BTreeMap<ShardId, Vec<String>>,
}

impl World {
    pub fn new(shards: u16) -> Self {
        let cluster = Cluster::new(shards);
        let names = Names::new(cluster.topology);
        Self {
            cluster,
            names,
            idempotency: None,
            request: None,
            actor: None,
            alone: false,
            calls: BTreeMap::new(),
        }
    }

    /// Runs a command in the shard it belongs to, and tells the answer and what else happened.
    pub fn run(&mut self, command: Command) -> Said {
        self.run_in(self.cluster.home(&command), command)
    }

    /// Runs a command in a shard, and tells the answer and what else happened.
    pub fn run_in(&mut self, shard: ShardId, command: Command) -> Said {
        let sent = self.sent(shard)?;
        let stamp = self.stamp();
        let applied = self.cluster.apply(shard, Stamped { stamp, command })?;
        let mut said = show::applied(&applied);
        self.tell_events(shard, &mut said)?;
        self.tell_effects(shard, &sent, &mut said)?;
        Ok(said)
    }

    /// Fails the script if an invariant does not hold.
    pub fn check(&self) -> Result<(), Fault> {
        let cluster = &self.cluster;
        let found = if self.alone { cluster.violations_within() } else { cluster.violations() };
        match found?.as_slice() {
            [] => Ok(()),
            found => panic!("violations: {}", self.names.spell_out(&format!("{found:#?}"))),
        }
    }

    fn stamp(&mut self) -> Stamp {
        let now = self.cluster.now;
        let hash = |text: String| h128(&[text.as_bytes()]);
        let idempotency = self.idempotency.take();
        Stamp {
            now,
            request: self
                .request
                .take()
                .map_or(0, |number| dedup::request_id(u64::from(number), u128::MAX)),
            idempotency: idempotency
                .map(|(key, body)| Idempotency { key: hash(key), body: hash(body) }),
            actor: self.actor.take(),
        }
    }

    fn tell_events(&self, shard: ShardId, said: &mut String) -> Result<(), Fault> {
        let index = self.cluster.index(shard);
        for (_, entry) in feed::entries(self.cluster.rows(shard), index - 1, SHOWN_MAX)? {
            for event in &entry.events {
                let _ = writeln!(said, "  {}", show::event(event));
            }
        }
        Ok(())
    }

    fn sent(&self, shard: ShardId) -> Result<Vec<(ShardId, u64)>, Fault> {
        let rows = self.cluster.rows(shard);
        let groups = self.cluster.topology.groups();
        groups.map(|to| Ok((to, outbox::sent(rows, to)?))).collect()
    }

    fn tell_effects(
        &mut self,
        shard: ShardId,
        sent: &[(ShardId, u64)],
        said: &mut String,
    ) -> Result<(), Fault> {
        let rows = self.cluster.rows(shard);
        for (to, after) in sent {
            for (number, message) in outbox::messages(rows, *to, *after, SHOWN_MAX)? {
                let _ = writeln!(said, "  to shard {to}, {number}: {message:?}");
            }
        }
        let calls = outbox::provider_calls(rows, None, SHOWN_MAX)?;
        let calls: Vec<_> =
            calls.iter().map(|(id, call)| format!("{id}: {:?}", call.call)).collect();
        let shown = self.calls.insert(shard, calls.clone()).unwrap_or_default();
        for call in calls.iter().filter(|call| !shown.contains(call)) {
            let _ = writeln!(said, "  to the provider, {call}");
        }
        Ok(())
    }
}
