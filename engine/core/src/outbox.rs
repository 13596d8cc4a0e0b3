//! Effects: work for other shards and for the payment provider, as rows, until it is done.
//!
//! *To a shard* there is no started and no settled. Messages to one shard are numbered; those of
//! one log entry make one row. They are delivered in order, many in one `Deliver`; the receiver
//! keeps the last number, so a repeat is a no-op. What the receiver has is deleted here by
//! `Acknowledge`.
//! *To the provider* a committed row counts as possibly sent: the leader's driver calls with the
//! effect's id as idempotency key, then proposes `Settle`, which deletes the row.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cart::MergedCart;
use crate::codec::decode;
use crate::fault::Fault;
use crate::ids::{OrderId, ProductId, RefundId, ShardId};
use crate::inventory::{Location, UnitsEnd};
use crate::keys::{Key, kind_from, prefixed};
use crate::money::Money;
use crate::order::Asked;
use crate::payment::{IntentId, PaymentMethod};
use crate::txn::{Txn, View};

/// What one shard tells another. Never refused: where it does not apply, it is a no-op. Append
/// only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// To a product's shard: the order is confirmed, its units are committed.
    CommitHold(OrderId),
    /// To a product's shard: the order has ended, its units are free.
    ReleaseHold(OrderId),
    /// To the customer's shard: units are held for this order, and nobody has said why. Answered by
    /// `ReleaseHold` when the order has ended or was never placed (which is decided then), and by
    /// nothing while it lives.
    AskOrder {
        /// The order the units are held for.
        order: OrderId,
        /// Who asks.
        from: ShardId,
    },
    /// To a product's shard: committed units of a confirmed order are no longer kept for it.
    EndUnits {
        /// The order they are committed for.
        order: OrderId,
        /// Which product.
        product: ProductId,
        /// How many units.
        quantity: u32,
        /// What became of them.
        how: UnitsEnd,
    },
    /// To a customer's shard: the customer was this guest, whose cart has ended.
    TakeInCart(MergedCart),
    /// To a product's shard: units of an order came back and can be sold again.
    Restock {
        /// The order they were sent for.
        order: OrderId,
        /// Which product.
        product: ProductId,
        /// How many units.
        quantity: u32,
    },
    /// From the meta group to every other: a location is as it says now.
    Location(Box<Location>),
    /// To a product's shard: units of an order never arrived, so many are wanted once more.
    /// Answered by `TakenAgain`.
    TakeAgain(Asked),
    /// To an order's shard: the units it asked for are committed, or there are only so many.
    TakenAgain {
        /// What was asked for.
        asked: Asked,
        /// How many there are, if that is too few.
        short: Option<u32>,
    },
}

/// The number of the last message sent to, acknowledged by, or delivered from a shard. The first is
/// 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence(pub u64);

/// Names a call to the provider. Its text is the idempotency key of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EffectId {
    /// The order it is made for, or the orphan.
    pub order: OrderId,
    /// The how-manieth call of that order, from 0.
    pub number: u32,
}

impl fmt::Display for EffectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.order, self.number)
    }
}

/// A call to the payment provider that is not settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderCall {
    /// Effective now when it was first ordered, in Unix milliseconds: the age of its key.
    pub at: u64,
    /// What to call.
    pub call: Call,
    /// It was made before and nobody knows what came of it: ask first, then use the same key.
    pub repeated: bool,
}

/// What the provider can be asked to do. Append only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Call {
    /// Create an unconfirmed intent with manual capture, the order's id in its metadata.
    CreateIntent {
        /// What the order costs.
        amount: Money,
    },
    /// Confirm the intent with a payment method.
    ConfirmIntent {
        /// Which intent.
        intent: IntentId,
        /// The customer's payment-method token.
        method: PaymentMethod,
    },
    /// Cancel (void) the intent.
    CancelIntent {
        /// Which intent.
        intent: IntentId,
    },
    /// Ask what became of the intent.
    GetIntent {
        /// Which intent.
        intent: IntentId,
    },
    /// Give (a part of) the money back.
    Refund {
        /// Which intent.
        intent: IntentId,
        /// How much.
        amount: Money,
        /// Which refund of the order.
        refund: RefundId,
    },
    /// Capture (a part of) what was authorized; the rest is void.
    CaptureIntent {
        /// Which intent.
        intent: IntentId,
        /// How much.
        amount: Money,
    },
    /// Give back all that is left of the money of an intent that no order knows.
    RefundRest {
        /// Which intent.
        intent: IntentId,
    },
}

