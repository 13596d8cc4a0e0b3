//! Tokens, staleness, strong reads, health.

use crate::harness::{Tested, with_node};

#[test]
fn reads_can_be_asked_to_be_fresh() -> Tested {
    with_node(async |node| {
        let id = node.product("Fresh", 1, 1).await?.id;
        let path = format!("/v1/products/{id}");
        let strong = node.get(&format!("{path}?consistency=strong")).await?;
        assert_eq!(strong.status, 200);
        let token = strong.header("stoa-token").ok_or("no token")?;
        let again = node.call("GET", &path, &[("stoa-min-token", &token)], "").await?;
        assert_eq!(again.status, 200);
        let recent = node.call("GET", &path, &[("stoa-max-staleness", "0")], "").await?;
        assert_eq!(recent.status, 200, "a read that is too old becomes a strong one");
        let (shard, _) = token.split_once(':').ok_or("a strange token")?;
        let ahead = format!("{shard}:99999999");
        let future = node.call("GET", &path, &[("stoa-min-token", &ahead)], "").await?;
        assert_eq!((future.status, future.code().as_str()), (503, "too_stale"));
        assert!(future.header("retry-after").is_some());
        for (name, value) in [("stoa-min-token", "x"), ("stoa-max-staleness", "-1")] {
            let bad = node.call("GET", &path, &[(name, value)], "").await?;
            assert_eq!((bad.status, bad.code().as_str()), (400, "invalid_header"), "{name}");
        }
        let odd = node.get(&format!("{path}?consistency=maybe")).await?;
        assert_eq!((odd.status, odd.param().as_str()), (400, "consistency"));
        Ok(())
    })
}

#[test]
fn the_node_tells_how_it_is() -> Tested {
    with_node(async |node| {
        assert_eq!(node.get("/livez").await?.status, 200);
        assert_eq!(node.get("/readyz").await?.status, 200);
        let metrics = node.get("/metrics").await?;
        assert!(metrics.text.contains("stoa_http_requests_total"), "{}", metrics.text);
        let status = node.client()?.cluster_status().await?;
        assert!(
            status.healthy && status.nodes.len() == 1 && status.shards.len() == 5,
            "{status:?}"
        );
        assert_eq!(status.nodes[0].pid, Some(std::process::id()));
        Ok(())
    })
}
