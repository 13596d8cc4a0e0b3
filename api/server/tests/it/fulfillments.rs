//! Orders after they were confirmed: sent, canceled in part, given back.

use api_client::{
    Answer, CancelLines, Error, Fulfillment, LineUnits, LoseFulfillment, NewFulfillment, NewOrder,
    NewRefund, NewReturn, Order, ReceiveReturn, ReceivedUnits, RejectReturn, ShipFulfillment,
};

use crate::harness::{Fault, Node, Tested, eventually, order, with_node};

/// An order that is confirmed, by card or on account.
async fn confirmed(node: &Node, key: &str, product: &str, method: &str) -> Result<Order, Fault> {
    let lines = [(product, 3)];
    let wanted = NewOrder { payment_method: Some(method.to_owned()), ..order("cus_ful", &lines) };
    let placed = node.client()?.place_order(key, &wanted, Some(15)).await?.body;
    assert_eq!(placed.status, "confirmed", "{placed:?}");
    Ok(placed)
}

fn units(quantity: u32) -> NewFulfillment {
    NewFulfillment { lines: Some(vec![LineUnits { line: 0, quantity }]) }
}

fn ups() -> ShipFulfillment {
    ShipFulfillment { carrier: "UPS".to_owned(), tracking: Some("1Z999".to_owned()) }
}

fn refused<T: std::fmt::Debug>(answer: Result<Answer<T>, Error>) -> (u16, String) {
    match answer {
        Err(Error::Problem { problem, .. }) => (problem.status, problem.code.clone()),
        other => panic!("not a problem: {other:?}"),
    }
}

fn last(order: &Order) -> Fulfillment {
    order.fulfillments.last().cloned().unwrap_or_else(|| panic!("no fulfillment: {order:?}"))
}

/// Waits until the money has come.
async fn captured(node: &Node, id: &str) -> Result<Order, Fault> {
    eventually(async || {
        let order = node.client().ok()?.order(id).await.ok()?.body;
        (order.payment.status == "captured").then_some(order)
    })
    .await
}

#[test]
fn an_order_is_packed_paid_sent_and_delivered() -> Tested {
    with_node(async |node| {
        let product = node.product("Sent", 500, 9).await?.id;
        let client = node.client()?;
        let placed = confirmed(node, "ful-1", &product, "pm_card_visa").await?;
        let at = |version| (placed.id.as_str(), Some(version));
        let made = client.create_fulfillment(None, at(placed.version), &units(2)).await?;
        assert_eq!(made.etag, Some(format!("\"{}\"", made.body.version)));
        let box_ = last(&made.body).id;
        let stale = client.change_fulfillment(at(placed.version), &box_, "pack").await;
        assert_eq!(refused(stale), (412, "version_mismatch".to_owned()));
        let early = client.ship_fulfillment(at(made.body.version), &box_, &ups()).await;
        assert_eq!(refused(early), (409, "wrong_fulfillment_state".to_owned()));
        client.change_fulfillment(at(made.body.version), &box_, "pack").await?;
        let paid = captured(node, &placed.id).await?;
        assert_eq!((paid.status.as_str(), paid.payment.captured), ("processing", 1_500));
        let sent = client.ship_fulfillment(at(paid.version), &box_, &ups()).await?.body;
        assert_eq!((sent.status.as_str(), sent.lines[0].shipped), ("partially_shipped", 2));
        assert_eq!(last(&sent).carrier.as_deref(), Some("UPS"));
        eventually(async || {
            let stock = node.client().ok()?.stock(&product).await.ok()?.body;
            let levels = (stock.on_hand, stock.committed, stock.available);
            (levels == (7, 1, 6)).then_some(())
        })
        .await?;
        let late = client.cancel_order(None, &placed.id).await;
        assert_eq!(refused(late), (409, "order_not_cancelable".to_owned()));
        let lines = vec![LineUnits { line: 0, quantity: 1 }];
        let rest = CancelLines { lines, reason: "sold out".to_owned(), write_off: false };
        let short = client.cancel_lines(None, at(sent.version), &rest).await?.body;
        assert_eq!((short.status.as_str(), short.lines[0].canceled), ("shipped", 1));
        let there = (placed.id.as_str(), None);
        let arrived = client.change_fulfillment(there, &box_, "deliver").await?.body;
        assert_eq!((arrived.status.as_str(), arrived.lines[0].delivered), ("delivered", 2));
        let refunds = eventually(async || {
            let refunds = node.client().ok()?.refunds(&placed.id).await.ok()?.body.data;
            refunds.iter().all(|refund| refund.status == "succeeded").then_some(refunds)
        })
        .await?;
        assert_eq!(refunds.iter().map(|refund| refund.amount).sum::<i64>(), 500);
        Ok(())
    })
}

