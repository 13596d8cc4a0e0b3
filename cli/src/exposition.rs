//! What Prometheus reads, as far as `stoa top` needs it: samples of counters, gauges and histograms
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::collections::BTreeMap;

/// One scrape of a node.
#[derive(Debug, Clone, Default)]
pub struct Scrape {
    samples: Vec<Sample>,
}

#[derive(Debug, Clone, PartialEq)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Scrape {
    /// Reads an exposition; lines that are no samples are passed over.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self { samples: lines.filter_map(sample).collect() }
    }

    /// The sum of a metric's samples that have all these labels.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.of(name, labels).map(|sample| sample.value).sum()
    }

    /// The largest of a metric's samples.
    pub fn max(&self, name: &str) -> f64 {
        self.of(name, &[]).map(|sample| sample.value).fold(0.0, f64::max)
    }

    /// A quantile of what a histogram has counted since an earlier scrape: the upper bound of the
    /// bucket that it falls into; nothing if nothing was counted.
    pub fn quantile_since(&self, before: &Self, name: &str, quantile: f64) -> Option<f64> {
        let (now, then) = (self.buckets(name), before.buckets(name));
        let grown = |bound: &Bound, count: f64| count - then.get(bound).copied().unwrap_or(0.0);
        let total = now.last_key_value().map(|(bound, count)| grown(bound, *count))?;
        let wanted = total * quantile;
        let found = now.iter().find(|(bound, count)| grown(bound, **count) >= wanted);
        (total > 0.0).then_some(found?.0.0)
    }

    fn buckets(&self, name: &str) -> BTreeMap<Bound, f64> {
        let mut buckets = BTreeMap::new();
        let series = format!("{name}_bucket");
        for sample in self.of(&series, &[]) {
            let bound = sample.labels.get("le").and_then(|bound| bound.parse().ok());
            if let Some(bound) = bound {
                *buckets.entry(Bound(bound)).or_insert(0.0) += sample.value;
            }
        }
        buckets
    }

    fn of<'a>(
        &'a self,
        name: &'a str,
        labels: &'a [(&str, &str)],
    ) -> impl Iterator<Item = &'a Sample> {
        let fits = move |sample: &&Sample| {
            let has = |(name, value): &(&str, &str)| {
                sample.labels.get(*name).is_some_and(|there| there == value)
            };
            sample.name == name && labels.iter().all(has)
        };
        self.samples.iter().filter(fits)
    }
}

/// A bucket's upper bound: never NaN, so it has an order.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bound(f64);

impl Eq for Bound {}

impl PartialOrd for Bound {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Bound {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

fn sample(line: &str) -> Option<Sample> {
    let (series, value) = line.trim().rsplit_once(' ')?;
    let (name, labels) = match series.split_once('{') {
        Some((name, rest)) => (name, rest.strip_suffix('}')?),
        None => (series, ""),
    };
    let label = |label: &str| {
        let (name, value) = label.split_once('=')?;
        Some((name.trim().to_owned(), value.trim_matches('"').to_owned()))
    };
    // None of our labels has a comma or a quote in it: routes, methods and numbers.
    let labels = labels.split(',').filter(|text| !text.is_empty());
    let labels = labels.map(label).collect::<Option<_>>()?;
    Some(Sample { name: name.to_owned(), labels, value: value.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
# HELP x y
# TYPE stoa_http_requests_total counter
stoa_http_requests_total{route="/v1/orders",method="POST",status="201"} 40
stoa_http_requests_total{route="/v1/search",method="GET",status="200"} 2
stoa_node_ready 1
stoa_x_seconds_bucket{le="0.001"} 5
stoa_x_seconds_bucket{le="0.01"} 9
stoa_x_seconds_bucket{le="+Inf"} 10
nonsense
"#;

    #[test]
    fn sums_are_of_the_samples_with_the_labels() {
        let scrape = Scrape::parse(TEXT);
        assert_eq!(scrape.sum("stoa_http_requests_total", &[]), 42.0);
        assert_eq!(scrape.sum("stoa_http_requests_total", &[("route", "/v1/orders")]), 40.0);
        assert_eq!(scrape.sum("stoa_node_ready", &[]), 1.0);
        assert_eq!(scrape.max("stoa_http_requests_total"), 40.0);
        assert_eq!(scrape.sum("stoa_http", &[]), 0.0);
    }

    #[test]
    fn a_quantile_is_of_what_was_counted_since() {
        let (before, now) = (Scrape::default(), Scrape::parse(TEXT));
        let quantile = |before: &Scrape, of| now.quantile_since(before, "stoa_x_seconds", of);
        assert_eq!(quantile(&before, 0.5), Some(0.001));
        assert_eq!(quantile(&before, 0.9), Some(0.01));
        assert_eq!(quantile(&before, 0.99), Some(f64::INFINITY));
        assert_eq!(quantile(&now, 0.5), None, "nothing new");
    }
}
