//! What a shard can be asked to do, and what it can answer.

use serde::{Deserialize, Serialize};

use crate::access::ApiKey;
use crate::audit::Actor;
use crate::cart::Cart;
use crate::catalog::{Collection, Product};
use crate::dedup::Idempotency;
use crate::feed::Consumer;
use crate::inventory::{HoldReceipt, Location, Stock};
use crate::order::Order;
use crate::pricing::{Promotion, ShippingMethod, TaxRate};
use crate::webhook::WebhookEndpoint;

pub use crate::access::{CreateKey, NoteKeyUses, RevokeKey, RotateKey};
pub use crate::audit::RecordOperation;
pub use crate::cart::{ClearCart, MergeCart, SetCartLine};
pub use crate::catalog::{
    ArchiveCollection, ArchiveProduct, CreateCollection, CreateProduct, UpdateCollection,
    UpdateProduct,
};
pub use crate::deliver::{Acknowledge, Deliver};
pub use crate::feed::{DeleteConsumer, PutConsumer, SetFeedRetention};
pub use crate::inventory::{
    AdjustStock, CommitHold, HoldStock, PutLocation, ReceiveStock, ReleaseHold, SetStock,
    SetStockPolicy, TransferStock,
};
pub use crate::notice::{OpenNotices, ReplayDeadNotices, SettleNotices, StartNotices};
pub use crate::order::{
    ApproveReturn, CancelFulfillment, CancelLines, CancelOrder, CancelReturn, CreateFulfillment,
    DeliverFulfillment, ImportRefund, LoseFulfillment, NoteDispute, PackFulfillment, PlaceOrder,
    ReceiveReturn, RecoverOrder, RefundOrder, RefuseOrder, RejectReturn, RequestReturn,
    ReshipFulfillment, ResolveHold, ShipFulfillment,
};
pub use crate::payment::{BeginEpoch, NotePaymentEvent, ReconcileIntent, RetryPayment, Settle};
pub use crate::pricing::{
    ArchivePromotion, CreatePromotion, DeleteShippingMethod, DeleteTaxRate, PutShippingMethod,
    PutTaxRate, UpdatePromotion,
};
pub use crate::pulse::Pulse;
pub use crate::search::PutSearchSettings;
pub use crate::webhook::{
    CloseDeliveries, CreateWebhook, DeleteWebhook, DisableWebhook, NoteDeliveries, OpenDeliveries,
    ReplayDeadLetters, RotateWebhookSecret, UpdateWebhook,
};

/// What the proposer wrote on a command: apply samples nothing itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Unix milliseconds at the leader that proposed it.
    pub now: u64,
    /// Names the request over all retries inside the cluster; see `dedup::request_id`. 0 for a
    /// command that is idempotent by itself.
    pub request: u128,
    /// The caller's idempotency key, if there is one.
    pub idempotency: Option<Idempotency>,
    /// Whom the audit trail names for it: nobody for a customer's own command and the machine's.
    pub actor: Option<Actor>,
}

/// A command with its stamp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped {
    /// What the proposer decided.
    pub stamp: Stamp,
    /// What to do.
    pub command: Command,
}

/// What one log entry carries: the commands queued while the last batch was being flushed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// In the order in which they are applied.
    pub commands: Vec<Stamped>,
    /// The leader's digest of a state all replicas have passed, for comparison.
    pub digest: Option<Digest>,
}

/// A rolling digest of every write up to a log index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// The last log index it covers.
    pub index: u64,
    /// xxh3 over the previous value and the writes since.
    pub value: u64,
}

