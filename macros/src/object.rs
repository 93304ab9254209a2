//! Structs of parameters: a mapping with a key for each field.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Expr, Fields, LitStr, Type};

use crate::attr::{Args, Key, Shape, text};
use crate::docs;
use crate::literal;
use crate::names;
use crate::problems::Problems;
use crate::slot::{self, Naming, Slot};
use crate::step::EFFECT_NAMES;
use crate::suggest;
use crate::types::{self, Kind};

/// What a text may name; the same as `locus_plugin::schema::REFERENCES`.
const REFERENCES: [&str; 5] = ["connection", "workflow", "model", "type", "error"];

/// What a parameter may be for; the same as `locus_plugin::schema::ROLES`.
const ROLES: [&str; 17] = [
    "guard",
    "selector",
    "while",
    "until",
    "items",
    "times",
    "bound",
    "concurrency",
    "join",
    "repeats",
    "raises",
    "catches",
    "calls",
    "detaches",
    "emits",
    "awaits",
    "idempotency_key",
];

const KEYS: [Key; 16] = [
    Key("default", Shape::FlagOrExpr),
    Key("rename", Shape::Text),
    Key("min", Shape::Number),
    Key("max", Shape::Number),
    Key("min_items", Shape::Number),
    Key("max_items", Shape::Number),
    Key("pattern", Shape::Text),
    Key("literal", Shape::Flag),
    Key("secret_safe", Shape::Flag),
    Key("reference", Shape::Choice(&REFERENCES)),
    Key("service", Shape::Text),
    Key("sql", Shape::Text),
    Key("example", Shape::Expr),
    Key("role", Shape::Choice(&ROLES)),
    Key("effects", Shape::Items),
    Key("deprecated", Shape::Text),
];

const LIMITS: [&str; 4] = ["min", "max", "min_items", "max_items"];

/// What a struct of parameters belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A nested object: its own doc comment need not be there, and describes it.
    Nested,
    /// A step that decides what runs next.
    Control,
    /// Another part, in the words of a message: "an action".
    Part(&'static str),
}

/// A struct of parameters.
pub(crate) struct Object {
    ident: Ident,
    description: String,
    fields: Vec<Field>,
    exactly_one: Vec<LitStr>,
}

struct Field {
    ident: Ident,
    ty: Type,
    name: LitStr,
    docs: String,
    default: Option<Default>,
    limits: Vec<(&'static str, f64)>,
    pattern: Option<LitStr>,
    reference: Option<LitStr>,
    service: Option<LitStr>,
    sql: Option<LitStr>,
    literal: bool,
    secret_safe: bool,
    role: Option<LitStr>,
    effects: Vec<(LitStr, LitStr)>,
    example: Option<Expr>,
    /// What to use instead.
    deprecated: Option<LitStr>,
    slot: Option<Slot>,
}

/// The value of a field when nothing is given.
enum Default {
    /// `default`
    OfType,
    /// `default = "text"`: what an author would write.
    Text(LitStr),
    /// `default = expression`
    Expr(Expr),
}

impl Object {
    /// Reads a struct with named fields, or with none at all.
    pub(crate) fn read(input: &DeriveInput, owner: Owner, problems: &mut Problems) -> Self {
        if !input.generics.params.is_empty() {
            problems.at(&input.generics, "parameters have concrete types: a struct with type parameters or lifetimes has no schema");
        }
        let mut object = Self {
            ident: input.ident.clone(),
            description: String::new(),
            fields: Vec::new(),
            exactly_one: Vec::new(),
        };
        if owner == Owner::Nested {
            object.description = docs::read(&input.attrs, problems);
        }
        match &input.data {
            Data::Struct(data) => match &data.fields {
                Fields::Named(fields) => {
                    for field in &fields.named {
                        object.fields.extend(Field::read(field, &input.ident, owner, problems));
                    }
                }
                Fields::Unit => {}
                Fields::Unnamed(fields) => {
                    problems.at(fields, "parameters have names: write the fields in braces");
                }
            },
            Data::Enum(data) => problems
                .at(data.enum_token, "this is derived on a struct: each field is a parameter"),
            Data::Union(data) => problems
                .at(data.union_token, "this is derived on a struct: each field is a parameter"),
        }
        object.check_names(problems);
        object.resolve_slots(problems);
        object
    }

