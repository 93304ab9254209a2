//! The derives of the plugin contract. Authors use them through `locus_plugin`, which re-exports them; everything they write goes through
//! paths of that crate, so that a plugin depends on it alone.
//!
//! Each derive reads its struct into a model, reporting everything that is wrong with it, and then writes code from the model:
//! 1. [`attr`]: the arguments of attributes; [`problems`]: what is wrong; [`suggest`]: did you mean; [`names`]: what names may look like;
//! 2. [`docs`]: doc comments as data; [`types`]: what the words of a type say; [`literal`]: expressions that are JSON;
//! 3. [`object`]: structs of parameters; [`slot`]: their inner blocks; [`choice`]: enums of plain variants;
//! 4. one file for each derive: `param`, `step`, `connection`, `generator`, `parser_hook`, `hooks`, `plugin`; `register`: what they share.

#![warn(clippy::disallowed_methods)]

mod attr;
mod choice;
mod command;
mod connection;
mod docs;
mod generator;
mod hooks;
mod literal;
mod migration;
mod names;
mod object;
mod param;
mod parser_hook;
mod plugin;
mod problems;
mod register;
mod slot;
mod step;
mod suggest;
mod types;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a type a parameter: a struct of named fields is a mapping, an enum of plain variants is a choice of strings in snake case.
///
/// The doc comment of a field is its description, and must be there. A field must be given unless its type is `Option<…>` or it has a
/// default. `r#as` is written `as`.
///
/// `#[param(…)]` on a field:
/// - `default = expr`: the value when nothing is given; a string literal is read as an author's would be. `default` alone: `Default::default()`;
/// - `rename = "…"`: its name in specs;
/// - `min = n`, `max = n`: limits of a number; `min_items = n`, `max_items = n`: limits of a list's or mapping's length;
/// - `pattern = "…"`: the regular expression a text must match (checked in specs, not again at run time);
/// - `literal`: expressions are refused; `secret_safe`: a secret may go here;
/// - `reference = "connection"`, `"workflow"`, `"model"`, `"type"` or `"error"`: the text names one;
/// - `service = "sql"`: the connection that it names must be of a kind that offers this;
/// - `sql = "params"`: it is a statement of a database, and the mapping of that name beside it gives the values of its parameters;
/// - `example = …`: a literal that the documentation shows;
/// - `deprecated = "…"`: it will go away; what to use instead, as a sentence.
///
/// `#[slot(…)]` on an inner block (`BlockRef`, `Option<BlockRef>`, `Vec<BlockRef>`, `Branches`):
/// - `runs = "once"` (the default), `"at_most_once"`, `"many"`, `"concurrent"`, `"on_error"` or `"always"`;
/// - `binds("index", param("as"))`: the variables its steps see: a name, or the name that another parameter gives;
///   `param("as", default = "item")` when that parameter need not be given, `param("as", optional)` when there is no variable then.
///   What is known of a variable's type stands behind it: `"index" = "int"`, `param("as") = item(param("/over"))`, as in `result`.
///
/// On the struct: `#[param(exactly_one("over", "times"))]`: of these parameters, one must be given and no more. On a variant:
/// `#[param(rename = "…")]`.
#[proc_macro_derive(Param, attributes(param, slot))]
pub fn param(input: TokenStream) -> TokenStream {
    expand(input, param::derive)
}

/// Makes a struct a step type and registers it. Its doc comment is the documentation of the step type; its fields are the parameters, as for
/// [`Param`](derive@Param).
///
/// `#[step(…)]`:
/// - `name = "loop"`: the key in specs;
/// - `action` or `control`: which of the two traits it implements;
/// - `effect = "pure"`, `"read"`, `"idempotent"`, `"transactional"` or `"at_most_once"`: what a repetition would do to the world outside.
///   An action says it; a control step is `pure`;
/// - `result = "json[]"` or `result = list(block("/steps"))`: what is known of the type of its result, in the notation of the language
///   or as a rule of the module `locus_plugin::result`;
/// - `raises = "break"`: the signal it ends its block with; `catches("break", "continue")`: those its inner blocks may end with;
/// - `never_completes`: no step behind it in its block can run;
/// - `exactly_one("over", "times")`: of these parameters, one must be given and no more;
/// - `deprecated = "…"`: it will go away; what to use instead, as a sentence.
#[proc_macro_derive(Step, attributes(step, param, slot))]
pub fn step(input: TokenStream) -> TokenStream {
    expand(input, step::derive)
}

