//! `/v1/cart`: the open cart of a customer or a guest, with the products as they are now.
//!
//! Whose cart it is, the credentials say; who works for the shop names the customer by
//! `customer_id`. A cart is priced anew whenever it is shown: prices are of this node's replicas.

use std::collections::BTreeSet;
use std::time::Duration;

use api_client::{Cart as WireCart, CartLine as WireLine, MergeCart, PutCartLine};
use axum::extract::{FromRequestParts, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use engine_core::cart::{Cart, CartId, CartLine, CartPut, CartState, CartUse};
use engine_core::read::{self, Whose};
use engine_core::{
    ClearCart, Command, Owner, ProductId, Rejection, Reply, SetCartLine, ShardId, outbox,
};
use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{orders, products};
use crate::access::{By, GuestToken, Principal};
use crate::answer;
use crate::consistency::{Freshness, Seen};
use crate::errors::{Code, Error};
use crate::extract::{Id, Json, Query};
use crate::idempotency;
use crate::openapi::{Op, Routes, limits};
use crate::order::Request;
use crate::refusals;
use crate::state::{App, AppState, Written, unexpected};
use crate::time::rfc3339;

/// How long a merge waits for the guest's lines to come from their shard, in milliseconds.
const MERGE_WAIT_MS: u64 = 2_000;
/// How often it looks whether they have, in milliseconds.
const LOOK_EVERY_MS: u64 = 4;

/// The routes of `/v1/cart`.
pub fn routes() -> Routes {
    let of = |operation: Op| {
        operation
            .customers()
            .own_parameter(json!({
                "name": "customer_id", "in": "query",
                "description": "Whose cart; without it, the caller's own.",
                "schema": limits::customer(),
            }))
            .refuses(&[Code::InvalidParameter, Code::InvalidField, Code::CustomerNotFound])
            .refuses(&[Code::GuestMerged])
            .answers::<WireCart>(200, "The cart.")
            .tagged()
    };
    let change = |operation: Op| of(operation).keyed().if_match_given().seen();
    Routes::of("carts")
        .on(
            of(Op::get("/v1/cart", "getCart", "The open cart"))
                .about("Priced as of now. Who has none has an empty one, of version 0.")
                .fresh(),
            show,
        )
        .on(
            change(Op::delete("/v1/cart", "clearCart", "Takes everything out of the cart"))
                .about("Clearing twice is the same as once."),
            clear,
        )
        .on(
            change(Op::put("/v1/cart/lines/{id}", "putCartLine", "Sets a line of the cart"))
                .about("Puts the product into the cart or changes how many, at today's price.")
                .id("ProductId")
                .body::<PutCartLine>()
                .refuses(&[Code::OutOfRange, Code::ProductNotFound, Code::ProductArchived])
                .refuses(&[Code::CurrencyMismatch, Code::CartFull]),
            put,
        )
        .on(
            change(Op::delete("/v1/cart/lines/{id}", "removeCartLine", "Takes a product out"))
                .about("Taking out what is not there changes nothing.")
                .id("ProductId"),
            remove,
        )
        .on(
            of(Op::post("/v1/cart/merge", "mergeCart", "Takes over a guest's cart"))
                .about(
                    "For a guest who has signed in: quantities add up, up to their limits. From \
                     then on the guest's token opens no cart and places no order. Merging twice is \
                     the same as once.",
                )
                .keyed()
                .body::<MergeCart>()
                .answers::<WireCart>(202, "The guest's lines are still on their way.")
                .seen(),
            merge,
        )
}

/// Whose cart a request is about, and who sends it.
pub struct Shopper {
    caller: Principal,
    by: By,
    owner: Option<Owner>,
}

/// The parameters of every request about a cart.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    customer_id: Option<String>,
    /// Read by `Freshness`, where something is read.
    consistency: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Shopper {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let caller = Principal::from_request_parts(parts, state).await?;
        let by = By::from_request_parts(parts, state).await?;
        let Query(params) = Query::<Params>::from_request_parts(parts, state).await?;
        if params.consistency.is_some() && ![Method::GET, Method::HEAD].contains(&parts.method) {
            let detail = "a write takes no consistency";
            return Err(Error::about(Code::InvalidParameter, "consistency", detail));
        }
        let owner = match (params.customer_id, &caller) {
            (Some(text), _) => Some(orders::owner(&text)?),
            (None, Principal::Customer(own)) => Some(own.clone()),
            (None, _) => None,
        };
        if let Some(owner) = &owner {
            orders::check_own(&caller, owner)?;
        }
        Ok(Self { caller, by, owner })
    }
}

