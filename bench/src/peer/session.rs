//! One client of PostgreSQL: a connection with its statements prepared.

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, Statement};

use super::connect;
use super::place::{CURRENCY, Statements};
use crate::args::PeerWay;
use crate::error::Failure;
use crate::load::{Answer, Session};
use crate::workload::{Ask, OrderAsk, OrderRef};

/// One client of PostgreSQL.
pub(super) struct PeerSession {
    client: Client,
    way: PeerWay,
    statements: Statements,
    function: Statement,
    search: Statement,
}

impl PeerSession {
    pub(super) async fn open(url: &str, way: PeerWay) -> Result<Self, Failure> {
        let client = connect(url).await?;
        let statements = Statements::prepare(&client).await?;
        let function = client.prepare("SELECT place_order($1, $2, $3, $4, $5, $6)").await?;
        let search = client
            .prepare(
                "SELECT p.id, p.name, p.brand, p.price, s.on_hand - s.held - s.committed,
                        count(*) OVER ()
                 FROM plainto_tsquery('english', $1) AS q
                 JOIN products p ON p.words @@ q JOIN stock s ON s.product_id = p.id
                 ORDER BY ts_rank(p.words, q) DESC, p.id LIMIT 20",
            )
            .await?;
        Ok(Self { client, way, statements, function, search })
    }

    async fn place(&self, ask: &OrderAsk) -> Result<Option<i64>, Error> {
        if self.way == PeerWay::Statements {
            return self.statements.place(&self.client, ask).await;
        }
        let ids: Vec<i64> = ask.lines.iter().map(|line| i64::from(line.product)).collect();
        let quantities = ask.lines.iter().map(|line| i32::try_from(line.quantity));
        let quantities: Vec<i32> = quantities.map(|q| q.unwrap_or(i32::MAX)).collect();
        let (owner, body): (&str, i64) = (&ask.customer, 0);
        let parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)] =
            &[&owner, &ask.key, &body, &CURRENCY, &ids, &quantities];
        let row = self.client.query_one(&self.function, parameters).await?;
        Ok(row.get(0))
    }

    async fn refused(&self, error: &Error) -> Answer {
        if self.way == PeerWay::Statements {
            // The transaction is over or aborted; a failure shows in the next statement.
            let _ = self.client.batch_execute("ROLLBACK").await;
        }
        match error.code() {
            Some(code) if *code == SqlState::CHECK_VIOLATION => {
                Answer::Refused("out_of_stock".to_owned())
            }
            Some(code) => Answer::Refused(format!("sqlstate_{}", code.code())),
            None => Answer::Unclear("connection_lost".to_owned()),
        }
    }
}

impl Session for PeerSession {
    async fn ask(&mut self, ask: &Ask) -> Answer {
        match ask {
            Ask::Place(order) => match self.place(order).await {
                // An id of the peer is a number: it goes where the hash goes.
                Ok(Some(id)) => {
                    Answer::Placed(OrderRef { slot: 0, hash: id.unsigned_abs().into() })
                }
                Ok(None) => Answer::Refused("key_used".to_owned()),
                Err(error) => self.refused(&error).await,
            },
            Ask::Search(words) => match self.client.query(&self.search, &[&&**words]).await {
                Ok(_) => Answer::Done,
                Err(error) => self.refused(&error).await,
            },
            Ask::Page(_) | Ask::Order(_) => Answer::Refused("not_asked_of_the_peer".to_owned()),
        }
    }
}
