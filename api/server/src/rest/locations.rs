//! `/v1/locations`: they live in the meta group, and every other shard is told of them.

use api_client::{List, Location as WireLocation, NewLocation};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine_core::inventory::{Location, LocationDetails};
use engine_core::pricing::Expect;
use engine_core::{Command, LocationId, PutLocation, Reply, ShardId, read};
use hyper::StatusCode;

use super::products::ListParams;
use crate::access::{By, Principal};
use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{self, Id, Json, Query};
use crate::idempotency;
use crate::openapi::{Op, Routes};
use crate::render;
use crate::state::{App, Written, unexpected};

const PATH: &str = "/v1/locations";
const ONE: &str = "/v1/locations/{id}";
/// The priority of a location of which none is said.
const PRIORITY: u16 = 100;

/// The routes of `/v1/locations`.
pub fn routes() -> Routes {
    Routes::of("stock")
        .on(
            Op::get(PATH, "listLocations", "Locations, the default one first")
                .about("Then in the order of their ids.")
                .fresh()
                .page()
                .refuses(&[Code::InvalidId])
                .lists::<WireLocation>("A page of locations."),
            list,
        )
        .on(
            Op::post(PATH, "createLocation", "Creates a location")
                .keyed()
                .body::<NewLocation>()
                .refuses(&[Code::OutOfRange, Code::AlreadyExists, Code::TooManyDefinitions])
                .answers::<WireLocation>(201, "The new location.")
                .seen()
                .tagged(),
            create,
        )
        .on(
            Op::get(ONE, "getLocation", "A location")
                .id("LocationId")
                .fresh()
                .cached()
                .refuses(&[Code::LocationNotFound])
                .answers::<WireLocation>(200, "The location."),
            read,
        )
        .on(
            Op::put(ONE, "putLocation", "Replaces what is said of a location")
                .about(
                    "No location is removed. One that is not active takes no more units, and no \
                     order is served from it; what is there can be transferred. It is so for all \
                     products within seconds.",
                )
                .id("LocationId")
                .if_match()
                .body::<NewLocation>()
                .refuses(&[Code::OutOfRange, Code::LocationNotFound, Code::DefaultLocation])
                .answers::<WireLocation>(200, "The location as it is now.")
                .seen()
                .tagged(),
            update,
        )
}

/// `POST /v1/locations`
pub async fn create(
    State(app): State<App>,
    caller: Principal,
    by: By,
    headers: HeaderMap,
    Json(body): Json<NewLocation>,
) -> Result<Response, Error> {
    let key = idempotency::key(&caller, &headers, "POST /v1/locations", &body)?;
    let id = LocationId(idempotency::created_id(key));
    let command = PutLocation { id, expect: Expect::New, details: details(body) };
    let command = Command::PutLocation(command);
    answered(StatusCode::CREATED, app.write_here(by.under(key), ShardId::META, command).await?)
}

/// `GET /v1/locations/{id}`
pub async fn read(
    State(app): State<App>,
    Id(id): Id<LocationId>,
    wish: Freshness,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let found = app.find(ShardId::META, &wish, |view| read::location(view, id)).await?;
    let (Some(location), seen) = found else { return Err(not_found(id)) };
    let version = location.version;
    if let Some(response) = answer::not_modified(&headers, version)? {
        return Ok(seen.mark(response));
    }
    let response = answer::json(StatusCode::OK, &render::location(location))?;
    Ok(seen.mark(answer::tagged(response, version)))
}

/// `GET /v1/locations`
pub async fn list(
    State(app): State<App>,
    wish: Freshness,
    Query(params): Query<ListParams>,
) -> Result<Response, Error> {
    let (limit, after) = params.page::<LocationId>()?;
    let seen = app.fresh(&[ShardId::META], &wish).await?;
    let found = read::locations(&app.view(ShardId::META), after, limit + 1);
    let page = answer::page(found.map_err(Error::fault)?, limit, |row| row.id.to_string());
    let data = page.data.into_iter().map(render::location).collect();
    let page = List { data, has_more: page.has_more, next_cursor: page.next_cursor };
    Ok(seen.mark(answer::json(StatusCode::OK, &page)?))
}

/// `PUT /v1/locations/{id}`
pub async fn update(
    State(app): State<App>,
    by: By,
    Id(id): Id<LocationId>,
    headers: HeaderMap,
    Json(body): Json<NewLocation>,
) -> Result<Response, Error> {
    let expect = answer::if_match(&headers)?.map_or(Expect::Any, Expect::Version);
    let command = Command::PutLocation(PutLocation { id, expect, details: details(body) });
    answered(StatusCode::OK, app.write_here(by, ShardId::META, command).await?)
}

/// The location that a field names, as this node knows it; none for the default one. The shard of
/// the product may know it better.
pub async fn named(
    app: &App,
    field: &str,
    text: Option<&str>,
) -> Result<Option<Box<Location>>, Error> {
    let id = text.map(|text| extract::id::<LocationId>(field, text)).transpose()?;
    let Some(id) = id.filter(|id| *id != LocationId::DEFAULT) else { return Ok(None) };
    let wish = Freshness::default();
    let (found, _) = app.find(ShardId::META, &wish, |view| read::location(view, id)).await?;
    let found = found.ok_or_else(|| {
        let detail = format!("there is no location {id}; GET /v1/locations lists them");
        Error::about(Code::LocationNotFound, field, detail)
    })?;
    Ok(Some(Box::new(found)))
}

fn details(body: NewLocation) -> LocationDetails {
    LocationDetails {
        name: body.name,
        priority: body.priority.unwrap_or(PRIORITY),
        active: body.active.unwrap_or(true),
    }
}

fn answered(status: StatusCode, written: Written) -> Result<Response, Error> {
    let Reply::Location(location) = written.reply else {
        return Err(unexpected(&written.reply));
    };
    let version = location.version;
    let response = answer::json(status, &render::location(*location))?;
    let response = answer::replayed(answer::tagged(response, version), written.replayed);
    Ok(written.seen.mark(response))
}

fn not_found(id: LocationId) -> Error {
    Error::new(Code::LocationNotFound, format!("there is no location {id}"))
}