impl Shopper {
    fn owner(&self) -> Result<&Owner, Error> {
        self.owner.as_ref().ok_or_else(|| {
            let detail = "say whose cart it is: ?customer_id=cus_7";
            Error::about(Code::InvalidParameter, "customer_id", detail)
        })
    }
}

/// `GET /v1/cart`
pub async fn show(
    State(app): State<App>,
    shopper: Shopper,
    wish: Freshness,
) -> Result<Response, Error> {
    let owner = shopper.owner()?;
    let shard = app.topology.of_owner(owner);
    let seen = app.fresh(&[shard], &wish).await?;
    let cart = app.open_cart(owner)?;
    let (page, seen) = app.cart_page(owner, cart, seen, &wish).await?;
    respond(StatusCode::OK, &page, &seen)
}

/// `PUT /v1/cart/lines/{product_id}`
pub async fn put(
    State(app): State<App>,
    shopper: Shopper,
    headers: HeaderMap,
    Id(product): Id<ProductId>,
    Json(body): Json<PutCartLine>,
) -> Result<Response, Error> {
    let owner = shopper.owner()?;
    let about = json!({"owner": owner.as_str(), "product": product.to_string(), "to": &body});
    let key = idempotency::key(&shopper.caller, &headers, "PUT /v1/cart/lines/{id}", &about)?;
    let expected_version = answer::if_match_given(&headers)?;
    let shard = app.topology.of_product(product);
    let wish = Freshness::default();
    let (found, _) = app.find(shard, &wish, |view| read::product(view, product)).await?;
    let (row, _) = found.ok_or_else(|| products::not_found(product))?;
    if row.archived_at.is_some() {
        return Err(refusals::error(&Rejection::ProductArchived { product }));
    }
    let put = Some(CartPut { quantity: body.quantity, seen: row.details.price });
    let (cart, owner) = (app.cart_id(owner)?, owner.clone());
    let command = SetCartLine { owner, cart, expected_version, product, put };
    app.change_cart(&shopper, key, Command::SetCartLine(command)).await
}

/// `DELETE /v1/cart/lines/{product_id}`
pub async fn remove(
    State(app): State<App>,
    shopper: Shopper,
    headers: HeaderMap,
    Id(product): Id<ProductId>,
) -> Result<Response, Error> {
    let owner = shopper.owner()?;
    let about = json!({"owner": owner.as_str(), "product": product.to_string()});
    let key = idempotency::key(&shopper.caller, &headers, "DELETE /v1/cart/lines/{id}", &about)?;
    let expected_version = answer::if_match_given(&headers)?;
    let (cart, owner) = (app.cart_id(owner)?, owner.clone());
    let command = SetCartLine { owner, cart, expected_version, product, put: None };
    app.change_cart(&shopper, key, Command::SetCartLine(command)).await
}

/// `DELETE /v1/cart`
pub async fn clear(
    State(app): State<App>,
    shopper: Shopper,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let owner = shopper.owner()?;
    let key = idempotency::key(&shopper.caller, &headers, "DELETE /v1/cart", &owner.as_str())?;
    let expected_version = answer::if_match_given(&headers)?;
    let (cart, owner) = (app.cart_id(owner)?, owner.clone());
    let command = ClearCart { owner, cart, expected_version };
    app.change_cart(&shopper, key, Command::ClearCart(command)).await
}

