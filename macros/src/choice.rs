//! Enums of plain variants: a choice of strings.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{DataEnum, DeriveInput, Fields, LitStr};

use crate::attr::{Args, Key, Shape};
use crate::docs;
use crate::names;
use crate::problems::Problems;

const KEYS: [Key; 1] = [Key("rename", Shape::Text)];

/// An enum as a choice.
pub(crate) struct Choice {
    ident: Ident,
    docs: String,
    variants: Vec<Variant>,
}

struct Variant {
    ident: Ident,
    name: LitStr,
    docs: String,
}

impl Choice {
    /// Reads an enum.
    pub(crate) fn read(input: &DeriveInput, data: &DataEnum, problems: &mut Problems) -> Self {
        // On the enum itself there is nothing to say.
        Args::read(&input.attrs, "param", &[], problems);
        if data.variants.is_empty() {
            problems.at(&input.ident, "a choice has at least one variant");
        }
        let mut variants: Vec<Variant> = Vec::new();
        for variant in &data.variants {
            if !matches!(variant.fields, Fields::Unit) {
                problems.at(&variant.fields, "a choice has plain variants only: put what goes with one into a struct of its own");
            }
            let args = Args::read(&variant.attrs, "param", &KEYS, problems);
            let ident = variant.ident.clone();
            let name = args.text("rename").unwrap_or_else(|| {
                LitStr::new(&names::snake_case(&names::plain(&ident)), ident.span())
            });
            if variants.iter().any(|earlier| earlier.name.value() == name.value()) {
                problems
                    .at_span(name.span(), format!("two variants are written `{}`", name.value()));
            }
            variants.push(Variant { ident, name, docs: docs::read(&variant.attrs, problems) });
        }
        Self { ident: input.ident.clone(), docs: docs::read(&input.attrs, problems), variants }
    }

    /// The implementation of `Param`.
    pub(crate) fn param_impl(&self) -> TokenStream {
        let Self { ident, docs, variants } = self;
        let names: Vec<&LitStr> = variants.iter().map(|variant| &variant.name).collect();
        let idents = variants.iter().map(|variant| &variant.ident);
        let texts = variants.iter().map(|variant| &variant.docs);
        quote! {
            #[automatically_derived]
            impl ::locus_plugin::Param for #ident {
                fn schema() -> ::locus_plugin::Value {
                    ::locus_plugin::schema::choice(#docs, &[#((#names, #texts)),*])
                }

                fn from_value(
                    value: ::locus_plugin::Value,
                ) -> ::core::result::Result<Self, ::locus_plugin::ParamError> {
                    match ::locus_plugin::Value::as_str(&value) {
                        #(::core::option::Option::Some(#names) => ::core::result::Result::Ok(Self::#idents),)*
                        _ => ::core::result::Result::Err(
                            ::locus_plugin::param::not_a_choice(&value, &[#(#names),*]),
                        ),
                    }
                }
            }
        }
    }
}
