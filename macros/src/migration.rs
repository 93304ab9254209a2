//! `#[derive(Migration)]`: a step from one form of a plugin's config to the next.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{DeriveInput, Expr};

use crate::attr::{Args, Key, Shape};
use crate::docs;
use crate::problems::{Problems, Refusal, Stub};
use crate::register;

const KEYS: [Key; 1] = [Key("from", Shape::Number)];

/// A migration.
struct Migration {
    ident: Ident,
    from: Expr,
    docs: String,
    instance: TokenStream,
}

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream, Refusal> {
    Migration::read(input).map(|migration| migration.generate())
}

impl Migration {
    fn read(input: &DeriveInput) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let args = Args::read(&input.attrs, "migration", &KEYS, &mut problems);
        let from = args.expr("from").cloned();
        if from.is_none() && !args.is_refused("from") {
            problems.at_span(
                args.span.unwrap_or_else(|| input.ident.span()),
                "`from` is missing, the form of the config that it takes: `#[migration(from = 1)]`",
            );
        }
        let docs = docs::required(&input.attrs, "a migration", &input.ident, &mut problems);
        register::check_value(input, "a migration", &mut problems);
        let ident = input.ident.clone();
        let instance = register::instance(input);
        let migration = from.map(|from| Self { ident, from, docs, instance });
        problems.finish(migration, Stub::None)
    }

    fn generate(&self) -> TokenStream {
        let Self { ident, from, docs, instance } = self;
        let defined_at = register::defined_at(ident);
        register::register(
            ident,
            "Migration",
            &quote! { ::locus_plugin::migration::MigrationEntry },
            &quote! {
                ::locus_plugin::migration::MigrationEntry {
                    meta: ::locus_plugin::migration::MigrationMeta {
                        from: #from,
                        plugin: ::std::string::String::new(),
                        docs: #docs.into(),
                        defined_at: #defined_at.into(),
                    },
                    migration: ::std::sync::Arc::new(#instance),
                }
            },
        )
    }
}
