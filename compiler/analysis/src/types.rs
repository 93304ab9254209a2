//! Types as authors write them: the short notation, enums, objects, the long form with limits, raw JSON Schemas.

use indexmap::IndexMap;
use locus_diag::{Span, Spanned, did_you_mean};
use locus_model::language::Construct;
use locus_model::language::types::{MODEL_FIELD, TYPE};
use locus_model::{Field, Node, NodeKind, Text, Type, TypeKind};
use serde_json::Value;

use crate::context::Context;
use crate::defaults;
use crate::expressions::is_template;
use crate::keys::{Keys, anchor, flag, is_extension, list, mapping, prose, text};
use crate::messages::{types as messages, values};
use crate::raw_schema;
use crate::schema_files;
use locus_model::notation;

/// Where a type stands, which decides what more may be said of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A field of a model: it may identify the record.
    Model,
    /// An input, a field of an object, a schema.
    Elsewhere,
}

impl Place {
    /// The long form of a type that stands here.
    const fn construct(self) -> &'static Construct {
        match self {
            Self::Model => &MODEL_FIELD,
            Self::Elsewhere => &TYPE,
        }
    }
}

/// The keys that say that a mapping is the long form and no object of fields.
const FORMS: [&str; 5] = ["type", "enum", "fields", "schema", "$ref"];

/// What is known of a type that could not be understood.
const UNKNOWN: TypeKind = TypeKind::Any;

/// Reads fields by name.
pub(crate) fn fields(cx: &mut Context<'_>, node: &Node, place: Place) -> IndexMap<String, Field> {
    let what = "a mapping of types by name";
    let entries = mapping(node, what, &mut cx.problems).unwrap_or_default();
    let mut all = IndexMap::new();
    for entry in entries {
        let field = field(cx, &entry.value, entry.key.span, place);
        all.entry(entry.key.value.clone()).or_insert(field);
    }
    all
}

/// Reads a type with all that is said of it; `declared` is where its name stands.
pub(crate) fn field(cx: &mut Context<'_>, node: &Node, declared: Span, place: Place) -> Field {
    let mut field = Field {
        ty: Type::required(UNKNOWN),
        description: None,
        default: None,
        id: false,
        limits: IndexMap::new(),
        span: declared,
    };
    match &node.kind {
        NodeKind::String(_) => field.ty = short(cx, node),
        NodeKind::Mapping(entries) => {
            if entries.iter().any(|entry| FORMS.contains(&entry.key.value.as_str())) {
                long(cx, node, place, &mut field);
            } else {
                let inner = fields(cx, node, Place::Elsewhere);
                field.ty.kind = TypeKind::Object(inner);
            }
        }
        NodeKind::Null => cx.report(messages::missing_type(declared)),
        NodeKind::Sequence(_) => cx.report(messages::list_as_type(node)),
        _ => cx.report(values::wrong_type("a type", node)),
    }
    field
}

/// Reads the short notation.
fn short(cx: &mut Context<'_>, node: &Node) -> Type {
    let Some(text) = node.as_text() else {
        return Type::required(UNKNOWN);
    };
    notation(cx, text, node.span).unwrap_or(Type::required(UNKNOWN))
}

fn notation(cx: &mut Context<'_>, text: &Text, span: Span) -> Option<Type> {
    if is_template(&text.value) {
        cx.report(values::expression_not_allowed("a type", span));
        return None;
    }
    let mut named = Vec::new();
    let ty = match notation::parse(&text.value, &mut named) {
        Ok(ty) => ty,
        Err(error) => {
            let place = text.locate(error.range, span);
            cx.report(messages::invalid_type(&text.value, error.expected, place));
            return None;
        }
    };
    let mut known = true;
    for name in named {
        if !cx.names.types.contains_key(&name.name) {
            let place = text.locate(name.range, span);
            let declared = cx.names.types.keys().map(String::as_str);
            let problem = messages::unknown_type(&name.name, place, declared);
            cx.report(problem);
            known = false;
        }
    }
    known.then_some(ty)
}

/// Reads the long form.
fn long(cx: &mut Context<'_>, node: &Node, place: Place, field: &mut Field) {
    let construct = place.construct();
    if let Some(key) = field_beside_form(node, construct) {
        cx.report(messages::field_beside_form(key));
        return;
    }
    let Some(keys) = Keys::read(node, construct, anchor(node), &mut cx.problems) else {
        return;
    };
    field.description = keys.text_prose("description", &mut cx.problems).map(|text| text.value);
    if let Some(ty) = form(cx, &keys) {
        field.ty = ty;
    }
    field.limits = limits(cx, &keys, &field.ty);
    if let Some(node) = keys.get("id") {
        field.id = flag(node, &mut cx.problems).unwrap_or_default();
        if field.id && !identifies(&field.ty) {
            cx.report(messages::no_identity(&field.ty, node.span));
        }
    }
    if let Some(node) = keys.get("default") {
        field.default = Some(defaults::read(cx, node, field, place));
    }
}

/// The key of a field that stands beside `type`, when an object with a field of that name was meant.
fn field_beside_form<'n>(
    node: &'n Node,
    construct: &'static Construct,
) -> Option<&'n Spanned<String>> {
    let mut entries = node.as_mapping()?.iter();
    let field = entries.find(|entry| {
        let key = entry.key.value.as_str();
        let typed = matches!(entry.value.kind, NodeKind::String(_) | NodeKind::Mapping(_));
        typed
            && construct.key(key).is_none()
            && !is_extension(key)
            && did_you_mean(key, construct.names()).is_none()
    });
    field.map(|entry| &entry.key)
}

