//! `/v1/products`.

use std::str::FromStr;

use api_client::{List, NewProduct, PatchProduct, Product as WireProduct};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine_core::access::Scope;
use engine_core::catalog::{Product, ProductChange, ProductDetails};
use engine_core::inventory::Stock;
use engine_core::{
    ArchiveProduct, BadId, CollectionId, Command, CreateProduct, Currency, Money, ProductId, Reply,
    ShardId, UpdateProduct, read,
};
use hyper::StatusCode;
use serde::Deserialize;

use crate::access::{By, Principal};
use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{self, Id, Json, Query};
use crate::idempotency;
use crate::openapi::{Op, Routes};
use crate::pricing::category_named;
use crate::render;
use crate::state::{App, AppState, Written, unexpected};

/// The routes of `/v1/products`.
pub fn routes() -> Routes {
    Routes::of("products")
        .on(
            Op::get("/v1/products", "listProducts", "Products, in the order of their ids")
                .about("Archived ones included.")
                .public()
                .fresh()
                .page()
                .refuses(&[Code::InvalidId])
                .lists::<WireProduct>("A page of products."),
            list,
        )
        .on(
            Op::post("/v1/products", "createProduct", "Creates a product")
                .keyed()
                .body::<NewProduct>()
                .refuses(&[Code::InvalidId, Code::OutOfRange])
                .refuses(&[Code::AlreadyExists, Code::TooManyUnits])
                .answers::<WireProduct>(201, "The new product.")
                .seen()
                .tagged(),
            create,
        )
        .on(
            Op::get("/v1/products/{id}", "getProduct", "A product")
                .about("An archived product is still found.")
                .public()
                .id("ProductId")
                .fresh()
                .cached()
                .refuses(&[Code::ProductNotFound])
                .answers::<WireProduct>(200, "The product."),
            read,
        )
        .on(change_of(Op::patch("/v1/products/{id}", "updateProduct", "Changes a product")), update)
        .on(
            change_of(Op::put("/v1/products/{id}", "putProduct", "Changes a product, as PATCH")),
            update,
        )
        .on(
            Op::delete("/v1/products/{id}", "archiveProduct", "Archives a product")
                .about("It can be read, not sold or changed any more. Archiving twice is once.")
                .id("ProductId")
                .if_match()
                .refuses(&[Code::ProductNotFound])
                .answers::<WireProduct>(200, "The archived product.")
                .seen()
                .tagged(),
            archive,
        )
}

fn change_of(operation: Op) -> Op {
    operation
        .about("What is absent, or null, stays as it was. A price comes with its currency.")
        .id("ProductId")
        .if_match()
        .body::<PatchProduct>()
        .refuses(&[Code::OutOfRange, Code::ProductNotFound, Code::ProductArchived])
        .answers::<WireProduct>(200, "The product as it is now.")
        .seen()
        .tagged()
}

/// The parameters of a list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListParams {
    limit: Option<u32>,
    cursor: Option<String>,
    #[expect(dead_code, reason = "read by `Freshness`, allowed here")]
    consistency: Option<String>,
}

impl ListParams {
    /// The size of the page, and the id it comes after.
    pub fn page<T: FromStr<Err = BadId>>(&self) -> Result<(usize, Option<T>), Error> {
        let after = self.cursor.as_ref().map(|cursor| extract::id("cursor", cursor));
        Ok((extract::limit(self.limit)?, after.transpose()?))
    }
}

/// `POST /v1/products`
pub async fn create(
    State(app): State<App>,
    caller: Principal,
    by: By,
    headers: HeaderMap,
    Json(body): Json<NewProduct>,
) -> Result<Response, Error> {
    let key = idempotency::key(&caller, &headers, "POST /v1/products", &body)?;
    let id = ProductId(idempotency::created_id(key));
    if body.stock.is_some() {
        caller.require(Scope::StockWrite)?;
    }
    let stock = body.stock.unwrap_or(0);
    let command = CreateProduct { id, details: details(body)?, stock };
    let shard = app.topology.of_product(id);
    let written = app.write_here(by.under(key), shard, Command::CreateProduct(command)).await?;
    product_answer(StatusCode::CREATED, written)
}

/// `GET /v1/products/{id}`
pub async fn read(
    State(app): State<App>,
    Id(id): Id<ProductId>,
    wish: Freshness,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let shard = app.topology.of_product(id);
    let (found, seen) = app.find(shard, &wish, |view| read::product(view, id)).await?;
    let (product, stock) = found.ok_or_else(|| not_found(id))?;
    let version = product.version;
    if let Some(response) = answer::not_modified(&headers, version)? {
        return Ok(seen.mark(response));
    }
    let product = render::product(app.with_live_collections(product)?, &stock);
    let response = answer::json(StatusCode::OK, &product)?;
    Ok(seen.mark(answer::tagged(response, version)))
}

