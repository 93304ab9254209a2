//! What is wrong with the use of a derive: everything that was found is reported at once, each at its token.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{DeriveInput, Error};

/// The problems found so far.
#[derive(Default)]
pub(crate) struct Problems {
    all: Option<Error>,
}

/// A derive could not be expanded.
pub(crate) struct Refusal {
    problems: Error,
    stub: Stub,
}

/// What is written when the code cannot be: enough to keep the compiler from complaining about consequences.
#[derive(Clone, Copy)]
pub(crate) enum Stub {
    /// Nothing.
    None,
    /// `Param`, which the traits that authors implement ask for.
    Param,
}

impl Problems {
    /// Adds one, at all of these tokens.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(Error::new_spanned(tokens, message));
    }

    /// Adds one, at a span.
    pub(crate) fn at_span(&mut self, span: Span, message: impl Display) {
        self.push(Error::new(span, message));
    }

    /// Adds one.
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.all {
            Some(all) => all.combine(error),
            None => self.all = Some(error),
        }
    }

    /// The model, if nothing was wrong.
    pub(crate) fn finish<T>(self, model: Option<T>, stub: Stub) -> Result<T, Refusal> {
        match (self.all, model) {
            (None, Some(model)) => Ok(model),
            (Some(problems), _) => Err(Refusal { problems, stub }),
            (None, None) => {
                let problems = Error::new(Span::call_site(), "the derive found nothing to work on");
                Err(Refusal { problems, stub })
            }
        }
    }
}

impl Refusal {
    /// The compile errors, and the stub.
    pub(crate) fn into_tokens(self, input: &DeriveInput) -> TokenStream {
        let errors = self.problems.into_compile_error();
        let stub = match self.stub {
            Stub::None => TokenStream::new(),
            Stub::Param => param_stub(input),
        };
        quote! { #errors #stub }
    }
}

fn param_stub(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    quote! {
        impl #generics ::locus_plugin::Param for #ident #arguments #bounds {
            fn schema() -> ::locus_plugin::Value {
                ::core::unreachable!()
            }
            fn from_value(
                _: ::locus_plugin::Value,
            ) -> ::core::result::Result<Self, ::locus_plugin::ParamError> {
                ::core::unreachable!()
            }
        }
    }
}
