//! How PostgreSQL places an order with statements: two round trips, all else pipelined.

use std::collections::BTreeMap;

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};

use crate::workload::OrderAsk;

/// The currency of the peer's orders.
pub(super) const CURRENCY: &str = "USD";

/// The parameters of a statement.
type Parameters<'a, const N: usize> = [&'a (dyn ToSql + Sync); N];

/// The statements of an order.
#[derive(Debug)]
pub(super) struct Statements {
    key: Statement,
    prices: Statement,
    order: Statement,
    lines: Statement,
    outbox: Statement,
    one_level: Statement,
    levels: Statement,
}

impl Statements {
    pub(super) async fn prepare(client: &Client) -> Result<Self, Error> {
        Ok(Self {
            key: client
                .prepare(
                    "INSERT INTO idempotency_keys (owner, key, body_hash, order_id)
                     VALUES ($1, $2, $3, nextval('order_ids')) ON CONFLICT DO NOTHING
                     RETURNING order_id",
                )
                .await?,
            prices: client
                .prepare("SELECT id, price, name FROM products WHERE id = ANY ($1)")
                .await?,
            order: client
                .prepare(
                    "INSERT INTO orders (id, customer_id, status, total, currency, payment)
                     VALUES ($1, $2, 'confirmed', $3, $4, 'on_account')",
                )
                .await?,
            lines: client
                .prepare(
                    "INSERT INTO order_lines
                       (order_id, line, product_id, name, quantity, unit_price)
                     SELECT $1, l.line, l.id, l.name, l.quantity, l.price
                     FROM unnest($2::bigint[], $3::int[], $4::bigint[], $5::text[])
                          WITH ORDINALITY AS l (id, quantity, price, name, line)",
                )
                .await?,
            outbox: client
                .prepare(
                    "INSERT INTO outbox (kind, order_id, payload)
                     VALUES ('order_confirmed', $1, $2)",
                )
                .await?,
            one_level: client
                .prepare("UPDATE stock SET committed = committed + $2 WHERE product_id = $1")
                .await?,
            levels: client
                .prepare(
                    "WITH l AS MATERIALIZED (
                       SELECT s.product_id, u.quantity FROM stock s
                       JOIN unnest($1::bigint[], $2::int[]) AS u (id, quantity)
                         ON u.id = s.product_id
                       ORDER BY s.product_id FOR UPDATE OF s)
                     UPDATE stock s SET committed = s.committed + l.quantity
                     FROM l WHERE s.product_id = l.product_id",
                )
                .await?,
        })
    }

    /// Places an order; without an id, its key was used before.
    pub(super) async fn place(
        &self,
        client: &Client,
        ask: &OrderAsk,
    ) -> Result<Option<i64>, Error> {
        let units = units(ask);
        let ids: Vec<i64> = units.keys().copied().collect();
        let (owner, body): (&str, i64) = (&ask.customer, 0);
        let (of_key, of_prices): (Parameters<'_, 3>, Parameters<'_, 1>) =
            ([&owner, &ask.key, &body], [&ids]);
        let (_, key, prices) = futures::try_join!(
            client.batch_execute("BEGIN"),
            client.query_opt(&self.key, &of_key),
            client.query(&self.prices, &of_prices),
        )?;
        let Some(order) = key.map(|row| row.get::<_, i64>(0)) else {
            client.batch_execute("ROLLBACK").await?;
            return Ok(None);
        };
        let priced = Priced::of(ask, &prices);
        let quantities: Vec<i32> = units.values().copied().collect();
        let one = ids.len() == 1;
        let (level, of_level): (_, Parameters<'_, 2>) = if one {
            (&self.one_level, [&ids[0], &quantities[0]])
        } else {
            (&self.levels, [&ids, &quantities])
        };
        let Priced { total, ids: of, quantities: each, prices, names } = &priced;
        let of_order: Parameters<'_, 4> = [&order, &owner, total, &CURRENCY];
        let of_lines: Parameters<'_, 5> = [&order, of, each, prices, names];
        let of_outbox: Parameters<'_, 2> = [&order, &owner];
        // The check on the level fails the transaction, and with it the commit behind it.
        futures::try_join!(
            client.execute(&self.order, &of_order),
            client.execute(&self.lines, &of_lines),
            client.execute(&self.outbox, &of_outbox),
            client.execute(level, &of_level),
            client.batch_execute("COMMIT"),
        )?;
        Ok(Some(order))
    }
}

/// Units of each product, in the order of the products: so they are locked.
pub(super) fn units(ask: &OrderAsk) -> BTreeMap<i64, i32> {
    let mut units = BTreeMap::new();
    for line in &ask.lines {
        let sum: &mut i32 = units.entry(i64::from(line.product)).or_default();
        *sum = sum.saturating_add(i32::try_from(line.quantity).unwrap_or(i32::MAX));
    }
    units
}

/// The lines of an order with what they cost, as columns.
struct Priced<'a> {
    total: i64,
    ids: Vec<i64>,
    quantities: Vec<i32>,
    prices: Vec<i64>,
    names: Vec<&'a str>,
}

impl<'a> Priced<'a> {
    fn of(ask: &OrderAsk, rows: &'a [Row]) -> Self {
        let by_id: BTreeMap<i64, &Row> = rows.iter().map(|row| (row.get(0), row)).collect();
        let mut priced = Self {
            total: 0,
            ids: Vec::new(),
            quantities: Vec::new(),
            prices: Vec::new(),
            names: Vec::new(),
        };
        for line in &ask.lines {
            let id = i64::from(line.product);
            let Some(row) = by_id.get(&id) else { continue };
            let price: i64 = row.get(1);
            priced.total += price * i64::from(line.quantity);
            priced.ids.push(id);
            priced.quantities.push(i32::try_from(line.quantity).unwrap_or(i32::MAX));
            priced.prices.push(price);
            priced.names.push(row.get(2));
        }
        priced
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::units;
    use crate::workload::{Line, OrderAsk, Pay};

    #[test]
    fn levels_are_touched_once_per_product_in_order() {
        let lines = [(7, 1), (2, 3), (7, 2)];
        let lines = lines.map(|(product, quantity)| Line { product, quantity }).into();
        let ask =
            OrderAsk { customer: Arc::from("c"), key: "k".to_owned(), lines, pay: Pay::OnAccount };
        assert_eq!(units(&ask).into_iter().collect::<Vec<_>>(), [(2, 3), (7, 3)]);
    }
}
