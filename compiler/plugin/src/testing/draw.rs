//! Values drawn by number: the same number always draws the same. What fits a schema of parameters, what does not, and odd values of all kinds.

use serde_json::{Map, Value, json};

use crate::param::handle;
use crate::schema;

/// The number behind a number (SplitMix64).
#[must_use]
pub const fn next(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Draws.
#[derive(Clone, Debug)]
pub struct Draw {
    seed: u64,
}

/// How much of a schema is filled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fill {
    /// What must be there.
    Required,
    /// Everything.
    All,
}

impl Draw {
    /// Begins with a number.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// A number below `bound`; 0 when that is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.seed = next(self.seed);
        if bound == 0 { 0 } else { self.seed % bound }
    }

    /// An odd value: of any kind, empty, huge, nested, with letters of all sorts.
    pub fn odd(&mut self) -> Value {
        self.odd_inside(0)
    }

    fn odd_inside(&mut self, depth: u32) -> Value {
        match self.below(if depth > 3 { 13 } else { 16 }) {
            0 => Value::Null,
            1 => json!(self.below(2) == 0),
            2 => json!(0),
            3 => json!(-1),
            4 => json!(u64::MAX),
            5 => json!(i64::MIN),
            6 => json!(1.5e300),
            7 => json!(-0.1),
            8 => json!(""),
            9 => json!("\u{0}\u{1b}[31m\u{202e}a\u{301}😀"),
            10 => json!("x".repeat(self.below(4000) as usize)),
            11 => json!("${ $secrets.X }"),
            12 => json!("9999999999999999999999d"),
            13 => (0..self.below(5)).map(|_| self.odd_inside(depth + 1)).collect(),
            _ => {
                let keys = ["", "a", "Größe", "__proto__", "$locus", "a/b~c"];
                let count = self.below(4);
                let entries = (0..count).map(|_| {
                    let key = keys[self.below(keys.len() as u64) as usize].to_owned();
                    (key, self.odd_inside(depth + 1))
                });
                Value::Object(entries.collect())
            }
        }
    }

    /// A value that fits a schema, with an odd one put in the place of one part now and then.
    pub fn bent(&mut self, schema: &Value) -> Value {
        let fill = if self.below(2) == 0 { Fill::Required } else { Fill::All };
        let mut value = sample(schema, fill).unwrap_or_default();
        if let Value::Object(map) = &mut value
            && !map.is_empty()
        {
            let which = self.below(map.len() as u64) as usize;
            let free = |key: &str| {
                let property = &schema["properties"][key];
                property.get(schema::BLOCK).is_none() && property.get(schema::LAZY).is_none()
            };
            if let Some((key, part)) = map.iter_mut().nth(which)
                && free(key)
            {
                *part = self.odd();
            }
        }
        value
    }
}

/// A value that fits a schema of parameters, with handles in the places of blocks and lazy parameters. `None` where the schema asks for something
/// that is not known here and has neither example nor default: an unknown format, a pattern.
#[must_use]
pub fn sample(schema: &Value, fill: Fill) -> Option<Value> {
    let mut value = written(schema, fill)?;
    place_handles(schema, &mut value, "");
    Some(value)
}

