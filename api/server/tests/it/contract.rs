//! The document as a judge: whether an answer, or a value, is what it promises.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use api_server::openapi;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::harness::Raw;

/// The document, made once.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(openapi::of_all_routes);

/// Validators by what they validate, compiled once.
static VALIDATORS: LazyLock<Mutex<HashMap<String, &'static Validator>>> =
    LazyLock::new(Default::default);

/// Every operation: its path, its method, and what the document says of it.
pub fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// What a reference stands for; anything else stands for itself.
pub fn resolved(value: &'static Value) -> &'static Value {
    let target = value["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
    target.map_or(value, |target| {
        DOCUMENT.pointer(target).unwrap_or_else(|| panic!("the document has no {target}"))
    })
}

/// What of a value is not as a schema of the document says.
pub fn broken(schema: &Value, value: &Value) -> Vec<String> {
    let validator = validator(schema);
    let errors = validator.iter_errors(value);
    errors.map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn validator(schema: &Value) -> &'static Validator {
    let mut known = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(schema.to_string()).or_insert_with(|| {
        let whole = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "allOf": [schema],
            "components": DOCUMENT["components"],
        });
        let options = jsonschema::options().should_validate_formats(true).build(&whole);
        Box::leak(Box::new(options.unwrap_or_else(|error| panic!("{schema}: {error}"))))
    })
}

/// Panics if an answer is none that the document promises. What no route takes is not in it.
pub fn check(method: &str, path: &str, raw: &Raw) {
    let path = path.split('?').next().unwrap_or_default();
    let method = method.to_ascii_lowercase();
    let templates = DOCUMENT["paths"].as_object().into_iter().flatten();
    let fitting = templates.filter(|(template, _)| matches(template, path));
    // A fixed path comes before one with a parameter, as in the router.
    let fitting = fitting.min_by_key(|(template, _)| template.contains('{'));
    let Some((template, item)) = fitting else { return };
    let Some(operation) = item.get(&method) else { return };
    let status = raw.status.to_string();
    let promised = operation["responses"].get(&status);
    let promised = promised.unwrap_or_else(|| {
        panic!("{method} {template} answered {status}, which is undocumented: {}", raw.text)
    });
    let response = resolved(promised);
    for (name, header) in response["headers"].as_object().into_iter().flatten() {
        let required = resolved(header)["required"] == json!(true);
        let there = raw.headers.contains_key(name.as_str());
        assert!(there || !required, "{method} {template}: {status} without {name}");
    }
    let Some(content) = response["content"].as_object() else { return };
    let media = raw.header("content-type").unwrap_or_default();
    let promised = content.get(&media).unwrap_or_else(|| {
        panic!("{method} {template}: {status} as {media:?}, which is undocumented")
    });
    if media.ends_with("json") {
        let broken = broken(&promised["schema"], &raw.json());
        assert!(broken.is_empty(), "{method} {template}: {status}: {broken:#?}\n{}", raw.text);
    }
}

fn matches(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    let same = |(wanted, found): (&&str, &&str)| {
        wanted == found || wanted.starts_with('{') && !found.is_empty()
    };
    template.len() == path.len() && template.iter().zip(&path).all(same)
}
