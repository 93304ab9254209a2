//! What every registered part has: where it is defined, which crate it comes from, and its entry in the linker's list.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Data, DeriveInput, Fields};

use crate::problems::Problems;

/// File and line of an item, as code.
pub(crate) fn defined_at(ident: &Ident) -> TokenStream {
    let line = ident.span().unwrap().line().to_string();
    quote! { ::core::concat!(::core::file!(), ":", #line) }
}

/// `Registered` and the entry in the linker's list. `part` names the variant of `Part`; `entry` is the code that makes its description.
pub(crate) fn register(
    ident: &Ident,
    part: &str,
    ty: &TokenStream,
    entry: &TokenStream,
) -> TokenStream {
    let part = format_ident!("{part}");
    quote! {
        #[automatically_derived]
        impl ::locus_plugin::registry::Registered for #ident {
            const REGISTRATION: ::locus_plugin::Registration = {
                fn make() -> #ty {
                    #entry
                }
                ::locus_plugin::Registration {
                    package: ::core::env!("CARGO_PKG_NAME"),
                    part: ::locus_plugin::registry::Part::#part(make),
                }
            };
        }

        ::locus_plugin::__submit! {
            <#ident as ::locus_plugin::registry::Registered>::REGISTRATION
        }
    }
}

/// Checks that a part which takes no parameters is a struct of which there can be one value.
pub(crate) fn check_value(input: &DeriveInput, what: &str, problems: &mut Problems) {
    if !matches!(input.data, Data::Struct(_)) {
        problems.at(
            &input.ident,
            format!("{what} is a struct without fields, or one with a `Default`"),
        );
    }
    if !input.generics.params.is_empty() {
        problems.at(
            &input.generics,
            format!("{what} is one value: a struct without type parameters and lifetimes"),
        );
    }
}

/// Code that makes the one value of a part: a struct without fields as it stands, another one by its default.
pub(crate) fn instance(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    match &input.data {
        Data::Struct(data) if matches!(data.fields, Fields::Unit) => quote! { #ident },
        _ => quote_spanned! { ident.span() => <#ident as ::core::default::Default>::default() },
    }
}
