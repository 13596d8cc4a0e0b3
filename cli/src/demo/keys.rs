//! Ready-made API keys, one for each role and `first`, which may do everything, in `keys.json`.
//!
//! A key is written down as soon as it is made: nobody can show it again.

use std::{
    collections::BTreeMap,
    fs,
    fs::OpenOptions,
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use api_client::NewKey;

use super::cluster::Cluster;
use crate::failure::Failure;

/// The name of the key that may do everything.
const FIRST: &str = "first";
/// The roles, as the node knows them.
const ROLES: [&str; 5] = ["seller", "support", "operator", "service", "analyst"];

/// Keys by their role.
type Keys = BTreeMap<String, String>;

/// Makes the keys that are missing, and shows the first one to every node from now on.
pub async fn ensure(cluster: &mut Cluster) -> Result<(), Failure> {
    let file = cluster.folder.keys();
    let mut keys = read(&file)?;
    let first = match keys.get(FIRST) {
        Some(first) if opens(cluster, first).await? => Some(first.clone()),
        _ => {
            // Keys of another cluster, whose data is gone, open nothing.
            keys.clear();
            make_first(cluster, &mut keys, &file).await?
        }
    };
    if let Some(first) = first {
        cluster.show(&first)?;
    }
    let missing: Vec<_> = ROLES.into_iter().filter(|role| !keys.contains_key(*role)).collect();
    for role in missing {
        let name = format!("demo {role}");
        let new = NewKey { name, role: Some(role.to_string()), ..NewKey::default() };
        let shown = cluster.nodes[0].client.create_key(None, &new).await?;
        keys.insert(role.to_string(), shown.secret);
        write(&file, &keys)?;
    }
    Ok(())
}

/// Whether the cluster knows a key.
async fn opens(cluster: &Cluster, key: &str) -> Result<bool, Failure> {
    let client = cluster.nodes[0].client.clone().with_credentials(key)?;
    match client.keys(1, None).await {
        Ok(_) => Ok(true),
        Err(error) if error.problem().is_some_and(|problem| problem.status == 401) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The first key of the cluster; none where there was one that nobody has written down, and nobody
/// asks for one.
async fn make_first(
    cluster: &Cluster,
    keys: &mut Keys,
    file: &Path,
) -> Result<Option<String>, Failure> {
    let error = match cluster.nodes[0].client.init().await {
        Ok(shown) => {
            keys.insert(FIRST.to_string(), shown.secret.clone());
            write(file, keys)?;
            return Ok(Some(shown.secret));
        }
        Err(error) => error,
    };
    match error.code() {
        Some("already_initialized") if !cluster.require_auth => Ok(None),
        Some("already_initialized") => {
            let what =
                format!("this cluster has its first key, and it is not in {}", file.display());
            Err(Failure::new(what, "take another --dir, or leave --require-auth away"))
        }
        _ => Err(error.into()),
    }
}

fn read(file: &Path) -> Result<Keys, Failure> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Keys::new()),
        Err(error) => return Err(Failure::io(file, error)),
    };
    serde_json::from_str(&text).map_err(|error| Failure::io(file, error))
}

/// Written whole or not at all, and for its owner's eyes only.
fn write(file: &Path, keys: &Keys) -> Result<(), Failure> {
    let fresh = file.with_extension("json.new");
    let text = serde_json::to_string_pretty(keys).map_err(|error| Failure::io(file, error))?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let written = options.open(&fresh).and_then(|mut file| file.write_all(text.as_bytes()));
    written.and_then(|()| fs::rename(&fresh, file)).map_err(|error| Failure::io(file, error))
}
