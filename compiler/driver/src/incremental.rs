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
    Allowed, Change, Checked, Declared, Earlier, Shapes, Site, Summary, Surroundings, circular,
};
use locus_diag::{Diagnostic, Diagnostics, SourceId, Sources, Span};
use locus_expr::Ty;
use locus_model::{Node, Program, Spec, SpecFile, Workflow};
use locus_plugin::Registry;
use locus_plugin::host::run_hooks;
use locus_plugin::parser_hook::Parsed;
use locus_syntax::codes::YAML_SYNTAX;
use locus_syntax::imports::{import, imports};
use locus_syntax::project::{Manifest, Project};
use locus_syntax::schemas::{schema_files, schema_paths};
use locus_syntax::{World, discover};
use rayon::prelude::*;

use crate::compile::{Compilation, name_of_first_file, only_follows, parse};
use crate::limit::limited;

/// A compilation, and what of it can be used again.
pub(crate) struct Incremental {
    pub(crate) compilation: Compilation,
    pub(crate) manifest: Option<Manifest>,
    /// The problems of finding and reading the files.
    reading: Vec<Diagnostic>,
    /// The problems of parsing each file.
    parsing: BTreeMap<SourceId, Vec<Diagnostic>>,
    /// What was found out about each workflow, by name.
    kept: IndexMap<String, Kept>,
    surroundings: Option<Surroundings>,
    /// Whether files of JSON Schemas are not as they were.
    schemas_changed: bool,
    /// The profile that was asked for.
    profile: Option<String>,
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
            },
            manifest: None,
            reading: Vec::new(),
            parsing: BTreeMap::new(),
            kept: IndexMap::new(),
            surroundings: None,
            schemas_changed: false,
            profile: profile.map(str::to_owned),
        }
    }

    /// Finds and reads all files again, and parses those that are not as they were. Gives the files that changed.
    pub(crate) fn read(
        &mut self,
        world: &dyn World,
        start: &str,
        registry: &Registry,
    ) -> BTreeSet<SourceId> {
        let suffixes: Vec<&str> = registry
            .parser_hooks()
            .flat_map(|entry| entry.meta.suffixes.iter().map(String::as_str))
            .collect();
        let (mut project, mut problems) = discover(world, start, &suffixes);
        let before = std::mem::take(&mut self.compilation.sources);
        let spec = std::mem::take(&mut self.compilation.spec);
        let mut old = Old {
            files: spec.files.into_iter().map(|file| (file.source, file)).collect(),
            problems: std::mem::take(&mut self.parsing),
            sources: before,
        };
        let mut files: Vec<SpecFile> = Vec::new();
        // Files that were found may name others, which may name others.
        let mut found = project.files.clone();
        while !found.is_empty() {
            let read = self.parse_all(found, &mut old, &project.sources, registry);
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
        let Project { mut sources, manifest, .. } = project;
        let documents = files.iter().map(|file| (file.source, file.documents.as_slice()));
        let schemas = schema_files(world, documents, &mut sources);
        files.sort_by(|a, b| {
            let name = |file: &SpecFile| sources.get(file.source).map(|source| &source.name);
            name(a).cmp(&name(b))
        });
        let ids = old.sources.iter().chain(sources.iter()).map(|source| source.id);
        let changed = ids.filter(|id| !is_same(*id, &old.sources, &sources)).collect();
        self.manifest = manifest;
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
        registry: &Registry,
    ) -> Vec<SpecFile> {
        let is_kept =
            |file: &SourceId| old.files.contains_key(file) && is_same(*file, &old.sources, sources);
        let parsed: Vec<Option<Parsed>> = files
            .par_iter()
            .map(|file| (!is_kept(file)).then(|| parse(*file, sources, registry)))
            .collect();
        let mut read = Vec::with_capacity(files.len());
        for (source, parsed) in files.into_iter().zip(parsed) {
            let file = match (parsed, old.files.remove(&source)) {
                (None, Some(file)) => {
                    self.parsing.extend(old.problems.remove_entry(&source));
                    file
                }
                (parsed, _) => {
                    let parsed = parsed.unwrap_or_default();
                    self.parsing.insert(source, parsed.diagnostics);
                    SpecFile { source, documents: parsed.documents }
                }
            };
            read.push(file);
        }
        read
    }

    /// Takes a new text of a spec; gives its number. `None` if no spec is known by this name or it names other files than before, and
    /// nothing was done.
    pub(crate) fn replace(
        &mut self,
        file: &str,
        text: Arc<str>,
        registry: &Registry,
    ) -> Option<SourceId> {
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
        self.parsing.insert(source, parsed.diagnostics);
        Some(source)
    }

    /// What is known of the types at a place.
    pub(crate) fn site(
        &self,
        source: SourceId,
        offset: u32,
        registry: &Registry,
        shapes: &Shapes,
    ) -> Option<Site> {
        let surroundings = self.surroundings.as_ref()?;
        let declared = Declared::within(&self.compilation.spec, registry, shapes, surroundings);
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

    /// Resolves and checks what the changed files concern, and calls the hooks.
    pub(crate) fn check(
        &mut self,
        changed: &BTreeSet<SourceId>,
        registry: &Registry,
        shapes: &Shapes,
    ) {
        let Compilation { program, spec, sources, .. } = &mut self.compilation;
        let mut diagnostics = Diagnostics::from(self.reading.clone());
        let mut partial = BTreeSet::new();
        for (source, problems) in &self.parsing {
            if problems.iter().any(|problem| problem.code == YAML_SYNTAX.name) {
                partial.insert(*source);
            }
            diagnostics.extend(problems.iter().cloned());
        }
        diagnostics.extend(run_hooks(registry, "post_parse", |entry, cx| {
            if let Some(hook) = &entry.post_parse {
                hook.post_parse(spec, cx);
            }
        }));

        let manifest = self.manifest.as_ref().and_then(|manifest| manifest.node.as_ref());
        // Types may refer to files of JSON Schemas.
        let schemas_changed = std::mem::take(&mut self.schemas_changed);
        let before = self.surroundings.as_ref().filter(|_| !schemas_changed);
        let earlier = before.map(|surroundings| Earlier { surroundings, changed });
        let profile = self.profile.as_deref();
        let declared = Declared::of(spec, manifest, profile, registry, shapes, earlier);
        let change =
            before.map_or(Change::Everything, |before| before.change_to(declared.surroundings()));
        self.surroundings = Some(declared.surroundings().clone());
        let mut workflows = std::mem::take(&mut program.workflows);
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
        let (checked, whole) = declared.finish(all, summaries);
        let each = self.kept.values().flat_map(|kept| &kept.problems).cloned();
        let reported =
            whole.into_iter().chain(each).filter(|problem| !only_follows(problem, &partial));
        diagnostics.extend(reported);
        *program = checked;
        if program.name.is_empty() {
            program.name = name_of_first_file(spec, sources);
        }
        // Hooks see whole programs only.
        if !diagnostics.has_errors() {
            diagnostics.extend(run_hooks(registry, "post_validate", |entry, cx| {
                if let Some(hook) = &entry.post_validate {
                    hook.post_validate(program, cx);
                }
            }));
        }
        let told: Vec<Diagnostic> =
            diagnostics.into_iter().filter(|problem| !allowed.has(problem)).collect();
        self.compilation.diagnostics = limited(told.into());
    }
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
