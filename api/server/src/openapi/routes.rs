//! Routes with their documents, declared once.

use axum::Router;
use axum::handler::Handler;
use axum::routing::on;

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

    /// What the document is made of.
    pub fn operations(&self) -> &[Op] {
        &self.operations
    }
}
