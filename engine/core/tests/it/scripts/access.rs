//! Lines about API keys.

use engine_core::access::{ApiKey, Network, Scope, SecretHash};
use engine_core::{Command, CreateKey, NoteKeyUses, RevokeKey, RotateKey, ShardId, h128, read};

use super::inventory::unquote;
use super::world::World;
use super::{Said, order, show};

#[derive(goldenscript::Command)]
enum Line {
    /// Creates an API key.
    CreateKey {
        id: String,
        /// Its id's name if there is none.
        #[arg(key)]
        name: Option<String>,
        /// `keys:write,audit:read`, or empty; `cluster:read` if there is none.
        #[arg(key)]
        scopes: Option<String>,
        /// `10.0.0.0/8,::1`, `many-65`, or `odd` for one that no text means.
        #[arg(key)]
        networks: Option<String>,
        /// The name of its secret.
        #[arg(key)]
        secret: String,
        #[arg(key)]
        expires: Option<u64>,
        #[arg(key, optional)]
        first: bool,
    },
    /// Gives an API key a new secret.
    RotateKey {
        id: String,
        #[arg(key)]
        secret: String,
        #[arg(key)]
        overlap: u64,
    },
    /// Ends an API key.
    RevokeKey(String),
    /// Notes when keys were used.
    NoteKeyUses {
        #[arg(optional)]
        uses: Vec<(String, u64)>,
    },
    /// Tells when an API key was last used.
    KeyLastUse(String),
    /// Tells an API key.
    ApiKey(String),
    /// Tells a page of the API keys.
    ApiKeys {
        #[arg(key)]
        after: Option<String>,
        #[arg(key)]
        limit: usize,
    },
    #[command(other)]
    Other(goldenscript::Command),
}

pub fn run(world: &mut World, line: &goldenscript::Command) -> Said {
    let command = match Line::try_from(line)? {
        Line::CreateKey { id, name, scopes, networks, secret, expires, first } => {
            let scopes = scopes.as_deref().unwrap_or("cluster:read");
            Command::CreateKey(CreateKey {
                id: world.names.key(&id),
                name: name.as_deref().map_or_else(|| id.clone(), unquote),
                scopes: list(scopes).map(str::parse::<Scope>).collect::<Result<_, _>>()?,
                networks: self::networks(&networks.unwrap_or_default())?,
                secret: self::secret(world, &secret),
                expires_at: expires,
                first,
            })
        }
        Line::RotateKey { id, secret, overlap: overlap_ms } => {
            let (id, secret) = (world.names.key(&id), self::secret(world, &secret));
            Command::RotateKey(RotateKey { id, secret, overlap_ms })
        }
        Line::RevokeKey(id) => Command::RevokeKey(RevokeKey { id: world.names.key(&id) }),
        Line::NoteKeyUses { uses } => {
            let uses = uses.iter().map(|(id, at)| (world.names.key(id), *at)).collect();
            Command::NoteKeyUses(NoteKeyUses { uses })
        }
        Line::KeyLastUse(id) => {
            let id = world.names.key(&id);
            let used = read::key_last_use(world.cluster.rows(ShardId::META), id)?;
            return Ok(used.map_or("never".to_owned(), |used| used.at.to_string()) + "\n");
        }
        Line::ApiKey(id) => return key(world, &id),
        Line::ApiKeys { after, limit } => {
            let after = after.map(|after| world.names.key(&after));
            let keys = read::api_keys(world.cluster.rows(ShardId::META), after, limit)?;
            return Ok(keys.iter().map(|key| show::key(key) + "\n").collect());
        }
        Line::Other(line) => return order::run(world, &line),
    };
    world.run(command)
}

/// A key, and which of its secrets open it now.
fn key(world: &mut World, name: &str) -> Said {
    let id = world.names.key(name);
    let key = read::api_key(world.cluster.rows(ShardId::META), id)?;
    let Some(key) = key else { return Ok("no key\n".into()) };
    Ok(format!("{}\n  {}\n", show::key(&key), opens(&key, world.cluster.now)))
}

fn opens(key: &ApiKey, now: u64) -> String {
    let valid = if key.is_valid_at(now) { "valid" } else { "not valid" };
    let secrets: Vec<_> = key.secrets_at(now).map(|hash| show::secret(&hash)).collect();
    format!("at {now} {valid}; its secrets: {}", secrets.join(", "))
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|each| !each.is_empty())
}

fn networks(text: &str) -> Result<Vec<Network>, Box<dyn std::error::Error>> {
    if let Some(count) = text.strip_prefix("many-") {
        let count: u32 = count.parse()?;
        return Ok((0..count).map(|n| Network::host(std::net::Ipv4Addr::from(n).into())).collect());
    }
    let parse = |text: &str| match text {
        "odd" => Ok(Network { addr: std::net::Ipv4Addr::new(10, 0, 0, 1).into(), bits: 8 }),
        text => text.parse(),
    };
    Ok(list(text).map(parse).collect::<Result<_, _>>()?)
}

/// The hash that stands for a secret of that name.
fn secret(world: &mut World, name: &str) -> SecretHash {
    let half = h128(&[name.as_bytes()]).to_be_bytes();
    let hash = SecretHash([half, half].concat().try_into().expect("32 bytes"));
    world.names.learn(show::secret(&hash), name);
    hash
}
