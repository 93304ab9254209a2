//! The hooks between the phases. Those that give patches are called one after another, each on the program as the patches before have left
//! it; a patch that makes the program wrong is taken back, whole.

use std::collections::BTreeSet;

use locus_diag::{Diagnostic, Source, Sources, Span};
use locus_model::{Program, Spec};
use locus_plugin::codes::PATCH_REJECTED;
use locus_plugin::hooks::{Filter, HooksEntry, HooksMeta};
use locus_plugin::host::dispatch::{BoundHooks, StepTypes, as_declared, deliver};
use locus_plugin::host::{call_hook, run_hooks};
use locus_plugin::patch::Patch;
use locus_plugin::{HookContext, ParsedFile, Point, Registry};

use crate::patches::Draft;

/// What checks a program: names resolved, everything looked at.
pub(crate) type Check<'a> = &'a dyn Fn(&Spec) -> (Program, Vec<Diagnostic>);

/// Shows a source to the hooks before it is parsed.
pub(crate) fn pre_parse(source: &Source, registry: &Registry) -> Vec<Diagnostic> {
    if registry.hooks_at(Point::PreParse).is_empty() {
        return Vec::new();
    }
    let applies = |filter: &Filter| Filter::takes(&filter.files, &source.name);
    run_hooks(registry, Point::PreParse, applies, |entry, cx| {
        if let Some(hook) = &entry.pre_parse {
            hook.pre_parse(source, cx);
        }
    })
}

/// A program on its way through the hooks.
pub(crate) struct Hooked<'a> {
    registry: &'a Registry,
    pub(crate) draft: Draft,
    /// The files before the first patch, and the patches made before anything was checked.
    unpatched: Option<Draft>,
    unchecked: Vec<(HooksMeta, Point, Patch)>,
    /// The files as written, where a hook has given a patch.
    pub(crate) untouched: Option<(Spec, Sources)>,
    /// What the hooks reported.
    pub(crate) problems: Vec<Diagnostic>,
}

impl<'a> Hooked<'a> {
    pub(crate) fn new(spec: Spec, sources: Sources, registry: &'a Registry) -> Self {
        Self {
            registry,
            draft: Draft::new(spec, sources),
            unpatched: None,
            unchecked: Vec::new(),
            untouched: None,
            problems: Vec::new(),
        }
    }

    /// Whether a hook has given a patch, made or not.
    pub(crate) fn is_patched(&self) -> bool {
        self.untouched.is_some()
    }

    /// The hooks that see files as written.
    pub(crate) fn written(&mut self) {
        for bound in self.registry.hooks_at(Point::PostParse) {
            let Some(hook) = &bound.entry.post_parse else { continue };
            for index in 0..self.draft.spec.files.len() {
                let file = &self.draft.spec.files[index];
                let name = self.draft.sources.get(file.source).map(|source| source.name.clone());
                let name = name.unwrap_or_default();
                if !Filter::takes(&bound.entry.meta.filter.files, &name) {
                    continue;
                }
                let documents = file.documents.clone();
                let file = ParsedFile { name: &name, source: file.source, documents: &documents };
                let patches =
                    self.call(bound, Point::PostParse, |_, cx| hook.post_parse(&file, cx));
                self.patch_unchecked(bound, Point::PostParse, patches);
            }
        }
        for bound in self.registry.hooks_at(Point::PreValidate) {
            let Some(hook) = &bound.entry.pre_validate else { continue };
            let spec = std::mem::take(&mut self.draft.spec);
            let patches =
                self.call(bound, Point::PreValidate, |_, cx| hook.pre_validate(&spec, cx));
            self.draft.spec = spec;
            self.patch_unchecked(bound, Point::PreValidate, patches);
        }
    }

    /// Checks the program as the patches have left it. Where that finds errors, the patches that cause them are taken back.
    pub(crate) fn check(&mut self, check: Check<'_>) -> (Program, Vec<Diagnostic>) {
        let checked = check(&self.draft.spec);
        let (Some(unpatched), true) = (self.unpatched.take(), has_errors(&checked.1)) else {
            return checked;
        };
        // One of the patches may be to blame: made again one by one, each is seen for itself.
        self.draft = Draft { sources: self.draft.sources.clone(), ..unpatched };
        let mut good = check(&self.draft.spec);
        for (meta, point, patch) in std::mem::take(&mut self.unchecked) {
            let before = self.draft.clone();
            if let Err(refusal) = self.draft.apply(&patch, &meta.plugin, point, None) {
                // It was made upon one that has been taken back.
                let problem = refusal.problem(&meta.plugin, point);
                self.problems.extend(as_declared(problem, meta.on_failure));
                continue;
            }
            let next = check(&self.draft.spec);
            match first_new(&good.1, &next.1) {
                None => good = next,
                Some(error) => self.take_back(before, error, &next.1, &meta, point),
            }
        }
        good
    }

