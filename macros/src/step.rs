//! `#[derive(Step)]`: step types.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{DeriveInput, Expr, LitStr};

use crate::attr::{Args, Key, Shape, text};
use crate::docs;
use crate::names;
use crate::object::{Object, Owner};
use crate::problems::{Problems, Refusal, Stub};
use crate::register;
use crate::suggest;

/// What a repetition would do, with the variants of `locus_plugin::Effect`.
const EFFECTS: [(&str, &str); 5] = [
    ("pure", "Pure"),
    ("read", "Read"),
    ("idempotent", "Idempotent"),
    ("transactional", "Transactional"),
    ("at_most_once", "AtMostOnce"),
];

pub(crate) const EFFECT_NAMES: [&str; 5] =
    [EFFECTS[0].0, EFFECTS[1].0, EFFECTS[2].0, EFFECTS[3].0, EFFECTS[4].0];

const KEYS: [Key; 13] = [
    Key("name", Shape::Text),
    Key("action", Shape::Flag),
    Key("control", Shape::Flag),
    Key("effect", Shape::Choice(&EFFECT_NAMES)),
    Key("result", Shape::Expr),
    Key("raises", Shape::Text),
    Key("catches", Shape::Texts),
    Key("never_completes", Shape::Flag),
    Key("errors", Shape::Items),
    Key("no_errors", Shape::Flag),
    Key("passes_key", Shape::Flag),
    Key("exactly_one", Shape::Texts),
    Key("deprecated", Shape::Text),
];

/// Whether it does something or decides what runs, and the word that says so.
struct Kind {
    control: bool,
    span: Span,
}

/// A step type.
struct Step {
    ident: Ident,
    name: LitStr,
    docs: String,
    kind: Kind,
    effect: Ident,
    result: TokenStream,
    raises: Option<LitStr>,
    catches: Vec<LitStr>,
    completes: bool,
    errors: Option<Vec<TokenStream>>,
    passes_key: bool,
    /// What to use instead.
    deprecated: Option<LitStr>,
    params: Object,
}

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream, Refusal> {
    Step::read(input).map(|step| step.generate())
}

