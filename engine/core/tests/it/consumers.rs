//! Random consumers of the feed, compared with a map of names to places.

use std::collections::BTreeMap;

use engine_core::feed::{CONSUMERS_MAX, ReadTo};
use engine_core::webhook::Position;
use engine_core::{
    Command, ConsumerId, DeleteConsumer, PutConsumer, Rejection, Reply, ShardId, Stamp, Stamped,
    read,
};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::cluster::Cluster;

/// How many commands there are.
const COMMANDS: usize = 5_000;

/// What is expected of a consumer: its version and its places.
type Known = BTreeMap<String, (u64, Vec<ReadTo>)>;

#[test]
fn a_place_only_goes_forward_unless_it_is_set() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut cluster = Cluster::new(2);
    let mut known = Known::new();
    let (mut ahead, mut full) = (0, 0);
    for _ in 0..COMMANDS {
        let name = format!("c{}", random.random_range(0..CONSUMERS_MAX + 6));
        let id = ConsumerId::of(&name);
        if random.random_bool(0.05) {
            let outcome = run(&mut cluster, Command::DeleteConsumer(DeleteConsumer { id }));
            match known.remove(&name) {
                Some((version, read)) => assert_is(&outcome, version, &read),
                None => assert_eq!(outcome, Err(Rejection::ConsumerNotFound)),
            }
            continue;
        }
        let mut place = || Position {
            index: random.random_range(0..6),
            ordinal: if random.random_bool(0.5) { u32::MAX } else { random.random_range(0..3) },
        };
        let mut read: Vec<ReadTo> = (0..=2).map(|shard| (ShardId(shard), place())).collect();
        read.iter_mut().for_each(|(_, at)| *at = (*at).max(Position::end_of(0)));
        let reset = random.random_bool(0.1);
        let put = PutConsumer { name: name.clone(), read: read.clone(), reset };
        let outcome = run(&mut cluster, Command::PutConsumer(put));
        let count = known.len();
        match known.get_mut(&name) {
            None if count == CONSUMERS_MAX => {
                full += 1;
                let limit = CONSUMERS_MAX as u32;
                assert_eq!(outcome, Err(Rejection::TooManyConsumers { limit }));
            }
            None => {
                assert_is(&outcome, 1, &read);
                known.insert(name, (1, read));
            }
            Some((version, before)) => {
                let back = before.iter().zip(&read).find(|(was, is)| was.1 > is.1);
                if let Some((was, _)) = back.filter(|_| !reset) {
                    ahead += 1;
                    assert_eq!(outcome, Err(Rejection::ConsumerAhead { shard: was.0 }));
                    continue;
                }
                *version += u64::from(*before != read);
                *before = read;
                assert_is(&outcome, *version, before);
            }
        }
    }
    assert!(ahead > 100 && full > 10, "{ahead} were behind, {full} were too many");
    let rows = read::consumers(cluster.rows(ShardId::META)).unwrap();
    let rows = rows.into_iter().map(|row| (row.name, (row.version, row.read)));
    assert_eq!(rows.collect::<Known>(), known);
}

fn run(cluster: &mut Cluster, command: Command) -> Result<Reply, Rejection> {
    cluster.now += 1;
    let stamp = Stamp { now: cluster.now, request: 0, idempotency: None, actor: None };
    let outcome = cluster.apply(ShardId::META, Stamped { stamp, command }).unwrap().outcome;
    assert_eq!(cluster.violations().unwrap(), []);
    outcome
}

fn assert_is(outcome: &Result<Reply, Rejection>, version: u64, read: &[ReadTo]) {
    let Ok(Reply::Consumer(consumer)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((consumer.version, consumer.read.as_slice()), (version, read));
}
