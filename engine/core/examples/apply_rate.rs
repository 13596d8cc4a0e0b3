//! How long apply takes, per command, on rows in memory: what every replica does for every order.
//!
//! `cargo run --release -p engine-core --example apply_rate`. Each figure includes decoding the log
//! entry, apply, and the digest of its writes, but neither disk nor Raft; it is time on the
//! processor (Linux), so that a busy machine does not count. Batches are as wide as under
//! load; products have descriptions, so that reading a row costs what it costs.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;
use std::time::Duration;

use engine_core::audit::{Actor, Who};
use engine_core::catalog::{ProductChange, ProductDetails};
use engine_core::codec::{decode, encode};
use engine_core::inventory::{HoldLine, HoldRef};
use engine_core::order::Receipt;
use engine_core::outbox::Message;
use engine_core::payment::Pay;
use engine_core::{
    AdjustStock, Batch, Command, CreateProduct, Currency, Deliver, Fault, HoldStock, KeyId, Money,
    OrderId, Owner, PlaceOrder, ProductId, Reply, Row, Shard, ShardId, Stamp, Stamped, Topology,
    Txn, UpdateProduct, View, apply, digest_after,
};

const PRODUCTS: u128 = 10_000;
const BATCHES: u128 = 400;
const BATCH: u128 = 64;
const DESCRIPTION_BYTES: usize = 600;
const ACTOR: Actor = Actor {
    who: Who::Key(KeyId(0x0123_4567_89ab_cdef)),
    address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
    request: 0x9c1d_e0f4_a2b3_5678,
};

fn main() -> Result<(), Fault> {
    let one = Topology { shards: 1 };
    let mut shard = Replica::new(ShardId(1), one);
    shard.stock()?;
    for (name, products, lines) in
        [("uniform", PRODUCTS, 1), ("hot", 1, 1), ("three lines", PRODUCTS, 3)]
    {
        shard.time(&format!("PlaceOrder, on account, {name}"), |n| {
            let lines = (0..lines).map(|line| (n * 7 + line) % products);
            place(&format!("{name}{n}"), lines.map(ProductId).collect(), Vec::new())
        })?;
    }

    // What an audit row costs, in time and bytes: the same commands by nobody and by somebody.
    for (who, actor) in [("nobody", None), ("somebody", Some(ACTOR))] {
        shard.actor = actor;
        shard.time(&format!("PlaceOrder, three lines, by {who}"), |n| {
            let lines = (0..3).map(|line| ProductId((n * 7 + line) % PRODUCTS));
            place(&format!("by_{who}{n}"), lines.collect(), Vec::new())
        })?;
        shard.time(&format!("UpdateProduct, its price, by {who}"), |n| {
            let price = Some(Money { amount: 3_000 + n as i64, currency: Currency::USD });
            let change = ProductChange { price, ..ProductChange::default() };
            let (id, expected_version) = (ProductId(n * 7 % PRODUCTS), None);
            Command::UpdateProduct(UpdateProduct { id, expected_version, change, available: None })
        })?;
        shard.time(&format!("AdjustStock, by {who}"), |n| {
            let (product, reason) = (ProductId(n * 7 % PRODUCTS), "counted".to_owned());
            Command::AdjustStock(AdjustStock { product, delta: 1, reason, at: None })
        })?;
    }

    let two = Topology { shards: 2 };
    let mut products = Replica::new(ShardId(1), two);
    products.stock()?;
    let mut receipts = Vec::new();
    let mine: Vec<_> = (0..PRODUCTS).map(ProductId).collect();
    let mine: Vec<_> = mine.into_iter().filter(|id| two.of_product(*id) == ShardId(1)).collect();
    let product = |n: u128| mine[(n as usize * 7) % mine.len()];
    let replies = products.time("HoldStock, for an order elsewhere", |n| hold(n, product(n)))?;
    receipts.extend(replies.into_iter().map(|reply| match reply {
        Reply::Held(receipt) => {
            vec![Receipt { shard: ShardId(1), lines: receipt.lines, promotion: None }]
        }
        _ => Vec::new(),
    }));
    let mut customers = Replica::new(ShardId(2), two);
    customers.time("PlaceOrder, on account, with a receipt", |n| {
        place(&owner_in(two, n), vec![product(n)], receipts[n as usize].clone())
    })?;
    products.time("CommitHold, delivered, 64 at once, per message", |n| {
        let order = |n| order_of(&owner_in(two, n));
        let messages = match n % BATCH {
            0 => (n..n + BATCH).map(|n| Message::CommitHold(order(n))).collect(),
            _ => Vec::new(),
        };
        Command::Deliver(Deliver { from: ShardId(2), first: n as u64 + 1, messages })
    })?;
    Ok(())
}

fn owner_in(topology: Topology, n: u128) -> String {
    let names = (0..).map(|salt| format!("c{n}-{salt}"));
    let mut owners = names.filter_map(|name| Owner::new(&name));
    let owner = owners.find(|owner| topology.of_owner(owner) == ShardId(2));
    owner.map(|owner| owner.to_string()).unwrap_or_default()
}

fn order_of(owner: &str) -> OrderId {
    let owner = Owner::new(owner).unwrap_or_else(|| unreachable!("{owner} is an owner"));
    OrderId::derive(&owner, "key", 1, 0)
}