impl Step {
    fn read(input: &DeriveInput) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let args = Args::read(&input.attrs, "step", &KEYS, &mut problems);
        let name = args.required_text("step", "name", "send_mail", &input.ident, &mut problems);
        if let Some(name) = &name {
            names::check_step_name(name, &mut problems);
        }
        let kind = read_kind(&args, input, &mut problems);
        let effect = read_effect(&args, &kind, &mut problems);
        for signal in args.text("raises").iter().chain(&args.texts("catches")) {
            names::check_snake_case("a signal", signal, &mut problems);
        }
        if let Some(catches) = args.key("catches").filter(|_| !kind.control) {
            problems.at(catches, "only a control step has inner blocks whose signals it can catch");
        }
        let owner = if kind.control { Owner::Control } else { Owner::Part("an action") };
        let docs = docs::required(&input.attrs, "a step type", &input.ident, &mut problems);
        let mut params = Object::read(input, owner, &mut problems);
        params.exactly_one(args.texts("exactly_one"), &mut problems);
        let step = name.map(|name| Self {
            ident: input.ident.clone(),
            name,
            docs,
            kind,
            effect,
            result: rule(args.expr("result")),
            raises: args.text("raises"),
            catches: args.texts("catches"),
            completes: args.key("never_completes").is_none(),
            errors: read_errors(&args, &mut problems),
            passes_key: args.key("passes_key").is_some(),
            deprecated: args.text("deprecated"),
            params,
        });
        problems.finish(step, Stub::Param)
    }

    fn generate(&self) -> TokenStream {
        let Self { ident, name, docs, kind, effect, result, raises, .. } = self;
        let Self { catches, completes, errors, passes_key, params, .. } = self;
        let mut schema = quote! { <#ident as ::locus_plugin::Param>::schema() };
        if let Some(advice) = &self.deprecated {
            schema = quote! { ::locus_plugin::schema::deprecated(#schema, #advice) };
        }
        let param = params.param_impl();
        let defined_at = register::defined_at(ident);
        let (module, variant, face) = if kind.control {
            (quote! { control }, quote! { Control }, quote! { ControlOf })
        } else {
            (quote! { action }, quote! { Action }, quote! { ActionOf })
        };
        // At the word: if the trait is not implemented, that is where the compiler says so.
        let behaviour = quote_spanned! { kind.span =>
            ::locus_plugin::step::Behaviour::#variant(
                ::std::sync::Arc::new(::locus_plugin::#module::#face::<#ident>::new()),
            )
        };
        let raises = match raises {
            Some(signal) => quote! { ::core::option::Option::Some(#signal.into()) },
            None => quote! { ::core::option::Option::None },
        };
        let errors = match errors {
            Some(parts) => {
                let parts = parts.iter();
                quote! {{
                    let parts: &[&[&str]] = &[#(#parts),*];
                    let codes = parts.iter().flat_map(|codes| codes.iter());
                    ::core::option::Option::Some(codes.map(|code| (*code).to_owned()).collect())
                }}
            }
            None => quote! { ::core::option::Option::None },
        };
        let registered = register::register(
            ident,
            "Step",
            &quote! { ::locus_plugin::step::StepEntry },
            &quote! {
                ::locus_plugin::step::StepEntry {
                    ty: ::locus_plugin::StepType {
                        name: #name.into(),
                        plugin: ::std::string::String::new(),
                        docs: #docs.into(),
                        kind: ::locus_plugin::StepKind::#variant,
                        effect: ::locus_plugin::Effect::#effect,
                        params: #schema,
                        result: #result,
                        raises: #raises,
                        catches: ::std::vec![#(#catches.into()),*],
                        completes: #completes,
                        errors: #errors,
                        passes_key: #passes_key,
                        defined_at: #defined_at.into(),
                    },
                    behaviour: #behaviour,
                }
            },
        );
        quote! { #param #registered }
    }
}

/// Code for a rule of `locus_plugin::result`: a notation, or calls of its functions.
pub(crate) fn rule(written: Option<&Expr>) -> TokenStream {
    match written {
        None => quote! { ::locus_plugin::ResultType::Any },
        Some(rule) if text(rule).is_some() => quote! { ::locus_plugin::result::notation(#rule) },
        Some(rule) => quote! {
            {
                #[allow(unused_imports, reason = "a rule may name another crate's functions")]
                use ::locus_plugin::result::*;
                #rule
            }
        },
    }
}

/// Exactly one of `action` and `control` says what it is.
fn read_kind(args: &Args, input: &DeriveInput, problems: &mut Problems) -> Kind {
    let span = match (args.key("action"), args.key("control")) {
        (Some(_), Some(control)) => {
            problems.at(control, "a step type is either an `action` or a `control` step, not both");
            control.span()
        }
        (Some(word), None) | (None, Some(word)) => word.span(),
        (None, None) => {
            let span = args.span.unwrap_or_else(|| input.ident.span());
            if !args.is_refused("action") && !args.is_refused("control") {
                problems.at_span(span, "say what kind of step this is: `action` if it does something, `control` if it decides what runs next");
            }
            span
        }
    };
    Kind { control: args.key("action").is_none(), span }
}

/// The variant of `Effect`.
fn read_effect(args: &Args, kind: &Kind, problems: &mut Problems) -> Ident {
    let given = args.text("effect").map(|effect| effect.value());
    if given.is_none() && !kind.control && !args.is_refused("effect") {
        problems.at_span(
            kind.span,
            format!("an action says what repeating it would do to the world outside: add `effect = \"…\"`\nallowed: {}", suggest::list(&EFFECT_NAMES)),
        );
    }
    let variant = EFFECTS.iter().find(|(name, _)| given.as_deref() == Some(name));
    format_ident!("{}", variant.map_or("Pure", |(_, variant)| variant))
}

/// Code for the codes it can end with, each part a slice; `None` where nothing is said of them.
fn read_errors(args: &Args, problems: &mut Problems) -> Option<Vec<TokenStream>> {
    let mut parts = Vec::new();
    for item in args.items("errors") {
        match (text(item), item) {
            (Some(code), _) => {
                names::check_error_code(code, problems);
                parts.push(quote! { &[#code][..] });
            }
            (None, Expr::Path(codes)) => parts.push(quote! { &#codes[..] }),
            _ => problems.at(
                item,
                "an error code is written `\"timeout\"`; a constant may name several: `locus_plugin::services::HTTP_ERRORS`",
            ),
        }
    }
    match (args.key("no_errors"), args.key("errors")) {
        (Some(none), Some(_)) => {
            problems.at(none, "`no_errors` says that there are none, and `errors` lists some");
            None
        }
        (Some(_), None) => Some(Vec::new()),
        (None, Some(_)) => Some(parts),
        (None, None) => None,
    }
}
