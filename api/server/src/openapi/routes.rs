//! Routes with their documents, declared once.

use std::collections::BTreeSet;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{any, on};

use super::Op;
use crate::state::App;

/// Routes, and what the document says of each.
pub struct Routes {
    tag: &'static str,
    router: Router<App>,
    operations: Vec<Op>,
}

impl Routes {
    /// No routes yet; those to come belong to one resource.
    pub fn of(tag: &'static str) -> Self {
        Self { tag, router: Router::new(), operations: Vec::new() }
    }

    /// One more route.
    pub fn on<H: Handler<T, App>, T: 'static>(mut self, operation: Op, handler: H) -> Self {
        self.router = self.router.route(operation.path(), on(operation.filter(), handler));
        self.operations.push(operation.tagged_as(self.tag));
        self
    }

    /// These and those of another resource.
    pub fn and(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.operations.extend(other.operations);
        self
    }

    /// What answers requests.
    pub fn into_router(self) -> Router<App> {
        self.router
    }

    /// The same paths, all of them answered by this, whatever is asked.
    pub fn answered_by<H: Handler<T, App>, T: 'static>(&self, handler: H) -> Router<App> {
        let paths: BTreeSet<&str> = self.operations.iter().map(Op::path).collect();
        let one = |router: Router<App>, path| router.route(path, any(handler.clone()));
        paths.into_iter().fold(Router::new(), one)
    }

    /// What the document is made of.
    pub fn operations(&self) -> &[Op] {
        &self.operations
    }
}
