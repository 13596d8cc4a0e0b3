//! Three nodes in this process: any node takes any request, and a node that goes leaves no gap.

use std::collections::BTreeSet;

use api_client::TransferLeader;
use api_server::Server;

use crate::harness::{
    Fault, Node, Tested, alone, args, eventually, free_ports, fresh_dir, order, ready,
};

/// Places an order as a client should: while the cluster says "try again", under the same key.
async fn buy(node: &Node, number: usize, product: &str) -> Result<String, Fault> {
    let client = node.client()?;
    let order = order(&format!("cus_{number}"), &[(product, 1)]);
    let key = format!("k-{number}");
    let placed = eventually(async || match client.place_order(&key, &order, None).await {
        Err(error) if error.is_retryable() => None,
        outcome => Some(outcome),
    });
    Ok(placed.await??.body.id)
}

#[test]
fn any_node_takes_any_request_and_one_may_go_and_come_back() -> Tested {
    alone(async || {
        let dir = fresh_dir("three")?;
        let ports = free_ports(6)?;
        let nodes: Vec<(u64, u16, u16)> =
            (1..=3).map(|id: u64| (id, ports[id as usize - 1], ports[id as usize + 2])).collect();
        let mut servers = Vec::new();
        for id in 1..=3 {
            servers.push(Server::start(args(&dir, id, &nodes)?).await?);
        }
        let mut running = Vec::new();
        for server in servers {
            running.push(ready(server).await?);
        }
        let product =
            eventually(async || Some(running[0].product("Everywhere", 100, 1_000).await.ok()?.id))
                .await?;
        let mut placed = BTreeSet::new();
        for number in 0..30 {
            placed.insert(buy(&running[number % 3], number, &product).await?);
        }
        assert_eq!(placed.len(), 30);
        for id in &placed {
            let client = running[1].client()?;
            let order = eventually(async || client.order(id).await.ok()).await?.body;
            assert_eq!(order.status, "confirmed");
        }
        let status = running[2].client()?.cluster_status().await?;
        assert!(status.nodes.iter().all(|node| node.alive), "{status:?}");

        let shard = status.shards.iter().find(|shard| shard.id == 1).ok_or("no shard 1")?;
        let to = if shard.leader == Some(2) { 3 } else { 2 };
        let client = running[0].client()?;
        eventually(async || client.transfer_leader(&TransferLeader { shard: 1, to }).await.ok())
            .await?;

        running.remove(0).server.shutdown().await;
        for number in 30..60 {
            placed.insert(buy(&running[number % 2], number, &product).await?);
        }
        let status = running[0].client()?.cluster_status().await?;
        assert!(!status.healthy && status.nodes.iter().filter(|node| node.alive).count() == 2);
        let back = ready(Server::start(args(&dir, 1, &nodes)?).await?).await?;
        let client = back.client()?;
        eventually(async || {
            let stock = client.stock(&product).await.ok()?.body;
            (stock.available == 940).then_some(())
        })
        .await?;
        let audit = eventually(async || client.audit().await.ok()).await?;
        assert!(audit.ok, "{:?}", audit.violations);
        back.server.shutdown().await;
        for node in running {
            node.server.shutdown().await;
        }
        Ok(())
    })
}
