//! A trace goes from the request through the shards' leaders to the provider's calls.

use std::{collections::BTreeMap, time::Duration};

use api_client::NewProduct;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value::StringValue,
    trace::v1::Span,
};
use prost::Message as _;
use serde_json::json;
use tests::{Cluster, receiver::Receiver, wait};

/// The trace that the request names, and the span in it that asks.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
/// How long spans may take to the collector.
const TOLD: Duration = Duration::from_secs(20);

/// A span, and the node that told of it.
struct Told {
    span: Span,
    node: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_goes_from_the_request_through_raft_to_the_provider() {
    let collector = Receiver::start().await;
    let mut cluster = Cluster::prepare(3, 4).await;
    cluster.flags(&[&format!("--otlp={}", collector.url), "--trace-ratio=0"]);
    cluster.environment("OTEL_BSP_SCHEDULE_DELAY", "200");
    cluster.start_all();
    cluster.ready().await;
    let product = NewProduct {
        name: "Traced".to_string(),
        price: 500,
        currency: "USD".to_string(),
        stock: Some(5),
        ..NewProduct::default()
    };
    let product = cluster.client(1).create_product(None, &product).await.unwrap().body.id;
    let line = json!([{"product_id": product, "quantity": 1}]);
    let order = json!({"customer_id": "cus_traced", "lines": line, "currency": "USD",
        "payment_method": "pm_card_visa"});
    let placed = reqwest::Client::new()
        .post(format!("{}/v1/orders", cluster.url(2)))
        .header("traceparent", format!("00-{TRACE}-{PARENT}-01"))
        .header("idempotency-key", "traced")
        .header("prefer", "wait=10")
        .json(&order)
        .send()
        .await
        .unwrap();
    assert_eq!(placed.status().as_u16(), 201);

    // The intent is created and confirmed, each call settled by a write of its own.
    wait::until_true("the calls are told", TOLD, || async {
        let told = told(&collector);
        let calls = named(&told, "provider_call");
        calls.len() >= 2 && calls.iter().all(|call| children(&told, call) >= 1)
    })
    .await;
    let told = told(&collector);
    let [request] = named(&told, "request")[..] else { panic!("one request was traced") };
    assert_eq!(hex(&request.span.parent_span_id), PARENT);
    assert_eq!(request.node, "2");
    for call in named(&told, "provider_call") {
        assert_eq!(call.span.parent_span_id, request.span.span_id, "the request ordered it");
    }
    let known: BTreeMap<_, _> = told.iter().map(|it| (&it.span.span_id, it)).collect();
    for write in named(&told, "write") {
        let parent = known.get(&write.span.parent_span_id).expect("a write has a parent");
        assert!(["request", "provider_call"].contains(&parent.span.name.as_str()));
        let ends = write.span.end_time_unix_nano;
        assert!(write.span.start_time_unix_nano <= ends && ends > 0);
    }
    assert!(children(&told, request) >= 3, "two calls, and at least the decision");
}

fn children(told: &[Told], parent: &Told) -> usize {
    told.iter().filter(|it| it.span.parent_span_id == parent.span.span_id).count()
}

fn named<'a>(told: &'a [Told], name: &str) -> Vec<&'a Told> {
    told.iter().filter(|it| it.span.name == name).collect()
}

/// The spans of the trace that the collector has.
fn told(collector: &Receiver) -> Vec<Told> {
    let mut told = Vec::new();
    for seen in collector.seen() {
        let all = ExportTraceServiceRequest::decode(&seen.body[..]).expect("it is OTLP");
        for of_node in all.resource_spans {
            let attributes = of_node.resource.unwrap_or_default().attributes.into_iter();
            let node = attributes.filter(|it| it.key == "service.instance.id").find_map(|it| {
                match it.value.and_then(|it| it.value) {
                    Some(StringValue(node)) => Some(node),
                    _ => None,
                }
            });
            let node = node.expect("a node says who it is");
            let spans = of_node.scope_spans.into_iter().flat_map(|scope| scope.spans);
            let ours = spans.filter(|span| hex(&span.trace_id) == TRACE);
            told.extend(ours.map(|span| Told { span, node: node.clone() }));
        }
    }
    told
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