impl Call {
    /// The intent it is about; none before there is one.
    pub fn intent(&self) -> Option<&IntentId> {
        match self {
            Self::CreateIntent { .. } => None,
            Self::ConfirmIntent { intent, .. }
            | Self::CancelIntent { intent }
            | Self::GetIntent { intent }
            | Self::CaptureIntent { intent, .. }
            | Self::RefundRest { intent }
            | Self::Refund { intent, .. } => Some(intent),
        }
    }
}

/// Appends the messages of one log entry: one row for each shard they go to, named by the number of
/// its first message.
pub(crate) fn append(txn: &mut Txn<'_>, messages: Vec<(ShardId, Message)>) -> Result<(), Fault> {
    let mut rows = BTreeMap::<ShardId, Vec<Message>>::new();
    for (to, message) in messages {
        rows.entry(to).or_default().push(message);
    }
    for (to, row) in rows {
        let last = txn.read::<Sequence>(&Key::Sent { to })?.unwrap_or_default();
        txn.put(&Key::Sent { to }, &Sequence(last.0 + row.len() as u64));
        txn.put(&Key::Outbox { to, sequence: last.0 + 1 }, &row);
    }
    Ok(())
}

/// The first messages to a shard that it has not acknowledged, after a sequence number: those of
/// whole rows, as many as it takes to reach `limit`.
pub fn messages(
    view: &dyn View,
    to: ShardId,
    after: u64,
    limit: usize,
) -> Result<Vec<(u64, Message)>, Fault> {
    // From the first that is left: a scan would wade through all that was deleted before.
    let acknowledged = acknowledged(view, to)?;
    let after = after.max(acknowledged);
    let mut found = rows(view, to, after, limit)?;
    if found.first().is_none_or(|(first, _)| *first > after + 1) && sent(view, to)? > after {
        // It lies within a row.
        found = rows(view, to, acknowledged, usize::MAX)?;
    }
    let numbered = |(first, row): (u64, Vec<Message>)| (first..).zip(row);
    let mut messages = Vec::new();
    for row in found {
        messages.extend(numbered(row).filter(|(number, _)| *number > after));
        if messages.len() >= limit {
            break;
        }
    }
    Ok(messages)
}

/// The first rows of messages to a shard that begin after a sequence number, each with the number
/// of its first message.
pub(crate) fn rows(
    view: &dyn View,
    to: ShardId,
    after: u64,
    limit: usize,
) -> Result<Vec<(u64, Vec<Message>)>, Fault> {
    let first = Key::Outbox { to, sequence: after.saturating_add(1) }.encode();
    let end = Key::Outbox { to, sequence: u64::MAX }.encode();
    let rows = view.scan(first..end, limit)?;
    rows.iter().map(|(key, value)| Ok((sequence_of(key)?, decode(value)?))).collect()
}

/// How many messages to one shard [`may_wait`] looks through.
const LOOKED_THROUGH_MAX: u64 = 256;

/// Whether a message to a shard may not have arrived. Where very many wait it is not looked for:
/// the answer is yes.
pub(crate) fn may_wait(view: &dyn View, to: ShardId, message: Message) -> Result<bool, Fault> {
    let acknowledged = acknowledged(view, to)?;
    let waiting = sent(view, to)?.saturating_sub(acknowledged);
    if waiting == 0 || waiting > LOOKED_THROUGH_MAX {
        return Ok(waiting > 0);
    }
    let rows = rows(view, to, acknowledged, LOOKED_THROUGH_MAX as usize)?;
    Ok(rows.iter().any(|(_, row)| row.contains(&message)))
}