    /// Takes the rule that exactly one of these is given.
    pub(crate) fn exactly_one(&mut self, names: Vec<LitStr>, problems: &mut Problems) {
        if let [only] = names.as_slice() {
            problems.at(only, "`exactly_one` needs two parameters or more to choose from");
        }
        let known: Vec<String> = self.fields.iter().map(|field| field.name.value()).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        for (index, name) in names.iter().enumerate() {
            let written = name.value();
            if names[..index].iter().any(|earlier| earlier.value() == written) {
                problems.at(name, format!("`{written}` is listed twice"));
            }
            match self.fields.iter().find(|field| field.name.value() == written) {
                None => problems.at(
                    name,
                    format!(
                        "there is no parameter `{written}`{}",
                        suggest::allowed(&written, &known)
                    ),
                ),
                Some(field) if !types::is_option(&field.ty) || field.default.is_some() => {
                    problems.at(&field.ty, format!("`exactly_one` lists `{written}`, so this must be an `Option<…>` without a default"));
                }
                Some(_) => {}
            }
        }
        self.exactly_one = names;
    }

    fn check_names(&self, problems: &mut Problems) {
        for (index, field) in self.fields.iter().enumerate() {
            if self.fields[..index].iter().any(|other| other.name.value() == field.name.value()) {
                problems.at_span(
                    field.name.span(),
                    format!("two fields are written `{}`", field.name.value()),
                );
            }
        }
    }

    fn resolve_slots(&mut self, problems: &mut Problems) {
        let params: Vec<Naming> = self
            .fields
            .iter()
            .map(|field| Naming {
                name: field.name.value(),
                optional: types::is_option(&field.ty),
                default: match &field.default {
                    Some(Default::Text(text)) => Some(text.clone()),
                    _ => None,
                },
            })
            .collect();
        let mut naming = Vec::new();
        for slot in self.fields.iter_mut().filter_map(|field| field.slot.as_mut()) {
            slot.resolve(&params, problems);
            naming.extend(slot.params());
        }
        for field in &mut self.fields {
            if naming.contains(&field.name.value()) {
                // The names of variables are known before anything runs.
                field.literal = true;
                field
                    .pattern
                    .get_or_insert_with(|| LitStr::new("^[a-z_][A-Za-z0-9_]*$", Span::call_site()));
            }
        }
    }

