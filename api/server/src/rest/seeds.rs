//! The seeds' REST interface, as it is: `/heartbeat`, `/product`, `/collection`.
//!
//! Prices are decimals in the cluster's currency, read and written exactly. `inventory` is the
//! units free to sell. Its clients send no version and may send fields that nobody reads.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine_core::catalog::{Collection, CollectionDetails, Product, ProductChange, ProductDetails};
use engine_core::inventory::{Stock, UNITS_MAX};
use engine_core::{
    CollectionId, Command, CreateCollection, CreateProduct, Money, ProductId, Reply, ShardId,
    UpdateCollection, UpdateProduct, read,
};
use hyper::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{collections, products};
use crate::access::{By, Principal};
use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{self, Id, Loose};
use crate::idempotency;
use crate::openapi::{Op, Routes};
use crate::price;
use crate::state::{App, AppState, Written, unexpected};
use crate::time::rfc3339;

/// The body of `POST` and `PUT /product`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ProductBody {
    name: Option<String>,
    description: Option<String>,
    #[schema(value_type = Option<f64>)]
    price: Option<Box<RawValue>>,
    inventory: Option<u32>,
    /// Outer none: not named; inner none: `null`, out of every collection.
    #[serde(rename = "collectionId", default, deserialize_with = "named")]
    collection_id: Option<Option<String>>,
}

/// The body of `POST` and `PUT /collection`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CollectionBody {
    name: Option<String>,
    description: Option<String>,
}

/// A product as the seeds tell it.
#[derive(Serialize, ToSchema)]
struct SeedProduct {
    id: String,
    #[serde(rename = "createdAt")]
    created_at: String,
    #[serde(rename = "updatedAt")]
    updated_at: String,
    #[serde(rename = "deletedAt", skip_serializing_if = "Option::is_none")]
    deleted_at: Option<String>,
    name: String,
    description: String,
    #[schema(value_type = f64)]
    price: Box<RawValue>,
    inventory: u32,
    #[serde(rename = "collectionId", skip_serializing_if = "Option::is_none")]
    collection_id: Option<String>,
}

/// A collection as the seeds tell it.
#[derive(Serialize, ToSchema)]
struct SeedCollection {
    id: String,
    #[serde(rename = "createdAt")]
    created_at: String,
    #[serde(rename = "updatedAt")]
    updated_at: String,
    #[serde(rename = "deletedAt", skip_serializing_if = "Option::is_none")]
    deleted_at: Option<String>,
    name: String,
    description: String,
}

fn named<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// The routes of the seeds' interface.
pub fn routes() -> Routes {
    let ok = json!({"type": "string", "const": "OK"});
    Routes::of("seeds")
        .on(
            Op::get("/heartbeat", "heartbeat", "The process serves").public().sends(
                &["text/plain; charset=utf-8"],
                &ok,
                "It does.",
            ),
            heartbeat,
        )
        .on(
            Op::get("/product/{id}", "seedGetProduct", "A product")
                .public()
                .id("ProductId")
                .fresh()
                .refuses(&[Code::ProductNotFound])
                .answers::<SeedProduct>(200, "The product."),
            get_product,
        )
        .on(
            Op::post("/product", "seedCreateProduct", "Creates a product")
                .about("Name and price are needed. Unknown fields are ignored.")
                .keyed()
                .any_body::<ProductBody>()
                .needs(&["name", "price"])
                .refuses(&[Code::InvalidId, Code::OutOfRange, Code::AlreadyExists])
                .answers::<SeedProduct>(201, "The new product.")
                .seen(),
            create_product,
        )
        .on(
            Op::put("/product/{id}", "seedUpdateProduct", "Changes a product")
                .about("What is absent stays as it was. `inventory` sets the units free to sell.")
                .id("ProductId")
                .any_body::<ProductBody>()
                .refuses(&[Code::OutOfRange, Code::ProductNotFound, Code::ProductArchived])
                .refuses(&[Code::TooManyUnits, Code::UnitsInUse])
                .answers::<SeedProduct>(200, "The product as it is now.")
                .seen(),
            update_product,
        )
        .and(collection_routes())
}

