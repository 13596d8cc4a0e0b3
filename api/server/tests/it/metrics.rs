//! What a node says of itself to Prometheus.

use crate::harness::{Tested, eventually, order, with_node};

#[test]
fn levels_are_those_of_now() -> Tested {
    with_node(async |node| {
        let product = node.product("Measured", 100, 10).await?.id;
        let client = node.client()?;
        client.place_order("measured-1", &order("cus_m", &[(product.as_str(), 1)]), None).await?;
        let text = client.metrics().await?;
        let level = |series: &str| {
            let line = text.lines().find(|line| line.starts_with(series))?;
            line.rsplit_once(' ')?.1.parse::<f64>().ok()
        };
        assert_eq!(level("stoa_node_ready"), Some(1.0));
        for shard in ["meta", "1", "2", "3", "4"] {
            let of = |name: &str| level(&format!("{name}{{shard=\"{shard}\"}}"));
            assert_eq!(of("stoa_raft_has_leader"), Some(1.0), "{shard}");
            assert_eq!(of("stoa_raft_replica_stopped"), Some(0.0), "{shard}");
            assert!(of("stoa_raft_term").is_some_and(|term| term >= 1.0), "{shard}");
            let applied = of("stoa_raft_applied_index");
            assert!(applied.is_some() && applied <= of("stoa_raft_last_log_index"), "{shard}");
            assert!(of("stoa_timers_overdue_seconds").is_some_and(|late| late < 60.0), "{shard}");
            assert!(of("stoa_read_age_seconds").is_some_and(|age| age < 60.0), "{shard}");
        }
        let placed =
            "stoa_http_requests_total{route=\"/v1/orders\",method=\"POST\",status=\"201\"}";
        assert!(level(placed).is_some_and(|orders| orders >= 1.0), "{text}");
        // Search and the other shards catch up by themselves.
        eventually(async || {
            let text = client.metrics().await.ok()?;
            let idle = |name: &str| {
                let mut series = text.lines().filter(|line| line.starts_with(name)).peekable();
                series.peek().is_some() && series.all(|line| line.ends_with(" 0"))
            };
            (idle("stoa_search_lag_entries{") && idle("stoa_outbox_messages{")).then_some(())
        })
        .await
    })
}
