//! One client of a Stoa cluster: a keep-alive connection to its own node, and to the next one when
//! that does not answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::answer::judge;
use super::encode::Encoder;
use crate::catalog::Catalog;
use crate::http::{Api, Connection, HttpError};
use crate::load::{Answer, Session};
use crate::workload::{Ask, OrderAsk};

/// The nodes that clients ask.
#[derive(Debug)]
pub(crate) struct Nodes {
    /// Where they take HTTP.
    pub(crate) addrs: Vec<SocketAddr>,
    /// One more whenever a node has come back: clients return to their own.
    pub(crate) returned: AtomicUsize,
    /// How long a client waits for one answer.
    pub(crate) patience: Duration,
}

/// One client of a cluster.
#[derive(Debug)]
pub(crate) struct StoaSession {
    nodes: Arc<Nodes>,
    catalog: Arc<Catalog>,
    home: usize,
    at: usize,
    returned: usize,
    connection: Option<Connection>,
    encoder: Encoder,
}

impl StoaSession {
    /// The client with this number; clients are spread evenly over the nodes.
    pub(crate) fn new(nodes: &Arc<Nodes>, catalog: &Arc<Catalog>, client: usize) -> Self {
        let home = client % nodes.addrs.len();
        Self {
            nodes: Arc::clone(nodes),
            catalog: Arc::clone(catalog),
            home,
            at: home,
            returned: 0,
            connection: None,
            encoder: Encoder::default(),
        }
    }

    async fn exchange(&mut self, ask: &Ask) -> Result<Answer, HttpError> {
        let returned = self.nodes.returned.load(Ordering::Relaxed);
        if returned != self.returned {
            self.returned = returned;
            if self.at != self.home {
                (self.at, self.connection) = (self.home, None);
            }
        }
        // Taken out, so that a request that ends in the middle leaves no half-used connection.
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(self.nodes.addrs[self.at]).await?,
        };
        let response = connection.send(self.encoder.encode(ask, &self.catalog)).await?;
        let answer = judge(ask, response.status, response.body);
        self.connection = Some(connection);
        Ok(answer)
    }

    fn go_on_to_the_next(&mut self) {
        self.connection = None;
        self.at = (self.at + 1) % self.nodes.addrs.len();
    }
}

impl Session for StoaSession {
    async fn ask(&mut self, ask: &Ask) -> Answer {
        let patience = self.nodes.patience;
        let answered = tokio::time::timeout(patience, self.exchange(ask)).await;
        match answered.map_err(|_| HttpError::Timeout).and_then(|answer| answer) {
            Ok(answer) => answer,
            Err(error) => {
                self.go_on_to_the_next();
                Answer::Unclear(error.code().to_owned())
            }
        }
    }
}

/// Asks for an order again, outside the measured load. Says whether the answer is an earlier one's.
pub(crate) async fn ask_again(api: &mut Api, ask: &OrderAsk, catalog: &Catalog) -> (bool, Answer) {
    let ask = Ask::Place(ask.clone());
    match api.send(Encoder::default().encode(&ask, catalog)).await {
        Ok((status, replayed, body)) => (replayed, judge(&ask, status, &body)),
        Err(error) => (false, Answer::Unclear(error.code().to_owned())),
    }
}