fn collection_routes() -> Routes {
    Routes::of("seeds")
        .on(
            Op::get("/collection/{id}", "seedGetCollection", "A collection")
                .public()
                .id("CollectionId")
                .fresh()
                .refuses(&[Code::CollectionNotFound])
                .answers::<SeedCollection>(200, "The collection."),
            get_collection,
        )
        .on(
            Op::post("/collection", "seedCreateCollection", "Creates a collection")
                .about("A name is needed. Unknown fields are ignored.")
                .keyed()
                .any_body::<CollectionBody>()
                .needs(&["name"])
                .refuses(&[Code::OutOfRange, Code::AlreadyExists])
                .answers::<SeedCollection>(201, "The new collection.")
                .seen(),
            create_collection,
        )
        .on(
            Op::put("/collection/{id}", "seedUpdateCollection", "Changes a collection")
                .about("What is absent stays as it was.")
                .id("CollectionId")
                .any_body::<CollectionBody>()
                .refuses(&[Code::OutOfRange, Code::CollectionNotFound, Code::CollectionArchived])
                .answers::<SeedCollection>(200, "The collection as it is now.")
                .seen(),
            update_collection,
        )
}

/// `GET /heartbeat`
pub async fn heartbeat() -> &'static str {
    "OK"
}

/// `POST /product`
pub async fn create_product(
    State(app): State<App>,
    caller: Principal,
    by: By,
    headers: HeaderMap,
    Loose(body): Loose<ProductBody>,
) -> Result<Response, Error> {
    let key = idempotency::key(&caller, &headers, "POST /product", &body)?;
    let id = ProductId(idempotency::created_id(key));
    let price = body.price(&app)?.ok_or_else(|| missing("price"))?;
    let stock = body.inventory()?.unwrap_or(0);
    let collections = body.collections()?.unwrap_or_default();
    let details = ProductDetails {
        name: body.name.ok_or_else(|| missing("name"))?,
        description: body.description.unwrap_or_default(),
        brand: String::new(),
        sku: String::new(),
        price,
        weight_grams: 0,
        tax_category: String::new(),
        collections,
        attributes: Vec::new(),
    };
    let command = Command::CreateProduct(CreateProduct { id, details, stock });
    let written = app.write_here(by.under(key), app.topology.of_product(id), command).await?;
    product_answer(StatusCode::CREATED, written)
}

/// `PUT /product/{id}`: what is absent stays as it was.
pub async fn update_product(
    State(app): State<App>,
    by: By,
    Id(id): Id<ProductId>,
    Loose(body): Loose<ProductBody>,
) -> Result<Response, Error> {
    let price = body.price(&app)?;
    let available = body.inventory()?;
    let collections = body.collections()?;
    let (name, description) = (body.name, body.description);
    let change = ProductChange { name, description, price, collections, ..Default::default() };
    let command = UpdateProduct { id, expected_version: None, change, available };
    let shard = app.topology.of_product(id);
    let written = app.write_here(by, shard, Command::UpdateProduct(command)).await?;
    product_answer(StatusCode::OK, written)
}

/// `GET /product/{id}`
pub async fn get_product(
    State(app): State<App>,
    Id(id): Id<ProductId>,
    wish: Freshness,
) -> Result<Response, Error> {
    let shard = app.topology.of_product(id);
    let (found, seen) = app.find(shard, &wish, |view| read::product(view, id)).await?;
    let (product, stock) = found.ok_or_else(|| products::not_found(id))?;
    let product = app.with_live_collections(product)?;
    Ok(seen.mark(answer::json(StatusCode::OK, &seed_product(product, &stock)?)?))
}

/// `POST /collection`
pub async fn create_collection(
    State(app): State<App>,
    caller: Principal,
    by: By,
    headers: HeaderMap,
    Loose(body): Loose<CollectionBody>,
) -> Result<Response, Error> {
    let key = idempotency::key(&caller, &headers, "POST /collection", &body)?;
    let id = CollectionId(idempotency::created_id(key));
    let details = CollectionDetails {
        name: body.name.ok_or_else(|| missing("name"))?,
        description: body.description.unwrap_or_default(),
    };
    let command = Command::CreateCollection(CreateCollection { id, details });
    let written = app.write_here(by.under(key), ShardId::META, command).await?;
    collection_answer(StatusCode::CREATED, written)
}

