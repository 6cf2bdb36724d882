//! Every field of an act as name and text, so that no format loses any.

use crate::log::{Act, Entry};
use serde_json::Value;

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// Its place, such as `act.key.insurer_number`; the names are those of the canonical bytes.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The tag of an act, as in the canonical bytes.
pub fn kind(act: &Act) -> String {
    let value = serde_json::to_value(act).unwrap_or_default();
    value.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// What stands nowhere else in a message: number, circumstances, and the fields of the act, in the order of the bytes.
pub fn of(entry: &Entry) -> Vec<Detail> {
    let mut details = Vec::new();
    let mut add = |name: &str, value: String| details.push(Detail { name: name.to_owned(), value });
    add("seq", entry.seq.to_string());
    add("training", entry.training.to_string());
    add("words", crate::log::describe(entry).to_string());
    let circumstances = [("session", &entry.session), ("case", &entry.case), ("enquiry", &entry.enquiry)];
    for (name, value) in circumstances {
        if let Some(value) = value {
            add(name, value.to_string());
        }
    }
    if let Value::Object(at) = serde_json::to_value(&entry.at).unwrap_or_default() {
        at.iter().for_each(|(name, value)| flatten(&mut details, &format!("at.{name}"), value));
    }
    if let Value::Object(act) = serde_json::to_value(&entry.act).unwrap_or_default() {
        act.iter()
            .filter(|(name, _)| *name != "kind")
            .for_each(|(name, value)| flatten(&mut details, &format!("act.{name}"), value));
    }
    details
}

fn flatten(details: &mut Vec<Detail>, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            fields.iter().for_each(|(field, value)| flatten(details, &format!("{name}.{field}"), value));
        }
        Value::Array(values) => values
            .iter()
            .enumerate()
            .for_each(|(place, value)| flatten(details, &format!("{name}.{}", place + 1), value)),
        Value::String(text) => details.push(Detail { name: name.to_owned(), value: text.clone() }),
        other => details.push(Detail { name: name.to_owned(), value: other.to_string() }),
    }
}
