//! `stoa key create`, `list`, `rotate`, `revoke`: API keys.

use api_client::{ApiKey, NewKey, RotateKey, ShownKey};

use crate::{
    failure::{Exit, Failure},
    output::{Output, table},
    target::Target,
};

/// How many keys are asked for at once.
const PAGE: u32 = 100;
/// How long an old secret works beside the new one unless told otherwise, in seconds: a day.
const OVERLAP_S: u64 = 24 * 3_600;

/// Flags of `stoa key create`.
#[derive(Debug, clap::Args)]
pub struct CreateArgs {
    /// What it is for
    #[arg(long)]
    name: String,
    /// seller, support, operator, service or analyst
    #[arg(long, required_unless_present = "scope")]
    role: Option<String>,
    /// What it allows, beside what the role does, e.g. catalog:write; several with commas
    #[arg(long, value_delimiter = ',')]
    scope: Vec<String>,
    /// From where it may be used: an address, or 10.0.0.0/8; several with commas
    #[arg(long, value_delimiter = ',')]
    network: Vec<String>,
    /// For how many days it is valid; without it, until it is revoked
    #[arg(long)]
    days: Option<u32>,
    #[command(flatten)]
    target: Target,
}

/// Flags of `stoa key list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    target: Target,
}

/// Flags of `stoa key rotate`.
#[derive(Debug, clap::Args)]
pub struct RotateArgs {
    /// key_…
    id: String,
    /// For how many seconds the old secret works beside the new one; 0 ends it at once
    #[arg(long, default_value_t = OVERLAP_S)]
    overlap_s: u64,
    #[command(flatten)]
    target: Target,
}

/// Flags of `stoa key revoke`.
#[derive(Debug, clap::Args)]
pub struct RevokeArgs {
    /// key_…
    id: String,
    #[command(flatten)]
    target: Target,
}

/// Makes a key and shows its secret.
pub async fn create(args: &CreateArgs, output: &Output) -> Result<Exit, Failure> {
    let new = NewKey {
        name: args.name.clone(),
        role: args.role.clone(),
        scopes: args.scope.clone(),
        networks: args.network.clone(),
        valid_s: args.days.map(|days| u64::from(days) * 24 * 3_600),
    };
    let shown = args.target.client().await?.create_key(None, &new).await?;
    output.data(&shown, secret);
    Ok(Exit::Ok)
}

/// Prints every key.
pub async fn list(args: &ListArgs, output: &Output) -> Result<Exit, Failure> {
    let client = args.target.client().await?;
    let (mut keys, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = client.keys(PAGE, cursor.as_deref()).await?.body;
        keys.extend(page.data);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    output.data(&keys, |keys| text(keys));
    Ok(Exit::Ok)
}

/// Gives a key a new secret and shows it.
pub async fn rotate(args: &RotateArgs, output: &Output) -> Result<Exit, Failure> {
    let rotate = RotateKey { overlap_s: args.overlap_s };
    let shown = args.target.client().await?.rotate_key(&args.id, &rotate).await?;
    output.data(&shown, secret);
    Ok(Exit::Ok)
}

/// Ends a key.
pub async fn revoke(args: &RevokeArgs, output: &Output) -> Result<Exit, Failure> {
    let key = args.target.client().await?.revoke_key(&args.id).await?;
    output.data(&key, |key| format!("{} ({}) is revoked", key.id, key.name));
    Ok(Exit::Ok)
}

/// A key with the secret that nobody can show again.
pub fn secret(shown: &ShownKey) -> String {
    format!(
        "{}\n\n{} ({}): {}\nKeep it now: nobody can show it again.",
        shown.secret,
        shown.key.id,
        shown.key.name,
        shown.key.scopes.join(" ")
    )
}

fn text(keys: &[ApiKey]) -> String {
    let row = |key: &ApiKey| {
        let until = key.expires_at.clone().unwrap_or_else(|| "–".to_string());
        let from = if key.networks.is_empty() { "anywhere".into() } else { key.networks.join(" ") };
        let scopes = key.scopes.join(" ");
        let used = key.last_used_at.clone().unwrap_or_else(|| "never".to_string());
        vec![key.id.clone(), key.name.clone(), key.status.clone(), until, used, from, scopes]
    };
    let rows: Vec<Vec<String>> = keys.iter().map(row).collect();
    table(&["key", "name", "status", "expires", "last used", "from", "scopes"], &rows)
}