/// Every request that changes a shard. Each is defined, with its handler, in a file of its own.
/// Append only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each variant is documented on its struct")]
pub enum Command {
    CreateProduct(CreateProduct),
    UpdateProduct(UpdateProduct),
    ArchiveProduct(ArchiveProduct),
    CreateCollection(CreateCollection),
    UpdateCollection(UpdateCollection),
    ArchiveCollection(ArchiveCollection),
    ReceiveStock(ReceiveStock),
    AdjustStock(AdjustStock),
    SetStock(SetStock),
    HoldStock(HoldStock),
    CommitHold(CommitHold),
    ReleaseHold(ReleaseHold),
    PlaceOrder(PlaceOrder),
    RefuseOrder(RefuseOrder),
    ResolveHold(ResolveHold),
    CancelOrder(CancelOrder),
    Settle(Settle),
    Deliver(Deliver),
    Acknowledge(Acknowledge),
    Pulse(Pulse),
    CreateKey(CreateKey),
    RotateKey(RotateKey),
    RevokeKey(RevokeKey),
    NoteKeyUses(NoteKeyUses),
    RecordOperation(RecordOperation),
    CreateWebhook(CreateWebhook),
    UpdateWebhook(UpdateWebhook),
    RotateWebhookSecret(RotateWebhookSecret),
    DisableWebhook(DisableWebhook),
    DeleteWebhook(DeleteWebhook),
    OpenDeliveries(OpenDeliveries),
    NoteDeliveries(NoteDeliveries),
    CloseDeliveries(CloseDeliveries),
    ReplayDeadLetters(ReplayDeadLetters),
    SetStockPolicy(SetStockPolicy),
    RecoverOrder(RecoverOrder),
    NotePaymentEvent(NotePaymentEvent),
    RetryPayment(RetryPayment),
    CreateFulfillment(CreateFulfillment),
    PackFulfillment(PackFulfillment),
    ShipFulfillment(ShipFulfillment),
    DeliverFulfillment(DeliverFulfillment),
    CancelFulfillment(CancelFulfillment),
    CancelLines(CancelLines),
    RefundOrder(RefundOrder),
    SetCartLine(SetCartLine),
    ClearCart(ClearCart),
    MergeCart(MergeCart),
    LoseFulfillment(LoseFulfillment),
    RequestReturn(RequestReturn),
    ApproveReturn(ApproveReturn),
    RejectReturn(RejectReturn),
    CancelReturn(CancelReturn),
    ReceiveReturn(ReceiveReturn),
    NoteDispute(NoteDispute),
    ImportRefund(ImportRefund),
    OpenNotices(OpenNotices),
    StartNotices(StartNotices),
    SettleNotices(SettleNotices),
    ReplayDeadNotices(ReplayDeadNotices),
    ReconcileIntent(ReconcileIntent),
    CreatePromotion(CreatePromotion),
    UpdatePromotion(UpdatePromotion),
    ArchivePromotion(ArchivePromotion),
    PutShippingMethod(PutShippingMethod),
    DeleteShippingMethod(DeleteShippingMethod),
    PutTaxRate(PutTaxRate),
    DeleteTaxRate(DeleteTaxRate),
    BeginEpoch(BeginEpoch),
    PutLocation(PutLocation),
    TransferStock(TransferStock),
    ReshipFulfillment(ReshipFulfillment),
    PutSearchSettings(PutSearchSettings),
    PutConsumer(PutConsumer),
    DeleteConsumer(DeleteConsumer),
    SetFeedRetention(SetFeedRetention),
}

/// What the caller is told when the command was accepted. Append only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// There is nothing to say: the command was a repeat, or stale, or only a note.
    Nothing,
    /// The product as it is now, with its stock.
    Product {
        /// The product.
        product: Box<Product>,
        /// Its stock.
        stock: Stock,
    },
    /// The collection as it is now.
    Collection(Box<Collection>),
    /// The stock level after the change.
    Stock(Stock),
    /// The units are held (or, for a repeat: what became of the hold).
    Held(HoldReceipt),
    /// The order as it is now.
    Order(Box<Order>),
    /// Messages have been taken in.
    Delivered {
        /// The number of the last one.
        through: u64,
    },
    /// Timers have fired.
    Pulsed {
        /// How many.
        fired: u32,
        /// More are overdue: pulse again.
        more: bool,
    },
    /// The API key as it is now.
    Key(Box<ApiKey>),
    /// The webhook endpoint as it is now, or was when it was deleted.
    Endpoint(Box<WebhookEndpoint>),
    /// Deliveries to an endpoint were moved or removed.
    Moved {
        /// How many.
        rows: u32,
        /// There are more: ask again.
        more: bool,
    },
    /// The cart as it is now.
    Cart(Box<Cart>),
    /// The promotion as it is now.
    Promotion(Box<Promotion>),
    /// The shipping method as it is now, or was when it was deleted.
    ShippingMethod(Box<ShippingMethod>),
    /// The tax rate as it is now, or was when it was deleted.
    TaxRate(Box<TaxRate>),
    /// The location as it is now.
    Location(Box<Location>),
    /// The settings of search were replaced.
    SearchSettings {
        /// Their version now.
        version: u64,
        /// When, in Unix milliseconds.
        updated_at: u64,
    },
    /// The consumer of the feed as it is now, or was when it was deleted.
    Consumer(Box<Consumer>),
}
