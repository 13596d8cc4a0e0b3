//! Damaged bytes are a fault, never a panic and never another record.

use engine_core::audit::AuditRow;
use engine_core::codec::{decode, encode};
use engine_core::notice::Notice;
use engine_core::order::Order;
use engine_core::webhook::{Delivery, WebhookEndpoint};
use engine_core::{Applied, Batch, Clock, v1};
use rand::{Rng as _, RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::values;

/// How many damaged records each test decodes.
const ROUNDS: u64 = 20_000;
/// Format version, type, length, checksum.
const HEADER: usize = 11;

#[test]
fn truncated_bytes_are_a_fault() {
    let bytes = encode(&values::order());
    for length in 0..bytes.len() {
        assert!(decode::<Order>(&bytes[..length]).is_err(), "{length} bytes decode");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(decode::<Order>(&longer).is_err(), "a byte is left over");
}

#[test]
fn flipped_bits_are_a_fault() {
    let bytes = encode(&values::order());
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(decode::<Order>(&damaged).is_err(), "bit {bit} flipped decodes");
    }
}

#[test]
fn another_types_record_is_a_fault() {
    assert!(decode::<Clock>(&encode(&values::order())).is_err());
}

/// Bodies that pass the checksum and are no record: what a broken peer could send.
#[test]
fn garbage_in_a_sound_envelope_never_panics() {
    for seed in 0..ROUNDS {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut body = encode(&values::order()).split_off(HEADER);
        if random.random_bool(0.5) {
            let length = random.random_range(0..300);
            body.resize(length, 0);
            random.fill_bytes(&mut body);
        } else {
            for _ in 0..random.random_range(1..8) {
                let at = random.random_range(0..body.len());
                body[at] = random.random();
            }
        }
        let _ = decode::<Order>(&envelope(16, &body));
        let _ = decode::<v1::Batch>(&envelope(1, &body));
        let _ = decode::<Batch>(&envelope(24, &body));
        let _ = decode::<AuditRow>(&envelope(25, &body));
        let _ = decode::<Vec<Applied>>(&envelope(2, &body));
        let _ = decode::<WebhookEndpoint>(&envelope(26, &body));
        let _ = decode::<Delivery>(&envelope(28, &body));
        let _ = decode::<Notice>(&envelope(44, &body));
    }
}

#[test]
fn garbage_never_panics() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    for round in 0..ROUNDS {
        let mut bytes = vec![0; random.random_range(0..64)];
        random.fill_bytes(&mut bytes);
        assert!(decode::<Batch>(&bytes).is_err(), "round {round}: {bytes:02x?}");
    }
}

fn envelope(number: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend(number.to_be_bytes());
    bytes.extend((body.len() as u32).to_be_bytes());
    bytes.extend(crc32c::crc32c(body).to_be_bytes());
    bytes.extend(body);
    bytes
}
