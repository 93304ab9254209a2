//! Hooks called in their order, each guarded, measured and held to its budget.

use std::cell::OnceCell;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use locus_diag::{Diagnostic, Severity};
use locus_model::Program;
use serde_json::Value;

use super::panics::{caught, panicked};
use super::{HookCall, Standing};
use crate::codes;
use crate::error::StepError;
use crate::hooks::context::Given;
use crate::hooks::{Filter, HookContext, HooksEntry, OnFailure, Point, Verdict};
use crate::plugin_event::EventMessage;
use crate::registry::Registry;

/// How many events one call may lead to, and how many may follow from each other.
const MOST_EVENTS: usize = 10_000;
const EVENT_DEPTH: usize = 8;

/// A set of hooks as it stands in a project.
#[derive(Clone)]
pub struct BoundHooks {
    /// The hooks.
    pub entry: Arc<HooksEntry>,
    /// Their plugin in the project.
    pub standing: Arc<Standing>,
}

/// What a call of a hook came to.
#[derive(Debug)]
pub struct Called<T> {
    /// What it returned; nothing when it panicked.
    pub value: Option<T>,
    /// What it gave. A panic is among the problems, as bad as its set declares.
    pub given: Given,
}

/// Calls one hook. Events are left to the caller: see [`deliver`].
pub fn call_hook<T>(
    registry: &Registry,
    bound: &BoundHooks,
    point: Point,
    work: impl FnOnce(&HooksEntry, &mut HookContext) -> T,
) -> Called<T> {
    let meta = &bound.entry.meta;
    let host = registry.host();
    let measures = host.measures();
    let (start, heap) = if measures { (host.clock(), host.allocated()) } else { (0, 0) };
    let mut commands = registry.commands().clone();
    if measures {
        commands = commands.until(start.saturating_add(meta.budget.time.saturating_mul(1_000_000)));
    }
    let mut cx = HookContext::of(Arc::clone(&bound.standing), Arc::clone(host), commands)
        .limited_to(meta.budget);
    let result = caught(|| work(&bound.entry, &mut cx));
    let mut given = cx.finish();
    let panicked_here = result.is_err();
    let value = match result {
        Ok(value) => Some(value),
        Err(text) => {
            // What it asked for before it broke is half of something.
            given.patches.clear();
            given.events.clear();
            let problem = panicked(&meta.plugin, &format!("`{point}`"), &text);
            given.diagnostics.extend(as_declared(problem, meta.on_failure));
            None
        }
    };
    if measures {
        host.measured(&HookCall {
            plugin: &meta.plugin,
            hooks: &meta.name,
            point,
            nanos: host.clock().saturating_sub(start),
            allocated: host.allocated().saturating_sub(heap),
            output: given.output,
            problems: given.diagnostics.len(),
            budget: meta.budget,
            panicked: panicked_here,
        });
    }
    Called { value, given }
}

/// A failure of a set of hooks, as bad as it declares; nothing when it is to be ignored.
#[must_use]
pub fn as_declared(mut problem: Diagnostic, on_failure: OnFailure) -> Option<Diagnostic> {
    match on_failure {
        OnFailure::Abort => Some(problem),
        OnFailure::Warn => {
            problem.severity = Severity::Warning;
            Some(problem)
        }
        OnFailure::Ignore => None,
    }
}

/// Calls the hooks of a point that takes no patches, those whose filter applies, in their order.
#[must_use]
pub fn run_hooks(
    registry: &Registry,
    point: Point,
    applies: impl Fn(&Filter) -> bool,
    call: impl Fn(&HooksEntry, &mut HookContext),
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for bound in registry.hooks_at(point) {
        if !applies(&bound.entry.meta.filter) {
            continue;
        }
        let given = call_hook(registry, bound, point, &call).given;
        problems.extend(given.diagnostics);
        if !given.patches.is_empty() {
            problems.extend(patch_not_taken(bound, point));
        }
        problems.extend(deliver(registry, given.events));
    }
    problems
}