#[test]
fn money_goes_back_and_never_more_than_came() -> Tested {
    with_node(async |node| {
        let product = node.product("Back", 500, 9).await?.id;
        let client = node.client()?;
        let placed = confirmed(node, "ful-2", &product, "pm_card_visa").await?;
        let any = (placed.id.as_str(), None);
        let back = |amount| NewRefund { amount, reason: "a dented tin".to_owned() };
        let unpaid = client.refund_order("back-0", any, &back(Some(1))).await;
        assert_eq!(refused(unpaid), (409, "not_captured".to_owned()));
        let made = client.create_fulfillment(None, any, &NewFulfillment::default()).await?.body;
        client.change_fulfillment(any, &last(&made).id, "pack").await?;
        captured(node, &placed.id).await?;
        let first = client.refund_order("back-1", any, &back(Some(900))).await?;
        assert_eq!((first.body.amount, first.replayed), (900, false));
        let again = client.refund_order("back-1", any, &back(Some(900))).await?;
        assert_eq!((again.body.id, again.replayed), (first.body.id, true), "the same refund");
        let more = client.refund_order("back-2", any, &back(Some(601))).await;
        assert_eq!(refused(more), (409, "refund_too_large".to_owned()));
        let rest = client.refund_order("back-3", any, &back(None)).await?.body;
        assert_eq!(rest.amount, 600);
        eventually(async || {
            let order = node.client().ok()?.order(&placed.id).await.ok()?.body;
            (order.payment.status == "refunded" && order.payment.refunded == 1_500).then_some(())
        })
        .await
    })
}

#[test]
fn what_cannot_be_sent_is_refused_with_the_way_out() -> Tested {
    with_node(async |node| {
        let product = node.product("Refused", 500, 9).await?.id;
        let client = node.client()?;
        let placed = confirmed(node, "ful-3", &product, "on_account").await?;
        let any = (placed.id.as_str(), None);
        for (lines, status, code) in [
            (vec![LineUnits { line: 0, quantity: 4 }], 400, "out_of_range"),
            (vec![LineUnits { line: 7, quantity: 1 }], 400, "out_of_range"),
            (Vec::new(), 400, "out_of_range"),
        ] {
            let new = NewFulfillment { lines: Some(lines) };
            let answer = client.create_fulfillment(None, any, &new).await;
            assert_eq!(refused(answer), (status, code.to_owned()), "{new:?}");
        }
        let made = client.create_fulfillment(Some("f"), any, &units(3)).await?.body;
        let again = client.create_fulfillment(Some("f"), any, &units(3)).await?.body;
        assert_eq!(last(&made).id, last(&again).id, "one fulfillment for one key");
        let short = client.create_fulfillment(None, any, &units(1)).await;
        assert_eq!(refused(short), (409, "units_not_left".to_owned()));
        let unknown = "ful_0000000000000000000000000000000f";
        let nothing = client.change_fulfillment(any, unknown, "pack").await;
        assert_eq!(refused(nothing), (404, "fulfillment_not_found".to_owned()));
        let gone = client.change_fulfillment(any, &last(&made).id, "cancel").await?.body;
        assert_eq!(last(&gone).status, "canceled");
        let canceled = client.cancel_order(None, &placed.id).await?.body;
        assert_eq!(canceled.status, "canceled");
        let over = client.create_fulfillment(None, any, &units(1)).await;
        assert_eq!(refused(over), (409, "order_blocked".to_owned()));
        Ok(())
    })
}

