//! `#[derive(Param)]`: nested objects and choices.

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput};

use crate::attr::{Args, Key, Shape};
use crate::choice::Choice;
use crate::object::{Object, Owner};
use crate::problems::{Problems, Refusal, Stub};

const KEYS: [Key; 1] = [Key("exactly_one", Shape::Texts)];

enum Model {
    Object(Object),
    Choice(Choice),
}

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream, Refusal> {
    Ok(match read(input)? {
        Model::Object(object) => object.param_impl(),
        Model::Choice(choice) => choice.param_impl(),
    })
}

fn read(input: &DeriveInput) -> Result<Model, Refusal> {
    let mut problems = Problems::default();
    let model = if let Data::Enum(data) = &input.data {
        Model::Choice(Choice::read(input, data, &mut problems))
    } else {
        let mut object = Object::read(input, Owner::Nested, &mut problems);
        let args = Args::read(&input.attrs, "param", &KEYS, &mut problems);
        object.exactly_one(args.texts("exactly_one"), &mut problems);
        Model::Object(object)
    };
    problems.finish(Some(model), Stub::Param)
}
