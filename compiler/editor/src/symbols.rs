//! Where everything that has a name is declared and used.

use std::collections::BTreeMap;

use locus_diag::Span;
use locus_expr::{PathUse, Root, Template};
use locus_model::language::{Form, Names, SPEC, projects::MANIFEST};
use locus_model::{Block, Node, NodeKind, Program, Spec, Text};
use locus_plugin::Registry;

use crate::grammar::{Expect, Meaning, Named, Slot, names};

/// Something that has a name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Symbol {
    /// A workflow, connection, page, component, test or target: the section it is declared in, and its name.
    Declared(&'static str, String),
    /// A model or schema.
    Type(String),
    /// A step, by the place of its id.
    Step(Span),
    /// An input of a workflow.
    Input(String, String),
    /// A name that a `set` step of a workflow gives.
    Var(String, String),
    /// A field of a model.
    Field(String, String),
}

/// A place where a name is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Occurrence {
    pub(crate) symbol: Symbol,
    pub(crate) span: Span,
    /// Whether it is declared here.
    pub(crate) declares: bool,
}

/// Every occurrence in a program.
#[derive(Default, Debug)]
pub(crate) struct Symbols {
    list: Vec<Occurrence>,
}

impl Symbols {
    pub(crate) fn of(
        spec: &Spec,
        manifest: Option<&Node>,
        program: &Program,
        registry: &Registry,
    ) -> Self {
        let mut paths = BTreeMap::new();
        for workflow in program.workflows.values() {
            step_paths(&workflow.steps, &mut paths);
        }
        let mut finder = Finder {
            registry,
            paths,
            found: Vec::new(),
            blocks: Vec::new(),
            workflow: String::new(),
            around: Vec::new(),
        };
        let documents = spec.files.iter().flat_map(|file| &file.documents);
        for document in documents {
            finder.node(document, Slot::of(Form::Construct(&SPEC)));
        }
        if let Some(manifest) = manifest {
            finder.node(manifest, Slot::of(Form::Construct(&MANIFEST)));
        }
        Self { list: finder.found }
    }

    /// The occurrence at a place.
    pub(crate) fn at(&self, span: Span) -> Option<&Occurrence> {
        let holds = |found: &&Occurrence| {
            found.span.source == span.source
                && found.span.start <= span.start
                && span.start <= found.span.end
        };
        // Of two that touch, the one that begins here.
        self.list.iter().filter(holds).max_by_key(|found| found.span.start)
    }

    /// Every occurrence of the same thing, by place.
    pub(crate) fn all(&self, symbol: &Symbol) -> Vec<&Occurrence> {
        let mut found: Vec<&Occurrence> =
            self.list.iter().filter(|found| found.symbol == *symbol).collect();
        found.sort_by_key(|found| found.span);
        found.dedup_by_key(|found| found.span);
        found
    }

    /// Where a thing is declared.
    pub(crate) fn declarations(&self, symbol: &Symbol) -> Vec<&Occurrence> {
        self.all(symbol).into_iter().filter(|found| found.declares).collect()
    }
}

/// The steps with ids, by path: where each id is written.
fn step_paths(block: &Block, paths: &mut BTreeMap<String, Span>) {
    for step in block.walk() {
        if let Some(id) = &step.id {
            paths.insert(step.path.as_str().to_owned(), id.span);
        }
    }
}

struct Finder<'r> {
    registry: &'r Registry,
    paths: BTreeMap<String, Span>,
    found: Vec<Occurrence>,
    /// The ids of the steps of the blocks around, outermost first.
    blocks: Vec<BTreeMap<String, Span>>,
    workflow: String,
    /// The names of the declarations around: a model, a test.
    around: Vec<String>,
}

