//! `/v1/cluster/search`: this node's search index, compared with its rows and made anew of them.
//!
//! Each node has an index of its own and answers for itself: `stoa search verify` asks all of them.

use api_client::{RebuildSearch, SearchIndexShard, SearchIndexStatus, SearchRebuild};
use axum::extract::State;
use axum::response::Response;
use engine_core::audit::Operation;
use engine_core::{Command, RecordOperation, ShardId};
use engine_search::Digest;
use hyper::StatusCode;
use tokio::sync::Semaphore;

use crate::access::By;
use crate::answer;
use crate::errors::{Code, Error};
use crate::extract::Json;
use crate::openapi::{Op, Routes};
use crate::search_verify;
use crate::state::{App, AppState};

/// One comparison at a time: it reads every product.
static TURN: Semaphore = Semaphore::const_new(1);

/// The routes of `/v1/cluster/search`.
pub fn routes() -> Routes {
    Routes::of("cluster")
        .on(
            Op::get("/v1/cluster/search", "verifySearch", "Compares this node's index with rows")
                .about(
                    "For each shard, at the log index that the index is as of. It reads every \
                     product: one at a time, others are 503 `overloaded`.",
                )
                .refuses(&[Code::Overloaded])
                .answers::<SearchIndexStatus>(200, "What was compared."),
            verify,
        )
        .on(
            Op::post("/v1/cluster/search/rebuild", "rebuildSearch", "Makes this node's index anew")
                .about(
                    "From the rows, in the background: until a shard's part is whole, searches \
                     see the old one, as of when it began. It is in the audit trail before it is \
                     done, so the meta group must take it.",
                )
                .body::<RebuildSearch>()
                .answers::<SearchRebuild>(202, "It will be done."),
            rebuild,
        )
}

/// `GET /v1/cluster/search`
pub async fn verify(State(app): State<App>) -> Result<Response, Error> {
    let Ok(_turn) = TURN.try_acquire() else {
        let detail = "the index is being compared already; try again when that is done";
        return Err(Error::new(Code::Overloaded, detail));
    };
    let state = app.clone();
    let status = tokio::task::spawn_blocking(move || state.compare_index()).await;
    answer::json(StatusCode::OK, &status.map_err(Error::fault)??)
}

/// `POST /v1/cluster/search/rebuild`
pub async fn rebuild(
    State(app): State<App>,
    by: By,
    Json(body): Json<RebuildSearch>,
) -> Result<Response, Error> {
    if body.shard.is_some_and(|shard| !(1..=app.topology.shards).contains(&shard)) {
        let detail = format!("a shard with products is 1 to {}", app.topology.shards);
        return Err(Error::about(Code::InvalidField, "shard", detail));
    }
    let shard = body.shard.map(ShardId);
    let operation = Operation::RebuildSearch { node: app.node_id, shard };
    let record = Command::RecordOperation(RecordOperation { operation });
    app.write(by, ShardId::META, record).await?;
    let shards: Vec<ShardId> =
        app.product_shards().filter(|id| shard.is_none_or(|shard| shard == *id)).collect();
    shards.iter().for_each(|shard| app.indexed.rebuild(*shard));
    let shards = shards.iter().map(|shard| shard.0).collect();
    answer::json(StatusCode::ACCEPTED, &SearchRebuild { node: app.node_id, shards })
}

impl AppState {
    fn product_shards(&self) -> impl Iterator<Item = ShardId> {
        self.topology.groups().filter(|shard| *shard != ShardId::META)
    }

    fn compare_index(&self) -> Result<SearchIndexStatus, Error> {
        let index = self.search.index();
        let shards = self.product_shards().map(|shard| {
            let compared = search_verify::compare(&index, shard, &self.view(shard));
            let compared = compared.map_err(Error::fault)?;
            let state = match compared.rows {
                Some(rows) if rows == compared.index => "equal",
                Some(_) => "differs",
                None => "unsettled",
            };
            Ok(SearchIndexShard {
                shard: shard.0,
                state: state.to_owned(),
                rebuilding: self.indexed.is_rebuilding(shard),
                position: compared.position,
                products: compared.index.products,
                digest: digits(&compared.index),
                rows: compared.rows.map(|rows| rows.products),
                rows_digest: compared.rows.as_ref().map(digits),
            })
        });
        let shards: Vec<SearchIndexShard> = shards.collect::<Result<_, Error>>()?;
        let equal = shards.iter().all(|shard| shard.state == "equal");
        Ok(SearchIndexStatus { node: self.node_id, equal, shards })
    }
}

fn digits(digest: &Digest) -> String {
    format!("{:032x}", digest.sum())
}
