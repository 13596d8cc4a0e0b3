//! What each route needs, in one table. A route that is not in it needs everything: a forgotten
//! line locks a door, it does not open one. A test holds the table and the router together.

use axum::http::Method;
use engine_core::access::Scope;

/// What a caller must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Everybody may.
    Nothing,
    /// Whoever is on this machine may.
    Loopback,
    /// Every one of these scopes.
    All(&'static [Scope]),
    /// To be the customer that it is about, or to have this scope.
    CustomerOr(Scope),
}

use Need::{All, CustomerOr, Loopback, Nothing};
use Scope::{
    AuditRead, CatalogWrite, ClusterRead, ClusterWrite, FeedRead, FulfillmentWrite, HoldsWrite,
    KeysWrite, OrdersRead, OrdersWrite, RefundsWrite, StockRead, StockWrite, WebhooksRead,
    WebhooksWrite,
};

/// The methods that write.
const WRITES: [Method; 4] = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// What a matched path needs: to be read, and to be written.
const RULES: &[(&str, Need, Need)] = &[
    ("/heartbeat", Nothing, Nothing),
    ("/livez", Nothing, Nothing),
    ("/readyz", Nothing, Nothing),
    ("/docs", Nothing, Nothing),
    ("/docs/{file}", Nothing, Nothing),
    ("/v1/openapi.json", Nothing, Nothing),
    ("/metrics", All(&[ClusterRead]), Nothing),
    // The seeds' bodies carry the stock.
    ("/product", Nothing, All(&[CatalogWrite, StockWrite])),
    ("/product/{id}", Nothing, All(&[CatalogWrite, StockWrite])),
    ("/collection", Nothing, All(&[CatalogWrite])),
    ("/collection/{id}", Nothing, All(&[CatalogWrite])),
    ("/v1/products", Nothing, All(&[CatalogWrite])),
    ("/v1/products/{id}", Nothing, All(&[CatalogWrite])),
    ("/v1/collections", Nothing, All(&[CatalogWrite])),
    ("/v1/collections/{id}", Nothing, All(&[CatalogWrite])),
    ("/v1/search", Nothing, Nothing),
    ("/v1/search/complete", Nothing, Nothing),
    // Rules say which products a shop would rather not show.
    ("/v1/search/settings", All(&[CatalogWrite]), All(&[CatalogWrite])),
    ("/v1/stock/receipts", Nothing, All(&[StockWrite])),
    ("/v1/stock/adjustments", Nothing, All(&[StockWrite])),
    ("/v1/stock/levels", Nothing, All(&[StockWrite])),
    ("/v1/stock/transfers", Nothing, All(&[StockWrite])),
    ("/v1/stock/{id}", All(&[StockRead]), Nothing),
    ("/v1/stock/{id}/movements", All(&[StockRead]), Nothing),
    ("/v1/stock/{id}/policy", All(&[StockRead]), All(&[StockWrite])),
    ("/v1/locations", All(&[StockRead]), All(&[StockWrite])),
    ("/v1/locations/{id}", All(&[StockRead]), All(&[StockWrite])),
    ("/v1/holds", Nothing, All(&[HoldsWrite])),
    ("/v1/holds/{id}", All(&[HoldsWrite]), All(&[HoldsWrite])),
    ("/v1/holds/{id}/commit", Nothing, All(&[HoldsWrite])),
    ("/v1/orders", CustomerOr(OrdersRead), CustomerOr(OrdersWrite)),
    ("/v1/orders/{id}", CustomerOr(OrdersRead), Nothing),
    ("/v1/orders/{id}/cancel", Nothing, CustomerOr(OrdersWrite)),
    ("/v1/orders/{id}/history", CustomerOr(OrdersRead), Nothing),
    ("/v1/orders/{id}/allocation", All(&[OrdersRead]), Nothing),
    ("/v1/orders/{id}/recover", Nothing, All(&[OrdersWrite])),
    ("/v1/recovery/orders", All(&[OrdersRead]), Nothing),
    ("/v1/orders/{id}/payments", Nothing, CustomerOr(OrdersWrite)),
    ("/v1/payments/orphans", All(&[OrdersRead]), Nothing),
    // It may give money back that no order knows.
    ("/v1/payments/reconcile", Nothing, All(&[OrdersWrite, RefundsWrite])),
    // Its signature says that it is Stripe.
    ("/v1/payments/stripe/webhooks", Nothing, Nothing),
    ("/v1/orders/{id}/fulfillments", Nothing, All(&[FulfillmentWrite])),
    ("/v1/orders/{id}/fulfillments/{part_id}/pack", Nothing, All(&[FulfillmentWrite])),
    ("/v1/orders/{id}/fulfillments/{part_id}/ship", Nothing, All(&[FulfillmentWrite])),
    ("/v1/orders/{id}/fulfillments/{part_id}/deliver", Nothing, All(&[FulfillmentWrite])),
    ("/v1/orders/{id}/fulfillments/{part_id}/cancel", Nothing, All(&[FulfillmentWrite])),
    ("/v1/orders/{id}/fulfillments/{part_id}/lost", Nothing, All(&[FulfillmentWrite])),
    ("/v1/orders/{id}/fulfillments/{part_id}/reship", Nothing, All(&[FulfillmentWrite])),
    ("/v1/orders/{id}/returns", CustomerOr(OrdersRead), CustomerOr(OrdersWrite)),
    ("/v1/orders/{id}/returns/{part_id}/cancel", Nothing, CustomerOr(OrdersWrite)),
    ("/v1/orders/{id}/returns/{part_id}/approve", Nothing, All(&[FulfillmentWrite])),
    ("/v1/orders/{id}/returns/{part_id}/reject", Nothing, All(&[FulfillmentWrite])),
    ("/v1/orders/{id}/returns/{part_id}/receive", Nothing, All(&[FulfillmentWrite])),
    // It gives money back where there is some.
    ("/v1/orders/{id}/lines/cancel", Nothing, All(&[OrdersWrite])),
    ("/v1/orders/{id}/refunds", CustomerOr(OrdersRead), All(&[RefundsWrite])),
    ("/v1/cart", CustomerOr(OrdersRead), CustomerOr(OrdersWrite)),
    ("/v1/cart/lines/{id}", Nothing, CustomerOr(OrdersWrite)),
    ("/v1/cart/merge", Nothing, CustomerOr(OrdersWrite)),
    ("/v1/quotes", Nothing, Nothing),
    // A list of codes is worth money.
    ("/v1/promotions", All(&[CatalogWrite]), All(&[CatalogWrite])),
    ("/v1/promotions/{id}", All(&[CatalogWrite]), All(&[CatalogWrite])),
    ("/v1/shipping-methods", Nothing, All(&[CatalogWrite])),
    ("/v1/shipping-methods/{id}", Nothing, All(&[CatalogWrite])),
    ("/v1/tax-rates", Nothing, All(&[CatalogWrite])),
    ("/v1/tax-rates/{id}", Nothing, All(&[CatalogWrite])),
    ("/v1/guests", Nothing, Nothing),
    ("/v1/cluster/status", All(&[ClusterRead]), Nothing),
    ("/v1/cluster/self", All(&[ClusterRead]), Nothing),
    ("/v1/cluster/leaders/transfer", Nothing, All(&[ClusterWrite])),
    ("/v1/cluster/init", Nothing, Loopback),
    ("/v1/cluster/search", All(&[ClusterRead]), Nothing),
    ("/v1/cluster/search/rebuild", Nothing, All(&[ClusterWrite])),
    ("/v1/audit", All(&[ClusterRead]), Nothing),
    ("/v1/audit-trail", All(&[AuditRead]), Nothing),
    ("/v1/keys", All(&[KeysWrite]), All(&[KeysWrite])),
    ("/v1/keys/{id}", All(&[KeysWrite]), Nothing),
    ("/v1/keys/{id}/rotate", Nothing, All(&[KeysWrite])),
    ("/v1/keys/{id}/revoke", Nothing, All(&[KeysWrite])),
    ("/v1/events", All(&[FeedRead]), Nothing),
    // Who reads it says how far.
    ("/v1/events/consumers", All(&[FeedRead]), Nothing),
    ("/v1/events/consumers/{name}", All(&[FeedRead]), All(&[FeedRead])),
    ("/v1/webhook-endpoints", All(&[WebhooksRead]), All(&[WebhooksWrite])),
    ("/v1/webhook-endpoints/{id}", All(&[WebhooksRead]), All(&[WebhooksWrite])),
    ("/v1/webhook-endpoints/{id}/rotate-secret", Nothing, All(&[WebhooksWrite])),
    ("/v1/webhook-endpoints/{id}/dead-letters", All(&[WebhooksRead]), Nothing),
    ("/v1/webhook-endpoints/{id}/replay", Nothing, All(&[WebhooksWrite])),
    ("/v1/notices", All(&[ClusterRead]), Nothing),
    ("/v1/notices/replay", Nothing, All(&[ClusterWrite])),
];

