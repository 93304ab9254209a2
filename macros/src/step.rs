//! `#[derive(Step)]`: step types.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{DeriveInput, LitStr};

use crate::attr::{Args, Key, Shape};
use crate::docs;
use crate::names;
use crate::object::{Object, Owner};
use crate::problems::{Problems, Refusal, Stub};
use crate::register;

/// What a repetition would do, with the variants of `locus_plugin::Effect`.
const EFFECTS: [(&str, &str); 5] = [
    ("pure", "Pure"),
    ("read", "Read"),
    ("idempotent", "Idempotent"),
    ("transactional", "Transactional"),
    ("at_most_once", "AtMostOnce"),
];

const EFFECT_NAMES: [&str; 5] = [
    EFFECTS[0].0,
    EFFECTS[1].0,
    EFFECTS[2].0,
    EFFECTS[3].0,
    EFFECTS[4].0,
];

const KEYS: [Key; 9] = [
    Key("name", Shape::Text),
    Key("action", Shape::Flag),
    Key("control", Shape::Flag),
    Key("effect", Shape::Choice(&EFFECT_NAMES)),
    Key("result", Shape::Text),
    Key("raises", Shape::Text),
    Key("catches", Shape::Texts),
    Key("never_completes", Shape::Flag),
    Key("exactly_one", Shape::Texts),
];

/// A step type.
struct Step {
    ident: Ident,
    name: LitStr,
    docs: String,
    control: bool,
    effect: Ident,
    result: String,
    raises: Option<LitStr>,
    catches: Vec<LitStr>,
    completes: bool,
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
        let control = is_control(&args, input, &mut problems);
        let effect = effect(&args, control, input, &mut problems);
        for signal in args.text("raises").iter().chain(&args.texts("catches")) {
            names::check_snake_case("a signal", signal, &mut problems);
        }
        if let Some(catches) = args.key("catches").filter(|_| !control) {
            problems.at(
                catches,
                "only a control step has inner blocks whose signals it can catch",
            );
        }
        let owner = if control {
            Owner::Control
        } else {
            Owner::Part("an action")
        };
        let docs = docs::required(&input.attrs, "a step type", &input.ident, &mut problems);
        let mut params = Object::read(input, owner, &mut problems);
        params.exactly_one(args.texts("exactly_one"), &mut problems);
        let step = name.map(|name| Self {
            ident: input.ident.clone(),
            name,
            docs,
            control,
            effect,
            result: args
                .text("result")
                .map_or_else(String::new, |result| result.value()),
            raises: args.text("raises"),
            catches: args.texts("catches"),
            completes: args.key("never_completes").is_none(),
            params,
        });
        problems.finish(step, Stub::Param)
    }

    fn generate(&self) -> TokenStream {
        let Self {
            ident,
            name,
            docs,
            effect,
            result,
            raises,
            catches,
            completes,
            ..
        } = self;
        let param = self.params.param_impl();
        let defined_at = register::defined_at(ident);
        let (kind, behaviour) = if self.control {
            (
                quote! { Control },
                quote! { Control(::std::sync::Arc::new(::locus_plugin::control::ControlOf::<#ident>::new())) },
            )
        } else {
            (
                quote! { Action },
                quote! { Action(::std::sync::Arc::new(::locus_plugin::action::ActionOf::<#ident>::new())) },
            )
        };
        let raises = match raises {
            Some(signal) => quote! { ::core::option::Option::Some(#signal.into()) },
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
                        kind: ::locus_plugin::StepKind::#kind,
                        effect: ::locus_plugin::Effect::#effect,
                        params: <#ident as ::locus_plugin::Param>::schema(),
                        result: #result.into(),
                        raises: #raises,
                        catches: ::std::vec![#(#catches.into()),*],
                        completes: #completes,
                        defined_at: #defined_at.into(),
                    },
                    behaviour: ::locus_plugin::step::Behaviour::#behaviour,
                }
            },
        );
        quote! { #param #registered }
    }
}

/// Exactly one of `action` and `control` says what it is.
fn is_control(args: &Args, input: &DeriveInput, problems: &mut Problems) -> bool {
    match (args.key("action"), args.key("control")) {
        (Some(_), Some(control)) => {
            problems.at(
                control,
                "a step type is either an `action` or a `control` step, not both",
            );
        }
        (None, None) => {
            let message = "say what kind of step this is: `action` if it does something, `control` if it decides what runs next";
            match args.span {
                Some(span) => problems.at_span(span, message),
                None => problems.at(&input.ident, message),
            }
        }
        _ => {}
    }
    args.key("control").is_some()
}

fn effect(args: &Args, control: bool, input: &DeriveInput, problems: &mut Problems) -> Ident {
    let given = args.text("effect").map(|effect| effect.value());
    if given.is_none() && !args.is_refused("effect") && args.key("action").is_some() && !control {
        problems.at(
            args.key("action").unwrap_or(&input.ident),
            format!("an action says what repeating it would do to the world outside: add `effect = \"…\"`\nallowed: {}", crate::suggest::list(&EFFECT_NAMES)),
        );
    }
    let given = given.unwrap_or_else(|| "pure".to_owned());
    let variant = EFFECTS
        .iter()
        .find(|(name, _)| *name == given)
        .map_or("Pure", |(_, v)| v);
    format_ident!("{variant}")
}
