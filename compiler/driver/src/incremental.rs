//! The phases up to the checked program, with what they found out kept, so that after an edit only what it concerns is done again.
//!
//! What is kept: the documents of each file, as long as its text is the same; what was found out about each workflow, as long as
//! its file, the declarations it sees ([`locus_analysis::surroundings`]) and the places its problems point at are the same. The
//! result is the one of doing everything anew; a test holds both against each other over random edits.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use locus_analysis::{
    Allowed, Change, Checked, Declared, Earlier, Site, Summary, Surroundings, circular,
};
use locus_diag::{Diagnostic, Diagnostics, SourceId, Sources, Span};
use locus_expr::Ty;
use locus_model::{Node, Program, Spec, SpecFile, Workflow};
use locus_plugin::parser_hook::Parsed;
use locus_plugin::{Point, Registry};
use locus_syntax::codes::YAML_SYNTAX;
use locus_syntax::imports::{import, imports};
use locus_syntax::project::Project;
use locus_syntax::schemas::{schema_files, schema_paths};
use locus_syntax::{World, discover};
use rayon::prelude::*;

use crate::compile::{
    Compilation, check_whole, has_errors, name_of_first_file, only_follows, parse,
};
use crate::hooks::{Hooked, pre_parse};
use crate::limit::limited;
use crate::project::Plugins;

/// A compilation, and what of it can be used again.
pub(crate) struct Incremental {
    pub(crate) compilation: Compilation,
    /// The files as written, where hooks have changed those of the compilation.
    written: Option<(Spec, Sources)>,
    plugins: Plugins,
    /// The problems of finding and reading the files.
    reading: Vec<Diagnostic>,
    /// The problems of parsing each file.
    parsing: BTreeMap<SourceId, Vec<Diagnostic>>,
    /// What was found out about each workflow, by name.
    kept: IndexMap<String, Kept>,
    surroundings: Option<Surroundings>,
    /// Whether files of JSON Schemas are not as they were.
    schemas_changed: bool,
}

/// What was found out about a workflow, beside the workflow itself.
struct Kept {
    /// Where it is written.
    place: Span,
    problems: Vec<Diagnostic>,
    summary: Summary,
    /// The workflows it calls.
    calls: Vec<String>,
    /// Whether it calls itself in the end.
    circular: bool,
}

/// What was just found out about a workflow.
struct Fresh {
    checked: Checked,
    calls: Vec<String>,
    circular: bool,
}

/// What is known from the time before files were read again.
struct Old {
    files: BTreeMap<SourceId, SpecFile>,
    problems: BTreeMap<SourceId, Vec<Diagnostic>>,
    sources: Sources,
}

/// Whether a source is the same text under the same name.
fn is_same(id: SourceId, before: &Sources, now: &Sources) -> bool {
    match (before.get(id), now.get(id)) {
        (Some(before), Some(now)) => before.name == now.name && before.text == now.text,
        (before, now) => before.is_none() && now.is_none(),
    }
}

/// The other files that documents name.
fn links(documents: &[Node]) -> (Vec<String>, Vec<String>) {
    let (paths, problems) = imports(documents);
    // One that is no path is a problem with a place, which moves.
    let wrong = problems.into_iter().map(|problem| problem.message);
    (paths.into_iter().map(|path| path.value).chain(wrong).collect(), schema_paths(documents))
}

impl Incremental {
    /// Nothing yet, of a program with this profile.
    pub(crate) fn empty(profile: Option<&str>) -> Self {
        Self {
            compilation: Compilation {
                program: Program::default(),
                spec: Spec::default(),
                sources: Sources::default(),
                diagnostics: Diagnostics::default(),
                root: PathBuf::new(),
                manifest: None,
                profile: profile.map(str::to_owned),
                registry: Registry::default(),
            },
            written: None,
            plugins: Plugins::default(),
            reading: Vec::new(),
            parsing: BTreeMap::new(),
            kept: IndexMap::new(),
            surroundings: None,
            schemas_changed: false,
        }
    }

