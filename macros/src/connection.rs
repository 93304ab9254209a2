//! `#[derive(Connection)]`: kinds of connections.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{DeriveInput, LitStr};

use crate::attr::{Args, Key, Shape};
use crate::docs;
use crate::names;
use crate::object::{Object, Owner};
use crate::problems::{Problems, Refusal, Stub};
use crate::register;

const KEYS: [Key; 2] = [Key("name", Shape::Text), Key("offers", Shape::Texts)];

/// A kind of connection.
struct Connection {
    ident: Ident,
    name: LitStr,
    docs: String,
    offers: Vec<LitStr>,
    settings: Object,
}

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream, Refusal> {
    Connection::read(input).map(|connection| connection.generate())
}

impl Connection {
    fn read(input: &DeriveInput) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let args = Args::read(&input.attrs, "connection", &KEYS, &mut problems);
        let name = args.required_text("connection", "name", "sqlite", &input.ident, &mut problems);
        if let Some(name) = &name {
            names::check_part_name("a kind of connection", name, &mut problems);
        }
        let docs =
            docs::required(&input.attrs, "a kind of connection", &input.ident, &mut problems);
        let settings = Object::read(input, Owner::Part("a kind of connection"), &mut problems);
        let ident = input.ident.clone();
        let offers = args.texts("offers");
        let connection = name.map(|name| Self { ident, name, docs, offers, settings });
        problems.finish(connection, Stub::Param)
    }

    fn generate(&self) -> TokenStream {
        let Self { ident, name, docs, offers, settings } = self;
        let param = settings.param_impl();
        let defined_at = register::defined_at(ident);
        let registered = register::register(
            ident,
            "Connection",
            &quote! { ::locus_plugin::connection::ConnectionKind },
            &quote! {
                ::locus_plugin::connection::ConnectionKind {
                    name: #name.into(),
                    plugin: ::std::string::String::new(),
                    docs: #docs.into(),
                    offers: ::std::vec![#(#offers.into()),*],
                    settings: <#ident as ::locus_plugin::Param>::schema(),
                    defined_at: #defined_at.into(),
                }
            },
        );
        quote! { #param #registered }
    }
}