/// The type itself: exactly one of the keys of [`FORMS`].
fn form(cx: &mut Context<'_>, keys: &Keys<'_>) -> Option<Type> {
    let mut forms = FORMS.iter().filter_map(|key| keys.entry(key));
    // None or several have been reported.
    let (Some(first), None) = (forms.next(), forms.next()) else { return None };
    let node = &first.value;
    let kind = match first.key.value.as_str() {
        "type" => {
            // The type may itself be written in any form, as in `{ type: { enum: [...] }, default: ... }`.
            return Some(field(cx, node, first.key.span, Place::Elsewhere).ty);
        }
        "enum" => enumeration(cx, node)?,
        "fields" => TypeKind::Object(fields(cx, node, Place::Elsewhere)),
        "schema" => TypeKind::Schema(raw_schema::read(cx, node)?),
        _ => reference(cx, node)?,
    };
    Some(Type::required(kind))
}

fn enumeration(cx: &mut Context<'_>, node: &Node) -> Option<TypeKind> {
    let items = list(node, "a list of strings", &mut cx.problems)?;
    let mut all: Vec<Spanned<String>> = Vec::new();
    for item in items {
        let Some(value) = text(item, &mut cx.problems) else { continue };
        match all.iter().find(|earlier| earlier.value == value.value) {
            Some(earlier) => {
                let problem = crate::messages::names::repeated("value", &value, earlier.span);
                cx.report(problem);
            }
            None => all.push(value),
        }
    }
    if items.is_empty() {
        cx.report(values::wrong_length("at least one value", 0, node.span));
        return None;
    }
    Some(TypeKind::Enum(all.into_iter().map(|value| value.value).collect()))
}

/// `$ref`: the name of a type of this program, or a JSON Schema in a file.
fn reference(cx: &mut Context<'_>, node: &Node) -> Option<TypeKind> {
    let target = text(node, &mut cx.problems)?;
    let local = target.strip_prefix("#/schemas/").or_else(|| target.strip_prefix("#/models/"));
    if let Some(name) = local {
        if cx.names.types.contains_key(name) {
            return Some(TypeKind::Named(name.to_owned()));
        }
        let declared = cx.names.types.keys().map(String::as_str);
        let problem = messages::unknown_type(name, target.span, declared);
        cx.report(problem);
        return None;
    }
    Some(TypeKind::Schema(schema_files::reference(cx, &target)?))
}

/// A record can be told from others by a value of this type.
fn identifies(ty: &Type) -> bool {
    use TypeKind::{Any, Date, Datetime, Decimal, Enum, Int, String, Uuid};
    let scalar = matches!(ty.kind, String | Int | Decimal | Uuid | Date | Datetime | Enum(_) | Any);
    scalar && !ty.optional
}

/// The limits of the long form, by their keyword of JSON Schema.
fn limits(cx: &mut Context<'_>, keys: &Keys<'_>, ty: &Type) -> IndexMap<String, Value> {
    let mut limits = IndexMap::new();
    let words = match ty.kind {
        TypeKind::String => Some(("minLength", "maxLength", true)),
        TypeKind::Int | TypeKind::Float | TypeKind::Decimal => Some(("minimum", "maximum", false)),
        TypeKind::List(_) => Some(("minItems", "maxItems", true)),
        TypeKind::Map(_) => Some(("minProperties", "maxProperties", true)),
        _ => None,
    };
    let mut bounds = [None, None];
    for (index, key) in ["min", "max"].into_iter().enumerate() {
        let Some(entry) = keys.entry(key) else { continue };
        let Some((min, max, counts)) = words else {
            if ty.kind != UNKNOWN {
                cx.report(messages::limit_does_not_apply(&entry.key, ty));
            }
            continue;
        };
        let NodeKind::Number(number) = &entry.value.kind else {
            cx.report(values::wrong_type("a number", &entry.value));
            continue;
        };
        if counts && number.as_u64().is_none() {
            let found = number.to_string();
            cx.report(values::wrong_value("a whole number from 0", &found, entry.value.span));
            continue;
        }
        bounds[index] = number.as_f64();
        let keyword = if key == "min" { min } else { max };
        limits.insert(keyword.to_owned(), Value::Number(number.clone()));
    }
    if let ([Some(min), Some(max)], Some(entry)) = (bounds, keys.entry("max"))
        && min > max
    {
        let expected = format!("at least {min}, which is `min`");
        cx.report(values::wrong_value(&expected, &max.to_string(), entry.value.span));
    }
    if let Some(entry) = keys.entry("pattern") {
        if !matches!(ty.kind, TypeKind::String | UNKNOWN) {
            cx.report(messages::limit_does_not_apply(&entry.key, ty));
        } else if let Some(pattern) = raw_schema::pattern(cx, &entry.value) {
            limits.insert("pattern".to_owned(), Value::String(pattern));
        }
    }
    limits
}

impl Keys<'_> {
    /// The text for readers behind a key.
    pub(crate) fn text_prose(
        &self,
        key: &str,
        problems: &mut Vec<locus_diag::Diagnostic>,
    ) -> Option<Spanned<String>> {
        prose(self.get(key)?, problems)
    }
}
