//! Where in a JSON text an error is, as a path that people read: `lines[2].quantity`.

use crate::extract::backticked;

/// An object or array that the scan is inside of.
enum Frame {
    Object { key: String, at_key: bool },
    Array { index: usize },
}

/// The path of the field that a data error is about.
pub fn of(body: &[u8], error: &serde_json::Error) -> Option<String> {
    let text = error.to_string();
    let mut path = at(body, offset(body, error.line(), error.column()));
    if text.starts_with("missing field") {
        let field = backticked(&text)?;
        path = if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
    }
    (!path.is_empty()).then_some(path)
}

/// The byte that a line and a column name.
fn offset(body: &[u8], line: usize, column: usize) -> usize {
    let breaks = body.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let start = std::iter::once(0).chain(breaks).nth(line.saturating_sub(1)).unwrap_or(0);
    start.saturating_add(column).min(body.len())
}

/// The path of what lies before `end`.
fn at(body: &[u8], end: usize) -> String {
    let mut stack: Vec<Frame> = Vec::new();
    let mut position = 0;
    while position < end {
        match body[position] {
            b'"' => {
                let close = string_end(body, position + 1);
                if let Some(Frame::Object { key, at_key: true }) = stack.last_mut() {
                    let text = body.get(position + 1..close).unwrap_or_default();
                    *key = String::from_utf8_lossy(text).into_owned();
                }
                position = close;
            }
            b'{' => stack.push(Frame::Object { key: String::new(), at_key: true }),
            b'[' => stack.push(Frame::Array { index: 0 }),
            b'}' | b']' => drop(stack.pop()),
            b':' => {
                if let Some(Frame::Object { at_key, .. }) = stack.last_mut() {
                    *at_key = false;
                }
            }
            b',' => match stack.last_mut() {
                Some(Frame::Object { at_key, .. }) => *at_key = true,
                Some(Frame::Array { index }) => *index += 1,
                None => {}
            },
            _ => {}
        }
        position += 1;
    }
    written(&stack)
}

/// The position of the quote that ends a string.
fn string_end(body: &[u8], mut position: usize) -> usize {
    while let Some(byte) = body.get(position) {
        match byte {
            b'"' => break,
            b'\\' => position += 2,
            _ => position += 1,
        }
    }
    position
}

fn written(stack: &[Frame]) -> String {
    let mut path = String::new();
    for frame in stack {
        match frame {
            Frame::Object { key, .. } if key.is_empty() => {}
            Frame::Object { key, .. } if path.is_empty() => path.push_str(key),
            Frame::Object { key, .. } => path = format!("{path}.{key}"),
            Frame::Array { index } => path = format!("{path}[{index}]"),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use api_client::NewOrder;

    use super::*;

    fn path(body: &str) -> Option<String> {
        let error = serde_json::from_str::<NewOrder>(body).err()?;
        of(body.as_bytes(), &error)
    }

    #[test]
    fn the_path_names_the_field_at_fault() {
        let line = |text: &str| format!("{{\"customer_id\": \"a,{{\\\"\",\n \"lines\": [{text}]}}");
        let good = r#"{"product_id": "p", "quantity": 1}"#;
        let negative = line(&format!(r#"{good}, {{"product_id": "p", "quantity": -1}}"#));
        assert_eq!(path(&negative).as_deref(), Some("lines[1].quantity"));
        let unknown = line(r#"{"product_id": "p", "quantity": 1, "size": 2}"#);
        assert_eq!(path(&unknown).as_deref(), Some("lines[0].size"));
        let missing = line(&format!("{good}, {{\"quantity\": 1}}"));
        assert_eq!(path(&missing).as_deref(), Some("lines[1].product_id"));
        assert_eq!(path("{}").as_deref(), Some("customer_id"));
        assert_eq!(path(r#"{"customer_id": 7}"#).as_deref(), Some("customer_id"));
        assert_eq!(path("[]"), None);
        assert_eq!(
            path(r#"{"customer_id": "a", "customer_id": "b"}"#).as_deref(),
            Some("customer_id")
        );
    }
}
