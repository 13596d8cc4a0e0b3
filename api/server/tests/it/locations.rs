//! Locations over HTTP: where units are, where they go, and from where an order is sent.

use api_client::{
    AdjustStock, AllocatedUnits, Client, Error, Location, NewFulfillment, NewLocation, NewOrder,
    ReceiveStock, SetStockPolicy, ShipFulfillment, Stock, StockLocation, TransferStock,
};
use serde_json::json;

use crate::harness::{Fault, Node, Tested, eventually, order, with_node};

const DEFAULT: &str = "loc_00000000000000000000000000000000";

async fn made(client: &Client, name: &str) -> Result<Location, Error> {
    let new = NewLocation { name: name.to_owned(), ..NewLocation::default() };
    Ok(client.create_location(None, &new).await?.body)
}

fn receive(product: &str, quantity: u32, location: &str) -> ReceiveStock {
    let (product_id, location_id) = (product.to_owned(), Some(location.to_owned()));
    ReceiveStock { product_id, quantity, location_id }
}

fn transfer(product: &str, quantity: u32, from: Option<&str>, to: Option<&str>) -> TransferStock {
    TransferStock {
        product_id: product.to_owned(),
        from_location_id: from.map(str::to_owned),
        to_location_id: to.map(str::to_owned),
        quantity,
        reason: "nearer".to_owned(),
    }
}

/// On hand, held, committed at a location.
fn at(stock: &Stock, location: &str) -> (u32, u32, u32) {
    let found = stock.locations.iter().find(|at| at.location_id == location);
    found.map_or((0, 0, 0), |at: &StockLocation| (at.on_hand, at.held, at.committed))
}

/// From where an order goes, without the product.
async fn allocated(client: &Client, order: &str) -> Result<Vec<(String, u32)>, Error> {
    let units = client.order_allocation(order).await?.body.data;
    let part = |it: AllocatedUnits| (it.location_id, it.quantity);
    Ok(units.into_iter().map(part).collect())
}

async fn on_account(node: &Node, key: &str, product: &str, units: u32) -> Result<String, Fault> {
    let method = Some("on_account".to_owned());
    let wanted = NewOrder { payment_method: method, ..order("cus_loc", &[(product, units)]) };
    Ok(node.client()?.place_order(key, &wanted, Some(10)).await?.body.id)
}

/// The level of a product, as soon as so many of its units are committed.
async fn committed(node: &Node, product: &str, units: u32) -> Result<Stock, Fault> {
    eventually(async || {
        let stock = node.client().ok()?.stock(product).await.ok()?.body;
        (stock.committed == units).then_some(stock)
    })
    .await
}

#[test]
fn locations_are_made_and_changed_and_stay() -> Tested {
    with_node(async |node| {
        let client = node.client()?;
        let first = client.locations(1, None).await?.body;
        assert_eq!((first.data[0].id.as_str(), first.data[0].active), (DEFAULT, true));
        let north = made(&client, "North").await?;
        assert_eq!((north.version, north.priority, north.active), (1, 100, true));
        assert!(north.created_at.is_some());
        let rest = client.locations(100, None).await?.body.data;
        assert!(rest.iter().any(|it| it.id == north.id));
        let (name, priority, active) = ("North hall".to_owned(), Some(7), None);
        let wanted = NewLocation { name, priority, active };
        let changed = client.put_location(&north.id, 1, &wanted).await?.body;
        assert_eq!((changed.version, changed.priority), (2, 7));
        let stale = client.put_location(&north.id, 1, &wanted).await;
        assert_eq!(stale.unwrap_err().code(), Some("version_mismatch"));

        let far = NewLocation { priority: Some(1_001), ..wanted.clone() };
        let far = client.put_location(&north.id, 2, &far).await;
        assert_eq!(far.unwrap_err().code(), Some("out_of_range"));
        let version = client.location(DEFAULT).await?.body.version;
        let closed = NewLocation { active: Some(false), ..wanted.clone() };
        let closed = client.put_location(DEFAULT, version, &closed).await;
        assert_eq!(closed.unwrap_err().code(), Some("default_location"));
        let nowhere = format!("loc_{:032x}", 0xf0f0);
        let unknown = client.put_location(&nowhere, 1, &wanted).await;
        assert_eq!(unknown.unwrap_err().code(), Some("location_not_found"));
        let unknown = client.location(&nowhere).await;
        assert_eq!(unknown.unwrap_err().code(), Some("location_not_found"));
        Ok(())
    })
}

