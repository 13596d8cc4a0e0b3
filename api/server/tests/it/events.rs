//! The feed of events, as readers meet it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use api_client::{CloudEvent, EventQuery, NewKey, PutEventConsumer};
use api_server::{Args, Server};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::harness::{
    Fault, Node, Tested, alone, args, eventually, free_ports, fresh_dir, order, ready, with_node,
    with_strict_node,
};

/// How long a stream may take to say something: longer than its heartbeat, in seconds.
const SAYS_S: u64 = 40;

/// A node of this test's own.
async fn node(name: &str) -> Result<Node, Fault> {
    let dir = fresh_dir(name)?;
    let ports = free_ports(2)?;
    ready(Server::start(args(&dir, 1, &[(1, ports[0], ports[1])])?).await?).await
}

fn after(cursor: &str) -> EventQuery {
    EventQuery { after: Some(cursor.to_owned()), ..EventQuery::default() }
}

/// Reads on to the end, page by page.
async fn drain(node: &Node, mut query: EventQuery) -> Result<(Vec<CloudEvent>, String), Fault> {
    let client = node.client()?;
    let mut all = Vec::new();
    loop {
        let page = client.events(&query).await?.body;
        all.extend(page.data);
        query.after = page.next_cursor;
        if !page.has_more {
            return Ok((all, query.after.ok_or("no cursor")?));
        }
    }
}

/// Fails unless each shard's events are there once, and in order.
fn in_order(events: &[CloudEvent]) {
    let mut last: BTreeMap<u16, &str> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for event in events {
        assert!(ids.insert(&event.id), "{} is there twice", event.id);
        let before = last.insert(event.shard, &event.sequence).unwrap_or_default();
        assert!(before < event.sequence.as_str(), "{} is out of order", event.id);
    }
}

/// A stream of events.
struct Stream {
    response: reqwest::Response,
    text: String,
}

/// What a stream says at once, up to an empty line.
#[derive(Debug, Default)]
struct Said {
    id: String,
    event: String,
    data: String,
    comment: String,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_default()
    }
}

impl Stream {
    async fn open(node: &Node, path: &str, headers: &[(&str, &str)]) -> Result<Self, Fault> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let mut request = http.get(format!("{}{path}", node.base));
        request = request.header("accept", "text/event-stream");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await?;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(response.headers().contains_key("stoa-token"));
        Ok(Self { response, text: String::new() })
    }

    /// What comes next; nothing at the end.
    async fn next(&mut self) -> Result<Option<Said>, Fault> {
        loop {
            if let Some((said, rest)) = self.text.split_once("\n\n") {
                let mut told = Said::default();
                for line in said.lines() {
                    let (name, value) = line.split_once(": ").ok_or("a line without a field")?;
                    match name {
                        "id" => told.id = value.to_owned(),
                        "event" => told.event = value.to_owned(),
                        "data" => told.data = value.to_owned(),
                        "" => told.comment = value.to_owned(),
                        name => assert_eq!(name, "retry"),
                    }
                }
                self.text = rest.to_owned();
                return Ok(Some(told));
            }
            let chunk = timeout(Duration::from_secs(SAYS_S), self.response.chunk()).await??;
            let Some(chunk) = chunk else { return Ok(None) };
            self.text += std::str::from_utf8(&chunk)?;
        }
    }

    /// The next event.
    async fn event(&mut self) -> Result<Said, Fault> {
        loop {
            let said = self.next().await?.ok_or("the stream has ended")?;
            if !said.data.is_empty() {
                return Ok(said);
            }
        }
    }
}

