//! The variables that have been set at one place.

use std::collections::BTreeMap;
use std::sync::Arc;

use locus_expr::Ty;

use super::Typer;
use super::reasons::Reason;
use crate::steps::{BlockDraft, StepDraft};

/// The variables that may have been set, and what they may hold; null where they may not have been.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Vars {
    pub(super) known: BTreeMap<Arc<str>, Ty>,
    /// Whether only the run will tell which are set.
    pub(super) open: bool,
}

impl<'a> Typer<'_, 'a> {
    /// What a variable holds here.
    pub(super) fn var(&mut self, name: &str) -> Ty {
        let Some(vars) = &self.vars else { return Ty::any() };
        match vars.known.get(name) {
            Some(ty) => ty.clone(),
            None if vars.open => Ty::any(),
            None => {
                let topics = Arc::default();
                let reason = Reason::NotSet { name: name.to_owned(), place: None, topics };
                Ty::null().optional_because(self.reasons.add(reason))
            }
        }
    }

    /// Sets variables; `None` where only the run will tell which.
    pub(super) fn set(&mut self, vars: Option<Vec<(Arc<str>, Ty)>>) {
        let Some(all) = &mut self.vars else { return };
        match vars {
            Some(vars) => all.known.extend(vars),
            None => *all = Vars { open: true, ..Vars::default() },
        }
    }

    /// What holds where two ways come together. `absent` says why a variable that only one of them sets may be null; where it says
    /// nothing, that is not reported.
    pub(super) fn joined(
        &mut self,
        one: Option<Vars>,
        other: Option<Vars>,
        absent: impl Fn(&str) -> Option<Reason>,
    ) -> Option<Vars> {
        let (one, other) = match (one, other) {
            (Some(one), Some(other)) => (one, other),
            (one, other) => return one.or(other),
        };
        if one == other {
            return Some(one);
        }
        let mut joined = Vars { known: BTreeMap::new(), open: one.open || other.open };
        for name in one.known.keys().chain(other.known.keys()) {
            if joined.known.contains_key(name) {
                continue;
            }
            let ty = match (one.known.get(name), other.known.get(name)) {
                (Some(one), Some(other)) => one.union(other),
                (None, None) => continue,
                (Some(ty), None) | (None, Some(ty)) if joined.open || ty.is_any() => {
                    ty.union(&Ty::any())
                }
                (Some(ty), None) | (None, Some(ty)) => match absent(name) {
                    Some(reason) => ty.clone().optional_because(self.reasons.add(reason)),
                    None => ty.clone().possibly_missing(),
                },
            };
            joined.known.insert(Arc::clone(name), ty);
        }
        Some(joined)
    }

    /// Forgets what variables hold that a block sets: its steps run in no fixed order.
    pub(super) fn disturb(&mut self, block: &BlockDraft<'a>) {
        if !self.facts.has_vars() {
            return;
        }
        let names = set_inside(block);
        self.set(names.map(|names| names.into_iter().map(|name| (name, Ty::any())).collect()));
    }
}

/// The names that a block sets, wherever its steps stand; `None` where only the run will tell.
pub(super) fn set_inside(block: &BlockDraft<'_>) -> Option<Vec<Arc<str>>> {
    let mut names = Vec::new();
    gather(block, &mut names).then_some(names)
}

fn gather(block: &BlockDraft<'_>, names: &mut Vec<Arc<str>>) -> bool {
    block.steps.iter().all(|step| gather_step(step, names))
}

fn gather_step(step: &StepDraft<'_>, names: &mut Vec<Arc<str>>) -> bool {
    let Some(vars) = step.params.vars.as_ref().filter(|_| step.ty.is_some()) else {
        return false;
    };
    names.extend(vars.iter().map(|name| Arc::from(name.as_str())));
    step.blocks().all(|block| gather(block, names))
}
