//! `stoa payment reconcile`, `stoa payment orphans`: what the payment provider has, and orders have
//! not, or otherwise.

use std::time::Duration;

use api_client::{OrphanPayment, PaymentDifference, PaymentReconciliation, ReconcilePayments};

use crate::{
    failure::{Exit, Failure},
    output::{Output, table},
    target::Target,
};

/// How many orphans are asked for at once.
const PAGE: u32 = 100;
/// How long one comparison may take: it asks the provider page by page.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Flags of `stoa payment reconcile`.
#[derive(Debug, clap::Args)]
pub struct ReconcileArgs {
    /// What was created from this time on, by RFC 3339; after a restore, the time of the backup.
    /// 24 hours ago, if it is not said
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Money that no order knows goes back now, not 15 minutes after it was seen
    #[arg(long)]
    now: bool,
    #[command(flatten)]
    target: Target,
}

/// Flags of `stoa payment orphans`.
#[derive(Debug, clap::Args)]
pub struct OrphansArgs {
    #[command(flatten)]
    target: Target,
}

/// Compares orders with the provider's lists, part by part. Exit 1 when something differs, or when
/// not all could be compared.
pub async fn reconcile(args: &ReconcileArgs, output: &Output) -> Result<Exit, Failure> {
    let client = args.target.client().await?.with_timeout(TIMEOUT);
    let wish = |since: Option<String>, until: Option<String>| ReconcilePayments {
        since,
        until,
        dry_run: Some(args.dry_run),
        now: Some(args.now),
    };
    let mut all = client.reconcile_payments(&wish(args.since.clone(), None)).await?.body;
    let since = Some(all.since.clone());
    while let Some(reached) = all.reached.clone().filter(|_| !all.complete) {
        let next = client.reconcile_payments(&wish(since.clone(), Some(reached.clone()))).await?;
        let stands = next.body.reached.as_ref() == Some(&reached);
        add(&mut all, next.body);
        if stands {
            break;
        }
    }
    output.data(&all, said);
    let agrees = all.complete && all.differences.is_empty();
    Ok(if agrees { Exit::Ok } else { Exit::Degraded })
}

/// Prints the intents that no order knows. Exit 1 when there is one that needs a person.
pub async fn orphans(args: &OrphansArgs, output: &Output) -> Result<Exit, Failure> {
    let client = args.target.client().await?;
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = client.orphan_payments(PAGE, cursor.as_deref()).await?.body;
        all.extend(page.data);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    output.data(&all, |all| list(all));
    let refused = all.iter().any(|it| it.status == "refused");
    Ok(if refused { Exit::Degraded } else { Exit::Ok })
}

/// One part more. What is on the border of two parts is told once.
fn add(all: &mut PaymentReconciliation, part: PaymentReconciliation) {
    all.complete = part.complete;
    all.reached = part.reached;
    all.intents += part.intents;
    all.refunds += part.refunds;
    all.disputes += part.disputes;
    all.orders = all.orders.max(part.orders);
    for difference in part.differences {
        if !all.differences.contains(&difference) {
            all.differences.push(difference);
        }
    }
}

fn said(found: &PaymentReconciliation) -> String {
    let PaymentReconciliation { since, intents, refunds, disputes, orders, .. } = found;
    let mut text = format!(
        "since {since}: {intents} payments, {refunds} refunds and {disputes} disputes of the \
         provider's, {orders} orders"
    );
    if !found.complete {
        text += "\nnot all was compared: say a later --since, or ask again";
    }
    if found.differences.is_empty() {
        return text + "\nnothing differs";
    }
    let then = if found.dry_run { "would be done" } else { "is done" };
    let word = |word: &Option<String>| word.clone().unwrap_or_else(|| "-".to_string());
    let row = |it: &PaymentDifference| {
        let (what, order, intent) = (it.what.clone(), it.order_id.clone(), it.intent_id.clone());
        let amount = it.amount.to_string();
        vec![what, order, intent, word(&it.here), word(&it.there), amount, it.then.clone()]
    };
    let rows: Vec<Vec<String>> = found.differences.iter().map(row).collect();
    let head = ["what", "order", "payment", "here", "there", "amount", then];
    format!("{text}\n{}", table(&head, &rows))
}

fn list(all: &[OrphanPayment]) -> String {
    if all.is_empty() {
        return "every payment is known to its order".to_string();
    }
    let row = |it: &OrphanPayment| {
        let (intent, order) = (it.intent_id.clone(), it.order_id.clone());
        let (received, why) = (it.received.to_string(), it.failure_code.clone());
        let why = why.unwrap_or_else(|| "-".to_string());
        vec![intent, order, it.status.clone(), received, why, it.updated_at.clone()]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    table(&["payment", "order", "status", "received", "why", "changed"], &rows)
}
