//! What an endpoint is told of an event: what it is about and where that stands now, no more.
//!
//! A notice is small, and has nothing of a customer: whoever may know more asks the API by the id.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::feed::Event;
use crate::ids::{CollectionId, OrderId, ProductId};
use crate::order::Status;

/// The kinds of event that an endpoint can ask for. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EventType {
    /// An order was placed, or its headline status has changed.
    OrderChanged,
    /// A product was created, changed or archived.
    ProductChanged,
    /// The units free to sell have changed.
    StockChanged,
    /// A collection was created, changed or archived.
    CollectionChanged,
    /// A product's stock has become low.
    StockLow,
}

/// A word that names no kind of event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no event is called {0:?}")]
pub struct BadEventType(pub String);

impl EventType {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::OrderChanged,
        Self::ProductChanged,
        Self::StockChanged,
        Self::CollectionChanged,
        Self::StockLow,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OrderChanged => "order.changed",
            Self::ProductChanged => "product.changed",
            Self::StockChanged => "stock.changed",
            Self::CollectionChanged => "collection.changed",
            Self::StockLow => "stock.low",
        }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for EventType {
    type Err = BadEventType;

    fn from_str(text: &str) -> Result<Self, BadEventType> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| BadEventType(text.to_owned()))
    }
}

/// What has happened, as an endpoint is told. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notice {
    /// An order was placed, or its headline status has changed.
    OrderChanged {
        /// Which order.
        order: OrderId,
        /// Its status since then.
        status: Status,
    },
    /// A product was created, changed or archived.
    ProductChanged {
        /// Which product.
        product: ProductId,
        /// Its version since then.
        version: u64,
        /// It is archived.
        archived: bool,
    },
    /// The units free to sell have changed.
    StockChanged {
        /// Whose units.
        product: ProductId,
        /// How many are free to sell since then.
        available: u32,
    },
    /// A collection was created, changed or archived.
    CollectionChanged {
        /// Which collection.
        collection: CollectionId,
        /// Its version since then.
        version: u64,
        /// It is archived.
        archived: bool,
    },
    /// A product's stock has become low.
    StockLow {
        /// Whose stock.
        product: ProductId,
        /// Units on hand that were not sold, safety stock left out; below 0 on backorder.
        balance: i64,
        /// The threshold that it fell to, or below.
        threshold: u32,
    },
}

/// What a notice is about: notices of one subject are delivered one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An order.
    Order(OrderId),
    /// A product, or its stock.
    Product(ProductId),
    /// A collection.
    Collection(CollectionId),
}

impl Notice {
    /// What is told of an event.
    pub fn of(event: &Event) -> Self {
        match event {
            Event::ProductChanged(row) => Self::ProductChanged {
                product: row.id,
                version: row.version,
                archived: row.archived_at.is_some(),
            },
            Event::CollectionChanged(row) => Self::CollectionChanged {
                collection: row.id,
                version: row.version,
                archived: row.archived_at.is_some(),
            },
            Event::StockChanged { product, available } => {
                Self::StockChanged { product: *product, available: *available }
            }
            Event::OrderChanged { order, status, .. } => {
                Self::OrderChanged { order: *order, status: *status }
            }
            Event::StockLow { product, balance, threshold } => {
                Self::StockLow { product: *product, balance: *balance, threshold: *threshold }
            }
        }
    }

    /// Its kind.
    pub fn kind(&self) -> EventType {
        match self {
            Self::OrderChanged { .. } => EventType::OrderChanged,
            Self::ProductChanged { .. } => EventType::ProductChanged,
            Self::StockChanged { .. } => EventType::StockChanged,
            Self::CollectionChanged { .. } => EventType::CollectionChanged,
            Self::StockLow { .. } => EventType::StockLow,
        }
    }

    /// What it is about.
    pub fn subject(&self) -> Subject {
        match self {
            Self::OrderChanged { order, .. } => Subject::Order(*order),
            Self::ProductChanged { product, .. }
            | Self::StockChanged { product, .. }
            | Self::StockLow { product, .. } => Subject::Product(*product),
            Self::CollectionChanged { collection, .. } => Subject::Collection(*collection),
        }
    }
}