#[test]
fn pages_have_every_event_once_while_writes_go_on() -> Tested {
    alone(async || {
        let node = node("events-pages").await?;
        let client = node.client()?;
        let product = node.product("Fed", 100, 1_000).await?.id;
        let (_, begun) = drain(&node, EventQuery::default()).await?;
        let writes = async {
            let mut placed = BTreeSet::new();
            for number in 0..40 {
                let wanted = order(&format!("cus_{number}"), &[(&product, 1)]);
                let order = client.place_order(&format!("fed-{number}"), &wanted, None).await?;
                placed.insert(order.body.id);
            }
            Ok::<_, Fault>(placed)
        };
        let reads = async {
            let (mut seen, mut cursor) = (Vec::new(), begun.clone());
            let mut confirmed = 0;
            while confirmed < 40 {
                let limit = Some(3);
                let query = EventQuery { limit, wait: Some(10), ..after(&cursor) };
                let page = client.events(&query).await?.body;
                assert!(page.data.len() <= 3);
                assert!(!page.data.is_empty(), "nothing came in 10 s");
                let is_order = |event: &&CloudEvent| event.kind == "order.changed";
                confirmed += page.data.iter().filter(is_order).count();
                seen.extend(page.data);
                cursor = page.next_cursor.ok_or("no cursor")?;
            }
            Ok::<_, Fault>(seen)
        };
        let (placed, seen) = tokio::join!(writes, reads);
        let (placed, mut seen) = (placed?, seen?);
        in_order(&seen);
        let told = |events: &[CloudEvent]| -> BTreeSet<String> {
            let orders = events.iter().filter(|event| event.kind == "order.changed");
            orders.map(|event| event.subject.clone()).collect()
        };
        assert_eq!(told(&seen), placed);
        let event = &seen[0];
        assert_eq!((event.specversion.as_str(), event.source.as_str()), ("1.0", SOURCE));

        // The same again, in pages of another size, and of one type.
        let limit = Some(100);
        let (again, _) = drain(&node, EventQuery { limit, ..after(&begun) }).await?;
        in_order(&again);
        seen.sort_by(|one, other| one.id.cmp(&other.id));
        let ids: BTreeSet<_> = again.iter().map(|event| &event.id).collect();
        assert!(seen.iter().all(|event| ids.contains(&event.id)));
        let types = Some("order.changed,stock.low".to_owned());
        let (orders, _) =
            drain(&node, EventQuery { types, limit: Some(7), ..after(&begun) }).await?;
        assert_eq!(orders.len(), 40);
        assert_eq!(told(&orders), placed);
        node.server.shutdown().await;
        Ok(())
    })
}

/// What the tests' cluster is called.
const SOURCE: &str = "urn:stoa:cluster:tests";

#[test]
fn a_reader_starts_where_it_says() -> Tested {
    with_node(async |node| {
        let client = node.client()?;
        let now = client.events(&after("now")).await?.body;
        assert!(now.data.is_empty() && !now.has_more);
        let cursor = now.next_cursor.ok_or("no cursor")?;
        let product = node.product("Later", 100, 5).await?.id;
        let mut query = after(&cursor);
        query.types = Some("product.changed".to_owned());
        let found = eventually(async || {
            let page = client.events(&query).await.ok()?.body;
            page.data.into_iter().find(|event| event.subject == product)
        })
        .await?;
        assert_eq!(found.data["product_id"], product.as_str());
        let oldest = client.events(&EventQuery::default()).await?.body;
        assert!((1..=20).contains(&oldest.data.len()), "a page without a limit");
        in_order(&oldest.data);
        Ok(())
    })
}

#[test]
fn a_bad_question_is_refused_with_the_name_of_what_is_wrong() -> Tested {
    with_node(async |node| {
        let bad = "invalid_parameter";
        for (query, code, param) in [
            ("after=", bad, "after"),
            ("after=then", bad, "after"),
            ("after=e0:1", bad, "after"),
            ("after=e0:0,1:0,2:0,3:0,4:0,5:0", bad, "after"),
            ("after=e0:0,1:0,2:0,3:0,4:9000000000000000000", bad, "after"),
            ("types=order", bad, "types"),
            ("types=", bad, "types"),
            ("limit=0", "out_of_range", "limit"),
            ("limit=101", "out_of_range", "limit"),
            ("wait=31", "out_of_range", "wait"),
            ("wait=-1", bad, "wait"),
            ("cursor=x", bad, "cursor"),
            ("consumer=a%20b", bad, "consumer"),
            ("consumer=", bad, "consumer"),
            ("consumer=mailer&after=now", bad, "consumer"),
        ] {
            let refused = node.get(&format!("/v1/events?{query}")).await?;
            let told = (refused.status, refused.code(), refused.param());
            assert_eq!(told, (400, code.to_owned(), param.to_owned()), "{query}: {}", refused.text);
        }
        let last = [("last-event-id", "e9"), ("accept", "text/event-stream")];
        let refused = node.call("GET", "/v1/events", &last, "").await?;
        assert_eq!((refused.code().as_str(), refused.param().as_str()), ("invalid_header", LAST));
        Ok(())
    })
}

