//! `stoa order stuck`, `stoa order recover ID`: orders that do not go on by themselves.

use api_client::{OrderRecovery, OrderToRecover, RecoverOrder};

use crate::{
    failure::{Exit, Failure},
    money,
    output::{Output, table},
    target::Target,
};

/// How many are asked for at once.
const PAGE: u32 = 100;

/// Flags of `stoa order stuck`.
#[derive(Debug, clap::Args)]
pub struct StuckArgs {
    #[command(flatten)]
    target: Target,
}

/// Flags of `stoa order recover`.
#[derive(Debug, clap::Args)]
pub struct RecoverArgs {
    /// The order: `ord_…`
    id: String,
    /// Why, in words: it stands in the order's history
    #[arg(long)]
    reason: String,
    /// You have looked at it: it needs no review any more
    #[arg(long)]
    reviewed: bool,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    target: Target,
}

/// Prints every order that somebody should look at. Exit 1 when there is one.
pub async fn stuck(args: &StuckArgs, output: &Output) -> Result<Exit, Failure> {
    let client = args.target.client().await?;
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = client.orders_to_recover(PAGE, cursor.as_deref()).await?.body;
        all.extend(page.data);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    output.data(&all, |all| list(all));
    Ok(if all.is_empty() { Exit::Ok } else { Exit::Degraded })
}

/// Has the provider asked about an order now.
pub async fn recover(args: &RecoverArgs, output: &Output) -> Result<Exit, Failure> {
    let recover = RecoverOrder {
        reason: args.reason.clone(),
        reviewed: Some(args.reviewed),
        dry_run: Some(args.dry_run),
    };
    let client = args.target.client().await?;
    let done = client.recover_order(None, &args.id, &recover).await?.body;
    output.data(&done, said);
    Ok(Exit::Ok)
}

fn said(done: &OrderRecovery) -> String {
    let OrderRecovery { dry_run, recovery, order } = done;
    let does = match recovery.as_str() {
        "ask" => "the payment provider is asked about its intent",
        "repeat" => "the call that nobody knows the outcome of is made again under its own key",
        "wait" => "a call to the payment provider is under way; its answer decides",
        _ => "there is nothing to ask the payment provider about",
    };
    let begins = if *dry_run { "nothing is done; recovering it now: " } else { "" };
    format!("{} is {}\n{begins}{does}", order.id, order.status)
}

fn list(all: &[OrderToRecover]) -> String {
    if all.is_empty() {
        return "every order goes on by itself, or has ended".to_string();
    }
    let row = |it: &OrderToRecover| {
        let total = money::format(it.total, &it.currency);
        let (id, whose) = (it.order_id.clone(), it.customer_id.clone());
        let (why, recovery) = (it.why.clone(), it.recovery.clone());
        vec![id, it.status.clone(), why, recovery, total, whose, it.updated_at.clone()]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    table(&["order", "status", "why", "recover", "total", "customer", "changed"], &rows)
}
