//! The check in three parts: what the program declares as a whole, each workflow for itself, and what all of them together can get
//! wrong. A caller may check the workflows on many threads, or only those that an edit concerns; [`check`](crate::check) does all
//! three in order.

use std::sync::{Mutex, PoisonError};

use locus_diag::Diagnostic;
use locus_expr::Ty;
use locus_model::{Node, Program, SchemaFiles, Spec, Workflow};
use locus_plugin::Registry;

use crate::context::{Context, Types};
use crate::flow::across;
use crate::secrets;
use crate::sections::{self, Declarations, Section};
use crate::shapes::Shapes;
use crate::summary::{self, Summary};
use crate::surroundings::{Earlier, Surroundings};
use crate::typing::{self, Outputs, Sites};
use crate::{budgets, connections, manifest, models, profiles, screens, test_section, workflows};

/// What a program declares: every name and type that its workflows may refer to.
pub struct Declared<'a> {
    registry: &'a Registry,
    shapes: &'a Shapes,
    schemas: &'a SchemaFiles,
    all: Declarations<'a>,
    surroundings: Surroundings,
    program: Program,
    problems: Vec<Diagnostic>,
    outputs: Outputs,
    /// Workflows that were checked because others call them.
    found: Vec<Mutex<Option<Box<Checked>>>>,
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
    /// Reads all that is declared in the files of `spec` and in the project file, with this profile; without one, `dev` holds where it is
    /// declared. What is still true of an earlier time is not read again.
    #[must_use]
    pub fn of(
        spec: &'a Spec,
        manifest: Option<&'a Node>,
        profile: Option<&str>,
        registry: &'a Registry,
        shapes: &'a Shapes,
        earlier: Option<Earlier<'_>>,
    ) -> Self {
        let mut cx = Context::new(registry, shapes);
        cx.schemas = &spec.schemas;
        let mut declared_connections = Section::new();
        if let Some(node) = manifest {
            manifest::connections(&mut cx, node, &mut declared_connections);
        }
        let mut all = sections::collect(spec, declared_connections, &mut cx.problems);
        let manifest = manifest.map(|node| manifest::read(&mut cx, node)).unwrap_or_default();
        let (settings, profile) =
            profiles::read(&mut cx, manifest.keys.as_ref(), &all.connections, profile);
        connections::declare(&mut cx, &all.connections, &settings.connections);
        models::declare(&mut cx, &all);
        workflows::declare(&mut cx, &all.workflows, earlier);
        models::read(&mut cx, &all);
        let program = Program {
            name: manifest.name.unwrap_or_default(),
            version: manifest.version,
            connections: settings.connections,
            targets: settings.targets,
            plugins: settings.plugins,
            budgets: settings.budgets,
            profile,
            extensions: std::mem::take(&mut all.extensions),
            ..Program::default()
        };
        let (surroundings, problems) = cx.finish();
        let schemas = &spec.schemas;
        Self { program, problems, ..Self::known(registry, shapes, schemas, all, surroundings) }
    }

    /// The program with surroundings that were read before from the same files: to look into its workflows, and nothing else.
    #[must_use]
    pub fn within(
        spec: &'a Spec,
        registry: &'a Registry,
        shapes: &'a Shapes,
        surroundings: &Surroundings,
    ) -> Self {
        // What is wrong with the sections was reported when they were read.
        let all = sections::collect(spec, Section::new(), &mut Vec::new());
        Self::known(registry, shapes, &spec.schemas, all, surroundings.clone())
    }

    fn known(
        registry: &'a Registry,
        shapes: &'a Shapes,
        schemas: &'a SchemaFiles,
        all: Declarations<'a>,
        surroundings: Surroundings,
    ) -> Self {
        let outputs = Outputs::new(all.workflows.len());
        let found = all.workflows.iter().map(|_| Mutex::default()).collect();
        let (program, problems) = (Program::default(), Vec::new());
        Self { registry, shapes, schemas, all, surroundings, program, problems, outputs, found }
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

    /// Reads and checks the workflow of this number. It sees what is declared, and of the workflows that it calls, what they give:
    /// [`Summary::output`].
    ///
    /// # Panics
    /// There is no workflow of this number.
    #[must_use]
    pub fn check(&self, index: usize) -> Checked {
        self.settle(index);
        let found = self.found[index].lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut checked = found.map_or_else(|| self.check_settled(index, None).0, |found| *found);
        let output = std::mem::take(&mut checked.summary.output);
        checked.summary.output = self.outputs.keep(index, output);
        checked
    }

    /// The types of everything in the workflow of this number, for an editor.
    ///
    /// # Panics
    /// There is no workflow of this number.
    #[must_use]
    pub fn sites(&self, index: usize) -> Sites {
        self.settle(index);
        self.check_settled(index, Some(Sites::default())).1.unwrap_or_default()
    }

    /// What the workflow of this number gives to those who call it, if that was found out.
    pub(crate) fn output(&self, index: usize) -> Option<&Ty> {
        self.outputs.get(index)
    }

    /// The workflows that the workflow of this number calls by name, by number.
    ///
    /// # Panics
    /// There is no workflow of this number.
    #[must_use]
    pub fn calls(&self, index: usize) -> Vec<usize> {
        let mut names = Vec::new();
        typing::called(self.all.workflows[index].node, self.registry, self.shapes, &mut names);
        let known = names.iter().filter_map(|name| self.all.workflows.get_index_of(*name));
        let mut calls: Vec<usize> = known.collect();
        calls.sort_unstable();
        calls.dedup();
        calls
    }

    /// The number of the workflow of this name.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<usize> {
        self.all.workflows.get_index_of(name)
    }

    /// Says what the workflow of this number gives to those who call it, so that it need not be checked for that: it was checked
    /// before, or it calls itself in the end and nothing can be known.
    pub fn settle_as(&self, index: usize, output: Ty) {
        self.outputs.keep(index, output);
    }

    fn settle(&self, index: usize) {
        let calls = |index: usize| self.calls(index);
        // It is checked when it is first asked for what it gives; nobody checks it again.
        let find = |index: usize| {
            let checked = self.check_settled(index, None).0;
            let output = checked.summary.output.clone();
            *self.found[index].lock().unwrap_or_else(PoisonError::into_inner) =
                Some(Box::new(checked));
            output
        };
        self.outputs.settle(index, &calls, &find);
    }

    /// Checks a workflow when it is known what those give that it calls.
    fn check_settled(&self, index: usize, sites: Option<Sites>) -> (Checked, Option<Sites>) {
        let mut cx = self.context();
        cx.program = Some(self);
        cx.sites = sites;
        let workflow = workflows::read(&mut cx, &self.all.workflows[index]);
        (Checked { workflow, problems: cx.problems, summary: cx.summary }, cx.sites)
    }

    /// What every workflow sees of the rest of the program.
    #[must_use]
    pub const fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// What everything that is read now sees.
    fn context(&self) -> Context<'_> {
        let mut cx = Context::of(self.registry, self.shapes, &self.surroundings);
        cx.schemas = self.schemas;
        cx
    }

    /// What only the workflows together can get wrong.
    fn between(&self, summaries: &[&Summary]) -> Vec<Diagnostic> {
        let mut problems = summary::check(summaries.iter().copied());
        let flows = summaries.iter().map(|summary| &summary.flow);
        let names = self.all.workflows.keys().copied();
        problems.extend(across::check(self.registry, names.zip(flows)));
        let passed = summaries.iter().flat_map(|summary| &summary.passed);
        problems.extend(secrets::follow(passed, |name, inputs| {
            let mut cx = self.context();
            workflows::follow_secrets(&mut cx, self.all.workflows.get(name)?, inputs)
        }));
        problems
    }

    /// The program with these workflows, which are all of them in order, and what is wrong with it beside what is wrong with
    /// single workflows, given what each means for the rest.
    #[must_use]
    pub fn finish<'s>(
        mut self,
        workflows: impl IntoIterator<Item = Workflow>,
        summaries: impl IntoIterator<Item = &'s Summary>,
    ) -> (Program, Vec<Diagnostic>) {
        let summaries: Vec<&Summary> = summaries.into_iter().collect();
        let mut problems = self.between(&summaries);
        problems.append(&mut self.problems);
        let types = Types::clone(&self.surroundings.types);
        let mut program = Program {
            schemas: types.schemas,
            models: types.models,
            ..std::mem::take(&mut self.program)
        };
        for ((name, declared), mut workflow) in self.all.workflows.iter().zip(workflows) {
            budgets::hold(&mut workflow, declared.node, &program.budgets, &mut problems);
            program.workflows.insert((*name).to_owned(), workflow);
        }
        let mut cx = self.context();
        program.components = screens::components(&mut cx, &self.all.components);
        program.pages = screens::pages(&mut cx, &self.all.pages, &program);
        program.tests = test_section::read(&mut cx, &self.all.tests, &program);
        problems.extend(cx.finish().1);
        (program, problems)
    }
}
