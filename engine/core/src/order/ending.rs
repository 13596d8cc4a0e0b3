//! T3, T9, T10, T11, T21: an order that is not confirmed ends.
//!
//! Void first, release second: the units stay until the provider says that no money can come. Only
//! where no intent was ever confirmed, because none is known, are they free at once.

use super::{Change, Ending, OrderTimer, Units};
use crate::fault::Fault;
use crate::payment::PaymentState;

impl Change<'_, '_, '_> {
    /// Begins to end the order. With a call in flight, its settlement goes on from here.
    pub(crate) fn end(&mut self, ending: Ending, name: &str, note: &str) -> Result<(), Fault> {
        self.order.ending = Some(ending);
        self.order.flags.cancel_requested = false;
        self.disarm(OrderTimer::Hold);
        if self.order.payment.intent.is_none() {
            return self.release(PaymentState::Voided, name, note);
        }
        let waits = self.order.units == Units::Expiring && self.order.timers.reconcile.is_some();
        self.order.units = Units::Expiring;
        if self.is_idle() && !waits {
            self.void();
        }
        self.step(name, note);
        Ok(())
    }

    /// The payment is over and no money can come: the units are free.
    pub(crate) fn release(
        &mut self,
        state: PaymentState,
        name: &str,
        note: &str,
    ) -> Result<(), Fault> {
        self.resolved();
        self.order.payment.state = state;
        self.order.flags.cancel_requested = false;
        self.disarm_all();
        self.release_units()?;
        self.step(name, note);
        Ok(())
    }
}
