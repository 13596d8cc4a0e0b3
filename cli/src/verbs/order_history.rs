//! `stoa order history ID`: how an order came to be what it is, or was at a time.

use api_client::{List, OrderTransition};
use serde::Serialize;

use crate::{
    failure::{Exit, Failure},
    output::{Output, table},
    target::Target,
};

/// Flags of `stoa order history`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The order: `ord_…`
    id: String,
    /// Only what had happened by then: a time of RFC 3339 in UTC, as in `2026-11-22T19:07:03.250Z`
    #[arg(long, value_name = "TIME", value_parser = utc)]
    at: Option<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Serialize)]
struct Told {
    order_id: String,
    /// The headline after the last of these transitions; none if it was not placed yet.
    status: Option<String>,
    history: Vec<OrderTransition>,
}

/// Prints what has happened to an order, oldest first.
pub async fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let client = args.target.client().await?;
    let List { data, .. } = client.order_history(&args.id).await?.body;
    let by = |step: &OrderTransition| args.at.as_ref().is_none_or(|at| step.at <= *at);
    let history: Vec<_> = data.into_iter().take_while(by).collect();
    let status = history.last().map(|step| step.to.clone());
    output.data(&Told { order_id: args.id.clone(), status, history }, text);
    Ok(Exit::Ok)
}

/// A time as answers tell it, which sorts as it reads: to the millisecond, in UTC.
fn utc(text: &str) -> Result<String, String> {
    let wrong = || format!("{text} is not a time like 2026-11-22T19:07:03.250Z");
    let time = text.strip_suffix('Z').ok_or_else(wrong)?;
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
    let shaped = seconds.len() == 19
        && seconds.bytes().zip(*b"0000-00-00T00:00:00").all(|(byte, like)| match like {
            b'0' => byte.is_ascii_digit(),
            like => byte == like,
        });
    if !shaped || fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    // By then: a second ends with its last millisecond.
    Ok(format!("{seconds}.{fraction:9<3}Z"))
}

fn text(told: &Told) -> String {
    let status = told.status.as_deref().unwrap_or("not placed yet");
    let row = |step: &OrderTransition| {
        let from = step.from.clone().unwrap_or_default();
        let note = step.note.clone().unwrap_or_default();
        vec![step.at.clone(), step.transition.clone(), from, step.to.clone(), note]
    };
    let rows: Vec<Vec<String>> = told.history.iter().map(row).collect();
    format!("{} {status}\n\n{}", told.order_id, table(&["at", "step", "from", "to", "note"], &rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_taken_to_its_end() {
        let utc = |text| utc(text).ok();
        assert_eq!(utc("2026-11-22T19:07:03Z").as_deref(), Some("2026-11-22T19:07:03.999Z"));
        assert_eq!(utc("2026-11-22T19:07:03.2Z").as_deref(), Some("2026-11-22T19:07:03.299Z"));
        assert_eq!(utc("2026-11-22T19:07:03.250Z").as_deref(), Some("2026-11-22T19:07:03.250Z"));
        for wrong in ["2026-11-22", "2026-11-22T19:07:03", "2026-11-22T19:07:03.2505Z", "now"] {
            assert_eq!(utc(wrong), None, "{wrong}");
        }
    }
}