    /// Finds and reads all files again, and parses those that are not as they were. Gives the files that changed.
    pub(crate) fn read(
        &mut self,
        world: &dyn World,
        start: &str,
        linked: &Registry,
    ) -> BTreeSet<SourceId> {
        self.back_to_written();
        let suffixes: Vec<&str> = linked
            .parser_hooks()
            .flat_map(|entry| entry.meta.suffixes.iter().map(String::as_str))
            .collect();
        let (mut project, mut problems) = discover(world, start, &suffixes);
        let manifest = project.manifest.take().and_then(|manifest| manifest.node);
        let profile = self.compilation.profile.as_deref();
        let others = self.plugins.look(manifest.as_ref(), profile, linked);
        self.compilation.manifest = manifest;
        if others {
            self.forget();
            self.compilation.registry = self.plugins.registry.clone();
        }
        let before = std::mem::take(&mut self.compilation.sources);
        let spec = std::mem::take(&mut self.compilation.spec);
        let mut old = Old {
            // What other plugins have parsed is parsed again.
            files: spec
                .files
                .into_iter()
                .filter(|_| !others)
                .map(|file| (file.source, file))
                .collect(),
            problems: std::mem::take(&mut self.parsing),
            sources: before,
        };
        let mut files: Vec<SpecFile> = Vec::new();
        // Files that were found may name others, which may name others.
        let mut found = project.files.clone();
        while !found.is_empty() {
            let read = self.parse_all(found, &mut old, &project.sources);
            found = Vec::new();
            for file in &read {
                let (paths, wrong) = imports(&file.documents);
                problems.extend(wrong);
                found.extend(import(
                    world,
                    &mut project,
                    file.source,
                    &paths,
                    &suffixes,
                    &mut problems,
                ));
            }
            files.extend(read);
        }
        let Project { mut sources, .. } = project;
        let documents = files.iter().map(|file| (file.source, file.documents.as_slice()));
        let schemas = schema_files(world, documents, &mut sources);
        files.sort_by(|a, b| {
            let name = |file: &SpecFile| sources.get(file.source).map(|source| &source.name);
            name(a).cmp(&name(b))
        });
        let ids = old.sources.iter().chain(sources.iter()).map(|source| source.id);
        let changed = ids.filter(|id| !is_same(*id, &old.sources, &sources)).collect();
        self.reading = problems;
        self.schemas_changed = schemas != spec.schemas;
        self.compilation.sources = sources;
        self.compilation.spec = Spec { files, schemas };
        changed
    }

    /// Parses these files; those that are as they were are taken from before.
    fn parse_all(
        &mut self,
        files: Vec<SourceId>,
        old: &mut Old,
        sources: &Sources,
    ) -> Vec<SpecFile> {
        let is_kept =
            |file: &SourceId| old.files.contains_key(file) && is_same(*file, &old.sources, sources);
        let registry = &self.plugins.registry;
        // The hooks are asked about one file after another, in order.
        let told: Vec<Vec<Diagnostic>> =
            files
                .iter()
                .map(|file| {
                    if is_kept(file) { Vec::new() } else { before_parse(*file, sources, registry) }
                })
                .collect();
        let parsed: Vec<Option<Parsed>> = files
            .par_iter()
            .map(|file| (!is_kept(file)).then(|| parse(*file, sources, registry)))
            .collect();
        let mut read = Vec::with_capacity(files.len());
        for ((source, parsed), mut told) in files.into_iter().zip(parsed).zip(told) {
            let file = match (parsed, old.files.remove(&source)) {
                (None, Some(file)) => {
                    self.parsing.extend(old.problems.remove_entry(&source));
                    file
                }
                (parsed, _) => {
                    let parsed = parsed.unwrap_or_default();
                    told.extend(parsed.diagnostics);
                    self.parsing.insert(source, told);
                    SpecFile { source, documents: parsed.documents }
                }
            };
            read.push(file);
        }
        read
    }

