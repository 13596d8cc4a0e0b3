//! Operators' routes on a listener of their own.

use api_client::{Client, Error};
use api_server::Server;

use crate::harness::{Fault, Tested, alone, args, eventually, free_ports, fresh_dir};

/// What a node answers at a path, as a status and a text.
async fn get(base: &str, path: &str) -> Result<(u16, String), Fault> {
    let answer = reqwest::get(format!("{base}{path}")).await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

#[test]
fn with_a_listener_of_their_own_operators_are_served_there_and_nowhere_else() -> Tested {
    alone(async || {
        let dir = fresh_dir("ops")?;
        let ports = free_ports(9)?;
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        let nodes: Vec<_> =
            (0..3).map(|at| (at as u64 + 1, ports[at], ports[at + 3], ports[at + 6])).collect();
        let heard: Vec<_> = nodes.iter().map(|(id, http, peer, _)| (*id, *http, *peer)).collect();
        let mut servers = Vec::new();
        for (id, .., ops) in &nodes {
            let mut args = args(&dir, *id, &heard)?;
            args.ops = Some(([127, 0, 0, 1], *ops).into());
            for (peer, (.., ops)) in args.peers.iter_mut().zip(&nodes) {
                peer.ops_url = Some(url(*ops));
            }
            servers.push(Server::start(args).await?);
        }
        let (_, http, _, ops) = nodes[1];
        let (clients, operators) = (url(http), url(ops));
        // Nodes ask one another at their operators' listeners, too.
        let client = Client::new(&operators)?;
        let status =
            eventually(async || client.cluster_status().await.ok().filter(|status| status.healthy))
                .await?;
        let told: Vec<_> = status.nodes.iter().map(|node| node.ops_url.clone()).collect();
        let wanted: Vec<_> = nodes.iter().map(|(.., ops)| Some(url(*ops))).collect();
        assert_eq!(told, wanted);

        // Whoever asks at the wrong one is told where to ask.
        let refused = Client::new(&clients)?.cluster_status().await;
        let Err(Error::Problem { problem, .. }) = refused else { panic!("{refused:?}") };
        assert!(problem.detail.contains("--ops"), "{problem:?}");
        for path in ["/metrics", "/v1/cluster/self", "/v1/keys", "/v1/audit", "/v1/audit-trail"] {
            assert_eq!(get(&clients, path).await?.0, 404, "{path}");
            assert_eq!(get(&operators, path).await?.0, 200, "{path}");
        }
        for path in ["/v1/products", "/v1/search?q=a", "/heartbeat", "/v1/orders?customer_id=a"] {
            assert_eq!(get(&clients, path).await?.0, 200, "{path}");
            assert_eq!(get(&operators, path).await?.0, 404, "{path}");
        }
        for base in [&clients, &operators] {
            eventually(async || Client::new(base).ok()?.ready().await.ok()).await?;
            assert_eq!(get(base, "/livez").await?, (200, "OK".to_owned()));
        }
        for server in servers {
            server.shutdown().await;
        }
        Ok(())
    })
}
