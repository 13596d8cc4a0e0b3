//! Shapes: what the wire types say of themselves, with the limits of their fields.

use std::collections::{BTreeMap, BTreeSet};

use api_client::List;
use serde_json::{Map, Value, json};
use utoipa::openapi::path::ParameterIn;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, ToSchema};

use super::limits;
use super::operation::reference;
use super::samples::samples;

/// The parameters that are the same everywhere, by field name.
const SHARED: [(&str, &str); 3] =
    [("limit", "Limit"), ("cursor", "Cursor"), ("consistency", "Consistency")];

/// Shapes by name.
#[derive(Default, Clone)]
pub struct Schemas {
    shapes: BTreeMap<String, Value>,
    requests: BTreeSet<String>,
}

impl Schemas {
    /// The shape of a request's body.
    pub fn request<T: ToSchema>(&mut self) -> Value {
        let before: BTreeSet<String> = self.shapes.keys().cloned().collect();
        let named = self.answer::<T>();
        let added = self.shapes.keys().filter(|name| !before.contains(*name)).cloned();
        self.requests.extend(added);
        named
    }

    /// The shape of an answer.
    pub fn answer<T: ToSchema>(&mut self) -> Value {
        self.add::<T>(T::name().into_owned())
    }

    /// The shape of a page.
    pub fn list<T: ToSchema>(&mut self) -> Value {
        self.answer::<T>();
        self.add::<List<T>>(format!("{}List", T::name()))
    }

    fn add<T: ToSchema>(&mut self, name: String) -> Value {
        let mut inner: Vec<(String, RefOr<Schema>)> = Vec::new();
        T::schemas(&mut inner);
        for (name, schema) in inner {
            self.shapes.insert(name, json!(schema));
        }
        let named = reference("schemas", &name);
        self.shapes.insert(name, json!(T::schema()));
        named
    }

    /// All shapes of both.
    pub fn merge(&mut self, other: &Self) {
        self.shapes.extend(other.shapes.clone());
        self.requests.extend(other.requests.clone());
    }

    /// The shapes as the document has them: with limits, and an example of each.
    pub fn document(&self) -> Value {
        let examples: BTreeMap<&str, Value> = samples().into_iter().collect();
        let mut all = Map::new();
        for (name, schema) in &self.shapes {
            let mut schema = schema.clone();
            let required: BTreeSet<String> = texts(schema.get("required"));
            let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
            for (field, property) in properties.into_iter().flatten() {
                if !self.requests.contains(name) && !required.contains(field) {
                    never_null(property);
                }
                limits::add(name, field, property);
            }
            if let (Some(all), Some(Value::Object(more))) =
                (schema.as_object_mut(), limits::between(name))
            {
                all.extend(more);
            }
            if let Some(example) = examples.get(name.as_str()) {
                schema["examples"] = json!([example]);
            }
            all.insert(name.clone(), schema);
        }
        Value::Object(all)
    }
}

/// The parameters of a query.
pub fn query<T: IntoParams>() -> Vec<Value> {
    let mut all = Vec::new();
    for parameter in T::into_params(|| Some(ParameterIn::Query)) {
        let shared = SHARED.iter().find(|(name, _)| *name == parameter.name);
        if let Some((_, component)) = shared {
            all.push(reference("parameters", component));
            continue;
        }
        let mut parameter = json!(parameter);
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        never_null(&mut parameter["schema"]);
        limits::add("Query", &name, &mut parameter["schema"]);
        all.push(parameter);
    }
    all
}

/// An optional field of an answer is absent rather than null.
fn never_null(schema: &mut Value) {
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema["type"] = only;
        }
    } else if let Some(choices) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        choices.retain(|choice| choice["type"] != "null");
    }
}

fn texts(array: Option<&Value>) -> BTreeSet<String> {
    let items = array.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
