//! `/v1/guests`: who buys without an account.

use api_client::Guest;
use axum::response::Response;
use hyper::StatusCode;

use crate::access::GuestToken;
use crate::answer;
use crate::errors::Error;
use crate::extract::NoBody;
use crate::openapi::{Op, Routes};

/// The routes of `/v1/guests`.
pub fn routes() -> Routes {
    Routes::of("access").on(
        Op::post("/v1/guests", "createGuest", "A token for somebody without an account")
            .about("Nothing is stored: a token that is never used leaves no trace.")
            .public()
            .no_body()
            .answers::<Guest>(201, "The guest, and the token that nobody can show again."),
        create,
    )
}

/// `POST /v1/guests`: a new guest. Nothing is stored: a token that is never used leaves no trace.
pub async fn create(_: NoBody) -> Result<Response, Error> {
    let token = GuestToken::fresh();
    let customer_id = token.owner()?.to_string();
    answer::json(StatusCode::CREATED, &Guest { token: token.reveal(), customer_id })
}
