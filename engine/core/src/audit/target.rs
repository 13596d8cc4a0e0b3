//! What a command is called, and what it is about.

use super::{Change, Operation, RecordOperation, Resource, Value};
use crate::command::Command;
use crate::ids::{PromotionId, ShardId};
use crate::inventory::HoldRef;

impl Command {
    /// Its name, as in the trail: that of its file.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CreateProduct(_) => "create_product",
            Self::UpdateProduct(_) => "update_product",
            Self::ArchiveProduct(_) => "archive_product",
            Self::CreateCollection(_) => "create_collection",
            Self::UpdateCollection(_) => "update_collection",
            Self::ArchiveCollection(_) => "archive_collection",
            Self::ReceiveStock(_) => "receive_stock",
            Self::AdjustStock(_) => "adjust_stock",
            Self::SetStock(_) => "set_stock",
            Self::HoldStock(_) => "hold_stock",
            Self::CommitHold(_) => "commit_hold",
            Self::ReleaseHold(_) => "release_hold",
            Self::PlaceOrder(_) => "place_order",
            Self::RefuseOrder(_) => "refuse_order",
            Self::ResolveHold(_) => "resolve_hold",
            Self::CancelOrder(_) => "cancel_order",
            Self::Settle(_) => "settle",
            Self::Deliver(_) => "deliver",
            Self::Acknowledge(_) => "acknowledge",
            Self::Pulse(_) => "pulse",
            Self::CreateKey(_) => "create_key",
            Self::RotateKey(_) => "rotate_key",
            Self::RevokeKey(_) => "revoke_key",
            Self::NoteKeyUses(_) => "note_key_uses",
            Self::RecordOperation(RecordOperation { operation }) => operation.name(),
            Self::CreateWebhook(_) => "create_webhook",
            Self::UpdateWebhook(_) => "update_webhook",
            Self::RotateWebhookSecret(_) => "rotate_webhook_secret",
            Self::DisableWebhook(_) => "disable_webhook",
            Self::DeleteWebhook(_) => "delete_webhook",
            Self::OpenDeliveries(_) => "open_deliveries",
            Self::NoteDeliveries(_) => "note_deliveries",
            Self::CloseDeliveries(_) => "close_deliveries",
            Self::ReplayDeadLetters(_) => "replay_dead_letters",
            Self::SetStockPolicy(_) => "set_stock_policy",
            Self::RecoverOrder(_) => "recover_order",
            Self::NotePaymentEvent(_) => "note_payment_event",
            Self::RetryPayment(_) => "retry_payment",
            Self::CreateFulfillment(_) => "create_fulfillment",
            Self::PackFulfillment(_) => "pack_fulfillment",
            Self::ShipFulfillment(_) => "ship_fulfillment",
            Self::DeliverFulfillment(_) => "deliver_fulfillment",
            Self::CancelFulfillment(_) => "cancel_fulfillment",
            Self::CancelLines(_) => "cancel_lines",
            Self::RefundOrder(_) => "refund_order",
            Self::SetCartLine(_) => "set_cart_line",
            Self::ClearCart(_) => "clear_cart",
            Self::MergeCart(_) => "merge_cart",
            Self::LoseFulfillment(_) => "lose_fulfillment",
            Self::RequestReturn(_) => "request_return",
            Self::ApproveReturn(_) => "approve_return",
            Self::RejectReturn(_) => "reject_return",
            Self::CancelReturn(_) => "cancel_return",
            Self::ReceiveReturn(_) => "receive_return",
            Self::NoteDispute(_) => "note_dispute",
            Self::ImportRefund(_) => "import_refund",
            Self::OpenNotices(_) => "open_notices",
            Self::StartNotices(_) => "start_notices",
            Self::SettleNotices(_) => "settle_notices",
            Self::ReplayDeadNotices(_) => "replay_dead_notices",
            Self::ReconcileIntent(_) => "reconcile_intent",
            Self::CreatePromotion(_) => "create_promotion",
            Self::UpdatePromotion(_) => "update_promotion",
            Self::ArchivePromotion(_) => "archive_promotion",
            Self::PutShippingMethod(_) => "put_shipping_method",
            Self::DeleteShippingMethod(_) => "delete_shipping_method",
            Self::PutTaxRate(_) => "put_tax_rate",
            Self::DeleteTaxRate(_) => "delete_tax_rate",
            Self::PutLocation(_) => "put_location",
            Self::TransferStock(_) => "transfer_stock",
        }
    }

    /// What it is about. What is about no thing in particular is about the shard that does it.
    pub fn target(&self, here: ShardId) -> Resource {
        match self {
            Self::CreateProduct(command) => Resource::Product(command.id),
            Self::UpdateProduct(command) => Resource::Product(command.id),
            Self::ArchiveProduct(command) => Resource::Product(command.id),
            Self::CreateCollection(command) => Resource::Collection(command.id),
            Self::UpdateCollection(command) => Resource::Collection(command.id),
            Self::ArchiveCollection(command) => Resource::Collection(command.id),
            Self::ReceiveStock(command) => Resource::Stock(command.product),
            Self::AdjustStock(command) => Resource::Stock(command.product),
            Self::SetStock(command) => Resource::Stock(command.product),
            Self::HoldStock(command) => of_hold(command.hold),
            Self::CommitHold(command) => of_hold(command.hold),
            Self::ReleaseHold(command) => of_hold(command.hold),
            Self::PlaceOrder(command) => Resource::Order(command.order),
            Self::RefuseOrder(command) => Resource::Order(command.order),
            Self::ResolveHold(command) => Resource::Order(command.order),
            Self::CancelOrder(command) => Resource::Order(command.order),
            Self::RecoverOrder(command) => Resource::Order(command.order),
            Self::Settle(command) => Resource::Order(command.effect.order),
            Self::Deliver(command) => Resource::Shard(command.from),
            Self::Acknowledge(command) => Resource::Shard(command.to),
            Self::Pulse(_) | Self::NoteKeyUses(_) => Resource::Shard(here),
            Self::CreateKey(command) => Resource::Key(command.id),
            Self::RotateKey(command) => Resource::Key(command.id),
            Self::RevokeKey(command) => Resource::Key(command.id),
            Self::RecordOperation(command) => of_operation(&command.operation, here),
            Self::CreateWebhook(command) => Resource::Webhook(command.id),
            Self::UpdateWebhook(command) => Resource::Webhook(command.id),
            Self::RotateWebhookSecret(command) => Resource::Webhook(command.id),
            Self::DisableWebhook(command) => Resource::Webhook(command.id),
            Self::DeleteWebhook(command) => Resource::Webhook(command.id),
            Self::OpenDeliveries(command) => Resource::Webhook(command.endpoint),
            Self::NoteDeliveries(command) => Resource::Webhook(command.endpoint),
            Self::CloseDeliveries(command) => Resource::Webhook(command.endpoint),
            Self::ReplayDeadLetters(command) => Resource::Webhook(command.endpoint),
            Self::SetStockPolicy(command) => Resource::Stock(command.product),
            Self::NotePaymentEvent(command) => Resource::Order(command.order),
            Self::RetryPayment(command) => Resource::Order(command.order),
            Self::CreateFulfillment(command) => Resource::Order(command.order),
            Self::PackFulfillment(command) => Resource::Order(command.order),
            Self::ShipFulfillment(command) => Resource::Order(command.order),
            Self::DeliverFulfillment(command) => Resource::Order(command.order),
            Self::CancelFulfillment(command) => Resource::Order(command.order),
            Self::CancelLines(command) => Resource::Order(command.order),
            Self::RefundOrder(command) => Resource::Order(command.order),
            Self::SetCartLine(command) => Resource::Cart(command.cart),
            Self::ClearCart(command) => Resource::Cart(command.cart),
            // Which cart the guest had, its shard finds out: the changes say.
            Self::MergeCart(_) => Resource::Shard(here),
            Self::LoseFulfillment(command) => Resource::Order(command.order),
            Self::RequestReturn(command) => Resource::Order(command.order),
            Self::ApproveReturn(command) => Resource::Order(command.order),
            Self::RejectReturn(command) => Resource::Order(command.order),
            Self::CancelReturn(command) => Resource::Order(command.order),
            Self::ReceiveReturn(command) => Resource::Order(command.order),
            Self::NoteDispute(command) => Resource::Order(command.order),
            Self::ImportRefund(command) => Resource::Order(command.order),
            Self::OpenNotices(_)
            | Self::StartNotices(_)
            | Self::SettleNotices(_)
            | Self::ReplayDeadNotices(_) => Resource::Shard(here),
            Self::ReconcileIntent(command) => Resource::Order(command.order),
            Self::CreatePromotion(command) => Resource::Promotion(PromotionId::of(&command.code)),
            Self::UpdatePromotion(command) => Resource::Promotion(command.id),
            Self::ArchivePromotion(command) => Resource::Promotion(command.id),
            Self::PutShippingMethod(command) => Resource::ShippingMethod(command.id),
            Self::DeleteShippingMethod(command) => Resource::ShippingMethod(command.id),
            Self::PutTaxRate(command) => Resource::TaxRate(command.id()),
            Self::DeleteTaxRate(command) => Resource::TaxRate(command.id),
            Self::PutLocation(command) => Resource::Location(command.id),
            Self::TransferStock(command) => Resource::Stock(command.product),
        }
    }

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
    }
}

fn of_hold(hold: HoldRef) -> Resource {
    match hold {
        HoldRef::Order(order) => Resource::Order(order),
        HoldRef::Free(hold) => Resource::Hold(hold),
    }
}
