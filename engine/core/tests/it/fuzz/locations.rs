//! Random locations, and stock that comes to them, goes between them and is counted there.

use engine_core::inventory::{Allocation, Location, LocationDetails};
use engine_core::pricing::Expect;
use engine_core::{Command, LocationId, PutLocation, TransferStock};
use rand::Rng as _;

use super::values::Values;

pub fn any(v: &mut Values) -> Command {
    if v.random.random_bool(0.3) {
        let expect = match v.random.random_range(0..4) {
            0 => Expect::Any,
            1 => Expect::Version(v.small()),
            _ => Expect::New,
        };
        return Command::PutLocation(PutLocation { id: id(v), expect, details: details(v) });
    }
    let sound = v.random.random_bool(0.8);
    Command::TransferStock(TransferStock {
        product: v.product(),
        from: id(v),
        to: at(v),
        quantity: v.u32(),
        reason: if sound { "nearer".into() } else { v.text() },
    })
}

/// Where a command puts units: mostly at a few locations.
pub fn at(v: &mut Values) -> Option<Box<Location>> {
    v.maybe(|v| Box::new(location(v)))
}

/// Some versions are newer than others, whatever order they come in.
pub fn location(v: &mut Values) -> Location {
    let version = if v.random.random_bool(0.95) { v.random.random_range(1..50) } else { v.u64() };
    let (created_at, updated_at, details) = (v.u64(), v.u64(), details(v));
    Location { id: id(v), version, created_at, updated_at, details }
}

pub fn allocation(v: &mut Values) -> Allocation {
    v.one_of(&Allocation::ALL)
}

fn id(v: &mut Values) -> LocationId {
    match v.random.random_range(0..20) {
        0 => LocationId(u128::MAX),
        1 => LocationId(v.id()),
        _ => LocationId(v.random.random_range(0..4)),
    }
}

fn details(v: &mut Values) -> LocationDetails {
    let sound = v.random.random_bool(0.9);
    LocationDetails {
        name: if sound { "text".into() } else { v.text() },
        priority: v.one_of(&[0, 1, 2, 100, 1_000, 1_001, u16::MAX]),
        active: v.random.random_bool(0.7),
    }
}