/// The header that says where a stream broke off.
const LAST: &str = "Last-Event-ID";

#[test]
fn a_stream_goes_on_where_it_broke_off() -> Tested {
    alone(async || {
        let node = node("events-stream").await?;
        let product = node.product("Streamed", 100, 1_000).await?.id;
        let mut stream = Stream::open(&node, "/v1/events?types=order.changed", &[]).await?;
        let begun = stream.next().await?.ok_or("no beginning")?;
        assert!(begun.id.starts_with('e') && begun.data.is_empty(), "{begun:?}");
        let client = node.client()?;
        let mut placed = Vec::new();
        for number in 0..6 {
            let wanted = order("cus_stream", &[(&product, 1)]);
            let key = format!("streamed-{number}");
            placed.push(client.place_order(&key, &wanted, None).await?.body.id);
        }
        let mut last = String::new();
        let mut told = Vec::new();
        for _ in 0..3 {
            let event = stream.event().await?;
            told.push(event.json()["subject"].as_str().unwrap_or_default().to_owned());
            last = event.id;
        }
        drop(stream);
        // EventSource asks again with the same path.
        let path = "/v1/events?types=order.changed&after=now";
        let mut stream = Stream::open(&node, path, &[("last-event-id", &last)]).await?;
        for _ in 0..3 {
            let event = stream.event().await?;
            told.push(event.json()["subject"].as_str().unwrap_or_default().to_owned());
        }
        assert_eq!(told, placed, "one customer's orders are of one shard");
        // With nothing to tell, a comment comes, and brings the cursor along.
        let beat = eventually_said(&mut stream).await?;
        assert!(beat.comment == "heartbeat" && beat.id.starts_with('e'), "{beat:?}");
        node.server.shutdown().await;
        assert!(stream.next().await?.is_none(), "the stream ends with the node");
        Ok(())
    })
}

/// What comes next and is no event.
async fn eventually_said(stream: &mut Stream) -> Result<Said, Fault> {
    loop {
        let said = stream.next().await?.ok_or("the stream has ended")?;
        if said.data.is_empty() {
            return Ok(said);
        }
    }
}

#[test]
fn a_revoked_key_ends_its_stream_and_its_wait() -> Tested {
    with_strict_node(async |strict| {
        let first = strict.first()?;
        let new = NewKey {
            name: "a reader".to_owned(),
            role: Some("analyst".to_owned()),
            ..NewKey::default()
        };
        let shown = first.create_key(None, &new).await?;
        let bearer = format!("Bearer {}", shown.secret);
        let headers = [("authorization", bearer.as_str())];
        let node = &strict.node;
        let mut stream = Stream::open(node, "/v1/events?after=now", &headers).await?;
        stream.next().await?.ok_or("no beginning")?;
        let client = node.client()?.with_credentials(&shown.secret)?;
        let query = EventQuery { wait: Some(20), ..after("now") };
        let (waited, revoked) =
            tokio::join!(client.events(&query), async { first.revoke_key(&shown.key.id).await });
        revoked?;
        // Other tests' events may have come before.
        if let Err(error) = waited {
            assert_eq!(error.code(), Some("invalid_credentials"), "{error}");
        }
        let mut last = Said::default();
        while let Some(said) = stream.next().await? {
            last = said;
        }
        assert_eq!((last.event.as_str(), last.json()["code"].as_str()), ("problem", Some(GONE)));
        let again = node.call("GET", "/v1/events", &headers, "").await?;
        assert_eq!((again.status, again.code().as_str()), (401, GONE));
        let guest = node.client()?.create_guest().await?;
        let guest = format!("Bearer {}", guest.token);
        let refused = node.call("GET", "/v1/events", &[("authorization", &guest)], "").await?;
        assert_eq!(refused.status, 403, "{}", refused.text);
        Ok(())
    })
}