/// Sends units of an order on account, and says which fulfillment they are in.
async fn sent(node: &Node, order: &str, quantity: u32) -> Result<String, Fault> {
    let (client, any) = (node.client()?, (order, None));
    let made = client.create_fulfillment(None, any, &units(quantity)).await?.body;
    let id = last(&made).id;
    client.change_fulfillment(any, &id, "pack").await?;
    client.ship_fulfillment(any, &id, &ups()).await?;
    Ok(id)
}

fn back(quantity: u32) -> NewReturn {
    let lines = vec![LineUnits { line: 0, quantity }];
    NewReturn { lines, reason: "too small".to_owned() }
}

#[test]
fn what_never_arrived_is_sent_once_more_and_nobody_pays_twice() -> Tested {
    with_node(async |node| {
        // Four shards: some of these products are not of the order's own.
        let client = node.client()?;
        let mut products = Vec::new();
        for number in 0..6 {
            products.push(node.product(&format!("Again {number}"), 500, 4).await?.id);
        }
        let lines: Vec<_> = products.iter().map(|id| (id.as_str(), 2)).collect();
        let method = Some("pm_card_visa".to_owned());
        let wanted = NewOrder { payment_method: method, ..order("cus_again", &lines) };
        let placed = client.place_order("again-1", &wanted, Some(15)).await?.body;
        let any = (placed.id.as_str(), None);
        let all = NewFulfillment { lines: None };
        let part = last(&client.create_fulfillment(None, any, &all).await?.body).id;
        client.change_fulfillment(any, &part, "pack").await?;
        captured(node, &placed.id).await?;
        client.ship_fulfillment(any, &part, &ups()).await?;
        let early = client.change_fulfillment(any, &part, "reship").await;
        assert_eq!(refused(early), (409, "wrong_fulfillment_state".to_owned()));
        let gone = LoseFulfillment { how: "lost".to_owned(), refund: Some(false) };
        client.lose_fulfillment(any, &part, &gone).await?;
        // The last units are somebody else's.
        let taken = order("cus_other", &[(&products[4], 1), (&products[5], 1)]);
        let taken = client.place_order("again-2", &taken, None).await?.body;
        let short = client.change_fulfillment(any, &part, "reship").await;
        assert_eq!(refused(short), (409, "out_of_stock".to_owned()));
        for product in &products[..4] {
            eventually(async || {
                let stock = node.client().ok()?.stock(product).await.ok()?.body;
                (stock.available == 2).then_some(())
            })
            .await?;
        }
        client.cancel_order(None, &taken.id).await?;
        eventually(async || {
            let again = node.client().ok()?.change_fulfillment(any, &part, "reship").await;
            let again = last(&again.ok()?.body);
            (again.status == "picking").then_some(())
        })
        .await?;
        let order = client.order(&placed.id).await?.body;
        let again = last(&order);
        assert_eq!(
            (order.status.as_str(), again.reship_of),
            ("partially_shipped", Some(part.clone()))
        );
        let twice = client.change_fulfillment(any, &part, "reship").await;
        assert_eq!(refused(twice), (409, "already_made_up".to_owned()));
        for verb in ["pack", "ship", "deliver"] {
            match verb {
                "ship" => client.ship_fulfillment(any, &again.id, &ups()).await?,
                verb => client.change_fulfillment(any, &again.id, verb).await?,
            };
        }
        let done = client.order(&placed.id).await?.body;
        assert_eq!((done.status.as_str(), done.payment.captured), ("delivered", 6_000));
        for product in &products {
            eventually(async || {
                let stock = node.client().ok()?.stock(product).await.ok()?.body;
                ((stock.on_hand, stock.committed) == (0, 0)).then_some(())
            })
            .await?;
        }
        let audit = client.audit().await?;
        assert!(audit.ok, "{:#?}", audit.violations);
        Ok(())
    })
}

