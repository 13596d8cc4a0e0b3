//! `stoa order show ID`: an order as it is, and how it came to be.

use api_client::{List, Order, OrderTransition};
use serde::Serialize;

use crate::{
    failure::{Exit, Failure},
    money,
    output::{Output, table},
    target::Target,
};

/// Flags of `stoa order show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The order: `ord_…`
    id: String,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    order: Order,
    history: Vec<OrderTransition>,
}

/// Prints the order. Degraded: a person must look at it.
pub async fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let client = args.target.client().await?;
    let order = client.order(&args.id).await?.body;
    let List { data: history, .. } = client.order_history(&args.id).await?.body;
    let review = order.flags.needs_review.is_some();
    output.data(&Shown { order, history }, text);
    Ok(if review { Exit::Degraded } else { Exit::Ok })
}

fn text(shown: &Shown) -> String {
    let Shown { order, history } = shown;
    let mut text = format!(
        "{}  {}  {}\ncustomer {}, placed {}\npayment  {}{}\n",
        order.id,
        order.status,
        money::format(order.total, &order.currency),
        order.customer_id,
        order.placed_at,
        order.payment.status,
        order.payment.decline_code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default(),
    );
    if let Some(reason) = &order.flags.needs_review {
        text.push_str(&format!("needs review: {reason}\n"));
    }
    let lines: Vec<Vec<String>> = order
        .lines
        .iter()
        .map(|line| {
            let price = money::format(line.unit_price, &order.currency);
            vec![line.quantity.to_string(), price, line.product_id.clone(), line.name.clone()]
        })
        .collect();
    let steps: Vec<Vec<String>> = history
        .iter()
        .map(|step| {
            let from = step.from.clone().unwrap_or_else(|| "-".into());
            let note = step.note.clone().unwrap_or_default();
            vec![step.at.clone(), step.transition.clone(), from, step.to.clone(), note]
        })
        .collect();
    text.push_str(&format!("\n{}", table(&["units", "each", "product", "name"], &lines)));
    text.push_str(&format!("\n{}", table(&["at", "step", "from", "to", "note"], &steps)));
    text
}
