//! Types, models and schemas.

use locus_diag::{Diagnostic, Span, Spanned};
use locus_model::{Node, Type};

use super::{excerpt, suggest};
use crate::codes;

/// What authors coming from elsewhere write, and what it is called here.
const ALIASES: [(&str, &str); 17] = [
    ("integer", "int"),
    ("long", "int"),
    ("number", "float"),
    ("double", "float"),
    ("boolean", "bool"),
    ("str", "string"),
    ("text", "string"),
    ("varchar", "string"),
    ("object", "json"),
    ("dict", "json"),
    ("timestamp", "datetime"),
    ("time", "datetime"),
    ("money", "decimal"),
    ("numeric", "decimal"),
    ("guid", "uuid"),
    ("binary", "bytes"),
    ("interval", "duration"),
];

pub(crate) fn invalid_type(text: &str, expected: &str, place: Span) -> Diagnostic {
    Diagnostic::new(
        codes::INVALID_TYPE,
        format!("`{}` is no type: expected {expected}", excerpt(text)),
    )
    .at(place, format!("expected {expected}"))
    .help("a type is written `string`, `Order`, `Order[]`, `map<int>` or, where it may be absent, `string?`")
}

pub(crate) fn only_itself(cycle: &str, place: Span) -> Diagnostic {
    Diagnostic::new(
        codes::INVALID_TYPE,
        format!("a type cannot be itself under another name: {cycle}"),
    )
    .at(place, "")
    .help("say what a value of it is, for example an object of fields")
}

pub(crate) fn missing_type(place: Span) -> Diagnostic {
    Diagnostic::new(codes::INVALID_TYPE, "expected a type, found nothing")
        .at(place, "the type is missing")
        .help("write the type behind it, for example `string`; `any` where it is not known")
}

pub(crate) fn field_beside_form(key: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(codes::UNKNOWN_KEY, format!("a type has no key `{}`", key.value))
        .at(key.span, "a field?")
        .help("an object with a field called `type` or the like has its fields under `fields`: `{ fields: { type: string } }`")
}

pub(crate) fn list_as_type(node: &Node) -> Diagnostic {
    Diagnostic::new(codes::INVALID_TYPE, "expected a type, found a list")
        .at(node.span, "a list")
        .help("a list of `T` is written `T[]`, a choice of values `{ enum: [a, b] }`")
}

pub(crate) fn unknown_type<'n>(
    name: &str,
    place: Span,
    declared: impl Iterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let problem = Diagnostic::new(codes::UNKNOWN_TYPE, format!("there is no type `{name}`"))
        .at(place, "not declared");
    let alias = ALIASES.iter().find(|(other, _)| name.eq_ignore_ascii_case(other));
    if let Some((_, ours)) = alias {
        return problem.help(format!("it is called `{ours}` here")).fix(
            format!("replace `{name}` by `{ours}`"),
            place,
            *ours,
        );
    }
    let scalars = Type::SCALARS.iter().map(|(name, _)| *name);
    suggest(problem, name, place, declared.chain(scalars), "there are")
}

pub(crate) fn limit_does_not_apply(key: &Spanned<String>, ty: &Type) -> Diagnostic {
    Diagnostic::new(codes::UNKNOWN_KEY, format!("`{}` does not apply to `{ty}`", key.value))
        .at(key.span, "")
        .help(match key.value.as_str() {
            "pattern" => "patterns are for strings",
            _ => "limits are for numbers, strings, lists and maps",
        })
}

pub(crate) fn invalid_default(
    ty: &str,
    found: &str,
    place: Span,
    made: Option<&str>,
) -> Diagnostic {
    let problem =
        Diagnostic::new(codes::INVALID_DEFAULT, format!("the default is not of the type `{ty}`"))
            .at(place, format!("{found} that is no `{ty}`"));
    match made {
        Some(word) => problem.help(format!("`{word}` is made when it is needed")),
        None => problem,
    }
}

pub(crate) fn default_beyond_limit(
    (keyword, limit): (&str, &serde_json::Value),
    place: Span,
) -> Diagnostic {
    let key = match keyword {
        "pattern" => "pattern",
        other if other.starts_with("min") => "min",
        _ => "max",
    };
    Diagnostic::new(
        codes::INVALID_DEFAULT,
        format!("the default does not keep to `{key}`, which is `{}`", excerpt(&plain(limit))),
    )
    .at(place, "")
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(crate) fn invalid_schema(message: &str, place: Span) -> Diagnostic {
    Diagnostic::new(
        codes::INVALID_SCHEMA,
        format!("this is no JSON Schema of 2020-12: {}", message.trim_end_matches('.')),
    )
    .at(place, "")
}

pub(crate) fn invalid_pattern(pattern: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_VALUE,
        format!("expected a regular expression, found `{}`", excerpt(pattern)),
    )
    .at(pattern.span, "")
}

pub(crate) fn no_identity(ty: &Type, place: Span) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_VALUE,
        format!("a record cannot be identified by a field of the type `{ty}`"),
    )
    .at(place, "")
    .help("identify it by a `uuid`, an `int` or a `string` that is always there")
}

pub(crate) fn several_ids(model: &str, first: (&str, Span), second: (&str, Span)) -> Diagnostic {
    Diagnostic::new(
        codes::SEVERAL_IDS,
        format!("the model `{model}` is identified by `{}` and by `{}`", first.0, second.0),
    )
    .at(second.1, "identifies it as well")
    .at(first.1, "identifies it")
    .help("keep `id: true` at one of them; several fields together can be an index")
}

pub(crate) fn unknown_index_field<'n>(
    model: &str,
    field: &Spanned<String>,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::UNKNOWN_INDEX_FIELD,
        format!("the model `{model}` has no field `{}` to be indexed", field.value),
    )
    .at(field.span, "no field");
    suggest(problem, field, field.span, known, "its fields are")
}

pub(crate) fn index_over_relation(model: &str, field: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        codes::INVALID_INDEX,
        format!("`{model}.{}` is stored with the other records and cannot be indexed", field.value),
    )
    .at(field.span, "nothing of it is stored here")
    .help("index the field of the other model that leads back")
}

pub(crate) fn index_over_compound(field: &Spanned<String>, ty: &Type) -> Diagnostic {
    Diagnostic::new(
        codes::INVALID_INDEX,
        format!("records cannot be found by `{}`, which is of the type `{ty}`", field.value),
    )
    .at(field.span, "")
    .help("index fields that hold one value each")
}

pub(crate) fn duplicate_index(fields: &[String], place: Span, earlier: Span) -> Diagnostic {
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    Diagnostic::new(
        codes::DUPLICATE_INDEX,
        format!("there are two indexes over {}", super::list(&fields)),
    )
    .at(place, "again")
    .at(earlier, "here first")
    .help("remove one of them")
}

pub(crate) fn relation_without_id(
    (model, field): (&str, &str),
    (target, many): (&str, bool),
    place: Span,
    side: &Spanned<String>,
) -> Diagnostic {
    let count = if many { "many" } else { "one" };
    Diagnostic::new(
        codes::RELATION_WITHOUT_ID,
        format!(
            "`{model}.{field}` relates to {count} `{target}`, but no field identifies `{}`",
            side.value
        ),
    )
    .at(place, "the relation")
    .at(side.span, "has no field with `id: true`")
    .help(format!("give `{}` a field such as `id: {{ type: uuid, id: true }}`", side.value))
}
