//! What the document says of one operation, said where the route is declared.
//!
//! Each method adds what comes with one habit of a handler: its parameters, the headers of its
//! answer, and the problems it can answer with. Only what is particular is listed by hand.

use std::collections::BTreeMap;

use axum::routing::MethodFilter;
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use super::schemas::{self, Schemas};
use crate::access;
use crate::errors::Code;
use crate::shedding;

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Everybody.
    Public,
    /// The holder of an API key that allows it.
    ApiKey,
    /// The same, or the customer whose it is.
    Customer,
}

/// One operation of the document.
pub struct Op {
    method: (&'static str, MethodFilter),
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    about: Option<&'static str>,
    tag: &'static str,
    access: Access,
    parameters: Vec<Value>,
    body: Option<Value>,
    answers: BTreeMap<u16, Value>,
    headers: Vec<(&'static str, &'static str)>,
    refusals: Vec<Code>,
    schemas: Schemas,
}

impl Op {
    /// A read.
    pub fn get(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new(("get", MethodFilter::GET), path, id, summary)
    }

    /// A write that makes something, or a verb.
    pub fn post(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new(("post", MethodFilter::POST), path, id, summary).writes()
    }

    /// A write that replaces.
    pub fn put(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new(("put", MethodFilter::PUT), path, id, summary).writes()
    }

    /// A write that changes what it names.
    pub fn patch(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new(("patch", MethodFilter::PATCH), path, id, summary).writes()
    }

    /// A write that ends something.
    pub fn delete(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new(("delete", MethodFilter::DELETE), path, id, summary).writes()
    }

    fn new(
        method: (&'static str, MethodFilter),
        path: &'static str,
        id: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            path,
            id,
            summary,
            about: None,
            tag: "",
            access: Access::ApiKey,
            parameters: Vec::new(),
            body: None,
            answers: BTreeMap::new(),
            headers: Vec::new(),
            refusals: vec![Code::Internal],
            schemas: Schemas::default(),
        }
    }

    /// What somebody should know beside the summary.
    pub fn about(mut self, text: &'static str) -> Self {
        self.about = Some(text);
        self
    }

    /// Everybody may call it.
    pub fn public(mut self) -> Self {
        self.access = Access::Public;
        self
    }

    /// A customer may call it for what is theirs.
    pub fn customers(mut self) -> Self {
        self.access = Access::Customer;
        self
    }

    /// The `{id}` in the path: one of the shared parameters.
    pub fn id(self, parameter: &'static str) -> Self {
        self.parameter(parameter).refuses(&[Code::InvalidId])
    }

    /// One of the shared parameters, once.
    pub fn parameter(mut self, name: &'static str) -> Self {
        let named = reference("parameters", name);
        if !self.parameters.contains(&named) {
            self.parameters.push(named);
        }
        self
    }

    /// A parameter of this operation alone.
    pub fn own_parameter(mut self, parameter: Value) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// The parameters after the `?`, which are these fields and no other.
    pub fn query<T: IntoParams>(mut self) -> Self {
        self.parameters.extend(schemas::query::<T>());
        self.refuses(&[Code::InvalidParameter])
    }

    /// It reads rows: the request may say how fresh they must be, and the answer says how fresh.
    pub fn fresh(self) -> Self {
        self.parameter("Consistency")
            .parameter("MinToken")
            .parameter("MaxStaleness")
            .refuses(&[Code::InvalidParameter, Code::InvalidHeader])
            .refuses(&[Code::TooStale, Code::NoQuorum, Code::Stopping])
            .seen()
    }

    /// It answers with one page of a list.
    pub fn page(self) -> Self {
        self.parameter("Limit")
            .parameter("Cursor")
            .refuses(&[Code::InvalidParameter, Code::OutOfRange])
    }

    /// It takes a JSON body.
    pub fn body<T: ToSchema>(self) -> Self {
        self.any_body::<T>().refuses(&[Code::UnsupportedMediaType])
    }

    /// It takes a JSON body under any media type, as the seeds do.
    pub fn any_body<T: ToSchema>(mut self) -> Self {
        let schema = self.schemas.request::<T>();
        self.body =
            Some(json!({"required": true, "content": {"application/json": {"schema": schema}}}));
        self.refuses(&[
            Code::InvalidJson,
            Code::InvalidField,
            Code::RequestTimeout,
            Code::BodyTooLarge,
        ])
    }

