//! What is asked of stock: its levels, what changes them, and how it is sold.

use reqwest::Method;
use reqwest::header::IF_MATCH;

use super::{Answer, Client, answer};
use crate::*;

impl Client {
    /// The stock level of a product.
    pub async fn stock(&self, product_id: &str) -> Result<Answer<Stock>, Error> {
        self.get(&format!("/v1/stock/{product_id}"), &[]).await
    }

    /// How a product's stock is sold.
    pub async fn stock_policy(&self, product_id: &str) -> Result<Answer<StockPolicy>, Error> {
        self.get(&format!("/v1/stock/{product_id}/policy"), &[]).await
    }

    /// Replaces the policy of a product's stock, whose version the caller saw.
    pub async fn set_stock_policy(
        &self,
        product_id: &str,
        version: u64,
        policy: &SetStockPolicy,
    ) -> Result<Answer<StockPolicy>, Error> {
        let request = self.request(Method::PUT, &format!("/v1/stock/{product_id}/policy"));
        answer(request.header(IF_MATCH, format!("\"{version}\"")).json(policy)).await
    }

    /// A page of a product's stock movements, oldest first.
    pub async fn movements(
        &self,
        product_id: &str,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Answer<List<Movement>>, Error> {
        self.page(&format!("/v1/stock/{product_id}/movements"), &[], limit, cursor).await
    }

    /// Records units that arrived.
    pub async fn receive_stock(
        &self,
        key: Option<&str>,
        receive: &ReceiveStock,
    ) -> Result<Answer<Stock>, Error> {
        self.post("/v1/stock/receipts", key, receive).await
    }

    /// Corrects the units on hand, with a reason.
    pub async fn adjust_stock(
        &self,
        key: Option<&str>,
        adjust: &AdjustStock,
    ) -> Result<Answer<Stock>, Error> {
        self.post("/v1/stock/adjustments", key, adjust).await
    }

    /// Moves free units from one location to another.
    pub async fn transfer_stock(
        &self,
        key: Option<&str>,
        transfer: &TransferStock,
    ) -> Result<Answer<Stock>, Error> {
        self.post("/v1/stock/transfers", key, transfer).await
    }

    /// A page of locations, the default one first.
    pub async fn locations(
        &self,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Answer<List<Location>>, Error> {
        self.page("/v1/locations", &[], limit, cursor).await
    }

    /// A location.
    pub async fn location(&self, id: &str) -> Result<Answer<Location>, Error> {
        self.get(&format!("/v1/locations/{id}"), &[]).await
    }

    /// Creates a location.
    pub async fn create_location(
        &self,
        key: Option<&str>,
        new: &NewLocation,
    ) -> Result<Answer<Location>, Error> {
        self.post("/v1/locations", key, new).await
    }

    /// Replaces what is said of a location, whose version the caller saw.
    pub async fn put_location(
        &self,
        id: &str,
        version: u64,
        new: &NewLocation,
    ) -> Result<Answer<Location>, Error> {
        let request = self.request(Method::PUT, &format!("/v1/locations/{id}"));
        answer(request.header(IF_MATCH, format!("\"{version}\"")).json(new)).await
    }

    /// From where the units of an order are to be sent.
    pub async fn order_allocation(&self, id: &str) -> Result<Answer<List<AllocatedUnits>>, Error> {
        self.get(&format!("/v1/orders/{id}/allocation"), &[]).await
    }
}
