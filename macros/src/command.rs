//! `#[derive(Command)]`: what a plugin can be asked for.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{DeriveInput, LitStr};

use crate::attr::{Args, Key, Shape};
use crate::docs;
use crate::names;
use crate::object::{Object, Owner};
use crate::problems::{Problems, Refusal, Stub};
use crate::register;

const KEYS: [Key; 1] = [Key("name", Shape::Text)];

/// A command.
struct Command {
    ident: Ident,
    name: LitStr,
    docs: String,
    args: Object,
}

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream, Refusal> {
    Command::read(input).map(|command| command.generate())
}

impl Command {
    fn read(input: &DeriveInput) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let args = Args::read(&input.attrs, "command", &KEYS, &mut problems);
        let name = args.required_text("command", "name", "preview", &input.ident, &mut problems);
        if let Some(name) = &name {
            names::check_part_name("a command", name, &mut problems);
        }
        let docs = docs::required(&input.attrs, "a command", &input.ident, &mut problems);
        let args = Object::read(input, Owner::Part("a command"), &mut problems);
        let ident = input.ident.clone();
        let command = name.map(|name| Self { ident, name, docs, args });
        problems.finish(command, Stub::Param)
    }

    fn generate(&self) -> TokenStream {
        let Self { ident, name, docs, args } = self;
        let param = args.param_impl();
        let defined_at = register::defined_at(ident);
        let registered = register::register(
            ident,
            "Command",
            &quote! { ::locus_plugin::command::CommandEntry },
            &quote! {
                ::locus_plugin::command::CommandEntry {
                    meta: ::locus_plugin::command::CommandMeta {
                        name: #name.into(),
                        plugin: ::std::string::String::new(),
                        docs: #docs.into(),
                        args: <#ident as ::locus_plugin::Param>::schema(),
                        defined_at: #defined_at.into(),
                    },
                    answer: ::locus_plugin::command::answer::<#ident>,
                }
            },
        );
        quote! { #param #registered }
    }
}
