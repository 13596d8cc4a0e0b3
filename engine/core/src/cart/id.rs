//! Names a cart. Like an order's id it carries the slot of its owner, so that any node can route
//! it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{BadId, Owner, Slot, h128, hex};

/// Names a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CartId {
    /// The slot of its owner.
    pub slot: Slot,
    /// A number of its own.
    pub hash: u128,
}

impl CartId {
    /// A new cart of an owner, made from a number that nobody else has.
    pub fn derive(owner: &Owner, random: u128) -> Self {
        let hash = h128(&[owner.as_str().as_bytes(), &random.to_be_bytes()]);
        Self { slot: owner.slot(), hash }
    }

    /// A cart of an owner that is named by another: what a customer gets when a guest's cart is
    /// merged and there is none, and what a new cart is called whose name is taken.
    pub(super) fn after(self, owner: &Owner) -> Self {
        let hash = h128(&[b"after", &self.slot.0.to_be_bytes(), &self.hash.to_be_bytes()]);
        Self { slot: owner.slot(), hash }
    }
}

impl fmt::Display for CartId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cart_{:03x}{:032x}", self.slot.0, self.hash)
    }
}

impl FromStr for CartId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let bad = BadId { what: "cart", prefix: "cart_", digits: 35 };
        let digits = text.strip_prefix("cart_").filter(|digits| digits.is_ascii());
        let (slot, hash) =
            digits.and_then(|digits| digits.split_at_checked(3)).ok_or(bad.clone())?;
        let slot = hex(slot, 3).and_then(|slot| u16::try_from(slot).ok()).ok_or(bad.clone())?;
        Ok(Self { slot: Slot(slot), hash: hex(hash, 32).ok_or(bad)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cart_is_told_as_it_is_read() {
        let id = CartId { slot: Slot(0x0abc), hash: 0x0d };
        assert_eq!(id.to_string(), "cart_abc0000000000000000000000000000000d");
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "cart_", "cart_abc", "ord_abc0000000000000000000000000000000d"] {
            assert!(text.parse::<CartId>().is_err(), "{text:?}");
        }
        let owner = Owner::new("cus_ada").unwrap();
        assert_eq!(CartId::derive(&owner, 7).slot, owner.slot());
        assert_ne!(CartId::derive(&owner, 7), CartId::derive(&owner, 8));
        let next = id.after(&owner);
        assert!(next != next.after(&owner) && next.slot == owner.slot());
    }
}
