//! `stoa notice list`, `stoa notice replay`.

use api_client::Notice;

use crate::{
    failure::{Exit, Failure},
    output::{Output, table},
    target::Target,
};

/// How many are asked for at once.
const PAGE: u32 = 100;

/// Flags of `stoa notice list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Those that were given up, rather than those that wait
    #[arg(long)]
    dead: bool,
    #[command(flatten)]
    target: Target,
}

/// Flags of `stoa notice replay`.
#[derive(Debug, clap::Args)]
pub struct ReplayArgs {
    #[command(flatten)]
    target: Target,
}

/// Prints what is not sent. Exit 1 when something was given up.
pub async fn list(args: &ListArgs, output: &Output) -> Result<Exit, Failure> {
    let client = args.target.client().await?;
    let state = if args.dead { "dead" } else { "waiting" };
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = client.notices(state, PAGE, cursor.as_deref()).await?.body;
        all.extend(page.data);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    output.data(&all, |all| text(all));
    Ok(if args.dead && !all.is_empty() { Exit::Degraded } else { Exit::Ok })
}

/// Has everything that was given up tried once more.
pub async fn replay(args: &ReplayArgs, output: &Output) -> Result<Exit, Failure> {
    let replayed = args.target.client().await?.replay_notices().await?;
    output.data(&replayed, |it| format!("{} notices are tried once more", it.replayed));
    Ok(Exit::Ok)
}

fn text(all: &[Notice]) -> String {
    let row = |it: &Notice| {
        let answer = it.last_code.map_or_else(|| "none".to_string(), |code| code.to_string());
        let when = it.given_up_at.as_ref().or(it.due_at.as_ref()).cloned().unwrap_or_default();
        let tried = it.attempts.to_string();
        vec![it.timestamp.clone(), it.kind.clone(), it.id.clone(), tried, answer, when]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    let last = if all.iter().any(|it| it.state == "dead") { "given up" } else { "due" };
    table(&["happened", "kind", "notice", "tried", "last answer", last], &rows)
}
