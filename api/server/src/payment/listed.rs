//! What the provider's own lists say of intents, refunds and disputes.

use engine_core::OrderId;
use engine_core::order::{DisputeState, RefundState};
use engine_core::outbox::EffectId;
use engine_core::payment::{Intent, IntentId};

/// From when to when something was created, in Unix milliseconds, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// From this time on.
    pub since: u64,
    /// Until this time; none for until now.
    pub until: Option<u64>,
}

/// A page of a list, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What it has of ours.
    pub data: Vec<T>,
    /// What the next page comes after; none if it is the last.
    pub next: Option<String>,
    /// When the last of the page was created, ours or not, in Unix milliseconds.
    pub oldest: Option<u64>,
}

/// An intent of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedIntent {
    /// Which order it was made for, as its metadata has it.
    pub order: OrderId,
    /// As it is now.
    pub intent: Intent,
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRefund {
    /// The provider's name of it.
    pub id: String,
    /// Of which intent.
    pub intent: IntentId,
    /// How much, in minor units.
    pub amount: i64,
    /// Where it stands: pending, succeeded or failed.
    pub state: RefundState,
    /// Why it failed, or empty.
    pub code: String,
    /// Which call of ours made it, if one did.
    pub effect: Option<EffectId>,
}

/// A dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDispute {
    /// The provider's name of it.
    pub id: String,
    /// Of which intent.
    pub intent: IntentId,
    /// How much, in minor units.
    pub amount: i64,
    /// Where it stands.
    pub state: DisputeState,
}

/// Which call a text names, as it stands in a refund's metadata.
pub fn effect(text: &str) -> Option<EffectId> {
    let (order, number) = text.rsplit_once('-')?;
    Some(EffectId { order: order.parse().ok()?, number: number.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use engine_core::Slot;

    use super::*;

    #[test]
    fn a_call_reads_as_it_is_written() {
        let id = EffectId { order: OrderId { slot: Slot(7), hash: 9 }, number: 12 };
        assert_eq!(effect(&id.to_string()), Some(id));
        for text in ["", "12", "ord_1-2", &id.order.to_string(), &format!("{id}x")] {
            assert_eq!(effect(text), None, "{text}");
        }
    }
}
