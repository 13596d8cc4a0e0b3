//! The document, the routes, the wire types and the table of errors say the same.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use api_server::errors::Code;
use api_server::openapi;
use serde_json::{Value, json};

use crate::contract::{DOCUMENT, broken, operations, resolved};
use crate::harness::{Tested, with_node};

/// What renews the document.
const RENEW: &str = "STOA_BLESS=1 cargo test --release --locked -p api-server --test it openapi::";

/// Whose body has whatever fields Stripe gives it, and is refused unless Stripe has signed it.
const STRIPES: &str = "/v1/payments/stripe/webhooks";

/// The codes of requests that meet no operation.
const OF_NO_OPERATION: [&str; 1] = ["method_not_allowed"];

#[test]
fn the_document_is_checked_in() -> Tested {
    let path = Path::new("../../docs/api/openapi.json");
    let text = serde_json::to_string_pretty(&*DOCUMENT)? + "\n";
    if std::env::var_os("STOA_BLESS").is_some() {
        std::fs::write(path, &text)?;
    }
    let there: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let same = there == *DOCUMENT;
    assert!(same, "docs/api/openapi.json is not what the routes say; renew it with:\n{RENEW}");
    Ok(())
}

#[test]
fn the_document_is_whole() -> Tested {
    let mut references = BTreeSet::new();
    collect(&DOCUMENT, &mut references);
    for reference in &references {
        let there = reference.strip_prefix('#').and_then(|pointer| DOCUMENT.pointer(pointer));
        assert!(there.is_some(), "{reference} leads nowhere");
    }
    for (kind, components) in DOCUMENT["components"].as_object().ok_or("no components")? {
        for name in components.as_object().ok_or("no component")?.keys() {
            let reference = format!("#/components/{kind}/{name}");
            // Responses are there for each code, schemes are named otherwise.
            let free = ["responses", "securitySchemes"].contains(&kind.as_str());
            assert!(free || references.contains(&reference), "nobody names {reference}");
        }
    }
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap_or_default();
        assert!(ids.insert(id), "{method} {path}: {id:?} is there twice");
        let tag = &operation["tags"][0];
        let tags = DOCUMENT["tags"].as_array().ok_or("no tags")?;
        assert!(tags.iter().any(|known| known["name"] == *tag), "{method} {path}: {tag}");
    }
    Ok(())
}

/// Adds every reference in a value.
fn collect(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let reference = fields.get("$ref").and_then(Value::as_str);
            into.extend(reference.map(str::to_owned));
            fields.values().for_each(|value| collect(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, into)),
        _ => {}
    }
}

/// Asked with a method that nobody knows, each path says which it takes: those of the document.
#[test]
fn each_path_takes_the_documented_methods() -> Tested {
    with_node(|node| async {
        for (path, item) in DOCUMENT["paths"].as_object().ok_or("no paths")? {
            let documented: BTreeSet<String> =
                item.as_object().ok_or("no path")?.keys().map(|key| key.to_uppercase()).collect();
            let raw = node.call("PURGE", &path.replace("{id}", "x"), &[], "").await?;
            assert_eq!(raw.status, 405, "{path}: {}", raw.text);
            let allowed = raw.header("allow").unwrap_or_default();
            let allowed = allowed.split(',').map(|method| method.trim().to_owned());
            let allowed: BTreeSet<String> = allowed.filter(|method| method != "HEAD").collect();
            assert_eq!(allowed, documented, "{path}");
        }
        Ok(())
    })
}

/// Routes are declared through `Routes`, which documents them: nobody else makes any.
#[test]
fn routes_are_declared_in_one_way() -> Tested {
    let mut folders = vec![PathBuf::from("src")];
    let mut makers = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path)?;
            let made = [".route(", ".nest(", ".route_service(", ".nest_service("];
            if made.iter().any(|call| text.contains(call)) {
                makers.push(path.file_name().unwrap_or_default().to_owned());
            }
        }
    }
    assert_eq!(makers, ["routes.rs"]);
    Ok(())
}

#[test]
fn wire_types_and_shapes_agree() -> Tested {
    let samples = openapi::samples();
    let schemas = DOCUMENT["components"]["schemas"].as_object().ok_or("no schemas")?;
    let sampled: BTreeSet<&str> = samples.iter().map(|(name, _)| *name).collect();
    let named: BTreeSet<&str> = schemas.keys().map(String::as_str).collect();
    assert_eq!(sampled, named, "each shape has a sample");
    for (name, sample) in &samples {
        let reference = json!({"$ref": format!("#/components/schemas/{name}")});
        let wrong = broken(&reference, sample);
        assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{sample:#}");
        let told: BTreeSet<&String> = sample.as_object().ok_or("no object")?.keys().collect();
        let properties = schemas[*name]["properties"].as_object().ok_or("no properties")?;
        assert_eq!(told, properties.keys().collect(), "{name}: the fields of type and shape");
    }
    Ok(())
}

#[test]
fn a_wrong_value_is_found() {
    let product = json!({"$ref": "#/components/schemas/NewProduct"});
    let wrong = [
        json!({"price": 1, "currency": "USD"}),
        json!({"name": "x", "price": -1, "currency": "USD"}),
        json!({"name": "x", "price": 1, "currency": "dollars"}),
        json!({"name": "", "price": 1, "currency": "USD"}),
        json!({"name": "a\u{1}b", "price": 1, "currency": "USD"}),
        json!({"name": "x", "price": 1, "currency": "USD", "collection_ids": ["prod_1"]}),
        json!({"name": "x", "price": 1, "currency": "USD", "attributes": {"": "x"}}),
        json!({"name": "x", "price": 1, "currency": "USD", "color": "red"}),
    ];
    let patch = json!({"$ref": "#/components/schemas/PatchProduct"});
    assert!(!broken(&patch, &json!({"price": 5})).is_empty());
    assert!(!broken(&patch, &json!({"price": null, "currency": "USD"})).is_empty());
    assert!(broken(&patch, &json!({"name": "x", "price": null})).is_empty());
    for value in wrong {
        assert!(!broken(&product, &value).is_empty(), "{value}");
    }
}

#[test]
fn every_field_has_its_limits() {
    let schemas = DOCUMENT["components"]["schemas"].as_object().unwrap();
    let mut missing = Vec::new();
    for (name, schema) in schemas {
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            look(&format!("{name}.{field}"), property, &mut missing);
        }
    }
    for (path, method, operation) in operations() {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = resolved(parameter);
            let name = format!("{method} {path} {}", parameter["name"]);
            assert!(parameter["description"].is_string(), "{name} is not described");
            look(&name, &parameter["schema"], &mut missing);
        }
    }
    assert!(missing.is_empty(), "no limits: {missing:#?}");
}

