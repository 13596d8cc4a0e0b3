//! The index equals the rows (I12): what it lacks is found, and a rebuild mends it online.

use api_client::{RebuildSearch, SearchIndexStatus};
use api_server::Server;
use engine_core::ShardId;
use engine_search::{Config, SearchIndex};

use crate::harness::{Fault, Node, Tested, alone, args, eventually, free_ports, fresh_dir, ready};

/// What a node says once no product changes any more.
async fn settled(node: &Node) -> Result<SearchIndexStatus, Fault> {
    let client = node.client()?;
    eventually(async || {
        let status = client.verify_search().await.ok()?;
        let settled = status.shards.iter().all(|shard| shard.state != "unsettled");
        let idle = status.shards.iter().all(|shard| !shard.rebuilding);
        (settled && idle).then_some(status)
    })
    .await
}

#[test]
fn verify_finds_what_the_index_lacks_and_a_rebuild_mends_it_online() -> Tested {
    alone(async || {
        let dir = fresh_dir("search-verify")?;
        let ports = free_ports(2)?;
        let nodes = [(1, ports[0], ports[1])];
        let node = ready(Server::start(args(&dir, 1, &nodes)?).await?).await?;
        for number in 0..40 {
            node.product(&format!("Vessel {number}"), 100, 1).await?;
        }
        let status = settled(&node).await?;
        assert!(status.equal, "{status:?}");
        assert_eq!(status.shards.iter().map(|shard| shard.products).sum::<u64>(), 40);
        assert!(status.shards.iter().all(|shard| shard.rows == Some(shard.products)));
        let victim = status.shards.iter().find(|shard| shard.products > 0).ok_or("no product")?;
        let (victim, lost) = (victim.shard, victim.products);
        node.server.shutdown().await;

        // The index forgets a shard's products, and still says that it knows all up to now.
        let folder = dir.join("node1").join("search");
        let config = Config { dir: folder, cluster_id: "tests".to_owned(), on_publish: None };
        let (index, mut writer) = SearchIndex::open(config)?;
        let position = index.positions()[&ShardId(victim)];
        assert_eq!(index.digest(ShardId(victim))?.0.products, lost);
        writer.begin_rebuild(ShardId(victim))?.finish(position)?;
        writer.close()?;
        drop(index);

        let node = ready(Server::start(args(&dir, 1, &nodes)?).await?).await?;
        let client = node.client()?;
        let status = settled(&node).await?;
        assert!(!status.equal, "{status:?}");
        for shard in &status.shards {
            let (state, products) = match shard.shard == victim {
                true => ("differs", 0),
                false => ("equal", shard.rows.unwrap_or(u64::MAX)),
            };
            assert_eq!((shard.state.as_str(), shard.products), (state, products), "{shard:?}");
        }
        let beyond = client.rebuild_search(&RebuildSearch { shard: Some(0) }).await;
        let param = beyond.as_ref().err().and_then(|it| it.problem()?.param.as_deref());
        assert_eq!(param, Some("shard"));
        let begun = client.rebuild_search(&RebuildSearch { shard: Some(victim) }).await?;
        assert_eq!((begun.node, begun.shards), (1, vec![victim]));
        let status = settled(&node).await?;
        assert!(status.equal, "{status:?}");
        assert_eq!(status.shards.iter().map(|shard| shard.products).sum::<u64>(), 40);

        // All of it once more, and searches have answers all the while.
        client.rebuild_search(&RebuildSearch::default()).await?;
        let path = "/v1/search?q=vessel&limit=1";
        for _ in 0..20 {
            assert_eq!(node.get(path).await?.json()["total"], 40);
        }
        assert!(settled(&node).await?.equal);
        assert_eq!(node.get(path).await?.json()["total"], 40);
        node.server.shutdown().await;
        Ok(())
    })
}
