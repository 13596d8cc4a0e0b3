//! Parameters of a call: `application/x-www-form-urlencoded`, with names like `metadata[order_id]`
//! (<https://docs.stripe.com/api#intro>). A name that nobody asks for is refused, as Stripe does.

use std::collections::BTreeMap;

use crate::error::Refusal;
use crate::model::Metadata;

/// The most pairs that a caller may attach, and the longest names and values, in characters
/// (<https://docs.stripe.com/api/metadata>).
const METADATA_MAX: usize = 50;
const METADATA_NAME_MAX: usize = 40;
const METADATA_VALUE_MAX: usize = 500;

/// The parameters that were not yet asked for.
#[derive(Debug, Default)]
pub struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads a body or a query.
    pub fn parse(text: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(text);
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// A text, if it is there; an empty one counts as none.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|text| !text.is_empty())
    }

    /// A number, if it is there.
    pub fn number(&mut self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.parse().map_err(|_| {
            let refusal = Refusal::parameter(name, format!("Invalid integer: {text}"));
            Refusal { code: Some("parameter_invalid_integer"), ..refusal }
        });
        number.map(Some)
    }

    /// Yes or no, if it is there.
    pub fn truth(&mut self, name: &str) -> Result<Option<bool>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let wrong = || Refusal::parameter(name, format!("Invalid boolean: {text}"));
        text.parse().map(Some).map_err(|_| wrong())
    }

    /// One of a few words, if it is there.
    pub fn word(&mut self, name: &str, words: &[&str]) -> Result<Option<String>, Refusal> {
        let text = self.text(name);
        match &text {
            Some(word) if !words.contains(&word.as_str()) => {
                let message = format!("Invalid {name}: must be one of {}", words.join(", "));
                Err(Refusal::parameter(name, message))
            }
            _ => Ok(text),
        }
    }

    /// What the caller attaches.
    pub fn metadata(&mut self) -> Result<Metadata, Refusal> {
        let inner = |name: &str| {
            let inner = name.strip_prefix("metadata[").and_then(|rest| rest.strip_suffix(']'));
            inner.map(str::to_owned)
        };
        let mut metadata = Metadata::new();
        for (name, value) in self.take(|name| inner(name).is_some()) {
            let Some(inner) = inner(&name) else { continue };
            let fits = inner.chars().count() <= METADATA_NAME_MAX
                && value.chars().count() <= METADATA_VALUE_MAX;
            if !fits || metadata.len() == METADATA_MAX {
                let message = format!(
                    "Metadata has at most {METADATA_MAX} pairs, names of {METADATA_NAME_MAX} and \
                     values of {METADATA_VALUE_MAX} characters."
                );
                return Err(Refusal::parameter("metadata", message));
            }
            metadata.insert(inner, value);
        }
        Ok(metadata)
    }

    /// The texts of a list, as `expand[]=latest_charge` or `expand[0]=latest_charge`.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let of = |it: &str| it.strip_prefix(name).is_some_and(|rest| rest.starts_with('['));
        self.take(of).into_iter().map(|(_, text)| text).collect()
    }

    /// Leaves out what is taken, and means nothing here.
    pub fn ignore(&mut self, prefixes: &[&str]) {
        self.take(|name| prefixes.iter().any(|prefix| name.starts_with(prefix)));
    }

    /// That all were asked for.
    pub fn done(self) -> Result<(), Refusal> {
        match self.0.into_keys().next() {
            None => Ok(()),
            Some(name) => {
                let message = format!("Received unknown parameter: {name}");
                let refusal = Refusal::parameter(&name, message);
                Err(Refusal { code: Some("parameter_unknown"), ..refusal })
            }
        }
    }

    fn take(&mut self, wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
        let names: Vec<String> = self.0.keys().filter(|name| wanted(name)).cloned().collect();
        names.iter().filter_map(|name| self.0.remove_entry(name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_once_and_unknown_ones_are_refused() {
        let text = b"amount=1200&currency=usd&metadata[order_id]=ord_1&metadata[a%20b]=%C3%A9&x=";
        let mut form = Form::parse(text);
        assert_eq!(form.number("amount"), Ok(Some(1_200)));
        assert_eq!(form.text("currency").as_deref(), Some("usd"));
        let metadata = form.metadata().unwrap();
        let pairs = metadata.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        assert_eq!(pairs.collect::<Vec<_>>(), [("a b", "é"), ("order_id", "ord_1")]);
        let left = form.done().unwrap_err();
        assert_eq!((left.code, left.param.as_deref()), (Some("parameter_unknown"), Some("x")));
        let mut form = Form::parse(b"amount=1.5&confirm=maybe&capture_method=later&payment_x=1");
        assert_eq!(form.number("amount").unwrap_err().code, Some("parameter_invalid_integer"));
        assert!(form.truth("confirm").is_err());
        assert!(form.word("capture_method", &["manual", "automatic"]).is_err());
        form.ignore(&["payment_"]);
        assert_eq!(form.done(), Ok(()));
        let mut form = Form::parse(b"expand[]=latest_charge&expand_x=1");
        assert_eq!(form.list("expand"), ["latest_charge"]);
        assert!(form.done().is_err());
        let long = format!("metadata[a]={}", "x".repeat(501));
        assert!(Form::parse(long.as_bytes()).metadata().is_err());
    }
}
