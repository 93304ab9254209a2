//! What the phases share: the registry, the names of the program, and the problems found so far.

use std::sync::Arc;

use indexmap::IndexMap;
use locus_diag::{Diagnostic, Span};
use locus_model::{Field, Model};
use locus_plugin::Registry;
use locus_plugin::step::StepEntry;

use crate::expressions::Templates;
use crate::shape::Shape;
use crate::shapes::Shapes;
use crate::summary::Summary;
use crate::surroundings::Surroundings;

/// What the phases share. What the whole program declares is behind [`Arc`]: each workflow is read in a context of its own, on
/// any thread, and sees the same.
pub(crate) struct Context<'a> {
    /// All that is linked.
    pub(crate) registry: &'a Registry,
    /// The names of the program.
    pub(crate) names: Arc<Names>,
    /// Models and schemas.
    pub(crate) types: Arc<Types>,
    /// The problems found so far.
    pub(crate) problems: Vec<Diagnostic>,
    /// What the workflow being read means for the rest of the program.
    pub(crate) summary: Summary,
    /// The templates of the strings that were read.
    pub(crate) templates: Templates,
    shapes: &'a Shapes,
}

/// What can be referred to by name from anywhere in the program.
#[derive(Clone, Default)]
pub(crate) struct Names {
    /// The connections.
    pub(crate) connections: IndexMap<String, NamedConnection>,
    /// Models and schemas.
    pub(crate) types: IndexMap<String, NamedType>,
    /// The workflows, with what they take.
    pub(crate) workflows: IndexMap<String, Callee>,
}

/// The types of the program, once they are read.
#[derive(Clone, Default)]
pub(crate) struct Types {
    /// Named types that are not stored.
    pub(crate) schemas: IndexMap<String, Field>,
    /// Records that are stored.
    pub(crate) models: IndexMap<String, Model>,
}

/// A connection.
#[derive(Clone)]
pub(crate) struct NamedConnection {
    /// Its name, where it is declared.
    pub(crate) declared: Span,
    /// Its kind; `None` where that is not known.
    pub(crate) kind: Option<String>,
}

/// A model or a schema.
#[derive(Clone, Copy)]
pub(crate) struct NamedType {
    /// Whether it is a model.
    pub(crate) model: bool,
}

/// What a caller has to know of a workflow.
#[derive(Clone)]
pub(crate) struct Callee {
    /// Its name, where it is declared.
    pub(crate) declared: Span,
    /// What it takes; `None` where it says nothing of that, or nothing that could be understood.
    pub(crate) input: Option<IndexMap<String, Field>>,
}

impl<'a> Context<'a> {
    /// A context in which nothing is named yet.
    pub(crate) fn new(registry: &'a Registry, shapes: &'a Shapes) -> Self {
        Self {
            registry,
            names: Arc::default(),
            types: Arc::default(),
            problems: Vec::new(),
            summary: Summary::default(),
            templates: Templates::default(),
            shapes,
        }
    }

    /// A context for one workflow of a program with these surroundings.
    pub(crate) fn of(
        registry: &'a Registry,
        shapes: &'a Shapes,
        surroundings: &Surroundings,
    ) -> Self {
        let Surroundings { names, types } = surroundings.clone();
        let (problems, summary) = (Vec::new(), Summary::default());
        let templates = Templates::default();
        Self { registry, names, types, problems, summary, templates, shapes }
    }

    /// What was declared, and the problems found.
    pub(crate) fn finish(self) -> (Surroundings, Vec<Diagnostic>) {
        let Self { registry: _, names, types, problems, summary: _, templates: _, shapes: _ } = self;
        (Surroundings { names, types }, problems)
    }

    /// The names of the program, to add to them.
    pub(crate) fn names_mut(&mut self) -> &mut Names {
        Arc::make_mut(&mut self.names)
    }

    /// The types of the program, to add to them.
    pub(crate) fn types_mut(&mut self) -> &mut Types {
        Arc::make_mut(&mut self.types)
    }

    /// Adds a problem.
    pub(crate) fn report(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// What the parameters of a step type look like.
    pub(crate) fn shape(&self, entry: &'a StepEntry) -> &'a Shape {
        self.shapes.of(entry)
    }
}