/// The same as an author writes it: lists of steps, and texts with expressions in the places of lazy parameters.
#[must_use]
pub fn written(schema: &Value, fill: Fill) -> Option<Value> {
    if schema.get(schema::BLOCK).is_some() {
        return Some(json!([]));
    }
    // Examples are written for people: an expression in one is no value.
    let example = schema["examples"].get(0).or_else(|| schema.get("default"));
    if let Some(example) = example.filter(|example| !example.to_string().contains("${")) {
        return Some(example.clone());
    }
    if let Some(value) = schema.get("const").or_else(|| schema["enum"].get(0)) {
        return Some(value.clone());
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    if let Some(one) = schema.get("anyOf").or_else(|| schema.get("oneOf"))
        && properties.is_none()
    {
        return one.as_array()?.iter().find_map(|one| written(one, fill));
    }
    match schema.get("type").map(|ty| ty.get(0).unwrap_or(ty)).and_then(Value::as_str) {
        None => Some(json!("anything")),
        Some("null") => Some(Value::Null),
        Some("boolean") => Some(json!(true)),
        Some("integer") => Some(json!(limit(schema, "minimum").unwrap_or(1.0).ceil() as i64)),
        Some("number") => Some(json!(limit(schema, "minimum").unwrap_or(1.5))),
        Some("string") => match schema.get("format").and_then(Value::as_str) {
            Some("locus-duration") => Some(json!("30s")),
            Some(_) => None,
            None if schema.get("pattern").is_some() => None,
            None => Some(json!("text")),
        },
        Some("array") => {
            let least = limit(schema, "minItems").unwrap_or(0.0) as usize;
            let count = if fill == Fill::All { least.max(1) } else { least };
            (0..count).map(|_| written(&schema["items"], fill)).collect::<Option<Value>>()
        }
        _ => object(schema, properties, fill),
    }
}

fn object(schema: &Value, properties: Option<&Map<String, Value>>, fill: Fill) -> Option<Value> {
    let required: Vec<&str> = names(&schema["required"]);
    // Exactly one of several: the first.
    let choices: Vec<Vec<&str>> = schema["oneOf"]
        .as_array()
        .map(|all| all.iter().map(|one| names(&one["required"])).collect())
        .unwrap_or_default();
    let mut map = Map::new();
    for (name, property) in properties.into_iter().flatten() {
        let name = name.as_str();
        let chosen = choices.first().is_some_and(|first| first.contains(&name));
        let left = !chosen && choices.iter().any(|choice| choice.contains(&name));
        let must = chosen || required.contains(&name);
        if left || (fill == Fill::Required && !must) {
            continue;
        }
        match written(property, fill) {
            Some(value) => drop(map.insert(name.to_owned(), value)),
            None if must => return None,
            None => {}
        }
    }
    let rest = &schema["additionalProperties"];
    let least = limit(schema, "minProperties").unwrap_or(0.0) as usize;
    if rest.is_object() || (properties.is_none() && *rest != json!(false)) {
        let count = if fill == Fill::All { least.max(2) } else { least };
        for index in 0..count {
            map.insert(format!("key{index}"), written(rest, fill)?);
        }
    }
    Some(Value::Object(map))
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn limit(schema: &Value, keyword: &str) -> Option<f64> {
    schema.get(keyword).and_then(Value::as_f64)
}

/// Puts handles where the schema has blocks and lazy parameters, as hosts do.
fn place_handles(schema: &Value, value: &mut Value, pointer: &str) {
    if schema.get(schema::BLOCK).is_some() || schema.get(schema::LAZY).is_some() {
        *value = handle(pointer);
        return;
    }
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let inner =
                    schema["properties"].get(key).unwrap_or(&schema["additionalProperties"]);
                place_handles(inner, value, &format!("{pointer}/{key}"));
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter_mut().enumerate() {
                place_handles(&schema["items"], value, &format!("{pointer}/{index}"));
            }
        }
        _ => {}
    }
}

/// Values that a schema of an object refuses, each with what is wrong: a part that must be there is not, one that nobody knows is there, one is of
/// another kind.
#[must_use]
pub fn misfits(schema: &Value) -> Vec<(String, Value)> {
    let Some(Value::Object(good)) = sample(schema, Fill::All) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for name in names(&schema["required"]) {
        let mut bad = good.clone();
        bad.remove(name);
        all.push((format!("without `{name}`"), Value::Object(bad)));
    }
    if schema["additionalProperties"] == json!(false) {
        let mut bad = good.clone();
        bad.insert("nobody_knows_this".to_owned(), json!(1));
        all.push(("with a parameter that is not declared".to_owned(), Value::Object(bad)));
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let wrong = match property.get("type").and_then(Value::as_str) {
            Some("string") => json!([1]),
            Some("integer" | "number" | "boolean") => json!("no such thing"),
            Some("array" | "object") => json!("no such thing"),
            _ => continue,
        };
        if good.contains_key(name) && property.get(schema::LAZY).is_none() {
            let mut bad = good.clone();
            bad.insert(name.clone(), wrong.clone());
            all.push((format!("with {wrong} for `{name}`"), Value::Object(bad)));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::param::{Millis, Param};

    #[test]
    fn samples_fit_and_misfits_do_not() {
        let schema = schema::object(
            "",
            vec![
                ("wait", true, Millis::schema()),
                ("tags", false, Vec::<String>::schema()),
                ("level", false, schema::choice("", &[("low", "Low."), ("high", "")])),
            ],
        );
        assert_eq!(sample(&schema, Fill::Required), Some(json!({ "wait": "30s" })));
        assert_eq!(
            sample(&schema, Fill::All),
            Some(json!({ "wait": "30s", "tags": ["text"], "level": "low" }))
        );
        let wrong: Vec<String> = misfits(&schema).into_iter().map(|(what, _)| what).collect();
        assert_eq!(wrong.len(), 5, "{wrong:?}");
    }

    #[test]
    fn one_of_several_is_chosen() {
        let schema = json!({
            "type": "object",
            "properties": { "a": { "type": "string" }, "b": { "type": "string" } },
            "oneOf": [{ "required": ["a"] }, { "required": ["b"] }],
            "additionalProperties": false,
        });
        assert_eq!(sample(&schema, Fill::All), Some(json!({ "a": "text" })));
    }

    #[test]
    fn the_same_number_draws_the_same() {
        for seed in 0..100 {
            assert_eq!(Draw::new(seed).odd(), Draw::new(seed).odd());
        }
    }
}
