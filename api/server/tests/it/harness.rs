//! A node in this process, and short ways to talk to it.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use api_client::{Client, NewLine, NewOrder, NewProduct, Product};
use api_server::{Args, PeerArg, Server, WebhookFlags};
use clap::Parser as _;
use reqwest::header::HeaderMap;
use serde_json::Value;
use stripe_sim::Running;
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;
use tokio::time::{Instant, interval};

use crate::contract;

/// The key of the stand-in for Stripe.
pub const STRIPE_KEY: &str = "sk_test_of_a_shop";

/// The secrets of its webhooks: it signs with either while one is being changed.
pub const HOOK_SECRETS: [&str; 2] = ["whsec_of_a_shop_0123456789", "whsec_of_last_year_0123456789"];

/// Whatever went wrong.
pub type Fault = Box<dyn std::error::Error + Send + Sync>;
/// What tests return.
pub type Tested = Result<(), Fault>;

/// How long a condition may take to come true, in milliseconds.
const DEADLINE_MS: u64 = 20_000;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| match Runtime::new() {
    Ok(runtime) => runtime,
    Err(error) => panic!("no runtime: {error}"),
});
/// The stand-in for Stripe that all nodes have which do not say otherwise. It has a runtime of its
/// own: whoever makes flags need not wait for it.
static STRIPE: LazyLock<Result<Running, String>> = LazyLock::new(|| {
    let config = stripe_sim::Config { key: STRIPE_KEY.to_owned(), ..Default::default() };
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let (started, running) = std::sync::mpsc::channel();
    std::thread::spawn(move || -> std::io::Result<()> {
        Runtime::new()?.block_on(async {
            let _nobody_waits = started.send(stripe_sim::start(listen, config).await);
            std::future::pending().await
        })
    });
    let started = running.recv().map_err(|error| error.to_string())?;
    started.map_err(|error| error.to_string())
});
static NODE: OnceCell<Node> = OnceCell::const_new();
static STRICT: OnceCell<Strict> = OnceCell::const_new();

/// A running node.
pub struct Node {
    pub server: Server,
    pub base: String,
}

/// A running node that trusts nobody without credentials.
pub struct Strict {
    pub node: Node,
    /// Where it keeps everything.
    pub dir: PathBuf,
    /// The key that may do everything.
    first: String,
}

impl Strict {
    /// A client that may do everything.
    pub fn first(&self) -> Result<Client, api_client::Error> {
        self.node.client()?.with_credentials(&self.first)
    }

    /// The header's value of that client.
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.first)
    }
}

/// What a raw request was answered with.
#[derive(Debug)]
pub struct Raw {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Raw {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or("").to_owned()
    }

    pub fn param(&self) -> String {
        self.json()["param"].as_str().unwrap_or("").to_owned()
    }

    pub fn header(&self, name: &str) -> Option<String> {
        Some(self.headers.get(name)?.to_str().ok()?.to_owned())
    }
}

/// Runs a test against the shared node.
pub fn with_node<F: Future<Output = Tested>>(test: impl FnOnce(&'static Node) -> F) -> Tested {
    RUNTIME.block_on(async {
        let node = NODE
            .get_or_try_init(|| async {
                let dir = fresh_dir("node")?;
                let ports = free_ports(2)?;
                let args = args(&dir, 1, &[(1, ports[0], ports[1])])?;
                ready(Server::start(args).await?).await
            })
            .await?;
        test(node).await
    })
}

/// Runs a test against the shared node that trusts nobody without credentials.
pub fn with_strict_node<F: Future<Output = Tested>>(
    test: impl FnOnce(&'static Strict) -> F,
) -> Tested {
    RUNTIME.block_on(async {
        let strict = STRICT
            .get_or_try_init(|| async {
                let dir = fresh_dir("strict")?;
                let ports = free_ports(2)?;
                let args = args(&dir, 1, &[(1, ports[0], ports[1])])?;
                let master = dir.join("webhook-master");
                std::fs::write(&master, "the master key of a test, which is long enough")?;
                let webhook_master = Some(master);
                let webhooks = WebhookFlags { webhook_master, ..WebhookFlags::default() };
                let args = Args { trust_loopback: false, webhooks, ..args };
                let node = ready(Server::start(args).await?).await?;
                let first = node.client()?.init().await?.secret;
                Ok::<_, Fault>(Strict { node, dir, first })
            })
            .await?;
        test(strict).await
    })
}

/// Runs a test that starts nodes of its own.
pub fn alone<F: Future<Output = Tested>>(test: impl FnOnce() -> F) -> Tested {
    RUNTIME.block_on(test())
}

/// An empty folder of this name, in the target folder.
pub fn fresh_dir(name: &str) -> std::io::Result<PathBuf> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("api-server-{name}"));
    if dir.exists() {
        std::fs::remove_dir_all(&dir)?;
    }
    std::fs::create_dir_all(&dir)?;
    Ok(dir)
}