    /// Takes a new text of a spec; gives its number. `None` if no spec is known by this name or it names other files than before, and
    /// nothing was done.
    pub(crate) fn replace(&mut self, file: &str, text: Arc<str>) -> Option<SourceId> {
        self.back_to_written();
        let registry = &self.plugins.registry;
        let Compilation { sources, spec, .. } = &mut self.compilation;
        let source = sources.iter().find(|source| &*source.name == file)?.id;
        let at = spec.files.iter().position(|file| file.source == source)?;
        // What is wrong with its imports moves with them.
        let places = self.reading.iter().flat_map(|problem| &problem.labels);
        if places.into_iter().any(|label| label.span.source == source) {
            return None;
        }
        let before = sources.get(source).map(|source| Arc::clone(&source.text))?;
        sources.replace(source, text);
        let parsed = parse(source, sources, registry);
        if links(&parsed.documents) != links(&spec.files[at].documents) {
            sources.replace(source, before);
            return None;
        }
        spec.files[at].documents = parsed.documents;
        let mut told = before_parse(source, sources, registry);
        told.extend(parsed.diagnostics);
        self.parsing.insert(source, told);
        Some(source)
    }

    /// The files as written take the places of those that hooks have changed.
    fn back_to_written(&mut self) {
        if let Some((spec, sources)) = self.written.take() {
            self.compilation.spec = spec;
            self.compilation.sources = sources;
        }
    }

    /// Forgets what was found out about the workflows.
    fn forget(&mut self) {
        self.kept.clear();
        self.surroundings = None;
    }

    /// The texts as written.
    pub(crate) fn sources(&self) -> &Sources {
        self.written.as_ref().map_or(&self.compilation.sources, |(_, sources)| sources)
    }

    /// What is known of the types at a place.
    pub(crate) fn site(&self, source: SourceId, offset: u32) -> Option<Site> {
        let Compilation { spec, manifest, profile, .. } = &self.compilation;
        let Plugins { registry, shapes, .. } = &self.plugins;
        let declared = match &self.surroundings {
            Some(surroundings) => Declared::within(spec, registry, shapes, surroundings),
            None => {
                let (manifest, profile) = (manifest.as_ref(), profile.as_deref());
                Declared::of(spec, manifest, profile, registry, shapes, None)
            }
        };
        let (index, (name, _)) = declared.workflows().enumerate().find(|(_, (_, node))| {
            node.span.source == source && node.span.start <= offset && offset <= node.span.end
        })?;
        // What those give that it calls is known.
        for callee in self.kept.get(name).iter().flat_map(|kept| &kept.calls) {
            if let Some((number, kept)) = declared.number(callee).zip(self.kept.get(callee)) {
                declared.settle_as(number, kept.summary.output.clone());
            }
        }
        declared.sites(index).at(source, offset).cloned()
    }

