//! From the names of categories to the ids of collections, creating those that are missing.

use std::collections::BTreeMap;

use api_client::{Client, Error, NewCollection};
use tokio::sync::Mutex;
use xxhash_rust::xxh3::xxh3_128;

/// How many collections one page of the list holds: the most the server gives.
const PAGE: u32 = 100;

/// The cluster's collections by name. Asked once, then kept.
#[derive(Debug)]
pub struct Collections {
    ids: Mutex<BTreeMap<String, String>>,
}

impl Collections {
    /// Reads the collections there are. Of two with one name the older counts.
    pub async fn load(client: &Client) -> Result<Self, Error> {
        let mut ids = BTreeMap::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = client.collections(PAGE, cursor.as_deref()).await?.body;
            for collection in page.data {
                if collection.archived_at.is_none() {
                    ids.entry(collection.name).or_insert(collection.id);
                }
            }
            cursor = page.next_cursor.filter(|_| page.has_more);
            if cursor.is_none() {
                return Ok(Self { ids: Mutex::new(ids) });
            }
        }
    }

    /// The id of the collection of this name, which is created if there is none.
    pub async fn id(&self, name: &str, client: &Client) -> Result<String, Error> {
        let mut ids = self.ids.lock().await;
        if let Some(id) = ids.get(name) {
            return Ok(id.clone());
        }
        let key = format!("import-collection-{:032x}", xxh3_128(name.as_bytes()));
        let new = NewCollection { name: name.to_string(), description: None };
        let id = client.create_collection(Some(&key), &new).await?.body.id;
        ids.insert(name.to_string(), id.clone());
        Ok(id)
    }
}
