//! Samples of locations, of products at several of them, and of the commands about them.

use engine_core::inventory::{
    Allocation, Hold, HoldState, Location, LocationDetails, Movement, MovementReason, Place, Share,
    Stock, StockPolicy,
};
use engine_core::outbox::Message;
use engine_core::pricing::Expect;
use engine_core::{
    AdjustStock, Command, LocationId, PutLocation, ReceiveStock, SetStock, TransferStock,
};

use super::Golden;
use super::values::{PRODUCT, held_line, stock, stock_policy};

pub const LOCATION: LocationId = LocationId(0x10ca);

pub fn hold(golden: &mut Golden) {
    golden.hold(vec![("sample".into(), location())]);
    golden.hold(vec![("sample".into(), vec![place(LocationId::DEFAULT), place(LOCATION)])]);
}

/// One of each.
pub fn commands() -> Vec<Command> {
    let (id, details) = (LOCATION, location().details);
    let (product, from, quantity, reason) = (PRODUCT, LocationId::DEFAULT, 5, "nearer".into());
    let to = Some(Box::new(location()));
    vec![
        Command::PutLocation(PutLocation { id, expect: Expect::New, details }),
        Command::TransferStock(TransferStock { product, from, to, quantity, reason }),
    ]
}

/// Commands that name a location.
pub fn variants() -> Vec<(String, Command)> {
    let (product, reason, at) = (PRODUCT, "counted".to_owned(), Some(Box::new(location())));
    let receive = ReceiveStock { product, quantity: 5, at: at.clone() };
    let adjust = AdjustStock { product, delta: -6, reason: reason.clone(), at: at.clone() };
    let set = SetStock { product, expected: 7, on_hand: 8, reason, at };
    [
        ("ReceiveStock-at", Command::ReceiveStock(receive)),
        ("AdjustStock-at", Command::AdjustStock(adjust)),
        ("SetStock-at", Command::SetStock(set)),
    ]
    .map(|(name, command)| (name.to_owned(), command))
    .into()
}

pub fn message() -> Message {
    Message::Location(Box::new(location()))
}

/// The levels of products: with one place, and with several.
pub fn levels() -> Vec<(String, Stock)> {
    let policy = StockPolicy { allocation: Allocation::MostStock, ..stock_policy() };
    let located = Stock { policy, located: true, idle: 9, ..stock() };
    let ahead = Stock { on_hand: 0, sent_ahead: 70_000, ..stock() };
    vec![("sample".into(), stock()), ("located".into(), located), ("sent-ahead".into(), ahead)]
}

/// A movement elsewhere than at the default location.
pub fn movement() -> (String, Movement) {
    let (at, delta, on_hand, location) = (1_000, -3, 297, Some(LOCATION));
    let reason = MovementReason::Transferred("nearer".into());
    ("elsewhere".into(), Movement { at, delta, on_hand, reason, location })
}

/// A hold of units elsewhere, of which some were sent.
pub fn shared() -> (String, Hold) {
    let share = Share { product: PRODUCT, location: LOCATION, quantity: 2, sent: 3 };
    let (state, lines, shares) = (HoldState::Committed, vec![held_line()], vec![share]);
    ("shared".into(), Hold { state, timer_at: 0, lines, promotion: None, shares })
}

pub fn location() -> Location {
    let details = LocationDetails { name: "Köln".into(), priority: 20, active: true };
    Location { id: LOCATION, version: 3, created_at: 1_000, updated_at: 2_000, details }
}

fn place(location: LocationId) -> Place {
    Place { location, priority: 20, active: true, on_hand: 300, held: 20, committed: 1 }
}
