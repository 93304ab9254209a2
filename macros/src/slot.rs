//! Inner blocks: how often each may run, and the variables that its steps see.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Attribute, Expr, ExprCall, ExprPath, LitStr, Type};

use crate::attr::{Args, Key, Shape, text};
use crate::names;
use crate::problems::Problems;
use crate::step;
use crate::suggest;
use crate::types::{self, Kind};

/// How often an inner block may run; the same as `locus_plugin::schema::RUNS`.
const RUNS: [&str; 6] = ["once", "at_most_once", "many", "concurrent", "on_error", "always"];

const KEYS: [Key; 2] = [Key("runs", Shape::Choice(&RUNS)), Key("binds", Shape::Items)];

/// What is said of an inner block.
pub(crate) struct Slot {
    runs: String,
    binds: Vec<Binding>,
}

/// A variable that the block's steps see, with what is known of its type.
struct Binding {
    name: BindingName,
    ty: Option<Expr>,
}

/// How a variable gets its name.
enum BindingName {
    /// It is always called so.
    Name(LitStr),
    /// A parameter gives its name.
    Param { name: LitStr, default: Option<LitStr>, optional: bool },
}

/// What a binding needs to know of the parameter that names it.
pub(crate) struct Naming {
    /// The parameter's name.
    pub(crate) name: String,
    /// Whether its type is an `Option`.
    pub(crate) optional: bool,
    /// Its default, when it is a text.
    pub(crate) default: Option<LitStr>,
}

/// Reads the `slot` attributes of a field.
pub(crate) fn read(attrs: &[Attribute], ty: &Type, problems: &mut Problems) -> Option<Slot> {
    let args = Args::read(attrs, "slot", &KEYS, problems);
    args.span?;
    if types::kind(ty) != Kind::Block {
        problems.at(ty, "`slot` is for inner blocks, and this type holds none\nallowed: `BlockRef`, `Option<BlockRef>`, `Vec<BlockRef>`, `Branches`");
    }
    let runs = args.text("runs").map_or_else(|| "once".to_owned(), |runs| runs.value());
    let binds = args.items("binds").iter().filter_map(|item| binding(item, problems)).collect();
    Some(Slot { runs, binds })
}

fn binding(item: &Expr, problems: &mut Problems) -> Option<Binding> {
    match item {
        Expr::Assign(typed) => {
            let name = binding_name(&typed.left, problems)?;
            Some(Binding { name, ty: Some((*typed.right).clone()) })
        }
        _ => Some(Binding { name: binding_name(item, problems)?, ty: None }),
    }
}

fn binding_name(item: &Expr, problems: &mut Problems) -> Option<BindingName> {
    if let Some(name) = text(item) {
        names::check_snake_case("a variable", name, problems);
        return Some(BindingName::Name(name.clone()));
    }
    let found = match item {
        Expr::Call(call) if is_word(&call.func, "param") => named_by_param(call),
        _ => None,
    };
    if found.is_none() {
        problems.at(item, "a variable is written `\"index\"`, `param(\"as\")`, `param(\"as\", default = \"item\")` or `param(\"as\", optional)`, each with `= …` behind it where its type is known");
    }
    found
}

fn named_by_param(call: &ExprCall) -> Option<BindingName> {
    let mut arguments = call.args.iter();
    let name = text(arguments.next()?)?.clone();
    let (default, optional) = match arguments.next() {
        None => (None, false),
        Some(Expr::Assign(assign)) if is_word(&assign.left, "default") => {
            (Some(text(&assign.right)?.clone()), false)
        }
        Some(word) if is_word(word, "optional") => (None, true),
        Some(_) => return None,
    };
    arguments.next().is_none().then_some(BindingName::Param { name, default, optional })
}

fn is_word(expr: &Expr, word: &str) -> bool {
    matches!(expr, Expr::Path(ExprPath { path, .. }) if path.is_ident(word))
}

impl Slot {
    /// The parameters that name variables.
    pub(crate) fn params(&self) -> impl Iterator<Item = String> {
        self.binds.iter().filter_map(|binding| match &binding.name {
            BindingName::Name(_) => None,
            BindingName::Param { name, .. } => Some(name.value()),
        })
    }

    /// Checks the bindings against the other parameters, and fills in defaults.
    pub(crate) fn resolve(&mut self, params: &[Naming], problems: &mut Problems) {
        for binding in &mut self.binds {
            let BindingName::Param { name, default, optional } = &mut binding.name else {
                continue;
            };
            let written = name.value();
            let Some(param) = params.iter().find(|param| param.name == written) else {
                let known: Vec<&str> = params.iter().map(|param| param.name.as_str()).collect();
                problems.at(
                    &name,
                    format!(
                        "there is no parameter `{written}` beside this block{}",
                        suggest::allowed(&written, &known)
                    ),
                );
                continue;
            };
            match (&default, &param.default) {
                (Some(here), Some(there)) if here.value() != there.value() => {
                    problems.at(here, format!("`{written}` has the default `{}` where it is declared", there.value()));
                }
                (None, Some(there)) => *default = Some(there.clone()),
                (None, None) if param.optional && !*optional => problems.at(
                    &name,
                    format!("`{written}` need not be given: add `default = \"…\"`, or `optional` if there is no variable then"),
                ),
                _ => {}
            }
        }
    }

    /// Code for the schema of the field, around that of its type.
    pub(crate) fn wrap(&self, schema: &TokenStream) -> TokenStream {
        let runs = LitStr::new(&self.runs, Span::call_site());
        let binds = self.binds.iter().map(Binding::json);
        quote! {
            ::locus_plugin::schema::with_slot(
                #schema,
                #runs,
                &::locus_plugin::__private::serde_json::json!([#(#binds),*]),
            )
        }
    }
}

impl Binding {
    /// What the schema says of it.
    fn json(&self) -> TokenStream {
        let ty = self.ty.as_ref().map(|ty| {
            let rule = step::rule(Some(ty));
            // `json!` would take a bare block for an object.
            quote! { , "type": ::core::convert::identity(#rule) }
        });
        match &self.name {
            BindingName::Name(name) if ty.is_none() => quote! { #name },
            BindingName::Name(name) => quote! { { "name": #name #ty } },
            BindingName::Param { name, default: Some(default), .. } => {
                quote! { { "param": #name, "default": #default #ty } }
            }
            BindingName::Param { name, .. } => quote! { { "param": #name #ty } },
        }
    }
}

/// Refuses inner blocks and lazy parameters where nothing could run them.
pub(crate) fn refuse(what: &str, field: &Ident, ty: &Type, problems: &mut Problems) {
    match types::kind(ty) {
        Kind::Block => problems.at(
            ty,
            format!("{what} has no inner blocks: only a control step runs what is in `{field}`"),
        ),
        Kind::Lazy => problems.at(
            ty,
            format!(
                "{what} cannot evaluate `{field}` itself: only a control step has lazy parameters"
            ),
        ),
        _ => {}
    }
}
