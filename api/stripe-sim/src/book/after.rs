//! What comes after a payment: refunds and disputes.

use super::{Book, Call};
use crate::cards::{self, Card, Later};
use crate::error::Refusal;
use crate::model::{Dispute, DisputeStatus, Metadata, Refund, RefundStatus};

/// What a refund is made of.
#[derive(Debug, Clone, Default)]
pub struct NewRefund {
    /// Of which intent.
    pub intent: String,
    /// How much; all that is left, if it is not said.
    pub amount: Option<i64>,
    /// What its maker attaches.
    pub metadata: Metadata,
    /// Why.
    pub reason: Option<String>,
}

impl Book {
    /// Gives money back.
    pub fn refund(&mut self, call: Call<'_>, new: NewRefund) -> Result<Refund, Refusal> {
        let mut intent = self.intent(&new.intent)?.clone();
        let later = intent.method.as_deref().and_then(cards::card);
        let (id, currency) = (intent.id.clone(), intent.currency.clone());
        let taken = intent.charges.last_mut().and_then(|it| it.captured.map(|all| (all, it)));
        let Some((captured, charge)) = taken else {
            let message = "This PaymentIntent does not have a successful charge to refund.";
            return Err(Refusal::state(message));
        };
        if charge.disputed {
            let message = "The charge is disputed, and cannot be refunded.";
            return Err(Refusal::request("charge_disputed", message));
        }
        let left = captured - charge.refunded;
        if left == 0 {
            let message = format!("Charge {} has already been refunded.", charge.id);
            return Err(Refusal::request("charge_already_refunded", message));
        }
        let amount = new.amount.unwrap_or(left);
        if !(1..=left).contains(&amount) {
            let message = format!("Refund amount ({amount}) is not from 1 to {left}.");
            return Err(Refusal { is_early: false, ..Refusal::parameter("amount", message) });
        }
        charge.refunded += amount;
        let pends = later == Some(Card::Pays(Later::RefundsPend));
        let refund = Refund {
            id: String::new(),
            created: call.now,
            amount,
            intent: id,
            charge: charge.id.clone(),
            currency,
            metadata: new.metadata,
            reason: new.reason,
            status: if pends { RefundStatus::Pending } else { RefundStatus::Succeeded },
        };
        let refund = Refund { id: self.id("re"), ..refund };
        self.tell_charge(call, "charge.refunded", &intent);
        self.keep(intent);
        Ok(self.put_refund(call, "refund.created", refund))
    }

    /// What takes a while has come to its end: pending refunds succeed, others come back.
    pub fn settle_refund(&mut self, call: Call<'_>, id: &str) -> Result<Refund, Refusal> {
        let refund = self.refunds.get(id).ok_or_else(|| Refusal::unknown("refund", id))?.clone();
        let mut intent = self.intent(&refund.intent)?.clone();
        let card = intent.method.as_deref().and_then(cards::card);
        let fails = card == Some(Card::Pays(Later::RefundsFail));
        Ok(match (refund.status, fails) {
            (RefundStatus::Pending, _) => {
                let refund = Refund { status: RefundStatus::Succeeded, ..refund };
                self.put_refund(call, "refund.updated", refund)
            }
            (RefundStatus::Succeeded, true) => {
                if let Some(charge) = intent.charges.last_mut() {
                    charge.refunded -= refund.amount;
                }
                self.keep(intent);
                let refund = Refund { status: RefundStatus::Failed, ..refund };
                self.put_refund(call, "refund.failed", refund)
            }
            _ => refund,
        })
    }

    /// Ends a dispute.
    pub fn close_dispute(
        &mut self,
        call: Call<'_>,
        id: &str,
        won: bool,
    ) -> Result<Dispute, Refusal> {
        let dispute = self.disputes.get(id).ok_or_else(|| Refusal::unknown("dispute", id))?;
        if dispute.status != DisputeStatus::NeedsResponse {
            return Ok(dispute.clone());
        }
        let status = if won { DisputeStatus::Won } else { DisputeStatus::Lost };
        let dispute = Dispute { status, ..dispute.clone() };
        Ok(self.put_dispute(call, "charge.dispute.closed", dispute))
    }
}
