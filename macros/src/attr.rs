//! The arguments of attributes: `#[step(name = "loop", control, catches("break"))]`. What each derive takes is a table of [`Key`]s; whatever does
//! not fit it is reported with what would.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Token, parenthesized};

use crate::literal::is_number;
use crate::problems::Problems;
use crate::suggest;

/// A key that an attribute takes.
pub(crate) struct Key(pub(crate) &'static str, pub(crate) Shape);

/// What is written behind a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Nothing.
    Flag,
    /// `= "text"`
    Text,
    /// `= "one of these"`
    Choice(&'static [&'static str]),
    /// `= 1`
    Number,
    /// `= expression`
    Expr,
    /// Nothing, or `= expression`
    FlagOrExpr,
    /// `("text", …)`
    Texts,
    /// `(item, …)`
    Items,
}

/// The arguments of all attributes of one name on one item.
pub(crate) struct Args {
    entries: Vec<Entry>,
    /// Keys that are there, but wrong: they have been reported, and are not missing.
    refused: Vec<&'static str>,
    /// The attribute's name, where it stands; `None` when it is not there.
    pub(crate) span: Option<Span>,
}

struct Entry {
    key: Ident,
    value: Written,
}

enum Written {
    Nothing,
    Expr(Expr),
    List(Vec<Expr>),
}

impl Args {
    /// Reads the attributes called `name`.
    pub(crate) fn read(
        attrs: &[Attribute],
        name: &str,
        keys: &[Key],
        problems: &mut Problems,
    ) -> Self {
        let mut args = Self { entries: Vec::new(), refused: Vec::new(), span: None };
        for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
            args.span = args.span.or_else(|| Some(attr.path().get_ident()?.span()));
            let entries = match &attr.meta {
                Meta::Path(_) => continue,
                Meta::NameValue(_) => {
                    problems.at(
                        &attr.meta,
                        format!("`{name}` takes its arguments in parentheses: `#[{name}(…)]`"),
                    );
                    continue;
                }
                Meta::List(_) => {
                    attr.parse_args_with(Punctuated::<Entry, Token![,]>::parse_terminated)
                }
            };
            match entries {
                Ok(entries) => {
                    for entry in entries {
                        args.take(entry, name, keys, problems);
                    }
                }
                Err(error) => problems.push(error),
            }
        }
        args
    }

    fn take(&mut self, entry: Entry, attribute: &str, keys: &[Key], problems: &mut Problems) {
        let written = entry.key.unraw().to_string();
        let Some(Key(name, shape)) = keys.iter().find(|key| key.0 == written) else {
            let names: Vec<&str> = keys.iter().map(|key| key.0).collect();
            let usages: Vec<String> = keys.iter().map(|key| usage(key.0, key.1)).collect();
            let usages: Vec<&str> = usages.iter().map(String::as_str).collect();
            let guess = suggest::did_you_mean(&written, &names);
            self.refused.extend(keys.iter().map(|key| key.0).find(|name| Some(*name) == guess));
            let guess = guess.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
            problems.at(
                &entry.key,
                format!(
                    "`{attribute}` takes no `{written}`{guess}\nallowed: {}",
                    suggest::list(&usages)
                ),
            );
            return;
        };
        if self.entries.iter().any(|earlier| earlier.key.unraw() == *name) {
            problems.at(&entry.key, format!("`{name}` is given twice"));
        } else if check_shape(&entry, name, *shape, problems) {
            self.entries.push(entry);
        } else {
            self.refused.push(name);
        }
    }

    fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key.unraw() == key)
    }

    /// The key itself, if it is there.
    pub(crate) fn key(&self, key: &str) -> Option<&Ident> {
        self.get(key).map(|entry| &entry.key)
    }

    /// Whether a key is there, but wrong: that has been reported.
    pub(crate) fn is_refused(&self, key: &str) -> bool {
        self.refused.contains(&key)
    }

    /// The text behind a key.
    pub(crate) fn text(&self, key: &str) -> Option<LitStr> {
        self.expr(key).and_then(text).cloned()
    }

    /// The expression behind a key.
    pub(crate) fn expr(&self, key: &str) -> Option<&Expr> {
        match &self.get(key)?.value {
            Written::Expr(expr) => Some(expr),
            _ => None,
        }
    }

    /// The list behind a key; empty when it is not there.
    pub(crate) fn items(&self, key: &str) -> &[Expr] {
        match self.get(key).map(|entry| &entry.value) {
            Some(Written::List(items)) => items,
            _ => &[],
        }
    }

    /// The list of texts behind a key; empty when it is not there.
    pub(crate) fn texts(&self, key: &str) -> Vec<LitStr> {
        self.items(key).iter().filter_map(text).cloned().collect()
    }

    /// The text behind a key that must be there.
    pub(crate) fn required_text(
        &self,
        attribute: &str,
        key: &str,
        example: &str,
        item: &Ident,
        problems: &mut Problems,
    ) -> Option<LitStr> {
        let found = self.text(key);
        if found.is_none() && !self.is_refused(key) {
            let message = format!("`{key}` is missing: `#[{attribute}({key} = \"{example}\")]`");
            match self.span {
                Some(span) => problems.at_span(span, message),
                None => problems.at(item, message),
            }
        }
        found
    }
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Written::Expr(input.parse()?)
        } else if input.peek(syn::token::Paren) {
            let inside;
            parenthesized!(inside in input);
            let items = Punctuated::<Expr, Token![,]>::parse_terminated(&inside)?;
            Written::List(items.into_iter().collect())
        } else {
            Written::Nothing
        };
        Ok(Self { key, value })
    }
}

