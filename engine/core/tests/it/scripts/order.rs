//! Lines about orders and their payments.

use engine_core::cart::CartUse;
use engine_core::inventory::{HoldRef, HoldState};
use engine_core::notice::Email;
use engine_core::order::{Order, PlaceOrder, Receipt};
use engine_core::payment::{Pay, PaymentMethod};
use engine_core::{
    CancelOrder, Command, OrderId, RecoverOrder, RefuseOrder, Rejection, ResolveHold, ShardId,
    h128, read,
};

use super::inventory::{hold_lines, unquote};
use super::world::World;
use super::{Said, payment, pricing, show};

#[derive(goldenscript::Command)]
#[expect(clippy::large_enum_variant, reason = "one line of a script at a time")]
enum Line {
    /// Places an order, with the receipts of what other shards hold for it.
    Place {
        order: String,
        #[arg(key)]
        by: String,
        /// The idempotency key; the order's name if there is none.
        #[arg(key)]
        key: Option<String>,
        /// The request's body, if it is not what its lines say.
        #[arg(key)]
        body: Option<String>,
        /// `account`, `later`, or a payment method.
        #[arg(key)]
        pay: Option<String>,
        #[arg(key)]
        currency: Option<String>,
        #[arg(key)]
        total: Option<i64>,
        #[arg(key)]
        not_after: Option<u64>,
        /// What is wrong with the receipts: `none`, `twice`, `elsewhere`, `own`, `unpromoted`.
        #[arg(key)]
        receipts: Option<String>,
        #[arg(key)]
        times: Option<usize>,
        /// The cart that the lines are from, and its version.
        #[arg(key)]
        cart: Option<String>,
        #[arg(key)]
        version: Option<u64>,
        /// Where its owner is told of it.
        #[arg(key)]
        email: Option<String>,
        /// The code of a promotion.
        #[arg(key)]
        promotion: Option<String>,
        /// A shipping method.
        #[arg(key)]
        shipping: Option<String>,
        /// `DE`, or `US-CA`.
        #[arg(key)]
        to: Option<String>,
        #[arg(optional)]
        lines: Vec<(String, u32)>,
    },
    /// Refuses an order.
    Refuse {
        order: String,
        #[arg(key)]
        by: String,
        #[arg(key)]
        key: Option<String>,
        #[arg(key)]
        body: Option<String>,
        #[arg(key)]
        reason: String,
        #[arg(optional)]
        shards: Vec<u16>,
    },
    /// Answers a shard that asks what became of an order.
    Resolve {
        order: String,
        #[arg(key)]
        from: u16,
    },
    /// Cancels an order: `by=` its owner, or else an operator.
    Cancel {
        order: String,
        #[arg(key)]
        by: Option<String>,
    },
    /// Has the provider asked about an order; `reviewed=true` takes it off the list of reviews.
    Recover {
        order: String,
        #[arg(key)]
        reason: Option<String>,
        #[arg(key)]
        reviewed: Option<bool>,
    },
    /// Tells which orders of the shard of an order somebody should look at, and why.
    Attention(String),
    /// Tells an order and its history.
    Order(String),
    /// Tells an owner's orders, newest first.
    Orders(String),
    /// Tells what an owner's key led to.
    ShowKey {
        key: String,
        #[arg(key)]
        by: String,
    },
    /// Tells what was decided of an order that was not placed.
    Decision(String),
    #[command(other)]
    Other(goldenscript::Command),
}

pub fn run(world: &mut World, line: &goldenscript::Command) -> Said {
    let command = match Line::try_from(line)? {
        line @ Line::Place { .. } => Command::PlaceOrder(place(world, line)?),
        Line::Refuse { order, by, key, body, reason, shards } => {
            Command::RefuseOrder(RefuseOrder {
                order: world.names.order(&order),
                owner: world.names.owner(&by),
                key: hash(key.as_ref().unwrap_or(&order)),
                body: hash(&body.unwrap_or_default()),
                reason: rejection(&reason),
                shards: shards.into_iter().map(ShardId).collect(),
            })
        }
        Line::Resolve { order, from } => {
            let order = world.names.order(&order);
            Command::ResolveHold(ResolveHold { order, from: ShardId(from) })
        }
        Line::Cancel { order, by } => {
            let owner = by.map(|by| world.names.owner(&by));
            Command::CancelOrder(CancelOrder { order: world.names.order(&order), owner })
        }
        Line::Recover { order, reason, reviewed } => {
            let reason = unquote(&reason.unwrap_or_else(|| "asked".to_owned()));
            let (order, reviewed) = (world.names.order(&order), reviewed.unwrap_or(false));
            Command::RecoverOrder(RecoverOrder { order, reason, reviewed })
        }
        Line::Attention(order) => return attention(world, &order),
        Line::Order(order) => return order_and_history(world, &order),
        Line::Orders(owner) => return orders(world, &owner),
        Line::ShowKey { key, by } => {
            let owner = world.names.owner(&by);
            let rows = world.cluster.rows(world.cluster.topology.of_owner(&owner));
            return Ok(format!("{:?}\n", read::key_result(rows, &owner, hash(&key))?));
        }
        Line::Decision(order) => {
            let order = world.names.order(&order);
            let rows = world.cluster.rows(world.cluster.topology.of_order(order));
            return Ok(format!("{:?}\n", read::decision(rows, order)?));
        }
        Line::Other(line) => return payment::run(world, &line),
    };
    world.run(command)
}

