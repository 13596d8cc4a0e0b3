//! What is printed once everything runs: the URLs, and four commands to try that work as they are.

use std::time::{Duration, Instant};

use api_client::{Client, SearchQuery};
use serde::Serialize;

use super::{cluster::Cluster, start::quoted};
use crate::{failure::Failure, output::Output};

/// What the first command searches for.
const WORDS: &str = "iphone case";
/// How long the index may take to show the catalog, in milliseconds.
const INDEXED_MS: u64 = 10_000;
/// How often it is asked, in milliseconds.
const ASK_MS: u64 = 100;

#[derive(Debug, Serialize)]
struct Guide {
    dir: String,
    keys: String,
    mail: String,
    trusting: bool,
    ca: Option<String>,
    products: Option<u64>,
    shards: u16,
    nodes: Vec<Place>,
    stripe: String,
    commands: Vec<Command>,
    ready: bool,
}

#[derive(Debug, Serialize)]
struct Place {
    id: u64,
    url: String,
    pid: Option<i32>,
    start: String,
}

#[derive(Debug, Serialize)]
struct Command {
    what: String,
    line: String,
}

/// Prints it. Without a terminal the last line is `ready`.
pub async fn print(
    cluster: &Cluster,
    products: Option<u64>,
    output: &Output,
) -> Result<(), Failure> {
    let asked = &cluster.nodes[cluster.nodes.len().min(2) - 1];
    let product = match products {
        Some(_) => Some(find(&asked.client).await?),
        None => None,
    };
    let places = cluster.nodes.iter().map(|node| Place {
        id: node.file.id,
        url: node.file.url(),
        pid: node.process.pid(),
        start: node.process.start_script().display().to_string(),
    });
    let guide = Guide {
        dir: cluster.folder.path.display().to_string(),
        keys: cluster.folder.keys().display().to_string(),
        mail: cluster.folder.mail().display().to_string(),
        trusting: !cluster.require_auth,
        ca: cluster.folder.ca().map(|file| file.display().to_string()),
        products,
        shards: cluster.folder.cluster.shards,
        nodes: places.collect(),
        stripe: format!("{}/_sim/", cluster.folder.cluster.stripe_url()),
        commands: commands(cluster, product.as_deref()),
        ready: true,
    };
    output.data(&guide, text);
    if !output.is_json() && !output.is_live() {
        output.line("ready");
    }
    Ok(())
}

/// A product that the search command finds, as soon as the node's index has it.
async fn find(client: &Client) -> Result<String, Failure> {
    let asked = Instant::now();
    let query = SearchQuery {
        q: Some(WORDS.to_string()),
        in_stock: Some(true),
        limit: Some(1),
        ..SearchQuery::default()
    };
    loop {
        let found = client.search(&query).await.map(|answer| answer.body.hits);
        match found {
            Ok(hits) if !hits.is_empty() => return Ok(hits[0].id.clone()),
            Err(error) if !error.is_retryable() => return Err(error.into()),
            _ if asked.elapsed() > Duration::from_millis(INDEXED_MS) => break,
            _ => tokio::time::sleep(Duration::from_millis(ASK_MS)).await,
        }
    }
    let any = client.products(1, None).await?.body.data;
    any.into_iter().next().map(|product| product.id).ok_or_else(|| {
        Failure::new("the catalog is empty", "take another --dir, or stoa demo --no-catalog")
    })
}