/// What a revoked key is told.
const GONE: &str = "invalid_credentials";

#[test]
fn at_most_so_many_wait_at_once() -> Tested {
    alone(async || {
        let node = node("events-crowd").await?;
        let mut streams = Vec::new();
        for _ in 0..READERS_MAX {
            streams.push(Stream::open(&node, "/v1/events?after=now", &[]).await?);
        }
        let refused = node.get("/v1/events?after=now&wait=1").await?;
        assert_eq!((refused.status, refused.code().as_str()), (503, "overloaded"));
        assert_eq!(refused.header("retry-after").as_deref(), Some("5"));
        assert_eq!(node.get("/v1/events?after=now").await?.status, 200, "who does not wait may");
        drop(streams);
        eventually(async || {
            let told = node.get("/v1/events?after=now&wait=1").await.ok()?;
            (told.status == 200).then_some(())
        })
        .await?;
        node.server.shutdown().await;
        Ok(())
    })
}

/// As `api/server/src/feed` has it.
const READERS_MAX: usize = 256;

#[test]
fn a_consumer_goes_on_from_its_place() -> Tested {
    alone(async || {
        let node = node("events-consumer").await?;
        let client = node.client()?;
        let product = node.product("Consumed", 100, 1_000).await?.id;
        let now = PutEventConsumer { cursor: "now".to_owned(), reset: None };
        let made = client.put_event_consumer("shop.mailer-1", &now).await?;
        assert_eq!((made.version, made.name.as_str()), (1, "shop.mailer-1"));
        let mut placed = BTreeSet::new();
        for number in 0..8 {
            let wanted = order(&format!("cus_{number}"), &[(&product, 1)]);
            let order = client.place_order(&format!("eaten-{number}"), &wanted, None).await?;
            placed.insert(order.body.id);
        }
        let mut query = EventQuery {
            consumer: Some(made.name.clone()),
            types: Some("order.changed".to_owned()),
            limit: Some(3),
            wait: Some(10),
            ..EventQuery::default()
        };
        let (mut seen, mut cursors) = (Vec::new(), vec![made.cursor.clone()]);
        while seen.len() < placed.len() {
            let page = client.events(&query).await?.body;
            assert!(!page.data.is_empty(), "nothing came in 10 s");
            seen.extend(page.data);
            let cursor = page.next_cursor.ok_or("no cursor")?;
            let put = PutEventConsumer { cursor, reset: None };
            cursors.push(client.put_event_consumer(&made.name, &put).await?.cursor);
        }
        in_order(&seen);
        let told: BTreeSet<_> = seen.iter().map(|event| event.subject.clone()).collect();
        assert_eq!(told, placed);

        let late = PutEventConsumer { cursor: cursors[1].clone(), reset: None };
        let refused = client.put_event_consumer(&made.name, &late).await.unwrap_err();
        assert_eq!(refused.code(), Some("consumer_ahead"), "{refused}");
        let there = client.event_consumer(&made.name).await?.body;
        assert_eq!(Some(&there.cursor), cursors.last());
        let reset = PutEventConsumer { reset: Some(true), ..late };
        assert_eq!(client.put_event_consumer(&made.name, &reset).await?.cursor, cursors[1]);
        query.wait = None;
        query.limit = Some(100);
        assert_eq!(client.events(&query).await?.body.data.len(), seen.len() - 3, "once more");

        let listed = client.event_consumers(10, None).await?.body;
        assert_eq!(listed.data.len(), 1);
        client.delete_event_consumer(&made.name).await?;
        let gone = Some("consumer_not_found");
        assert_eq!(client.event_consumer(&made.name).await.unwrap_err().code(), gone);
        assert_eq!(client.events(&query).await.unwrap_err().code(), gone);
        assert_eq!(client.delete_event_consumer(&made.name).await.unwrap_err().code(), gone);
        node.server.shutdown().await;
        Ok(())
    })
}