fn place(owner: &str, products: Vec<ProductId>, receipts: Vec<Receipt>) -> Command {
    let name = owner.replace(' ', "_");
    let owner = Owner::new(&name).unwrap_or_else(|| unreachable!("{name} is an owner"));
    Command::PlaceOrder(PlaceOrder {
        order: order_of(&name),
        owner,
        key: 1,
        body: 1,
        lines: products.into_iter().map(|product| HoldLine { product, quantity: 1 }).collect(),
        receipts,
        currency: Currency::USD,
        expected_total: None,
        pay: Pay::OnAccount,
        not_after: u64::MAX,
        cart: None,
        email: None,
        terms: Box::default(),
    })
}

fn hold(n: u128, product: ProductId) -> Command {
    let order = order_of(&owner_in(Topology { shards: 2 }, n));
    Command::HoldStock(HoldStock {
        hold: HoldRef::Order(order),
        lines: vec![HoldLine { product, quantity: 1 }],
        currency: Currency::USD,
        timer_ms: 30_000,
        promotion: None,
    })
}

/// One shard on rows in memory.
struct Replica {
    shard: Shard,
    rows: Rows,
    index: u64,
    digest: u64,
    /// Who sends the commands.
    actor: Option<Actor>,
}

impl Replica {
    fn new(id: ShardId, topology: Topology) -> Self {
        let shard = Shard { id, topology };
        Self { shard, rows: Rows::default(), index: 0, digest: 0, actor: None }
    }

    /// Creates the products, with plenty of each.
    fn stock(&mut self) -> Result<(), Fault> {
        for n in 0..PRODUCTS {
            let details = ProductDetails {
                name: format!("Product number {n}, as it is called"),
                description: "d".repeat(DESCRIPTION_BYTES),
                brand: "Brand".into(),
                sku: format!("SKU-{n}"),
                price: Money { amount: 2_999, currency: Currency::USD },
                weight_grams: 0,
                tax_category: String::new(),
                collections: Vec::new(),
                attributes: vec![("color".into(), "blue".into())],
            };
            let create = CreateProduct { id: ProductId(n), details, stock: 1_000_000 };
            self.run(&entry(vec![Command::CreateProduct(create)], None))?;
        }
        Ok(())
    }

    /// Runs the commands in batches, says what one took, and tells the replies.
    fn time(&mut self, what: &str, make: impl Fn(u128) -> Command) -> Result<Vec<Reply>, Fault> {
        let mut took = Duration::ZERO;
        let (mut replies, mut entry_bytes, mut written) = (Vec::new(), 0, 0);
        self.rows.reads.set(0);
        for batch in 0..BATCHES {
            let commands = (batch * BATCH..(batch + 1) * BATCH).map(&make).collect();
            let bytes = entry(commands, self.actor);
            entry_bytes += bytes.len();
            let (reply, time, bytes) = self.run(&bytes)?;
            took += time;
            written += bytes;
            replies.extend(reply);
        }
        let count = u32::try_from(BATCHES * BATCH).unwrap_or(u32::MAX);
        let each = took / count;
        let (entry_bytes, written) = (entry_bytes / count as usize, written / count as usize);
        let reads = f64::from(self.rows.reads.get()) / f64::from(count);
        println!(
            "{what}: {each:?} each; {reads:.1} rows read, {entry_bytes} bytes of log, \
             {written} bytes written"
        );
        Ok(replies)
    }

    fn run(&mut self, entry: &[u8]) -> Result<(Vec<Reply>, Duration, usize), Fault> {
        let start = on_cpu();
        let batch: Batch = decode(entry)?;
        self.index += 1;
        let mut txn = Txn::new(&self.rows);
        let applied = apply(&mut txn, self.shard, self.index, &batch)?;
        self.digest = digest_after(self.digest, txn.writes());
        let took = on_cpu().saturating_sub(start);
        let writes: Vec<_> = txn.into_writes().collect();
        let mut written = 0;
        for (key, write) in writes {
            written += key.len() + write.as_ref().map_or(0, Vec::len);
            match write {
                Some(value) => self.rows.rows.insert(key, value),
                None => self.rows.rows.remove(&key),
            };
        }
        let replies = applied.into_iter().map(|applied| applied.outcome);
        let replies: Result<Vec<_>, _> = replies.collect();
        replies.map(|replies| (replies, took, written)).map_err(|why| Fault(format!("{why:?}")))
    }
}

/// How long this thread has run on a processor: a busy machine does not count.
fn on_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = stat.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

fn entry(commands: Vec<Command>, actor: Option<Actor>) -> Vec<u8> {
    let stamp = Stamp { now: 1_000, request: 0, idempotency: None, actor };
    let commands = commands.into_iter().map(|command| Stamped { stamp, command }).collect();
    encode(&Batch { commands, digest: None })
}

#[derive(Default)]
struct Rows {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    /// How many rows were asked for: on disk, each costs more than all the rest of a command.
    reads: Cell<u32>,
}

impl View for Rows {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        self.reads.set(self.reads.get() + 1);
        Ok(self.rows.get(key).cloned())
    }

    fn scan(&self, range: Range<Vec<u8>>, limit: usize) -> Result<Vec<Row>, Fault> {
        Ok(self.rows.range(range).take(limit).map(|(k, v)| (k.clone(), v.clone())).collect())
    }
}
