//! Errors as Stripe words them (<https://docs.stripe.com/api/errors>).

use serde_json::{Value, json};

/// Why a call was refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// `invalid_request_error`, `card_error`, `idempotency_error` or `api_error`.
    pub kind: &'static str,
    /// What a program tells it by.
    pub code: Option<&'static str>,
    /// Why the bank declined.
    pub decline_code: Option<&'static str>,
    /// What a person reads.
    pub message: String,
    /// The parameter that is wrong.
    pub param: Option<String>,
    /// The intent that it is about, as it is now.
    pub intent: Option<Box<Value>>,
    /// It was found before anything was done, so no idempotency key remembers it.
    pub is_early: bool,
}

impl Refusal {
    fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            code: None,
            decline_code: None,
            message: message.into(),
            param: None,
            intent: None,
            is_early: false,
        }
    }

    /// A parameter is wrong.
    pub fn parameter(name: &str, message: impl Into<String>) -> Self {
        let refusal = Self::new(400, "invalid_request_error", message);
        Self { param: Some(name.to_owned()), is_early: true, ..refusal }
    }

    /// A parameter is not there.
    pub fn missing(name: &str) -> Self {
        let refusal = Self::parameter(name, format!("Missing required param: {name}."));
        Self { code: Some("parameter_missing"), ..refusal }
    }

    /// There is no such object.
    pub fn unknown(what: &str, id: &str) -> Self {
        let message = format!("No such {what}: '{id}'");
        let refusal = Self::new(404, "invalid_request_error", message);
        Self { code: Some("resource_missing"), ..refusal }
    }

    /// The object does not allow it now.
    pub fn state(message: impl Into<String>) -> Self {
        let refusal = Self::new(400, "invalid_request_error", message);
        Self { code: Some("payment_intent_unexpected_state"), ..refusal }
    }

    /// Any other request that cannot be done.
    pub fn request(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: Some(code), ..Self::new(400, "invalid_request_error", message) }
    }

    /// The card said no.
    pub fn card(code: &'static str, decline_code: &'static str) -> Self {
        let refusal = Self::new(402, "card_error", "Your card was declined.");
        Self { code: Some(code), decline_code: Some(decline_code), ..refusal }
    }

    /// The key was used for something else.
    pub fn other_request() -> Self {
        let message = "Keys for idempotent requests can only be used with the same parameters \
                       they were first used with.";
        Self { is_early: true, ..Self::new(400, "idempotency_error", message) }
    }

    /// The key is in use at this moment.
    pub fn key_in_use() -> Self {
        let message = "There is currently another in-progress request using this idempotency key.";
        let refusal = Self::new(409, "idempotency_error", message);
        Self { code: Some("idempotency_key_in_use"), is_early: true, ..refusal }
    }

    /// Too many calls.
    pub fn too_many() -> Self {
        let refusal = Self::new(429, "invalid_request_error", "Too many requests.");
        Self { code: Some("rate_limit"), is_early: true, ..refusal }
    }

    /// Nobody knows the caller.
    pub fn unauthorized() -> Self {
        let message = "You did not provide a valid API key. Use HTTP Bearer authorization.";
        Self { is_early: true, ..Self::new(401, "invalid_request_error", message) }
    }

    /// There is no such URL.
    pub fn no_route() -> Self {
        let message = "Unrecognized request URL.";
        Self { is_early: true, ..Self::new(404, "invalid_request_error", message) }
    }

    /// Something broke, after or before the work.
    pub fn broken() -> Self {
        Self::new(500, "api_error", "An unknown error occurred")
    }

    /// The error's body.
    pub fn body(&self) -> Value {
        let mut error = json!({"type": self.kind, "message": self.message});
        let fields = [
            ("code", self.code.map(Value::from)),
            ("decline_code", self.decline_code.map(Value::from)),
            ("param", self.param.clone().map(Value::from)),
            ("payment_intent", self.intent.clone().map(|intent| *intent)),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                error[name] = value;
            }
        }
        json!({"error": error})
    }
}
