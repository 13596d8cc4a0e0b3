//! T6, T7, T12: the money is there, so the order is confirmed.

use super::{Change, FULFILL_SLA_MS, OrderTimer};
use crate::fault::Fault;
use crate::notice::NoticeKind;
use crate::payment::{AUTH_EXPIRY_MARGIN_MS, PaymentState};

impl Change<'_, '_, '_> {
    /// Commits the units. From here on the order waits for shipping.
    pub(crate) fn confirm(&mut self, state: PaymentState, name: &str) -> Result<(), Fault> {
        self.resolved();
        self.order.payment.state = state;
        self.order.ending = None;
        self.disarm_all();
        self.commit_units()?;
        self.arm(OrderTimer::FulfillSla, self.ctx.now().saturating_add(FULFILL_SLA_MS));
        if state == PaymentState::Authorized
            && let Some(capture_before) = self.order.payment.capture_before
        {
            let at = capture_before.saturating_sub(AUTH_EXPIRY_MARGIN_MS);
            self.arm(OrderTimer::AuthExpiry, at);
        }
        self.notify(NoticeKind::Confirmed);
        self.step(name, "");
        Ok(())
    }
}
