//! Products and collections: creating, reading, changing with versions, archiving, listing.

use api_client::{NewCollection, NewProduct, PatchProduct};
use serde_json::json;

use crate::harness::{Tested, with_node};

#[test]
fn a_product_is_created_read_changed_and_archived() -> Tested {
    with_node(async |node| {
        let client = node.client()?;
        let new = NewProduct {
            name: "Lamp".into(),
            price: 2_999,
            currency: "usd".into(),
            brand: Some("Lumen".into()),
            stock: Some(7),
            attributes: Some([("color".to_owned(), "red".to_owned())].into()),
            ..NewProduct::default()
        };
        let made = client.create_product(None, &new).await?;
        assert_eq!((made.body.version, made.body.available), (1, 7));
        assert_eq!((made.etag.as_deref(), made.body.currency.as_str()), (Some("\"1\""), "USD"));
        let read = client.product(&made.body.id).await?;
        assert_eq!(read.body, made.body);
        assert!(read.token.is_some() && read.as_of_ms.is_some());

        let patch = PatchProduct { name: Some("Big lamp".into()), ..PatchProduct::default() };
        let changed = client.update_product(&made.body.id, 1, &patch).await?.body;
        assert_eq!((changed.version, changed.name.as_str()), (2, "Big lamp"));
        assert_eq!(changed.brand, "Lumen", "what is absent stays");
        let stale = client.update_product(&made.body.id, 1, &patch).await;
        let stale = stale.err().ok_or("a stale version was taken")?;
        assert_eq!(stale.code(), Some("version_mismatch"));
        let problem = stale.problem().ok_or("no problem")?;
        assert_eq!((problem.status, problem.expected, problem.actual), (412, Some(1), Some(2)));

        let archived = client.archive_product(&made.body.id, 2).await?.body;
        assert!(archived.archived_at.is_some());
        let again = client.update_product(&made.body.id, 3, &patch).await;
        assert_eq!(
            again.err().and_then(|e| e.code().map(str::to_owned)).as_deref(),
            Some("product_archived")
        );
        Ok(())
    })
}

