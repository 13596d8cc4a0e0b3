//! `/v1/recovery`: orders that do not go on by themselves, and asking about one at once.

use api_client::{Error, NewOrder, RecoverOrder};

use crate::harness::{Tested, order, with_node};

#[test]
fn an_order_is_asked_about_at_once_and_a_dry_run_does_nothing() -> Tested {
    with_node(async |node| {
        let product = node.product("Recovered", 900, 9).await?.id;
        let client = node.client()?;
        let wanted = |method: &str| NewOrder {
            payment_method: Some(method.to_owned()),
            ..order("cus_recovery", &[(product.as_str(), 1)])
        };
        let paid = client.place_order("recover-1", &wanted("pm_card_visa"), Some(15)).await?.body;
        assert_eq!(paid.status, "confirmed");
        let dry = RecoverOrder { reason: "a look".to_owned(), dry_run: Some(true), reviewed: None };
        let told = client.recover_order(None, &paid.id, &dry).await?.body;
        assert_eq!((told.dry_run, told.recovery.as_str()), (true, "ask"));
        assert_eq!(told.order.version, client.order(&paid.id).await?.body.version);
        let real = RecoverOrder { dry_run: None, ..dry };
        let told = client.recover_order(Some("recover-2"), &paid.id, &real).await?;
        assert_eq!((told.body.dry_run, told.body.recovery.as_str()), (false, "wait"));
        assert!(client.recover_order(Some("recover-2"), &paid.id, &real).await?.replayed);
        let history = client.order_history(&paid.id).await?.body.data;
        let asked = history.iter().filter(|step| step.transition == "T38");
        let reasons: Vec<_> = asked.map(|step| step.note.as_deref()).collect();
        assert_eq!(reasons, [Some("a look")], "{history:?}");
        let invoiced = client.place_order("recover-3", &wanted("on_account"), None).await?.body;
        match client.recover_order(None, &invoiced.id, &real).await {
            Err(Error::Problem { problem, .. }) => assert_eq!(problem.code, "nothing_to_recover"),
            other => return Err(format!("{other:?}").into()),
        }
        let stuck = client.orders_to_recover(100, None).await?.body.data;
        assert!(stuck.iter().all(|it| it.order_id != paid.id && it.order_id != invoiced.id));
        Ok(())
    })
}
