//! The names that an expression can see at its place: inputs, results of steps, variables. What it names must be there when it is
//! evaluated; what is behind the names is for [`typing`](crate::typing).

use std::cell::OnceCell;
use std::collections::HashSet;

use indexmap::IndexMap;
use locus_diag::{Diagnostic, Span, Spanned};
use locus_expr::{Template, Ty};
use locus_model::{Field, Text};

use crate::expressions::{paths, variables};
use crate::level::Level;
use crate::messages::references as messages;
use crate::steps::{BlockDraft, StepDraft};
use crate::typing::Variables;

/// The parts of `.`.
const CONTEXT: [&str; 4] = ["input", "steps", "vars", "run"];

/// The part of `.` that the reshaping of a result has besides.
const RESULT: &str = "result";

/// The parts of `.run`.
const RUN: [&str; 4] = ["id", "workflow", "now", "started"];

/// The variable that holds secrets.
pub(crate) const SECRETS: &str = "secrets";

/// The variables that are always there.
pub(crate) const GLOBALS: [&str; 2] = ["env", SECRETS];

/// What holds in a whole workflow.
pub(crate) struct Facts<'f> {
    /// Its steps.
    root: &'f BlockDraft<'f>,
    /// What it takes, if it says so.
    input: Option<&'f IndexMap<String, Field>>,
    /// What it sets.
    vars: Vars<'f>,
    /// The ids of all its steps, wherever they stand.
    ids: OnceCell<HashSet<&'f str>>,
}

/// The names that steps of a workflow set; `None` where only the run will tell.
struct Vars<'f>(Option<HashSet<&'f str>>);

/// What is special about the place of an expression.
#[derive(Clone, Copy)]
pub(crate) struct Site<'s> {
    /// The variables that are seen there, with those that are always there.
    pub(crate) variables: &'s Variables,
    /// Whether the step's result is there as `.result`.
    pub(crate) result: bool,
}

impl<'f> Vars<'f> {
    /// What the steps of a workflow set, wherever they stand.
    fn of(block: &'f BlockDraft<'f>) -> Self {
        let mut names = HashSet::new();
        let known = gather_vars(block, &mut names);
        Self(known.then_some(names))
    }
}

/// False when not all names can be known.
fn gather_vars<'f>(block: &'f BlockDraft<'f>, names: &mut HashSet<&'f str>) -> bool {
    block.steps.iter().all(|step| {
        let Some(vars) = step.params.vars.as_ref().filter(|_| step.ty.is_some()) else {
            return false;
        };
        names.extend(vars.iter().map(String::as_str));
        step.blocks().all(|block| gather_vars(block, names))
    })
}

impl<'f> Facts<'f> {
    /// What holds in a workflow with these steps.
    pub(crate) fn of(root: &'f BlockDraft<'f>, input: Option<&'f IndexMap<String, Field>>) -> Self {
        Self { root, input, vars: Vars::of(root), ids: OnceCell::new() }
    }

    /// Whether a step of the workflow has this id, wherever it stands.
    fn is_id(&self, name: &str) -> bool {
        let all = || {
            let mut ids = HashSet::new();
            gather_ids(self.root, &mut ids);
            ids
        };
        self.ids.get_or_init(all).contains(name)
    }

    /// Whether steps may set variables.
    pub(crate) fn has_vars(&self) -> bool {
        self.vars.0.as_ref().is_none_or(|names| !names.is_empty())
    }

    /// Whether a step may set this variable.
    pub(crate) fn sets(&self, name: &str) -> bool {
        self.vars.0.as_ref().is_none_or(|names| names.contains(name))
    }

    /// Whether the workflow says what it takes, and this is not among it.
    pub(crate) fn lacks_input(&self, name: &str) -> bool {
        self.input.is_some_and(|input| !input.contains_key(name))
    }

    /// Checks what the expressions of a string name.
    pub(crate) fn check(
        &self,
        (template, text, whole): (&Template, &Text, Span),
        level: &Level<'_>,
        site: Site<'_>,
        problems: &mut Vec<Diagnostic>,
    ) {
        let unbound = variables(template, text, whole).filter_map(|name| variable(&name, site));
        problems.extend(unbound);
        let paths = paths(template, text, whole);
        problems.extend(paths.filter_map(|path| self.path(&path, level, site)));
    }

    fn path(
        &self,
        path: &[Spanned<String>],
        level: &Level<'_>,
        site: Site<'_>,
    ) -> Option<Diagnostic> {
        let first = path.first()?;
        let second = path.get(1);
        match first.value.as_str() {
            "input" => self.input_name(second?),
            "steps" => self.step_name(second?, level),
            "vars" => self.var_name(second?),
            "run" => {
                let field = second?;
                let known = RUN.contains(&field.value.as_str());
                (!known).then(|| messages::unknown_run_field(field, &RUN))
            }
            RESULT if site.result => None,
            _ => Some(self.unknown_root(first, level, site)),
        }
    }

    /// Something behind `.` that is not there; often it is further in.
    fn unknown_root(
        &self,
        name: &Spanned<String>,
        level: &Level<'_>,
        site: Site<'_>,
    ) -> Diagnostic {
        let further = if self.input.is_some_and(|input| input.contains_key(&name.value)) {
            Some("input")
        } else if find(level, &name.value).is_some() {
            Some("steps")
        } else if self.vars.0.as_ref().is_some_and(|vars| vars.contains(name.value.as_str())) {
            Some("vars")
        } else {
            None
        };
        let mut known = CONTEXT.to_vec();
        known.extend(site.result.then_some(RESULT));
        messages::unknown_root(name, further, &known)
    }

