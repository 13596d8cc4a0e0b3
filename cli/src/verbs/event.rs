//! `stoa event tail`: what happens, as it happens.
//!
//! It asks for one page after another, and the next node where one does not answer: nothing is
//! missed, and nothing told twice. One line per event; the cursor at the end says where to go on.

use std::time::Duration;

use api_client::{Client, CloudEvent, EventQuery, List};
use tokio::time::sleep;

use crate::{
    failure::{Exit, Failure},
    output::Output,
    target::Target,
};

/// How many are asked for at once.
const PAGE: u32 = 100;
/// How long a node waits for an event, in seconds.
const WAIT_S: u32 = 20;
/// How long to rest after every node was asked in vain, in milliseconds.
const REST_MS: u64 = 500;
/// How often every node is asked in vain before it is a failure.
const ROUNDS_MAX: u32 = 20;

/// Flags of `stoa event tail`.
#[derive(Debug, clap::Args)]
pub struct TailArgs {
    /// Where to begin: a cursor, `now`, or `oldest` for all that is kept
    #[arg(long, default_value = "now")]
    after: String,
    /// Only these types, separated by commas, e.g. order.changed,stock.low
    #[arg(long)]
    types: Option<String>,
    /// End when there are no more, rather than wait for them
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    node: Target,
}

/// Prints events until Ctrl-C, and then where to go on.
pub async fn tail(args: &TailArgs, output: &Output) -> Result<Exit, Failure> {
    let clients: Result<Vec<Client>, Failure> =
        args.node.url.iter().map(|url| args.node.client_of(url)).collect();
    let clients = clients?;
    let mut query = EventQuery {
        after: Some(args.after.clone()).filter(|after| after != "oldest"),
        types: args.types.clone(),
        limit: Some(PAGE),
        wait: Some(if args.once { 0 } else { WAIT_S }),
        ..EventQuery::default()
    };
    let followed = tokio::select! {
        followed = follow(&clients, &mut query, (args.once, output)) => followed,
        _ = tokio::signal::ctrl_c() => Ok(()),
    };
    let cursor = query.after.filter(|after| after != "now");
    if let Some(cursor) = cursor {
        output.note(&format!("go on from here with --after {cursor}"));
    }
    followed.map(|()| Exit::Ok)
}

async fn follow(
    clients: &[Client],
    query: &mut EventQuery,
    (once, output): (bool, &Output),
) -> Result<(), Failure> {
    let mut asked = 0;
    loop {
        let page = page(clients, query, &mut asked).await?;
        for event in &page.data {
            output.line(&line(event, output.is_json())?);
        }
        query.after = page.next_cursor;
        if once && !page.has_more {
            return Ok(());
        }
    }
}

/// A page from the first node that answers; the one that did is asked first the next time.
async fn page(
    clients: &[Client],
    query: &EventQuery,
    asked: &mut usize,
) -> Result<List<CloudEvent>, Failure> {
    let mut rounds = 0;
    loop {
        for _ in 0..clients.len() {
            match clients[*asked % clients.len()].events(query).await {
                Ok(answer) => return Ok(answer.body),
                Err(error) if !error.is_retryable() || rounds == ROUNDS_MAX => {
                    let oldest = error.problem().and_then(|it| it.oldest_cursor.clone());
                    let next = oldest.map(|it| format!("stoa event tail --after {it}"));
                    let failure = Failure::from(error);
                    return Err(Failure { next: next.or(failure.next), what: failure.what });
                }
                Err(_) => *asked += 1,
            }
        }
        rounds += 1;
        sleep(Duration::from_millis(REST_MS)).await;
    }
}

/// `2026-11-22T19:07:03.250Z evt_1-42-3 order.changed ord_… status="confirmed"`; or JSON.
fn line(event: &CloudEvent, json: bool) -> Result<String, Failure> {
    if json {
        return serde_json::to_string(event).map_err(|error| Failure {
            what: format!("an event cannot be written: {error}"),
            next: None,
        });
    }
    let said = event.data.iter().filter(|(_, value)| value.as_str() != Some(&event.subject));
    let said: String = said.map(|(name, value)| format!(" {name}={value}")).collect();
    let CloudEvent { time, id, kind, subject, .. } = event;
    Ok(format!("{time} {id} {kind} {subject}{said}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_is_one_line() {
        let data = [("order_id", json!("ord_1")), ("status", json!("confirmed"))];
        let event = CloudEvent {
            specversion: "1.0".to_owned(),
            id: "evt_1-42-3".to_owned(),
            source: "urn:stoa:cluster:demo".to_owned(),
            kind: "order.changed".to_owned(),
            subject: "ord_1".to_owned(),
            time: "2026-11-22T19:07:03.250Z".to_owned(),
            datacontenttype: "application/json".to_owned(),
            shard: 1,
            sequence: "00000000000000000042-0000000003".to_owned(),
            data: data.map(|(name, value)| (name.to_owned(), value)).into(),
        };
        let told = line(&event, false).unwrap();
        let start = "2026-11-22T19:07:03.250Z evt_1-42-3 order.changed ord_1";
        assert_eq!(told, format!("{start} status=\"confirmed\""));
        let read: CloudEvent = serde_json::from_str(&line(&event, true).unwrap()).unwrap();
        assert_eq!(read, event);
    }
}
