//! Which locations the units of a hold are from.
//!
//! A hold notes it of products of which some units are elsewhere than at the default location. When
//! units are sent it goes on to note from where, so that they can go back there: such a hold is
//! kept, ended, until all of them are back.

use serde::{Deserialize, Serialize};

use super::{HeldLine, Hold};
use crate::ids::{LocationId, ProductId};

/// Units of a hold that are from one location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Which product.
    pub product: ProductId,
    /// Where they are.
    pub location: LocationId,
    /// Units held or committed.
    pub quantity: u32,
    /// Units that were sent from there, and have not come back.
    pub sent: u32,
}

impl Hold {
    /// Where the units of a line are.
    pub fn parts(&self, line: &HeldLine) -> Vec<(LocationId, u32)> {
        let of_line = |share: &&Share| share.product == line.product && share.quantity > 0;
        let shares = self.shares.iter().filter(of_line);
        let parts: Vec<_> = shares.map(|share| (share.location, share.quantity)).collect();
        if parts.is_empty() { vec![(LocationId::DEFAULT, line.quantity)] } else { parts }
    }

    /// Notes from where more units of a product are, before they are added to its line. Either all
    /// units of a line have their share, or none has: those of the default location.
    pub(super) fn share_more(&mut self, (product, units): (ProductId, u32), more: Vec<Share>) {
        let line = self.lines.iter().find(|line| line.product == product);
        let before = line.map_or(0, |line| line.quantity);
        let noted = self.shares.iter().any(|it| it.product == product && it.quantity > 0);
        let at_default =
            |quantity| Share { product, location: LocationId::DEFAULT, quantity, sent: 0 };
        let unnoted = match (noted, more.is_empty()) {
            (true, true) => Some(at_default(units)),
            (false, false) if before > 0 => Some(at_default(before)),
            _ => None,
        };
        for share in unnoted.into_iter().chain(more) {
            let same = |it: &&mut Share| (it.product, it.location) == (product, share.location);
            match self.shares.iter_mut().find(same) {
                Some(there) => there.quantity = there.quantity.saturating_add(share.quantity),
                None => self.shares.push(share),
            }
        }
    }

    /// Takes the first units of a product off its shares; says from where they are.
    pub(super) fn take_off(
        &mut self,
        (product, units): (ProductId, u32),
        sent: bool,
    ) -> Vec<(LocationId, u32)> {
        let mut left = units;
        let mut parts = Vec::new();
        for share in self.shares.iter_mut().filter(|share| share.product == product) {
            let units = share.quantity.min(left);
            if units > 0 {
                left -= units;
                share.quantity -= units;
                share.sent = share.sent.saturating_add(if sent { units } else { 0 });
                parts.push((share.location, units));
            }
        }
        self.shares.retain(Share::says_something);
        if left > 0 {
            parts.push((LocationId::DEFAULT, left));
        }
        parts
    }

    /// Takes back units that were sent, at most so many; says to where each goes back.
    pub(super) fn take_back(&mut self, product: ProductId, units: u32) -> Vec<(LocationId, u32)> {
        let mut left = units;
        let mut parts = Vec::new();
        for share in self.shares.iter_mut().filter(|share| share.product == product) {
            let units = share.sent.min(left);
            if units > 0 {
                left -= units;
                share.sent -= units;
                parts.push((share.location, units));
            }
        }
        self.shares.retain(Share::says_something);
        parts
    }

    /// From where units were sent: what an ended hold goes on to know.
    pub(super) fn sent(&self) -> Vec<Share> {
        let sent = self.shares.iter().filter(|share| share.sent > 0);
        sent.map(|share| Share { quantity: 0, ..*share }).collect()
    }
}

impl Share {
    fn says_something(&self) -> bool {
        self.quantity > 0 || self.sent > 0
    }
}
