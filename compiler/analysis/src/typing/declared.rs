//! The types that authors declare, as inference sees them, and why a value of them may be null.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use locus_diag::Span;
use locus_expr::{Field as TyField, Format, Ty, Types as Named};
use locus_model::{Field, Type, TypeKind};

use super::reasons::{Reason, Reasons};
use super::schema;
use crate::context::Types;

/// The models and schemas of a program as inference sees them. Made once; every workflow looks into it.
#[derive(Clone, Default, Debug)]
pub(crate) struct Table {
    /// What their names stand for.
    pub(crate) named: Arc<Named>,
    /// Why fields of them may be null, by number.
    pub(crate) reasons: Arc<Vec<Reason>>,
    /// Where each is declared.
    pub(crate) places: Arc<BTreeMap<String, Span>>,
}

impl Table {
    /// Reads what a program declares.
    pub(crate) fn of(types: &Types) -> Self {
        let mut reasons = Reasons::default();
        let mut named = Named::new();
        let mut places = BTreeMap::new();
        for (name, schema) in &types.schemas {
            // An optional schema is optional wherever it is named.
            let ty = type_of(&schema.ty, name, schema.span, &mut reasons);
            named.insert(name.as_str().into(), ty);
            places.insert(name.clone(), schema.span);
        }
        for (name, model) in &types.models {
            // A model whose fields could not be read may have any.
            let ty = match model.fields.is_empty() {
                true => Ty::any(),
                false => object(&model.fields, &mut reasons),
            };
            named.insert(name.as_str().into(), ty);
            places.insert(name.clone(), model.name.span);
        }
        Self {
            named: Arc::new(named),
            reasons: Arc::new(reasons.into_own()),
            places: Arc::new(places),
        }
    }
}

/// An object with these fields and no others.
pub(crate) fn object(fields: &IndexMap<String, Field>, reasons: &mut Reasons) -> Ty {
    let field = |(name, field): (&String, &Field)| {
        let ty = type_of(&field.ty, name, field.span, reasons);
        let field = match (&field.default, field.ty.optional) {
            // What its author gave a default is not meant to be missing, though nobody fills it in inside of a value.
            (Some(_), _) => TyField::optional(ty.possibly_missing()),
            (None, true) => TyField::optional(ty),
            (None, false) => TyField::required(ty),
        };
        (Arc::from(name.as_str()), field)
    };
    Ty::object(fields.iter().map(field).collect::<Vec<_>>(), None)
}

/// The input of a workflow as its steps see it: complete, with `null` for what may be left out and was.
pub(crate) fn input(fields: &IndexMap<String, Field>, reasons: &mut Reasons) -> Ty {
    let field = |(name, field): (&String, &Field)| {
        let ty = match field.default {
            Some(_) if field.ty.optional => kind(&field.ty.kind, reasons).possibly_missing(),
            Some(_) => kind(&field.ty.kind, reasons),
            None => type_of(&field.ty, name, field.span, reasons),
        };
        (Arc::from(name.as_str()), TyField::required(ty))
    };
    Ty::object(fields.iter().map(field).collect::<Vec<_>>(), None)
}

/// What may be given where this is declared.
pub(crate) fn target(field: &Field, reasons: &mut Reasons) -> Ty {
    inner(&field.ty, reasons)
}

/// What may be given as an object with these fields.
pub(crate) fn target_object(fields: &IndexMap<String, Field>, reasons: &mut Reasons) -> Ty {
    let field = |(name, field): (&String, &Field)| {
        let ty = target(field, reasons);
        let needed = !field.ty.optional && field.default.is_none();
        let field = if needed { TyField::required(ty) } else { TyField::optional(ty) };
        (Arc::from(name.as_str()), field)
    };
    Ty::object(fields.iter().map(field).collect::<Vec<_>>(), None)
}

/// The type of a value that stands under a name, declared at a place.
pub(crate) fn type_of(ty: &Type, name: &str, declared: Span, reasons: &mut Reasons) -> Ty {
    let inner = kind(&ty.kind, reasons);
    if !ty.optional || inner.is_any() {
        return inner;
    }
    let reason = Reason::Declared { name: name.to_owned(), place: declared };
    inner.optional_because(reasons.add(reason))
}

/// A type that stands nowhere in the program.
pub(crate) fn bare(ty: &Type) -> Ty {
    let inner = kind(&ty.kind, &mut Reasons::default());
    if ty.optional && !inner.is_any() { inner.optional() } else { inner }
}

fn kind(kind: &TypeKind, reasons: &mut Reasons) -> Ty {
    match kind {
        TypeKind::String => Ty::string(),
        TypeKind::Int => Ty::int(),
        TypeKind::Float => Ty::number(),
        TypeKind::Bool => Ty::bool(),
        TypeKind::Decimal => Ty::decimal(),
        TypeKind::Uuid => Ty::formatted(Format::Uuid),
        TypeKind::Date => Ty::formatted(Format::Date),
        TypeKind::Datetime => Ty::formatted(Format::DateTime),
        TypeKind::Duration => Ty::formatted(Format::Duration),
        TypeKind::Bytes => Ty::formatted(Format::Bytes),
        TypeKind::Json | TypeKind::Any => Ty::any(),
        TypeKind::Named(name) => Ty::named(name.as_str()),
        TypeKind::List(item) => Ty::array(inner(item, reasons)),
        TypeKind::Map(value) => Ty::map(inner(value, reasons)),
        TypeKind::Enum(values) => Ty::one_of(values.iter().map(String::as_str)),
        TypeKind::Object(fields) => object(fields, reasons),
        TypeKind::Schema(value) => schema::type_of(value),
    }
}

fn inner(ty: &Type, reasons: &mut Reasons) -> Ty {
    let inner = kind(&ty.kind, reasons);
    if ty.optional && !inner.is_any() { inner.optional() } else { inner }
}
