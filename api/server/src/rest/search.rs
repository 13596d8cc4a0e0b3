//! `/v1/search`: from this node's own index.

use api_client::{Facet, Facets, SearchHit, SearchQuery, SearchResults};
use axum::extract::State;
use axum::response::Response;
use engine_core::{CollectionId, Money, ShardId, read};
use engine_search::{FacetRequest, Hit, Hits, PriceRange, QUERY_CHARS_MAX, Sort};
use hyper::StatusCode;

use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{self, Query};
use crate::openapi::{Op, Routes};
use crate::state::{App, AppState};

/// The longest brand that is filtered by, in bytes.
const BRAND_BYTES_MAX: usize = engine_core::catalog::LABEL_BYTES_MAX;

/// The route of `/v1/search`.
pub fn routes() -> Routes {
    Routes::of("search").on(
        Op::get("/v1/search", "search", "Finds products")
            .about("Prices are in the cluster's currency.")
            .public()
            .query::<SearchQuery>()
            .refuses(&[Code::InvalidId, Code::OutOfRange, Code::Overloaded])
            .fresh()
            .answers::<SearchResults>(200, "What was found."),
        search,
    )
}

/// `GET /v1/search`
pub async fn search(
    State(app): State<App>,
    wish: Freshness,
    Query(params): Query<SearchQuery>,
) -> Result<Response, Error> {
    let query = query(&app, params)?;
    let facets = query.facets.clone();
    let seen = app.fresh_index(&wish).await?;
    let hits = app.search.run(query).await?;
    let results = app.results(hits, facets)?;
    Ok(seen.mark(answer::json(StatusCode::OK, &results)?))
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
    if params.brand.as_ref().is_some_and(|brand| brand.len() > BRAND_BYTES_MAX) {
        let detail = format!("a brand has at most {BRAND_BYTES_MAX} bytes");
        return Err(Error::about(Code::OutOfRange, "brand", detail));
    }
    let is_control = |it: char| it.is_ascii_control() && !matches!(it, '\t' | '\n');
    if params.brand.as_ref().is_some_and(|brand| brand.contains(is_control)) {
        let detail = "a brand has no control characters";
        return Err(Error::about(Code::InvalidParameter, "brand", detail));
    }
    for (name, bound) in [("min_price", params.min_price), ("max_price", params.max_price)] {
        if bound.is_some_and(|bound| !(0..=Money::AMOUNT_MAX).contains(&bound)) {
            let detail = format!("a price is 0 to {} minor units", Money::AMOUNT_MAX);
            return Err(Error::about(Code::OutOfRange, name, detail));
        }
    }
    let price = match (params.min_price, params.max_price) {
        (None, None) => None,
        (min, max) => Some(PriceRange { currency: app.currency, min, max }),
    };
    Ok(engine_search::Query {
        text,
        prefix: params.prefix.unwrap_or(false),
        strict: false,
        collection,
        brand: params.brand,
        price,
        filter: None,
        distinct: None,
        in_stock: params.in_stock.unwrap_or(false),
        sort: sort(params.sort.as_deref())?,
        facets: facets(params.facets.as_deref())?,
        limit: extract::limit(params.limit)?,
        cursor: params.cursor,
    })
}

fn sort(text: Option<&str>) -> Result<Sort, Error> {
    match text {
        None | Some("relevance") => Ok(Sort::Relevance),
        Some("price:asc") => Ok(Sort::PriceAsc),
        Some("price:desc") => Ok(Sort::PriceDesc),
        Some("newest") => Ok(Sort::Newest),
        Some("name") => Ok(Sort::Name),
        Some(_) => {
            let detail = "sort is relevance, price:asc, price:desc, newest or name";
            Err(Error::about(Code::InvalidParameter, "sort", detail))
        }
    }
}

fn facets(text: Option<&str>) -> Result<FacetRequest, Error> {
    let mut request = FacetRequest::default();
    for name in text.into_iter().flat_map(|text| text.split(',')).filter(|name| !name.is_empty()) {
        match name {
            "brand" => request.brand = true,
            "collection" => request.collection = true,
            _ => {
                let detail = "facets are brand and collection, separated by a comma";
                return Err(Error::about(Code::InvalidParameter, "facets", detail));
            }
        }
    }
    Ok(request)
}

impl AppState {
    fn results(&self, hits: Hits, asked: FacetRequest) -> Result<SearchResults, Error> {
        let brand = hits.facets.brands.into_iter().map(|(value, count)| Facet {
            value: value.to_string(),
            name: None,
            count,
        });
        let brand = asked.brand.then(|| brand.collect());
        let collection = match asked.collection {
            true => Some(self.named(hits.facets.collections)?),
            false => None,
        };
        Ok(SearchResults {
            hits: hits.hits.into_iter().map(hit).collect(),
            total: hits.total,
            facets: Facets { brand, collection },
            next_cursor: hits.next_cursor,
        })
    }

    /// The counts of collections that exist, with their names.
    fn named(&self, counts: Vec<(CollectionId, u64)>) -> Result<Vec<Facet>, Error> {
        let meta = self.view(ShardId::META);
        let mut facets = Vec::with_capacity(counts.len());
        for (id, count) in counts {
            let collection = read::collection(&meta, id).map_err(Error::fault)?;
            if let Some(live) = collection.filter(|collection| collection.archived_at.is_none()) {
                let name = Some(live.details.name);
                facets.push(Facet { value: id.to_string(), name, count });
            }
        }
        Ok(facets)
    }
}

fn hit(hit: Hit) -> SearchHit {
    SearchHit {
        id: hit.id.to_string(),
        name: hit.name,
        brand: hit.brand.to_string(),
        sku: hit.sku,
        collection_ids: hit.collections.iter().map(ToString::to_string).collect(),
        price: hit.price.amount,
        currency: hit.price.currency.to_string(),
        available: hit.available,
    }
}
