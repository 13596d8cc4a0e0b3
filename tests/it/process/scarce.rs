//! Fewer units than customers want, and a node killed in the middle: exactly what is there is sold.

use tests::{Cluster, Load, load::Plan};

/// Units of each product: few, so that most orders are refused.
const UNITS: u32 = 60;
/// Orders in all: several times what can be sold.
const ORDERS: u64 = 600;

#[tokio::test(flavor = "multi_thread")]
async fn no_unit_is_sold_twice_when_a_leader_is_killed() {
    let mut cluster = Cluster::start(3, 4).await;
    let plan = Plan { products: 4, stock: UNITS, orders_max: ORDERS, ..Plan::default() };
    let load = Load::start(&cluster, plan).await;
    load.goes_on(20).await;
    let leader = cluster.leader(1).await;
    cluster.kill9(leader);
    cluster.start_node(leader);
    let ledger = load.finish().await;
    cluster.ready().await;
    let refusals = ledger.refusals();
    assert_eq!(refusals.keys().collect::<Vec<_>>(), [&"out_of_stock"], "{refusals:?}");
    ledger.holds(&cluster).await;
}
