//! API keys: what operators do with them, and what is expected of it.
//!
//! The model keeps every secret that a key ever had, and until when it opens; the engine keeps two.

use std::collections::BTreeSet;

use engine_core::access::{Network, OVERLAP_MS_MAX, Scope, SecretHash};
use engine_core::audit::Operation;
use engine_core::{
    Command, CreateKey, Field, KeyId, NoteKeyUses, RecordOperation, Rejection, RevokeKey,
    RotateKey, ShardId, read,
};
use rand::Rng;
use rand::seq::IndexedRandom;

use super::expect::{Expected, Told};
use super::naive::Model;
use super::shop::Shop;
use super::stock::out_of_range;
use super::world::World;

/// How many keys there are; one more is asked for and does not exist.
const KEYS: u64 = 6;
/// The last millisecond of the year 9999.
const END_OF_TIME: i64 = 253_402_300_799_999;

/// A key, as its owner knows it.
#[derive(Debug)]
pub struct ApiKey {
    version: u64,
    scopes: BTreeSet<Scope>,
    networks: BTreeSet<Network>,
    /// When it ends; never without.
    expires_at: Option<u64>,
    revoked: bool,
    /// When it was last used.
    used_at: Option<u64>,
    /// Every secret it ever had, oldest first, and from when on each opens nothing; the last opens
    /// as long as there is time.
    secrets: Vec<(SecretHash, u64)>,
}

impl ApiKey {
    fn is_over(&self, now: u64) -> bool {
        self.revoked || self.expires_at.is_some_and(|at| at <= now)
    }

    /// What opens it at a time, newest first.
    fn opened_by(&self, now: u64) -> Vec<SecretHash> {
        let open = self.secrets.iter().rev().filter(|(_, until)| now < *until);
        if self.is_over(now) { Vec::new() } else { open.map(|(hash, _)| *hash).collect() }
    }

    fn told(&self) -> Told {
        Told::Key(self.version, self.revoked)
    }
}

impl World {
    /// An operator creates, rotates or revokes a key.
    pub fn manage_keys(&mut self) {
        let id = KeyId(self.rng.random_range(1..=KEYS));
        let secret = SecretHash(self.rng.random());
        let command = match self.rng.random_range(0..16) {
            0..7 => self.create_key(id, secret),
            7..14 => {
                let overlaps = [0, 1, 5_000, 3_600_000, OVERLAP_MS_MAX, OVERLAP_MS_MAX + 1];
                let overlap_ms = *overlaps.choose(&mut self.rng).unwrap();
                let id = if self.rng.random_bool(0.05) { KeyId(KEYS + 1) } else { id };
                Command::RotateKey(RotateKey { id, secret, overlap_ms })
            }
            14 => Command::RevokeKey(RevokeKey { id }),
            _ => {
                let ids = [id, KeyId(self.rng.random_range(1..=KEYS + 1))];
                let uses = ids.map(|id| (id, self.now - 5_000 + self.rng.random_range(0..10_000)));
                Command::NoteKeyUses(NoteKeyUses { uses: uses.into() })
            }
        };
        self.propose(ShardId::META, command);
    }

    /// An operator does something to the cluster itself.
    pub fn record_operation(&mut self) {
        let operation = Operation::TransferLeader { shard: ShardId(1), to: 2 };
        let command = Command::RecordOperation(RecordOperation { operation });
        self.propose(ShardId::META, command);
    }

    fn create_key(&mut self, id: KeyId, secret: SecretHash) -> Command {
        let rng = &mut self.rng;
        let networks = ["::1", "10.0.0.0/8", "10.1.2.3/8", "::ffff:10.0.0.0/104", "127.0.0.1"];
        let networks = networks.map(|text| text.parse().unwrap());
        let scopes = rng.random_range(0..6);
        let expires_in = *[1, 5_000, 3_600_000, 90 * 24 * 3_600_000].choose(rng).unwrap();
        let expires_at = match rng.random_range(0..20) {
            0..8 => None,
            8 => Some(self.now - expires_in),
            9 => Some(u64::MAX),
            _ => Some(self.now + 2 * 3_600_000 + expires_in),
        };
        let first = rng.random_bool(if self.model.api_keys.is_empty() { 0.5 } else { 0.1 });
        Command::CreateKey(CreateKey {
            id,
            name: if rng.random_bool(0.03) { String::new() } else { "export".to_owned() },
            scopes: (0..scopes).map(|_| *Scope::ALL.choose(rng).unwrap()).collect(),
            networks: networks.into_iter().filter(|_| rng.random_bool(0.3)).collect(),
            secret,
            expires_at,
            first,
        })
    }
}

