//! `stoa audit-trail list`, `export`: who did what to what.
//!
//! `list` is for a person: the newest first. `export` is for an archive: the oldest first, one JSON
//! object per line, and a cursor on stderr with which the next run goes on where this one ended.

use api_client::{Client, TrailChange, TrailQuery, TrailRow};

use crate::{
    failure::{Exit, Failure},
    output::{Output, table},
    target::Target,
};

/// How many rows are asked for at once.
const PAGE: u32 = 100;
/// How many rows `list` shows unless told otherwise.
const SHOWN: u32 = 20;
/// How much of a value `list` shows, in characters.
const VALUE_CHARS_MAX: usize = 40;

/// Which rows.
#[derive(Debug, Clone, clap::Args)]
pub struct Filter {
    /// Only what this one did: a key's id, local or anonymous
    #[arg(long)]
    actor: Option<String>,
    /// Only what was done to, or has changed, the thing of this id
    #[arg(long)]
    target: Option<String>,
    /// Only from this time on, e.g. 2026-11-22T19:00:00Z
    #[arg(long)]
    since: Option<String>,
    /// Only before this time
    #[arg(long)]
    until: Option<String>,
}

/// Flags of `stoa audit-trail list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    filter: Filter,
    /// How many rows, at most
    #[arg(long, default_value_t = SHOWN)]
    limit: u32,
    #[command(flatten)]
    node: Target,
}

/// Flags of `stoa audit-trail export`.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    #[command(flatten)]
    filter: Filter,
    /// Go on where an earlier export ended: the cursor that it told
    #[arg(long)]
    cursor: Option<String>,
    #[command(flatten)]
    node: Target,
}

impl Filter {
    fn query(&self, sort: &str) -> TrailQuery {
        TrailQuery {
            sort: Some(sort.to_owned()),
            actor: self.actor.clone(),
            target: self.target.clone(),
            since: self.since.clone(),
            until: self.until.clone(),
            limit: None,
            cursor: None,
        }
    }
}

/// Prints the newest rows.
pub async fn list(args: &ListArgs, output: &Output) -> Result<Exit, Failure> {
    let client = args.node.client().await?;
    let mut query = args.filter.query("newest");
    let mut rows: Vec<TrailRow> = Vec::new();
    loop {
        let left = args.limit.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        if left == 0 {
            break;
        }
        query.limit = Some(left.min(PAGE));
        let page = client.audit_trail(&query).await?.body;
        rows.extend(page.data);
        query.cursor = page.next_cursor;
        if !page.has_more {
            break;
        }
    }
    output.data(&rows, |rows| text(rows));
    Ok(Exit::Ok)
}

/// Prints every row, oldest first, and then where to go on.
pub async fn export(args: &ExportArgs, output: &Output) -> Result<Exit, Failure> {
    let client = args.node.client().await?;
    let mut query = args.filter.query("oldest");
    query.limit = Some(PAGE);
    query.cursor = args.cursor.clone();
    let mut exported = 0_u64;
    loop {
        let more = match page(&client, &mut query, output, &mut exported).await {
            Ok(more) => more,
            Err(failure) => return Err(resumable(failure, query.cursor.as_deref())),
        };
        if !more {
            break;
        }
    }
    let cursor = query.cursor.unwrap_or_default();
    output.note(&format!("{exported} rows; go on from here with --cursor {cursor}"));
    Ok(Exit::Ok)
}

/// Prints one page. Says whether there are more.
async fn page(
    client: &Client,
    query: &mut TrailQuery,
    output: &Output,
    exported: &mut u64,
) -> Result<bool, Failure> {
    let page = client.audit_trail(query).await?.body;
    for row in &page.data {
        let line = serde_json::to_string(row).map_err(|error| Failure {
            what: format!("a row cannot be written: {error}"),
            next: None,
        })?;
        output.line(&line);
        *exported += 1;
    }
    query.cursor = page.next_cursor;
    Ok(page.has_more)
}

/// The failure of an export that has told some rows already.
fn resumable(failure: Failure, cursor: Option<&str>) -> Failure {
    match cursor {
        Some(cursor) => {
            let next = format!("stoa audit-trail export --cursor {cursor}");
            Failure { next: Some(next), ..failure }
        }
        None => failure,
    }
}

fn text(rows: &[TrailRow]) -> String {
    let row = |row: &TrailRow| {
        let outcome = row.code.as_ref().unwrap_or(&row.outcome);
        vec![
            row.at.clone(),
            row.actor.name.clone(),
            row.actor.address.clone(),
            row.command.clone(),
            row.target.id.clone(),
            outcome.clone(),
            changes(row),
        ]
    };
    let rows: Vec<Vec<String>> = rows.iter().map(row).collect();
    table(&["at", "actor", "from", "command", "target", "outcome", "changes"], &rows)
}

/// What has changed, in one line.
fn changes(row: &TrailRow) -> String {
    if let Some(bytes) = row.left_out_bytes {
        return format!("({bytes} bytes, left out)");
    }
    let all: Vec<String> = row.changes.iter().flat_map(fields).collect();
    all.join(", ")
}

/// `price 1199 -> 1299`, for each field that differs; versions count by themselves.
fn fields(change: &TrailChange) -> Vec<String> {
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    let names = before.into_iter().chain(after).flat_map(|side| side.keys());
    let mut names: Vec<&String> = names.filter(|name| *name != "version").collect();
    names.sort_unstable();
    names.dedup();
    let side = |side: Option<&std::collections::BTreeMap<String, _>>, name: &str| {
        side.and_then(|side| side.get(name)).map_or_else(|| "–".to_string(), short)
    };
    let told = |name: &String| match before {
        None => format!("{name} {}", side(after, name)),
        Some(_) => format!("{name} {} -> {}", side(before, name), side(after, name)),
    };
    names.into_iter().map(told).collect()
}

/// A value, cut where it is long: this view is to be looked at, `--json` has all of it.
fn short(value: &serde_json::Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if text.chars().count() <= VALUE_CHARS_MAX {
        return text;
    }
    let kept: String = text.chars().take(VALUE_CHARS_MAX).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_told_in_one_line() {
        let side = |fields: &[(&str, serde_json::Value)]| {
            Some(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
        };
        let change = |before, after| TrailChange {
            kind: "product".to_owned(),
            id: "prod_1".to_owned(),
            before,
            after,
        };
        let changed = change(
            side(&[("price", json!(1)), ("version", json!(1))]),
            side(&[("price", json!(2)), ("version", json!(2)), ("archived_at", json!("now"))]),
        );
        assert_eq!(fields(&changed), ["archived_at – -> now", "price 1 -> 2"]);
        let made = change(None, side(&[("name", json!("x".repeat(50)))]));
        assert_eq!(fields(&made), [format!("name {}…", "x".repeat(40))]);
    }

    #[test]
    fn an_export_that_breaks_off_says_where_to_go_on() {
        let failure = Failure { what: "no answer".to_owned(), next: None };
        let told = resumable(failure, Some("o0:1"));
        assert_eq!(told.next.as_deref(), Some("stoa audit-trail export --cursor o0:1"));
    }
}
