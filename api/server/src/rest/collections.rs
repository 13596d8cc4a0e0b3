//! `/v1/collections`: they live in the meta group.

use api_client::{Collection, List, NewCollection, PatchCollection};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine_core::catalog::CollectionDetails;
use engine_core::{
    ArchiveCollection, CollectionId, Command, CreateCollection, Reply, ShardId, UpdateCollection,
    read,
};
use hyper::StatusCode;

use super::products::ListParams;
use crate::access::{By, Principal};
use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{Id, Json, Query};
use crate::idempotency;
use crate::openapi::{Op, Routes};
use crate::render;
use crate::state::{App, Written, unexpected};

/// The routes of `/v1/collections`.
pub fn routes() -> Routes {
    Routes::of("collections")
        .on(
            Op::get("/v1/collections", "listCollections", "Collections, in the order of their ids")
                .about("Archived ones included.")
                .public()
                .fresh()
                .page()
                .refuses(&[Code::InvalidId])
                .lists::<Collection>("A page of collections."),
            list,
        )
        .on(
            Op::post("/v1/collections", "createCollection", "Creates a collection")
                .keyed()
                .body::<NewCollection>()
                .refuses(&[Code::OutOfRange, Code::AlreadyExists])
                .answers::<Collection>(201, "The new collection.")
                .seen()
                .tagged(),
            create,
        )
        .on(
            Op::get("/v1/collections/{id}", "getCollection", "A collection")
                .about("An archived collection is still found.")
                .public()
                .id("CollectionId")
                .fresh()
                .cached()
                .refuses(&[Code::CollectionNotFound])
                .answers::<Collection>(200, "The collection."),
            read,
        )
        .on(
            change_of(Op::patch(
                "/v1/collections/{id}",
                "updateCollection",
                "Changes a collection",
            )),
            update,
        )
        .on(
            change_of(Op::put("/v1/collections/{id}", "putCollection", "The same as PATCH")),
            update,
        )
        .on(
            Op::delete("/v1/collections/{id}", "archiveCollection", "Archives a collection")
                .about("It can be read, not changed any more. Archiving twice is once.")
                .id("CollectionId")
                .if_match()
                .refuses(&[Code::CollectionNotFound])
                .answers::<Collection>(200, "The archived collection.")
                .seen()
                .tagged(),
            archive,
        )
}

fn change_of(operation: Op) -> Op {
    operation
        .about("What is absent, or null, stays as it was.")
        .id("CollectionId")
        .if_match()
        .body::<PatchCollection>()
        .refuses(&[Code::OutOfRange, Code::CollectionNotFound, Code::CollectionArchived])
        .answers::<Collection>(200, "The collection as it is now.")
        .seen()
        .tagged()
}

/// `POST /v1/collections`
pub async fn create(
    State(app): State<App>,
    caller: Principal,
    by: By,
    headers: HeaderMap,
    Json(body): Json<NewCollection>,
) -> Result<Response, Error> {
    let key = idempotency::key(&caller, &headers, "POST /v1/collections", &body)?;
    let id = CollectionId(idempotency::created_id(key));
    let description = body.description.unwrap_or_default();
    let details = CollectionDetails { name: body.name, description };
    let command = Command::CreateCollection(CreateCollection { id, details });
    let written = app.write_here(by.under(key), ShardId::META, command).await?;
    collection_answer(StatusCode::CREATED, written)
}

/// `GET /v1/collections/{id}`
pub async fn read(
    State(app): State<App>,
    Id(id): Id<CollectionId>,
    wish: Freshness,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let found = app.find(ShardId::META, &wish, |view| read::collection(view, id)).await?;
    let (Some(collection), seen) = found else { return Err(not_found(id)) };
    let version = collection.version;
    if let Some(response) = answer::not_modified(&headers, version)? {
        return Ok(seen.mark(response));
    }
    let response = answer::json(StatusCode::OK, &render::collection(collection))?;
    Ok(seen.mark(answer::tagged(response, version)))
}

/// `GET /v1/collections`: in the order of their ids, archived ones included.
pub async fn list(
    State(app): State<App>,
    wish: Freshness,
    Query(params): Query<ListParams>,
) -> Result<Response, Error> {
    let (limit, after) = params.page::<CollectionId>()?;
    let seen = app.fresh(&[ShardId::META], &wish).await?;
    let view = app.view(ShardId::META);
    let found = read::collections(&view, after, limit + 1).map_err(Error::fault)?;
    let page = answer::page(found, limit, |collection| collection.id.to_string());
    let data = page.data.into_iter().map(render::collection).collect();
    let page = List { data, has_more: page.has_more, next_cursor: page.next_cursor };
    Ok(seen.mark(answer::json(StatusCode::OK, &page)?))
}

/// `PATCH /v1/collections/{id}`
pub async fn update(
    State(app): State<App>,
    by: By,
    Id(id): Id<CollectionId>,
    headers: HeaderMap,
    Json(body): Json<PatchCollection>,
) -> Result<Response, Error> {
    let expected_version = answer::if_match(&headers)?;
    let PatchCollection { name, description } = body;
    let command = UpdateCollection { id, expected_version, name, description };
    let command = Command::UpdateCollection(command);
    collection_answer(StatusCode::OK, app.write_here(by, ShardId::META, command).await?)
}

/// `DELETE /v1/collections/{id}`: archives it.
pub async fn archive(
    State(app): State<App>,
    by: By,
    Id(id): Id<CollectionId>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let expected_version = answer::if_match(&headers)?;
    let command = Command::ArchiveCollection(ArchiveCollection { id, expected_version });
    collection_answer(StatusCode::OK, app.write_here(by, ShardId::META, command).await?)
}

fn collection_answer(status: StatusCode, written: Written) -> Result<Response, Error> {
    let Reply::Collection(collection) = written.reply else {
        return Err(unexpected(&written.reply));
    };
    let version = collection.version;
    let response = answer::json(status, &render::collection(*collection))?;
    let response = answer::replayed(answer::tagged(response, version), written.replayed);
    Ok(written.seen.mark(response))
}

/// The error for a collection that does not exist.
pub fn not_found(id: CollectionId) -> Error {
    Error::new(Code::CollectionNotFound, format!("there is no collection {id}"))
}