/// What a hook is told that gives a patch where none is taken.
fn patch_not_taken(bound: &BoundHooks, point: Point) -> Option<Diagnostic> {
    let meta = &bound.entry.meta;
    let points: Vec<&str> =
        Point::ALL.iter().filter(|point| point.takes_patches()).map(|p| p.as_str()).collect();
    let mut problem = Diagnostic::new(
        codes::PATCH_REJECTED,
        format!("the plugin `{}` gives a patch at `{point}`, which takes none", meta.plugin),
    )
    .help(format!("points that take patches: {}", points.join(", ")));
    problem.plugin = Some(meta.plugin.clone());
    as_declared(problem, meta.on_failure)
}

/// The step types of a program, gathered when the first filter asks for them.
pub struct StepTypes<'a> {
    program: &'a Program,
    names: OnceCell<BTreeSet<&'a str>>,
}

impl<'a> StepTypes<'a> {
    /// Of this program.
    #[must_use]
    pub const fn of(program: &'a Program) -> Self {
        Self { program, names: OnceCell::new() }
    }

    /// Whether a filter takes the program: it names no step types, or one that the program uses.
    #[must_use]
    pub fn fit(&self, filter: &Filter) -> bool {
        if filter.steps.is_empty() {
            return true;
        }
        let names = self.names.get_or_init(|| {
            let workflows = self.program.workflows.values();
            let steps = workflows.flat_map(|workflow| workflow.steps.walk());
            steps.map(|step| step.step_type.value.as_str()).collect()
        });
        names.iter().any(|name| Filter::takes(&filter.steps, name))
    }
}

/// Delivers events to those that listen, and the events that follow from them.
#[must_use]
pub fn deliver(registry: &Registry, events: Vec<EventMessage>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut queue: VecDeque<(EventMessage, usize)> =
        events.into_iter().map(|event| (event, 1)).collect();
    let mut delivered = 0;
    while let Some((event, depth)) = queue.pop_front() {
        delivered += 1;
        if depth > EVENT_DEPTH || delivered > MOST_EVENTS {
            problems.push(too_many_events(&event, depth));
            break;
        }
        registry.host().audit(&event.plugin, "event", &event.topic);
        for bound in registry.hooks_at(Point::Event) {
            let Some(hook) = &bound.entry.event else { continue };
            if !Filter::takes(&bound.entry.meta.filter.topics, &event.topic) {
                continue;
            }
            let called = call_hook(registry, bound, Point::Event, |_, cx| hook.event(&event, cx));
            problems.extend(called.given.diagnostics);
            if !called.given.patches.is_empty() {
                problems.extend(patch_not_taken(bound, Point::Event));
            }
            queue.extend(called.given.events.into_iter().map(|event| (event, depth + 1)));
        }
    }
    problems
}

fn too_many_events(event: &EventMessage, depth: usize) -> Diagnostic {
    let why = if depth > EVENT_DEPTH {
        format!("more than {EVENT_DEPTH} events follow from each other")
    } else {
        format!("more than {MOST_EVENTS} events follow from one")
    };
    let mut problem = Diagnostic::new(
        codes::PLUGIN_OUTPUT_LIMIT,
        format!("{why}; the last is `{}` of the plugin `{}`", event.topic, event.plugin),
    )
    .help("do the plugins answer each other's events?");
    problem.severity = Severity::Error;
    problem.plugin = Some(event.plugin.clone());
    problem
}

/// The hooks around one run or one attempt: those that apply, outermost first.
#[derive(Clone)]
pub struct Around {
    registry: Registry,
    point: Point,
    hooks: Vec<BoundHooks>,
    /// What the hooks reported on the way.
    problems: Vec<Diagnostic>,
    /// How many of them have heard of the beginning.
    begun: usize,
}