/// `GET /v1/products`: in the order of their ids, archived ones included.
pub async fn list(
    State(app): State<App>,
    wish: Freshness,
    Query(params): Query<ListParams>,
) -> Result<Response, Error> {
    let (limit, after) = params.page::<ProductId>()?;
    let shards: Vec<ShardId> = app.topology.groups().filter(|id| *id != ShardId::META).collect();
    let seen = app.fresh(&shards, &wish).await?;
    let mut found = Vec::new();
    for shard in &shards {
        let view = app.view(*shard);
        found.extend(read::products(&view, after, limit + 1).map_err(Error::fault)?);
    }
    found.sort_unstable_by_key(|product| product.id);
    found.truncate(limit + 1);
    let page = answer::page(found, limit, |product| product.id.to_string());
    let data: Result<Vec<_>, Error> =
        page.data.into_iter().map(|product| app.told(product)).collect();
    let page = List { data: data?, has_more: page.has_more, next_cursor: page.next_cursor };
    Ok(seen.mark(answer::json(StatusCode::OK, &page)?))
}

/// `PATCH /v1/products/{id}`
pub async fn update(
    State(app): State<App>,
    by: By,
    Id(id): Id<ProductId>,
    headers: HeaderMap,
    Json(body): Json<PatchProduct>,
) -> Result<Response, Error> {
    let expected_version = answer::if_match(&headers)?;
    let change = change(body)?;
    let command = UpdateProduct { id, expected_version, change, available: None };
    let shard = app.topology.of_product(id);
    let written = app.write_here(by, shard, Command::UpdateProduct(command)).await?;
    product_answer(StatusCode::OK, written)
}

/// `DELETE /v1/products/{id}`: archives it.
pub async fn archive(
    State(app): State<App>,
    by: By,
    Id(id): Id<ProductId>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let expected_version = answer::if_match(&headers)?;
    let command = Command::ArchiveProduct(ArchiveProduct { id, expected_version });
    let written = app.write_here(by, app.topology.of_product(id), command).await?;
    product_answer(StatusCode::OK, written)
}

fn product_answer(status: StatusCode, written: Written) -> Result<Response, Error> {
    let Reply::Product { product, stock } = written.reply else {
        return Err(unexpected(&written.reply));
    };
    let version = product.version;
    let response = answer::json(status, &render::product(*product, &stock))?;
    let response = answer::replayed(answer::tagged(response, version), written.replayed);
    Ok(written.seen.mark(response))
}

/// The error for a product that does not exist.
pub fn not_found(id: ProductId) -> Error {
    Error::new(Code::ProductNotFound, format!("there is no product {id}"))
}

/// A currency in a request.
pub fn currency(text: &str) -> Result<Currency, Error> {
    text.parse().map_err(|error: engine_core::BadCurrency| {
        Error::about(Code::InvalidField, "currency", error.to_string())
    })
}

fn details(body: NewProduct) -> Result<ProductDetails, Error> {
    Ok(ProductDetails {
        name: body.name,
        description: body.description.unwrap_or_default(),
        brand: body.brand.unwrap_or_default(),
        sku: body.sku.unwrap_or_default(),
        price: Money { amount: body.price, currency: currency(&body.currency)? },
        weight_grams: body.weight_grams.unwrap_or(0),
        tax_category: body.tax_category.map(category_named).unwrap_or_default(),
        collections: collections(&body.collection_ids.unwrap_or_default())?,
        attributes: body.attributes.unwrap_or_default().into_iter().collect(),
    })
}

fn change(body: PatchProduct) -> Result<ProductChange, Error> {
    let price = match (body.price, body.currency) {
        (Some(amount), Some(text)) => Some(Money { amount, currency: currency(&text)? }),
        (None, None) => None,
        (price, _) => {
            let param = if price.is_some() { "currency" } else { "price" };
            let detail = "price and currency change together";
            return Err(Error::about(Code::InvalidField, param, detail));
        }
    };
    Ok(ProductChange {
        name: body.name,
        description: body.description,
        brand: body.brand,
        sku: body.sku,
        price,
        weight_grams: body.weight_grams,
        tax_category: body.tax_category.map(category_named),
        collections: body.collection_ids.as_deref().map(collections).transpose()?,
        attributes: body.attributes.map(|attributes| attributes.into_iter().collect()),
    })
}

fn collections(ids: &[String]) -> Result<Vec<CollectionId>, Error> {
    let named = |(at, id): (usize, &String)| extract::id(&format!("collection_ids[{at}]"), id);
    ids.iter().enumerate().map(named).collect()
}

impl AppState {
    /// The product without collections that do not exist, or no longer.
    pub fn with_live_collections(&self, mut product: Product) -> Result<Product, Error> {
        if product.details.collections.is_empty() {
            return Ok(product);
        }
        let meta = self.view(ShardId::META);
        let mut live = Vec::with_capacity(product.details.collections.len());
        for id in product.details.collections {
            let collection = read::collection(&meta, id).map_err(Error::fault)?;
            if collection.is_some_and(|collection| collection.archived_at.is_none()) {
                live.push(id);
            }
        }
        product.details.collections = live;
        Ok(product)
    }

    fn told(&self, product: Product) -> Result<api_client::Product, Error> {
        let view = self.view(self.topology.of_product(product.id));
        let stock: Option<Stock> = read::stock(&view, product.id).map_err(Error::fault)?;
        Ok(render::product(self.with_live_collections(product)?, &stock.unwrap_or_default()))
    }
}