    fn input_name(&self, name: &Spanned<String>) -> Option<Diagnostic> {
        let input = self.input?;
        let known = input.keys().map(String::as_str);
        (!input.contains_key(&name.value)).then(|| messages::unknown_input(name, known))
    }

    fn var_name(&self, name: &Spanned<String>) -> Option<Diagnostic> {
        let set = self.vars.0.as_ref()?;
        if set.contains(name.value.as_str()) {
            return None;
        }
        let mut known: Vec<&str> = set.iter().copied().collect();
        known.sort_unstable();
        Some(messages::var_not_set(name, &known))
    }

    fn step_name(&self, name: &Spanned<String>, level: &Level<'_>) -> Option<Diagnostic> {
        match find(level, &name.value) {
            Some(Found::Done(..)) => None,
            Some(Found::NotYet(why, step)) => {
                let place = step.id.as_ref().map_or(step.anchor, |id| id.span);
                Some(messages::step_not_run_yet(name, why, place))
            }
            None => Some(self.not_in_scope(name, level)),
        }
    }

    /// A step that is somewhere else, or nowhere.
    fn not_in_scope(&self, name: &Spanned<String>, level: &Level<'_>) -> Diagnostic {
        let mut way = Vec::new();
        if self.is_id(&name.value)
            && search(self.root, &name.value, &mut way)
            && let Some(step) = way.last()
        {
            let enclosing: Vec<&StepDraft<'_>> = level.outwards().filter_map(Level::step).collect();
            let is_around =
                |step: &StepDraft<'_>| enclosing.iter().any(|around| std::ptr::eq(*around, step));
            let holder = way.iter().find(|step| !is_around(step));
            let holder = holder.filter(|holder| !std::ptr::eq(**holder, *step));
            let place = step.id.as_ref().map_or(step.anchor, |id| id.span);
            let holder = holder
                .map(|holder| (holder.id.as_ref().map(|id| id.value.as_str()), holder.anchor));
            return messages::step_not_visible(name, place, holder);
        }
        let visible = level.outwards().flat_map(|level| {
            let steps = level.block.steps.iter().enumerate();
            steps
                .filter(|(index, _)| level.has_run(*index))
                .filter_map(|(_, step)| step.id.as_ref())
        });
        let visible: Vec<&str> = visible.map(|id| id.value.as_str()).collect();
        let derived = level.outwards().flat_map(|level| &level.block.steps);
        let derived = derived.into_iter().find(|step| step.id.is_none() && step.name == name.value);
        messages::unknown_step(name, &visible, derived.map(|step| step.anchor))
    }
}

fn gather_ids<'f>(block: &'f BlockDraft<'f>, ids: &mut HashSet<&'f str>) {
    ids.extend(block.ids.keys());
    for block in block.steps.iter().flat_map(StepDraft::blocks) {
        gather_ids(block, ids);
    }
}

/// What is known of a step that is named.
enum Found<'l> {
    /// It has a result.
    Done(Ty),
    /// It has none yet.
    NotYet(NotYet, &'l StepDraft<'l>),
}

/// Why a step has no result yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotYet {
    /// It is the one that asks.
    Itself,
    /// It is around the one that asks.
    Around,
    /// It stands further down.
    Later,
    /// Nothing says that it runs first.
    NotNeeded,
}

/// The type of the result of the step with this id; `None` where there is none to be seen.
pub(crate) fn result_of(level: &Level<'_>, name: &str) -> Option<Ty> {
    match find(level, name) {
        Some(Found::Done(ty)) => Some(ty),
        _ => None,
    }
}

/// Looks for a step in the blocks around a place, inside out.
fn find<'l>(level: &Level<'l>, name: &str) -> Option<Found<'l>> {
    let mut not_yet = None;
    for (depth, level) in level.outwards().enumerate() {
        let Some(index) = level.block.ids.get(name).copied() else { continue };
        if level.has_run(index) {
            return Some(Found::Done(level.result(index)));
        }
        let why = match (index == level.at, depth) {
            (true, 0) => NotYet::Itself,
            (true, _) => NotYet::Around,
            _ if level.block.graph => NotYet::NotNeeded,
            _ => NotYet::Later,
        };
        let step = &level.block.steps[index];
        not_yet.get_or_insert(Found::NotYet(why, step));
    }
    not_yet
}

/// The way to a step with this id, wherever it is; false when there is none.
fn search<'f>(block: &'f BlockDraft<'f>, name: &str, way: &mut Vec<&'f StepDraft<'f>>) -> bool {
    for step in &block.steps {
        way.push(step);
        if step.id.as_ref().is_some_and(|id| id.value == name) {
            return true;
        }
        if step.blocks().any(|block| search(block, name, way)) {
            return true;
        }
        way.pop();
    }
    false
}

fn variable(name: &Spanned<String>, site: Site<'_>) -> Option<Diagnostic> {
    if site.variables.contains_key(name.value.as_str()) {
        return None;
    }
    let own = site.variables.keys().map(|name| &**name).filter(|name| !GLOBALS.contains(name));
    let bound: Vec<&str> = own.chain(GLOBALS).collect();
    Some(messages::unknown_variable(name, &bound))
}
