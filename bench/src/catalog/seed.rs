//! Puts goods on sale in a cluster: many connections at once, and again as often as one likes, for
//! each product is created under a key of its own, so that a second time finds the first one's.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use api_client::NewProduct;
use serde::Deserialize;

use super::{Good, Goods};
use crate::error::Failure;
use crate::http::request::Post;
use crate::http::{Api, AskError, crew};

/// How long one product is tried for.
const PRODUCT_WITHIN: Duration = Duration::from_secs(30);
/// How long to wait before the next try.
const RETRY_AFTER: Duration = Duration::from_millis(50);

/// Goods on sale in a cluster.
#[derive(Debug)]
pub(crate) struct Catalog {
    /// What they are.
    pub(crate) goods: Goods,
    /// Their ids, by index.
    pub(crate) ids: Vec<Box<str>>,
    /// The currency they are sold in.
    pub(crate) currency: String,
    /// Units on hand that each was created with.
    pub(crate) stock: u32,
    /// None of them existed before: nobody has ordered any.
    pub(crate) fresh: bool,
}

/// How goods are to be sold.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    /// The currency of their prices.
    pub(crate) currency: String,
    /// Units on hand of each.
    pub(crate) stock: u32,
}

#[derive(Debug, Deserialize)]
struct Created {
    id: Box<str>,
}

/// Creates the goods, or finds them created.
pub(crate) async fn seed(
    nodes: &[SocketAddr],
    goods: Goods,
    terms: Terms,
) -> Result<Catalog, Failure> {
    let begun = Instant::now();
    let created = crew(nodes, &goods.all, async |apis, index, good| {
        let key = format!("bench-{}-{}-{index}", goods.kind.name(), terms.stock);
        create(apis.node(index), good, &terms, &key).await
    });
    let (mut ids, mut fresh) = (Vec::with_capacity(goods.len()), true);
    for product in created.await {
        let (replayed, id) = product.map_err(Failure::ask("creating a product"))?;
        fresh &= !replayed;
        ids.push(id);
    }
    let what = if fresh { "created" } else { "found (some or all)" };
    eprintln!("{} products {what} in {:.1} s", ids.len(), begun.elapsed().as_secs_f64());
    Ok(Catalog { goods, ids, currency: terms.currency, stock: terms.stock, fresh })
}

async fn create(
    api: &mut Api,
    good: &Good,
    terms: &Terms,
    key: &str,
) -> Result<(bool, Box<str>), AskError> {
    let product = NewProduct {
        name: good.name.clone(),
        description: Some(good.description.clone()),
        brand: Some(good.brand.clone()),
        sku: Some(good.sku.clone()),
        price: good.price,
        currency: terms.currency.clone(),
        stock: Some(terms.stock),
        ..NewProduct::default()
    };
    let begun = Instant::now();
    loop {
        let route = Post { path: "/v1/products", key, wait_s: 0 };
        match api.post::<Created>(route, &product).await {
            Ok((replayed, created)) => return Ok((replayed, created.id)),
            Err(error) if final_word(&error) || begun.elapsed() > PRODUCT_WITHIN => {
                return Err(error);
            }
            Err(_) => tokio::time::sleep(RETRY_AFTER).await,
        }
    }
}

/// Trying again would not change the answer.
fn final_word(error: &AskError) -> bool {
    match error {
        AskError::Status { status, .. } => (400..500).contains(status) && *status != 429,
        AskError::Shape(_) => true,
        AskError::Http(_) => false,
    }
}
