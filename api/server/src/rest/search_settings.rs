//! `/v1/search/settings`: a row of the meta group, by which every node's index goes.

use api_client::{
    PutSearchSettings, SearchRule as WireRule, SearchSettings as WireSettings, SearchSynonyms,
    SearchTypos,
};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine_core::search::{
    SETTINGS_BYTES_MAX, SearchDetails, SearchRule, SearchSettings, Synonyms, Typos,
};
use engine_core::{Command, ProductId, Reply, ShardId, read};
use hyper::StatusCode;

use crate::access::By;
use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{self, Json};
use crate::openapi::{Op, Routes};
use crate::search_settings::of_index;
use crate::state::{App, unexpected};
use crate::time;

const PATH: &str = "/v1/search/settings";

/// The routes of `/v1/search/settings`.
pub fn routes() -> Routes {
    Routes::of("search")
        .on(
            Op::get(PATH, "getSearchSettings", "The settings of search")
                .about("Before the first change they have version 0.")
                .fresh()
                .cached()
                .answers::<WireSettings>(200, "The settings."),
            get,
        )
        .on(
            Op::put(PATH, "putSearchSettings", "Replaces the settings of search")
                .about(
                    "It replaces all of them: what is absent is as it was in the beginning. Every \
                     node goes by them as soon as it has them, without a restart; a search with \
                     this answer's `Stoa-Token` does at any node.",
                )
                .if_match()
                .body::<PutSearchSettings>()
                .refuses(&[Code::InvalidId, Code::OutOfRange])
                .answers::<WireSettings>(200, "The settings as they are now.")
                .seen()
                .tagged(),
            put,
        )
}

/// `GET /v1/search/settings`
pub async fn get(
    State(app): State<App>,
    wish: Freshness,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let seen = app.fresh(&[ShardId::META], &wish).await?;
    let row = read::search_settings(&app.view(ShardId::META)).map_err(Error::fault)?;
    let version = row.version;
    if let Some(response) = answer::not_modified(&headers, version)? {
        return Ok(seen.mark(response));
    }
    let response = answer::json(StatusCode::OK, &rendered(row))?;
    Ok(seen.mark(answer::tagged(response, version)))
}

/// `PUT /v1/search/settings`
pub async fn put(
    State(app): State<App>,
    by: By,
    headers: HeaderMap,
    Json(body): Json<PutSearchSettings>,
) -> Result<Response, Error> {
    let expected_version = answer::if_match(&headers)?;
    let details = details(body)?;
    check(&details)?;
    let command = engine_core::PutSearchSettings { expected_version, details: details.clone() };
    let command = Command::PutSearchSettings(command);
    let written = app.write_here(by, ShardId::META, command).await?;
    let Reply::SearchSettings { version, updated_at } = written.reply else {
        return Err(unexpected(&written.reply));
    };
    let row = SearchSettings { version, updated_at, details };
    let response = answer::json(StatusCode::OK, &rendered(row))?;
    let response = answer::replayed(answer::tagged(response, version), written.replayed);
    Ok(written.seen.mark(response))
}

/// Refuses what the index would not take, and says where it is.
fn check(details: &SearchDetails) -> Result<(), Error> {
    let checked = of_index(details).check();
    checked.map_err(|error| Error::about(Code::InvalidField, error.field, error.what))?;
    let sums = [("synonyms", details.synonym_bytes()), ("rules", details.rule_bytes())];
    if let Some((field, bytes)) = sums.into_iter().find(|(_, bytes)| *bytes > SETTINGS_BYTES_MAX) {
        let detail = format!(
            "texts and ids of all {field} take {bytes} bytes, more than {SETTINGS_BYTES_MAX}"
        );
        return Err(Error::about(Code::OutOfRange, field, detail));
    }
    Ok(())
}

fn details(body: PutSearchSettings) -> Result<SearchDetails, Error> {
    let SearchTypos { one_from, two_from, enough, in_brand, in_sku } = body.typos;
    let synonyms = |it: SearchSynonyms| Synonyms { texts: it.texts, one_way: it.one_way };
    let rules = body.rules.into_iter().enumerate().map(|(at, rule)| {
        let pinned = ids(&format!("rules[{at}].pinned"), &rule.pinned)?;
        let hidden = ids(&format!("rules[{at}].hidden"), &rule.hidden)?;
        Ok(SearchRule { text: rule.text, pinned, hidden })
    });
    Ok(SearchDetails {
        typos: Typos { one_from, two_from, enough, in_brand, in_sku },
        synonyms: body.synonyms.into_iter().map(synonyms).collect(),
        rules: rules.collect::<Result<_, Error>>()?,
    })
}

fn ids(field: &str, texts: &[String]) -> Result<Vec<ProductId>, Error> {
    let ids = texts.iter().enumerate();
    ids.map(|(at, text)| extract::id(&format!("{field}[{at}]"), text)).collect()
}

fn rendered(SearchSettings { version, updated_at, details }: SearchSettings) -> WireSettings {
    let Typos { one_from, two_from, enough, in_brand, in_sku } = details.typos;
    let texts = |ids: &[ProductId]| ids.iter().map(ToString::to_string).collect();
    let rule = |it: SearchRule| {
        let (pinned, hidden) = (texts(&it.pinned), texts(&it.hidden));
        WireRule { text: it.text, pinned, hidden }
    };
    let synonyms = |it: Synonyms| SearchSynonyms { texts: it.texts, one_way: it.one_way };
    WireSettings {
        version,
        updated_at: (version > 0).then(|| time::rfc3339(updated_at)),
        typos: SearchTypos { one_from, two_from, enough, in_brand, in_sku },
        synonyms: details.synonyms.into_iter().map(synonyms).collect(),
        rules: details.rules.into_iter().map(rule).collect(),
    }
}