/// `PUT /collection/{id}`: what is absent stays as it was.
pub async fn update_collection(
    State(app): State<App>,
    by: By,
    Id(id): Id<CollectionId>,
    Loose(body): Loose<CollectionBody>,
) -> Result<Response, Error> {
    let CollectionBody { name, description } = body;
    let command = UpdateCollection { id, expected_version: None, name, description };
    let command = Command::UpdateCollection(command);
    collection_answer(StatusCode::OK, app.write_here(by, ShardId::META, command).await?)
}

/// `GET /collection/{id}`
pub async fn get_collection(
    State(app): State<App>,
    Id(id): Id<CollectionId>,
    wish: Freshness,
) -> Result<Response, Error> {
    let found = app.find(ShardId::META, &wish, |view| read::collection(view, id)).await?;
    let (Some(collection), seen) = found else { return Err(collections::not_found(id)) };
    Ok(seen.mark(answer::json(StatusCode::OK, &seed_collection(collection))?))
}

impl ProductBody {
    fn price(&self, app: &AppState) -> Result<Option<Money>, Error> {
        let Some(raw) = &self.price else { return Ok(None) };
        let amount = price::parse(raw.get(), app.currency)
            .map_err(|error| Error::about(Code::InvalidField, "price", error.to_string()))?;
        Ok(Some(Money { amount, currency: app.currency }))
    }

    fn inventory(&self) -> Result<Option<u32>, Error> {
        if self.inventory.is_some_and(|units| units > UNITS_MAX) {
            let detail = format!("inventory is 0 to {UNITS_MAX}");
            return Err(Error::about(Code::OutOfRange, "inventory", detail));
        }
        Ok(self.inventory)
    }

    fn collections(&self) -> Result<Option<Vec<CollectionId>>, Error> {
        match &self.collection_id {
            None => Ok(None),
            Some(None) => Ok(Some(Vec::new())),
            Some(Some(id)) => Ok(Some(vec![extract::id("collectionId", id)?])),
        }
    }
}

fn missing(field: &str) -> Error {
    Error::about(Code::InvalidField, field, format!("missing field `{field}`"))
}

fn product_answer(status: StatusCode, written: Written) -> Result<Response, Error> {
    let Reply::Product { product, stock } = written.reply else {
        return Err(unexpected(&written.reply));
    };
    let response = answer::json(status, &seed_product(*product, &stock)?)?;
    Ok(written.seen.mark(answer::replayed(response, written.replayed)))
}

fn collection_answer(status: StatusCode, written: Written) -> Result<Response, Error> {
    let Reply::Collection(collection) = written.reply else {
        return Err(unexpected(&written.reply));
    };
    let response = answer::json(status, &seed_collection(*collection))?;
    Ok(written.seen.mark(answer::replayed(response, written.replayed)))
}

fn seed_product(product: Product, stock: &Stock) -> Result<SeedProduct, Error> {
    let details = product.details;
    let price = RawValue::from_string(price::format(details.price)).map_err(Error::fault)?;
    Ok(SeedProduct {
        id: product.id.to_string(),
        created_at: rfc3339(product.created_at),
        updated_at: rfc3339(product.updated_at),
        deleted_at: product.archived_at.map(rfc3339),
        name: details.name,
        description: details.description,
        price,
        inventory: u32::try_from(stock.balance().max(0)).map_err(Error::fault)?,
        collection_id: details.collections.first().map(ToString::to_string),
    })
}

fn seed_collection(collection: Collection) -> SeedCollection {
    SeedCollection {
        id: collection.id.to_string(),
        created_at: rfc3339(collection.created_at),
        updated_at: rfc3339(collection.updated_at),
        deleted_at: collection.archived_at.map(rfc3339),
        name: collection.details.name,
        description: collection.details.description,
    }
}