impl Finder<'_> {
    fn add(&mut self, symbol: Symbol, span: Span, declares: bool) {
        self.found.push(Occurrence { symbol, span, declares });
    }

    fn node(&mut self, node: &Node, slot: Slot<'_>) {
        let slot = slot.chosen(node);
        match &node.kind {
            NodeKind::String(text) => self.text(node, text, slot),
            NodeKind::Sequence(items) => {
                if slot.is_block() {
                    self.blocks.push(ids(items));
                }
                for item in items {
                    self.node(item, slot.item());
                }
                if slot.is_block() {
                    self.blocks.pop();
                }
            }
            NodeKind::Mapping(entries) => {
                // What a workflow returns sees its own steps.
                let steps = node.get("steps").and_then(Node::as_sequence);
                let root =
                    steps.filter(|_| slot.construct(node).is_some_and(|c| c.name == "workflow"));
                self.blocks.extend(root.map(ids));
                for entry in entries {
                    let key = &entry.key;
                    let (meaning, inner) = slot.key(node, &key.value, self.registry);
                    let declared = self.key(meaning, slot, &key.value, key.span, node);
                    if declared {
                        self.around.push(key.value.clone());
                    }
                    self.node(&entry.value, inner);
                    if declared {
                        self.around.pop();
                    }
                }
                if root.is_some() {
                    self.blocks.pop();
                }
            }
            _ => {}
        }
    }

    /// Notes what a key declares or names; true when what is inside belongs to a new name.
    fn key(
        &mut self,
        meaning: Meaning<'_>,
        slot: Slot<'_>,
        name: &str,
        span: Span,
        mapping: &Node,
    ) -> bool {
        match meaning {
            Meaning::Declares("spec" | "manifest", "schemas" | "models") => {
                self.add(Symbol::Type(name.to_owned()), span, true);
            }
            Meaning::Declares("spec" | "manifest", section) => {
                if section == "workflows" {
                    name.clone_into(&mut self.workflow);
                }
                self.add(Symbol::Declared(section, name.to_owned()), span, true);
            }
            Meaning::Declares("workflow", "input") if self.around.len() == 1 => {
                let workflow = self.workflow.clone();
                self.add(Symbol::Input(workflow, name.to_owned()), span, true);
                // Fields of an object are no inputs.
                return true;
            }
            Meaning::Declares("model", "fields") if self.around.len() == 1 => {
                let model = self.around[0].clone();
                self.add(Symbol::Field(model, name.to_owned()), span, true);
                return true;
            }
            Meaning::Sets => {
                self.add(Symbol::Var(self.workflow.clone(), name.to_owned()), span, true);
                return false;
            }
            Meaning::Refers(Names::Input) => {
                let workflow = match slot.expect {
                    Expect::InputsOf(workflow) => workflow.to_owned(),
                    _ => self.workflow.clone(),
                };
                self.add(Symbol::Input(workflow, name.to_owned()), span, false);
                return false;
            }
            Meaning::Refers(Names::StepPath) => {
                let text = Text::verbatim(name, span.start + quotes(name, span), false);
                self.step_path(&text, span);
                return false;
            }
            Meaning::Refers(names) => {
                self.named(names, name, span);
                return false;
            }
            Meaning::Key(construct, _) if construct.name == "test" => {
                let workflow = mapping.get("workflow").and_then(Node::as_str);
                workflow.unwrap_or_default().clone_into(&mut self.workflow);
                return false;
            }
            _ => return false,
        }
        true
    }

    fn text(&mut self, node: &Node, text: &Text, slot: Slot<'_>) {
        if text.value.contains("${") {
            return self.template(node, text);
        }
        if slot.behind == ("step", "id") {
            let id = text.locate(0..text.value.len(), node.span);
            self.add(Symbol::Step(node.span), id, true);
            return;
        }
        let whole = text.locate(0..text.value.len(), node.span);
        match names(slot.expect) {
            Some(Named::Names(Names::StepPath)) => self.step_path(text, node.span),
            Some(Named::Names(kind)) => self.named(kind, &text.value, whole),
            Some(Named::Type) => self.types(node, text),
            None => {}
        }
    }

    fn named(&mut self, names: Names, name: &str, span: Span) {
        let name = name.to_owned();
        let symbol = match names {
            Names::Connection => Symbol::Declared("connections", name),
            Names::Workflow => Symbol::Declared("workflows", name),
            Names::Model => Symbol::Type(name),
            Names::Target => Symbol::Declared("targets", name),
            Names::View => Symbol::Declared("components", name),
            Names::Field => match self.around.first() {
                Some(model) => Symbol::Field(model.clone(), name),
                None => return,
            },
            Names::Step => match self.blocks.last().and_then(|ids| ids.get(&name)) {
                Some(declared) => Symbol::Step(*declared),
                None => return,
            },
            _ => return,
        };
        self.add(symbol, span, false);
    }

    /// The names in a type: `Order[]`, `map<Customer>?`.
    fn types(&mut self, node: &Node, text: &Text) {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut at = 0;
        for word in text.value.split_inclusive(|c| !is_part(c)) {
            let name = word.trim_end_matches(|c| !is_part(c));
            if !name.is_empty() {
                let span = text.locate(at..at + name.len(), node.span);
                self.add(Symbol::Type(name.to_owned()), span, false);
            }
            at += word.len();
        }
    }

    /// The steps on a step path, with or without its workflow at the front.
    fn step_path(&mut self, text: &Text, place: Span) {
        let mut plain = String::new();
        let mut at = 0;
        for (index, written) in text.value.split('/').enumerate() {
            let name = written.split(['[', '#']).next().unwrap_or(written);
            if index > 0 {
                plain.push('/');
            }
            plain.push_str(name);
            let span = text.locate(at..at + name.len(), place);
            at += written.len() + 1;
            let whole = format!("{}/{plain}", self.workflow);
            let step = self.paths.get(&whole).or_else(|| self.paths.get(&plain)).copied();
            if let Some(step) = step {
                self.add(Symbol::Step(step), span, false);
            } else if index == 0 && text.value.contains('/') && name == self.workflow {
                self.add(Symbol::Declared("workflows", name.to_owned()), span, false);
            }
        }
    }

    fn template(&mut self, node: &Node, text: &Text) {
        let Ok(template) = Template::parse(&text.value) else { return };
        for path in template.expressions().flat_map(locus_expr::Expr::paths) {
            self.path(path, node, text);
        }
    }

    fn path(&mut self, path: &PathUse, node: &Node, text: &Text) {
        if path.root != Root::Dot {
            return;
        }
        let [first, second, ..] = &path.segments[..] else { return };
        let workflow = || self.workflow.clone();
        let symbol = match first.name.as_str() {
            "steps" => self.step(&second.name).map(Symbol::Step),
            "input" => Some(Symbol::Input(workflow(), second.name.clone())),
            "vars" => Some(Symbol::Var(workflow(), second.name.clone())),
            _ => None,
        };
        if let Some(symbol) = symbol {
            let span = text.locate(second.range.clone(), node.span);
            self.add(symbol, span, false);
        }
    }

    /// The step of this id that is seen here: the one of the innermost block.
    fn step(&self, id: &str) -> Option<Span> {
        self.blocks.iter().rev().find_map(|ids| ids.get(id)).copied()
    }
}

/// The ids of steps, and where they are written.
fn ids(steps: &[Node]) -> BTreeMap<String, Span> {
    let id = |step: &Node| {
        let id = step.get("id")?;
        Some((id.as_str()?.to_owned(), id.span))
    };
    steps.iter().filter_map(id).collect()
}

/// How many bytes stand before a key's text: its quote.
fn quotes(key: &str, span: Span) -> u32 {
    u32::from((span.end - span.start) as usize > key.len())
}
