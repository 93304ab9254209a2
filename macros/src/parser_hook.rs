//! `#[derive(ParserHook)]`: front ends.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{DeriveInput, LitStr};

use crate::attr::{Args, Key, Shape};
use crate::docs;
use crate::names;
use crate::problems::{Problems, Refusal, Stub};
use crate::register;

const KEYS: [Key; 2] = [Key("name", Shape::Text), Key("suffixes", Shape::Texts)];

/// A parser hook.
struct ParserHook {
    ident: Ident,
    name: LitStr,
    docs: String,
    suffixes: Vec<LitStr>,
    instance: TokenStream,
}

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream, Refusal> {
    ParserHook::read(input).map(|hook| hook.generate())
}

impl ParserHook {
    fn read(input: &DeriveInput) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let args = Args::read(&input.attrs, "parser_hook", &KEYS, &mut problems);
        let name = args.required_text("parser_hook", "name", "csv", &input.ident, &mut problems);
        if let Some(name) = &name {
            names::check_part_name("a parser hook", name, &mut problems);
        }
        let suffixes = args.texts("suffixes");
        if suffixes.is_empty() && !args.is_refused("suffixes") {
            let message =
                "`suffixes` is missing: which files does it read? `suffixes(\".steps.csv\")`";
            problems.at_span(args.span.unwrap_or_else(|| input.ident.span()), message);
        }
        for suffix in &suffixes {
            if !suffix.value().starts_with('.') || suffix.value().contains('/') {
                problems.at(
                    suffix,
                    "a suffix is the end of a file's name, from a dot on, as in `.steps.csv`",
                );
            }
        }
        let docs = docs::required(&input.attrs, "a parser hook", &input.ident, &mut problems);
        register::check_value(input, "a parser hook", &mut problems);
        let hook = name.map(|name| Self {
            ident: input.ident.clone(),
            name,
            docs,
            suffixes,
            instance: register::instance(input),
        });
        problems.finish(hook, Stub::None)
    }

    fn generate(&self) -> TokenStream {
        let Self { ident, name, docs, suffixes, instance } = self;
        let defined_at = register::defined_at(ident);
        register::register(
            ident,
            "ParserHook",
            &quote! { ::locus_plugin::parser_hook::ParserHookEntry },
            &quote! {
                ::locus_plugin::parser_hook::ParserHookEntry {
                    meta: ::locus_plugin::parser_hook::ParserHookMeta {
                        name: #name.into(),
                        plugin: ::std::string::String::new(),
                        docs: #docs.into(),
                        suffixes: ::std::vec![#(#suffixes.into()),*],
                        defined_at: #defined_at.into(),
                    },
                    hook: ::std::sync::Arc::new(#instance),
                }
            },
        )
    }
}
