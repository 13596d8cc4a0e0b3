//! `/v1/quotes`: what an order would cost, before it is placed. Nothing is held or stored.

use api_client::{NewQuote, Quote as WireQuote, QuoteLine, TaxTotal};
use axum::extract::State;
use axum::response::Response;
use engine_core::cart::{CartId, CartState};
use engine_core::catalog::Product;
use engine_core::inventory::HoldLine;
use engine_core::pricing::LineAmounts;
use engine_core::read::{self, Whose};
use engine_core::{Owner, Rejection};
use hyper::StatusCode;

use super::orders::{self, PRICING_REFUSALS, check_own};
use super::products::currency;
use crate::access::Principal;
use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{self, Personal};
use crate::openapi::{Op, Routes};
use crate::pricing::{Quoted, Wanted};
use crate::refusals;
use crate::render;
use crate::state::{App, AppState};

/// The routes of `/v1/quotes`.
pub fn routes() -> Routes {
    Routes::of("pricing").on(
        Op::post("/v1/quotes", "quote", "What an order would cost now")
            .about(
                "Says of each amount what it came from, in which version. Nothing is held and \
                 nothing is stored: send `total` as the order's `expected_total`.",
            )
            .public()
            .fresh()
            .body::<NewQuote>()
            .refuses(&[Code::InvalidId, Code::OutOfRange, Code::ProductNotFound])
            .refuses(&[Code::ProductArchived, Code::CurrencyMismatch, Code::CardNumber])
            .refuses(&[Code::CustomerNotFound, Code::CartNotFound, Code::CartConsumed])
            .refuses(&[Code::CartEnded])
            .refuses(PRICING_REFUSALS)
            .answers::<WireQuote>(200, "The quote."),
        create,
    )
}

/// `POST /v1/quotes`
pub async fn create(
    State(app): State<App>,
    caller: Principal,
    wish: Freshness,
    Personal(body): Personal<NewQuote>,
) -> Result<Response, Error> {
    let owner = match (body.customer_id.as_deref(), &caller) {
        (Some(text), _) => Some(orders::owner(text)?),
        (None, Principal::Customer(own)) => Some(own.clone()),
        (None, _) => None,
    };
    if let Some(owner) = &owner {
        check_own(&caller, owner)?;
    }
    let wanted_lines = match &body.cart {
        Some(cart) => app.lines_of_cart(owner, &body, cart, &wish).await?,
        None => orders::lines(&body.lines)?,
    };
    let currency = currency(&body.currency)?;
    let wanted = Wanted::read(
        body.promotion_code.as_deref(),
        body.shipping_method.as_deref(),
        body.ship_to.as_ref(),
    )?;
    let quoted = app.quote(&wanted_lines, currency, &wanted, &wish).await?;
    let Quoted { products, quote, seen } = quoted;
    let pricing = quote.pricing;
    let told = WireQuote {
        currency: currency.to_string(),
        lines: wanted_lines.iter().zip(products).zip(quote.lines).map(line).collect(),
        subtotal: pricing.goods,
        promotion: pricing.promotion.map(render::applied_promotion),
        shipping: pricing.shipping.map(render::applied_shipping),
        tax: TaxTotal { amount: pricing.tax, added: pricing.tax_added },
        total: quote.total,
    };
    Ok(seen.mark(answer::json(StatusCode::OK, &told)?))
}

impl AppState {
    /// The lines of the caller's open cart, or those that the customer saw in it.
    async fn lines_of_cart(
        &self,
        owner: Option<Owner>,
        body: &NewQuote,
        cart: &str,
        wish: &Freshness,
    ) -> Result<Vec<HoldLine>, Error> {
        let id: CartId = extract::id("cart", cart)?;
        let whose = || Error::about(Code::InvalidField, "customer_id", "say whose cart it is");
        let owner = owner.ok_or_else(whose)?;
        let shard = self.topology.of_owner(&owner);
        let whose = Whose::Of(owner);
        let (row, _) = self.find(shard, wish, |view| read::cart(view, id, &whose)).await?;
        let row = row.ok_or_else(|| refusals::error(&Rejection::CartNotFound))?;
        match row.state {
            CartState::Open => {}
            CartState::Consumed(order) => {
                return Err(refusals::error(&Rejection::CartConsumed { order }));
            }
            _ => return Err(refusals::error(&Rejection::CartEnded)),
        }
        if !body.lines.is_empty() {
            return orders::lines(&body.lines);
        }
        let lines = row.hold_lines();
        if lines.is_empty() {
            return Err(Error::about(Code::OutOfRange, "cart", "there is nothing in the cart"));
        }
        Ok(lines)
    }
}

fn line(((line, product), amounts): ((&HoldLine, Product), LineAmounts)) -> QuoteLine {
    QuoteLine {
        product_id: product.id.to_string(),
        product_version: product.version,
        name: product.details.name,
        quantity: line.quantity,
        unit_price: product.details.price.amount,
        subtotal: amounts.subtotal,
        discount: amounts.discount,
        tax: amounts.tax.map(render::applied_tax),
    }
}
