//! Lines about the settings of search.

use engine_core::search::{SearchDetails, SearchRule, SearchSettings, Synonyms, Typos};
use engine_core::{Command, PutSearchSettings, ShardId, read};

use super::inventory::unquote;
use super::world::World;
use super::{Said, audit};

#[derive(goldenscript::Command)]
enum Line {
    /// Replaces the settings.
    PutSearchSettings {
        #[arg(key)]
        version: Option<u64>,
        /// `4 8 2`: letters for one error, for two, and how many hits are enough.
        #[arg(key)]
        typos: Option<String>,
        /// `mug=cup; tv>television`: groups of texts.
        #[arg(key)]
        synonyms: Option<String>,
        /// `kettle:+pen-cap; mug:-cap`: what is pinned and hidden for texts.
        #[arg(key)]
        rules: Option<String>,
        /// So many times over.
        #[arg(key)]
        times: Option<usize>,
    },
    /// Tells the settings.
    SearchSettings,
    #[command(other)]
    Other(goldenscript::Command),
}

pub fn run(world: &mut World, line: &goldenscript::Command) -> Said {
    match Line::try_from(line)? {
        Line::PutSearchSettings { version, typos, synonyms, rules, times } => {
            let times = times.unwrap_or(1);
            let parts = |text: Option<String>| -> Vec<String> {
                let text = text.unwrap_or_default();
                let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
                parts.map(str::to_owned).collect()
            };
            let synonyms: Vec<_> = parts(synonyms).iter().map(|part| group(part)).collect();
            let rules: Vec<_> = parts(rules).iter().map(|part| rule(world, part)).collect();
            let details = SearchDetails {
                typos: typos.map_or(Ok(Typos::default()), |text| self::typos(&text))?,
                synonyms: vec![synonyms; times].concat(),
                rules: vec![rules; times].concat(),
            };
            let command = PutSearchSettings { expected_version: version, details };
            world.run(Command::PutSearchSettings(command))
        }
        Line::SearchSettings => {
            let row = read::search_settings(world.cluster.rows(ShardId::META))?;
            let SearchSettings { version, updated_at, details } = row;
            let mut said = format!("v{version} of {updated_at}, {:?}\n", details.typos);
            details.synonyms.iter().for_each(|group| said += &format!("  {group:?}\n"));
            details.rules.iter().for_each(|rule| said += &format!("  {rule:?}\n"));
            Ok(said)
        }
        Line::Other(line) => audit::run(world, &line),
    }
}

fn typos(text: &str) -> Result<Typos, Box<dyn std::error::Error>> {
    let numbers: Vec<u8> = text.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let [one_from, two_from, enough] = numbers[..] else { return Err("three numbers".into()) };
    Ok(Typos { one_from, two_from, enough, in_brand: false, in_sku: true })
}

/// `a=b=c`, or `a>b=c` one way. `x*17` is `x` so often.
fn group(text: &str) -> Synonyms {
    let texts = text.split(['=', '>']).flat_map(|text| match text.split_once('*') {
        Some((text, times)) => vec![unquote(text); times.parse().expect("a number")],
        None => vec![unquote(text)],
    });
    Synonyms { texts: texts.collect(), one_way: text.contains('>') }
}

/// `text:+pinned-hidden`. `+pen*51` is `pen` so often.
fn rule(world: &mut World, line: &str) -> SearchRule {
    let (text, mut rest) = line.split_once(':').expect("a text and a colon");
    let mut rule = SearchRule { text: unquote(text), ..SearchRule::default() };
    while let Some(sign) = rest.chars().next() {
        let end = rest[1..].find(['+', '-']).map_or(rest.len(), |end| end + 1);
        let (name, times) = rest[1..end].split_once('*').unwrap_or((&rest[1..end], "1"));
        let ids = vec![world.names.product(name); times.parse().expect("a number")];
        if sign == '+' { &mut rule.pinned } else { &mut rule.hidden }.extend(ids);
        rest = &rest[end..];
    }
    rule
}
