//! `#[derive(Hooks)]`: work between the phases.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{DeriveInput, Expr, LitStr};

use crate::attr::{Args, Key, Shape};
use crate::docs;
use crate::names;
use crate::problems::{Problems, Refusal, Stub};
use crate::register;
use crate::suggest;

/// The hook points in their order, with their variants of `locus_plugin::Point` and their traits.
const POINTS: [(&str, &str, &str); 15] = [
    ("pre_parse", "PreParse", "PreParse"),
    ("post_parse", "PostParse", "PostParse"),
    ("pre_validate", "PreValidate", "PreValidate"),
    ("post_validate", "PostValidate", "PostValidate"),
    ("schema_generate", "SchemaGenerate", "SchemaGenerate"),
    ("pre_generate", "PreGenerate", "PreGenerate"),
    ("component_render", "ComponentRender", "ComponentRender"),
    ("page_generate", "PageGenerate", "PageGenerate"),
    ("post_generate", "PostGenerate", "PostGenerate"),
    ("workflow_execute", "WorkflowExecute", "WorkflowExecute"),
    ("step_execute", "StepExecute", "StepExecute"),
    ("error", "Error", "ErrorHook"),
    ("metric", "Metric", "MetricHook"),
    ("alert", "Alert", "AlertHook"),
    ("event", "Event", "EventHook"),
];

/// What happens when a hook panics, with the variants of `locus_plugin::hooks::OnFailure`.
const ON_FAILURE: [&str; 3] = ["abort", "warn", "ignore"];

/// When it comes, with the variants of `locus_plugin::hooks::Stage`.
const STAGES: [&str; 3] = ["pre", "normal", "post"];

/// The filters, as fields of `locus_plugin::hooks::Filter`.
const FILTERS: [&str; 4] = ["steps", "files", "targets", "topics"];

/// The points first, in their order.
const KEYS: [Key; 27] = {
    let mut keys = [const { Key("", Shape::Flag) }; 27];
    let mut at = 0;
    while at < POINTS.len() {
        keys[at] = Key(POINTS[at].0, Shape::Flag);
        at += 1;
    }
    keys[15] = Key("before", Shape::Texts);
    keys[16] = Key("after", Shape::Texts);
    keys[17] = Key("on_failure", Shape::Choice(&ON_FAILURE));
    keys[18] = Key("name", Shape::Text);
    keys[19] = Key("stage", Shape::Choice(&STAGES));
    keys[20] = Key("priority", Shape::Number);
    keys[21] = Key("max_ms", Shape::Number);
    keys[22] = Key("max_bytes", Shape::Number);
    keys[23] = Key(FILTERS[0], Shape::Texts);
    keys[24] = Key(FILTERS[1], Shape::Texts);
    keys[25] = Key(FILTERS[2], Shape::Texts);
    keys[26] = Key(FILTERS[3], Shape::Texts);
    keys
};

/// A set of hooks.
struct Hooks {
    ident: Ident,
    name: LitStr,
    docs: String,
    /// For each point in order, where it was listed, if it was.
    points: [Option<Span>; 15],
    before: Vec<LitStr>,
    after: Vec<LitStr>,
    on_failure: Ident,
    stage: Ident,
    priority: Option<Expr>,
    /// `max_ms` and `max_bytes`.
    limits: [Option<Expr>; 2],
    filters: [Vec<LitStr>; 4],
    instance: TokenStream,
}

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream, Refusal> {
    Hooks::read(input).map(|hooks| hooks.generate())
}

impl Hooks {
    fn read(input: &DeriveInput) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let args = Args::read(&input.attrs, "hooks", &KEYS, &mut problems);
        let points = POINTS.map(|(name, ..)| args.key(name).map(Ident::span));
        if points.iter().all(Option::is_none)
            && !POINTS.iter().any(|(name, ..)| args.is_refused(name))
        {
            let names = POINTS.map(|(name, ..)| name);
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
        let stage = match args.text("stage").map(|word| word.value()).as_deref() {
            Some("pre") => "Pre",
            Some("post") => "Post",
            _ => "Normal",
        };
        let hooks = Self {
            stage: format_ident!("{stage}"),
            priority: args.expr("priority").cloned(),
            limits: ["max_ms", "max_bytes"].map(|limit| args.expr(limit).cloned()),
            filters: FILTERS.map(|filter| args.texts(filter)),
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
        let Self { ident, name, docs, points, before, after, on_failure, instance, .. } = self;
        let Self { stage, priority, limits, filters, .. } = self;
        let defined_at = register::defined_at(ident);
        let listed: Vec<_> =
            POINTS.iter().zip(points).filter_map(|(point, span)| Some((point, (*span)?))).collect();
        let variants = listed.iter().map(|((_, variant, _), _)| format_ident!("{variant}"));
        let hooks = listed.iter().map(|((point, _, hook), span)| {
            let field = format_ident!("{point}");
            let hook = format_ident!("{hook}");
            // At the point's word: if the trait is not implemented, that is where the compiler says so.
            quote_spanned! { *span =>
                entry.#field = ::core::option::Option::Some({
                    let hook: ::std::sync::Arc<dyn ::locus_plugin::hooks::#hook> =
                        ::std::sync::Arc::<#ident>::clone(&hooks);
                    hook
                });
            }
        });
        let hooks: Vec<TokenStream> = hooks.collect();
        let priority = priority.as_ref().map_or_else(|| quote! { 0 }, |number| quote! { #number });
        let [time, output] = ["time", "output"].map(|field| format_ident!("{field}"));
        let limits = [time, output].into_iter().zip(limits).filter_map(|(field, limit)| {
            let limit = limit.as_ref()?;
            Some(quote! { entry.meta.budget.#field = #limit; })
        });
        let filters = FILTERS.iter().zip(filters).map(|(field, names)| {
            let field = format_ident!("{field}");
            quote! { #field: ::std::vec![#(#names.into()),*] }
        });
        register::register(
            ident,
            "Hooks",
            &quote! { ::locus_plugin::hooks::HooksEntry },
            &quote! {
                let hooks: ::std::sync::Arc<#ident> = ::std::sync::Arc::new(#instance);
                let mut entry = ::locus_plugin::hooks::HooksEntry::new(::locus_plugin::hooks::HooksMeta {
                    name: #name.into(),
                    plugin: ::std::string::String::new(),
                    docs: #docs.into(),
                    points: ::std::vec![#(::locus_plugin::hooks::Point::#variants),*],
                    stage: ::locus_plugin::hooks::Stage::#stage,
                    priority: #priority,
                    before: ::std::vec![#(#before.into()),*],
                    after: ::std::vec![#(#after.into()),*],
                    filter: ::locus_plugin::hooks::Filter { #(#filters,)* },
                    budget: ::core::default::Default::default(),
                    on_failure: ::locus_plugin::hooks::OnFailure::#on_failure,
                    defined_at: #defined_at.into(),
                });
                #(#limits)*
                #(#hooks)*
                entry
            },
        )
    }
}
