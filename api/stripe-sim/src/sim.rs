//! One call from its head to its answer: who calls, what befalls it, its key, the work, the
//! journal.

use std::io;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::api;
use crate::book::{Book, Call};
use crate::clock;
use crate::error::Refusal;
use crate::form::Form;
use crate::gate::{Gate, Hang};
use crate::hooks::{Endpoint, Hooks};
use crate::keys::{Answer, KEY_CHARS_MAX, Keys};
use crate::knobs::{Chance, End, Knobs};
use crate::page;
use crate::store::{Store, UsedKey};

/// What a simulator is told when it starts.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The secret key that callers show.
    pub key: String,
    /// Where the journal is; without it everything is forgotten at the end.
    pub dir: Option<PathBuf>,
    /// From what chance is drawn.
    pub seed: u64,
    /// How often what goes wrong.
    pub knobs: Knobs,
    /// Where webhooks go.
    pub endpoint: Option<Endpoint>,
    /// CAs to be trusted there beside the public ones, PEM.
    pub ca: Option<Vec<u8>>,
}

/// A call as it comes.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The path, without the query.
    pub path: &'a str,
    /// The query of a GET, the body of a POST.
    pub parameters: &'a [u8],
    /// `Authorization`
    pub authorization: Option<&'a str>,
    /// `Idempotency-Key`
    pub key: Option<&'a str>,
}

/// What the caller gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// An answer; none if the connection breaks.
    pub answer: Option<Answer>,
    /// It is an earlier one's.
    pub replayed: bool,
    /// How long it takes, in milliseconds.
    pub latency_ms: u64,
}

/// A simulator.
pub struct Sim {
    key: String,
    base: String,
    state: Mutex<State>,
    hooks: Hooks,
    gate: Gate,
}

struct State {
    book: Book,
    keys: Keys,
    store: Store,
    chance: Chance,
}

impl Sim {
    /// One that is reached at this URL.
    pub fn new(config: Config, base: String) -> io::Result<Self> {
        let (store, book, keys) = match &config.dir {
            Some(dir) => Store::open(dir)?,
            None => Default::default(),
        };
        let hooks = Hooks::new(config.ca.as_deref())?;
        hooks.send_to(config.endpoint);
        let chance = Chance::new(config.seed, config.knobs);
        let state = Mutex::new(State { book, keys, store, chance });
        let gate = Gate::default();
        gate.set(config.knobs.hang);
        Ok(Self { key: config.key, base, state, hooks, gate })
    }

    /// Waits while calls that change something hang at this place.
    pub async fn pass(&self, method: &str, place: Hang) {
        if method == "POST" {
            self.gate.pass(place).await;
        }
    }

    /// Takes a call of the API.
    pub fn call(&self, request: Request<'_>) -> Outcome {
        let changes = request.method == "POST";
        let refunds = request.path.starts_with("/v1/refunds");
        let fate = self.state.lock().chance.call(changes, refunds);
        let (answer, replayed) = match (self.knows(request.authorization), fate.end) {
            (false, _) => (refused(&Refusal::unauthorized()), false),
            (true, End::TooMany) => (refused(&Refusal::too_many()), false),
            (true, end) => self.once(request, end),
        };
        let answer = (fate.end != End::Lost).then_some(answer);
        Outcome { answer, replayed, latency_ms: fate.latency_ms }
    }

    /// Does it, or finds that it was done under this key.
    fn once(&self, request: Request<'_>, end: End) -> (Answer, bool) {
        let key = request.key.filter(|_| request.method == "POST");
        if key.is_some_and(|key| key.is_empty() || key.chars().count() > KEY_CHARS_MAX) {
            let message = format!("A key has 1 to {KEY_CHARS_MAX} characters.");
            return (refused(&Refusal::parameter("Idempotency-Key", message)), false);
        }
        let named = format!("{} {} {}", request.method, request.path, same(request.parameters));
        let now = clock::now_s();
        let mut state = self.state.lock();
        if let Some(key) = key {
            match state.keys.take(key, &named, now) {
                Ok(None) => {}
                Ok(Some(answer)) => return (answer, true),
                Err(refusal) => return (refused(&refusal), false),
            }
        }
        let path: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        let call = Call { now, key, base: &self.base };
        let form = Form::parse(request.parameters);
        let done = match end {
            End::Failed => Err(Refusal::broken()),
            _ => api::perform(&mut state.book, call, (request.method, &path), form),
        };
        let early = done.as_ref().is_err_and(|refusal| refusal.is_early);
        let answer = match &done {
            Ok(_) if end == End::Broken => refused(&Refusal::broken()),
            Ok(value) => Answer { status: 200, body: value.to_string() },
            Err(refusal) => refused(refusal),
        };
        let used = key.filter(|_| !early).map(|key| {
            let (key, call) = (key.to_owned(), named.clone());
            UsedKey { key, call, at: now, answer: answer.clone() }
        });
        if let Some(key) = key {
            state.keys.settle(key, Some(&answer).filter(|_| !early));
        }
        self.keep(&mut state, used);
        (answer, false)
    }