fn commands(cluster: &Cluster, product: Option<&str>) -> Vec<Command> {
    let asked = cluster.nodes[cluster.nodes.len().min(2) - 1].file.url();
    let first = &cluster.nodes[0];
    let curl = match cluster.folder.ca() {
        Some(ca) => format!("curl -sS --cacert {}", quoted(&ca.display().to_string())),
        None => "curl -sS".to_string(),
    };
    let command = |what: &str, line: String| Command { what: what.into(), line };
    let begin = match product {
        Some(_) => command("find a product", search(&curl, &asked)),
        None => command(
            "create a product, and keep its id for the order",
            create(&curl, &asked, &shown(cluster, "seller")),
        ),
    };
    // Without a catalog the shell fills in what the first command kept.
    let product = product.unwrap_or("'$PRODUCT'");
    let order = order(&curl, &asked, product, &shown(cluster, "service"));
    let pid = quoted(&first.process.pid_file().display().to_string());
    let start = quoted(&first.process.start_script().display().to_string());
    let id = first.file.id;
    vec![
        begin,
        command("buy it with a test card", order),
        command(&format!("kill node {id}, then order again"), format!("kill -9 $(cat {pid})")),
        command(&format!("start node {id} again"), format!("{start} &")),
    ]
}

fn search(curl: &str, url: &str) -> String {
    let words = WORDS.replace(' ', "+");
    format!("{curl} '{url}/v1/search?q={words}&in_stock=true&limit=3'")
}

/// A header that shows a role's key, read from the file when the command runs.
fn shown(cluster: &Cluster, role: &str) -> String {
    if !cluster.require_auth {
        return String::new();
    }
    let file = quoted(&cluster.folder.keys().display().to_string());
    format!(r#" -H "Authorization: Bearer $(sed -n 's/.*"{role}": "\([^"]*\)".*/\1/p' {file})""#)
}

fn create(curl: &str, url: &str, credentials: &str) -> String {
    let body = r#"{"name":"A thing","price":2999,"currency":"USD","stock":100}"#;
    let keep_id = r#"sed 's/.*"id":"\(prod_[^"]*\).*/\1/'"#;
    let post = post(curl, url, "/v1/products");
    format!("PRODUCT=$({post}{credentials} -d '{body}' | {keep_id})")
}

fn order(curl: &str, url: &str, product: &str, credentials: &str) -> String {
    let customer = concat!(
        r#""customer_id":"cus_demo","currency":"USD","payment_method":"pm_card_visa","#,
        r#""email":"ann@example.com""#
    );
    let lines = format!(r#""lines":[{{"product_id":"{product}","quantity":1}}]"#);
    let key = r#"-H "Idempotency-Key: demo-$(date +%s)" -H 'Prefer: wait=5'"#;
    let post = post(curl, url, "/v1/orders");
    format!("{post}{credentials} {key} -d '{{{customer},{lines}}}'")
}

fn post(curl: &str, url: &str, path: &str) -> String {
    format!("{curl} -X POST {url}{path} -H 'Content-Type: application/json'")
}

fn text(guide: &Guide) -> String {
    let products = guide.products.map_or_else(|| "no".to_string(), |count| count.to_string());
    let mut text = format!(
        "\nStoa runs: {} nodes, {} shards, {products} products. Its data: {}\n\n",
        guide.nodes.len(),
        guide.shards,
        guide.dir
    );
    for node in &guide.nodes {
        text.push_str(&format!("  node {}  {}\n", node.id, node.url));
    }
    text.push_str(&format!("  cards   {}  (a stand-in for Stripe)\n", guide.stripe));
    text.push_str(match guide.trusting {
        true => "\nWhoever is on this machine may do everything (--require-auth asks for keys).",
        false => "\nWrites need an API key: `Authorization: Bearer stoa_sk_…`.",
    });
    text.push_str(&format!(" Keys for each role: {}\n", guide.keys));
    text.push_str(&format!("Customers' mail becomes files in {}\n", guide.mail));
    if let (Some(ca), Some(node)) = (&guide.ca, guide.nodes.first()) {
        text.push_str(&format!(
            "\nEvery port speaks TLS. For `stoa` itself: export STOA_URL={} STOA_CA={}\n",
            node.url,
            quoted(ca)
        ));
    }
    text.push_str("\nTry, in another terminal:\n");
    for command in &guide.commands {
        text.push_str(&format!("\n  # {}\n  {}\n", command.what, command.line));
    }
    text
}
