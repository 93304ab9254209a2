//! Whether a type takes every value of another. Where that is not known it does: no false alarm.

use locus_model::{Field, Type, TypeKind};

/// Whether `taker` takes every value of `given`.
///
/// # Errors
/// Why not, in the words of a report.
pub(super) fn takes(taker: &Type, given: &Type) -> Result<(), String> {
    if given.optional && !taker.optional && !matches!(taker.kind, TypeKind::Any | TypeKind::Json) {
        return Err(format!("`{given}` may be absent, `{taker}` may not"));
    }
    let refused = || Err(format!("`{given}` became `{taker}`"));
    match (&taker.kind, &given.kind) {
        (TypeKind::Any | TypeKind::Json | TypeKind::Schema(_), _)
        | (_, TypeKind::Any | TypeKind::Schema(_)) => Ok(()),
        (TypeKind::List(taker), TypeKind::List(given))
        | (TypeKind::Map(taker), TypeKind::Map(given)) => takes(taker, given),
        (TypeKind::Enum(taker), TypeKind::Enum(given)) => {
            match given.iter().find(|value| !taker.contains(value)) {
                Some(gone) => Err(format!("the value `{gone}` is no longer one of them")),
                None => Ok(()),
            }
        }
        (TypeKind::String, kind) if is_text(kind) => Ok(()),
        (TypeKind::Float | TypeKind::Decimal, TypeKind::Int) => Ok(()),
        (TypeKind::Decimal, TypeKind::Float) => Ok(()),
        (TypeKind::Map(value), TypeKind::Object(fields)) => {
            fields.values().try_for_each(|field| takes(value, &field.ty))
        }
        (TypeKind::Object(taker), TypeKind::Object(given)) => {
            for (name, field) in taker {
                match given.get(name) {
                    Some(given) => {
                        takes(&field.ty, &given.ty).map_err(|why| format!("`{name}`: {why}"))?;
                    }
                    None if field.ty.optional || field.default.is_some() => {}
                    None => return Err(format!("`{name}` is asked for")),
                }
            }
            Ok(())
        }
        // Records by name are compared where they are declared.
        (TypeKind::Named(taker), TypeKind::Named(given)) if taker == given => Ok(()),
        (a, b) if a == b => Ok(()),
        _ => refused(),
    }
}

/// Types whose values are texts.
const fn is_text(kind: &TypeKind) -> bool {
    matches!(
        kind,
        TypeKind::String
            | TypeKind::Uuid
            | TypeKind::Date
            | TypeKind::Datetime
            | TypeKind::Duration
            | TypeKind::Bytes
            | TypeKind::Enum(_)
    )
}

/// A limit of a field that lets less through than before, if there is one.
pub(super) fn tightened(old: &Field, new: &Field) -> Option<String> {
    new.limits.iter().find_map(|(keyword, limit)| {
        let before = old.limits.get(keyword);
        let (number, before_number) = (limit.as_f64(), before.and_then(serde_json::Value::as_f64));
        let is_tighter = match (keyword.as_str(), number, before_number) {
            (_, _, _) if before == Some(limit) => false,
            (
                "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems",
                Some(now),
                Some(before),
            ) => now < before,
            (
                "minimum" | "exclusiveMinimum" | "minLength" | "minItems",
                Some(now),
                Some(before),
            ) => now > before,
            _ => true,
        };
        is_tighter.then(|| match before {
            Some(before) => format!("the limit `{keyword}` became {limit}, it was {before}"),
            None => format!("there is a limit now: `{keyword}` is {limit}"),
        })
    })
}