impl Model {
    pub fn create_key(&mut self, command: &CreateKey) -> Expected {
        if command.first && !self.api_keys.is_empty() {
            return Err(Rejection::AlreadyInitialized);
        }
        if self.api_keys.contains_key(&command.id) {
            return Err(Rejection::AlreadyExists);
        }
        if command.name.is_empty() {
            return Err(out_of_range(Field::Name, 1, 128));
        }
        if command.scopes.is_empty() {
            return Err(out_of_range(Field::Scopes, 1, 15));
        }
        let now = self.now(ShardId::META);
        if command.expires_at.is_some_and(|at| at <= now || at > END_OF_TIME as u64) {
            return Err(out_of_range(Field::ExpiresAt, now as i64 + 1, END_OF_TIME));
        }
        let key = ApiKey {
            version: 1,
            scopes: command.scopes.iter().copied().collect(),
            networks: command.networks.iter().copied().collect(),
            expires_at: command.expires_at,
            revoked: false,
            used_at: None,
            secrets: vec![(command.secret, u64::MAX)],
        };
        let told = key.told();
        self.api_keys.insert(command.id, key);
        Ok(told)
    }

    pub fn rotate_key(&mut self, command: &RotateKey) -> Expected {
        let now = self.now(ShardId::META);
        let key = self.api_keys.get_mut(&command.id).ok_or(Rejection::KeyNotFound)?;
        if key.is_over(now) {
            return Err(Rejection::KeyRevoked);
        }
        if command.overlap_ms > OVERLAP_MS_MAX {
            return Err(out_of_range(Field::OverlapMs, 0, OVERLAP_MS_MAX as i64));
        }
        let last = key.secrets.len() - 1;
        for (number, (_, until)) in key.secrets.iter_mut().enumerate() {
            let end = if number == last { now + command.overlap_ms } else { now };
            *until = end.min(*until);
        }
        key.secrets.push((command.secret, u64::MAX));
        key.version += 1;
        Ok(key.told())
    }

    pub fn note_key_uses(&mut self, command: &NoteKeyUses) -> Expected {
        let now = self.now(ShardId::META);
        for (id, at) in &command.uses {
            if let Some(key) = self.api_keys.get_mut(id) {
                key.used_at = key.used_at.max(Some((*at).min(now)));
            }
        }
        Ok(Told::Nothing)
    }

    pub fn revoke_key(&mut self, command: &RevokeKey) -> Expected {
        let key = self.api_keys.get_mut(&command.id).ok_or(Rejection::KeyNotFound)?;
        key.version += u64::from(!key.revoked);
        key.revoked = true;
        Ok(key.told())
    }
}

/// Fails unless the keys are as expected, now and at any time to come.
pub fn compare_keys(shop: &Shop, model: &Model) {
    let rows = shop.rows(ShardId::META);
    let now = model.now(ShardId::META);
    let mut listed = Vec::new();
    while let Some(key) = read::api_keys(rows, listed.last().copied(), 1).unwrap().pop() {
        listed.push(key.id);
    }
    let expected: Vec<_> = model.api_keys.keys().copied().collect();
    assert_eq!(listed, expected, "keys stay");
    for (id, expected) in &model.api_keys {
        let key = read::api_key(rows, *id).unwrap().expect("a key");
        assert_eq!(key.version, expected.version, "{id}");
        let used = read::key_last_use(rows, *id).unwrap();
        assert_eq!(used.map(|used| used.at), expected.used_at, "{id}");
        assert!(key.scopes.iter().eq(&expected.scopes), "{id}: {:?}", key.scopes);
        assert!(key.networks.iter().eq(&expected.networks), "{id}: {:?}", key.networks);
        let ends = expected.secrets.iter().map(|(_, until)| *until).chain(expected.expires_at);
        let times = ends.flat_map(|at| [at - 1, at]).filter(|at| (now..u64::MAX).contains(at));
        for at in times.chain([now, now + 1]) {
            let opened: Vec<_> =
                if key.is_valid_at(at) { key.secrets_at(at).collect() } else { Vec::new() };
            assert_eq!(opened, expected.opened_by(at), "{id} at {at}: {key:?}");
            assert!(opened.len() <= 2, "{id} at {at}: {key:?}");
        }
    }
}
