//! Calls about orders that were confirmed.

use reqwest::header::IF_MATCH;
use reqwest::{Method, RequestBuilder};

use crate::client::{answer, keyed};
use crate::*;

impl Client {
    /// Begins a fulfillment of an order, seen at a version; none for any.
    pub async fn create_fulfillment(
        &self,
        key: Option<&str>,
        (order, version): (&str, Option<u64>),
        new: &NewFulfillment,
    ) -> Result<Answer<Order>, Error> {
        let path = format!("/v1/orders/{order}/fulfillments");
        let request = matching(self.request(Method::POST, &path), version);
        answer(keyed(request, key).json(new)).await
    }

    /// Says that a fulfillment is packed, delivered or canceled: `verb` is the last of the path.
    pub async fn change_fulfillment(
        &self,
        (order, version): (&str, Option<u64>),
        fulfillment: &str,
        verb: &str,
    ) -> Result<Answer<Order>, Error> {
        let path = format!("/v1/orders/{order}/fulfillments/{fulfillment}/{verb}");
        answer(matching(self.request(Method::POST, &path), version)).await
    }

    /// Says that a fulfillment was handed to a carrier.
    pub async fn ship_fulfillment(
        &self,
        (order, version): (&str, Option<u64>),
        fulfillment: &str,
        ship: &ShipFulfillment,
    ) -> Result<Answer<Order>, Error> {
        let path = format!("/v1/orders/{order}/fulfillments/{fulfillment}/ship");
        answer(matching(self.request(Method::POST, &path), version).json(ship)).await
    }

    /// Cancels units of an order's lines.
    pub async fn cancel_lines(
        &self,
        key: Option<&str>,
        (order, version): (&str, Option<u64>),
        cancel: &CancelLines,
    ) -> Result<Answer<Order>, Error> {
        let path = format!("/v1/orders/{order}/lines/cancel");
        let request = matching(self.request(Method::POST, &path), version);
        answer(keyed(request, key).json(cancel)).await
    }

    /// Gives money of an order back.
    pub async fn refund_order(
        &self,
        key: &str,
        (order, version): (&str, Option<u64>),
        new: &NewRefund,
    ) -> Result<Answer<Refund>, Error> {
        let request = self.request(Method::POST, &format!("/v1/orders/{order}/refunds"));
        answer(keyed(matching(request, version), Some(key)).json(new)).await
    }

    /// What of an order's money was given back, or is to be, oldest first.
    pub async fn refunds(&self, order: &str) -> Result<Answer<List<Refund>>, Error> {
        self.get(&format!("/v1/orders/{order}/refunds"), &[]).await
    }
}

fn matching(request: RequestBuilder, version: Option<u64>) -> RequestBuilder {
    let tag = version.map_or_else(|| "*".to_owned(), |version| format!("\"{version}\""));
    request.header(IF_MATCH, tag)
}
