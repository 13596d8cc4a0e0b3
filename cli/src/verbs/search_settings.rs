//! `stoa search settings`: synonyms, pinned and hidden products, typing errors.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use api_client::{PutSearchSettings, SearchSettings};

use crate::{
    failure::{Exit, Failure},
    output::Output,
    target::Target,
};

/// Flags of `stoa search settings`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Replace them by those of a JSON file, as `--json` prints them; `-` for standard input
    #[arg(long, value_name = "FILE")]
    set: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

/// Prints the settings; replaces them before, if there is a file.
pub async fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let client = args.target.client().await?;
    let mut settings = client.search_settings().await?.body;
    if let Some(file) = &args.set {
        let wanted = read(file)?;
        settings = client.put_search_settings(settings.version, &wanted).await?.body;
    }
    output.data(&settings, text);
    Ok(Exit::Ok)
}

/// The settings in a file. Those that were printed have a version and a time, which are no part.
fn read(file: &Path) -> Result<PutSearchSettings, Failure> {
    let mut text = String::new();
    let read = match file.as_os_str() == "-" {
        true => std::io::stdin().read_to_string(&mut text).map(drop),
        false => std::fs::read_to_string(file).map(|read| text = read),
    };
    read.map_err(|error| Failure::io(file, error))?;
    let parsed = serde_json::from_str(&text).and_then(|mut value: serde_json::Value| {
        if let Some(fields) = value.as_object_mut() {
            fields.remove("version");
            fields.remove("updated_at");
        }
        serde_json::from_value(value)
    });
    parsed.map_err(|error| Failure::io(file, error))
}

fn text(settings: &SearchSettings) -> String {
    let typos = &settings.typos;
    let mut said = format!(
        "version {}\ntyping errors: one from {} letters, two from {}; with fewer than {} hits\n",
        settings.version, typos.one_from, typos.two_from, typos.enough
    );
    for group in &settings.synonyms {
        let sign = if group.one_way { " > " } else { " = " };
        said += &format!("synonyms: {}\n", group.texts.join(sign));
    }
    for rule in &settings.rules {
        said += &format!("rule for \"{}\":", rule.text);
        rule.pinned.iter().for_each(|id| said += &format!(" +{id}"));
        rule.hidden.iter().for_each(|id| said += &format!(" -{id}"));
        said.push('\n');
    }
    said
}
