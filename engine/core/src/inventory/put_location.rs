//! The meta group: creates a location, or changes one.

use serde::{Deserialize, Serialize};

use super::{LOCATIONS_MAX, Location, LocationDetails, rows};
use crate::apply::{Ctx, Stop};
use crate::catalog::check_version;
use crate::command::Reply;
use crate::ids::{LocationId, ShardId};
use crate::outbox::Message;
use crate::pricing::Expect;
use crate::rejection::Rejection;

/// Writes what is said of a location, and tells every other shard. No location is ever removed:
/// units may be there. One that is not active takes no more, and no order is served from it.
///
/// Refused, in this order: `AlreadyExists` or `LocationNotFound`, `VersionMismatch`,
/// `TooManyDefinitions` (a new one), `OutOfRange` or `Malformed` (the first field that is wrong),
/// `DefaultLocation` (it is to be inactive).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutLocation {
    /// Which location.
    pub id: LocationId,
    /// What the seller thinks is there.
    pub expect: Expect,
    /// What the seller says of it.
    pub details: LocationDetails,
}

impl PutLocation {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let is_default = self.id == LocationId::DEFAULT;
        let row = rows::location(ctx.txn, self.id)?;
        let row = row.or_else(|| is_default.then(Location::default_one));
        match (self.expect, row.as_ref().map(|row| row.version)) {
            (Expect::New, Some(_)) => return Err(Rejection::AlreadyExists.into()),
            (Expect::New, None) | (Expect::Any, Some(_)) => {}
            (_, None) => return Err(Rejection::LocationNotFound.into()),
            (Expect::Version(expected), Some(actual)) => check_version(Some(expected), actual)?,
        }
        if row.is_none() && rows::count_locations(ctx.txn, LOCATIONS_MAX)? == LOCATIONS_MAX {
            let limit = LOCATIONS_MAX as u32;
            return Err(Rejection::TooManyDefinitions { limit }.into());
        }
        self.details.check()?;
        if is_default && !self.details.active {
            return Err(Rejection::DefaultLocation.into());
        }
        let at = ctx.now();
        let location = Location {
            id: self.id,
            version: row.as_ref().map_or(1, |row| row.version + 1),
            created_at: row.map_or(at, |row| row.created_at),
            updated_at: at,
            details: self.details.clone(),
        };
        rows::put_location(ctx.txn, &location);
        let here = ctx.shard.id;
        for shard in ctx.shard.topology.groups().filter(|id| *id != ShardId::META && *id != here) {
            ctx.send(shard, Message::Location(Box::new(location.clone())));
        }
        Ok(Reply::Location(Box::new(location)))
    }
}
