//! What the provider tells by itself, and what is made of it. An event is a hint: of a refund or a
//! dispute it only says of which intent it is, and the provider is asked how things are.

use engine_core::order::{ImportRefund, NoteDispute, Order};
use engine_core::payment::{IntentId, IntentStatus, NotePaymentEvent};
use engine_core::read::{self, Whose};
use engine_core::{Command, OrderId, RefundId, h128};

use super::{CallError, ListedDispute, ListedIntent, ListedRefund};
use crate::access::By;
use crate::errors::{Code, Error};
use crate::state::AppState;

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Something became of an intent.
    Intent(NotePaymentEvent),
    /// Something became of money that goes back.
    Refund {
        /// H128 of the event's id.
        event: u128,
        /// Of which intent.
        intent: IntentId,
    },
    /// Something became of a dispute.
    Dispute {
        /// H128 of the event's id.
        event: u128,
        /// Of which intent.
        intent: IntentId,
        /// The provider's name of the dispute.
        dispute: String,
    },
}

/// The error for a provider that does not say what it is asked.
pub fn unreachable(error: CallError) -> Error {
    tracing::warn!(%error, "the payment provider does not answer");
    let detail = "the payment provider does not answer, or not in a way that can be read; the \
                  node's log says more";
    Error::new(Code::ProviderUnreachable, detail)
}

impl ListedRefund {
    /// The command that writes it down. The call that made it counts if it was that order's.
    pub fn import(&self, order: OrderId) -> ImportRefund {
        let call = self.effect.filter(|effect| effect.order == order).map(|effect| effect.number);
        let id = RefundId(h128(&[self.id.as_bytes()]));
        let (amount, state, code) = (self.amount, self.state, self.code.clone());
        ImportRefund { order, id, amount, state, code, call }
    }

    /// The order knows it, as it is.
    pub fn is_known(&self, order: &Order) -> bool {
        let ImportRefund { id, call, .. } = self.import(order.id);
        let is_it = |id_known, call_known: Option<u32>| {
            id_known == id || call.is_some() && call_known == call
        };
        let mut refunds = order.progress.refunds.iter();
        let known = refunds.find(|refund| is_it(refund.id, refund.call));
        known.is_some_and(|refund| refund.state == self.state)
    }
}

impl ListedDispute {
    /// The command that writes it down.
    pub fn note(&self, order: OrderId) -> NoteDispute {
        NoteDispute { order, id: self.id.clone(), state: self.state, amount: self.amount }
    }

    /// The order knows it, as it is, or a later one, or is charged back.
    pub fn is_known(&self, order: &Order) -> bool {
        use engine_core::order::DisputeState::{Lost, Open, Won};
        order.progress.dispute.as_ref().is_some_and(|known| match known.state {
            Lost => true,
            state if known.id == self.id => state == self.state,
            // Of several the last is kept: its event says which.
            Open => true,
            Won => self.state != Open,
        })
    }
}

impl AppState {
    /// Takes what was heard into the log. Says whether it matters.
    pub async fn hear(&self, heard: Heard) -> Result<bool, Error> {
        let (event, intent, dispute) = match heard {
            Heard::Intent(note) => {
                let shard = self.topology.of_order(note.order);
                self.write(By::THE_NODE, shard, Command::NotePaymentEvent(note)).await?;
                return Ok(true);
            }
            Heard::Refund { event, intent } => (event, intent, None),
            Heard::Dispute { event, intent, dispute } => (event, intent, Some(dispute)),
        };
        let stripe = self.payments.stripe()?;
        let listed = stripe.listed(&intent).await.map_err(unreachable)?;
        let Some(listed) = listed else { return Ok(false) };
        let shard = self.topology.of_order(listed.order);
        let noted = read::payment_event(&self.view(shard), event).map_err(Error::fault)?;
        if noted.is_some() {
            return Ok(true);
        }
        if listed.intent.status == IntentStatus::Succeeded && self.is_its(&listed)? {
            match dispute {
                Some(id) => {
                    if let Some(dispute) = stripe.dispute(&id).await.map_err(unreachable)? {
                        let note = Command::NoteDispute(dispute.note(listed.order));
                        self.take(&listed, event, note).await?;
                    }
                }
                None => {
                    let refunds = stripe.refunds_of(&intent).await.map_err(unreachable)?;
                    for refund in refunds.iter().rev() {
                        let import = Command::ImportRefund(refund.import(listed.order));
                        self.take(&listed, event, import).await?;
                    }
                }
            }
        }
        self.note_listed(&listed, event).await?;
        Ok(true)
    }

    /// Writes what became of an order's money. If the order does not know yet that there is any, it
    /// is to ask, and the event must come again.
    async fn take(
        &self,
        listed: &ListedIntent,
        event: u128,
        command: Command,
    ) -> Result<(), Error> {
        let shard = self.topology.of_order(listed.order);
        match self.write(By::THE_NODE, shard, command).await {
            Err(error) if error.code == Code::NotCaptured => {
                let early = h128(&[b"early", &event.to_be_bytes()]);
                self.note_listed(listed, early).await?;
                Err(error)
            }
            // There is no such order: its intent becomes an orphan.
            Err(error) if error.code == Code::OrderNotFound => Ok(()),
            written => written.map(|_| ()),
        }
    }

    /// Notes where an intent stands, under an event's id.
    async fn note_listed(&self, listed: &ListedIntent, event: u128) -> Result<(), Error> {
        let (order, intent, status) =
            (listed.order, listed.intent.id.clone(), listed.intent.status);
        let note = NotePaymentEvent { event, order, intent, status };
        let shard = self.topology.of_order(order);
        self.write(By::THE_NODE, shard, Command::NotePaymentEvent(note)).await.map(|_| ())
    }

    /// The order, as far as this replica has it, has no other intent.
    fn is_its(&self, listed: &ListedIntent) -> Result<bool, Error> {
        let view = self.view(self.topology.of_order(listed.order));
        let order = read::order(&view, listed.order, &Whose::Anybody).map_err(Error::fault)?;
        let known = order.and_then(|order| order.payment.intent);
        Ok(known.is_none_or(|intent| intent == listed.intent.id))
    }
}
