//! Fields of values whose type is known: a field that the type does not have is never there.

use indexmap::IndexMap;
use locus_diag::{Diagnostic, Spanned};
use locus_model::{Field, Type, TypeKind};

use crate::context::Types;
use crate::messages::references as messages;

/// Names that lead to names that lead to names: a type that is only itself ends here.
const MAX_NAMES: usize = 32;

/// Follows fields into a value; what they lead to may be anything as soon as the type does not say more.
pub(crate) fn check(ty: &Type, path: &[Spanned<String>], types: &Types) -> Option<Diagnostic> {
    let mut ty = ty;
    for name in path {
        let (fields, owner) = fields(ty, types)?;
        match fields.get(&name.value) {
            Some(field) => ty = &field.ty,
            None => {
                let known = fields.keys().map(String::as_str);
                return Some(messages::unknown_field(name, owner, known));
            }
        }
    }
    None
}

/// The fields of a type that has no others, and its name if it has one.
fn fields<'t>(
    ty: &'t Type,
    types: &'t Types,
) -> Option<(&'t IndexMap<String, Field>, Option<&'t str>)> {
    let mut ty = ty;
    let mut owner = None;
    for _ in 0..MAX_NAMES {
        match &ty.kind {
            TypeKind::Object(fields) => return Some((fields, owner)),
            TypeKind::Named(name) => {
                owner = Some(name.as_str());
                match types.models.get(name) {
                    Some(model) if model.fields.is_empty() => return None,
                    Some(model) => return Some((&model.fields, owner)),
                    None => ty = &types.schemas.get(name)?.ty,
                }
            }
            _ => return None,
        }
    }
    None
}
