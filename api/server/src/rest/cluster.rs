//! `/v1/cluster`: nodes, shards and who leads.

use std::time::Duration;

use api_client::{ClusterNode, ClusterShard, ClusterStatus, NodeSelf, TransferLeader};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine_core::audit::Operation;
use engine_core::{Command, RecordOperation, ShardId};
use futures::future::join_all;
use hyper::StatusCode;
use hyper::header::AUTHORIZATION;
use raft::{NodeId, NodeStatus, ShardStatus, TransferError};

use crate::access::By;
use crate::answer;
use crate::config::Urls;
use crate::errors::{Code, Error};
use crate::extract::Json;
use crate::openapi::{Op, Routes};
use crate::state::{App, AppState};
use crate::time::now_ms;

/// Says that a node has passed the request on already, so that none goes round in circles.
const FORWARDED: &str = "stoa-forwarded";
/// How long another node may take to say that it is there, in milliseconds.
const ASK_PEER_MS: u64 = 500;

/// The routes of `/v1/cluster`.
pub fn routes() -> Routes {
    Routes::of("cluster")
        .on(
            Op::get("/v1/cluster/status", "getClusterStatus", "The cluster as this node sees it")
                .answers::<ClusterStatus>(200, "Nodes, shards and who leads."),
            status,
        )
        .on(
            Op::get("/v1/cluster/self", "getNodeSelf", "What this node says of itself")
                .answers::<NodeSelf>(200, "This node."),
            node_self,
        )
        .on(
            Op::post("/v1/cluster/leaders/transfer", "transferLeader", "Hands a shard to a node")
                .about(
                    "It is in the audit trail before it is done, so the meta group must take it.",
                )
                .body::<TransferLeader>()
                .answers::<ClusterShard>(200, "The shard, led by that node."),
            transfer,
        )
}

/// `GET /v1/cluster/status`
pub async fn status(State(app): State<App>, headers: HeaderMap) -> Result<Response, Error> {
    let status = app.node.status();
    let asked = app.urls.keys().map(|id| app.ask(*id, &headers));
    let answers = join_all(asked).await;
    let nodes = app.urls.iter().zip(answers);
    let nodes = nodes.map(|((id, urls), answer)| told(*id, urls, answer, &status));
    let nodes: Vec<ClusterNode> = nodes.collect();
    let shards: Vec<ClusterShard> = status.shards.iter().map(shard).collect();
    let led = |shard: &ClusterShard| {
        let leader = |id| nodes.iter().any(|node: &ClusterNode| node.id == id && node.alive);
        shard.leader.is_some_and(leader)
    };
    let healthy = nodes.iter().all(|node| node.alive) && shards.iter().all(led);
    let status = ClusterStatus {
        cluster_id: app.cluster_id.clone(),
        currency: app.currency.to_string(),
        answered_by: app.node_id,
        healthy,
        nodes,
        shards,
    };
    answer::json(StatusCode::OK, &status)
}

/// `GET /v1/cluster/self`
pub async fn node_self(State(app): State<App>) -> Result<Response, Error> {
    answer::json(StatusCode::OK, &app.me())
}

/// `POST /v1/cluster/leaders/transfer`
pub async fn transfer(
    State(app): State<App>,
    by: By,
    headers: HeaderMap,
    Json(body): Json<TransferLeader>,
) -> Result<Response, Error> {
    if body.shard > app.topology.shards {
        let detail = format!("a shard is 0 to {}", app.topology.shards);
        return Err(Error::about(Code::InvalidField, "shard", detail));
    }
    if !app.urls.contains_key(&body.to) {
        return Err(Error::about(Code::InvalidField, "to", "there is no such node"));
    }
    let operation = Operation::TransferLeader { shard: ShardId(body.shard), to: body.to };
    let record = Command::RecordOperation(RecordOperation { operation });
    app.write(by, ShardId::META, record).await?;
    match app.node.transfer_leader(ShardId(body.shard), body.to).await {
        Ok(()) => {}
        Err(TransferError::NotLeader(Some(leader))) if !headers.contains_key(FORWARDED) => {
            return app.forward_transfer(leader, &headers, &body).await;
        }
        Err(error) => return Err(Error::new(Code::NoQuorum, error.to_string())),
    }
    let status = app.node.status();
    let found = status.shards.iter().find(|status| status.id.0 == body.shard);
    let found = found.ok_or_else(|| Error::fault("a shard without a status"))?;
    answer::json(StatusCode::OK, &shard(found))
}

impl AppState {
    /// Only a shard's leader can hand it over: passes the request on.
    async fn forward_transfer(
        &self,
        leader: NodeId,
        headers: &HeaderMap,
        body: &TransferLeader,
    ) -> Result<Response, Error> {
        let lost = || Error::new(Code::NoQuorum, "the shard's leader does not answer");
        let peer = self.peers.get(leader).ok_or_else(lost)?;
        let path = "/v1/cluster/leaders/transfer";
        let with = [&[(FORWARDED, "1")], credentials(headers).as_slice()].concat();
        let answer = peer.send::<_, ClusterShard>("POST", path, &with, body).await;
        let answer = answer.map_err(|error| Error::new(Code::NoQuorum, error.to_string()))?;
        answer::json(StatusCode::OK, &answer.body)
    }

    /// What this node says of itself.
    fn me(&self) -> NodeSelf {
        let status = self.node.status();
        NodeSelf {
            id: self.node_id,
            cluster_id: self.cluster_id.clone(),
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            leads: leads(&status, self.node_id),
            now_ms: now_ms(),
        }
    }

    /// What a node says of itself, if it answers. It lets in whom this one lets in.
    async fn ask(&self, id: NodeId, headers: &HeaderMap) -> Option<NodeSelf> {
        if id == self.node_id {
            return Some(self.me());
        }
        let with = credentials(headers);
        let peer = self.peers.get(id)?;
        let answer = peer.get::<NodeSelf>("/v1/cluster/self", &with);
        let answer = tokio::time::timeout(Duration::from_millis(ASK_PEER_MS), answer).await.ok()?;
        answer
            .ok()
            .map(|answer| answer.body)
            .filter(|node| node.id == id && node.cluster_id == self.cluster_id)
    }
}

/// What the caller showed here, to be shown to another node on the caller's behalf.
pub fn credentials(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    shown.map(|value| (AUTHORIZATION.as_str(), value)).into_iter().collect()
}

fn told(id: NodeId, urls: &Urls, answer: Option<NodeSelf>, status: &NodeStatus) -> ClusterNode {
    let offset = status.peers.iter().find(|peer| peer.id == id);
    ClusterNode {
        id,
        pid: answer.as_ref().map(|node| node.pid),
        url: urls.clients.clone(),
        ops_url: urls.operators.clone(),
        alive: answer.is_some(),
        leads: if answer.is_some() { leads(status, id) } else { Vec::new() },
        clock_offset_ms: offset.and_then(|peer| peer.clock_offset_ms),
    }
}

fn leads(status: &NodeStatus, id: NodeId) -> Vec<u16> {
    let led = status.shards.iter().filter(|shard| shard.leader == Some(id));
    led.map(|shard| shard.id.0).collect()
}

fn shard(status: &ShardStatus) -> ClusterShard {
    ClusterShard {
        id: status.id.0,
        leader: status.leader,
        term: status.term,
        last_log_index: status.last_log_index,
        applied_index: status.applied_index,
        voters: status.voters.clone(),
        as_of_ms: status.as_of_ms,
    }
}
