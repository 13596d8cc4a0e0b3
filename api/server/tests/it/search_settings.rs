//! Settings of search: every node goes by a change as soon as it has it, and after a restart.

use api_client::{PutSearchSettings, SearchRule, SearchSynonyms};
use api_server::Server;
use serde_json::json;

use crate::harness::{
    Fault, Node, Tested, alone, args, eventually, free_ports, fresh_dir, ready, with_node,
};

/// The names that a search at the position of a token finds, in their order.
async fn found(node: &Node, query: &str, token: &str) -> Result<Vec<String>, Fault> {
    let path = format!("/v1/search?{query}");
    let found = node.call("GET", &path, &[("stoa-min-token", token)], "").await?;
    assert_eq!(found.status, 200, "{}", found.text);
    let hits = found.json()["hits"].as_array().cloned().unwrap_or_default();
    let name = |hit: &serde_json::Value| hit["name"].as_str().unwrap_or_default().to_owned();
    Ok(hits.iter().map(name).collect())
}

#[test]
fn synonyms_and_pinned_and_hidden_products_change_answers_on_every_node_at_once() -> Tested {
    alone(async || {
        let dir = fresh_dir("search-settings")?;
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
        let first = &running[0];
        let mut ids = Vec::new();
        for name in ["Blue mug", "Red cup", "Red mug", "Tea pot"] {
            let made = eventually(async || first.product(name, 100, 5).await.ok()).await?;
            ids.push(made.id);
        }
        let client = first.client()?;
        let strong = first.get("/v1/search?q=mug&consistency=strong").await?;
        let before = strong.header("stoa-token").ok_or("no token")?;
        for node in &running {
            let names = found(node, "q=mug&sort=name", &before).await?;
            assert_eq!(names, ["Blue mug", "Red mug"]);
        }
        let texts = vec!["mug".to_owned(), "cup".to_owned()];
        let (pinned, hidden) = (vec![ids[3].clone(), ids[1].clone()], vec![ids[0].clone()]);
        let settings = PutSearchSettings {
            synonyms: vec![SearchSynonyms { texts, one_way: false }],
            rules: vec![SearchRule { text: "Mug".to_owned(), pinned, hidden }],
            ..PutSearchSettings::default()
        };
        let there = client.search_settings().await?.body;
        assert_eq!((there.version, there.updated_at), (0, None));
        let put = client.put_search_settings(0, &settings).await?;
        assert_eq!((put.body.version, &put.body.rules), (1, &settings.rules));
        let token = put.token.ok_or("no token")?;
        for node in &running {
            assert_eq!(found(node, "q=mug", &token).await?, ["Tea pot", "Red cup", "Red mug"]);
            let names = found(node, "q=cup&sort=name", &token).await?;
            assert_eq!(names, ["Blue mug", "Red cup", "Red mug"]);
        }
        running.remove(2).server.shutdown().await;
        let back = ready(Server::start(args(&dir, 3, &nodes)?).await?).await?;
        assert_eq!(found(&back, "q=mug", &token).await?, ["Tea pot", "Red cup", "Red mug"]);
        let back_client = back.client()?;
        assert_eq!(back_client.search_settings().await?.body, put.body);
        let over = eventually(async || {
            back_client.put_search_settings(1, &PutSearchSettings::default()).await.ok()
        });
        let token = over.await?.token.ok_or("no token")?;
        let names = found(&running[1], "q=mug&sort=name", &token).await?;
        assert_eq!(names, ["Blue mug", "Red mug"]);
        back.server.shutdown().await;
        for node in running {
            node.server.shutdown().await;
        }
        Ok(())
    })
}

#[test]
fn settings_that_make_no_sense_are_refused_with_the_place() -> Tested {
    with_node(async |node| {
        let headers = [("content-type", "application/json"), ("if-match", "*")];
        let long = "x".repeat(101);
        let many: Vec<_> = (0..1_001).map(|at| json!({"texts": ["a", format!("b{at}")]})).collect();
        let wide: Vec<_> = (0..200)
            .map(|at| {
                let texts: Vec<_> =
                    (0..16).map(|text| format!("{at} {text} {}", "x".repeat(90))).collect();
                json!({"texts": texts})
            })
            .collect();
        for (body, code, param) in [
            (json!({"synonyms": [{"texts": ["a"]}]}), "invalid_field", "synonyms[0].texts"),
            (json!({"synonyms": [{"texts": ["a", ""]}]}), "invalid_field", "synonyms[0].texts[1]"),
            (
                json!({"synonyms": [{"texts": ["a", long]}]}),
                "invalid_field",
                "synonyms[0].texts[1]",
            ),
            (json!({"synonyms": many}), "invalid_field", "synonyms"),
            (json!({"synonyms": wide}), "out_of_range", "synonyms"),
            (json!({"typos": {"one_from": 101}}), "invalid_field", "typos.one_from"),
            (json!({"typos": {"one_from": 0}}), "invalid_field", "typos.two_from"),
            (json!({"typos": {"three_from": 5}}), "invalid_field", "typos.three_from"),
            (json!({"rules": [{"text": "a"}, {"text": "A"}]}), "invalid_field", "rules[1].text"),
            (
                json!({"rules": [{"text": "a", "pinned": ["pen"]}]}),
                "invalid_id",
                "rules[0].pinned[0]",
            ),
        ] {
            let refused =
                node.call("PUT", "/v1/search/settings", &headers, body.to_string()).await?;
            let told = (refused.status, refused.code(), refused.param());
            assert_eq!(told, (400, code.to_owned(), param.to_owned()), "{}", refused.text);
        }
        let body = || json!({}).to_string();
        let blind = node.call("PUT", "/v1/search/settings", &headers[..1], body()).await?;
        assert_eq!((blind.status, blind.code().as_str()), (428, "if_match_required"));
        let stale = [headers[0], ("if-match", "\"999\"")];
        let refused = node.call("PUT", "/v1/search/settings", &stale, body()).await?;
        assert_eq!((refused.status, refused.code().as_str()), (412, "version_mismatch"));
        assert_eq!(refused.json()["expected"], 999);
        Ok(())
    })
}
