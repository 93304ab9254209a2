//! Files to a checked program.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use locus_analysis::{Checked, Declared, Shapes};
use locus_diag::{Diagnostic, Diagnostics, SourceId, Sources};
use locus_model::{Node, Program, Spec};
use locus_plugin::Registry;
use locus_plugin::host::guarded;
use locus_plugin::parser_hook::{Parsed, ParserHookEntry};
use locus_syntax::{DiskWorld, MANIFEST, World};
use rayon::prelude::*;

use crate::incremental::Incremental;

/// A program with everything that was found out about it.
#[derive(Debug)]
pub struct Compilation {
    /// The program, as far as it could be understood; whole if no diagnostic is an error.
    pub program: Program,
    /// Its files as written.
    pub spec: Spec,
    /// Their texts.
    pub sources: Sources,
    /// Every problem of every phase, sorted.
    pub diagnostics: Diagnostics,
    /// The project's folder: what paths in the program are relative to.
    pub root: PathBuf,
    /// The project file as written, if there is one.
    pub manifest: Option<Node>,
    /// The profile that was asked for.
    pub profile: Option<String>,
    /// The plugins as the project wants them.
    pub registry: Registry,
}

/// Compiles a spec file, or the project in a folder. Of its profiles, `dev` holds where it is declared.
#[must_use]
pub fn compile(path: &Path, registry: &Registry) -> Compilation {
    compile_as(path, None, registry)
}

/// Compiles a spec file, or the project in a folder, with this profile.
#[must_use]
pub fn compile_as(path: &Path, profile: Option<&str>, registry: &Registry) -> Compilation {
    let (root, start) = split(path);
    let mut compilation = compile_in_as(&DiskWorld::new(&root), &start, profile, registry);
    compilation.root = root;
    compilation
}

/// Compiles what is at a path of a world. Of its profiles, `dev` holds where it is declared.
#[must_use]
pub fn compile_in(world: &dyn World, start: &str, registry: &Registry) -> Compilation {
    compile_in_as(world, start, None, registry)
}

/// Compiles what is at a path of a world, with this profile.
#[must_use]
pub fn compile_in_as(
    world: &dyn World,
    start: &str,
    profile: Option<&str>,
    registry: &Registry,
) -> Compilation {
    let mut state = Incremental::empty(profile);
    let files = state.read(world, start, registry);
    state.check(&files);
    state.compilation
}

/// Checks a whole program, its workflows in parallel.
pub(crate) fn check_whole(
    spec: &Spec,
    manifest: Option<&Node>,
    profile: Option<&str>,
    registry: &Registry,
    shapes: &Shapes,
) -> (Program, Vec<Diagnostic>) {
    let declared = Declared::of(spec, manifest, profile, registry, shapes, None);
    let checked: Vec<Checked> =
        (0..declared.len()).into_par_iter().map(|index| declared.check(index)).collect();
    let mut problems = Vec::new();
    let mut workflows = Vec::with_capacity(checked.len());
    let mut summaries = Vec::with_capacity(checked.len());
    for checked in checked {
        problems.extend(checked.problems);
        workflows.push(checked.workflow);
        summaries.push(checked.summary);
    }
    let (program, whole) = declared.finish(workflows, &summaries);
    (program, whole.into_iter().chain(problems).collect())
}

/// Whether a problem may only follow from a file that could not be read to its end: what is missing may stand in the rest of it.
pub(crate) fn only_follows(problem: &Diagnostic, partial: &BTreeSet<SourceId>) -> bool {
    // Names that other files may refer to, and what may be missing behind the place where reading stopped.
    const ELSEWHERE: [&str; 4] =
        ["unknown-connection", "unknown-model", "unknown-type", "unknown-workflow"];
    const HERE: [&str; 7] = [
        "empty-block",
        "missing-input",
        "missing-key",
        "missing-step-type",
        "unknown-input",
        "unknown-step",
        "var-not-set",
    ];
    let code = problem.code.as_str();
    let here = problem.primary().is_some_and(|place| partial.contains(&place.source));
    !partial.is_empty() && (ELSEWHERE.contains(&code) || here && HERE.contains(&code))
}

/// The world's root and the path in it: a folder is a root; that of a file is the nearest folder of its path with a manifest, otherwise its own.
pub(crate) fn split(path: &Path) -> (PathBuf, String) {
    let is_folder = DiskWorld::new(path).list("").is_ok();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    match (is_folder, name) {
        (false, Some(name)) => {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            let has_manifest = |folder: &&Path| {
                !folder.as_os_str().is_empty() && DiskWorld::new(folder).read(MANIFEST).is_ok()
            };
            let project = path.ancestors().skip(1).find(has_manifest);
            match project.and_then(|project| Some((project, path.strip_prefix(project).ok()?))) {
                Some((project, inside)) => {
                    let parts = inside.iter().map(|part| part.to_string_lossy());
                    (project.to_owned(), parts.collect::<Vec<_>>().join("/"))
                }
                None => (parent.unwrap_or(Path::new(".")).to_owned(), name),
            }
        }
        _ => (path.to_owned(), String::new()),
    }
}

/// Parses a file with the parser hook that claims it.
pub(crate) fn parse(file: SourceId, sources: &Sources, registry: &Registry) -> Parsed {
    let Some(source) = sources.get(file) else { return Parsed::default() };
    let hook = registry.parser_hook_for(&source.name).or_else(|| fallback(registry));
    let Some(entry) = hook else { return Parsed::default() };
    let doing = format!("the parser hook `{}` on `{}`", entry.meta.name, source.name);
    match guarded(&entry.meta.plugin, &doing, || entry.hook.parse(source)) {
        Ok(parsed) => parsed,
        Err(problem) => Parsed { documents: Vec::new(), diagnostics: vec![problem] },
    }
}

/// A file given by name may be called anything: it is read as YAML then.
fn fallback(registry: &Registry) -> Option<&ParserHookEntry> {
    registry.parser_hook_for(&format!("any{}", locus_syntax::SPEC_SUFFIX))
}

/// `orders` for `shop/orders.locus.yaml`; what was imported comes after the files that were asked for.
pub(crate) fn name_of_first_file(spec: &Spec, sources: &Sources) -> String {
    let first = spec.files.iter().map(|file| file.source).min();
    let name = first.and_then(|source| sources.get(source));
    let name = name.map_or("program", |source| &source.name);
    let name = name.rsplit('/').next().unwrap_or(name);
    name.split('.').next().unwrap_or(name).to_owned()
}

/// Whether a list of problems stops what comes next.
pub(crate) fn has_errors(problems: &[Diagnostic]) -> bool {
    problems.iter().any(Diagnostic::is_error)
}