    /// Of the body's fields, which are all optional elsewhere, these are needed here.
    pub fn needs(mut self, fields: &[&str]) -> Self {
        if let Some(body) = &mut self.body {
            let schema = &mut body["content"]["application/json"]["schema"];
            let named =
                fields.iter().map(|field| ((*field).to_owned(), json!({"not": {"type": "null"}})));
            let named: Map<String, Value> = named.collect();
            let needed = json!({"required": fields, "properties": named});
            *schema = json!({"allOf": [schema.take(), needed]});
        }
        self
    }

    /// It takes no body: nothing, or an empty JSON object.
    pub fn no_body(mut self) -> Self {
        let schema = json!({"type": "object", "maxProperties": 0});
        self.body = Some(json!({
            "required": false, "description": "Nothing, or an empty object.",
            "content": {"application/json": {"schema": schema}},
        }));
        self.refuses(&[
            Code::InvalidJson,
            Code::InvalidField,
            Code::RequestTimeout,
            Code::BodyTooLarge,
        ])
    }

    /// It may have an idempotency key.
    pub fn keyed(self) -> Self {
        self.parameter("IdempotencyKey").replays()
    }

    /// It must have an idempotency key.
    pub fn key_required(self) -> Self {
        self.parameter("RequiredIdempotencyKey").replays().refuses(&[Code::IdempotencyKeyRequired])
    }

    fn replays(self) -> Self {
        self.header("Idempotent-Replayed", "Replayed")
            .refuses(&[Code::InvalidHeader, Code::IdempotencyMismatch])
    }

    /// It changes the version that the request names.
    pub fn if_match(self) -> Self {
        self.parameter("IfMatch").refuses(&[
            Code::InvalidHeader,
            Code::IfMatchRequired,
            Code::VersionMismatch,
        ])
    }

    /// It changes the version that the request names, if it names one.
    pub fn if_match_given(self) -> Self {
        self.parameter("IfMatchGiven").refuses(&[Code::InvalidHeader, Code::VersionMismatch])
    }

    /// Its answer has a version tag.
    pub fn tagged(self) -> Self {
        self.header("ETag", "ETag")
    }

    /// A read whose answer has a version tag, and is left out when the caller has that version.
    pub fn cached(mut self) -> Self {
        let description = "The caller has this version already.";
        self.answers.insert(304, json!({"description": description}));
        self.parameter("IfNoneMatch").tagged()
    }

    /// Its answer says where it stood in the logs.
    pub fn seen(self) -> Self {
        self.header("Stoa-Token", "Token").header("Stoa-As-Of", "AsOf")
    }

    fn header(mut self, name: &'static str, component: &'static str) -> Self {
        self.headers.push((name, component));
        self
    }

    fn writes(self) -> Self {
        self.refuses(&[Code::Overloaded, Code::NoQuorum, Code::OutcomeUnknown, Code::Stopping])
    }

    /// It answers with a value of this type.
    pub fn answers<T: ToSchema>(mut self, status: u16, description: &str) -> Self {
        let schema = self.schemas.answer::<T>();
        self.answers.insert(status, content(description, "application/json", &schema));
        self
    }

    /// It answers with a page of values of this type.
    pub fn lists<T: ToSchema>(mut self, description: &str) -> Self {
        let schema = self.schemas.list::<T>();
        self.answers.insert(200, content(description, "application/json", &schema));
        self
    }

    /// It answers with a stream of events, too, where the client asks for one.
    pub fn streams(mut self) -> Self {
        let schema = json!({"type": "string"});
        if let Some(answer) = self.answers.get_mut(&200) {
            answer["content"]["text/event-stream"] = json!({"schema": schema});
        }
        self
    }

    /// It answers with something that is no JSON of ours.
    pub fn sends(mut self, media: &[&str], schema: &Value, description: &str) -> Self {
        let media = media.iter().map(|media| ((*media).to_owned(), json!({"schema": schema})));
        let content: Map<String, Value> = media.collect();
        self.answers.insert(200, json!({"description": description, "content": content}));
        self
    }