    /// The implementation of `Param`.
    pub(crate) fn param_impl(&self) -> TokenStream {
        let Self { ident, description, fields, exactly_one } = self;
        let names: Vec<&LitStr> = fields.iter().map(|field| &field.name).collect();
        let properties = fields.iter().map(Field::property);
        let limits = fields.iter().filter_map(Field::limits_check);
        let idents = fields.iter().map(|field| &field.ident);
        let takes = fields.iter().map(Field::take);
        let mut schema = quote! {
            ::locus_plugin::schema::object(#description, ::std::vec![#(#properties),*])
        };
        let mut choose = None;
        if !exactly_one.is_empty() {
            schema = quote! { ::locus_plugin::schema::exactly_one(#schema, &[#(#exactly_one),*]) };
            choose =
                Some(quote! { ::locus_plugin::param::exactly_one(&map, &[#(#exactly_one),*])?; });
        }
        quote! {
            #[automatically_derived]
            impl ::locus_plugin::Param for #ident {
                fn schema() -> ::locus_plugin::Value {
                    #schema
                }

                #[allow(unused_mut, reason = "a struct without fields takes nothing")]
                fn from_value(
                    value: ::locus_plugin::Value,
                ) -> ::core::result::Result<Self, ::locus_plugin::ParamError> {
                    let mut map = ::locus_plugin::param::take_object(value)?;
                    ::locus_plugin::param::only_known_fields(&map, &[#(#names),*])?;
                    #choose
                    #(#limits)*
                    ::core::result::Result::Ok(Self { #(#idents: #takes,)* })
                }
            }
        }
    }
}

impl Field {
    fn read(
        field: &syn::Field,
        around: &Ident,
        owner: Owner,
        problems: &mut Problems,
    ) -> Option<Self> {
        let ident = field.ident.clone()?;
        let args = Args::read(&field.attrs, "param", &KEYS, problems);
        let name =
            args.text("rename").unwrap_or_else(|| LitStr::new(&names::plain(&ident), ident.span()));
        if name.value().is_empty() {
            problems.at(&name, "a parameter has a name");
        }
        if let Owner::Part(what) = owner {
            slot::refuse(what, &ident, &field.ty, problems);
        }
        if types::mentions(&field.ty, around) {
            problems.at(
                &field.ty,
                format!(
                    "a parameter cannot hold itself: the schema of `{around}` would have no end"
                ),
            );
        }
        check_kind(&args, &field.ty, problems);
        let default = match args.expr("default") {
            Some(expr) => Some(match text(expr) {
                Some(text) => Default::Text(text.clone()),
                None => Default::Expr(expr.clone()),
            }),
            None => args.key("default").map(|_| Default::OfType),
        };
        let example = args.expr("example").cloned();
        if let Some(example) = &example
            && literal::json(example).is_none()
        {
            problems.at(
                example,
                "an example is a text, a number, `true`, `false`, or a list of them in `[…]`",
            );
        }
        Some(Self {
            docs: docs::required(&field.attrs, "a parameter", &ident, problems),
            limits: LIMITS
                .into_iter()
                .filter_map(|limit| Some((limit, literal::number(args.expr(limit)?)?)))
                .collect(),
            pattern: args.text("pattern"),
            reference: args.text("reference"),
            service: args.text("service"),
            sql: args.text("sql"),
            literal: args.key("literal").is_some(),
            secret_safe: args.key("secret_safe").is_some(),
            role: args.text("role"),
            effects: read_effects(&args, problems),
            deprecated: args.text("deprecated"),
            slot: slot::read(&field.attrs, &field.ty, problems),
            ty: field.ty.clone(),
            ident,
            name,
            default,
            example,
        })
    }

    /// Code for its entry in the schema: name, whether it must be given, schema.
    fn property(&self) -> TokenStream {
        let Self { ty, name, docs, .. } = self;
        // At the type, so that a type which is no parameter is pointed at.
        let param = quote_spanned! { ty.span() => <#ty as ::locus_plugin::Param> };
        let mut schema = quote! { #param::schema() };
        for (limit, value) in &self.limits {
            schema = quote! { ::locus_plugin::schema::with_limit(#schema, #limit, #value) };
        }
        if let Some(pattern) = &self.pattern {
            schema = quote! { ::locus_plugin::schema::with_texts(#schema, "pattern", #pattern) };
        }
        if let Some(reference) = &self.reference {
            schema = quote! {
                ::locus_plugin::schema::with_texts(#schema, ::locus_plugin::schema::REFERENCE, #reference)
            };
        }
        if let Some(service) = &self.service {
            schema = quote! {
                ::locus_plugin::schema::with_texts(#schema, ::locus_plugin::schema::SERVICE, #service)
            };
        }
        if let Some(params) = &self.sql {
            schema = quote! {
                ::locus_plugin::schema::with(#schema, ::locus_plugin::schema::SQL, #params.into())
            };
        }
        if let Some(slot) = &self.slot {
            schema = slot.wrap(&schema);
        }
        let mut keywords: Vec<(TokenStream, TokenStream)> =
            vec![(quote! { "description" }, quote! { #docs.into() })];
        if let Some(default) = self.default_json() {
            keywords.push((quote! { "default" }, default));
        }
        if let Some(example) = self.example.as_ref().and_then(literal::json) {
            keywords.push((quote! { "examples" }, quote! { ::std::vec![#example].into() }));
        }
        if self.literal {
            keywords.push((quote! { ::locus_plugin::schema::LITERAL }, quote! { true.into() }));
        }
        if self.secret_safe {
            keywords.push((quote! { ::locus_plugin::schema::SECRET_SAFE }, quote! { true.into() }));
        }
        if let Some(role) = &self.role {
            keywords.push((quote! { ::locus_plugin::schema::ROLE }, quote! { #role.into() }));
        }
        if !self.effects.is_empty() {
            let entries = self.effects.iter().map(|(word, effect)| quote! { #word: #effect });
            keywords.push((
                quote! { ::locus_plugin::schema::EFFECTS },
                quote! { ::locus_plugin::__private::serde_json::json!({ #(#entries),* }) },
            ));
        }
        for (keyword, value) in keywords {
            schema = quote! { ::locus_plugin::schema::with(#schema, #keyword, #value) };
        }
        if let Some(advice) = &self.deprecated {
            schema = quote! { ::locus_plugin::schema::deprecated(#schema, #advice) };
        }
        let required = if self.default.is_some() {
            quote! { false }
        } else {
            quote! { #param::absent().is_none() }
        };
        quote! { (#name, #required, #schema) }
    }

    fn default_json(&self) -> Option<TokenStream> {
        match self.default.as_ref()? {
            Default::OfType => literal::json_of_default(&self.ty),
            Default::Text(text) => Some(quote! { #text.into() }),
            Default::Expr(expr) => literal::json(expr),
        }
    }

    /// Code that checks its limits.
    fn limits_check(&self) -> Option<TokenStream> {
        let name = &self.name;
        let (limits, values): (Vec<&str>, Vec<f64>) = self.limits.iter().copied().unzip();
        (!limits.is_empty()).then(|| {
            quote! {
                ::locus_plugin::param::check_limits(&map, #name, &[#((#limits, #values)),*])?;
            }
        })
    }

    /// Code that takes its value out of the object.
    fn take(&self) -> TokenStream {
        let Self { ty, name, .. } = self;
        let default = match &self.default {
            None => quote! { ::core::option::Option::None },
            Some(Default::OfType) => {
                let span = ty.span();
                quote_spanned! { span =>
                    ::core::option::Option::Some(<#ty as ::core::default::Default>::default)
                }
            }
            Some(Default::Text(text)) if types::is_string(ty) => {
                quote! { ::core::option::Option::Some(|| ::std::string::String::from(#text)) }
            }
            Some(Default::Text(text)) => {
                quote! { ::core::option::Option::Some(|| ::locus_plugin::param::written(#text)) }
            }
            Some(Default::Expr(expr)) => quote! { ::core::option::Option::Some(|| #expr) },
        };
        quote_spanned! { ty.span() =>
            ::locus_plugin::param::take_field::<#ty>(&mut map, #name, #default)?
        }
    }
}

/// The words of `effects(read("GET", "HEAD"), idempotent("PUT"))`, each with its effect.
fn read_effects(args: &Args, problems: &mut Problems) -> Vec<(LitStr, LitStr)> {
    let mut effects = Vec::new();
    for item in args.items("effects") {
        let found = match item {
            Expr::Call(call) => match &*call.func {
                Expr::Path(path) => path.path.get_ident().zip(words(&call.args)),
                _ => None,
            },
            _ => None,
        };
        let Some((effect, words)) = found else {
            problems.at(item, "effects are written `read(\"GET\", \"HEAD\")`: the effect, and the words that have it");
            continue;
        };
        let name = effect.to_string();
        if !EFFECT_NAMES.contains(&name.as_str()) {
            let allowed = suggest::allowed(&name, &EFFECT_NAMES);
            problems.at(effect, format!("there is no effect `{name}`{allowed}"));
            continue;
        }
        let effect = LitStr::new(&name, effect.span());
        effects.extend(words.into_iter().map(|word| (word, effect.clone())));
    }
    effects
}

/// The texts in a row; `None` when one is something else, or there is none.
fn words<'e>(items: impl IntoIterator<Item = &'e Expr>) -> Option<Vec<LitStr>> {
    let words: Option<Vec<LitStr>> = items.into_iter().map(|item| text(item).cloned()).collect();
    words.filter(|words| !words.is_empty())
}

/// Reports arguments that mean nothing for the field's type.
fn check_kind(args: &Args, ty: &Type, problems: &mut Problems) {
    let kind = types::kind(ty);
    let mut refuse = |keys: &[&str], what: &str, unless: &[Kind]| {
        if kind == Kind::Other || unless.contains(&kind) {
            return;
        }
        for key in keys.iter().filter_map(|key| args.key(key)) {
            problems.at(key, format!("`{key}` is for {what}"));
        }
    };
    refuse(&["min", "max"], "a number", &[Kind::Number, Kind::Lazy]);
    refuse(
        &["min_items", "max_items"],
        "a list or a mapping",
        &[Kind::List, Kind::Map, Kind::Block, Kind::Lazy],
    );
    refuse(
        &["pattern", "reference"],
        "a text, or a list or mapping of texts",
        &[Kind::Text, Kind::List, Kind::Map, Kind::Lazy],
    );
    refuse(
        &["literal", "secret_safe", "default", "example"],
        "a value, not a block",
        &[Kind::Bool, Kind::Number, Kind::Text, Kind::List, Kind::Map, Kind::Lazy],
    );
}
