//! Counts and times of HTTP, and the text that Prometheus reads.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use hyper::Method;
use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of every histogram of times, in seconds.
const BUCKETS_S: [f64; 12] =
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Handles by the address of route and method, and the status.
type Handles = HashMap<(usize, usize, u16), (Counter, Histogram)>;

thread_local! {
    /// The handles of each route, so that a request looks nothing up by text.
    static HANDLES: RefCell<Handles> = RefCell::new(HashMap::new());
}

/// The process's metrics. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    handle: Option<PrometheusHandle>,
}

impl Metrics {
    /// Installs the process's recorder, once.
    pub fn install() -> Self {
        static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
        let handle = HANDLE.get_or_init(|| {
            let name = Matcher::Suffix("_seconds".to_owned());
            let builder = PrometheusBuilder::new().set_buckets_for_metric(name, &BUCKETS_S).ok()?;
            let installed = builder.install_recorder();
            installed.map_err(|error| tracing::warn!(%error, "there will be no metrics")).ok()
        });
        Self { handle: handle.clone() }
    }

    /// Counts a request that was answered.
    pub fn observe(&self, route: &str, method: &'static str, status: u16, took: Duration) {
        let key = (route.as_ptr() as usize, method.as_ptr() as usize, status);
        HANDLES.with_borrow_mut(|handles| {
            let (count, seconds) = handles.entry(key).or_insert_with(|| {
                let labels = [
                    ("route", route.to_owned()),
                    ("method", method.to_owned()),
                    ("status", status.to_string()),
                ];
                let count = metrics::counter!("stoa_http_requests_total", &labels);
                (count, metrics::histogram!("stoa_http_request_seconds", &labels[..2]))
            });
            count.increment(1);
            seconds.record(took.as_secs_f64());
        });
    }

    /// The exposition, and the housekeeping of histograms.
    pub fn render(&self) -> String {
        self.handle.as_ref().map(PrometheusHandle::render).unwrap_or_default()
    }

    /// Moves what was recorded since the last time into the buckets; called now and then.
    pub fn upkeep(&self) {
        if let Some(handle) = &self.handle {
            handle.run_upkeep();
        }
    }
}

/// The method as a label; unknown ones share one.
pub fn method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
