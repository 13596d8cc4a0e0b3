//! `/v1/search` and `/v1/search/complete`: from this node's own index.
//!
//! What is answered of what was found is in `search_answer.rs`.

use api_client::{Completion, Completions, SearchQuery, SearchResults};
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use engine_core::catalog::ATTRIBUTE_NAME_BYTES_MAX;
use engine_core::{CollectionId, Money};
use engine_search::{
    COMPLETIONS_MAX, Expr, ExprError, FacetRequest, PriceRange, QUERY_CHARS_MAX, Sort,
};
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::search_answer::answered;
use super::search_pages::PageCursor;
use crate::answer;
use crate::consistency::{Freshness, Seen};
use crate::errors::{Code, Error};
use crate::extract::{self, Query};
use crate::openapi::{Op, Routes};
use crate::state::{App, AppState};

/// The longest brand that is filtered by, in bytes.
const BRAND_BYTES_MAX: usize = engine_core::catalog::LABEL_BYTES_MAX;
/// How many completions there are when no `limit` is given.
const COMPLETIONS_DEFAULT: usize = 10;

/// The routes of `/v1/search`.
pub fn routes() -> Routes {
    Routes::of("search")
        .on(
            Op::get("/v1/search", "search", "Finds products")
                .about(
                    "Prices are in the cluster's currency. docs/search.md says what a text finds, \
                     in which order, and how filters are written. Pages after the first are as of \
                     the first one, whatever changes meanwhile.",
                )
                .public()
                .query::<SearchQuery>()
                .refuses(&[
                    Code::InvalidId,
                    Code::OutOfRange,
                    Code::Overloaded,
                    Code::CursorExpired,
                ])
                .fresh()
                .answers::<SearchResults>(200, "What was found."),
            search,
        )
        .on(complete_op(), complete)
}

fn complete_op() -> Op {
    Op::get("/v1/search/complete", "completeSearch", "Completes a text that is being typed")
        .about("The most frequent words of names and brands that begin as the last word does.")
        .public()
        .own_parameter(json!({
            "name": "q", "in": "query", "required": true, "description": "What was typed so far.",
            "schema": {"type": "string", "maxLength": QUERY_CHARS_MAX, "examples": ["green te"]},
        }))
        .own_parameter(json!({
            "name": "limit", "in": "query", "description": "How many there are at most.",
            "schema": {
                "type": "integer", "minimum": 1, "maximum": COMPLETIONS_MAX,
                "default": COMPLETIONS_DEFAULT,
            },
        }))
        .refuses(&[Code::InvalidParameter, Code::OutOfRange, Code::Overloaded])
        .fresh()
        .answers::<Completions>(200, "What it may become.")
}

/// `GET /v1/search`
pub async fn search(
    State(app): State<App>,
    wish: Freshness,
    uri: Uri,
    headers: HeaderMap,
    Query(mut params): Query<SearchQuery>,
) -> Result<Response, Error> {
    let highlight = params.highlight.unwrap_or(false);
    let cursor = params.cursor.take().map(|text| PageCursor::parse(&text)).transpose()?;
    let seen = match &cursor {
        None => {
            let query = query(&app, params)?;
            let seen = app.fresh_index(&wish).await?;
            return page(&app, query, highlight, seen).await;
        }
        Some(cursor) if cursor.node != app.node_id => {
            return app.page_of(cursor.node, &uri, &headers).await;
        }
        Some(cursor) => {
            cursor.check_age(wish.staleness_ms)?;
            Seen::at(Vec::new(), cursor.as_of_ms)
        }
    };
    params.cursor = cursor.map(|cursor| cursor.place);
    page(&app, query(&app, params)?, highlight, seen).await
}

/// One page, as of when it was seen: a later one has the positions of the first.
async fn page(
    app: &App,
    query: engine_search::Query,
    highlight: bool,
    seen: Seen,
) -> Result<Response, Error> {
    let rows = app.clone();
    let found = app.search.with(move |index| {
        let mut hits = index.search(&query)?;
        let as_of = hits.as_of.take();
        Ok((answered(&rows, hits, &query.facets, highlight)?, as_of))
    });
    let (mut results, as_of) = found.await?;
    let as_of_ms = seen.as_of_ms();
    let seen = as_of.map_or(seen, |positions| Seen::at(positions.into_iter().collect(), as_of_ms));
    results.next_cursor = results.next_cursor.map(|place| {
        let cursor = PageCursor { node: app.node_id, as_of_ms, place };
        cursor.to_string()
    });
    Ok(seen.mark(answer::json(StatusCode::OK, &results)?))
}

/// The parameters of `GET /v1/search/complete`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompleteParams {
    q: String,
    limit: Option<usize>,
    /// Read by [`Freshness`].
    #[serde(rename = "consistency")]
    _consistency: Option<String>,
}

