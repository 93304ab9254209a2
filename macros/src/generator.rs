//! `#[derive(Generator)]`: generators.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{DeriveInput, LitStr};

use crate::attr::{Args, Key, Shape};
use crate::docs;
use crate::names;
use crate::object::{Object, Owner};
use crate::problems::{Problems, Refusal, Stub};
use crate::register;

const KEYS: [Key; 2] = [Key("name", Shape::Text), Key("templates", Shape::Texts)];

/// A generator.
struct Generator {
    ident: Ident,
    name: LitStr,
    docs: String,
    templates: Vec<LitStr>,
    options: Object,
}

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream, Refusal> {
    Generator::read(input).map(|generator| generator.generate())
}

impl Generator {
    fn read(input: &DeriveInput) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let args = Args::read(&input.attrs, "generator", &KEYS, &mut problems);
        let name = args.required_text("generator", "name", "openapi", &input.ident, &mut problems);
        if let Some(name) = &name {
            names::check_part_name("a generator", name, &mut problems);
        }
        let templates = args.texts("templates");
        for (index, template) in templates.iter().enumerate() {
            if templates[..index].iter().any(|earlier| earlier.value() == template.value()) {
                problems
                    .at(template, format!("the template `{}` is listed twice", template.value()));
            }
        }
        let docs = docs::required(&input.attrs, "a generator", &input.ident, &mut problems);
        let options = Object::read(input, Owner::Part("a generator"), &mut problems);
        let ident = input.ident.clone();
        let generator = name.map(|name| Self { ident, name, docs, templates, options });
        problems.finish(generator, Stub::Param)
    }

    fn generate(&self) -> TokenStream {
        let Self { ident, name, docs, templates, options } = self;
        let param = options.param_impl();
        let defined_at = register::defined_at(ident);
        let texts = templates
            .iter()
            .map(|template| quote_spanned! { template.span() => ::core::include_str!(#template) });
        let registered = register::register(
            ident,
            "Generator",
            &quote! { ::locus_plugin::generator::GeneratorEntry },
            &quote! {
                fn make(
                    options: ::locus_plugin::Value,
                ) -> ::core::result::Result<
                    ::std::boxed::Box<dyn ::locus_plugin::generator::ErasedGenerator>,
                    ::locus_plugin::ParamError,
                > {
                    let generator = <#ident as ::locus_plugin::Param>::from_value(options)?;
                    ::core::result::Result::Ok(::std::boxed::Box::new(generator))
                }
                ::locus_plugin::generator::GeneratorEntry {
                    meta: ::locus_plugin::generator::GeneratorMeta {
                        name: #name.into(),
                        plugin: ::std::string::String::new(),
                        docs: #docs.into(),
                        options: <#ident as ::locus_plugin::Param>::schema(),
                        defined_at: #defined_at.into(),
                        templates: ::std::vec![#((#templates, #texts)),*],
                    },
                    make,
                }
            },
        );
        quote! { #param #registered }
    }
}