    /// Calls the hooks, resolves and checks what the changed files concern. Where hooks change the files, everything is checked.
    pub(crate) fn check(&mut self, changed: &BTreeSet<SourceId>) {
        let mut diagnostics = Diagnostics::from(self.reading.clone());
        diagnostics.extend(self.plugins.problems.iter().cloned());
        let mut partial = BTreeSet::new();
        for (source, problems) in &self.parsing {
            if problems.iter().any(|problem| problem.code == YAML_SYNTAX.name) {
                partial.insert(*source);
            }
            diagnostics.extend(problems.iter().cloned());
        }
        let Compilation { spec, sources, manifest, profile, .. } = &mut self.compilation;
        let name = name_of_first_file(spec, sources);
        let (spec, sources) = (std::mem::take(spec), std::mem::take(sources));
        let (manifest, profile) = (manifest.take(), profile.clone());
        let (registry, shapes) = (self.plugins.registry.clone(), Arc::clone(&self.plugins.shapes));
        let mut hooked = Hooked::new(spec, sources, &registry);
        hooked.written();
        let seen = |(mut program, problems): (Program, Vec<Diagnostic>)| {
            if program.name.is_empty() {
                program.name.clone_from(&name);
            }
            let reported = problems.into_iter().filter(|problem| !only_follows(problem, &partial));
            (program, reported.collect::<Vec<_>>())
        };
        let whole = |spec: &Spec| {
            let (manifest, profile) = (manifest.as_ref(), profile.as_deref());
            seen(check_whole(spec, manifest, profile, &registry, &shapes))
        };
        let (mut program, mut problems) = if hooked.is_patched() {
            hooked.check(&whole)
        } else {
            let spec = &hooked.draft.spec;
            let (manifest, profile) = (manifest.as_ref(), profile.as_deref());
            // Types may refer to files of JSON Schemas.
            let schemas_changed = std::mem::take(&mut self.schemas_changed);
            let before = self.surroundings.take().filter(|_| !schemas_changed);
            let earlier = before.as_ref().map(|surroundings| Earlier { surroundings, changed });
            let declared = Declared::of(spec, manifest, profile, &registry, &shapes, earlier);
            seen(self.check_changed(spec, declared, before.as_ref(), changed))
        };
        // Hooks see whole programs only.
        if !diagnostics.has_errors() && !has_errors(&problems) && !has_errors(&hooked.problems) {
            let point = Point::PostValidate;
            (program, problems) =
                hooked.checked(point, program, problems, &whole, |entry, program, cx| {
                    if let Some(hook) = &entry.post_validate {
                        hook.post_validate(program, cx);
                    }
                });
        }
        if hooked.is_patched() {
            // What is known of the workflows is known of the files as hooks have left them.
            self.forget();
        }
        let Hooked { draft, problems: told, untouched, .. } = hooked;
        diagnostics.extend(problems.into_iter().chain(told).map(|problem| draft.blame(problem)));
        let allowed = Allowed::of(&draft.spec);
        let diagnostics: Vec<Diagnostic> =
            diagnostics.into_iter().filter(|problem| !allowed.has(problem)).collect();
        self.written = untouched;
        self.compilation.program = program;
        self.compilation.spec = draft.spec;
        self.compilation.sources = draft.sources;
        self.compilation.manifest = manifest;
        self.compilation.diagnostics = limited(diagnostics.into());
    }

    /// Checks what the changed files concern, with what is kept of the rest. `before`: the surroundings at the last check, where they tell
    /// what has changed.
    fn check_changed(
        &mut self,
        spec: &Spec,
        declared: Declared<'_>,
        before: Option<&Surroundings>,
        changed: &BTreeSet<SourceId>,
    ) -> (Program, Vec<Diagnostic>) {
        let change =
            before.map_or(Change::Everything, |before| before.change_to(declared.surroundings()));
        self.surroundings = Some(declared.surroundings().clone());
        let mut workflows = std::mem::take(&mut self.compilation.program.workflows);
        let mut kept = std::mem::take(&mut self.kept);
        let to_check: Vec<(&str, &Node)> = declared.workflows().collect();
        let holds = |(name, node): &(&str, &Node)| {
            workflows.contains_key(*name)
                && kept.get(*name).is_some_and(|kept| kept.holds(node, changed, &change))
        };
        let fresh = check_all(&declared, &to_check, &kept, holds);
        let mut all: Vec<Workflow> = Vec::with_capacity(fresh.len());
        let allowed = Allowed::of(spec);
        for ((name, node), fresh) in to_check.iter().zip(fresh) {
            let (workflow, found) = match fresh {
                Some(Fresh {
                    checked: Checked { workflow, mut problems, summary },
                    calls,
                    circular,
                }) => {
                    let place = node.span;
                    // Of another file it may change what is allowed there.
                    let is_here = |problem: &Diagnostic| {
                        problem.primary().is_some_and(|at| at.source == place.source)
                    };
                    problems.retain(|problem| !(is_here(problem) && allowed.has(problem)));
                    (Some(workflow), Some(Kept { place, problems, summary, calls, circular }))
                }
                None => (workflows.swap_remove(*name), kept.swap_remove(*name)),
            };
            all.extend(workflow);
            self.kept.extend(found.map(|found| ((*name).to_owned(), found)));
        }
        let summaries = self.kept.values().map(|kept| &kept.summary);
        let (program, whole) = declared.finish(all, summaries);
        let each = self.kept.values().flat_map(|kept| &kept.problems).cloned();
        (program, whole.into_iter().chain(each).collect())
    }
}

