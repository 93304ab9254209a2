//! What the phases share: the registry, the names of the program, and the problems found so far.

use std::sync::Arc;

use indexmap::IndexMap;
use locus_diag::{Diagnostic, Span};
use locus_expr::Ty;
use locus_model::{Field, Model, SchemaFiles};
use locus_plugin::Registry;
use locus_plugin::step::StepEntry;

use crate::declared::Declared;
use crate::expressions::Templates;
use crate::known::Inferred;
use crate::shape::Shape;
use crate::shapes::Shapes;
use crate::summary::Summary;
use crate::surroundings::Surroundings;
use crate::typing::{Sites, Table};

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
    /// The types of conditions, and of values that choose between cases.
    pub(crate) inferred: Inferred,
    /// What the types of the program mean.
    pub(crate) table: Arc<Table>,
    /// The program, to ask for what its workflows give; `None` while it is read.
    pub(crate) program: Option<&'a Declared<'a>>,
    /// What editors ask, where one does.
    pub(crate) sites: Option<Sites>,
    shapes: &'a Shapes,
    /// Files of JSON Schemas that types may refer to.
    pub(crate) schemas: &'a SchemaFiles,
}

/// No files.
static NO_SCHEMAS: SchemaFiles = SchemaFiles { files: Vec::new(), links: Vec::new() };

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
    pub(crate) input: Option<Arc<IndexMap<String, Field>>>,
    /// Whether nothing is wrong with what it takes.
    pub(crate) clean: bool,
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
            inferred: Inferred::default(),
            table: Arc::default(),
            program: None,
            sites: None,
            shapes,
            schemas: &NO_SCHEMAS,
        }
    }

    /// A context for one workflow of a program with these surroundings.
    pub(crate) fn of(
        registry: &'a Registry,
        shapes: &'a Shapes,
        surroundings: &Surroundings,
    ) -> Self {
        let Surroundings { names, types, table } = surroundings.clone();
        Self { names, types, table, ..Self::new(registry, shapes) }
    }

    /// A context that sees the same names and types, for values that do not live as long as the files; its problems are its own.
    pub(crate) fn apart<'b>(&self) -> Context<'b>
    where
        'a: 'b,
    {
        Context {
            names: Arc::clone(&self.names),
            types: Arc::clone(&self.types),
            schemas: self.schemas,
            ..Context::new(self.registry, self.shapes)
        }
    }

    /// What was declared, and the problems found.
    pub(crate) fn finish(self) -> (Surroundings, Vec<Diagnostic>) {
        let Self { names, types, problems, .. } = self;
        let table = Arc::new(Table::of(&types));
        (Surroundings { names, types, table }, problems)
    }

    /// What a workflow gives to those who call it, as far as that is known.
    pub(crate) fn output_of(&self, name: &str) -> Option<Ty> {
        let index = self.names.workflows.get_index_of(name)?;
        self.program?.output(index).cloned()
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

    /// What the parameters of all step types look like.
    pub(crate) const fn shapes(&self) -> &'a Shapes {
        self.shapes
    }

    /// What the parameters of a step type look like.
    pub(crate) fn shape(&self, entry: &'a StepEntry) -> &'a Shape {
        self.shapes.of(entry)
    }
}
