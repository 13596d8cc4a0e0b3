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

    /// Says that a fulfillment is packed, delivered or canceled, or is to be sent once more: `verb`
    /// is the last of the path.
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

    /// Says that a fulfillment never arrives.
    pub async fn lose_fulfillment(
        &self,
        (order, version): (&str, Option<u64>),
        fulfillment: &str,
        lose: &LoseFulfillment,
    ) -> Result<Answer<Order>, Error> {
        let path = format!("/v1/orders/{order}/fulfillments/{fulfillment}/lost");
        answer(matching(self.request(Method::POST, &path), version).json(lose)).await
    }

    /// Asks for a return of units that have arrived.
    pub async fn request_return(
        &self,
        key: &str,
        order: &str,
        new: &NewReturn,
    ) -> Result<Answer<Return>, Error> {
        let request = self.request(Method::POST, &format!("/v1/orders/{order}/returns"));
        answer(keyed(request, Some(key)).json(new)).await
    }

    /// The returns of an order, oldest first.
    pub async fn returns(&self, order: &str) -> Result<Answer<List<Return>>, Error> {
        self.get(&format!("/v1/orders/{order}/returns"), &[]).await
    }

    /// Approves a return.
    pub async fn approve_return(
        &self,
        (order, version): (&str, Option<u64>),
        id: &str,
    ) -> Result<Answer<Return>, Error> {
        let path = format!("/v1/orders/{order}/returns/{id}/approve");
        answer(matching(self.request(Method::POST, &path), version)).await
    }

    /// Rejects a return.
    pub async fn reject_return(
        &self,
        (order, version): (&str, Option<u64>),
        id: &str,
        reject: &RejectReturn,
    ) -> Result<Answer<Return>, Error> {
        let path = format!("/v1/orders/{order}/returns/{id}/reject");
        answer(matching(self.request(Method::POST, &path), version).json(reject)).await
    }

    /// Takes in what came of a return.
    pub async fn receive_return(
        &self,
        (order, version): (&str, Option<u64>),
        id: &str,
        receive: &ReceiveReturn,
    ) -> Result<Answer<Return>, Error> {
        let path = format!("/v1/orders/{order}/returns/{id}/receive");
        answer(matching(self.request(Method::POST, &path), version).json(receive)).await
    }

    /// Cancels a return of which nothing has come.
    pub async fn cancel_return(&self, order: &str, id: &str) -> Result<Answer<Return>, Error> {
        let path = format!("/v1/orders/{order}/returns/{id}/cancel");
        answer(self.request(Method::POST, &path)).await
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
