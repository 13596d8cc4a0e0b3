//! PostgreSQL's tables and goods, and the settings without which a comparison would be a lie.

use tokio_postgres::Client;

use crate::catalog::Goods;
use crate::error::Failure;

/// How many products are inserted at once.
const ROWS_AT_ONCE: usize = 5_000;

const TABLES: &str = "
DROP TABLE IF EXISTS outbox, idempotency_keys, order_lines, orders, stock, products;
DROP SEQUENCE IF EXISTS order_ids;
CREATE SEQUENCE order_ids CACHE 32;
CREATE TABLE products (
  id bigint PRIMARY KEY, name text NOT NULL, description text NOT NULL, brand text NOT NULL,
  sku text NOT NULL, price bigint NOT NULL, version bigint NOT NULL DEFAULT 1,
  words tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector('english', name), 'A') || setweight(to_tsvector('english', brand), 'B')
    || setweight(to_tsvector('english', description), 'D')) STORED);
CREATE INDEX ON products USING gin (words);
CREATE TABLE stock (
  product_id bigint PRIMARY KEY, on_hand int NOT NULL, held int NOT NULL DEFAULT 0,
  committed int NOT NULL DEFAULT 0, CHECK (on_hand - held - committed >= 0)
) WITH (fillfactor = 50);
CREATE TABLE orders (
  id bigint PRIMARY KEY, customer_id text NOT NULL, status text NOT NULL, total bigint NOT NULL,
  currency text NOT NULL, payment text NOT NULL, placed_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON orders (customer_id, placed_at);
CREATE TABLE order_lines (
  order_id bigint NOT NULL, line int NOT NULL, product_id bigint NOT NULL, name text NOT NULL,
  quantity int NOT NULL, unit_price bigint NOT NULL, PRIMARY KEY (order_id, line));
CREATE TABLE idempotency_keys (
  owner text NOT NULL, key text NOT NULL, body_hash bigint NOT NULL, order_id bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (owner, key));
CREATE TABLE outbox (
  id bigserial PRIMARY KEY, kind text NOT NULL, order_id bigint NOT NULL, payload text NOT NULL);
";

/// Places an order in one round trip. The stock comes last: it is what others wait for.
const FUNCTION: &str = "
CREATE OR REPLACE FUNCTION place_order(
  an_owner text, a_key text, a_body bigint, a_currency text, ids bigint[], quantities int[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE an_order bigint; a_total bigint; changed int;
BEGIN
  INSERT INTO idempotency_keys (owner, key, body_hash, order_id)
    VALUES (an_owner, a_key, a_body, nextval('order_ids'))
    ON CONFLICT DO NOTHING RETURNING order_id INTO an_order;
  IF an_order IS NULL THEN
    RETURN (SELECT order_id FROM idempotency_keys WHERE owner = an_owner AND key = a_key);
  END IF;
  INSERT INTO order_lines (order_id, line, product_id, name, quantity, unit_price)
    SELECT an_order, l.line, p.id, p.name, l.quantity, p.price
    FROM unnest(ids, quantities) WITH ORDINALITY AS l (id, quantity, line)
    JOIN products p ON p.id = l.id;
  SELECT sum(quantity * unit_price) INTO a_total FROM order_lines WHERE order_id = an_order;
  INSERT INTO orders (id, customer_id, status, total, currency, payment)
    VALUES (an_order, an_owner, 'confirmed', a_total, a_currency, 'on_account');
  INSERT INTO outbox (kind, order_id, payload)
    VALUES ('order_confirmed', an_order, an_owner);
  IF cardinality(ids) = 1 THEN
    UPDATE stock SET committed = committed + quantities[1] WHERE product_id = ids[1];
  ELSE
    PERFORM 1 FROM stock WHERE product_id = ANY (ids) ORDER BY product_id FOR UPDATE;
    UPDATE stock s SET committed = s.committed + l.quantity
      FROM (SELECT id, sum(quantity) AS quantity FROM unnest(ids, quantities) AS u (id, quantity)
            GROUP BY id) l
      WHERE s.product_id = l.id;
  END IF;
  RETURN an_order;
END $$;
";

/// Settings, by name.
pub(super) type Settings = Vec<(String, String)>;

/// Reads the settings that matter; refuses a server that does not keep what it acknowledges.
pub(super) async fn settings(admin: &Client) -> Result<Settings, Failure> {
    let rows = admin
        .query(
            "SELECT name, current_setting(name) FROM pg_settings WHERE name IN
             ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers',
              'max_connections', 'max_wal_size', 'commit_delay') ORDER BY name",
            &[],
        )
        .await?;
    let settings: Settings = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    for name in ["fsync", "synchronous_commit", "full_page_writes"] {
        if !settings.iter().any(|(other, value)| other == name && value == "on") {
            return Err(Failure::Usage(format!("PostgreSQL must have {name} = on")));
        }
    }
    Ok(settings)
}

/// Creates the tables anew, and puts the goods on sale.
pub(super) async fn create(admin: &Client, goods: &Goods, stock: u32) -> Result<(), Failure> {
    admin.batch_execute(TABLES).await?;
    admin.batch_execute(FUNCTION).await?;
    let insert = admin
        .prepare(
            "INSERT INTO products (id, name, description, brand, sku, price)
             SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[],
                                  $6::bigint[])",
        )
        .await?;
    for (chunk, first) in goods.all.chunks(ROWS_AT_ONCE).zip((0_i64..).step_by(ROWS_AT_ONCE)) {
        let ids: Vec<i64> = (first..).take(chunk.len()).collect();
        let names: Vec<&str> = chunk.iter().map(|good| good.name.as_str()).collect();
        let texts: Vec<&str> = chunk.iter().map(|good| good.description.as_str()).collect();
        let brands: Vec<&str> = chunk.iter().map(|good| good.brand.as_str()).collect();
        let skus: Vec<&str> = chunk.iter().map(|good| good.sku.as_str()).collect();
        let prices: Vec<i64> = chunk.iter().map(|good| good.price).collect();
        admin.execute(&insert, &[&ids, &names, &texts, &brands, &skus, &prices]).await?;
    }
    let on_hand = i32::try_from(stock).unwrap_or(i32::MAX);
    let fill = "INSERT INTO stock (product_id, on_hand) SELECT id, $1 FROM products";
    admin.execute(fill, &[&on_hand]).await?;
    // What a server at rest has long done must not fall into the measured time.
    admin.batch_execute("VACUUM ANALYZE").await?;
    admin.batch_execute("CHECKPOINT").await?;
    Ok(())
}