#[test]
fn units_are_where_they_were_put_and_go_where_they_are_sent() -> Tested {
    with_node(async |node| {
        let client = node.client()?;
        let id = node.product("Located", 100, 2).await?.id;
        let stock = client.stock(&id).await?.body;
        assert_eq!((stock.locations.len(), at(&stock, DEFAULT)), (1, (2, 0, 0)));
        let there = made(&client, "There").await?.id;
        let level = client.receive_stock(None, &receive(&id, 5, &there)).await?.body;
        assert_eq!((level.on_hand, level.available), (7, 7));
        client.transfer_stock(Some("loc-t"), &transfer(&id, 1, None, Some(&there))).await?;
        let again = transfer(&id, 1, None, Some(&there));
        assert!(client.transfer_stock(Some("loc-t"), &again).await?.replayed);
        let adjust = AdjustStock {
            product_id: id.clone(),
            delta: -2,
            reason: "broken".into(),
            location_id: Some(there.clone()),
        };
        client.adjust_stock(None, &adjust).await?;
        let stock = client.stock(&id).await?.body;
        assert_eq!((at(&stock, DEFAULT), at(&stock, &there)), ((1, 0, 0), (4, 0, 0)));
        let set = json!({"product_id": id, "expected": 4, "on_hand": 3, "reason": "counted",
                         "location_id": there});
        let set = node.post("/v1/stock/levels", "loc-set", &set).await?;
        assert_eq!((set.status, &set.json()["on_hand"]), (200, &json!(4)), "{}", set.text);
        let moves = client.movements(&id, 100, None).await?.body.data;
        let told: Vec<_> = moves.iter().map(|it| (it.delta, it.location_id.as_str())).collect();
        let wanted =
            [(2, DEFAULT), (5, &there), (-1, DEFAULT), (1, &there), (-2, &there), (-1, &there)];
        assert_eq!(told, wanted);
        assert_eq!(
            (moves[2].kind.as_str(), moves[2].reason.as_deref()),
            ("transferred", Some("nearer"))
        );

        for (wrong, code) in [
            (transfer(&id, 2, None, Some(&there)), "units_not_there"),
            (transfer(&id, 0, None, Some(&there)), "out_of_range"),
            (transfer(&id, 1, Some(&there), Some(&there)), "invalid_field"),
            (transfer(&id, 1, Some("loc_1"), None), "invalid_id"),
            (transfer(&id, 1, Some(&format!("loc_{:032x}", 9)), None), "location_not_found"),
            (transfer(&format!("prod_{:032x}", 1), 1, Some(&there), None), "product_not_found"),
        ] {
            let refused = client.transfer_stock(None, &wrong).await.unwrap_err();
            assert_eq!(refused.code(), Some(code), "{wrong:?}");
        }
        // The seeds' clients set the whole, and read it again.
        let raw = node
            .call(
                "PUT",
                &format!("/product/{id}"),
                &[("content-type", "application/json")],
                json!({"inventory": 9}).to_string(),
            )
            .await?;
        assert_eq!((raw.status, &raw.json()["inventory"]), (200, &json!(9)), "{}", raw.text);
        let stock = client.stock(&id).await?.body;
        assert_eq!((at(&stock, DEFAULT), at(&stock, &there)), ((6, 0, 0), (3, 0, 0)));
        Ok(())
    })
}

