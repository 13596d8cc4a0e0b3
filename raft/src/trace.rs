//! Traces over nodes: a command takes with it which span it belongs to, and an order's calls to the
//! provider belong to the request that ordered them (<https://www.w3.org/TR/trace-context/>).
//!
//! Traces are no state. Nothing of them is replicated: a node that takes over a shard makes the
//! calls that it finds without one. Who belongs to no trace pays for none: no span is made.

use std::collections::VecDeque;

use engine_core::{Command, OrderId};
use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// How many orders' traces a shard's leader remembers.
const ORDERS_MAX: usize = 1_024;

/// A span, here or on another node, to which others belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trace {
    trace: [u8; 16],
    span: [u8; 8],
    flags: u8,
}

impl Trace {
    /// The span that runs now, if there is one and it belongs to a trace.
    pub fn current() -> Option<Self> {
        let span = Span::current();
        if span.is_disabled() {
            return None;
        }
        let context = span.context();
        let at = context.span().span_context().clone();
        at.is_valid().then(|| Self {
            trace: at.trace_id().to_bytes(),
            span: at.span_id().to_bytes(),
            flags: at.trace_flags().to_u8(),
        })
    }

    /// The trace's id, as the log has it.
    pub fn id(self) -> String {
        TraceId::from_bytes(self.trace).to_string()
    }

    /// Makes another span belong to this one.
    pub fn adopts(self, span: Span) -> Span {
        let (trace, id) = (TraceId::from_bytes(self.trace), SpanId::from_bytes(self.span));
        let flags = TraceFlags::new(self.flags);
        let at = SpanContext::new(trace, id, flags, true, TraceState::default());
        // Where nobody gathers spans there is nothing to set.
        let _unheard = span.set_parent(Context::new().with_remote_span_context(at));
        span
    }
}

/// The traces of the orders that were changed last.
#[derive(Debug, Default)]
pub(crate) struct OrderTraces(Mutex<VecDeque<(OrderId, Trace)>>);

impl OrderTraces {
    /// Remembers which span a command belongs to, if it may lead to calls.
    pub fn remember(&self, command: &Command, trace: Trace) {
        let order = match command {
            Command::PlaceOrder(place) => place.order,
            Command::CancelOrder(cancel) => cancel.order,
            Command::RetryPayment(retry) => retry.order,
            _ => return,
        };
        let mut known = self.0.lock();
        if known.len() == ORDERS_MAX {
            known.pop_front();
        }
        known.push_back((order, trace));
    }

    /// Which span an order's calls belong to.
    pub fn of(&self, order: OrderId) -> Option<Trace> {
        let known = self.0.lock();
        known.iter().rev().find(|(known, _)| *known == order).map(|(_, trace)| *trace)
    }
}

#[cfg(test)]
mod tests {
    use engine_core::order::CancelOrder;
    use engine_core::{Command, Slot};

    use super::*;

    #[test]
    fn the_last_command_of_an_order_counts_and_old_orders_are_forgotten() {
        let order = |hash| OrderId { slot: Slot(1), hash };
        let of = |number: u8| Trace { trace: [1; 16], span: [number; 8], flags: 1 };
        let cancel = |hash| Command::CancelOrder(CancelOrder { order: order(hash), owner: None });
        let traces = OrderTraces::default();
        traces.remember(&cancel(1), of(1));
        traces.remember(&cancel(1), of(2));
        assert_eq!((traces.of(order(1)), traces.of(order(2))), (Some(of(2)), None));
        (0..ORDERS_MAX as u128).for_each(|number| traces.remember(&cancel(number + 2), of(3)));
        assert_eq!(traces.of(order(1)), None);
        assert_eq!(traces.of(order(2)), Some(of(3)));
        assert_eq!(of(1).id(), "01".repeat(16));
    }

    #[test]
    fn outside_of_a_span_there_is_no_trace() {
        assert_eq!(Trace::current(), None);
    }
}