    /// The problems that it alone can answer with.
    pub fn refuses(mut self, codes: &[Code]) -> Self {
        self.refusals.extend(codes);
        self
    }

    /// Which resource it belongs to.
    pub fn tagged_as(mut self, tag: &'static str) -> Self {
        self.tag = tag;
        self
    }

    /// The route's path.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// The route's method, in lower case.
    pub fn method(&self) -> &'static str {
        self.method.0
    }

    /// The route's method, for the router.
    pub fn filter(&self) -> MethodFilter {
        self.method.1
    }

    /// The shapes that it names.
    pub fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    /// What the document says of it.
    pub fn document(&self) -> Value {
        let mut operation = Map::new();
        operation.insert("operationId".into(), json!(self.id));
        operation.insert("summary".into(), json!(self.summary));
        operation.insert("tags".into(), json!([self.tag]));
        operation.insert("security".into(), self.security());
        operation.insert("responses".into(), Value::Object(self.responses()));
        if let Some(about) = self.about {
            operation.insert("description".into(), json!(about));
        }
        if !self.parameters.is_empty() {
            operation.insert("parameters".into(), json!(self.parameters));
        }
        if let Some(body) = &self.body {
            operation.insert("requestBody".into(), body.clone());
        }
        Value::Object(operation)
    }

    fn security(&self) -> Value {
        match self.access {
            Access::Public => json!([]),
            Access::ApiKey => json!([{"apiKey": []}]),
            Access::Customer => json!([{"apiKey": []}, {"customer": []}]),
        }
    }

    fn responses(&self) -> Map<String, Value> {
        let mut headers: Map<String, Value> = self
            .headers
            .iter()
            .map(|(name, component)| ((*name).to_owned(), reference("headers", component)))
            .collect();
        headers.extend(common_headers());
        let mut responses: Map<String, Value> = Map::new();
        for (status, answer) in &self.answers {
            let mut answer = answer.clone();
            answer["headers"] = Value::Object(headers.clone());
            responses.insert(status.to_string(), answer);
        }
        for (status, codes) in self.refusals_by_status() {
            let response = match codes.as_slice() {
                [code] => reference("responses", code.name()),
                codes => problem(codes),
            };
            responses.insert(status.to_string(), response);
        }
        responses
    }

    fn refusals_by_status(&self) -> BTreeMap<u16, Vec<Code>> {
        let door = |code: Code| match code.status() {
            // Credentials that are shown must be good, also where none are needed.
            401 | 403 | 429 => !access::is_uncounted(self.path),
            _ => code == Code::Overloaded && !shedding::is_vital(self.path),
        };
        let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
        for code in Code::ALL {
            if self.refusals.contains(code) || door(*code) {
                by_status.entry(code.status()).or_default().push(*code);
            }
        }
        by_status
    }
}

/// The response of these codes, which have one status.
pub fn problem(codes: &[Code]) -> Value {
    let lines: Vec<String> =
        codes.iter().map(|code| format!("`{}`: {}.", code.name(), code.title())).collect();
    let status = codes.first().map(|code| code.status());
    let names: Vec<&str> = codes.iter().map(|code| code.name()).collect();
    let mut headers: Map<String, Value> = common_headers().collect();
    if codes.iter().any(|code| code.is_retryable()) {
        headers.insert("Retry-After".into(), reference("headers", "RetryAfter"));
    }
    let schema = json!({
        "allOf": [
            reference("schemas", "Problem"),
            {"properties": {"code": {"enum": names}, "status": {"const": status}}},
        ],
    });
    let mut response = content(&lines.join("\n\n"), "application/problem+json", &schema);
    response["headers"] = Value::Object(headers);
    response
}

/// The headers that every answer has or may have.
fn common_headers() -> impl Iterator<Item = (String, Value)> {
    let headers = [
        ("Stoa-Request-Id", "RequestId"),
        ("RateLimit-Limit", "RateLimit"),
        ("RateLimit-Remaining", "RateRemaining"),
        ("RateLimit-Reset", "RateReset"),
    ];
    headers.into_iter().map(|(name, header)| (name.to_owned(), reference("headers", header)))
}

fn content(description: &str, media: &str, schema: &Value) -> Value {
    json!({"description": description, "content": {media: {"schema": schema}}})
}

/// A reference to a component of the document.
pub fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}