/// What the hooks say of a file before it is parsed.
fn before_parse(file: SourceId, sources: &Sources, registry: &Registry) -> Vec<Diagnostic> {
    sources.get(file).map(|source| pre_parse(source, registry)).unwrap_or_default()
}

/// Checks the workflows for which what is kept does not hold, and those that call one which gives something else than before.
/// `None` for those that were not checked.
fn check_all(
    declared: &Declared<'_>,
    workflows: &[(&str, &Node)],
    kept: &IndexMap<String, Kept>,
    holds: impl Fn(&(&str, &Node)) -> bool + Sync,
) -> Vec<Option<Fresh>> {
    let numbers: HashMap<&str, usize> =
        workflows.iter().enumerate().map(|(index, (name, _))| (*name, index)).collect();
    let mut stale: Vec<bool> = workflows.par_iter().map(|workflow| !holds(workflow)).collect();
    let calls: Vec<Vec<usize>> = stale
        .par_iter()
        .enumerate()
        .map(|(index, stale)| match kept.get(workflows[index].0) {
            Some(kept) if !stale => {
                kept.calls.iter().filter_map(|name| numbers.get(name.as_str()).copied()).collect()
            }
            _ => declared.calls(index),
        })
        .collect();
    let circular = circular(&calls);
    for (index, (name, _)) in workflows.iter().enumerate() {
        stale[index] |= kept.get(*name).is_none_or(|kept| kept.circular != circular[index]);
    }
    // What a workflow gives may be something else now: then those that call it are stale as well, and so on.
    let callers = callers_of(&calls);
    let mut maybe = stale.clone();
    let mut open: Vec<usize> = (0..stale.len()).filter(|index| stale[*index]).collect();
    while let Some(index) = open.pop() {
        for caller in callers[index].iter().copied() {
            if !std::mem::replace(&mut maybe[caller], true) {
                open.push(caller);
            }
        }
    }
    for (index, (name, _)) in workflows.iter().enumerate() {
        match kept.get(*name) {
            _ if circular[index] => declared.settle_as(index, Ty::any()),
            Some(kept) if !maybe[index] => {
                declared.settle_as(index, kept.summary.output.clone());
            }
            _ => {}
        }
    }
    let mut fresh: Vec<Option<Fresh>> = Vec::new();
    fresh.resize_with(workflows.len(), || None);
    loop {
        let to_do: Vec<usize> =
            (0..stale.len()).filter(|index| stale[*index] && fresh[*index].is_none()).collect();
        if to_do.is_empty() {
            return fresh;
        }
        // Those that may be stale are not asked: what they give is what they gave, or they are checked in a later round.
        let checked: Vec<Checked> = to_do.par_iter().map(|index| declared.check(*index)).collect();
        for (index, checked) in to_do.into_iter().zip(checked) {
            let before = kept.get(workflows[index].0).map(|kept| &kept.summary.output);
            if before != Some(&checked.summary.output) {
                callers[index].iter().for_each(|caller| stale[*caller] = true);
            }
            let names = calls[index].iter().map(|callee| workflows[*callee].0.to_owned());
            let (calls, circular) = (names.collect(), circular[index]);
            fresh[index] = Some(Fresh { checked, calls, circular });
        }
    }
}

/// Who calls each workflow, given what each calls.
fn callers_of(calls: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut callers = vec![Vec::new(); calls.len()];
    for (caller, callees) in calls.iter().enumerate() {
        for callee in callees {
            callers[*callee].push(caller);
        }
    }
    callers
}

impl Kept {
    /// Whether it is still true of what is written there.
    fn holds(&self, node: &Node, changed: &BTreeSet<SourceId>, change: &Change) -> bool {
        let mut places = self.problems.iter().flat_map(|problem| &problem.labels);
        self.place == node.span
            && !changed.contains(&node.span.source)
            && places.all(|label| !changed.contains(&label.span.source))
            && !change.concerns(node, self.problems.is_empty())
    }
}
