//! PostgreSQL too must hold what its clients were told, or the comparison is of no worth.

use tokio_postgres::Client;

use crate::error::Failure;
use crate::load::Gathered;

/// Whether the tables hold what clients were told: every order once, and levels that are the sums
/// of the lines.
pub(super) async fn holds(admin: &Client, gathered: &Gathered) -> Result<bool, Failure> {
    let row = admin
        .query_one(
            "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM idempotency_keys),
                    (SELECT count(*) FROM outbox),
                    (SELECT count(DISTINCT order_id) FROM order_lines),
                    (SELECT coalesce(sum(quantity), 0)::bigint FROM order_lines),
                    (SELECT coalesce(sum(committed), 0)::bigint FROM stock)",
            &[],
        )
        .await?;
    let [orders, keys, outbox, with_lines, units, committed] =
        [0, 1, 2, 3, 4, 5].map(|column| row.get::<_, i64>(column));
    let told = i64::try_from(gathered.acknowledged.len()).unwrap_or(i64::MAX);
    let unclear = i64::try_from(gathered.unclear.len()).unwrap_or(i64::MAX);
    let known: i64 = gathered
        .acknowledged
        .iter()
        .flat_map(|one| &one.ask.lines)
        .map(|line| i64::from(line.quantity))
        .sum();
    let same = [keys, outbox, with_lines].iter().all(|count| *count == orders);
    let right = same && (told..=told + unclear).contains(&orders) && units == committed;
    Ok(right && (units == known || unclear > 0))
}