#[test]
fn an_order_is_sent_from_where_its_units_are() -> Tested {
    with_node(async |node| {
        let client = node.client()?;
        let id = node.product("Served", 100, 2).await?.id;
        let near = made(&client, "Near").await?.id;
        client.receive_stock(None, &receive(&id, 4, &near)).await?;
        let one = on_account(node, "loc-one", &id, 1).await?;
        assert_eq!(allocated(&client, &one).await?, [(DEFAULT.to_owned(), 1)]);
        let most =
            SetStockPolicy { allocation: Some("most_stock".into()), ..SetStockPolicy::default() };
        let policy = client.set_stock_policy(&id, 1, &most).await?.body;
        assert_eq!(policy.allocation, "most_stock");
        let two = on_account(node, "loc-two", &id, 1).await?;
        assert_eq!(allocated(&client, &two).await?, [(near.clone(), 1)]);
        let four = on_account(node, "loc-four", &id, 4).await?;
        let split = [(near.clone(), 3), (DEFAULT.to_owned(), 1)];
        assert_eq!(allocated(&client, &four).await?, split);
        // The order may live in another shard, whose word that it is confirmed is on its way.
        let stock = committed(node, &id, 6).await?;
        assert_eq!((at(&stock, DEFAULT), at(&stock, &near)), ((2, 0, 2), (4, 0, 4)));
        let held = client.transfer_stock(None, &transfer(&id, 1, Some(&near), None)).await;
        assert_eq!(held.unwrap_err().code(), Some("units_not_there"));

        let seen = |version| (four.as_str(), Some(version));
        let version = client.order(&four).await?.body.version;
        let all = NewFulfillment { lines: None };
        let parcel = client.create_fulfillment(None, seen(version), &all).await?.body;
        let parcel_id = parcel.fulfillments[0].id.clone();
        let packed = client.change_fulfillment(seen(parcel.version), &parcel_id, "pack").await?;
        let ups = ShipFulfillment { carrier: "UPS".to_owned(), tracking: None };
        client.ship_fulfillment(seen(packed.body.version), &parcel_id, &ups).await?;
        let stock = committed(node, &id, 2).await?;
        assert_eq!((at(&stock, DEFAULT), at(&stock, &near)), ((1, 0, 1), (1, 0, 1)));
        assert!(allocated(&client, &four).await?.is_empty());
        let nobody = client.order_allocation(&format!("ord_{:035x}", 1)).await;
        assert_eq!(nobody.unwrap_err().code(), Some("order_not_found"));
        let wrong = SetStockPolicy { allocation: Some("nearest".into()), ..most };
        let wrong = client.set_stock_policy(&id, 2, &wrong).await;
        assert_eq!(wrong.unwrap_err().code(), Some("invalid_field"));
        Ok(())
    })
}

#[test]
fn a_location_that_is_closed_serves_nobody() -> Tested {
    with_node(async |node| {
        let client = node.client()?;
        let id = node.product("Closed", 100, 1).await?.id;
        let location = made(&client, "Closing").await?;
        client.receive_stock(None, &receive(&id, 5, &location.id)).await?;
        let active = |active| NewLocation {
            name: "Closing".to_owned(),
            priority: Some(100),
            active: Some(active),
        };
        client.put_location(&location.id, 1, &active(false)).await?;
        let available = async |wanted| {
            eventually(async || {
                let stock = node.client().ok()?.stock(&id).await.ok()?.body;
                (stock.available == wanted).then_some(stock)
            })
            .await
        };
        let stock = available(1).await?;
        assert_eq!((stock.on_hand, stock.balance), (6, 6));
        assert!(stock.locations.iter().any(|at| !at.active && at.free == 5));
        let more = client.receive_stock(None, &receive(&id, 1, &location.id)).await;
        assert_eq!(more.unwrap_err().code(), Some("location_inactive"));
        let two = client.place_order("loc-closed", &order("cus_loc", &[(&id, 2)]), None).await;
        assert_eq!(two.unwrap_err().code(), Some("out_of_stock"));
        client.transfer_stock(None, &transfer(&id, 2, Some(&location.id), None)).await?;
        available(3).await?;
        client.put_location(&location.id, 2, &active(true)).await?;
        available(6).await?;
        Ok(())
    })
}
