//! How deep values may be nested: what is recorded must be readable again, and JSON readers stop at 128 levels.

use serde_json::Value;

/// The most levels of a value that is recorded; the record around it takes a few more.
const DEEPEST: usize = 100;

/// Whether a value is nested too deep to be recorded.
#[must_use]
pub fn is_too_deep(value: &Value) -> bool {
    let mut level: Vec<&Value> = vec![value];
    for _ in 0..=DEEPEST {
        let mut next: Vec<&Value> = Vec::new();
        for value in level {
            match value {
                Value::Array(items) => next.extend(items.iter().filter(|item| is_nest(item))),
                Value::Object(map) => next.extend(map.values().filter(|item| is_nest(item))),
                _ => {}
            }
        }
        if next.is_empty() {
            return false;
        }
        level = next;
    }
    true
}

const fn is_nest(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}
