//! Types through a workflow: what every expression sees at its place, what it gives, and whether that fits where it goes.
//!
//! One walk over the steps in the order they run, with the types of all results and variables known by then:
//! 1. `declared` and `schema`: types as authors and plugins write them; `reasons`: why a value may be null;
//! 2. `vars`: the variables that have been set; `place`: what is seen at one place; `texts`: the expressions of one string;
//! 3. `values`: values along the shape of their parameters; `sql`: parameters of statements against models;
//! 4. `slots`: inner blocks, as often as they may run; `result`: the rule of a step type for its result;
//! 5. `calls`: what a workflow gives to those who call it; `sites`: what editors ask.
//!
//! What is not known is `any`, which fits everything. Null is only reported where somebody said that it is to be expected.

mod calls;
mod declared;
mod place;
mod reasons;
mod result;
mod schema;
mod sites;
mod slots;
mod sql;
mod texts;
mod values;
mod vars;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use locus_diag::{Diagnostic, Span};
use locus_expr::{Field as TyField, Format, Ty};
use locus_model::{Field, Node, NodeKind};

use crate::context::Context;
use crate::level::Level;
use crate::scope::Facts;
use crate::steps::{BlockDraft, StepDraft};
use crate::workflows::Around;

pub use calls::circular;
pub(crate) use calls::{Outputs, names as called};
pub(crate) use declared::Table;
pub(crate) use schema::within as schema_type;
pub use sites::{Segment, Site, Sites};

pub(crate) use place::Variables;
use place::{Place, Topics};
use reasons::{Reason, Reasons};
use slots::Taker;
use texts::Seen;
use vars::Vars;

/// Checks the types of a workflow; gives what it returns.
pub(crate) fn check<'a>(
    cx: &mut Context<'a>,
    root: &BlockDraft<'a>,
    input: Option<&IndexMap<String, Field>>,
    around: Around<'a>,
) -> Ty {
    cx.templates.sort();
    let table = Arc::clone(&cx.table);
    let mut reasons = Reasons::behind(Arc::clone(&table.reasons));
    let input_ty = input.map_or_else(Ty::any, |fields| declared::input(fields, &mut reasons));
    let facts = Facts::of(root, input);
    let mut typer = Typer {
        base: base(input_ty),
        cx,
        facts: &facts,
        table,
        reasons,
        vars: Some(Vars::default()),
        assumed: Vec::new(),
        takers: Vec::new(),
        returns: Ty::never(),
        silent: 0,
        found: Vec::new(),
    };
    let ty = typer.workflow(root, around);
    let found = typer.found;
    cx.problems.extend(found);
    ty.without_reasons()
}

/// What is the same everywhere in a workflow: its input, and facts of the run.
fn base(input: Ty) -> Ty {
    let text = |name: &str, ty: Ty| (Arc::from(name), TyField::required(ty));
    let run = Ty::object(
        [
            text("id", Ty::string()),
            text("workflow", Ty::string()),
            text("now", Ty::formatted(Format::DateTime)),
            text("started", Ty::formatted(Format::DateTime)),
        ],
        // Others are told by their name.
        Some(Ty::any()),
    );
    Ty::object([text("input", input), text("run", run)], Some(Ty::any()))
}

/// A workflow being walked over.
pub(super) struct Typer<'t, 'a> {
    cx: &'t mut Context<'a>,
    facts: &'t Facts<'t>,
    table: Arc<Table>,
    /// The type of `.` with what is the same everywhere.
    base: Ty,
    reasons: Reasons,
    /// The variables that are set by now; `None` where nothing gets.
    vars: Option<Vars>,
    /// What conditions around this place, and before it, have looked at.
    assumed: Vec<Topics>,
    /// The steps around that take signals.
    takers: Vec<Taker<'a>>,
    /// What `return` steps give.
    returns: Ty,
    /// Above 0 while a block is walked over for its types alone.
    silent: u32,
    found: Vec<Diagnostic>,
}

