//! What the phases share: the registry, the names of the program, and the problems found so far.

use std::collections::HashMap;
use std::rc::Rc;

use indexmap::IndexMap;
use locus_diag::{Diagnostic, Span};
use locus_model::{Field, Model};
use locus_plugin::Registry;
use locus_plugin::step::StepEntry;

use crate::shape::Shape;

/// What the phases share.
pub(crate) struct Context<'a> {
    /// All that is linked.
    pub(crate) registry: &'a Registry,
    /// The names of the program.
    pub(crate) names: Names,
    /// Models and schemas.
    pub(crate) types: Types,
    /// The problems found so far.
    pub(crate) problems: Vec<Diagnostic>,
    shapes: HashMap<&'a str, Rc<Shape>>,
}

/// What can be referred to by name from anywhere in the program.
#[derive(Default)]
pub(crate) struct Names {
    /// The connections.
    pub(crate) connections: IndexMap<String, Span>,
    /// Models and schemas.
    pub(crate) types: IndexMap<String, NamedType>,
    /// The workflows, with what they take.
    pub(crate) workflows: IndexMap<String, Callee>,
}

/// The types of the program, once they are read.
#[derive(Default)]
pub(crate) struct Types {
    /// Named types that are not stored.
    pub(crate) schemas: IndexMap<String, Field>,
    /// Records that are stored.
    pub(crate) models: IndexMap<String, Model>,
}

/// A model or a schema.
#[derive(Clone, Copy)]
pub(crate) struct NamedType {
    /// Whether it is a model.
    pub(crate) model: bool,
}

/// What a caller has to know of a workflow.
pub(crate) struct Callee {
    /// Its name, where it is declared.
    pub(crate) declared: Span,
    /// What it takes; `None` where it says nothing of that, or nothing that could be understood.
    pub(crate) input: Option<IndexMap<String, Field>>,
}

impl<'a> Context<'a> {
    /// A context in which nothing is named yet.
    pub(crate) fn new(registry: &'a Registry) -> Self {
        Self {
            registry,
            names: Names::default(),
            types: Types::default(),
            problems: Vec::new(),
            shapes: HashMap::new(),
        }
    }

    /// Adds a problem.
    pub(crate) fn report(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// What the parameters of a step type look like.
    pub(crate) fn shape(&mut self, entry: &'a StepEntry) -> Rc<Shape> {
        let shape = self
            .shapes
            .entry(&entry.ty.name)
            .or_insert_with(|| Rc::new(Shape::compile(&entry.ty.params)));
        Rc::clone(shape)
    }
}
