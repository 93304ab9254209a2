//! Types in the notation of the language: `{ id: string, lines: Line[] }?`.

use std::fmt;
use std::sync::Arc;

use super::{Array, Format, Kinds, Numbers, Object, Texts, Ty};

/// Fields, literals or alternatives that are shown before the rest is only counted.
const SHOWN: usize = 6;
/// Levels that are shown.
const LEVELS: u32 = 3;

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&show(self, 0, false))
    }
}

impl fmt::Debug for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&show(self, 0, false))
    }
}

impl Ty {
    /// What a value is called in a sentence: `a string`, `an array`.
    pub(crate) fn with_article(&self) -> &'static str {
        match self.kinds.without(Kinds::MISSING) {
            Kinds::NULL => "null",
            Kinds::TRUE | Kinds::FALSE | Kinds::BOOL => "a bool",
            Kinds::TEXT => "a string",
            Kinds::ARRAY => "an array",
            Kinds::OBJECT => "an object",
            kinds if kinds.within(Kinds::NUMBER) && !kinds.is_empty() => "a number",
            _ => "such a value",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Uuid => "uuid",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Duration => "duration",
            Self::Decimal => "decimal",
            Self::Bytes => "bytes",
        })
    }
}

/// `tight` where something is to follow that binds to the last alternative.
fn show(ty: &Ty, level: u32, tight: bool) -> String {
    let kinds = ty.kinds;
    if kinds.is_empty() {
        return "nothing".to_owned();
    }
    if kinds.within(Kinds::NULLS) {
        return "null".to_owned();
    }
    let mut parts = Vec::new();
    if let Some(label) = ty.detail.as_ref().and_then(|detail| detail.label.as_deref()) {
        parts.push(label.to_owned());
    } else {
        alternatives(ty, level, &mut parts);
    }
    // Expected or not, it may be null: but only what is expected is worth a `?`.
    let optional = kinds.has(Kinds::NULL) && !kinds.has(Kinds::ANY);
    let mut text = parts.join(" | ");
    if parts.len() > 1 && (tight || optional) {
        text = format!("({text})");
    }
    if optional {
        text.push('?');
    }
    text
}

fn alternatives(ty: &Ty, level: u32, parts: &mut Vec<String>) {
    let kinds = ty.kinds;
    if kinds.has(Kinds::ANY) {
        parts.push("any".to_owned());
        return;
    }
    if let Some(detail) = &ty.detail {
        parts.extend(detail.names.iter().map(|name| name.to_string()));
    }
    match kinds.only(Kinds::BOOL) {
        Kinds::BOOL => parts.push("bool".to_owned()),
        Kinds::TRUE => parts.push("true".to_owned()),
        Kinds::FALSE => parts.push("false".to_owned()),
        _ => {}
    }
    let decimal = kinds.within(Kinds::NUMBER.with(Kinds::TEXT).with(Kinds::NULLS))
        && kinds.has(Kinds::NUMBER)
        && kinds.has(Kinds::TEXT)
        && ty.texts() == Texts::Formatted(Format::Decimal);
    if decimal {
        parts.push("decimal".to_owned());
        return;
    }
    if kinds.has(Kinds::NUMBER) {
        numbers(ty, parts);
    }
    if kinds.has(Kinds::TEXT) {
        texts(ty, parts);
    }
    if let Some(array) = ty.as_array() {
        parts.push(show_array(&array, level));
    }
    if let Some(object) = ty.as_object() {
        parts.push(show_object(&object, level));
    }
}

fn numbers(ty: &Ty, parts: &mut Vec<String>) {
    let name = if ty.kinds.has(Kinds::FRACTION) { "float" } else { "int" };
    match ty.numbers() {
        Numbers::OneOf(numbers) if numbers.len() <= SHOWN => {
            parts.extend(numbers.iter().map(|number| match number.to_json() {
                Some(json) => json.to_string(),
                None => name.to_owned(),
            }));
        }
        _ => parts.push(name.to_owned()),
    }
}

fn texts(ty: &Ty, parts: &mut Vec<String>) {
    match ty.texts() {
        Texts::Any => parts.push("string".to_owned()),
        Texts::Formatted(format) => parts.push(format.to_string()),
        Texts::OneOf(texts) => {
            let quoted = |text: &Arc<str>| {
                let short: String = text.chars().take(24).collect();
                if short.len() < text.len() {
                    format!("{:?}", short + "…")
                } else {
                    format!("{text:?}")
                }
            };
            parts.extend(texts.iter().take(SHOWN).map(quoted));
            if texts.len() > SHOWN {
                parts.push(format!("{} more", texts.len() - SHOWN));
            }
        }
    }
}

fn show_array(array: &Array, level: u32) -> String {
    if array.item.is_never() {
        return "[]".to_owned();
    }
    if level == LEVELS {
        return "array".to_owned();
    }
    match &array.items {
        Some(items) if items.len() <= SHOWN && items.iter().any(|item| *item != array.item) => {
            let items: Vec<_> = items.iter().map(|item| show(item, level + 1, false)).collect();
            format!("[{}]", items.join(", "))
        }
        _ => format!("{}[]", show(&array.item, level + 1, true)),
    }
}

fn show_object(object: &Object, level: u32) -> String {
    match &object.rest {
        Some(rest) if object.fields.is_empty() && rest.is_any() => return "object".to_owned(),
        Some(rest) if object.fields.is_empty() && level < LEVELS => {
            return format!("map<{}>", show(rest, level + 1, false));
        }
        None if object.fields.is_empty() => return "{}".to_owned(),
        _ if level == LEVELS => return "object".to_owned(),
        _ => {}
    }
    let field = |(name, field): (&Arc<str>, &super::Field)| {
        let ty = if field.required { field.ty.clone() } else { field.ty.clone().optional() };
        let plain =
            !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        let name = if plain { name.to_string() } else { format!("{name:?}") };
        format!("{name}: {}", show(&ty, level + 1, false))
    };
    let mut shown: Vec<_> = object.fields.iter().take(SHOWN).map(field).collect();
    if object.fields.len() > SHOWN || object.rest.is_some() {
        shown.push("…".to_owned());
    }
    format!("{{ {} }}", shown.join(", "))
}
