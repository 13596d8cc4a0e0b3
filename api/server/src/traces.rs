//! Traces: which requests have one, and who is sent their spans.
//!
//! A request belongs to the trace that its `traceparent` names
//! (<https://www.w3.org/TR/trace-context/>); with `--otlp` a part of all others get one of their
//! own. Its spans are `request` here, a `write` at the leader of each shard that it writes to, and
//! a `provider_call` for each call that its order leads to. They go to a collector by OTLP over
//! HTTP (<https://opentelemetry.io/docs/specs/otlp/>), and name the trace in the log, if any of it
//! is logged. A request without a trace makes no span.

use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use clap::Args;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{HeaderExtractor, HttpClient, HttpError};
use opentelemetry_otlp::{
    ExporterBuildError, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use reqwest::Url;
use tokio::runtime::Handle;
use tracing::field::{Empty, display};
use tracing::{Metadata, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, Targets, filter_fn};
use tracing_subscriber::layer::Filter;
use tracing_subscriber::registry::LookupSpan;

use crate::config;
use crate::http::RequestId;

/// The header that names a trace.
const TRACEPARENT: &str = "traceparent";
/// Where a collector takes traces, under its address.
const PATH: &str = "v1/traces";
/// How long a collector may take, in seconds.
const COLLECTOR_S: u64 = 10;
/// Whose spans are told.
const OURS: [&str; 2] = ["api_server", "raft"];

/// Which traces are told to whom.
#[derive(Debug, Clone, Default, Args)]
pub struct TraceFlags {
    /// The collector to send traces to, by OTLP over HTTP, as http://127.0.0.1:4318
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    pub otlp: Option<Collector>,
    /// With --otlp: which part of the requests that belong to no trace get one, from 0 to 1
    #[arg(long, env = "STOA_TRACE_RATIO", default_value = "0.01", value_name = "PART")]
    pub trace_ratio: Ratio,
}

impl TraceFlags {
    /// Which part of the requests that belong to no trace get one.
    pub(crate) fn ratio(&self) -> Ratio {
        if self.otlp.is_some() { self.trace_ratio } else { Ratio::default() }
    }
}

/// Where a collector is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collector(Url);

impl FromStr for Collector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shape = "a collector is http://host:port or https://host:port";
        let mut url = Url::parse(text).map_err(|error| format!("{shape}: {error}"))?;
        if !["http", "https"].contains(&url.scheme()) {
            return Err(shape.to_owned());
        }
        let path = format!("{}/{PATH}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok(Self(url))
    }
}

/// A part of all, from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Ratio(f64);

impl FromStr for Ratio {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let part = text.parse().ok().filter(|part| (0.0..=1.0).contains(part));
        part.map(Self).ok_or_else(|| "a part is a number from 0 to 1".to_owned())
    }
}

/// Why traces cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum NoTraces {
    /// The HTTP client.
    #[error("cannot make a client for --otlp: {0}")]
    Client(#[from] reqwest::Error),
    /// What writes the protocol.
    #[error("cannot send traces to --otlp: {0}")]
    Exporter(#[from] ExporterBuildError),
}

/// Sends what is left when the node ends.
#[derive(Debug)]
pub struct Tracing(SdkTracerProvider);

impl Tracing {
    /// Sends the spans that were not sent yet. It waits for the collector.
    pub fn shutdown(self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// What gathers spans, and tells them if there is a collector. Call it where the runtime is known.
pub(crate) fn layer<S>(args: &config::Args) -> Result<(impl Layer<S> + use<S>, Tracing), NoTraces>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let node = Resource::builder().with_service_name("stoa").with_attributes([
        KeyValue::new("service.namespace", args.cluster_id.clone()),
        KeyValue::new("service.instance.id", args.node_id.to_string()),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
    ]);
    let provider = SdkTracerProvider::builder()
        .with_resource(node.build())
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)));
    let exporter = args.traces.otlp.as_ref().map(exporter).transpose()?;
    let provider = match exporter {
        Some(exporter) => provider.with_batch_exporter(exporter),
        None => provider,
    };
    let provider = provider.build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("stoa"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(ours());
    Ok((layer, Tracing(provider)))
}

