//! `#[derive(Hooks)]`: work between the phases.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{DeriveInput, LitStr};

use crate::attr::{Args, Key, Shape};
use crate::docs;
use crate::names;
use crate::problems::{Problems, Refusal, Stub};
use crate::register;
use crate::suggest;

/// The hook points in the order of the phases, with their traits; the same as `locus_plugin::hooks::POINTS`.
const POINTS: [(&str, &str); 4] = [
    ("post_parse", "PostParse"),
    ("post_validate", "PostValidate"),
    ("pre_generate", "PreGenerate"),
    ("post_generate", "PostGenerate"),
];

/// What happens when a hook panics, with the variants of `locus_plugin::hooks::OnFailure`.
const ON_FAILURE: [&str; 3] = ["abort", "warn", "ignore"];

const KEYS: [Key; 8] = [
    Key(POINTS[0].0, Shape::Flag),
    Key(POINTS[1].0, Shape::Flag),
    Key(POINTS[2].0, Shape::Flag),
    Key(POINTS[3].0, Shape::Flag),
    Key("before", Shape::Texts),
    Key("after", Shape::Texts),
    Key("on_failure", Shape::Choice(&ON_FAILURE)),
    Key("name", Shape::Text),
];

/// A set of hooks.
struct Hooks {
    ident: Ident,
    name: LitStr,
    docs: String,
    /// For each point in order, where it was listed, if it was.
    points: [Option<Span>; 4],
    before: Vec<LitStr>,
    after: Vec<LitStr>,
    on_failure: Ident,
    instance: TokenStream,
}

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream, Refusal> {
    Hooks::read(input).map(|hooks| hooks.generate())
}

impl Hooks {
    fn read(input: &DeriveInput) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let args = Args::read(&input.attrs, "hooks", &KEYS, &mut problems);
        let points = POINTS.map(|(name, _)| args.key(name).map(Ident::span));
        if points.iter().all(Option::is_none)
            && !POINTS.iter().any(|(name, _)| args.is_refused(name))
        {
            let names = POINTS.map(|(name, _)| name);
            problems.at_span(
                args.span.unwrap_or_else(|| input.ident.span()),
                format!(
                    "say at which points it works: `#[hooks(post_validate)]`\nallowed: {}",
                    suggest::list(&names)
                ),
            );
        }
        let (before, after) = (args.texts("before"), args.texts("after"));
        for plugin in before.iter().chain(&after) {
            names::check_plugin_id(plugin, &mut problems);
        }
        let name = args.text("name").unwrap_or_else(|| {
            LitStr::new(&names::snake_case(&names::plain(&input.ident)), input.ident.span())
        });
        names::check_snake_case("a set of hooks", &name, &mut problems);
        let docs = docs::required(&input.attrs, "a set of hooks", &input.ident, &mut problems);
        register::check_value(input, "a set of hooks", &mut problems);
        let on_failure = match args.text("on_failure").map(|word| word.value()).as_deref() {
            Some("warn") => "Warn",
            Some("ignore") => "Ignore",
            _ => "Abort",
        };
        let hooks = Self {
            ident: input.ident.clone(),
            name,
            docs,
            points,
            before,
            after,
            on_failure: format_ident!("{on_failure}"),
            instance: register::instance(input),
        };
        problems.finish(Some(hooks), Stub::None)
    }

    fn generate(&self) -> TokenStream {
        let Self { ident, name, docs, points, before, after, on_failure, instance } = self;
        let defined_at = register::defined_at(ident);
        let listed = POINTS.iter().zip(points).filter(|(_, span)| span.is_some());
        let names = listed.map(|((name, _), _)| name);
        let fields = POINTS.iter().zip(points).map(|((point, hook), span)| {
            let field = format_ident!("{point}");
            let hook = format_ident!("{hook}");
            match *span {
                None => quote! { #field: ::core::option::Option::None },
                // At the point's word: if the trait is not implemented, that is where the compiler says so.
                Some(span) => quote_spanned! { span =>
                    #field: ::core::option::Option::Some({
                        let hook: ::std::sync::Arc<dyn ::locus_plugin::hooks::#hook> =
                            ::std::sync::Arc::<#ident>::clone(&hooks);
                        hook
                    })
                },
            }
        });
        let fields: Vec<TokenStream> = fields.collect();
        register::register(
            ident,
            "Hooks",
            &quote! { ::locus_plugin::hooks::HooksEntry },
            &quote! {
                let hooks: ::std::sync::Arc<#ident> = ::std::sync::Arc::new(#instance);
                ::locus_plugin::hooks::HooksEntry {
                    meta: ::locus_plugin::hooks::HooksMeta {
                        name: #name.into(),
                        plugin: ::std::string::String::new(),
                        docs: #docs.into(),
                        points: ::std::vec![#(#names),*],
                        before: ::std::vec![#(#before.into()),*],
                        after: ::std::vec![#(#after.into()),*],
                        on_failure: ::locus_plugin::hooks::OnFailure::#on_failure,
                        defined_at: #defined_at.into(),
                    },
                    #(#fields,)*
                }
            },
        )
    }
}
