//! `/v1/payments`: what the payment provider has that orders do not know, or know otherwise.

use api_client::{List, OrphanPayment, PaymentReconciliation, ReconcilePayments};
use axum::extract::State;
use axum::response::Response;
use engine_core::audit::{Operation, RecordOperation};
use engine_core::payment::Orphan;
use engine_core::{Command, OrderId, ShardId, read};
use hyper::StatusCode;

use super::products::ListParams;
use crate::access::By;
use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{Json, Query};
use crate::openapi::{Op, Routes};
use crate::payment::{Span, Wish};
use crate::state::{App, AppState};
use crate::time::{from_rfc3339, now_ms, rfc3339};

/// Over how long back orders are compared unless it is said, in milliseconds: 24 hours.
const OVER_MS: u64 = 24 * 3_600_000;

/// The routes.
pub fn routes() -> Routes {
    Routes::of("recovery")
        .on(
            Op::post(
                "/v1/payments/reconcile",
                "reconcilePayments",
                "Compares orders with the payment provider's own lists",
            )
            .about(
                "Both ways, for what was created in a time: after a restore, the time since the \
                 backup. Where they differ the order asks the provider, whose answer decides; \
                 money that no order knows goes back after 15 minutes, or `now`; an amount that \
                 differs is for a person. A dry run only says what would be done.",
            )
            .body::<ReconcilePayments>()
            .refuses(&[Code::CardsOff, Code::ProviderUnreachable])
            .answers::<PaymentReconciliation>(200, "What differs, and what is done about it."),
            reconcile,
        )
        .on(
            Op::get("/v1/payments/orphans", "listOrphanPayments", "Money that no order knows")
                .about("Those of the last 40 days, shard by shard, in the order of their ids.")
                .fresh()
                .page()
                .refuses(&[Code::InvalidId])
                .lists::<OrphanPayment>("A page of intents that no order knows."),
            orphans,
        )
}

/// `POST /v1/payments/reconcile`
pub async fn reconcile(
    State(app): State<App>,
    by: By,
    Json(body): Json<ReconcilePayments>,
) -> Result<Response, Error> {
    let time = |name: &str, text: &Option<String>| {
        let bad = || Error::about(Code::InvalidField, name, "a time by RFC 3339");
        text.as_deref().map(|text| from_rfc3339(text).ok_or_else(bad)).transpose()
    };
    let since = time("since", &body.since)?.unwrap_or_else(|| now_ms().saturating_sub(OVER_MS));
    let span = Span { since, until: time("until", &body.until)? };
    if span.until.is_some_and(|until| until < since) {
        return Err(Error::about(Code::InvalidField, "until", "it is not before `since`"));
    }
    app.payments.stripe()?;
    let dry_run = body.dry_run.unwrap_or(false);
    if !dry_run {
        let operation = Operation::ReconcilePayments { since };
        let record = Command::RecordOperation(RecordOperation { operation });
        app.write(by, ShardId::META, record).await?;
    }
    let wish = Wish { dry_run, at_once: body.now.unwrap_or(false), both_ways: true };
    let found = app.reconcile(span, wish).await?;
    answer::json(StatusCode::OK, &found.told(span, dry_run))
}

/// `GET /v1/payments/orphans`
pub async fn orphans(
    State(app): State<App>,
    wish: Freshness,
    Query(params): Query<ListParams>,
) -> Result<Response, Error> {
    let (limit, after) = params.page::<OrderId>()?;
    let shards: Vec<ShardId> = app.topology.groups().filter(|id| *id != ShardId::META).collect();
    let seen = app.fresh(&shards, &wish).await?;
    let page = app.orphans(&shards, after, limit)?;
    Ok(seen.mark(answer::json(StatusCode::OK, &page)?))
}

impl AppState {
    /// A page of the intents that no order knows.
    fn orphans(
        &self,
        shards: &[ShardId],
        after: Option<OrderId>,
        limit: usize,
    ) -> Result<List<OrphanPayment>, Error> {
        let first = after.map(|id| self.topology.of_order(id));
        let mut data = Vec::new();
        for shard in shards.iter().copied().filter(|shard| first.is_none_or(|it| *shard >= it)) {
            let from = after.filter(|_| first == Some(shard));
            let left = limit.saturating_sub(data.len()).saturating_add(1);
            let rows = read::orphans(&self.view(shard), from, left).map_err(Error::fault)?;
            data.extend(rows.iter().map(told));
            if data.len() > limit {
                data.truncate(limit);
                let next_cursor = data.last().map(|row| row.id.clone());
                return Ok(List { data, has_more: true, next_cursor });
            }
        }
        Ok(List { data, has_more: false, next_cursor: None })
    }
}

fn told(row: &Orphan) -> OrphanPayment {
    OrphanPayment {
        id: row.id().to_string(),
        order_id: row.order.to_string(),
        intent_id: row.intent.0.clone(),
        status: row.state.as_str().to_owned(),
        received: row.received,
        failure_code: Some(row.code.clone()).filter(|code| !code.is_empty()),
        created_at: rfc3339(row.seen_at),
        updated_at: rfc3339(row.updated_at),
    }
}
