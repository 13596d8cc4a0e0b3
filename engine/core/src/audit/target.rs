//! What a command is called, and what it is about.

use super::{Change, Operation, RecordOperation, Resource, Value};
use crate::command::Command;
use crate::ids::{ConsumerId, PromotionId, ShardId};
use crate::inventory::HoldRef;

/// Gives each command its name, and what it is about: its resource, by a field of its own.
macro_rules! commands {
    (
        names: [$($kind:ident $name:literal,)*]
        targets: [$($about:ident $resource:ident $field:ident,)*]
    ) => {
        impl Command {
            /// Its name, as in the trail: that of its file.
            pub fn name(&self) -> &'static str {
                match self {
                    Self::RecordOperation(RecordOperation { operation }) => operation.name(),
                    $(Self::$kind(_) => $name,)*
                }
            }

            /// What it is about. What is about no thing in particular is about the shard that does
            /// it.
            pub fn target(&self, here: ShardId) -> Resource {
                match self {
                    Self::HoldStock(command) => of_hold(command.hold),
                    Self::CommitHold(command) => of_hold(command.hold),
                    Self::ReleaseHold(command) => of_hold(command.hold),
                    Self::Settle(command) => Resource::Order(command.effect.order),
                    Self::RecordOperation(command) => of_operation(&command.operation, here),
                    Self::CreatePromotion(command) => {
                        Resource::Promotion(PromotionId::of(&command.code))
                    }
                    Self::PutConsumer(command) => {
                        Resource::Consumer(ConsumerId::of(&command.name))
                    }
                    Self::PutTaxRate(command) => Resource::TaxRate(command.id()),
                    // Which cart the guest had, its shard finds out: the changes say.
                    Self::MergeCart(_)
                    | Self::Pulse(_)
                    | Self::NoteKeyUses(_)
                    | Self::BeginEpoch(_)
                    | Self::PutSearchSettings(_)
                    | Self::OpenNotices(_)
                    | Self::StartNotices(_)
                    | Self::SettleNotices(_)
                    | Self::ReplayDeadNotices(_)
                    | Self::SetFeedRetention(_) => Resource::Shard(here),
                    $(Self::$about(command) => Resource::$resource(command.$field),)*
                }
            }
        }
    };
}

