//! What 100,000 products and 100,000 orders cost one node: time to apply, memory, time to restart.
//!
//! `cargo run --release -p raft --example restart_cost -- DIR fill`, then the same with `restart`.
//! `fill` ends like a kill -9, with the last seconds unflushed; `restart` applies them again.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use engine_core::catalog::ProductDetails;
use engine_core::inventory::HoldLine;
use engine_core::payment::Pay;
use engine_core::{
    Batch, Command, CreateProduct, Currency, Money, OrderId, Owner, PlaceOrder, ProductId, ShardId,
    Stamp, Stamped, Topology,
};
use openraft::StorageHelper;
use openraft::storage::{RaftLogReader, RaftLogStorage, RaftLogStorageExt, RaftStateMachine};
use raft::storage::Storage;
use raft::types::{Entry, LeaderId, LogId, Payload, SharedBatch, TypeConfig};

const PRODUCTS: u64 = 100_000;
const ORDERS: u64 = 100_000;
const COMMANDS_PER_ENTRY: u64 = 10;
const ENTRIES_PER_APPEND: u64 = 8;
const TOPOLOGY: Topology = Topology { shards: 1 };
const NOW: u64 = 1_700_000_000_000;

fn currency() -> Result<Currency, Box<dyn Error>> {
    "USD".parse().map_err(|_| "not a currency".into())
}

fn command(number: u64) -> Result<Command, Box<dyn Error>> {
    let currency = currency()?;
    if number < PRODUCTS {
        let details = ProductDetails {
            name: format!("Product number {number}"),
            description: "A thing of use, described in a sentence or two. ".repeat(5),
            brand: "Stoa".to_owned(),
            sku: format!("SKU-{number}"),
            price: Money { amount: 1_999, currency },
            weight_grams: 0,
            tax_category: String::new(),
            collections: Vec::new(),
            attributes: Vec::new(),
        };
        let id = ProductId(u128::from(number) << 64 | 7);
        return Ok(Command::CreateProduct(CreateProduct { id, details, stock: 1_000 }));
    }
    let owner = Owner::new(&format!("cus_{}", number % 10_000)).ok_or("not an owner")?;
    let product = ProductId(u128::from(number * 7_919 % PRODUCTS) << 64 | 7);
    Ok(Command::PlaceOrder(PlaceOrder {
        order: OrderId::derive(&owner, &number.to_string(), 1, 0),
        owner,
        key: u128::from(number),
        body: 1,
        lines: vec![HoldLine { product, quantity: 1 }],
        receipts: Vec::new(),
        currency,
        expected_total: None,
        pay: Pay::OnAccount,
        cart: None,
        not_after: u64::MAX,
        email: None,
        terms: Box::default(),
    }))
}

fn entry(index: u64) -> Result<Entry, Box<dyn Error>> {
    let first = index * COMMANDS_PER_ENTRY;
    let stamped = |number| -> Result<Stamped, Box<dyn Error>> {
        let stamp = Stamp { now: NOW + number, request: 0, idempotency: None, actor: None };
        Ok(Stamped { stamp, command: command(number)? })
    };
    let commands = (first..first + COMMANDS_PER_ENTRY).map(stamped).collect::<Result<_, _>>()?;
    let log_id = LogId { leader_id: LeaderId { term: 1, node_id: 1 }, index };
    let batch = SharedBatch::new(Batch { commands, digest: None });
    Ok(Entry { log_id, payload: Payload::Normal(batch) })
}

async fn fill(dir: &Path) -> Result<(), Box<dyn Error>> {
    let storage = Storage::open(dir, TOPOLOGY)?;
    let (mut log, mut machine) = storage.shard(ShardId(1))?;
    let entries = (PRODUCTS + ORDERS) / COMMANDS_PER_ENTRY;
    let mut begin = Instant::now();
    let mut next = 0;
    while next < entries {
        if next == PRODUCTS / COMMANDS_PER_ENTRY {
            println!("products: {:.0}/s", PRODUCTS as f64 / begin.elapsed().as_secs_f64());
            begin = Instant::now();
        }
        let portion =
            (next..next + ENTRIES_PER_APPEND).map(entry).collect::<Result<Vec<_>, _>>()?;
        next += ENTRIES_PER_APPEND;
        log.blocking_append(portion.clone()).await?;
        log.save_committed(portion.last().map(|entry| entry.log_id)).await?;
        let portion = portion.into_iter().map(|entry| Ok((entry, None)));
        machine.apply(futures::stream::iter(portion)).await?;
    }
    println!("orders: {:.0}/s", ORDERS as f64 / begin.elapsed().as_secs_f64());
    report();
    std::process::abort()
}

async fn restart(dir: &Path) -> Result<(), Box<dyn Error>> {
    let begin = Instant::now();
    let storage = Storage::open(dir, TOPOLOGY)?;
    let (mut log, mut machine) = storage.shard(ShardId(1))?;
    let next = machine.applied_state().await?.0.map_or(0, |last| last.index + 1);
    println!("opened after {:?}, rows durable up to {next}", begin.elapsed());
    StorageHelper::<TypeConfig, _, _>::new(&mut log, &mut machine)
        .with_id(1)
        .get_initial_state()
        .await?;
    let next = machine.applied_state().await?.0.map_or(0, |last| last.index + 1);
    let rest = log.entries_stream(next..u64::MAX).await;
    let rest = futures::TryStreamExt::map_ok(rest, |entry| (entry, None));
    machine.apply(Box::pin(rest)).await?;
    let last = machine.applied_state().await?.0.map_or(0, |last| last.index);
    println!("ready after {:?}, applied up to {last}", begin.elapsed());
    report();
    Ok(())
}

/// Prints this process's resident memory.
fn report() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"))
    {
        println!("{line}");
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().ok_or("usage: restart_cost DIR fill|restart")?;
    match args.next().as_deref() {
        Some("fill") => fill(Path::new(&dir)).await,
        _ => restart(Path::new(&dir)).await,
    }
}
