//! The seeds' interface, byte for byte where it matters.

use serde_json::{Value, json};

use crate::harness::{Tested, with_node};

#[test]
fn the_seeds_bodies_work_as_they_are() -> Tested {
    with_node(async |node| {
        let beat = node.get("/heartbeat").await?;
        assert_eq!((beat.status, beat.text.as_str()), (200, "OK"));
        let body = json!({"name": "Chairs", "description": "To sit on"});
        let made = node.call("POST", "/collection", &[], body.to_string()).await?;
        assert_eq!(made.status, 201, "{}", made.text);
        let collection = made.json()["id"].as_str().ok_or("no id")?.to_owned();
        let path = format!("/collection/{collection}");
        let renamed = node.call("PUT", &path, &[], r#"{"name": "Seats"}"#).await?;
        assert_eq!((renamed.status, &renamed.json()["name"]), (200, &json!("Seats")));
        assert_eq!(renamed.json()["description"], json!("To sit on"));

        let body = format!(
            r#"{{"name": "Stool", "description": "Three legs", "price": 29.99, "inventory": 100,
                "collectionId": "{collection}", "color": "red"}}"#
        );
        let made = node.call("POST", "/product", &[], body).await?;
        assert_eq!(made.status, 201, "{}", made.text);
        assert!(made.text.contains(r#""price":29.99,"inventory":100"#), "{}", made.text);
        let product = made.json();
        assert_eq!(product["collectionId"], json!(collection));
        assert!(product["createdAt"].as_str().is_some_and(|at| at.ends_with('Z')));
        let path = format!("/product/{}", product["id"].as_str().ok_or("no id")?);
        let put = node.call("PUT", &path, &[], r#"{"price": 30.5, "inventory": 7}"#).await?;
        assert_eq!(put.status, 200, "{}", put.text);
        assert!(put.text.contains(r#""price":30.50,"inventory":7"#), "{}", put.text);
        assert_eq!(put.json()["name"], json!("Stool"));
        let read = node.get(&path).await?;
        assert_eq!(read.json()["inventory"], json!(7));
        Ok(())
    })
}

#[test]
fn inventory_never_takes_back_what_is_held() -> Tested {
    with_node(async |node| {
        let id = node.product("Sold", 100, 10).await?.id;
        let order = crate::harness::order("cus_seeds", &[(&id, 4)]);
        node.client()?.place_order("seeds-held", &order, None).await?;
        let put = node.call("PUT", &format!("/product/{id}"), &[], r#"{"inventory": 0}"#).await?;
        assert_eq!(put.json()["inventory"], json!(0), "{}", put.text);
        let stock = node.client()?.stock(&id).await?.body;
        // They are held until the order's shard has told the product's that it is confirmed.
        let in_use = stock.held + stock.committed;
        assert_eq!((stock.on_hand, in_use, stock.available), (4, 4, 0));
        Ok(())
    })
}

#[test]
fn prices_are_exact_or_refused() -> Tested {
    with_node(async |node| {
        for (price, told) in [
            ("0.1", "0.10"),
            ("1e2", "100.00"),
            ("29.990", "29.99"),
            ("\"5.5\"", "5.50"),
            ("9007199254.99", "9007199254.99"),
        ] {
            let body = format!(r#"{{"name": "P", "price": {price}, "inventory": 1}}"#);
            let made = node.call("POST", "/product", &[], body).await?;
            assert!(made.text.contains(&format!(r#""price":{told},"#)), "{price}: {}", made.text);
        }
        let bad = ["29.999", "-1", "1e400", "null", "\"x\"", "[]", "true", "99999999999999999999"];
        for price in bad {
            let body = format!(r#"{{"name": "P", "price": {price}, "inventory": 1}}"#);
            let refused = node.call("POST", "/product", &[], body).await?;
            assert_eq!(
                (refused.status, refused.param().as_str()),
                (400, "price"),
                "{price}: {}",
                refused.text
            );
        }
        for inventory in ["-1", "1.5", "4294967296", "2000000000", "\"7\""] {
            let body = format!(r#"{{"name": "P", "price": 1, "inventory": {inventory}}}"#);
            let refused = node.call("POST", "/product", &[], body).await?;
            assert_eq!(
                (refused.status, refused.param().as_str()),
                (400, "inventory"),
                "{inventory}"
            );
        }
        let missing = node.call("PUT", &format!("/product/prod_{:032x}", 3), &[], "{}").await?;
        assert_eq!(
            (missing.status, missing.json()["code"].clone()),
            (404, Value::from("product_not_found"))
        );
        Ok(())
    })
}
