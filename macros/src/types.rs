//! What the words of a type say. A derive sees no more than words: an alias hides what it stands for, so these answers are used for messages
//! and shortcuts only, never for what the generated code does.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, Type};

/// What kind of value a type holds, as far as its words tell.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `bool`
    Bool,
    /// A number.
    Number,
    /// `String`
    Text,
    /// `Vec<…>`
    List,
    /// `IndexMap<String, …>`
    Map,
    /// `BlockRef`, or several of them.
    Block,
    /// `Lazy<…>`
    Lazy,
    /// Anything else.
    Other,
}

/// The kind of a type; an `Option` counts as what is in it.
pub(crate) fn kind(ty: &Type) -> Kind {
    let Some((name, arguments)) = last(ty) else {
        return Kind::Other;
    };
    match name.as_str() {
        "bool" => Kind::Bool,
        "u32" | "u64" | "i64" | "f64" | "Number" => Kind::Number,
        "String" => Kind::Text,
        "Lazy" => Kind::Lazy,
        "BlockRef" | "Branches" => Kind::Block,
        "Option" => arguments.first().map_or(Kind::Other, |inner| kind(inner)),
        "Vec" | "IndexMap" => match arguments.last().map(|inner| kind(inner)) {
            Some(Kind::Block) => Kind::Block,
            _ if name == "Vec" => Kind::List,
            _ => Kind::Map,
        },
        _ => Kind::Other,
    }
}

/// Whether it is an `Option<…>`.
pub(crate) fn is_option(ty: &Type) -> bool {
    last(ty).is_some_and(|(name, _)| name == "Option")
}

/// Whether it is just `String`.
pub(crate) fn is_string(ty: &Type) -> bool {
    last(ty).is_some_and(|(name, _)| name == "String")
}

/// Whether it names the type `word`, or something that holds it; a path to another module is another type.
pub(crate) fn mentions(ty: &Type, word: &Ident) -> bool {
    fn search(tokens: TokenStream, word: &Ident) -> bool {
        let mut behind_colon = false;
        tokens.into_iter().any(|token| {
            let in_path = std::mem::replace(
                &mut behind_colon,
                matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ':'),
            );
            match token {
                TokenTree::Ident(ident) => !in_path && (ident == *word || ident == "Self"),
                TokenTree::Group(group) => search(group.stream(), word),
                _ => false,
            }
        })
    }
    search(ty.to_token_stream(), word)
}

/// The last word of a path and the types in its brackets.
fn last(ty: &Type) -> Option<(String, Vec<&Type>)> {
    let Type::Path(path) = ty else { return None };
    let segment = path.path.segments.last()?;
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => arguments
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    Some((segment.ident.to_string(), arguments))
}