#[test]
fn what_comes_back_is_on_hand_again_and_what_is_lost_is_not() -> Tested {
    with_node(async |node| {
        let product = node.product("Returned", 500, 9).await?.id;
        let client = node.client()?;
        let placed = confirmed(node, "ret-1", &product, "on_account").await?;
        let any = (placed.id.as_str(), None);
        let early = client.request_return("r-0", &placed.id, &back(1)).await;
        assert_eq!(refused(early), (409, "not_returnable".to_owned()));
        let lost = sent(node, &placed.id, 1).await?;
        let gone = LoseFulfillment { how: "lost".to_owned(), refund: None };
        let order = client.lose_fulfillment(any, &lost, &gone).await?.body;
        assert_eq!((last(&order).status.as_str(), order.lines[0].lost), ("lost", 1));
        let rest = sent(node, &placed.id, 2).await?;
        client.change_fulfillment(any, &rest, "deliver").await?;
        let asked = client.request_return("r-1", &placed.id, &back(2)).await?.body;
        assert_eq!(asked.status, "requested");
        let again = client.request_return("r-1", &placed.id, &back(2)).await?;
        assert_eq!((again.body.id, again.replayed), (asked.id.clone(), true));
        let more = client.request_return("r-2", &placed.id, &back(1)).await;
        assert_eq!(refused(more), (409, "units_not_left".to_owned()));
        client.approve_return(any, &asked.id).await?;
        let unit = |condition: &str| {
            let condition = condition.to_owned();
            ReceivedUnits { line: 0, quantity: 1, condition }
        };
        let received = Some(vec![unit("sellable"), unit("damaged")]);
        let came = ReceiveReturn { received, refund: None };
        let done = client.receive_return(any, &asked.id, &came).await?.body;
        assert_eq!((done.status.as_str(), done.received.len()), ("received", 2));
        eventually(async || {
            let stock = node.client().ok()?.stock(&product).await.ok()?.body;
            ((stock.on_hand, stock.available) == (7, 7)).then_some(())
        })
        .await?;
        assert_eq!(client.order(&placed.id).await?.body.status, "returned");
        assert_eq!(client.returns(&placed.id).await?.body.data, [done]);
        Ok(())
    })
}

#[test]
fn a_return_is_rejected_or_canceled() -> Tested {
    with_node(async |node| {
        let product = node.product("Kept", 500, 9).await?.id;
        let client = node.client()?;
        let placed = confirmed(node, "ret-2", &product, "on_account").await?;
        let any = (placed.id.as_str(), None);
        let sent = sent(node, &placed.id, 3).await?;
        client.change_fulfillment(any, &sent, "deliver").await?;
        let first = client.request_return("k-1", &placed.id, &back(1)).await?.body.id;
        let reject = RejectReturn { reason: "worn out".to_owned() };
        let rejected = client.reject_return(any, &first, &reject).await?.body;
        assert_eq!(rejected.rejection.as_deref(), Some("worn out"));
        let late = client.approve_return(any, &first).await;
        assert_eq!(refused(late), (409, "wrong_return_state".to_owned()));
        let second = client.request_return("k-2", &placed.id, &back(1)).await?.body.id;
        assert_eq!(client.cancel_return(&placed.id, &second).await?.body.status, "canceled");
        let unknown = "ret_0000000000000000000000000000000f";
        let nothing = client.cancel_return(&placed.id, unknown).await;
        assert_eq!(refused(nothing), (404, "return_not_found".to_owned()));
        assert_eq!(client.order(&placed.id).await?.body.status, "delivered");
        Ok(())
    })
}
