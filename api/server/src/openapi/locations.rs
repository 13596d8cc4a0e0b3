//! What the document says of locations, and of what is at them: limits, and one value of each wire
//! type.

use api_client::*;
use engine_core::inventory::{
    Allocation, LOCATION_NAME_BYTES_MAX, LOCATION_PRIORITY_MAX, LOCATIONS_MAX, UNITS_MAX,
};
use serde_json::{Value, json};

use super::limits::{id, number, text};
use super::samples::{AFTER, BEFORE, PRODUCT, page, sample};

/// The location of the examples.
pub const LOCATION: &str = "loc_0123456789abcdef0123456789abcdef";
const DEFAULT: &str = "loc_00000000000000000000000000000000";

/// The limits of a type's field.
pub fn limits(kind: &str, field: &str) -> Option<Value> {
    let units = i64::from(UNITS_MAX);
    Some(match (kind, field) {
        ("Location", "id") | (_, "location_id" | "from_location_id" | "to_location_id") => {
            id("loc_", 32)
        }
        ("Location" | "NewLocation", "name") => text(1, LOCATION_NAME_BYTES_MAX, "Cologne"),
        (_, "priority") => number(0, LOCATION_PRIORITY_MAX.into(), 20),
        ("Stock", "locations") => json!({"maxItems": LOCATIONS_MAX + 1}),
        ("StockLocation", "held" | "committed") => number(0, 2 * units, 2),
        ("StockLocation", "free") => number(-units, units, 37),
        (_, "allocation") => json!({"enum": Allocation::ALL.map(Allocation::as_str)}),
        _ => return None,
    })
}

/// The samples, by the name of their type.
pub fn samples() -> Vec<(&'static str, Value)> {
    let location = Location {
        id: LOCATION.to_owned(),
        version: 2,
        name: "Cologne".to_owned(),
        priority: 20,
        active: true,
        created_at: Some(BEFORE.to_owned()),
        updated_at: Some(AFTER.to_owned()),
    };
    let (name, priority, active) = ("Cologne".to_owned(), Some(20), Some(true));
    let transfer = TransferStock {
        product_id: PRODUCT.to_owned(),
        from_location_id: Some(DEFAULT.to_owned()),
        to_location_id: Some(LOCATION.to_owned()),
        quantity: 40,
        reason: "nearer to customers".to_owned(),
    };
    let allocated = AllocatedUnits {
        product_id: PRODUCT.to_owned(),
        location_id: LOCATION.to_owned(),
        quantity: 2,
    };
    vec![
        sample("Location", location.clone()),
        sample("LocationList", page(location)),
        sample("NewLocation", NewLocation { name, priority, active }),
        sample("StockLocation", at_location()),
        sample("TransferStock", transfer),
        sample("AllocatedUnits", allocated.clone()),
        sample("AllocatedUnitsList", page(allocated)),
    ]
}

/// What is at the location of the examples.
pub fn at_location() -> StockLocation {
    StockLocation {
        location_id: LOCATION.to_owned(),
        priority: 20,
        active: true,
        on_hand: 40,
        held: 2,
        committed: 1,
        free: 37,
    }
}