/// `POST /v1/cart/merge`: the guest's token proves who the guest is.
pub async fn merge(
    State(app): State<App>,
    shopper: Shopper,
    headers: HeaderMap,
    Json(body): Json<MergeCart>,
) -> Result<Response, Error> {
    let token = body.guest_token.parse::<GuestToken>().map_err(|error| Error {
        code: Code::InvalidField,
        param: Some("guest_token".to_owned()),
        ..error
    })?;
    let (into, guest) = (shopper.owner()?.clone(), token.owner()?);
    if into.is_guest() {
        let detail = "a guest's cart goes into a customer's: sign in first";
        return Err(Error::new(Code::Forbidden, detail));
    }
    let about = json!({"guest": guest.as_str(), "into": into.as_str()});
    let key = idempotency::key(&shopper.caller, &headers, "POST /v1/cart/merge", &about)?;
    let [from, home] = [&guest, &into].map(|owner| app.topology.of_owner(owner));
    let command = engine_core::MergeCart { guest, into: into.clone() };
    let written = app.write_here(shopper.by.under(key), from, Command::MergeCart(command)).await?;
    let Written { reply: Reply::Nothing, replayed, seen } = written else {
        return Err(unexpected(&written.reply));
    };
    let status =
        if app.has_come(from, home).await? { StatusCode::OK } else { StatusCode::ACCEPTED };
    let wish = Freshness::default();
    let seen = seen.and(app.fresh(&[home], &wish).await?);
    let cart = app.open_cart(&into)?;
    let (page, seen) = app.cart_page(&into, cart, seen, &wish).await?;
    Ok(answer::replayed(respond(status, &page, &seen)?, replayed))
}

fn respond(status: StatusCode, page: &WireCart, seen: &Seen) -> Result<Response, Error> {
    let response = answer::json(status, page)?;
    Ok(seen.mark(answer::tagged(response, page.version)))
}

impl AppState {
    /// Takes an order's lines from the cart that it names, as of what the cluster has committed. A
    /// cart that cannot be ordered is left to the order's decision, which knows its keys.
    pub(super) async fn read_cart(&self, request: &mut Request, cart: CartId) -> Result<(), Error> {
        let shard = self.topology.of_owner(&request.owner);
        let strong = Freshness { strong: true, ..Freshness::default() };
        self.fresh(&[shard], &strong).await?;
        let whose = Whose::Of(request.owner.clone());
        let row = read::cart(&self.view(shard), cart, &whose).map_err(Error::fault)?;
        request.cart = Some(CartUse { cart, version: row.as_ref().map_or(0, |row| row.version) });
        if let Some(row) = row.filter(|row| row.state == CartState::Open)
            && request.lines.is_empty()
        {
            request.lines = row.hold_lines();
            if request.lines.is_empty() {
                return Err(Error::about(Code::OutOfRange, "cart", "there is nothing in the cart"));
            }
        }
        Ok(())
    }

    /// The open cart of an owner, as this node knows it.
    fn open_cart(&self, owner: &Owner) -> Result<Option<Cart>, Error> {
        let view = self.view(self.topology.of_owner(owner));
        let Some(account) = read::account(&view, owner).map_err(Error::fault)? else {
            return Ok(None);
        };
        if account.merged_into.is_some() {
            return Err(refusals::error(&Rejection::GuestMerged));
        }
        let Some(id) = account.cart else { return Ok(None) };
        let whose = Whose::Of(owner.clone());
        let cart = read::cart(&view, id, &whose).map_err(Error::fault)?;
        // It may have ended between the two reads.
        Ok(cart.filter(|cart| cart.state == CartState::Open))
    }

    /// What the owner's cart is called, or is to be.
    fn cart_id(&self, owner: &Owner) -> Result<CartId, Error> {
        let view = self.view(self.topology.of_owner(owner));
        let account = read::account(&view, owner).map_err(Error::fault)?;
        let known = account.and_then(|account| account.cart);
        Ok(known.unwrap_or_else(|| CartId::derive(owner, rand::random())))
    }