fn place(world: &mut World, line: Line) -> Result<PlaceOrder, Box<dyn std::error::Error>> {
    let Line::Place {
        order,
        by,
        key,
        body,
        pay,
        currency,
        total,
        not_after,
        receipts,
        times,
        cart,
        version,
        email,
        promotion,
        shipping,
        to,
        lines,
    } = line
    else {
        return Err("not a placement".into());
    };
    let version = version.unwrap_or(1);
    let cart = cart.map(|cart| CartUse { cart: world.names.cart(&cart), version });
    let said = format!("{lines:?} {times:?} {pay:?} {currency:?} {total:?} {promotion:?}");
    let terms = pricing::terms(world, promotion.as_deref(), shipping.as_deref(), to.as_deref())?;
    let lines = hold_lines(world, &lines, times.unwrap_or(1));
    let id = world.names.order(&order);
    let mut receipts = made_up(held_elsewhere(world, id)?, receipts.as_deref());
    receipts.sort_by_key(|receipt| receipt.shard);
    Ok(PlaceOrder {
        order: id,
        owner: world.names.owner(&by),
        key: hash(key.as_ref().unwrap_or(&order)),
        body: hash(&body.unwrap_or(said)),
        lines,
        receipts,
        currency: currency.as_deref().unwrap_or("USD").parse()?,
        expected_total: total,
        pay: match pay.as_deref() {
            Some("account") => Pay::OnAccount,
            Some("later") => Pay::Card(None),
            method => Pay::Card(Some(PaymentMethod(unquote(method.unwrap_or("pm_card_visa"))))),
        },
        not_after: not_after.unwrap_or(world.cluster.now + 60_000),
        cart,
        email: email.map(|email| Email(unquote(&email))),
        terms: Box::new(terms),
    })
}

/// The receipts that the order's coordinator got.
fn held_elsewhere(world: &World, id: OrderId) -> Result<Vec<Receipt>, engine_core::Fault> {
    let topology = world.cluster.topology;
    let home = topology.of_order(id);
    let mut receipts = Vec::new();
    for shard in topology.groups().filter(|shard| *shard != home) {
        let hold = read::hold(world.cluster.rows(shard), HoldRef::Order(id))?;
        if let Some(hold) = hold.filter(|hold| hold.state != HoldState::Released) {
            let (lines, promotion) = (hold.lines, hold.promotion);
            receipts.push(Receipt { shard, lines, promotion });
        }
    }
    Ok(receipts)
}

/// Receipts that no honest coordinator brings.
fn made_up(mut receipts: Vec<Receipt>, wrong: Option<&str>) -> Vec<Receipt> {
    match wrong {
        Some("none") => receipts.clear(),
        Some("twice") => receipts.extend(receipts.clone()),
        Some("unpromoted") => receipts.iter_mut().for_each(|receipt| receipt.promotion = None),
        Some("elsewhere") => receipts.iter_mut().for_each(|receipt| receipt.shard = ShardId(7)),
        Some("own") => receipts.iter_mut().for_each(|receipt| receipt.shard = ShardId(1)),
        _ => {}
    }
    receipts
}

fn hash(text: &str) -> u128 {
    h128(&[text.as_bytes()])
}

fn rejection(name: &str) -> Rejection {
    match name {
        "out_of_stock" => Rejection::OutOfStock { lines: Vec::new() },
        "hold_ended" => Rejection::HoldEnded,
        "too_late" => Rejection::TooLate,
        name => panic!("no such reason: {name}"),
    }
}

fn order_and_history(world: &mut World, name: &str) -> Said {
    let id = world.names.order(name);
    let rows = world.cluster.rows(world.cluster.topology.of_order(id));
    let Some(order) = read::order(rows, id, &read::Whose::Anybody)? else {
        return Ok("no order\n".into());
    };
    let mut said = show::order(&order) + "\n";
    for step in read::order_history(rows, &order)? {
        let from = step.from.map_or("", |from| from.as_str());
        let note = if step.note.is_empty() { String::new() } else { format!(" ({})", step.note) };
        said += &format!("  at {}: {} {from} → {}{note}\n", step.at, step.name, step.to.as_str());
    }
    Ok(said)
}

fn orders(world: &mut World, name: &str) -> Said {
    let owner = world.names.owner(name);
    let rows = world.cluster.rows(world.cluster.topology.of_owner(&owner));
    let orders: Vec<Order> = read::orders_of(rows, &owner, None, 100)?;
    Ok(orders.iter().map(|order| show::order(order) + "\n").collect())
}

fn attention(world: &mut World, name: &str) -> Said {
    let id = world.names.order(name);
    let rows = world.cluster.rows(world.cluster.topology.of_order(id));
    let now = read::clock(rows)?.now;
    let mut said = String::new();
    for order in read::orders(rows, None, 100)? {
        if let Some(why) = order.attention(now) {
            let recovery = order.recovery().as_str();
            said += &format!("{}: {}, recovering: {recovery}\n", order.id, why.as_str());
        }
    }
    Ok(if said.is_empty() { "nobody needs to look\n".into() } else { said })
}
