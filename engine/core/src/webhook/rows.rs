//! Reads and writes the rows of endpoints and of deliveries to them. Nobody else does.

use super::{
    DEAD_LETTER_RETENTION_MS, DEAD_LETTERS_MAX, Deliveries, Delivery, Position, WebhookEndpoint,
};
use crate::apply::Ctx;
use crate::codec::decode;
use crate::fault::Fault;
use crate::ids::EndpointId;
use crate::keys::{Key, prefixed};
use crate::txn::{Txn, View};

/// How many old dead letters one note forgets.
const FORGOTTEN_AT_ONCE: usize = 16;

pub(super) fn endpoint(txn: &Txn<'_>, id: EndpointId) -> Result<Option<WebhookEndpoint>, Fault> {
    txn.read(&Key::Endpoint(id))
}

/// The first endpoints in the order of their ids.
pub(crate) fn endpoints(view: &dyn View, limit: usize) -> Result<Vec<WebhookEndpoint>, Fault> {
    view.scan(prefixed(b"we"), limit)?.iter().map(|(_, value)| decode(value)).collect()
}

/// Writes an endpoint. The feed says nothing of it: endpoints are not what services wait for.
pub(super) fn put_endpoint(ctx: &mut Ctx<'_, '_>, endpoint: &WebhookEndpoint) {
    ctx.txn.put(&Key::Endpoint(endpoint.id), endpoint);
}

pub(super) fn delete_endpoint(ctx: &mut Ctx<'_, '_>, id: EndpointId) {
    ctx.txn.delete(&Key::Endpoint(id));
}

pub(super) fn deliveries(txn: &Txn<'_>, id: EndpointId) -> Result<Option<Deliveries>, Fault> {
    txn.read(&Key::Deliveries(id))
}

pub(super) fn put_deliveries(txn: &mut Txn<'_>, id: EndpointId, row: &Deliveries) {
    txn.put(&Key::Deliveries(id), row);
}

pub(super) fn delete_deliveries(txn: &mut Txn<'_>, id: EndpointId) {
    txn.delete(&Key::Deliveries(id));
}

/// How far each endpoint has been told, by their ids. There are few: see `ENDPOINTS_MAX`.
pub(crate) fn all_deliveries(view: &dyn View) -> Result<Vec<(EndpointId, Deliveries)>, Fault> {
    let rows = view.scan(prefixed(b"wc"), usize::MAX)?;
    rows.iter().map(|(key, value)| Ok((endpoint_of(key)?, decode(value)?))).collect()
}

pub(super) fn is_parked(txn: &Txn<'_>, endpoint: EndpointId, at: Position) -> Result<bool, Fault> {
    txn.has(&Key::Parked { endpoint, at })
}

/// The first parked deliveries of an endpoint after a position.
pub(crate) fn parked(
    view: &dyn View,
    endpoint: EndpointId,
    after: Option<Position>,
    limit: usize,
) -> Result<Vec<(Position, Delivery)>, Fault> {
    let named = |at| Key::Parked { endpoint, at };
    page(view, [named(Position::default()), named(last())], after.map(named), limit)
}

/// The first dead letters of an endpoint after a position.
pub(crate) fn dead(
    view: &dyn View,
    endpoint: EndpointId,
    after: Option<Position>,
    limit: usize,
) -> Result<Vec<(Position, Delivery)>, Fault> {
    let named = |at| Key::DeadLetter { endpoint, at };
    page(view, [named(Position::default()), named(last())], after.map(named), limit)
}

fn last() -> Position {
    Position { index: u64::MAX, ordinal: u32::MAX }
}

fn page(
    view: &dyn View,
    [first, last]: [Key; 2],
    after: Option<Key>,
    limit: usize,
) -> Result<Vec<(Position, Delivery)>, Fault> {
    let start = after.map_or_else(|| first.encode(), |after| next(&after));
    let rows = view.scan(start..next(&last), limit)?;
    rows.iter().map(|(key, value)| Ok((position_of(key)?, decode(value)?))).collect()
}

/// The first key that can come after one.
fn next(key: &Key) -> Vec<u8> {
    [key.encode(), vec![0]].concat()
}

/// The endpoint in the key of a row.
pub(crate) fn endpoint_of(key: &[u8]) -> Result<EndpointId, Fault> {
    let id = key.get(2..).and_then(|rest| rest.first_chunk::<16>());
    let id = id.ok_or_else(|| Fault::contradiction("a short webhook key"))?;
    Ok(EndpointId(u128::from_be_bytes(*id)))
}

/// The position in the key of a delivery.
pub(crate) fn position_of(key: &[u8]) -> Result<Position, Fault> {
    let short = || Fault::contradiction("a short delivery key");
    let rest = key.get(18..).ok_or_else(short)?;
    let (index, rest) = rest.split_first_chunk::<8>().ok_or_else(short)?;
    let ordinal = rest.first_chunk::<4>().ok_or_else(short)?;
    let (index, ordinal) = (u64::from_be_bytes(*index), u32::from_be_bytes(*ordinal));
    Ok(Position { index, ordinal })
}

/// The deliveries of one endpoint, with the row that counts them.
pub(super) struct Of<'a> {
    pub endpoint: EndpointId,
    pub row: &'a mut Deliveries,
}

impl Of<'_> {
    /// Parks a delivery, or changes a parked one.
    pub fn park(self, txn: &mut Txn<'_>, at: Position, delivery: &Delivery) -> Result<(), Fault> {
        let key = Key::Parked { endpoint: self.endpoint, at };
        if !txn.has(&key)? {
            self.row.parked = self.row.parked.saturating_add(1);
        }
        txn.put(&key, delivery);
        Ok(())
    }

    /// Removes a parked delivery.
    pub fn unpark(self, txn: &mut Txn<'_>, at: Position) {
        self.row.parked = self.row.parked.saturating_sub(1);
        txn.delete(&Key::Parked { endpoint: self.endpoint, at });
    }

    /// Gives a delivery up. Of too many dead letters the oldest go.
    pub fn bury(self, txn: &mut Txn<'_>, at: Position, delivery: &Delivery) -> Result<(), Fault> {
        let Self { endpoint, row } = self;
        if is_parked(txn, endpoint, at)? {
            Of { endpoint, row: &mut *row }.unpark(txn, at);
        }
        let key = Key::DeadLetter { endpoint, at };
        if !txn.has(&key)? {
            row.dead = row.dead.saturating_add(1);
        }
        txn.put(&key, delivery);
        let surplus = row.dead.saturating_sub(DEAD_LETTERS_MAX);
        for (at, _) in dead(txn, endpoint, None, surplus as usize)? {
            Of { endpoint, row: &mut *row }.dig_up(txn, at);
        }
        Ok(())
    }

    /// Removes a dead letter.
    pub fn dig_up(self, txn: &mut Txn<'_>, at: Position) {
        self.row.dead = self.row.dead.saturating_sub(1);
        txn.delete(&Key::DeadLetter { endpoint: self.endpoint, at });
    }

    /// Forgets dead letters that have served their time, a few at once.
    pub fn forget_old(self, txn: &mut Txn<'_>, now: u64) -> Result<(), Fault> {
        let Self { endpoint, row } = self;
        if row.dead == 0 {
            return Ok(());
        }
        for (at, delivery) in dead(txn, endpoint, None, FORGOTTEN_AT_ONCE)? {
            if delivery.due.saturating_add(DEAD_LETTER_RETENTION_MS) <= now {
                Of { endpoint, row: &mut *row }.dig_up(txn, at);
            }
        }
        Ok(())
    }
}