#[test]
fn a_bad_place_is_refused() -> Tested {
    with_node(async |node| {
        let json = [("content-type", "application/json")];
        for (name, body, code, param) in [
            ("a%20b", "{\"cursor\": \"now\"}", "invalid_parameter", "name"),
            ("mailer", "{}", "invalid_field", "cursor"),
            ("mailer", "{\"cursor\": \"then\"}", "invalid_field", "cursor"),
            ("mailer", "{\"cursor\": \"e0:1\"}", "invalid_field", "cursor"),
            ("mailer", "{\"cursor\": \"e0:0.3,1:0,2:0,3:0,4:0\"}", "invalid_field", "cursor"),
            (
                "mailer",
                "{\"cursor\": \"e0:9000000000000000000,1:0,2:0,3:0,4:0\"}",
                "invalid_field",
                "cursor",
            ),
            ("mailer", "{\"cursor\": \"now\", \"reset\": 1}", "invalid_field", "reset"),
        ] {
            let path = format!("/v1/events/consumers/{name}");
            let refused = node.call("PUT", &path, &json, body).await?;
            let told = (refused.status, refused.code(), refused.param());
            assert_eq!(told, (400, code.to_owned(), param.to_owned()), "{body}: {}", refused.text);
        }
        Ok(())
    })
}

/// How far the clock goes, in milliseconds: beyond how long events are kept.
const BEYOND_MS: u64 = 80 * 3_600_000;

#[test]
fn a_cursor_from_before_what_is_kept_is_told_where_to_go_on() -> Tested {
    alone(async || {
        let (dir, ports) = (fresh_dir("events-old")?, free_ports(2)?);
        let ahead = Arc::new(AtomicU64::new(0));
        let (clock, system) = (ahead.clone(), raft::Config::system_clock());
        let clock = Arc::new(move || system() + clock.load(Ordering::Relaxed));
        let args = args(&dir, 1, &[(1, ports[0], ports[1])])?;
        let node = ready(Server::start_by(Args { shards: 1, ..args }, clock).await?).await?;
        let client = node.client()?;
        for number in 0..4 {
            // The key is forgotten in time: the shard looks what is over.
            let old = json!({"name": "Old", "price": 100, "currency": "USD", "stock": 1});
            let made = node.post("/v1/products", &format!("old-{number}"), &old).await?;
            assert_eq!(made.status, 201, "{}", made.text);
        }
        let first = EventQuery { limit: Some(3), ..EventQuery::default() };
        let old = client.events(&first).await?.body.next_cursor.ok_or("no cursor")?;
        ahead.fetch_add(BEYOND_MS, Ordering::Relaxed);
        node.product("New", 100, 1).await?;
        let gone = eventually(async || client.events(&after(&old)).await.err()).await?;
        let problem = gone.problem().ok_or("no problem")?;
        assert_eq!((problem.status, problem.code.as_str()), (410, "cursor_too_old"));
        assert_eq!(problem.param.as_deref(), Some("after"));
        let oldest = problem.oldest_cursor.clone().ok_or("no cursor")?;
        let (rest, _) = drain(&node, after(&oldest)).await?;
        let (all, _) = drain(&node, EventQuery::default()).await?;
        assert_eq!(rest, all, "nothing is missing from there on");
        assert!(!all.is_empty() && all.len() < 8, "{all:?}");
        in_order(&all);
        // A stream is refused the same way.
        let accept = [("accept", "text/event-stream")];
        let path = format!("/v1/events?after={old}");
        let refused = node.call("GET", &path, &accept, "").await?;
        assert_eq!((refused.status, refused.code().as_str()), (410, "cursor_too_old"));
        node.server.shutdown().await;
        Ok(())
    })
}