/// Makes a struct a kind of connection and registers it. Its doc comment is the documentation of the kind; its fields are the settings, as for
/// [`Param`](derive@Param). A setting that is `secret_safe` may be made from a secret; one that is `literal` holds no expressions.
///
/// `#[connection(…)]`:
/// - `name = "sqlite"`: the `type` of such connections in specs;
/// - `offers("sql")`: what steps can do with it: see `service` of [`Param`](derive@Param).
#[proc_macro_derive(Connection, attributes(connection, param))]
pub fn connection(input: TokenStream) -> TokenStream {
    expand(input, connection::derive)
}

/// Makes a struct a generator and registers it. Its fields are the options of a target, as for [`Param`](derive@Param).
///
/// `#[generator(name = "openapi", templates("openapi.json.tera"))]`: templates are files beside the source file, named by their path as it is
/// written here.
#[proc_macro_derive(Generator, attributes(generator, param))]
pub fn generator(input: TokenStream) -> TokenStream {
    expand(input, generator::derive)
}

/// Registers a struct as a parser hook. It has no fields, or implements `Default`.
///
/// `#[parser_hook(name = "csv", suffixes(".steps.csv"))]`: it reads files whose names end so.
#[proc_macro_derive(ParserHook, attributes(parser_hook))]
pub fn parser_hook(input: TokenStream) -> TokenStream {
    expand(input, parser_hook::derive)
}

/// Registers a struct as a set of hooks. It has no fields, or implements `Default`.
///
/// `#[hooks(…)]`:
/// - the points it implements, at least one, each named like its trait: `post_validate`, `step_execute`, …;
/// - `stage = "pre"`, `"normal"` (the default) or `"post"`; `priority = 10`: higher comes first among those not ordered otherwise;
/// - `before("acme.shop")`, `after("…")`: plugins whose hooks come later or earlier;
/// - `steps("http")`, `files("api/**")`, `targets("web")`, `topics("acme.shop.*")`: what it applies to; the host looks before it calls;
/// - `max_ms = 100`, `max_bytes = 65536`: what a call may take and give;
/// - `on_failure = "abort"` (the default), `"warn"` or `"ignore"`: what becomes of the build when it panics, or its patch is refused;
/// - `name = "…"`: its name, when that of the struct in snake case is not wanted.
#[proc_macro_derive(Hooks, attributes(hooks))]
pub fn hooks(input: TokenStream) -> TokenStream {
    expand(input, hooks::derive)
}

/// Makes a struct a command and registers it. Its fields are the arguments, as for [`Param`](derive@Param).
///
/// `#[command(name = "preview")]`: others call it by the plugin's id and this name.
#[proc_macro_derive(Command, attributes(command, param))]
pub fn command(input: TokenStream) -> TokenStream {
    expand(input, command::derive)
}

/// Registers a struct as the step from one form of the plugin's config to the next. It has no fields, or implements `Default`.
///
/// `#[migration(from = 1)]`: it takes the first form, and gives the second.
#[proc_macro_derive(Migration, attributes(migration))]
pub fn migration(input: TokenStream) -> TokenStream {
    expand(input, migration::derive)
}

/// Declares the plugin that a crate is. Its fields are the plugin's config, as for [`Param`](derive@Param).
///
/// `#[plugin(…)]`:
/// - `id = "acme.shop"`: owner and plugin;
/// - `api = "1.0"`: the version of the contract it needs; the one it is built with, unless it says so;
/// - `provides(…)`, `requires(…)`, `optional(…)`, `conflicts(…)`: ids of plugins, or names that plugins provide;
/// - `permissions(…)`: what it must be allowed to do: see `locus_plugin::permission`;
/// - `config_version = 2`: the present form of its config, when projects may have written an earlier one (see `Migration`);
/// - `stability = "stable"` (the default), `"preview"` or `"deprecated"`.
///
/// Its version is that of the crate.
#[proc_macro_derive(Plugin, attributes(plugin, param))]
pub fn plugin(input: TokenStream) -> TokenStream {
    expand(input, plugin::derive)
}

/// Runs a derive; what is wrong becomes compile errors.
fn expand(
    input: TokenStream,
    derive: fn(&DeriveInput) -> Result<proc_macro2::TokenStream, problems::Refusal>,
) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    derive(&input).unwrap_or_else(|refusal| refusal.into_tokens(&input)).into()
}
