//! What Stripe's own lists say, page by page, and what it says of one thing.

use std::collections::HashMap;

use engine_core::OrderId;
use engine_core::order::{DisputeState, RefundState};
use engine_core::payment::IntentId;
use stripe_client_core::StripeRequest as _;
use stripe_core::dispute::{ListDispute, RetrieveDispute};
use stripe_core::payment_intent::{ListPaymentIntent, RetrievePaymentIntent};
use stripe_core::refund::ListRefund;
use stripe_shared::{Dispute, DisputeStatus, PaymentIntent, Refund};
use stripe_types::{Expandable, RangeBoundsTs, RangeQueryTs};

use super::super::{CallError, ListedDispute, ListedIntent, ListedRefund, Page, Refunded, Span};
use super::{CLUSTER, EFFECT, EXPANDED, ORDER, PAGE, REFUNDS_MAX, SKEW_S, Stripe, map};
use crate::payment::listed::effect;

/// What Stripe calls something that is not there.
const MISSING: &str = "resource_missing";

impl Stripe {
    /// Which order of this cluster an object was made for, as its metadata has it.
    pub(super) fn ours(&self, metadata: &HashMap<String, String>) -> Option<OrderId> {
        let is_ours = metadata.get(CLUSTER).is_some_and(|it| *it == self.cluster);
        metadata.get(ORDER).filter(|_| is_ours)?.parse().ok()
    }

    /// An intent, if it is one of ours.
    pub async fn listed(&self, intent: &IntentId) -> Result<Option<ListedIntent>, CallError> {
        let request = RetrievePaymentIntent::new(intent.0.as_str()).expand([EXPANDED.to_owned()]);
        let found = request.customize().send(&*self.calls).await.map_err(map::error);
        match found {
            Ok(found) => self.intent_of(&found),
            Err(CallError::Refused(code)) if code == MISSING => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A page of this cluster's intents.
    pub async fn intents(
        &self,
        span: Span,
        after: Option<&str>,
    ) -> Result<Page<ListedIntent>, CallError> {
        let mut request = ListPaymentIntent::new().created(range(span)).limit(PAGE);
        if let Some(after) = after {
            request = request.starting_after(after);
        }
        let page = request.customize().send(&*self.calls).await.map_err(map::error)?;
        let last = page.data.last().map(|it| (it.id.as_str().to_owned(), it.created));
        let ours = page.data.iter().map(|it| self.intent_of(it));
        let data = ours.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        Ok(paged(data, last, page.has_more))
    }

    /// A page of all refunds of intents, this cluster's or not.
    pub async fn refunds(
        &self,
        span: Span,
        after: Option<&str>,
    ) -> Result<Page<ListedRefund>, CallError> {
        let mut request = ListRefund::new().created(range(span)).limit(PAGE);
        if let Some(after) = after {
            request = request.starting_after(after);
        }
        let page = request.customize().send(&*self.calls).await.map_err(map::error)?;
        let last = page.data.last().map(|it| (it.id.as_str().to_owned(), it.created));
        let data = page.data.iter().filter_map(refund).collect();
        Ok(paged(data, last, page.has_more))
    }

    /// The refunds of one intent, the newest first.
    pub async fn refunds_of(&self, intent: &IntentId) -> Result<Vec<ListedRefund>, CallError> {
        let request = ListRefund::new().payment_intent(intent.0.as_str()).limit(REFUNDS_MAX);
        let found = request.customize().send(&*self.calls).await.map_err(map::error)?;
        Ok(found.data.iter().filter_map(refund).collect())
    }

    /// A page of all disputes of intents, this cluster's or not.
    pub async fn disputes(
        &self,
        span: Span,
        after: Option<&str>,
    ) -> Result<Page<ListedDispute>, CallError> {
        let mut request = ListDispute::new().created(range(span)).limit(PAGE);
        if let Some(after) = after {
            request = request.starting_after(after);
        }
        let page = request.customize().send(&*self.calls).await.map_err(map::error)?;
        let last = page.data.last().map(|it| (it.id.as_str().to_owned(), it.created));
        let data = page.data.iter().filter_map(dispute).collect();
        Ok(paged(data, last, page.has_more))
    }

    /// A dispute, if it is one about an intent, and no inquiry.
    pub async fn dispute(&self, id: &str) -> Result<Option<ListedDispute>, CallError> {
        let request = RetrieveDispute::new(id);
        let found = request.customize().send(&*self.calls).await.map_err(map::error);
        match found {
            Ok(found) => Ok(dispute(&found)),
            Err(CallError::Refused(code)) if code == MISSING => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn intent_of(&self, it: &PaymentIntent) -> Result<Option<ListedIntent>, CallError> {
        let Some(order) = self.ours(&it.metadata) else { return Ok(None) };
        Ok(Some(ListedIntent { order, intent: map::intent(it)? }))
    }
}

fn paged<T>(data: Vec<T>, last: Option<(String, i64)>, has_more: bool) -> Page<T> {
    let oldest = last.as_ref().and_then(|(_, created)| u64::try_from(*created).ok());
    let next = last.map(|(id, _)| id).filter(|_| has_more);
    Page { data, next, oldest: oldest.map(|created| created.saturating_mul(1_000)) }
}

/// Stripe counts in seconds, by its own clock.
fn range(span: Span) -> RangeQueryTs {
    let seconds = |ms: u64| i64::try_from(ms / 1_000).unwrap_or(i64::MAX);
    RangeQueryTs::Bounds(RangeBoundsTs {
        gte: Some(seconds(span.since).saturating_sub(SKEW_S)),
        lte: span.until.map(seconds),
        ..RangeBoundsTs::default()
    })
}

fn refund(it: &Refund) -> Option<ListedRefund> {
    let intent = match it.payment_intent.as_ref()? {
        Expandable::Id(id) => id.as_str().to_owned(),
        Expandable::Object(intent) => intent.id.as_str().to_owned(),
    };
    let (state, code) = match map::refund(it) {
        Refunded::Succeeded => (RefundState::Succeeded, String::new()),
        Refunded::Pending => (RefundState::Pending, String::new()),
        Refunded::Failed(code) => (RefundState::Failed, code),
    };
    let named = it.metadata.as_ref().and_then(|all| all.get(EFFECT));
    Some(ListedRefund {
        id: it.id.as_str().to_owned(),
        intent: IntentId(intent),
        amount: it.amount,
        state,
        code,
        effect: named.and_then(|text| effect(text)),
    })
}

/// An inquiry, which may become a dispute, takes no money: it is none yet.
fn dispute(it: &Dispute) -> Option<ListedDispute> {
    let intent = match it.payment_intent.as_ref()? {
        Expandable::Id(id) => id.as_str().to_owned(),
        Expandable::Object(intent) => intent.id.as_str().to_owned(),
    };
    let state = match it.status {
        DisputeStatus::Lost => DisputeState::Lost,
        DisputeStatus::Won => DisputeState::Won,
        DisputeStatus::NeedsResponse | DisputeStatus::UnderReview => DisputeState::Open,
        _ => return None,
    };
    let (id, amount) = (it.id.as_str().to_owned(), it.amount);
    Some(ListedDispute { id, intent: IntentId(intent), amount, state })
}