    async fn change_cart(
        &self,
        shopper: &Shopper,
        key: Option<idempotency::Key>,
        command: Command,
    ) -> Result<Response, Error> {
        let owner = shopper.owner()?;
        let written =
            self.write_here(shopper.by.under(key), self.topology.of_owner(owner), command).await?;
        let cart = match written.reply {
            Reply::Cart(cart) => Some(*cart),
            Reply::Nothing => None,
            other => return Err(unexpected(&other)),
        };
        let wish = Freshness::default();
        let (page, seen) = self.cart_page(owner, cart, written.seen, &wish).await?;
        Ok(answer::replayed(respond(StatusCode::OK, &page, &seen)?, written.replayed))
    }

    /// Waits until one shard has taken in what another has sent it so far.
    async fn has_come(&self, from: ShardId, to: ShardId) -> Result<bool, Error> {
        if from == to {
            return Ok(true);
        }
        let until = Instant::now() + Duration::from_millis(MERGE_WAIT_MS);
        let sent = outbox::sent(&self.view(from), to).map_err(Error::fault)?;
        loop {
            if outbox::delivered(&self.view(to), from).map_err(Error::fault)? >= sent {
                return Ok(true);
            }
            if Instant::now() >= until {
                return Ok(false);
            }
            sleep(Duration::from_millis(LOOK_EVERY_MS)).await;
        }
    }

    /// A cart with the products as this node has them.
    async fn cart_page(
        &self,
        owner: &Owner,
        cart: Option<Cart>,
        seen: Seen,
        wish: &Freshness,
    ) -> Result<(WireCart, Seen), Error> {
        let lines = cart.as_ref().map_or(&[][..], |cart| &cart.lines);
        let shards: BTreeSet<_> =
            lines.iter().map(|line| self.topology.of_product(line.product)).collect();
        let shards: Vec<_> = shards.into_iter().collect();
        let seen =
            if shards.is_empty() { seen } else { seen.and(self.fresh(&shards, wish).await?) };
        let priced: Result<Vec<_>, Error> = lines.iter().map(|line| self.priced(line)).collect();
        let priced = priced?;
        let for_sale = |line: &&WireLine| !line.archived && line.unit_price.is_some();
        let cost =
            |line: &WireLine| i128::from(line.unit_price.unwrap_or(0)) * i128::from(line.quantity);
        let subtotal: i128 = priced.iter().filter(for_sale).map(cost).sum();
        let can_be_ordered = |line: &WireLine| for_sale(&line) && line.in_stock;
        let page = WireCart {
            id: cart.as_ref().map(|cart| cart.id.to_string()),
            version: cart.as_ref().map_or(0, |cart| cart.version),
            customer_id: owner.to_string(),
            currency: lines.first().map(|line| line.seen.currency.to_string()),
            subtotal: i64::try_from(subtotal).unwrap_or(i64::MAX),
            orderable: !priced.is_empty() && priced.iter().all(can_be_ordered),
            updated_at: cart.as_ref().map(|cart| rfc3339(cart.updated_at)),
            expires_at: cart.as_ref().map(|cart| rfc3339(cart.timer_at)),
            lines: priced,
        };
        Ok((page, seen))
    }

    /// A line as of now. A product that has come to be sold in another currency has no price here.
    fn priced(&self, line: &CartLine) -> Result<WireLine, Error> {
        let view = self.view(self.topology.of_product(line.product));
        let row = read::product(&view, line.product).map_err(Error::fault)?;
        let price = row.as_ref().map(|(product, _)| product.details.price);
        let price = price.filter(|price| price.currency == line.seen.currency);
        let unit_price = price.map(|price| price.amount);
        Ok(WireLine {
            product_id: line.product.to_string(),
            name: row.as_ref().map(|(product, _)| product.details.name.clone()),
            quantity: line.quantity,
            unit_price,
            price_seen: line.seen.amount,
            price_changed: unit_price != Some(line.seen.amount),
            in_stock: row.as_ref().is_some_and(|(_, stock)| stock.available() >= line.quantity),
            archived: row.is_some_and(|(product, _)| product.archived_at.is_some()),
        })
    }
}