commands! {
    names: [
        CreateProduct "create_product",
        UpdateProduct "update_product",
        ArchiveProduct "archive_product",
        CreateCollection "create_collection",
        UpdateCollection "update_collection",
        ArchiveCollection "archive_collection",
        ReceiveStock "receive_stock",
        AdjustStock "adjust_stock",
        SetStock "set_stock",
        HoldStock "hold_stock",
        CommitHold "commit_hold",
        ReleaseHold "release_hold",
        PlaceOrder "place_order",
        RefuseOrder "refuse_order",
        ResolveHold "resolve_hold",
        CancelOrder "cancel_order",
        Settle "settle",
        Deliver "deliver",
        Acknowledge "acknowledge",
        Pulse "pulse",
        CreateKey "create_key",
        RotateKey "rotate_key",
        RevokeKey "revoke_key",
        NoteKeyUses "note_key_uses",
        CreateWebhook "create_webhook",
        UpdateWebhook "update_webhook",
        RotateWebhookSecret "rotate_webhook_secret",
        DisableWebhook "disable_webhook",
        DeleteWebhook "delete_webhook",
        OpenDeliveries "open_deliveries",
        NoteDeliveries "note_deliveries",
        CloseDeliveries "close_deliveries",
        ReplayDeadLetters "replay_dead_letters",
        SetStockPolicy "set_stock_policy",
        RecoverOrder "recover_order",
        NotePaymentEvent "note_payment_event",
        RetryPayment "retry_payment",
        CreateFulfillment "create_fulfillment",
        PackFulfillment "pack_fulfillment",
        ShipFulfillment "ship_fulfillment",
        DeliverFulfillment "deliver_fulfillment",
        CancelFulfillment "cancel_fulfillment",
        CancelLines "cancel_lines",
        RefundOrder "refund_order",
        SetCartLine "set_cart_line",
        ClearCart "clear_cart",
        MergeCart "merge_cart",
        LoseFulfillment "lose_fulfillment",
        RequestReturn "request_return",
        ApproveReturn "approve_return",
        RejectReturn "reject_return",
        CancelReturn "cancel_return",
        ReceiveReturn "receive_return",
        NoteDispute "note_dispute",
        ImportRefund "import_refund",
        OpenNotices "open_notices",
        StartNotices "start_notices",
        SettleNotices "settle_notices",
        ReplayDeadNotices "replay_dead_notices",
        ReconcileIntent "reconcile_intent",
        CreatePromotion "create_promotion",
        UpdatePromotion "update_promotion",
        ArchivePromotion "archive_promotion",
        PutShippingMethod "put_shipping_method",
        DeleteShippingMethod "delete_shipping_method",
        PutTaxRate "put_tax_rate",
        DeleteTaxRate "delete_tax_rate",
        BeginEpoch "begin_epoch",
        PutLocation "put_location",
        ReshipFulfillment "reship_fulfillment",
        TransferStock "transfer_stock",
        PutSearchSettings "put_search_settings",
        PutConsumer "put_consumer",
        DeleteConsumer "delete_consumer",
        SetFeedRetention "set_feed_retention",
    ]
    targets: [
        CreateProduct Product id,
        UpdateProduct Product id,
        ArchiveProduct Product id,
        CreateCollection Collection id,
        UpdateCollection Collection id,
        ArchiveCollection Collection id,
        ReceiveStock Stock product,
        AdjustStock Stock product,
        SetStock Stock product,
        PlaceOrder Order order,
        RefuseOrder Order order,
        ResolveHold Order order,
        CancelOrder Order order,
        RecoverOrder Order order,
        Deliver Shard from,
        Acknowledge Shard to,
        CreateKey Key id,
        RotateKey Key id,
        RevokeKey Key id,
        CreateWebhook Webhook id,
        UpdateWebhook Webhook id,
        RotateWebhookSecret Webhook id,
        DisableWebhook Webhook id,
        DeleteWebhook Webhook id,
        OpenDeliveries Webhook endpoint,
        NoteDeliveries Webhook endpoint,
        CloseDeliveries Webhook endpoint,
        ReplayDeadLetters Webhook endpoint,
        SetStockPolicy Stock product,
        NotePaymentEvent Order order,
        RetryPayment Order order,
        CreateFulfillment Order order,
        PackFulfillment Order order,
        ShipFulfillment Order order,
        DeliverFulfillment Order order,
        CancelFulfillment Order order,
        CancelLines Order order,
        RefundOrder Order order,
        SetCartLine Cart cart,
        ClearCart Cart cart,
        LoseFulfillment Order order,
        ReshipFulfillment Order order,
        RequestReturn Order order,
        ApproveReturn Order order,
        RejectReturn Order order,
        CancelReturn Order order,
        ReceiveReturn Order order,
        NoteDispute Order order,
        ImportRefund Order order,
        ReconcileIntent Order order,
        UpdatePromotion Promotion id,
        ArchivePromotion Promotion id,
        PutShippingMethod ShippingMethod id,
        DeleteShippingMethod ShippingMethod id,
        DeleteTaxRate TaxRate id,
        PutLocation Location id,
        TransferStock Stock product,
        DeleteConsumer Consumer id,
    ]
}

impl Command {
    /// What it has changed that is told by no row.
    pub(super) fn changes_of_no_row(&self) -> Vec<Change> {
        let Self::RecordOperation(RecordOperation { operation }) = self else { return Vec::new() };
        let (of, field, value) = match operation {
            Operation::TransferLeader { shard, to } => {
                (*shard, "leader", Value::Number(i64::try_from(*to).unwrap_or(i64::MAX)))
            }
            // The meta group keeps it.
            Operation::ReconcilePayments { since } => {
                (ShardId::META, "reconciled_since", Value::Time(*since))
            }
            Operation::RebuildSearch { node, shard } => {
                let node = Value::Number(i64::try_from(*node).unwrap_or(i64::MAX));
                (shard.unwrap_or(ShardId::META), "search_rebuilt_at_node", node)
            }
        };
        let after = Some(vec![(field.to_owned(), value)]);
        vec![Change { of: Resource::Shard(of), before: Some(Vec::new()), after }]
    }
}

/// What was done to the cluster itself.
fn of_operation(operation: &Operation, here: ShardId) -> Resource {
    match operation {
        Operation::TransferLeader { shard, .. } => Resource::Shard(*shard),
        Operation::ReconcilePayments { .. } => Resource::Shard(here),
        Operation::RebuildSearch { shard, .. } => Resource::Shard(shard.unwrap_or(here)),
    }
}

fn of_hold(hold: HoldRef) -> Resource {
    match hold {
        HoldRef::Order(order) => Resource::Order(order),
        HoldRef::Free(hold) => Resource::Hold(hold),
    }
}