/// `GET /v1/search/complete`
pub async fn complete(
    State(app): State<App>,
    wish: Freshness,
    Query(CompleteParams { q, limit, .. }): Query<CompleteParams>,
) -> Result<Response, Error> {
    let limit = limit.unwrap_or(COMPLETIONS_DEFAULT);
    if !(1..=COMPLETIONS_MAX).contains(&limit) {
        let detail = format!("a limit is 1 to {COMPLETIONS_MAX}");
        return Err(Error::about(Code::OutOfRange, "limit", detail));
    }
    let seen = app.fresh_index(&wish).await?;
    let found = app.search.with(move |index| Ok(index.complete(&q, limit)?)).await?;
    let told = |it: engine_search::Completion| Completion { text: it.text, products: it.products };
    let completions = Completions { completions: found.into_iter().map(told).collect() };
    Ok(seen.mark(answer::json(StatusCode::OK, &completions)?))
}

fn query(app: &AppState, params: SearchQuery) -> Result<engine_search::Query, Error> {
    let text = params.q.unwrap_or_default();
    if text.chars().count() > QUERY_CHARS_MAX {
        let detail = format!("a search has at most {QUERY_CHARS_MAX} characters");
        return Err(Error::about(Code::OutOfRange, "q", detail));
    }
    let collection = match &params.collection {
        Some(id) => Some(extract::id::<CollectionId>("collection", id)?),
        None => None,
    };
    let label = |name: &str, text: &Option<String>, most: usize| match text {
        Some(text) => is_label(name, text, most),
        None => Ok(()),
    };
    label("brand", &params.brand, BRAND_BYTES_MAX)?;
    label("distinct", &params.distinct, ATTRIBUTE_NAME_BYTES_MAX)?;
    let filter = params.filter.as_deref().map(Expr::parse).transpose();
    let facets = FacetRequest::parse(params.facets.as_deref().unwrap_or_default());
    let facets = facets.map_err(|error| not_understood("facets", &error))?;
    for name in &facets.attributes {
        is_label("facets", name, ATTRIBUTE_NAME_BYTES_MAX)?;
    }
    let disjunctive = params.disjunctive.unwrap_or(false);
    Ok(engine_search::Query {
        text,
        prefix: params.prefix.unwrap_or(false),
        strict: params.strict.unwrap_or(false),
        collection,
        brand: params.brand,
        price: price(app, params.min_price, params.max_price)?,
        filter: filter.map_err(|error| not_understood("filter", &error))?,
        distinct: params.distinct,
        in_stock: params.in_stock.unwrap_or(false),
        sort: sort(params.sort.as_deref())?,
        facets: FacetRequest { disjunctive, ..facets },
        limit: extract::limit(params.limit)?,
        cursor: params.cursor,
    })
}

fn not_understood(param: &str, error: &ExprError) -> Error {
    Error::about(Code::InvalidParameter, param, error.to_string())
}

/// Refuses what no brand or name of an attribute can be.
fn is_label(param: &str, text: &str, bytes_max: usize) -> Result<(), Error> {
    if text.len() > bytes_max {
        let detail = format!("`{param}` has at most {bytes_max} bytes");
        return Err(Error::about(Code::OutOfRange, param, detail));
    }
    let is_control = |it: char| it.is_ascii_control() && !matches!(it, '\t' | '\n');
    if text.contains(is_control) {
        let detail = format!("`{param}` has no control characters");
        return Err(Error::about(Code::InvalidParameter, param, detail));
    }
    Ok(())
}

fn price(app: &AppState, min: Option<i64>, max: Option<i64>) -> Result<Option<PriceRange>, Error> {
    for (name, bound) in [("min_price", min), ("max_price", max)] {
        if bound.is_some_and(|bound| !(0..=Money::AMOUNT_MAX).contains(&bound)) {
            let detail = format!("a price is 0 to {} minor units", Money::AMOUNT_MAX);
            return Err(Error::about(Code::OutOfRange, name, detail));
        }
    }
    let some = min.is_some() || max.is_some();
    Ok(some.then_some(PriceRange { currency: app.currency, min, max }))
}

fn sort(text: Option<&str>) -> Result<Sort, Error> {
    match text {
        None | Some("relevance") => Ok(Sort::Relevance),
        Some("price:asc") => Ok(Sort::PriceAsc),
        Some("price:desc") => Ok(Sort::PriceDesc),
        Some("newest") => Ok(Sort::Newest),
        Some("name") => Ok(Sort::Name),
        Some("popularity") => Ok(Sort::Popularity),
        Some("available") => Ok(Sort::Available),
        Some(_) => {
            let detail = "sort is relevance, price:asc, price:desc, newest, name, popularity or \
                          available";
            Err(Error::about(Code::InvalidParameter, "sort", detail))
        }
    }
}
