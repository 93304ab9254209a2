//! Templates are files beside the source file, each listed once; and a generator has a name.

use locus_plugin::model::Program;
use locus_plugin::{Doc, GenerateError, Generator, Plan, RenderContext, Unit};

/// A page about the program.
#[derive(Generator)]
#[generator(name = "about_page", templates("not_there.txt"))]
struct About;

impl Generator for About {
    fn plan(&self, _: &Program) -> Result<Plan, GenerateError> {
        Ok(Plan::default())
    }

    fn render(&self, _: &Unit, _: &Program, _: &RenderContext<'_>) -> Result<Doc, GenerateError> {
        Err(GenerateError::new("nothing was planned"))
    }
}

/// Another page about the program.
#[derive(Generator)]
#[generator(templates("pass_parts.txt", "pass_parts.txt"))]
struct Another;

/// One more page about the program.
#[derive(Generator)]
#[generator(name = "About Page", template("pass_parts.txt"))]
struct OneMore;

fn main() {}