#[test]
fn versions_are_asked_for_and_compared() -> Tested {
    with_node(async |node| {
        let id = node.product("Cup", 100, 0).await?.id;
        let path = format!("/v1/products/{id}");
        let json = ("content-type", "application/json");
        let without = node.call("PATCH", &path, &[json], r#"{"name": "x"}"#).await?;
        assert_eq!((without.status, without.code().as_str()), (428, "if_match_required"));
        for tag in ["\"7\"", "W/\"1\"", "nonsense", "\"abc\""] {
            let headers = [json, ("if-match", tag)];
            let answer = node.call("PATCH", &path, &headers, r#"{"name": "x"}"#).await?;
            assert_eq!(answer.status, 412, "{tag}");
        }
        let any = node.call("PATCH", &path, &[json, ("if-match", "*")], r#"{"name": "x"}"#).await?;
        assert_eq!((any.status, any.header("etag").as_deref()), (200, Some("\"2\"")));
        let same = node.call("GET", &path, &[("if-none-match", "\"2\"")], "").await?;
        assert_eq!((same.status, same.text.as_str()), (304, ""));
        let other = node.call("GET", &path, &[("if-none-match", "\"1\"")], "").await?;
        assert_eq!(other.status, 200);
        let lone = node.call("PATCH", &path, &[json, ("if-match", "*")], r#"{"price": 5}"#).await?;
        assert_eq!((lone.status, lone.param().as_str()), (400, "currency"));
        Ok(())
    })
}

#[test]
fn a_key_creates_once_and_a_second_body_is_refused() -> Tested {
    with_node(async |node| {
        let body = json!({"name": "Once", "price": 1, "currency": "USD"});
        let first = node.post("/v1/products", "catalog-once", &body).await?;
        let again = node.post("/v1/products", "catalog-once", &body).await?;
        assert_eq!((first.status, again.status), (201, 201));
        assert_eq!(first.json()["id"], again.json()["id"]);
        assert_eq!(first.header("idempotent-replayed"), None);
        assert_eq!(again.header("idempotent-replayed").as_deref(), Some("true"));
        let other = json!({"name": "Twice", "price": 1, "currency": "USD"});
        let other = node.post("/v1/products", "catalog-once", &other).await?;
        assert_eq!((other.status, other.code().as_str()), (422, "idempotency_mismatch"));
        Ok(())
    })
}

#[test]
fn products_are_refused_for_what_is_wrong_with_them() -> Tested {
    with_node(async |node| {
        let cases = [
            (json!({"price": 1, "currency": "USD"}), "invalid_field", "name"),
            (json!({"name": "x", "price": 29.99, "currency": "USD"}), "invalid_field", "price"),
            (json!({"name": "x", "price": -1, "currency": "USD"}), "out_of_range", "price"),
            (json!({"name": "x", "price": 1, "currency": "dollar"}), "invalid_field", "currency"),
            (json!({"name": "", "price": 1, "currency": "USD"}), "out_of_range", "name"),
            (
                json!({"name": "x", "price": 1, "currency": "USD", "sice": 1}),
                "invalid_field",
                "sice",
            ),
            (
                json!({"name": "x", "price": 1, "currency": "USD", "stock": -1}),
                "invalid_field",
                "stock",
            ),
            (
                json!({"name": "x", "price": 1, "currency": "USD", "collection_ids": ["col_1"]}),
                "invalid_id",
                "collection_ids[0]",
            ),
        ];
        for (number, (body, code, param)) in cases.iter().enumerate() {
            let answer = node.post("/v1/products", &format!("bad-{number}"), body).await?;
            assert_eq!((answer.status, answer.code().as_str()), (400, *code), "{body}");
            assert_eq!(answer.param(), *param, "{body}: {}", answer.text);
        }
        Ok(())
    })
}

#[test]
fn lists_go_on_where_the_page_before_ended() -> Tested {
    with_node(async |node| {
        for number in 0..5 {
            node.product(&format!("Listed {number}"), 1, 1).await?;
        }
        let client = node.client()?;
        let (mut ids, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = client.products(2, cursor.as_deref()).await?.body;
            ids.extend(page.data.into_iter().map(|product| product.id));
            assert_eq!(page.has_more, page.next_cursor.is_some());
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert!(ids.len() >= 5 && ids.is_sorted(), "{ids:?}");
        for bad in ["limit=0", "limit=101", "limit=-1", "limit=x", "cursor=x", "nonsense=1"] {
            let answer = node.get(&format!("/v1/products?{bad}")).await?;
            assert_eq!(answer.status, 400, "{bad}: {}", answer.text);
        }
        Ok(())
    })
}

#[test]
fn a_collection_that_is_gone_is_not_told() -> Tested {
    with_node(async |node| {
        let client = node.client()?;
        let new = NewCollection { name: "Summer".into(), description: None };
        let collection = client.create_collection(Some("summer"), &new).await?.body;
        let product = NewProduct {
            name: "Hat".into(),
            price: 1,
            currency: "USD".into(),
            collection_ids: Some(vec![collection.id.clone()]),
            ..NewProduct::default()
        };
        let product = client.create_product(None, &product).await?.body;
        let ids = client.product(&product.id).await?.body.collection_ids;
        assert_eq!(ids, std::slice::from_ref(&collection.id));
        let path = format!("/v1/collections/{}", collection.id);
        let archived = node.call("DELETE", &path, &[("if-match", "\"1\"")], "").await?;
        assert_eq!(archived.status, 200, "{}", archived.text);
        assert!(client.product(&product.id).await?.body.collection_ids.is_empty());
        assert!(
            client.collections(100, None).await?.body.data.iter().any(|c| c.id == collection.id)
        );
        Ok(())
    })
}
