//! I16: a notice lies in one place, under the name that its row says; its order has an address and
//! has counted it; dead notices are counted.

use std::collections::BTreeSet;

use super::{Violation, each, violation};
use crate::codec::decode;
use crate::fault::Fault;
use crate::keys::{Key, prefixed};
use crate::notice::{Notice, NoticeHead, NoticeState, rows};
use crate::order::Order;
use crate::txn::View;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    // Few are being sent or dead at once; all that wait would be too many to keep.
    let mut elsewhere = BTreeSet::new();
    let mut dead = 0_u32;
    for (kind, state) in rows::KINDS {
        each(view, prefixed(kind), |key, value| {
            let id = rows::id_of(key)?;
            let notice: Notice = decode(value)?;
            let at = notice.due;
            let (name, kept) = match state {
                NoticeState::Waiting => (Key::NoticeWaiting { at, id }, false),
                NoticeState::Sending => (Key::NoticeSending(id), true),
                NoticeState::Dead => (Key::DeadNotice { at, id }, true),
            };
            dead += u32::from(state == NoticeState::Dead);
            if name.encode() != key {
                violation(found, "I16", format!("{id} is due {at}, and lies elsewhere"));
            }
            if (state == NoticeState::Sending) != (notice.sender != 0) {
                violation(found, "I16", format!("{id} is {state:?} by {}", notice.sender));
            }
            let again = if kept { !elsewhere.insert(id) } else { elsewhere.contains(&id) };
            if again {
                violation(found, "I16", format!("{id} lies in two places"));
            }
            let order = view.read::<Order>(&Key::Order(id.order))?;
            let contact = order.map(|order| order.contact).unwrap_or_default();
            if contact.email.is_none() || id.number >= contact.notices {
                violation(found, "I16", format!("nobody is to be told of {id}"));
            }
            Ok(())
        })?;
    }
    let head = view.read::<NoticeHead>(&Key::NoticeHead)?.unwrap_or_default();
    if head.dead != dead {
        violation(found, "I16", format!("{dead} notices are dead, counted as {}", head.dead));
    }
    Ok(())
}
