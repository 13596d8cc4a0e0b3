//! What is asked of search.

use reqwest::Method;
use reqwest::header::IF_MATCH;

use super::{Answer, Client, answer};
use crate::*;

impl Client {
    /// Finds products.
    pub async fn search(&self, query: &SearchQuery) -> Result<Answer<SearchResults>, Error> {
        answer(self.request(Method::GET, "/v1/search").query(query)).await
    }

    /// Completes a text that is being typed.
    pub async fn complete(&self, text: &str, limit: u32) -> Result<Answer<Completions>, Error> {
        let limit = limit.to_string();
        let query = [("q", text), ("limit", limit.as_str())];
        answer(self.request(Method::GET, "/v1/search/complete").query(&query)).await
    }
    /// The settings of search.
    pub async fn search_settings(&self) -> Result<Answer<SearchSettings>, Error> {
        self.get("/v1/search/settings", &[]).await
    }

    /// Replaces the settings of search, whose version the caller saw.
    pub async fn put_search_settings(
        &self,
        version: u64,
        settings: &PutSearchSettings,
    ) -> Result<Answer<SearchSettings>, Error> {
        let request = self.request(Method::PUT, "/v1/search/settings");
        answer(request.header(IF_MATCH, format!("\"{version}\"")).json(settings)).await
    }
    /// What the asked node says of its search index.
    pub async fn verify_search(&self) -> Result<SearchIndexStatus, Error> {
        Ok(self.get("/v1/cluster/search", &[]).await?.body)
    }

    /// Has the asked node make its search index anew.
    pub async fn rebuild_search(&self, rebuild: &RebuildSearch) -> Result<SearchRebuild, Error> {
        Ok(self.post("/v1/cluster/search/rebuild", None, rebuild).await?.body)
    }
}
