//! What becomes of an orphan: it is asked about, then canceled or given back.

use super::{
    Known, ORPHAN_AGAIN_MS, ORPHAN_RETENTION_MS, ORPHAN_WAIT_MS, Orphan, OrphanState, known,
};
use crate::apply::Ctx;
use crate::fault::Fault;
use crate::ids::OrderId;
use crate::keys::Key;
use crate::money::Money;
use crate::order::rows;
use crate::outbox::{Call, EffectId, ProviderCall};
use crate::payment::{
    CallResult, Intent, IntentStatus, NEVER_REFUNDED, OpenCall, RECONCILE_STEPS_MS, kept,
};

/// What the provider says of money that somebody has given back already.
const ALREADY_REFUNDED: &str = "charge_already_refunded";

/// An orphan's timer has fired: its row is gone already.
pub(crate) fn due(ctx: &mut Ctx<'_, '_>, id: OrderId) -> Result<(), Fault> {
    let Some(mut orphan) = ctx.txn.read::<Orphan>(&Key::Orphan(id))? else { return Ok(()) };
    orphan.due = None;
    let order = rows::order(ctx.txn, orphan.order)?;
    match known(order.as_ref(), &orphan.intent) {
        // The order looks after it, or it was told for long enough what became of it.
        Known::Yes => ctx.txn.delete(&Key::Orphan(id)),
        _ if orphan.state.is_over() => ctx.txn.delete(&Key::Orphan(id)),
        Known::NotYet => {
            orphan.arm(ctx, ctx.now().saturating_add(ORPHAN_WAIT_MS));
            ctx.txn.put(&Key::Orphan(id), &orphan);
        }
        Known::No => {
            orphan.ask(ctx);
            orphan.save(ctx);
        }
    }
    Ok(())
}

/// A call for an orphan was answered. Says whether there is such an orphan.
pub(crate) fn settle(
    ctx: &mut Ctx<'_, '_>,
    effect: EffectId,
    made: &ProviderCall,
    result: &CallResult,
) -> Result<bool, Fault> {
    let Some(mut orphan) = ctx.txn.read::<Orphan>(&Key::Orphan(effect.order))? else {
        return Ok(false);
    };
    ctx.txn.delete(&Key::ProviderCall(effect));
    let open = OpenCall { number: effect.number, at: made.at, call: made.call.clone() };
    orphan.answered(ctx, open, result);
    orphan.save(ctx);
    Ok(true)
}

impl Orphan {
    fn answered(&mut self, ctx: &mut Ctx<'_, '_>, made: OpenCall, result: &CallResult) {
        match (&made.call, result) {
            (Call::GetIntent { .. } | Call::CancelIntent { .. }, CallResult::Intent(intent))
                if intent.id == self.intent =>
            {
                self.seen(ctx, &made.call, intent);
            }
            (Call::RefundRest { .. }, CallResult::Refunded) => {
                self.over(ctx, OrphanState::Refunded);
            }
            (Call::RefundRest { .. }, CallResult::RefundPending) => {
                self.open = Some(made);
                self.arm(ctx, ctx.now().saturating_add(ORPHAN_AGAIN_MS));
            }
            (Call::RefundRest { .. }, CallResult::Refused { code }) if code == ALREADY_REFUNDED => {
                self.over(ctx, OrphanState::Refunded);
            }
            // Its key is not honored any more, and nothing was done under it: from the beginning.
            (_, CallResult::Refused { code }) if code == NEVER_REFUNDED => {
                self.open = None;
                self.later(ctx);
            }
            (_, CallResult::Refused { code }) => {
                self.open = None;
                self.state = OrphanState::Refused;
                self.code = kept(code);
                self.arm(ctx, ctx.now().saturating_add(ORPHAN_AGAIN_MS));
            }
            (Call::RefundRest { .. }, _) => {
                self.open = Some(made);
                self.later(ctx);
            }
            _ => self.later(ctx),
        }
    }

    /// The intent as it is decides.
    fn seen(&mut self, ctx: &mut Ctx<'_, '_>, asked: &Call, intent: &Intent) {
        self.received = intent.received.clamp(0, Money::AMOUNT_MAX);
        self.code.clear();
        let canceled = matches!(asked, Call::CancelIntent { .. });
        let intent_id = self.intent.clone();
        match intent.status {
            IntentStatus::Canceled => self.over(ctx, OrphanState::Canceled),
            IntentStatus::Succeeded => {
                self.state = OrphanState::Refunding;
                self.call(ctx, Call::RefundRest { intent: intent_id });
            }
            IntentStatus::Processing => self.later(ctx),
            _ if canceled => self.later(ctx),
            _ => {
                self.state = OrphanState::Canceling;
                self.call(ctx, Call::CancelIntent { intent: intent_id });
            }
        }
    }

    /// Asks what became of it; a refund of unknown outcome is made again under its own key.
    fn ask(&mut self, ctx: &mut Ctx<'_, '_>) {
        match self.open.take() {
            Some(OpenCall { number, at, call }) => {
                self.put_call(ctx, number, &ProviderCall { at, call, repeated: true });
            }
            None => {
                self.state = OrphanState::Asked;
                self.call(ctx, Call::GetIntent { intent: self.intent.clone() });
            }
        }
    }

    /// Orders a call under a new number. It is asked first whether it was made: before a restore
    /// the same orphan may have been here, and the same number used for it.
    fn call(&mut self, ctx: &mut Ctx<'_, '_>, call: Call) {
        let number = self.calls.max(*ctx.calls_from);
        self.calls = number.saturating_add(1);
        let call = ProviderCall { at: ctx.now(), call, repeated: true };
        self.put_call(ctx, number, &call);
    }

    fn put_call(&self, ctx: &mut Ctx<'_, '_>, number: u32, call: &ProviderCall) {
        ctx.txn.put(&Key::ProviderCall(EffectId { order: self.id(), number }), call);
    }

    /// Nobody knows yet: it is asked again, more and more seldom.
    fn later(&mut self, ctx: &mut Ctx<'_, '_>) {
        let delay = RECONCILE_STEPS_MS[usize::from(self.step).min(RECONCILE_STEPS_MS.len() - 1)];
        self.step = self.step.saturating_add(1);
        self.arm(ctx, ctx.now().saturating_add(delay));
    }

    fn over(&mut self, ctx: &mut Ctx<'_, '_>, state: OrphanState) {
        self.open = None;
        self.state = state;
        self.arm(ctx, ctx.now().saturating_add(ORPHAN_RETENTION_MS));
    }

    fn save(&mut self, ctx: &mut Ctx<'_, '_>) {
        self.updated_at = ctx.now();
        ctx.txn.put(&Key::Orphan(self.id()), self);
    }
}