/// What a hook is told of the way a run or an attempt went.
#[derive(Clone, Copy)]
pub enum Moment<'a> {
    /// It is about to begin.
    Before,
    /// It has succeeded.
    After(&'a Value),
    /// It has failed.
    OnError(&'a StepError),
}

impl Around {
    /// The hooks of a point around what `step_type` names; `None` when there are none, which costs nothing.
    #[must_use]
    pub fn at(registry: &Registry, point: Point, step_type: &str) -> Option<Self> {
        let applies = |bound: &&BoundHooks| {
            step_type.is_empty() || Filter::takes(&bound.entry.meta.filter.steps, step_type)
        };
        let mut hooks = registry.hooks_at(point).iter().filter(applies).peekable();
        hooks.peek()?;
        Some(Self {
            hooks: hooks.cloned().collect(),
            registry: registry.clone(),
            point,
            problems: Vec::new(),
            begun: 0,
        })
    }

    /// Asks each, outermost first, until one decides. `Some` is the result: what is around them need not be called.
    pub fn before(
        &mut self,
        ask: impl Fn(&HooksEntry, Moment<'_>, &mut HookContext) -> Verdict,
    ) -> Option<Result<Value, StepError>> {
        while self.begun < self.hooks.len() {
            let bound = self.hooks[self.begun].clone();
            match self.ask(&bound, Moment::Before, &ask) {
                Verdict::Keep => self.begun += 1,
                Verdict::Replace { value } => return Some(Ok(value)),
                Verdict::Fail { error } => return Some(Err(error)),
            }
        }
        None
    }

    /// Asks each that has heard of the beginning, innermost first; each sees what the one inside has decided.
    pub fn after(
        &mut self,
        mut result: Result<Value, StepError>,
        ask: impl Fn(&HooksEntry, Moment<'_>, &mut HookContext) -> Verdict,
    ) -> Result<Value, StepError> {
        while self.begun > 0 {
            self.begun -= 1;
            let bound = self.hooks[self.begun].clone();
            let moment = match &result {
                Ok(value) => Moment::After(value),
                Err(error) => Moment::OnError(error),
            };
            match self.ask(&bound, moment, &ask) {
                Verdict::Keep => {}
                Verdict::Replace { value } => result = Ok(value),
                Verdict::Fail { error } => result = Err(error),
            }
        }
        result
    }

    /// Lets every hook count as one that has heard of the beginning: for what began in an earlier process.
    pub fn begun(&mut self) {
        self.begun = self.hooks.len();
    }

    /// What the hooks reported on the way. There is no spec to point into: hosts log it.
    #[must_use]
    pub fn take_problems(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.problems)
    }

    fn ask(
        &mut self,
        bound: &BoundHooks,
        moment: Moment<'_>,
        ask: &impl Fn(&HooksEntry, Moment<'_>, &mut HookContext) -> Verdict,
    ) -> Verdict {
        let called =
            call_hook(&self.registry, bound, self.point, |entry, cx| ask(entry, moment, cx));
        let failed = called.value.is_none();
        let verdict = match called.value {
            Some(verdict) => verdict,
            None if bound.entry.meta.on_failure == OnFailure::Abort => Verdict::Fail {
                error: StepError::terminal(
                    "plugin_panicked",
                    called.given.diagnostics.last().map_or_else(
                        || format!("the plugin `{}` panicked", bound.standing.plugin),
                        |problem| problem.message.clone(),
                    ),
                ),
            },
            None => Verdict::Keep,
        };
        if !matches!(verdict, Verdict::Keep) || failed {
            let what = match &verdict {
                Verdict::Keep => "kept",
                Verdict::Replace { .. } => "replaced",
                Verdict::Fail { .. } => "failed",
            };
            self.registry.host().audit(
                &bound.standing.plugin,
                what,
                &format!("{} at {}", bound.entry.meta.name, self.point),
            );
        }
        self.problems.extend(called.given.diagnostics);
        self.problems.extend(deliver(&self.registry, called.given.events));
        verdict
    }
}