/// Ports that nobody listens on.
pub fn free_ports(count: usize) -> std::io::Result<Vec<u16>> {
    let listeners: Result<Vec<_>, _> =
        (0..count).map(|_| TcpListener::bind("127.0.0.1:0")).collect();
    listeners?.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}

/// The flags of node `id`; nodes are (id, HTTP port, peer port).
pub fn args(dir: &Path, id: u64, nodes: &[(u64, u16, u16)]) -> Result<Args, Fault> {
    let (_, http, peer) = *nodes.iter().find(|node| node.0 == id).ok_or("no such node")?;
    let mut args = Args::try_parse_from([
        "stoad",
        "--dir",
        &dir.join(format!("node{id}")).to_string_lossy(),
        "--node-id",
        &id.to_string(),
        "--cluster-id",
        "tests",
        "--http",
        &format!("127.0.0.1:{http}"),
        "--peer-listen",
        &format!("127.0.0.1:{peer}"),
        "--stripe-key",
        &stripe_key(dir)?.to_string_lossy(),
        "--stripe-url",
        stripe_url()?,
        "--stripe-return-url",
        "https://shop.example/back",
        "--stripe-webhook-secrets",
        &hook_secrets(dir)?.to_string_lossy(),
        "--trust-loopback",
        "--peer",
        "1=127.0.0.1:1,http://127.0.0.1:1",
    ])?;
    let peers = nodes.iter().map(|(id, http, peer)| {
        format!("{id}=127.0.0.1:{peer},http://127.0.0.1:{http}").parse::<PeerArg>()
    });
    args.peers = peers.collect::<Result<_, _>>()?;
    Ok(args)
}

/// A file with the key of the stand-in for Stripe.
pub fn stripe_key(dir: &Path) -> std::io::Result<PathBuf> {
    let file = dir.join("stripe-key");
    std::fs::write(&file, STRIPE_KEY)?;
    Ok(file)
}

/// A file with the secrets of its webhooks.
fn hook_secrets(dir: &Path) -> std::io::Result<PathBuf> {
    let file = dir.join("stripe-webhook-secrets");
    std::fs::write(&file, HOOK_SECRETS.join("\n"))?;
    Ok(file)
}

/// Where the stand-in is that all nodes have.
pub fn stripe_url() -> Result<&'static str, Fault> {
    Ok(&STRIPE.as_ref().map_err(String::as_str)?.url)
}

/// Waits until a node says that it is ready.
pub async fn ready(server: Server) -> Result<Node, Fault> {
    let node = Node { base: format!("http://{}", server.http()), server };
    let client = node.client()?;
    eventually(async || client.ready().await.is_ok().then_some(())).await?;
    Ok(node)
}

/// Asks again until there is an answer.
pub async fn eventually<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> Result<T, Fault> {
    let until = Instant::now() + Duration::from_millis(DEADLINE_MS);
    let mut looks = interval(Duration::from_millis(10));
    loop {
        looks.tick().await;
        if let Some(answer) = ask().await {
            return Ok(answer);
        }
        if Instant::now() >= until {
            return Err("a condition did not come true in time".into());
        }
    }
}

impl Node {
    pub fn client(&self) -> Result<Client, api_client::Error> {
        Client::new(&self.base)
    }

    /// Any request at all. Its answer is held against the document, whatever the test is about.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Result<Raw, Fault> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let url = format!("{}{path}", self.base);
        let mut request = http.request(method.parse()?, url).body(body.into());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let raw = Raw { status, headers, text: response.text().await? };
        contract::check(method, path, &raw);
        Ok(raw)
    }

    pub async fn get(&self, path: &str) -> Result<Raw, Fault> {
        self.call("GET", path, &[], "").await
    }

    /// A POST of JSON with an idempotency key.
    pub async fn post(&self, path: &str, key: &str, body: &Value) -> Result<Raw, Fault> {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        self.call("POST", path, &headers, body.to_string()).await
    }

    /// A product at a price, with stock.
    pub async fn product(
        &self,
        name: &str,
        price: i64,
        stock: u32,
    ) -> Result<Product, api_client::Error> {
        let product = NewProduct {
            name: name.to_owned(),
            price,
            currency: "usd".to_owned(),
            stock: Some(stock),
            ..NewProduct::default()
        };
        Ok(self.client()?.create_product(None, &product).await?.body)
    }
}

/// An order of these products, on account.
pub fn order(customer: &str, lines: &[(&str, u32)]) -> NewOrder {
    let line = |(product, quantity): &(&str, u32)| NewLine {
        product_id: (*product).to_owned(),
        quantity: *quantity,
    };
    NewOrder {
        customer_id: customer.to_owned(),
        lines: lines.iter().map(line).collect(),
        cart: None,
        currency: "USD".to_owned(),
        expected_total: None,
        payment_method: Some("on_account".to_owned()),
        ..NewOrder::default()
    }
}
