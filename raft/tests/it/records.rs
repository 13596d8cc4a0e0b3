//! Golden bytes of what this crate stores and sends. A test that fails here means that a node could
//! not read its own disk after an upgrade: never change the bytes, add a record or a variant.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fmt::Write;

use bytes::Bytes;
use engine_core::Digest;
use engine_core::codec::{Record, decode, encode};
use openraft::BasicNode;
use raft::records::{
    AppliedRecord, EntryRecord, LogIdRecord, MembershipRecord, PayloadRecord, SnapshotMetaRecord,
    StoredMembershipRecord, VoteRecord,
};
use raft::types::{Entry, Membership, Payload, SharedBatch, SnapshotMeta, Vote};

use crate::replica::{batch, log_id};

const ID: LogIdRecord = LogIdRecord { term: 3, node: 2, index: 1 << 20 };

/// Checks a record's bytes, and that they are read back as the record.
fn golden<R: Record + Debug + PartialEq>(record: R, expected: &str) {
    let bytes = encode(&record);
    let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    assert_eq!(hex, expected, "{record:?}");
    assert_eq!(decode::<R>(&bytes).unwrap(), record);
}

fn members() -> MembershipRecord {
    let configs = vec![BTreeSet::from([1, 2, 3])];
    let nodes = (1..=4).map(|id| (id, format!("h{id}"))).collect();
    MembershipRecord { configs, nodes }
}

fn stored() -> StoredMembershipRecord {
    StoredMembershipRecord { at: Some(ID), membership: members() }
}

#[test]
fn stored_bytes_are_what_they_were() {
    golden(
        EntryRecord { id: ID, payload: PayloadRecord::Blank },
        "0103e80000000872cff41f0302fc0000100000",
    );
    let payload = PayloadRecord::Batch(Bytes::from_static(b"batch"));
    golden(EntryRecord { id: ID, payload }, "0103e80000000e0c1911c20302fc0000100001056261746368");
    golden(
        EntryRecord { id: ID, payload: PayloadRecord::Membership(members()) },
        "0103e80000001e1ef018160302fc000010000201030102030401026831020268320302683304026834",
    );
    golden(VoteRecord { term: 3, node: 2, committed: true }, "0103e9000000035f64d0e4030201");
    golden(ID, "0103ea000000070f2990200302fc00001000");
    golden(
        stored(),
        "0103eb0000001e7e052725010302fc0000100001030102030401026831020268320302683304026834",
    );
    golden(
        AppliedRecord { last: Some(ID), digest: Digest { index: 9, value: u64::MAX } },
        "0103ec0000001254a086c3010302fc0000100009fdffffffffffffffff",
    );
    golden(
        SnapshotMetaRecord { last: Some(ID), membership: stored() },
        concat!(
            "0103ed00000026de7668af010302fc00001000010302fc0000",
            "100001030102030401026831020268320302683304026834",
        ),
    );
}

#[test]
fn openrafts_types_survive_the_way_through_the_records() {
    let vote = Vote::new_committed(7, 3);
    assert_eq!(Vote::from(VoteRecord::from(vote)), vote);

    let node = |id: u64| (id, BasicNode { addr: format!("127.0.0.1:{id}") });
    let nodes: BTreeMap<_, _> = (1..=3).map(node).collect();
    let joint = vec![BTreeSet::from([1, 2]), BTreeSet::from([2, 3])];
    let membership = Membership::new(joint, nodes).unwrap();
    let payloads = [
        Payload::Blank,
        Payload::Normal(SharedBatch::new(batch(5))),
        Payload::Membership(membership.clone()),
    ];
    for payload in payloads {
        let entry = Entry { log_id: log_id(9), payload };
        let bytes = encode(&EntryRecord::from(&entry));
        let back = Entry::try_from(decode::<EntryRecord>(&bytes).unwrap()).unwrap();
        assert_eq!(back, entry);
    }
    let last_membership = openraft::StoredMembership::new(Some(log_id(4)), membership);
    let meta = SnapshotMeta { last_log_id: Some(log_id(9)), last_membership };
    assert_eq!(SnapshotMeta::try_from(SnapshotMetaRecord::from(&meta)).unwrap(), meta);
    let empty = SnapshotMeta::default();
    assert_eq!(SnapshotMeta::try_from(SnapshotMetaRecord::from(&empty)).unwrap(), empty);
}

#[test]
fn a_batch_with_a_flipped_bit_is_no_entry() {
    let mut bytes = SharedBatch::new(batch(5)).bytes().to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    assert!(SharedBatch::from_bytes(bytes.into()).is_err());
}