impl<'a> Typer<'_, 'a> {
    fn workflow(&mut self, root: &BlockDraft<'a>, around: Around<'a>) -> Ty {
        let variables = Arc::new(place::globals());
        if let Some(node) = around.concurrency {
            let nothing = BlockDraft::default();
            let level = Level::start(&nothing);
            self.value(node, &mut Seen::default(), &Place::at(&level, &variables));
        }
        let results = RefCell::default();
        let last = self.steps(root, None, &variables, false, &results);
        let given = match around.output {
            Some(node) => {
                let level = Level::end(root).with_results(&results);
                let mut seen = Seen::default();
                self.value(node, &mut seen, &Place::at(&level, &variables));
                let ty = seen.type_of(node);
                // Where no way leads to the end, only `return` gives something.
                if last.is_never() { Ty::never() } else { ty }
            }
            None => last,
        };
        given.union(&self.returns)
    }

    /// Walks over a block inside another step; gives the type of its result, `never` where it does not come to its end.
    fn block(
        &mut self,
        block: &BlockDraft<'a>,
        outer: &Level<'_>,
        variables: &Arc<Variables>,
        undoes: bool,
    ) -> Ty {
        self.steps(block, Some(outer), variables, undoes, &RefCell::default())
    }

    fn steps(
        &mut self,
        block: &BlockDraft<'a>,
        outer: Option<&Level<'_>>,
        variables: &Arc<Variables>,
        undoes: bool,
        results: &RefCell<Vec<Ty>>,
    ) -> Ty {
        let assumed = self.assumed.len();
        results.borrow_mut().resize(block.steps.len(), Ty::any());
        if block.graph {
            self.disturb(block);
        }
        let mut ends = true;
        for at in self.order(block) {
            let step = &block.steps[at];
            let level = Level::inside(block, at, outer, undoes).with_results(results);
            let ty = self.step(step, &level, variables, results);
            ends &= !ty.is_never();
            self.note_result(&step.path, &ty);
            results.borrow_mut()[at] = ty;
        }
        if block.graph {
            self.disturb(block);
        }
        self.assumed.truncate(assumed);
        if !ends {
            self.vars = None;
            return Ty::never();
        }
        results.borrow().last().cloned().unwrap_or_else(Ty::null)
    }

    /// The steps of a block, each behind those it needs.
    fn order(&self, block: &BlockDraft<'a>) -> Vec<usize> {
        if !block.graph {
            return (0..block.steps.len()).collect();
        }
        let mut order = Vec::with_capacity(block.steps.len());
        let mut state = vec![0_u8; block.steps.len()];
        for start in 0..block.steps.len() {
            let mut way = vec![(start, 0)];
            while let Some((at, next)) = way.pop() {
                if next == 0 && std::mem::replace(&mut state[at], 1) != 0 {
                    continue;
                }
                let needs = &block.steps[at].needs;
                match needs.get(next) {
                    Some(need) => {
                        way.push((at, next + 1));
                        let needed = block.ids.get(need.value.as_str());
                        way.extend(needed.filter(|at| state[**at] == 0).map(|at| (*at, 0)));
                    }
                    None => order.push(at),
                }
            }
        }
        order
    }

    fn step(
        &mut self,
        step: &StepDraft<'a>,
        level: &Level<'_>,
        variables: &Arc<Variables>,
        results: &RefCell<Vec<Ty>>,
    ) -> Ty {
        let assumed = self.assumed.len();
        let before = self.vars.clone();
        let place = Place::at(level, variables);
        let guard = step.when.map(|node| self.guard(node, &place));
        if let Some(guard) = &guard {
            self.assumed.push(guard.topics.clone());
        }
        let mut result = match &step.ty {
            Some((entry, _)) => self.perform(step, entry, &place),
            None => Ty::any(),
        };
        let ends = !result.is_never();
        if let Some(node) = step.output {
            let mut seen = Seen::default();
            let shown = if ends { result.clone() } else { Ty::any() };
            self.value(node, &mut seen, &Place { result: Some(&shown), ..place });
            if ends {
                result = seen.type_of(node);
            }
        }
        if let Some((_, block)) = &step.compensate {
            results.borrow_mut()[level.at] = result.clone();
            self.undo(block, &level.done(), variables);
        }
        if guard.is_some() {
            self.assumed.truncate(assumed);
        }
        if !ends {
            self.vars = None;
        }
        match guard {
            None => result,
            Some(guard) => self.guarded(step, guard, result, before),
        }
    }

    /// The result of a step that may be skipped.
    fn guarded(
        &mut self,
        step: &StepDraft<'a>,
        guard: Guard,
        result: Ty,
        before: Option<Vars>,
    ) -> Ty {
        match guard.truth {
            Some(true) => return result,
            Some(false) => {
                self.vars = before;
                return Ty::null();
            }
            None => {}
        }
        let topics: Arc<[String]> = guard.topics.0.clone();
        let behind = self.vars.take();
        self.vars = self.joined(before, behind, |name| {
            Some(Reason::NotSet {
                name: name.to_owned(),
                place: Some(guard.place),
                topics: Arc::clone(&topics),
            })
        });
        if result.is_never() {
            // Whoever gets past it knows how the condition turned out.
            self.assumed.push(guard.topics);
            return Ty::null();
        }
        let words = words_for(step);
        let reason = Reason::Skipped { step: words, place: guard.place, topics };
        if result.is_any() {
            return result;
        }
        result.optional_because(self.reasons.add(reason))
    }

    /// What undoes a step sees its result; what it sets is seen by nobody.
    fn undo(&mut self, block: &BlockDraft<'a>, level: &Level<'_>, variables: &Arc<Variables>) {
        let vars = self.vars.clone();
        let takers = std::mem::take(&mut self.takers);
        let returns = self.returns.clone();
        self.block(block, level, variables, true);
        (self.vars, self.takers, self.returns) = (vars, takers, returns);
    }

    /// Checks a condition.
    fn guard(&mut self, node: &'a Node, place: &Place<'_>) -> Guard {
        let topics = self.topics(node);
        let truth = match &node.kind {
            NodeKind::Bool(value) => Some(*value),
            NodeKind::String(text) => {
                let (ty, truth) = self.condition(text, node, place);
                if truth.is_none() {
                    self.fits(&ty, &Ty::bool(), &texts::Use::condition(node));
                }
                truth
            }
            _ => None,
        };
        Guard { truth, topics, place: node.span }
    }

    fn report(&mut self, problem: Diagnostic) {
        if self.silent == 0 {
            self.found.push(problem);
        }
    }
}

/// The condition of a step.
struct Guard {
    /// How it always turns out, if it does.
    truth: Option<bool>,
    topics: Topics,
    place: Span,
}

/// A step in the words of a message.
fn words_for(step: &StepDraft<'_>) -> String {
    match (&step.id, &step.ty) {
        (Some(id), _) => format!("step `{}`", id.value),
        (None, Some((entry, _))) => format!("this `{}` step", entry.ty.name),
        (None, None) => "this step".to_owned(),
    }
}

/// Values by the pointer to their place.
type ByPointer<T> = BTreeMap<String, T>;
