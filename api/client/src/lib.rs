//! Stoa's HTTP interface, as types and a client: what goes over the wire, and nothing else.
//!
//! The server speaks these very types, so a field is declared once. Requests refuse unknown fields;
//! answers may grow new ones, which readers ignore. Amounts are integer minor units, times are RFC
//! 3339 in UTC. This crate knows no engine crate and never will.
//!
//! Start at [`Client`].

mod audit;
mod audit_trail;
mod carts;
mod catalog;
mod client;
mod cluster;
mod error;
mod events;
mod fulfillment;
mod fulfillment_calls;
pub mod header;
mod holds;
mod keys;
mod list;
mod locations;
mod notices;
mod orders;
mod payments;
mod pricing;
mod problem;
mod reconcile;
mod recovery;
mod returns;
mod search;
mod search_index;
mod search_settings;
mod stock;
mod webhooks;

pub use audit::{Audit, Checked, Violation};
pub use audit_trail::{TrailActor, TrailChange, TrailQuery, TrailRow, TrailThing};
pub use carts::{Cart, CartLine, MergeCart, PutCartLine};
pub use catalog::{Collection, NewCollection, NewProduct, PatchCollection, PatchProduct, Product};
pub use client::{Answer, Client};
pub use cluster::{ClusterNode, ClusterShard, ClusterStatus, NodeSelf, TransferLeader};
pub use error::Error;
pub use events::{CloudEvent, EventConsumer, EventQuery, PutEventConsumer};
pub use fulfillment::{
    CancelLines, Fulfillment, LineUnits, NewFulfillment, NewRefund, Refund, ShipFulfillment,
};
pub use holds::{Hold, HoldLine, NewHold};
pub use keys::{ApiKey, Guest, NewKey, RotateKey, ShownKey};
pub use list::List;
pub use locations::{AllocatedUnits, Location, NewLocation, StockLocation, TransferStock};
pub use notices::{Notice, ReplayedNotices};
pub use orders::{NewLine, NewOrder, Order, OrderFlags, OrderLine, OrderTransition, Payment};
pub use payments::{EventTaken, NewPayment, NextAction, StripeEvent};
pub use pricing::{
    Address, AppliedPromotion, AppliedShipping, AppliedTax, NewPromotion, NewQuote,
    NewShippingMethod, NewTaxRate, Place, Promotion, Quote, QuoteLine, ShippingMethod,
    ShippingRate, ShippingStep, TaxRate, TaxTotal,
};
pub use problem::{Problem, ShortLine};
pub use reconcile::{OrphanPayment, PaymentDifference, PaymentReconciliation, ReconcilePayments};
pub use recovery::{OrderRecovery, OrderToRecover, RecoverOrder};
pub use returns::{
    Dispute, LoseFulfillment, NewReturn, ReceiveReturn, ReceivedUnits, RejectReturn, Return,
};
pub use search::{
    AttributeFacet, Completion, Completions, Facet, Facets, HighlightPiece, Highlights, PriceFacet,
    SearchHit, SearchQuery, SearchResults, Snippet,
};
pub use search_index::{RebuildSearch, SearchIndexShard, SearchIndexStatus, SearchRebuild};
pub use search_settings::{
    PutSearchSettings, SearchRule, SearchSettings, SearchSynonyms, SearchTypos,
};
pub use stock::{
    AdjustStock, Movement, ReceiveStock, SetStock, SetStockPolicy, Stock, StockPolicy,
};
pub use webhooks::{
    DeadLetter, NewWebhookEndpoint, PatchWebhookEndpoint, ReplayedWebhooks, RotateWebhookSecret,
    ShownWebhookEndpoint, WebhookEndpoint,
};
