//! The one place that knows how a record becomes bytes, on disk and between nodes.
//!
//! A record is an envelope: format version, type number, body length, CRC-32C of the body, body.
//! The body is bincode 2 with its standard configuration, for ever; the version is the way out.
//! A type number, once shipped, belongs to its type; enums in a body only ever grow at the end.
//! Each type has golden bytes in `tests/golden`.

use std::cell::Cell;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// The envelope's version.
const VERSION: u8 = 1;
/// Version (1), type (2), length (4), checksum (4).
const HEADER: usize = 11;
/// How large a scratch buffer is kept, in bytes.
const SCRATCH_BYTES_MAX: usize = 1 << 20;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The largest body, in bytes: a bound on what a corrupt length can make us allocate.
pub const BODY_BYTES_MAX: usize = 64 << 20;

/// Something stored or sent.
pub trait Record: Serialize + DeserializeOwned {
    /// Its type number; see the table in this module.
    const TYPE: u16;
}

/// Gives each record its number. Append only.
macro_rules! records {
    ($($number:literal $type:ty,)*) => {
        $(impl Record for $type { const TYPE: u16 = $number; })*
        /// Every type number and its type, for the golden-bytes test.
        pub const RECORDS: &[(u16, &str)] = &[$(($number, stringify!($type))),*];
    };
}

// 8 was a single message, before there was a release. 1 was a batch before stamps had an actor,
// 5 the head of a feed whose size was not counted.
records! {
    1 crate::v1::Batch,
    2 Vec<crate::apply::Applied>,
    3 crate::clock::Clock,
    4 crate::feed::FeedEntry,
    5 crate::v1::FeedHead,
    6 crate::dedup::Remembered,
    7 crate::due::Timer,
    9 crate::outbox::Sequence,
    10 crate::outbox::ProviderCall,
    11 crate::catalog::Product,
    12 crate::catalog::Collection,
    13 crate::inventory::Stock,
    14 crate::inventory::Movement,
    15 crate::inventory::Hold,
    16 crate::order::Order,
    17 crate::order::Transition,
    18 crate::order::Decision,
    19 crate::order::KeyResult,
    20 Vec<crate::outbox::Message>,
    21 crate::access::ApiKey,
    23 crate::access::KeyUse,
    24 crate::command::Batch,
    25 crate::audit::AuditRow,
    26 crate::webhook::WebhookEndpoint,
    27 crate::webhook::Deliveries,
    28 crate::webhook::Delivery,
    29 crate::payment::PaymentEvent,
    39 crate::cart::Cart,
    40 crate::cart::Account,
    41 crate::inventory::Location,
    42 Vec<crate::inventory::Place>,
    43 crate::order::OpenOrders,
    44 crate::notice::Notice,
    45 crate::notice::NoticeHead,
    46 crate::payment::Orphan,
    47 crate::feed::Consumer,
    48 crate::feed::FeedHead,
    49 crate::feed::FeedRetention,
    35 crate::pricing::Promotion,
    36 crate::pricing::ShippingMethod,
    37 crate::pricing::TaxRate,
    38 crate::pricing::PromotionUses,
    50 crate::search::SearchSettings,
}

/// The record as an envelope.
pub fn encode<R: Record>(record: &R) -> Vec<u8> {
    // Written where it may grow without moving, then copied once: most records are small.
    let mut bytes = SCRATCH.take();
    bytes.clear();
    bytes.resize(HEADER, 0);
    let config = bincode::config::standard();
    let written = bincode::serde::encode_into_std_write(record, &mut bytes, config);
    debug_assert!(written.is_ok(), "our records serialize into memory without fail");
    let length = (bytes.len() - HEADER) as u32;
    let checksum = crc32c::crc32c(&bytes[HEADER..]);
    bytes[0] = VERSION;
    bytes[1..3].copy_from_slice(&R::TYPE.to_be_bytes());
    bytes[3..7].copy_from_slice(&length.to_be_bytes());
    bytes[7..11].copy_from_slice(&checksum.to_be_bytes());
    let envelope = bytes.as_slice().to_vec();
    bytes.shrink_to(SCRATCH_BYTES_MAX);
    SCRATCH.set(bytes);
    envelope
}

/// The record in an envelope, or what is wrong with the bytes.
pub fn decode<R: Record>(bytes: &[u8]) -> Result<R, Fault> {
    let body = body::<R>(bytes).map_err(|why| Fault::corrupt::<R>(why))?;
    let config = bincode::config::standard().with_limit::<BODY_BYTES_MAX>();
    let (record, read) = bincode::serde::decode_from_slice(body, config)
        .map_err(|error| Fault::corrupt::<R>(&error.to_string()))?;
    if read != body.len() {
        return Err(Fault::corrupt::<R>("bytes are left over"));
    }
    Ok(record)
}

/// The record in an envelope, or the one it is made of: what an older `stoad` wrote.
pub fn decode_since<Old: Record, New: Record + From<Old>>(bytes: &[u8]) -> Result<New, Fault> {
    match bytes.get(1..3) {
        Some(number) if number == Old::TYPE.to_be_bytes() => decode::<Old>(bytes).map(New::from),
        _ => decode(bytes),
    }
}

/// The first fields of the record in an envelope, borrowing its texts: for a reader that needs no
/// more. `F` repeats the first fields of `R`, in their order.
pub(crate) fn decode_front<'a, R: Record, F: Deserialize<'a>>(bytes: &'a [u8]) -> Result<F, Fault> {
    let body = body::<R>(bytes).map_err(|why| Fault::corrupt::<R>(why))?;
    let config = bincode::config::standard().with_limit::<BODY_BYTES_MAX>();
    let (front, _) = bincode::serde::borrow_decode_from_slice(body, config)
        .map_err(|error| Fault::corrupt::<R>(&error.to_string()))?;
    Ok(front)
}

fn body<R: Record>(bytes: &[u8]) -> Result<&[u8], &'static str> {
    let (header, body) = bytes.split_first_chunk::<HEADER>().ok_or("shorter than an envelope")?;
    let [version, t0, t1, l0, l1, l2, l3, c0, c1, c2, c3] = *header;
    if version != VERSION {
        return Err("unknown format version: a newer stoad wrote it");
    }
    if u16::from_be_bytes([t0, t1]) != R::TYPE {
        return Err("another type's record");
    }
    if u32::from_be_bytes([l0, l1, l2, l3]) as usize != body.len() {
        return Err("cut short");
    }
    if u32::from_be_bytes([c0, c1, c2, c3]) != crc32c::crc32c(body) {
        return Err("checksum differs");
    }
    Ok(body)
}
