//! `stoa webhook list`, `create`, `enable`, `disable`, `rotate`, `dead-letters`, `replay`,
//! `delete`.

use api_client::{
    Client, DeadLetter, NewWebhookEndpoint, PatchWebhookEndpoint, RotateWebhookSecret,
    ShownWebhookEndpoint, WebhookEndpoint,
};

use crate::{
    failure::{Exit, Failure},
    output::{Output, table},
    target::Target,
};

/// How many are asked for at once.
const PAGE: u32 = 100;
/// How long an old secret signs beside the new one unless told otherwise, in seconds: a day.
const OVERLAP_S: u64 = 24 * 3_600;

/// Flags of `stoa webhook list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    target: Target,
}

/// Flags of `stoa webhook create`.
#[derive(Debug, clap::Args)]
pub struct CreateArgs {
    /// Where it is: https://…
    #[arg(long, value_name = "URL")]
    to: String,
    /// Of what it is told: order.changed, product.changed, stock.changed, collection.changed,
    /// stock.low; several with commas
    #[arg(long, value_delimiter = ',', required = true)]
    events: Vec<String>,
    /// What it is for
    #[arg(long)]
    description: Option<String>,
    #[command(flatten)]
    target: Target,
}

/// Flags of the verbs that need no more than an endpoint.
#[derive(Debug, clap::Args)]
pub struct OneArgs {
    /// we_…
    id: String,
    #[command(flatten)]
    target: Target,
}

/// Flags of `stoa webhook rotate`.
#[derive(Debug, clap::Args)]
pub struct RotateArgs {
    /// we_…
    id: String,
    /// For how many seconds the old secret signs beside the new one; 0 ends it at once
    #[arg(long, default_value_t = OVERLAP_S)]
    overlap_s: u64,
    #[command(flatten)]
    target: Target,
}

/// Prints every endpoint. Exit 1 when one is disabled and nobody has done it.
pub async fn list(args: &ListArgs, output: &Output) -> Result<Exit, Failure> {
    let client = args.target.client().await?;
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = client.webhooks(PAGE, cursor.as_deref()).await?.body;
        all.extend(page.data);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    output.data(&all, |all| text(all));
    let ailing = |it: &WebhookEndpoint| it.disabled_by.as_deref().is_some_and(|by| by != "person");
    Ok(if all.iter().any(ailing) { Exit::Degraded } else { Exit::Ok })
}

/// Makes an endpoint and shows its secret.
pub async fn create(args: &CreateArgs, output: &Output) -> Result<Exit, Failure> {
    let new = NewWebhookEndpoint {
        url: args.to.clone(),
        description: args.description.clone(),
        events: args.events.clone(),
    };
    let shown = args.target.client().await?.create_webhook(None, &new).await?;
    output.data(&shown, secret);
    Ok(Exit::Ok)
}

/// Has an endpoint told again, or not any more.
pub async fn enable(args: &OneArgs, enabled: bool, output: &Output) -> Result<Exit, Failure> {
    let client = args.target.client().await?;
    let version = version(&client, &args.id).await?;
    let patch = PatchWebhookEndpoint { enabled: Some(enabled), ..PatchWebhookEndpoint::default() };
    let endpoint = client.update_webhook(&args.id, version, &patch).await?.body;
    output.data(&endpoint, |it| format!("{} ({}) is {}", it.id, it.url, it.status));
    Ok(Exit::Ok)
}

/// Gives an endpoint a new secret and shows it.
pub async fn rotate(args: &RotateArgs, output: &Output) -> Result<Exit, Failure> {
    let rotate = RotateWebhookSecret { overlap_s: args.overlap_s };
    let shown = args.target.client().await?.rotate_webhook_secret(&args.id, &rotate).await?;
    output.data(&shown, secret);
    Ok(Exit::Ok)
}

/// Prints what an endpoint has never taken. Exit 1 when there is something.
pub async fn dead_letters(args: &OneArgs, output: &Output) -> Result<Exit, Failure> {
    let client = args.target.client().await?;
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = client.dead_letters(&args.id, PAGE, cursor.as_deref()).await?.body;
        all.extend(page.data);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    output.data(&all, |all| letters(all));
    Ok(if all.is_empty() { Exit::Ok } else { Exit::Degraded })
}

/// Sends what an endpoint has never taken once more.
pub async fn replay(args: &OneArgs, output: &Output) -> Result<Exit, Failure> {
    let replayed = args.target.client().await?.replay_dead_letters(&args.id).await?;
    output.data(&replayed, |it| format!("{} dead letters are sent once more", it.replayed));
    Ok(Exit::Ok)
}

/// Deletes an endpoint.
pub async fn delete(args: &OneArgs, output: &Output) -> Result<Exit, Failure> {
    let client = args.target.client().await?;
    let version = version(&client, &args.id).await?;
    let endpoint = client.delete_webhook(&args.id, version).await?;
    output.data(&endpoint, |it| format!("{} ({}) is deleted", it.id, it.url));
    Ok(Exit::Ok)
}

async fn version(client: &Client, id: &str) -> Result<u64, Failure> {
    Ok(client.webhook(id).await?.body.version)
}

fn secret(shown: &ShownWebhookEndpoint) -> String {
    let endpoint = &shown.endpoint;
    format!(
        "{}\n\n{} ({}): {}\nGive it to the receiver now: it is not shown again.",
        shown.secret,
        endpoint.id,
        endpoint.url,
        endpoint.events.join(" ")
    )
}

fn text(all: &[WebhookEndpoint]) -> String {
    let row = |it: &WebhookEndpoint| {
        let since = it.disabled_at.as_deref().unwrap_or_default();
        let by = it.disabled_by.as_deref().unwrap_or_default();
        let status = [it.status.as_str(), by, since].join(" ").trim().to_string();
        vec![it.id.clone(), it.url.clone(), status, it.events.join(" "), it.description.clone()]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    table(&["endpoint", "url", "status", "events", "description"], &rows)
}

fn letters(all: &[DeadLetter]) -> String {
    let row = |it: &DeadLetter| {
        let data: Vec<_> = it.data.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = it.last_status.map_or_else(|| "no answer".to_string(), |it| it.to_string());
        let given_up = it.given_up_at.clone();
        vec![it.timestamp.clone(), it.kind.clone(), data.join(" "), answer, given_up, it.id.clone()]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    table(&["happened", "event", "about", "last answer", "given up", "id"], &rows)
}
