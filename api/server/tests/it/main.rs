//! The node over HTTP, as clients meet it: one node in this process, shared by all tests.

mod access;
mod audit_trail;
mod cards;
mod catalog;
mod cluster;
mod contract;
mod errors_document;
mod foreign;
mod garbage;
mod gateway;
mod harness;
mod holds;
mod metrics;
mod openapi;
mod ops;
mod orders;
mod payments;
mod reads;
mod search;
mod seeds;
mod stock;
mod stock_policy;
mod stripe;
mod tls;
mod viewer;
mod webhooks;