    /// What a customer or a bank does, or who runs the simulator: outside of the API.
    pub fn steer(&self, method: &str, path: &[&str], body: &[u8]) -> Answer {
        let done = match (method, path) {
            ("GET", ["ledger"]) => Ok(api::ledger(&self.state.lock().book)),
            ("GET", ["knobs"]) => Ok(json!(self.state.lock().chance.knobs)),
            ("GET", ["hanging"]) => Ok(json!({ "hanging": self.gate.waiting() })),
            ("PUT", ["knobs"]) => self.turn(body),
            ("PUT", ["endpoint"]) => read(body).map(|endpoint: Option<Endpoint>| {
                self.hooks.send_to(endpoint);
                json!({})
            }),
            ("POST", path) => {
                let mut state = self.state.lock();
                let call = Call { now: clock::now_s(), key: None, base: &self.base };
                let done = api::steer(&mut state.book, call, path);
                self.keep(&mut state, None);
                done
            }
            _ => Err(Refusal::no_route()),
        };
        match done {
            Ok(value) => Answer { status: 200, body: value.to_string() },
            Err(refusal) => refused(&refusal),
        }
    }

    /// What was paid last, for a person to see.
    pub fn overview(&self) -> String {
        page::overview(self.state.lock().book.intents.values().rev())
    }

    /// Where the customer returns to, with how it went.
    pub fn returns(&self, intent: &str) -> Option<String> {
        let state = self.state.lock();
        let intent = state.book.intent(intent).ok()?;
        let url = intent.return_url.as_ref()?;
        let sign = if url.contains('?') { '&' } else { '?' };
        let status = if intent.declined.is_none() { "succeeded" } else { "failed" };
        Some(format!("{url}{sign}payment_intent={}&redirect_status={status}", intent.id))
    }

    fn turn(&self, body: &[u8]) -> Result<Value, Refusal> {
        let knobs: Knobs = read(body)?;
        knobs.check().map_err(|why| Refusal::parameter("knobs", why))?;
        self.state.lock().chance.knobs = knobs;
        self.gate.set(knobs.hang);
        Ok(json!(knobs))
    }

    /// Writes down what has changed, then tells the endpoint of it.
    fn keep(&self, state: &mut State, used: Option<UsedKey>) {
        let changes = state.book.changes();
        let events = changes.as_ref().map(|it| it.events.clone()).unwrap_or_default();
        if let Err(error) = state.store.write(changes, used) {
            tracing::error!(%error, "the journal cannot be written");
        }
        for event in events {
            let delivery = state.chance.webhook();
            self.hooks.send(&event, delivery);
        }
    }

    /// Bearer, or Basic with the key as the user's name.
    fn knows(&self, authorization: Option<&str>) -> bool {
        let Some((scheme, shown)) = authorization.and_then(|text| text.split_once(' ')) else {
            return false;
        };
        if scheme.eq_ignore_ascii_case("bearer") {
            return shown == self.key;
        }
        let named = STANDARD.decode(shown).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let user = named.as_deref().and_then(|text| text.split(':').next());
        scheme.eq_ignore_ascii_case("basic") && user == Some(self.key.as_str())
    }
}

/// The parameters in an order of their own: two calls are the same when their parameters are.
fn same(parameters: &[u8]) -> String {
    let text = String::from_utf8_lossy(parameters);
    let mut parameters: Vec<&str> = text.split('&').collect();
    parameters.sort_unstable();
    parameters.join("&")
}

fn refused(refusal: &Refusal) -> Answer {
    Answer { status: refusal.status, body: refusal.body().to_string() }
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let refused = |why: String| Refusal::parameter("body", why);
    let value: Value = serde_json::from_slice(body).map_err(|error| refused(error.to_string()))?;
    // A list would be read as the fields in their order.
    if value.is_array() {
        return Err(refused("a JSON object is wanted".to_owned()));
    }
    serde_json::from_value(value).map_err(|error| refused(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn calls_are_compared_by_their_parameters_in_any_order() {
        assert_eq!(same(b"amount=500&metadata[a]=1"), same(b"metadata[a]=1&amount=500"));
        assert_ne!(same(b"amount=500&metadata[a]=1"), same(b"amount=500&metadata[a]=2"));
    }
}
