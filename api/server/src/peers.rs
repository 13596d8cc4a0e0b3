//! Clients of the other nodes, where those take operators' requests, or clients'. They trust the
//! cluster's own CA beside the public ones, and follow its file.

use std::collections::BTreeMap;
use std::sync::Arc;

use api_client::Client;
use arc_swap::ArcSwap;
use raft::NodeId;
use raft::tls::watch::{self, Look, Watch};
use raft::tls::{BadFile, PeerTls};
use tokio_util::task::AbortOnDropHandle;

use crate::config::Urls;

type ById = BTreeMap<NodeId, Client>;

/// Clients of the other nodes.
pub struct Clients {
    current: Arc<ArcSwap<ById>>,
    _following: Option<AbortOnDropHandle<()>>,
}

impl Clients {
    /// Clients of every node but this one, at one of its doors.
    pub fn new(
        urls: &BTreeMap<NodeId, Urls>,
        this: NodeId,
        tls: Option<PeerTls>,
        door: fn(&Urls) -> &str,
    ) -> Result<Self, String> {
        let others = urls.iter().filter(|(id, _)| **id != this);
        let urls: Vec<(NodeId, String)> =
            others.map(|(id, urls)| (*id, door(urls).to_owned())).collect();
        let Some(tls) = tls else {
            let plain = clients(&urls, None).map_err(|error| error.to_string())?;
            return Ok(Self { current: Arc::new(ArcSwap::from_pointee(plain)), _following: None });
        };
        let (files, every) = (vec![tls.ca.clone()], tls.look_again);
        let trusting = move |look: &Look| {
            let bad =
                |error: api_client::Error| BadFile { file: tls.ca.clone(), why: error.to_string() };
            clients(&urls, look.first().map(Vec::as_slice)).map_err(bad)
        };
        let last = watch::look(&files).map_err(|bad| bad.to_string())?;
        let first = trusting(&last).map_err(|bad| bad.to_string())?;
        let current = Arc::new(ArcSwap::from_pointee(first));
        let following = current.clone();
        let take = move |look: &Look| {
            following.store(Arc::new(trusting(look)?));
            Ok(None)
        };
        let watch = Watch { port: "clients", files, every, last, not_after_s: None, take };
        let following = AbortOnDropHandle::new(tokio::spawn(watch.run()));
        Ok(Self { current, _following: Some(following) })
    }

    /// The client of a node.
    pub fn get(&self, id: NodeId) -> Option<Client> {
        self.current.load().get(&id).cloned()
    }
}

fn clients(urls: &[(NodeId, String)], ca: Option<&[u8]>) -> Result<ById, api_client::Error> {
    let client = |(id, url): &(NodeId, String)| {
        let client = Client::new(url)?;
        let client = match ca {
            Some(pem) => client.with_ca(pem)?,
            None => client,
        };
        Ok((*id, client))
    };
    urls.iter().map(client).collect()
}
