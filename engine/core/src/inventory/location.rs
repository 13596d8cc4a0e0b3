//! Locations: where units are, and what a shard knows of them.
//!
//! The meta group has the definitions. It tells every other shard of each change with a message; a
//! command that names a location brings the definition, too, because it may be faster. A shard
//! keeps the newest that it has heard of ([`learn`]). Each place of a product repeats what its
//! allocation goes by; [`relevel`] brings that up to date, some products at a time, with a timer.

use serde::{Deserialize, Serialize};

use super::{LOCATION_NAME_BYTES_MAX, LOCATION_PRIORITY_MAX, RELEVEL_ROWS_MAX, rows};
use crate::apply::Ctx;
use crate::catalog::validate::{range, text};
use crate::due::TimerKind;
use crate::fault::Fault;
use crate::ids::{LocationId, ProductId};
use crate::rejection::{Field, Rejection};

/// Where units are: a warehouse, or a shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Its id.
    pub id: LocationId,
    /// 1 when created, one more with each change.
    pub version: u64,
    /// When it was created, in Unix milliseconds; 0 for the default one.
    pub created_at: u64,
    /// When it last changed, in Unix milliseconds; 0 for never.
    pub updated_at: u64,
    /// What the seller says of it.
    pub details: LocationDetails,
}

/// What a seller says of a location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationDetails {
    /// What it is called: 1 to `LOCATION_NAME_BYTES_MAX` bytes.
    pub name: String,
    /// Units are taken from the location of the lowest number first: at most
    /// `LOCATION_PRIORITY_MAX`.
    pub priority: u16,
    /// It takes units, and orders are served from it.
    pub active: bool,
}

impl Location {
    /// The default location, as long as nobody has said anything of it.
    pub fn default_one() -> Self {
        let details = LocationDetails { name: "Default".to_owned(), priority: 0, active: true };
        Self { id: LocationId::DEFAULT, version: 1, created_at: 0, updated_at: 0, details }
    }

    /// Whether it takes units, and orders are served from it. The default one always does.
    pub fn is_active(&self) -> bool {
        self.details.active || self.id == LocationId::DEFAULT
    }

    /// What allocation goes by.
    fn terms(&self) -> (u16, bool) {
        (self.details.priority, self.is_active())
    }
}

impl LocationDetails {
    pub(super) fn check(&self) -> Result<(), Rejection> {
        text(Field::Name, &self.name, 1, LOCATION_NAME_BYTES_MAX)?;
        range(Field::Priority, self.priority.into(), 0, LOCATION_PRIORITY_MAX.into())
    }
}

/// Takes in what is said of a location, unless something newer is known; answers with the newest.
pub(crate) fn learn(ctx: &mut Ctx<'_, '_>, told: &Location) -> Result<Location, Fault> {
    let known = rows::known_location(ctx.txn, told.id)?;
    if let Some(known) = known.as_ref().filter(|known| known.version >= told.version) {
        return Ok(known.clone());
    }
    rows::put_known_location(ctx.txn, told);
    let is_default = told.id == LocationId::DEFAULT;
    let before = known.or_else(|| is_default.then(Location::default_one));
    // No product is at a location that this shard has not heard of.
    if before.is_some_and(|before| before.terms() != told.terms()) {
        ctx.arm(ctx.now(), TimerKind::Relevel { location: told.id, from: ProductId(0) });
    }
    Ok(told.clone())
}

/// The default location, as far as this shard knows.
pub(super) fn known_default(ctx: &Ctx<'_, '_>) -> Result<Location, Fault> {
    let known = rows::known_location(ctx.txn, LocationId::DEFAULT)?;
    Ok(known.unwrap_or_else(Location::default_one))
}

/// Sees to the first products from one on that are at a location: they are sold as it is now. The
/// rest come with the next pulse.
pub(crate) fn relevel(
    ctx: &mut Ctx<'_, '_>,
    location: LocationId,
    from: ProductId,
) -> Result<(), Fault> {
    let Some(known) = rows::known_location(ctx.txn, location)? else { return Ok(()) };
    let found = rows::places_from(ctx.txn, from, RELEVEL_ROWS_MAX)?;
    for (product, places) in &found {
        if places.iter().any(|place| place.location == location) {
            let mut level = rows::level_of(ctx.txn, *product)?;
            level.set_terms(&known);
            rows::put_level(ctx, *product, level);
        }
    }
    let next = found.last().filter(|_| found.len() == RELEVEL_ROWS_MAX);
    if let Some(next) = next.and_then(|(last, _)| last.0.checked_add(1)) {
        ctx.arm(ctx.now(), TimerKind::Relevel { location, from: ProductId(next) });
    }
    Ok(())
}
