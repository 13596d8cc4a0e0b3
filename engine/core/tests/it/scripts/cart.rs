//! Lines about carts, and whose they are.

use engine_core::cart::{Cart, CartLine, CartPut, CartState, MergedCart};
use engine_core::outbox::Message;
use engine_core::{ClearCart, Command, MergeCart, Money, SetCartLine, read};

use super::world::World;
use super::{Said, feed, show};

#[derive(goldenscript::Command)]
enum Line {
    /// Puts so many of a product into an owner's cart, at a price; `products` of them, if it says
    /// so.
    Put {
        owner: String,
        product: String,
        quantity: u32,
        /// The open cart, or what a new one is called.
        #[arg(key)]
        cart: String,
        #[arg(key)]
        price: Option<i64>,
        #[arg(key)]
        currency: Option<String>,
        #[arg(key)]
        version: Option<u64>,
        #[arg(key)]
        products: Option<u32>,
    },
    /// Takes a product out of an owner's cart.
    TakeOut {
        owner: String,
        product: String,
        #[arg(key)]
        cart: String,
        #[arg(key)]
        version: Option<u64>,
    },
    /// Takes everything out of an owner's cart.
    ClearCart {
        owner: String,
        #[arg(key)]
        cart: String,
        #[arg(key)]
        version: Option<u64>,
    },
    /// A guest has signed in.
    MergeCart {
        guest: String,
        #[arg(key)]
        into: String,
    },
    /// Tells a cart.
    Cart(String),
    /// Tells an owner's account, and the open cart.
    Account(String),
    #[command(other)]
    Other(goldenscript::Command),
}

pub fn run(world: &mut World, line: &goldenscript::Command) -> Said {
    let command = match Line::try_from(line)? {
        line @ Line::Put { .. } => return put(world, line),
        Line::TakeOut { owner, product, cart, version } => Command::SetCartLine(SetCartLine {
            owner: world.names.owner(&owner),
            cart: world.names.cart(&cart),
            expected_version: version,
            product: world.names.product(&product),
            put: None,
        }),
        Line::ClearCart { owner, cart, version } => Command::ClearCart(ClearCart {
            owner: world.names.owner(&owner),
            cart: world.names.cart(&cart),
            expected_version: version,
        }),
        Line::MergeCart { guest, into } => {
            let (guest, into) = (world.names.owner(&guest), world.names.owner(&into));
            Command::MergeCart(MergeCart { guest, into })
        }
        Line::Cart(cart) => {
            let id = world.names.cart(&cart);
            let rows = world.cluster.rows(world.cluster.topology.of_cart(id));
            let cart = read::cart(rows, id, &read::Whose::Anybody)?;
            return Ok(cart.map_or("no cart\n".into(), |cart| show(&cart) + "\n"));
        }
        Line::Account(owner) => return account(world, &owner),
        Line::Other(line) => return feed::run(world, &line),
    };
    world.run(command)
}

fn put(world: &mut World, line: Line) -> Said {
    let Line::Put { owner, product, quantity, cart, price, currency, version, products } = line
    else {
        return Err("nothing to put".into());
    };
    let currency = currency.as_deref().unwrap_or("USD").parse()?;
    let seen = Money { amount: price.unwrap_or(300), currency };
    let (owner, cart) = (world.names.owner(&owner), world.names.cart(&cart));
    let mut said = String::new();
    for number in 0..products.unwrap_or(1) {
        let name = if products.is_some() { format!("{product}{number}") } else { product.clone() };
        let product = world.names.product(&name);
        said = world.run(Command::SetCartLine(SetCartLine {
            owner: owner.clone(),
            cart,
            expected_version: version,
            product,
            put: Some(CartPut { quantity, seen }),
        }))?;
    }
    Ok(said)
}

fn account(world: &mut World, owner: &str) -> Said {
    let owner = world.names.owner(owner);
    let rows = world.cluster.rows(world.cluster.topology.of_owner(&owner));
    let Some(account) = read::account(rows, &owner)? else { return Ok("nothing known\n".into()) };
    let mut said = format!("{:?}", account.owner);
    if let Some(into) = &account.merged_into {
        said += &format!(" is {into:?}");
    }
    if !account.guests.is_empty() {
        said += &format!(" was {:?}", account.guests);
    }
    let whose = read::Whose::Of(owner);
    if let Some(cart) = account.cart.map(|id| read::cart(rows, id, &whose)).transpose()?.flatten() {
        said += &format!(" has {}", show(&cart));
    }
    Ok(said + "\n")
}

/// A cart: where it stands, then what is in it.
pub fn show(cart: &Cart) -> String {
    let state = match &cart.state {
        CartState::Open => "open".to_owned(),
        state => format!("{state:?}"),
    };
    let line = |line: &CartLine| {
        format!("{} × {:?} at {}", line.quantity, line.product, show::money(line.seen))
    };
    let lines: Vec<_> = cart.lines.iter().map(line).collect();
    let lines = if lines.len() > 5 { format!("{} lines", lines.len()) } else { lines.join(", ") };
    format!("{:?} v{} {state}: {lines}; timer {}", cart.id, cart.version, cart.timer_at)
}

/// A message about a guest's cart that the guest's shard has not sent, to `ada`.
pub fn message(world: &mut World, guest: &str) -> Message {
    let seen = Money { amount: 1, currency: engine_core::Currency::USD };
    let line = CartLine { product: world.names.product("pen"), quantity: u32::MAX, seen };
    Message::TakeInCart(MergedCart {
        guest: world.names.owner(guest),
        into: world.names.owner("ada"),
        has_ordered: true,
        cart: Some(world.names.cart("forged")),
        lines: vec![line],
    })
}
