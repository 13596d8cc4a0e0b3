//! Writes asks as requests.

use crate::catalog::Catalog;
use crate::http::request::{self, Post, encode_query, put};
use crate::workload::{Ask, OrderAsk, Pay};

/// How many hits a search wants.
const HITS: u32 = 20;
/// How long a card payment is waited for, in seconds.
const PAYMENT_WAIT_S: u32 = 5;

/// Writes requests into buffers that it keeps.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    body: Vec<u8>,
    request: Vec<u8>,
}

impl Encoder {
    /// The request of an ask.
    pub(super) fn encode(&mut self, ask: &Ask, catalog: &Catalog) -> &[u8] {
        match ask {
            Ask::Place(order) => self.place(order, catalog),
            Ask::Search(query) => {
                let path = format!("/v1/search?q={}&limit={HITS}", encode_query(query));
                request::get(&mut self.request, &path);
            }
            Ask::Page(product) => {
                let path = format!("/v1/products/{}", catalog.ids[*product as usize]);
                request::get(&mut self.request, &path);
            }
            Ask::Order(order) => request::get(&mut self.request, &format!("/v1/orders/{order}")),
        }
        &self.request
    }

    fn place(&mut self, ask: &OrderAsk, catalog: &Catalog) {
        let body = &mut self.body;
        body.clear();
        put(body, format_args!("{{\"customer_id\":\"{}\",\"lines\":[", ask.customer));
        for (n, line) in ask.lines.iter().enumerate() {
            let (comma, id) = (if n == 0 { "" } else { "," }, &catalog.ids[line.product as usize]);
            let quantity = line.quantity;
            let line = format_args!("{comma}{{\"product_id\":\"{id}\",\"quantity\":{quantity}}}");
            put(body, line);
        }
        let (method, wait_s) = match ask.pay {
            Pay::OnAccount => ("on_account", 0),
            Pay::Card { token, .. } => (token, PAYMENT_WAIT_S),
        };
        let currency = &catalog.currency;
        let end = format_args!("],\"currency\":\"{currency}\",\"payment_method\":\"{method}\"}}");
        put(body, end);
        let post = Post { path: "/v1/orders", key: &ask.key, wait_s };
        request::post(&mut self.request, post, &self.body);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use api_client::NewOrder;

    use super::Encoder;
    use crate::catalog::{Catalog, Goods, Kind};
    use crate::workload::{Ask, Line, OrderAsk, Pay};

    fn catalog() -> Catalog {
        let goods = Goods::of(Kind::Uniform(2)).unwrap();
        let ids = vec!["prod_a".into(), "prod_b".into()];
        Catalog { goods, ids, currency: "USD".to_owned(), stock: 1, fresh: true }
    }

    #[test]
    fn an_order_is_what_the_server_reads() {
        let lines = vec![Line { product: 1, quantity: 2 }, Line { product: 0, quantity: 1 }];
        let (customer, key) = (Arc::from("cus_1"), "k".to_owned());
        let ask = Ask::Place(OrderAsk { customer, key, lines, pay: Pay::OnAccount });
        let mut encoder = Encoder::default();
        let request = String::from_utf8(encoder.encode(&ask, &catalog()).to_vec()).unwrap();
        let (_, body) = request.split_once("\r\n\r\n").unwrap();
        let order: NewOrder = serde_json::from_str(body).unwrap();
        assert_eq!(order.customer_id, "cus_1");
        assert_eq!(order.payment_method.as_deref(), Some("on_account"));
        let lines: Vec<_> =
            order.lines.iter().map(|line| (line.product_id.as_str(), line.quantity)).collect();
        assert_eq!(lines, [("prod_b", 2), ("prod_a", 1)]);
    }

    #[test]
    fn searches_and_pages_are_gets() {
        let mut encoder = Encoder::default();
        let request = encoder.encode(&Ask::Search(Arc::from("hd tv")), &catalog());
        assert!(request.starts_with(b"GET /v1/search?q=hd+tv&limit=20 HTTP/1.1\r\n"));
        let request = encoder.encode(&Ask::Page(1), &catalog());
        assert!(request.starts_with(b"GET /v1/products/prod_b HTTP/1.1\r\n"));
    }
}
