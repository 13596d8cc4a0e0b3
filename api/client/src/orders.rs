//! Orders.

use serde::{Deserialize, Serialize};

use crate::NextAction;
use crate::fulfillment::Fulfillment;
use crate::pricing::{Address, AppliedPromotion, AppliedShipping, AppliedTax, TaxTotal};
use crate::returns::Dispute;

/// The body of `POST /v1/orders`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Whose it is: `cus_…`, or a guest's `gst_…`.
    pub customer_id: String,
    /// What is ordered: 1 to 200 lines. With a cart they may be left out; given, they are what
    /// the customer saw in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<NewLine>,
    /// `cart_…`: the cart that becomes the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cart: Option<String>,
    /// ISO 4217, in any case.
    pub currency: String,
    /// The total the customer saw, in minor units: another one now is 409 `price_changed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_total: Option<i64>,
    /// A card's token `pm_…`, or `on_account`; without it the order waits for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<String>,
    /// Where the owner is told of the order by mail; without it, nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The code of a promotion, in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion_code: Option<String>,
    /// `ship_…`; without it nothing is due for shipping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_method: Option<String>,
    /// Where it goes: shipping and taxes go by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<Address>,
}

/// A line to order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewLine {
    /// `prod_…`
    pub product_id: String,
    /// How many units: at least 1.
    pub quantity: u32,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Order {
    /// `ord_…`; it carries the slot of its customer.
    pub id: String,
    /// One more with each change.
    pub version: u64,
    /// Whose it is.
    pub customer_id: String,
    /// The headline: `payment_pending`, `confirmed`, `canceled`, …
    pub status: String,
    /// What it costs, in minor units.
    pub total: i64,
    /// ISO 4217.
    pub currency: String,
    /// What was ordered.
    pub lines: Vec<OrderLine>,
    /// What is, or was to be, sent together, oldest first.
    #[serde(default)]
    pub fulfillments: Vec<Fulfillment>,
    /// The customer's bank wants, or wanted, the money back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispute: Option<Dispute>,
    /// Price × quantity, over all lines. The total is this − promotion + shipping + the tax added.
    pub subtotal: i64,
    /// What the promotion did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion: Option<AppliedPromotion>,
    /// What the shipping costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping: Option<AppliedShipping>,
    /// All taxes together.
    pub tax: TaxTotal,
    /// Where it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<Address>,
    /// How it is paid.
    pub payment: Payment,
    /// What somebody should know beside the status.
    pub flags: OrderFlags,
    /// When it was placed.
    pub placed_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// Where its owner is told of it: shown to them, to sellers and to support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// A line of an order, priced as it was agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderLine {
    /// `prod_…`
    pub product_id: String,
    /// The product's version then.
    pub product_version: u64,
    /// The product's name then.
    pub name: String,
    /// How many units.
    pub quantity: u32,
    /// What one unit cost then, in minor units.
    pub unit_price: i64,
    /// Units that will not be sent.
    #[serde(default)]
    pub canceled: u32,
    /// Units that were sent.
    #[serde(default)]
    pub shipped: u32,
    /// Units that have arrived.
    #[serde(default)]
    pub delivered: u32,
    /// Units that were sent and never arrived.
    #[serde(default)]
    pub lost: u32,
    /// Units that came back.
    #[serde(default)]
    pub returned: u32,
    /// What the promotion took off the line.
    pub discount: i64,
    /// The tax on the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<AppliedTax>,
}

/// How an order is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Payment {
    /// `on_account`, `confirming`, `authorized`, `declined`, `unknown`, …
    pub status: String,
    /// The provider's name of the payment intent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent_id: Option<String>,
    /// The method given last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// How many confirmations were declined.
    pub attempts: u32,
    /// Why the last one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<String>,
    /// Until when the authorization can be captured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_before: Option<String>,
    /// What the customer has to do, where the order is `requires_action`. Told to who may pay it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_action: Option<NextAction>,
    /// What the customer's own page confirms the payment with, by the provider's script, where the
    /// order waits for a method. Told to who may pay it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// What was captured, in minor units.
    #[serde(default)]
    pub captured: i64,
    /// What of it was given back, or is on its way back, in minor units.
    #[serde(default)]
    pub refunded: i64,
}

/// What somebody should know of an order beside its status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderFlags {
    /// A person must look at it, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs_review: Option<String>,
    /// It is to be canceled as soon as its payment is known.
    pub cancel_requested: bool,
    /// A call to the provider is being resolved.
    pub reconciling: bool,
    /// The money cannot be captured: a new payment is needed.
    #[serde(default)]
    pub on_hold: bool,
    /// The customer's bank wants the money back.
    #[serde(default)]
    pub disputed: bool,
}

/// A step of an order's life: `GET /v1/orders/{id}/history`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderTransition {
    /// When.
    pub at: String,
    /// Which transition of the order's contract, e.g. `T1`.
    pub transition: String,
    /// The status before it; none when it was placed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The status after it.
    pub to: String,
    /// A detail for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
