//! Ports for nodes: below the range that outgoing connections take theirs from, so that nobody
//! else sits on a dead node's port when it comes back.

use std::{net::TcpListener, ops::Range};

use rand::Rng;

/// Where nodes listen. Linux gives outgoing connections ports from 32768 on.
const PORTS: Range<u16> = 20_000..32_000;

/// So many ports on which nobody listens.
pub fn free(count: usize) -> Vec<u16> {
    let mut held = Vec::new();
    while held.len() < count {
        let port = rand::rng().random_range(PORTS);
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            held.push((port, listener));
        }
    }
    held.into_iter().map(|(port, _)| port).collect()
}
