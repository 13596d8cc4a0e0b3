//! Reads and writes the rows of notices. Nobody else does.

use super::{
    DEAD_NOTICE_RETENTION_MS, DEAD_NOTICES_MAX, Notice, NoticeHead, NoticeId, NoticeState,
};
use crate::codec::decode;
use crate::fault::Fault;
use crate::keys::{Key, prefixed};
use crate::outbox::{EffectId, effect_of};
use crate::txn::{Txn, View};

/// How many old dead notices one settlement forgets.
const FORGOTTEN_AT_ONCE: usize = 16;

pub(super) fn head(txn: &Txn<'_>) -> Result<NoticeHead, Fault> {
    Ok(txn.read(&Key::NoticeHead)?.unwrap_or_default())
}

pub(super) fn put_head(txn: &mut Txn<'_>, head: &NoticeHead) {
    txn.put(&Key::NoticeHead, head);
}

/// Has a notice wait until it is due.
pub(super) fn put_waiting(txn: &mut Txn<'_>, id: NoticeId, notice: &Notice) {
    txn.put(&Key::NoticeWaiting { at: notice.due, id }, notice);
}

/// Takes a waiting notice off, if it is there.
pub(super) fn take_waiting(
    txn: &mut Txn<'_>,
    due: u64,
    id: NoticeId,
) -> Result<Option<Notice>, Fault> {
    let key = Key::NoticeWaiting { at: due, id };
    let found = txn.read(&key)?;
    if found.is_some() {
        txn.delete(&key);
    }
    Ok(found)
}

pub(super) fn being_sent(txn: &Txn<'_>, id: NoticeId) -> Result<Option<Notice>, Fault> {
    txn.read(&Key::NoticeSending(id))
}

pub(super) fn put_sending(txn: &mut Txn<'_>, id: NoticeId, notice: &Notice) {
    txn.put(&Key::NoticeSending(id), notice);
}

pub(super) fn delete_sending(txn: &mut Txn<'_>, id: NoticeId) {
    txn.delete(&Key::NoticeSending(id));
}

/// Gives a notice up at the time that it is due. Of too many the oldest go.
pub(super) fn bury(
    txn: &mut Txn<'_>,
    head: &mut NoticeHead,
    id: NoticeId,
    notice: &Notice,
) -> Result<(), Fault> {
    txn.put(&Key::DeadNotice { at: notice.due, id }, notice);
    head.dead = head.dead.saturating_add(1);
    let surplus = head.dead.saturating_sub(DEAD_NOTICES_MAX);
    for (id, notice) in dead(txn, None, surplus as usize)? {
        dig_up(txn, head, id, &notice);
    }
    Ok(())
}

/// Removes a dead notice.
pub(super) fn dig_up(txn: &mut Txn<'_>, head: &mut NoticeHead, id: NoticeId, notice: &Notice) {
    txn.delete(&Key::DeadNotice { at: notice.due, id });
    head.dead = head.dead.saturating_sub(1);
}

/// Forgets dead notices that have served their time, a few at once.
pub(super) fn forget_old(txn: &mut Txn<'_>, head: &mut NoticeHead, now: u64) -> Result<(), Fault> {
    if head.dead == 0 {
        return Ok(());
    }
    for (id, notice) in dead(txn, None, FORGOTTEN_AT_ONCE)? {
        if notice.due.saturating_add(DEAD_NOTICE_RETENTION_MS) <= now {
            dig_up(txn, head, id, &notice);
        }
    }
    Ok(())
}

/// The first notices that wait, by when they are due, after one.
pub(crate) fn waiting(
    view: &dyn View,
    after: Option<(u64, NoticeId)>,
    limit: usize,
) -> Result<Vec<(NoticeId, Notice)>, Fault> {
    page(view, b"nq", after.map(|(at, id)| Key::NoticeWaiting { at, id }), limit)
}

/// The first notices that are being sent, after one.
pub(crate) fn sending(
    view: &dyn View,
    after: Option<NoticeId>,
    limit: usize,
) -> Result<Vec<(NoticeId, Notice)>, Fault> {
    page(view, b"ns", after.map(Key::NoticeSending), limit)
}

/// The first dead notices, the oldest first, after one.
pub(crate) fn dead(
    view: &dyn View,
    after: Option<(u64, NoticeId)>,
    limit: usize,
) -> Result<Vec<(NoticeId, Notice)>, Fault> {
    page(view, b"nd", after.map(|(at, id)| Key::DeadNotice { at, id }), limit)
}

fn page(
    view: &dyn View,
    kind: &[u8; 2],
    after: Option<Key>,
    limit: usize,
) -> Result<Vec<(NoticeId, Notice)>, Fault> {
    let all = prefixed(kind);
    let start = after.map_or(all.start, |after| [after.encode(), vec![0]].concat());
    let rows = view.scan(start..all.end, limit)?;
    rows.iter().map(|(key, value)| Ok((id_of(key)?, decode(value)?))).collect()
}

/// Which notice a row's key names: its last bytes do, written as those of an effect.
pub(crate) fn id_of(key: &[u8]) -> Result<NoticeId, Fault> {
    let short = || Fault::contradiction("a short notice key");
    let name = key.get(2..).and_then(|rest| rest.last_chunk::<22>()).ok_or_else(short)?;
    let EffectId { order, number } = effect_of(&[b"  ".as_slice(), name].concat())?;
    Ok(NoticeId { order, number })
}

/// The kinds of row that notices lie in, and where they lie then.
pub(crate) const KINDS: [(&[u8; 2], NoticeState); 3] =
    [(b"ns", NoticeState::Sending), (b"nd", NoticeState::Dead), (b"nq", NoticeState::Waiting)];
