//! The other nodes, with the three links to each.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::door::Door;
use super::kind::Lane;
use super::link::{Link, LinkState};
use crate::types::NodeId;

/// A peer and the links to it.
pub(crate) struct Peer {
    /// Its id.
    pub id: NodeId,
    addr: SocketAddr,
    links: [Link; 3],
}

impl Peer {
    /// The link of a lane.
    pub fn link(&self, lane: Lane) -> &Link {
        &self.links[lane as usize]
    }

    /// Its process is not there: the heartbeat connection is closed and a new one is refused.
    pub fn is_gone(&self) -> bool {
        self.link(Lane::Control).state() == LinkState::Refused
    }

    /// Requests can be sent to it.
    pub fn is_up(&self) -> bool {
        [Lane::Data, Lane::Control].iter().all(|lane| self.link(*lane).state() == LinkState::Up)
    }
}

/// All peers of this node.
#[derive(Clone)]
pub(crate) struct Peers(Arc<BTreeMap<NodeId, Arc<Peer>>>);

impl Peers {
    /// The peers at these addresses, not connected yet.
    pub fn new(addrs: impl IntoIterator<Item = (NodeId, SocketAddr)>) -> Self {
        let peer = |(id, addr)| {
            let links = Lane::ALL.map(|lane| Link::new(id, lane));
            (id, Arc::new(Peer { id, addr, links }))
        };
        Self(Arc::new(addrs.into_iter().map(peer).collect()))
    }

    /// Begins to connect, and goes on until told to stop.
    pub fn spawn(&self, door: &Arc<Door>, tasks: &TaskTracker, stop: &CancellationToken) {
        for peer in self.all() {
            for lane in Lane::ALL {
                let (peer, door, stop) = (peer.clone(), door.clone(), stop.clone());
                tasks.spawn(async move { peer.link(lane).run(peer.addr, door, stop).await });
            }
        }
    }

    /// A peer by its id.
    pub fn get(&self, id: NodeId) -> Option<&Arc<Peer>> {
        self.0.get(&id)
    }

    /// Every peer, in the order of their ids.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Peer>> {
        self.0.values()
    }
}