/// The last message sent to a shard.
pub fn sent(view: &dyn View, to: ShardId) -> Result<u64, Fault> {
    Ok(view.read::<Sequence>(&Key::Sent { to })?.unwrap_or_default().0)
}

/// The last message that a shard has acknowledged: those after it are in the outbox.
pub fn acknowledged(view: &dyn View, to: ShardId) -> Result<u64, Fault> {
    Ok(view.read::<Sequence>(&Key::Acknowledged { to })?.unwrap_or_default().0)
}

/// The last message from a shard that was delivered here.
pub fn delivered(view: &dyn View, from: ShardId) -> Result<u64, Fault> {
    Ok(view.read::<Sequence>(&Key::Delivered { from })?.unwrap_or_default().0)
}

/// A call to the provider, if it is there and not settled.
pub fn provider_call(view: &dyn View, id: EffectId) -> Result<Option<ProviderCall>, Fault> {
    view.read(&Key::ProviderCall(id))
}

/// The call that a row's key names, if it is such a row's.
pub fn call_of(key: &[u8]) -> Option<EffectId> {
    key.starts_with(b"pc").then(|| effect_of(key).ok()).flatten()
}

/// The first calls to the provider that are not settled, after an effect id.
pub fn provider_calls(
    view: &dyn View,
    after: Option<EffectId>,
    limit: usize,
) -> Result<Vec<(EffectId, ProviderCall)>, Fault> {
    let range = match after {
        Some(id) => kind_from(b"pc", &[&Key::ProviderCall(id).encode()[2..], &[0]].concat()),
        None => prefixed(b"pc"),
    };
    let rows = view.scan(range, limit)?;
    rows.iter().map(|(key, value)| Ok((effect_of(key)?, decode(value)?))).collect()
}

fn sequence_of(key: &[u8]) -> Result<u64, Fault> {
    let sequence = key.last_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes));
    sequence.ok_or_else(|| Fault::contradiction("a short outbox key"))
}

/// Which call a row's key names.
pub(crate) fn effect_of(key: &[u8]) -> Result<EffectId, Fault> {
    let id = key.get(2..24).and_then(|id| {
        let (order, number) = id.split_last_chunk::<4>()?;
        let order = OrderId::from_bytes(order)?;
        Some(EffectId { order, number: u32::from_be_bytes(*number) })
    });
    id.ok_or_else(|| Fault::contradiction("a short provider-call key"))
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;
    use crate::ids::Slot;
    use crate::txn::Row;

    struct Empty;

    impl View for Empty {
        fn get(&self, _: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
            Ok(None)
        }

        fn scan(&self, _: Range<Vec<u8>>, _: usize) -> Result<Vec<Row>, Fault> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn messages_come_in_whole_rows_and_from_any_number_on() {
        let to = ShardId(2);
        let message = |hash| Message::CommitHold(OrderId { slot: Slot(0), hash });
        let mut txn = Txn::new(&Empty);
        append(&mut txn, (1..=3).map(|hash| (to, message(hash))).collect()).unwrap();
        append(&mut txn, (4..=5).map(|hash| (to, message(hash))).collect()).unwrap();
        let numbers = |after, limit| {
            let found = messages(&txn, to, after, limit).unwrap();
            assert!(found.iter().all(|(number, found)| *found == message(u128::from(*number))));
            found.into_iter().map(|(number, _)| number).collect::<Vec<_>>()
        };
        assert_eq!(numbers(0, 10), [1, 2, 3, 4, 5]);
        assert_eq!(numbers(0, 2), [1, 2, 3], "the rest of a row comes with its first");
        assert_eq!(numbers(3, 10), [4, 5]);
        assert_eq!(numbers(2, 10), [3, 4, 5], "from within a row");
        assert_eq!(numbers(4, 1), [5]);
        assert_eq!(numbers(5, 10), []);
        assert_eq!(sent(&txn, to).unwrap(), 5);
    }
}