/// Only spans: what is logged may have more in it than anybody else may know.
fn ours<S>() -> impl Filter<S> {
    let is_span = |what: &Metadata<'_>| what.is_span();
    let only_spans = filter_fn(is_span).with_max_level_hint(LevelFilter::INFO);
    Targets::new().with_targets(OURS.map(|name| (name, LevelFilter::INFO))).and(only_spans)
}

/// What sends spans to a collector.
fn exporter(collector: &Collector) -> Result<SpanExporter, NoTraces> {
    let timeout = Duration::from_secs(COLLECTOR_S);
    let client = reqwest::Client::builder().timeout(timeout).build()?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Sender { client, runtime: Handle::current() })
        .with_endpoint(collector.0.as_str())
        .with_timeout(timeout);
    Ok(exporter.build()?)
}

/// Sends what the exporter, on a thread of its own, has for the collector.
#[derive(Debug)]
struct Sender {
    client: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(
        &self,
        request: hyper::Request<Bytes>,
    ) -> Result<hyper::Response<Bytes>, HttpError> {
        let (client, request) = (self.client.clone(), request.try_into()?);
        let answer = self.runtime.spawn(async move {
            let answer = client.execute(request).await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            Ok::<_, reqwest::Error>((status, headers, answer.bytes().await?))
        });
        let (status, headers, body) = answer.await??;
        let mut response = hyper::Response::new(body);
        (*response.status_mut(), *response.headers_mut()) = (status, headers);
        Ok(response)
    }
}

/// Begins a request's span, if the request belongs to a trace or is to have one.
pub(crate) fn begin(ratio: Ratio, id: RequestId, request: &Request) -> Option<Span> {
    let context = named(request.headers());
    if context.is_none() && !(ratio.0 > 0.0 && rand::random::<f64>() < ratio.0) {
        return None;
    }
    let span =
        tracing::info_span!("request", request_id = %id, trace_id = Empty, otel.kind = "server");
    if let Some(context) = context {
        // Where nobody gathers spans there is nothing to set.
        let _unheard = span.set_parent(context);
    }
    let trace = span.context().span().span_context().trace_id();
    span.record("trace_id", display(trace));
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str);
    span.set_attribute("http.request.method", request.method().as_str().to_owned());
    span.set_attribute("http.route", route.to_owned());
    Some(span)
}

/// Ends it with the status of its answer.
pub(crate) fn end(span: &Span, status: StatusCode) {
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
}

/// The span that a caller names, if it is named well: anything else is ignored, as the standard
/// wants.
fn named(headers: &HeaderMap) -> Option<Context> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    // The library would take a sign before a number.
    if value.as_bytes().contains(&b'+') {
        return None;
    }
    let propagator = TraceContextPropagator::new();
    let context = propagator.extract_with_context(&Context::new(), &HeaderExtractor(headers));
    context.has_active_span().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_taken_as_the_standard_says() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(TRACEPARENT, text.parse().unwrap());
            named(&headers).map(|context| context.span().span_context().clone())
        };
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let at = of(good).unwrap();
        assert_eq!(at.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(at.span_id().to_string(), "00f067aa0ba902b7");
        for bad in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert!(of(bad).is_none(), "{bad}");
        }
        let mut twice = HeaderMap::new();
        twice.append(TRACEPARENT, good.parse().unwrap());
        twice.append(TRACEPARENT, good.parse().unwrap());
        assert!(named(&twice).is_none());
    }

    #[test]
    fn a_collector_has_the_path_of_the_protocol() {
        let of = |text: &str| text.parse::<Collector>().map(|it| it.0.to_string());
        assert_eq!(of("http://127.0.0.1:4318").as_deref(), Ok("http://127.0.0.1:4318/v1/traces"));
        let below = of("https://collector.example/otlp/");
        assert_eq!(below.as_deref(), Ok("https://collector.example/otlp/v1/traces"));
        for bad in ["", "127.0.0.1:4318", "grpc://127.0.0.1:4317", "http://"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_part_is_of_all() {
        for (text, good) in [("0", true), ("0.01", true), ("1", true), ("1.1", false)] {
            assert_eq!(text.parse::<Ratio>().is_ok(), good, "{text}");
        }
        for bad in ["-0.1", "NaN", "inf", "", "1%"] {
            assert!(bad.parse::<Ratio>().is_err(), "{bad}");
        }
    }
}