/// Notes the texts and numbers without limits, and examples that are not valid.
fn look(name: &str, schema: &Value, missing: &mut Vec<String>) {
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds[0].as_str().unwrap_or_default(),
        kind => kind.as_str().unwrap_or_default(),
    };
    let has = |keys: &[&str]| keys.iter().any(|key| schema.get(key).is_some());
    let limited = match kind {
        "string" => has(&["pattern", "maxLength", "enum", "format", "const"]),
        "integer" | "number" => has(&["minimum"]) && has(&["maximum"]),
        _ => true,
    };
    if !limited {
        missing.push(name.to_owned());
    }
    if let Some(items) = schema.get("items").filter(|items| items.get("$ref").is_none()) {
        look(&format!("{name}[]"), items, missing);
    }
    for example in schema["examples"].as_array().into_iter().flatten() {
        let wrong = broken(schema, example);
        assert!(wrong.is_empty(), "{name}: the example {example} is not valid: {wrong:?}");
    }
}

#[test]
fn writes_refuse_unknown_fields() -> Tested {
    with_node(|node| async {
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", "unknown-fields"),
            ("if-match", "*"),
        ];
        let mut asked = 0;
        for (path, method, operation) in operations() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            if schema.is_null() || !path.starts_with("/v1/") {
                continue;
            }
            if path == STRIPES {
                let raw = node.call("POST", path, &headers, "{}").await?;
                assert_eq!((raw.status, raw.code()), (400, "invalid_signature".to_owned()));
                continue;
            }
            let schema = resolved(schema);
            let closed = schema["additionalProperties"] == json!(false)
                || schema["maxProperties"] == json!(0);
            assert!(closed, "{method} {path} documents a body that takes any field");
            let ids = operation["parameters"].as_array().into_iter().flatten().map(resolved);
            let ids = ids.filter(|parameter| parameter["in"] == "path");
            let path = ids.fold(path.to_owned(), |path, parameter| {
                let name = format!("{{{}}}", parameter["name"].as_str().unwrap_or_default());
                let example = &parameter["schema"]["examples"][0];
                path.replace(&name, example.as_str().unwrap_or_default())
            });
            let body = r#"{"no_such_field": 1}"#;
            let raw = node.call(&method.to_uppercase(), &path, &headers, body).await?;
            assert_eq!((raw.status, raw.code()), (400, "invalid_field".to_owned()), "{path}");
            assert_eq!(raw.param(), "no_such_field", "{path}");
            asked += 1;
        }
        assert!(asked > 10, "only {asked} writes have a body");
        Ok(())
    })
}

#[test]
fn every_code_is_documented() -> Tested {
    let path = "../../docs/errors.md";
    let text = std::fs::read_to_string(path)?;
    let explained: BTreeSet<&str> =
        text.split("\n## ").skip(1).filter_map(|section| section.lines().next()).collect();
    let components = &DOCUMENT["components"];
    let codes = &components["schemas"]["Problem"]["properties"]["code"]["enum"];
    let codes = codes.as_array().ok_or("no codes")?.iter().filter_map(Value::as_str);
    assert_eq!(codes.collect::<BTreeSet<_>>(), explained, "docs/errors.md and the document");
    let mut used = BTreeSet::new();
    for (path, method, operation) in operations() {
        for (status, response) in operation["responses"].as_object().ok_or("no responses")? {
            let problem = &resolved(response)["content"]["application/problem+json"];
            let names = problem["schema"]["allOf"][1]["properties"]["code"]["enum"].as_array();
            for name in names.into_iter().flatten().filter_map(Value::as_str) {
                let code = Code::ALL.iter().find(|code| code.name() == name);
                let code = code.ok_or_else(|| format!("{method} {path}: {name} is no code"))?;
                assert_eq!(code.status().to_string(), *status, "{method} {path}: {name}");
                assert!(!OF_NO_OPERATION.contains(&name), "{name} is {method} {path}'s");
                used.insert(name);
            }
        }
    }
    used.extend(OF_NO_OPERATION);
    assert_eq!(used, explained, "each code is one that some operation answers with");
    Ok(())
}
