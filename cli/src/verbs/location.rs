//! `stoa location list`, `add`, `set`: where units are.

use api_client::{Location, NewLocation};

use crate::{
    failure::{Exit, Failure},
    output::{Output, table},
    target::Target,
};

/// How many locations are asked for at once.
const PAGE: u32 = 100;

/// Flags of `stoa location list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    target: Target,
}

/// Flags of `stoa location add`.
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// What it is called
    name: String,
    /// Units are taken from the location of the lowest number first: 0 to 1000; 100 if absent
    #[arg(long)]
    priority: Option<u16>,
    #[command(flatten)]
    target: Target,
}

/// Flags of `stoa location set`. What is not named stays.
#[derive(Debug, clap::Args)]
pub struct SetArgs {
    /// loc_…
    id: String,
    /// What it is called
    #[arg(long)]
    name: Option<String>,
    /// Units are taken from the location of the lowest number first: 0 to 1000
    #[arg(long)]
    priority: Option<u16>,
    /// Whether it takes units, and orders are served from it
    #[arg(long)]
    active: Option<bool>,
    #[command(flatten)]
    target: Target,
}

/// Prints every location, the default one first.
pub async fn list(args: &ListArgs, output: &Output) -> Result<Exit, Failure> {
    let client = args.target.client().await?;
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = client.locations(PAGE, cursor.as_deref()).await?.body;
        all.extend(page.data);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    output.data(&all, |all| text(all));
    Ok(Exit::Ok)
}

/// Makes a location.
pub async fn add(args: &AddArgs, output: &Output) -> Result<Exit, Failure> {
    let (name, priority) = (args.name.clone(), args.priority);
    let new = NewLocation { name, priority, active: None };
    let made = args.target.client().await?.create_location(None, &new).await?.body;
    output.data(&made, line);
    Ok(Exit::Ok)
}

/// Changes what is named of a location, and keeps the rest.
pub async fn set(args: &SetArgs, output: &Output) -> Result<Exit, Failure> {
    let client = args.target.client().await?;
    let there = client.location(&args.id).await?.body;
    let wanted = NewLocation {
        name: args.name.clone().unwrap_or(there.name),
        priority: Some(args.priority.unwrap_or(there.priority)),
        active: Some(args.active.unwrap_or(there.active)),
    };
    let changed = client.put_location(&args.id, there.version, &wanted).await?.body;
    output.data(&changed, line);
    Ok(Exit::Ok)
}

fn line(location: &Location) -> String {
    let Location { id, version, name, priority, active, .. } = location;
    let active = if *active { "active" } else { "inactive" };
    format!("{id}: {name}, priority {priority}, {active} (v{version})")
}

fn text(all: &[Location]) -> String {
    let row = |it: &Location| {
        let active = if it.active { "yes" } else { "no" };
        vec![it.id.clone(), it.name.clone(), it.priority.to_string(), active.to_owned()]
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    table(&["id", "name", "priority", "active"], &rows)
}