    /// The hooks that see the checked program.
    pub(crate) fn checked(
        &mut self,
        point: Point,
        mut program: Program,
        mut found: Vec<Diagnostic>,
        check: Check<'_>,
        call: impl Fn(&HooksEntry, &Program, &mut HookContext),
    ) -> (Program, Vec<Diagnostic>) {
        for bound in self.registry.hooks_at(point) {
            if !StepTypes::of(&program).fit(&bound.entry.meta.filter) {
                continue;
            }
            let patches = self.call(bound, point, |entry, cx| call(entry, &program, cx));
            for patch in patches {
                self.keep_untouched();
                let meta = &bound.entry.meta;
                let before = self.draft.clone();
                if let Err(refusal) = self.draft.apply(&patch, &meta.plugin, point, Some(&program))
                {
                    let problem = refusal.problem(&meta.plugin, point);
                    self.problems.extend(as_declared(problem, meta.on_failure));
                    continue;
                }
                let next = check(&self.draft.spec);
                match first_new(&found, &next.1) {
                    None => (program, found) = next,
                    Some(error) => self.take_back(before, error, &next.1, meta, point),
                }
            }
        }
        (program, found)
    }

    fn keep_untouched(&mut self) {
        if self.untouched.is_none() {
            self.untouched = Some((self.draft.spec.clone(), self.draft.sources.clone()));
        }
    }

    fn call(
        &mut self,
        bound: &BoundHooks,
        point: Point,
        work: impl FnOnce(&HooksEntry, &mut HookContext),
    ) -> Vec<Patch> {
        let given = call_hook(self.registry, bound, point, work).given;
        self.problems.extend(given.diagnostics);
        self.problems.extend(deliver(self.registry, given.events));
        given.patches
    }

    fn patch_unchecked(&mut self, bound: &BoundHooks, point: Point, patches: Vec<Patch>) {
        let meta = &bound.entry.meta;
        for patch in patches {
            self.keep_untouched();
            let before = self.unpatched.is_none().then(|| self.draft.clone());
            match self.draft.apply(&patch, &meta.plugin, point, None) {
                Ok(()) => {
                    self.unpatched = self.unpatched.take().or(before);
                    self.unchecked.push((meta.clone(), point, patch));
                }
                Err(refusal) => {
                    let problem = refusal.problem(&meta.plugin, point);
                    self.problems.extend(as_declared(problem, meta.on_failure));
                }
            }
        }
    }

    /// Undoes a patch that made the program wrong. Its text stays among the sources, for the report to point into.
    fn take_back(
        &mut self,
        before: Draft,
        error: Diagnostic,
        all: &[Diagnostic],
        meta: &HooksMeta,
        point: Point,
    ) {
        let error = self.draft.blame(error);
        let others = all.iter().filter(|problem| problem.is_error()).count() - 1;
        let others = if others == 0 { String::new() } else { format!(", and {others} more") };
        let mut problem = Diagnostic::new(
            PATCH_REJECTED,
            format!(
                "the patch of the plugin `{}` in `{point}` makes the program wrong: {} [{}]{others}",
                meta.plugin, error.message, error.code
            ),
        )
        .help(format!("nothing of it was done; report it to the author of `{}`", meta.plugin));
        problem.labels = error.labels;
        problem.plugin = Some(meta.plugin.clone());
        self.problems.extend(as_declared(problem, meta.on_failure));
        let sources = self.draft.sources.clone();
        self.draft = Draft { sources, ..before };
    }
}

/// The first error that was not there before.
fn first_new(before: &[Diagnostic], after: &[Diagnostic]) -> Option<Diagnostic> {
    type Key<'d> = (&'d str, Option<Span>, &'d str);
    fn key(problem: &Diagnostic) -> Key<'_> {
        (&problem.code, problem.primary(), &problem.message)
    }
    let known: BTreeSet<Key<'_>> = before.iter().map(key).collect();
    let mut errors = after.iter().filter(|problem| problem.is_error());
    errors.find(|problem| !known.contains(&key(problem))).cloned()
}

fn has_errors(problems: &[Diagnostic]) -> bool {
    problems.iter().any(Diagnostic::is_error)
}
