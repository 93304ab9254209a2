//! Expressions that are JSON as they stand: literals, negative numbers, lists of them.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, ExprLit, ExprUnary, Lit, Type, UnOp};

use crate::types::{self, Kind};

/// The `serde_json::Value` that an expression is, as code; `None` when that is not known before the code runs.
pub(crate) fn json(expr: &Expr) -> Option<TokenStream> {
    let inside = inside(expr)?;
    Some(quote! { ::locus_plugin::__private::serde_json::json!(#inside) })
}

/// What stands in the parentheses of `json!`.
fn inside(expr: &Expr) -> Option<TokenStream> {
    match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Str(_) | Lit::Bool(_) | Lit::Int(_) | Lit::Float(_),
            ..
        }) => Some(quote! { #expr }),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr: number, .. }) if is_number(number) => {
            Some(quote! { #expr })
        }
        Expr::Array(array) => {
            let items: Option<Vec<TokenStream>> = array.elems.iter().map(inside).collect();
            let items = items?;
            Some(quote! { [#(#items),*] })
        }
        _ => None,
    }
}

/// What `Default::default()` is for a type whose words tell it.
pub(crate) fn json_of_default(ty: &Type) -> Option<TokenStream> {
    if types::is_option(ty) {
        return None;
    }
    let inside = match types::kind(ty) {
        Kind::Bool => quote! { false },
        Kind::Number => quote! { 0 },
        Kind::Text => quote! { "" },
        Kind::List => quote! { [] },
        Kind::Map => quote! { {} },
        Kind::Block | Kind::Lazy | Kind::Other => return None,
    };
    Some(quote! { ::locus_plugin::__private::serde_json::json!(#inside) })
}

/// Whether it is a number, maybe a negative one.
pub(crate) fn is_number(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(_) | Lit::Float(_), .. }) => true,
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => {
            matches!(**expr, Expr::Lit(ExprLit { lit: Lit::Int(_) | Lit::Float(_), .. }))
        }
        _ => false,
    }
}

/// The value of a number, for the limits of the schema.
pub(crate) fn number(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => int.base10_parse().ok(),
        Expr::Lit(ExprLit { lit: Lit::Float(float), .. }) => float.base10_parse().ok(),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => number(expr).map(|n| -n),
        _ => None,
    }
}