/// The text of a string literal.
pub(crate) fn text(expr: &Expr) -> Option<&LitStr> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
        _ => None,
    }
}

/// How a key is written.
fn usage(name: &str, shape: Shape) -> String {
    match shape {
        Shape::Flag => name.to_owned(),
        Shape::Text | Shape::Choice(_) => format!("{name} = \"…\""),
        Shape::Number => format!("{name} = 1"),
        Shape::Expr => format!("{name} = …"),
        Shape::FlagOrExpr => format!("{name} = …"),
        Shape::Texts => format!("{name}(\"…\")"),
        Shape::Items => format!("{name}(…)"),
    }
}

/// Whether what is written behind a key is what belongs there.
fn check_shape(entry: &Entry, name: &str, shape: Shape, problems: &mut Problems) -> bool {
    let fits = match (&entry.value, shape) {
        (Written::Nothing, Shape::Flag | Shape::FlagOrExpr) => true,
        (Written::Expr(_), Shape::Expr | Shape::FlagOrExpr) => true,
        (Written::Expr(expr), Shape::Text | Shape::Choice(_)) => text(expr).is_some(),
        (Written::Expr(expr), Shape::Number) => is_number(expr),
        (Written::List(items), Shape::Texts) => {
            !items.is_empty() && items.iter().all(|item| text(item).is_some())
        }
        (Written::List(items), Shape::Items) => !items.is_empty(),
        _ => false,
    };
    if !fits {
        let wrong: &dyn quote::ToTokens = match &entry.value {
            Written::Expr(expr) => expr,
            Written::List(items) => match (shape, items.iter().find(|item| text(item).is_none())) {
                (Shape::Texts, Some(item)) => item,
                _ => &entry.key,
            },
            Written::Nothing => &entry.key,
        };
        problems.at(
            wrong,
            match shape {
                Shape::Flag => format!("`{name}` stands alone: it takes no value"),
                _ => format!("`{name}` is written `{}`", usage(name, shape)),
            },
        );
        return false;
    }
    if let (Written::Expr(expr), Shape::Choice(choices)) = (&entry.value, shape)
        && let Some(text) = text(expr)
        && !choices.contains(&text.value().as_str())
    {
        let value = text.value();
        problems
            .at(text, format!("`{name}` cannot be `{value}`{}", suggest::allowed(&value, choices)));
        return false;
    }
    true
}
