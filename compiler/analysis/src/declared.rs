//! The check in three parts: what the program declares as a whole, each workflow for itself, and what all of them together can get
//! wrong. A caller may check the workflows on many threads, or only those that an edit concerns; [`check`](crate::check) does all
//! three in order.

use locus_diag::Diagnostic;
use locus_model::{Node, Program, Spec, Workflow};
use locus_plugin::Registry;

use crate::context::{Context, Types};
use crate::sections::{self, Declarations, Section};
use crate::shapes::Shapes;
use crate::summary::{self, Summary};
use crate::surroundings::Surroundings;
use crate::{connections, manifest, models, workflows};

/// What a program declares: every name and type that its workflows may refer to.
pub struct Declared<'a> {
    registry: &'a Registry,
    shapes: &'a Shapes,
    all: Declarations<'a>,
    surroundings: Surroundings,
    program: Program,
    problems: Vec<Diagnostic>,
}

/// A workflow, read and checked.
#[derive(Clone, PartialEq, Debug)]
pub struct Checked {
    /// The workflow, as far as it could be understood.
    pub workflow: Workflow,
    /// What is wrong with it, in the order in which it was found.
    pub problems: Vec<Diagnostic>,
    /// What it means for the rest of the program.
    pub summary: Summary,
}

impl<'a> Declared<'a> {
    /// Reads all that is declared in the files of `spec` and in the project file.
    #[must_use]
    pub fn of(
        spec: &'a Spec,
        manifest: Option<&'a Node>,
        registry: &'a Registry,
        shapes: &'a Shapes,
    ) -> Self {
        let mut cx = Context::new(registry, shapes);
        let mut declared_connections = Section::new();
        if let Some(node) = manifest {
            manifest::connections(&mut cx, node, &mut declared_connections);
        }
        let mut all = sections::collect(spec, declared_connections, &mut cx.problems);
        connections::declare(&mut cx, &all.connections);
        models::declare(&mut cx, &all);
        workflows::declare(&mut cx, &all.workflows);
        let mut program = Program {
            connections: connections::read(&mut cx, &all.connections),
            extensions: std::mem::take(&mut all.extensions),
            ..Program::default()
        };
        if let Some(node) = manifest {
            let manifest = manifest::read(&mut cx, node);
            program.name = manifest.name.unwrap_or_default();
            program.version = manifest.version;
            program.targets = manifest.targets;
        }
        models::read(&mut cx, &all);
        let (surroundings, problems) = cx.finish();
        Self { registry, shapes, all, surroundings, program, problems }
    }

    /// How many workflows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.workflows.len()
    }

    /// Whether there are no workflows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.workflows.is_empty()
    }

    /// The workflows in the order of the program: each name with what is written behind it.
    pub fn workflows(&self) -> impl ExactSizeIterator<Item = (&str, &'a Node)> {
        self.all.workflows.iter().map(|(name, declared)| (*name, declared.node))
    }

    /// Reads and checks the workflow of this number. It sees what is declared and nothing of what other workflows do.
    ///
    /// # Panics
    /// There is no workflow of this number.
    #[must_use]
    pub fn check(&self, index: usize) -> Checked {
        let mut cx = Context::of(self.registry, self.shapes, &self.surroundings);
        let workflow = workflows::read(&mut cx, &self.all.workflows[index]);
        Checked { workflow, problems: cx.problems, summary: cx.summary }
    }

    /// What every workflow sees of the rest of the program.
    #[must_use]
    pub const fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// What is wrong with the program beside what is wrong with single workflows, given what each means for the rest.
    #[must_use]
    pub fn problems<'s>(
        &self,
        summaries: impl IntoIterator<Item = &'s Summary>,
    ) -> Vec<Diagnostic> {
        let mut problems = self.problems.clone();
        problems.extend(summary::check(summaries));
        problems
    }

    /// The program with these workflows, which are all of them in order.
    #[must_use]
    pub fn program(self, workflows: impl IntoIterator<Item = Workflow>) -> Program {
        let names = self.all.workflows.keys().map(|name| (*name).to_owned());
        let types = Types::clone(&self.surroundings.types);
        Program {
            workflows: names.zip(workflows).collect(),
            schemas: types.schemas,
            models: types.models,
            ..self.program
        }
    }
}