/// What a request to a matched path needs. A method that no path takes needs nothing: it is refused
/// by itself, with 405.
pub fn need(method: &Method, route: &str) -> Need {
    let rule = RULES.iter().find(|(path, ..)| *path == route);
    match rule {
        Some((_, read, _)) if method == Method::GET || method == Method::HEAD => *read,
        Some((.., write)) if WRITES.contains(method) => *write,
        Some(_) => Nothing,
        None => All(&Scope::ALL),
    }
}

/// Every path that has a line.
#[cfg(test)]
pub fn paths() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(path, ..)| *path)
}

#[cfg(test)]
mod tests {
    use engine_core::access::Role;

    use super::*;

    #[test]
    fn an_unknown_route_needs_everything() {
        assert_eq!(need(&Method::GET, "/v1/new"), All(&Scope::ALL));
        assert_eq!(need(&Method::HEAD, "/v1/stock/{id}"), All(&[StockRead]));
        assert_eq!(need(&Method::DELETE, "/v1/holds/{id}"), All(&[HoldsWrite]));
        assert_eq!(need(&Method::TRACE, "/v1/holds/{id}"), Nothing);
        assert_eq!(need(&Method::TRACE, "/v1/new"), All(&Scope::ALL));
    }

    /// `docs/access.md` says of each role what it may do.
    #[test]
    fn the_document_has_every_role_as_it_is() {
        let document = include_str!("../../../../docs/access.md");
        for role in Role::ALL {
            let scopes: Vec<_> = role.scopes().iter().map(|scope| format!("`{scope}`")).collect();
            let row = format!("| `{}` | {} |", role.as_str(), scopes.join(" "));
            assert!(document.contains(&row), "docs/access.md lacks {row}");
        }
    }

    /// Each documented path has a line here, and each line a path; and what the document says of
    /// who may call an operation is what its line says.
    #[test]
    fn the_table_has_every_route_and_no_other() {
        let document = crate::openapi::of_all_routes();
        let routed = document["paths"].as_object().unwrap();
        let mut ruled: Vec<_> = paths().collect();
        ruled.sort_unstable();
        assert_eq!(ruled, routed.keys().map(String::as_str).collect::<Vec<_>>());
        for (path, item) in routed {
            for (method, operation) in item.as_object().unwrap() {
                let said = operation["security"].as_array().unwrap();
                let method: Method = method.to_uppercase().parse().unwrap();
                let schemes = match need(&method, path) {
                    Nothing | Loopback => 0,
                    All(_) => 1,
                    CustomerOr(_) => 2,
                };
                assert_eq!(said.len(), schemes, "{method} {path}: {said:?}");
            }
        }
    }
}
