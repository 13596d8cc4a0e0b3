//! The rounds: break a node, wait, mend it, wait until the cluster is whole, and the next.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::process::Signal;
use serde::Serialize;

use crate::args::FaultKind;
use crate::cluster::{LocalCluster, NodeProcess, cluster_status, wait_caught_up, wait_ready};
use crate::error::Failure;
use crate::load::{Clock as _, Recorder, WallClock};
use crate::stoa::Nodes;

/// How long the load runs before the first fault, and between a whole cluster and the next one.
const CALM: Duration = Duration::from_secs(3);
/// How long a node stays broken, and how long after a fault gaps are looked for.
const WINDOW: Duration = Duration::from_secs(8);
/// How long an orderly end may take.
const ENDED_WITHIN: Duration = Duration::from_secs(30);

/// One fault.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Round {
    /// Which round, from 1.
    pub(crate) round: u32,
    /// The broken node.
    pub(crate) node: u64,
    /// The gaps of the shards that it led.
    pub(crate) gaps: Vec<Gap>,
    /// How long an orderly end took, in milliseconds.
    pub(crate) ended_ms: Option<f64>,
    /// How long the mended node took until it was ready, in milliseconds.
    pub(crate) ready_ms: f64,
    /// How long the cluster took after that until it was whole, in milliseconds.
    pub(crate) whole_ms: f64,
}

/// How long a shard took no order.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Gap {
    /// Which shard.
    pub(crate) shard: u16,
    /// How long, in milliseconds.
    pub(crate) ms: f64,
}

/// What is broken, and who watches.
#[derive(Debug)]
pub(crate) struct Breaker<'a> {
    pub(crate) kind: FaultKind,
    pub(crate) local: &'a mut LocalCluster,
    pub(crate) nodes: &'a Nodes,
    pub(crate) clock: WallClock,
    pub(crate) recorder: &'a Mutex<Recorder>,
}

/// Breaks every node in turn, so many times; then ends the load.
pub(crate) async fn break_all(
    mut breaker: Breaker<'_>,
    rounds: u32,
) -> Result<Vec<Round>, Failure> {
    let done = breaker.rounds(rounds).await;
    breaker.with_recorder(Recorder::stop);
    done
}

impl Breaker<'_> {
    async fn rounds(&mut self, rounds: u32) -> Result<Vec<Round>, Failure> {
        tokio::time::sleep(CALM).await;
        let mut done = Vec::new();
        for round in 1..=rounds {
            for index in 0..self.local.nodes.len() {
                done.push(self.round(round, index).await?);
                tokio::time::sleep(CALM).await;
            }
        }
        Ok(done)
    }

    async fn round(&mut self, round: u32, index: usize) -> Result<Round, Failure> {
        let addrs = self.local.addrs();
        let leads = self.leads(&addrs, index).await?;
        let node = &mut self.local.nodes[index];
        let begun = self.clock.now();
        let ended_ms = break_one(node, self.kind).await?;
        self.clock.wait_until(begun + WINDOW).await;
        let gaps = self.gaps(&leads, begun);
        let ready = mend(&mut self.local.nodes[index], self.kind).await?;
        self.nodes.returned.fetch_add(1, Ordering::Relaxed);
        let whole = wait_caught_up(&addrs).await?;
        let node = self.local.nodes[index].id;
        let round = Round { round, node, gaps, ended_ms, ready_ms: ms(ready), whole_ms: ms(whole) };
        eprintln!("{}", describe(&round));
        Ok(round)
    }

    /// The shards that a node leads, as another one sees it. The meta group takes no orders.
    async fn leads(&self, addrs: &[SocketAddr], index: usize) -> Result<Vec<u16>, Failure> {
        let status = cluster_status(addrs[(index + 1) % addrs.len()]).await?;
        let id = self.local.nodes[index].id;
        let shards = status.shards.iter().filter(|shard| shard.id > 0 && shard.leader == Some(id));
        Ok(shards.map(|shard| shard.id).collect())
    }

    fn gaps(&self, leads: &[u16], begun: Duration) -> Vec<Gap> {
        self.with_recorder(|recorder| {
            let Some(timeline) = recorder.timeline() else { return Vec::new() };
            let gap = |shard: u16| timeline.gap(shard, begun, begun + WINDOW);
            leads.iter().map(|shard| Gap { shard: *shard, ms: ms(gap(*shard)) }).collect()
        })
    }

    fn with_recorder<T>(&self, read: impl FnOnce(&mut Recorder) -> T) -> T {
        read(&mut self.recorder.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Breaks a node; says how long an orderly end took, in milliseconds.
async fn break_one(node: &mut NodeProcess, kind: FaultKind) -> Result<Option<f64>, Failure> {
    match kind {
        FaultKind::Kill9 => {
            node.signal(Signal::KILL)?;
            node.ended(ENDED_WITHIN).await?;
        }
        FaultKind::Stop => node.signal(Signal::STOP)?,
        FaultKind::Term => {
            let begun = std::time::Instant::now();
            node.signal(Signal::TERM)?;
            let status = node.ended(ENDED_WITHIN).await?;
            if !status.success() {
                return Err(Failure::Cluster(format!("node {} ended with {status}", node.id)));
            }
            return Ok(Some(ms(begun.elapsed())));
        }
    }
    Ok(None)
}

/// Mends a node; says how long it took to be ready.
async fn mend(node: &mut NodeProcess, kind: FaultKind) -> Result<Duration, Failure> {
    match kind {
        FaultKind::Stop => node.signal(Signal::CONT)?,
        FaultKind::Kill9 | FaultKind::Term => node.start()?,
    }
    wait_ready(node).await
}

fn describe(round: &Round) -> String {
    let gaps = round.gaps.iter().map(|gap| format!("shard {} {:.0} ms", gap.shard, gap.ms));
    let gaps = gaps.collect::<Vec<_>>().join(", ");
    let gaps = if gaps.is_empty() { "it led no shard".to_owned() } else { gaps };
    let Round { round: number, node, ready_ms, whole_ms, .. } = round;
    format!(
        "round {number}, node {node}: {gaps}; ready after {ready_ms:.0} ms, whole after \
         {whole_ms:.0} ms more"
    )
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
