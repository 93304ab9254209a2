//! `#[derive(Plugin)]`: the plugin that a crate is.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{DeriveInput, Expr, LitStr};

use crate::attr::{Args, Key, Shape};
use crate::docs;
use crate::names;
use crate::object::{Object, Owner};
use crate::problems::{Problems, Refusal, Stub};
use crate::register;
use crate::suggest;

/// How far behaviour can be relied on, with the variants of `locus_plugin::Stability`.
const STABILITY: [&str; 3] = ["stable", "preview", "deprecated"];

/// What a plugin may be allowed to do; the same as `locus_plugin::permission::ALL`.
const PERMISSIONS: [&str; 9] =
    ["network", "database", "queue", "files", "runs", "run_command", "state", "events", "commands"];

const KEYS: [Key; 9] = [
    Key("id", Shape::Text),
    Key("api", Shape::Text),
    Key("provides", Shape::Texts),
    Key("requires", Shape::Texts),
    Key("optional", Shape::Texts),
    Key("conflicts", Shape::Texts),
    Key("permissions", Shape::Texts),
    Key("stability", Shape::Choice(&STABILITY)),
    Key("config_version", Shape::Number),
];

/// A plugin.
struct Plugin {
    ident: Ident,
    id: LitStr,
    docs: String,
    /// Of the contract; the one it is built with when it does not say.
    api: Option<(u32, u32)>,
    /// `provides`, `requires`, `optional`, `conflicts`, `permissions`, each with its names.
    lists: Vec<(Ident, Vec<LitStr>)>,
    stability: Ident,
    config_version: Option<Expr>,
    config: Object,
}

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream, Refusal> {
    Plugin::read(input).map(|plugin| plugin.generate())
}

impl Plugin {
    fn read(input: &DeriveInput) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let args = Args::read(&input.attrs, "plugin", &KEYS, &mut problems);
        let id = args.required_text("plugin", "id", "acme.shop", &input.ident, &mut problems);
        if let Some(id) = &id {
            names::check_plugin_id(id, &mut problems);
        }
        let api = args.text("api").and_then(|api| {
            let version = version(&api.value());
            if version.is_none() {
                problems.at(
                    &api,
                    "the version of the contract is two numbers with a dot between, as in `1.0`",
                );
            }
            version
        });
        let lists = ["provides", "requires", "optional", "conflicts", "permissions"]
            .map(|list| (format_ident!("{list}"), args.texts(list)));
        for permission in args.texts("permissions") {
            let name = permission.value();
            if !PERMISSIONS.contains(&name.as_str()) {
                let allowed = suggest::allowed(&name, &PERMISSIONS);
                problems.at(&permission, format!("there is no permission `{name}`{allowed}"));
            }
        }
        let stability = match args.text("stability").map(|word| word.value()).as_deref() {
            Some("preview") => "Preview",
            Some("deprecated") => "Deprecated",
            _ => "Stable",
        };
        let docs = docs::required(&input.attrs, "a plugin", &input.ident, &mut problems);
        let config = Object::read(input, Owner::Part("a plugin"), &mut problems);
        let plugin = id.map(|id| Self {
            ident: input.ident.clone(),
            id,
            docs,
            api,
            lists: lists.into(),
            stability: format_ident!("{stability}"),
            config_version: args.expr("config_version").cloned(),
            config,
        });
        problems.finish(plugin, Stub::Param)
    }

    fn generate(&self) -> TokenStream {
        let Self { ident, id, docs, api, lists, stability, config_version, config } = self;
        let form = config_version.as_ref().map_or_else(|| quote! { 1 }, |form| quote! { #form });
        let param = config.param_impl();
        let api = match api {
            Some((major, minor)) => quote! { (#major, #minor) },
            None => quote! { ::locus_plugin::API_VERSION },
        };
        let lists =
            lists.iter().map(|(field, names)| quote! { #field: ::std::vec![#(#names.into()),*] });
        let registered = register::register(
            ident,
            "Plugin",
            &quote! { ::locus_plugin::PluginMeta },
            &quote! { <#ident as ::locus_plugin::Plugin>::meta() },
        );
        quote! {
            #param

            #[automatically_derived]
            impl ::locus_plugin::Plugin for #ident {
                fn meta() -> ::locus_plugin::PluginMeta {
                    ::locus_plugin::PluginMeta {
                        id: #id.into(),
                        version: ::core::env!("CARGO_PKG_VERSION").into(),
                        api: #api,
                        description: #docs.into(),
                        package: ::core::env!("CARGO_PKG_NAME").into(),
                        #(#lists,)*
                        stability: ::locus_plugin::Stability::#stability,
                        config: <#ident as ::locus_plugin::Param>::schema(),
                        config_version: #form,
                    }
                }
            }

            #registered
        }
    }
}

fn version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
