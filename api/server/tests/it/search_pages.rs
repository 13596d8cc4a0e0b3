//! Pages of a search agree with the first one while products change, at whatever node.

use api_client::{PatchProduct, SearchQuery, SearchResults};
use api_server::Server;

use crate::harness::{Fault, Node, Tested, alone, args, eventually, free_ports, fresh_dir, ready};

/// The names on a page.
fn names(page: &SearchResults) -> Vec<String> {
    page.hits.iter().map(|hit| hit.name.clone()).collect()
}

fn query(cursor: Option<String>) -> SearchQuery {
    SearchQuery {
        q: Some("barrel".into()),
        sort: Some("price:asc".into()),
        limit: Some(3),
        cursor,
        ..SearchQuery::default()
    }
}

/// Prices, products that go and products that come: the first page would be another.
async fn disturb(node: &Node, ids: &[String]) -> Result<(), Fault> {
    let client = node.client()?;
    let dear = PatchProduct {
        price: Some(9_999),
        currency: Some("USD".into()),
        ..PatchProduct::default()
    };
    let version = client.product(&ids[1]).await?.body.version;
    client.update_product(&ids[1], version, &dear).await?;
    let cheap = PatchProduct { price: Some(1), ..dear };
    let version = client.product(&ids[7]).await?.body.version;
    client.update_product(&ids[7], version, &cheap).await?;
    let version = client.product(&ids[5]).await?.body.version;
    client.archive_product(&ids[5], version).await?;
    node.product("Barrel of late", 2, 1).await?;
    // Until a new search sees all of it.
    eventually(async || {
        let page = client.search(&query(None)).await.ok()?.body;
        let wanted = ["Barrel 7", "Barrel of late", "Barrel 0"];
        (page.total == 9 && names(&page) == wanted).then_some(())
    })
    .await
}

#[test]
fn later_pages_agree_with_the_first_at_every_node_until_it_is_gone() -> Tested {
    alone(async || {
        let dir = fresh_dir("search-pages")?;
        let ports = free_ports(6)?;
        let nodes: Vec<(u64, u16, u16)> =
            (1..=3).map(|id: u64| (id, ports[id as usize - 1], ports[id as usize + 2])).collect();
        let mut servers = Vec::new();
        for id in 1..=3 {
            servers.push(Server::start(args(&dir, id, &nodes)?).await?);
        }
        let mut running = Vec::new();
        for server in servers {
            running.push(ready(server).await?);
        }
        let mut ids = Vec::new();
        for number in 0..9 {
            let (name, price) = (format!("Barrel {number}"), 100 + number);
            let made = eventually(async || running[0].product(&name, price, 1).await.ok()).await?;
            ids.push(made.id);
        }
        let client = running[0].client()?;
        let first = eventually(async || {
            let page = client.search(&query(None)).await.ok()?;
            (page.body.total == 9).then_some(page)
        })
        .await?;
        assert_eq!(names(&first.body), ["Barrel 0", "Barrel 1", "Barrel 2"]);
        disturb(&running[0], &ids).await?;
        let mut cursor = first.body.next_cursor.clone();
        let wanted = [["Barrel 3", "Barrel 4", "Barrel 5"], ["Barrel 6", "Barrel 7", "Barrel 8"]];
        for (node, wanted) in running[1..].iter().zip(wanted) {
            let page = node.client()?.search(&query(cursor)).await?;
            assert_eq!((names(&page.body), page.body.total), (wanted.map(str::to_owned).into(), 9));
            assert_eq!(page.as_of_ms, first.as_of_ms, "it says that it is no newer");
            cursor = page.body.next_cursor;
        }
        assert_eq!(cursor, None);
        let second = first.body.next_cursor.ok_or("no second page")?;
        let path = format!("/v1/search?q=barrel&sort=price:asc&limit=3&cursor={second}");
        for node in &running {
            assert_eq!(node.get(&path).await?.status, 200);
            let wish = [("stoa-max-staleness", "0")];
            let refused = node.call("GET", &path, &wish, "").await?;
            assert_eq!((refused.status, refused.code().as_str()), (410, "cursor_expired"));
        }
        let other = path.replace("q=barrel", "q=tub");
        let refused = running[1].get(&other).await?;
        assert_eq!((refused.status, refused.param().as_str()), (400, "cursor"));
        running.remove(0).server.shutdown().await;
        let gone = running[0].get(&path).await?;
        assert_eq!((gone.status, gone.code().as_str()), (410, "cursor_expired"), "{}", gone.text);
        let back = ready(Server::start(args(&dir, 1, &nodes)?).await?).await?;
        let gone = back.get(&path).await?;
        assert_eq!((gone.status, gone.param().as_str()), (410, "cursor"), "{}", gone.text);
        back.server.shutdown().await;
        for node in running {
            node.server.shutdown().await;
        }
        Ok(())
    })
}
