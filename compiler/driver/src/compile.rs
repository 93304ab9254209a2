//! Files to a checked program.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use locus_analysis::check;
use locus_diag::{Diagnostic, Diagnostics, SourceId, Sources};
use locus_model::{Node, Program, Spec, SpecFile};
use locus_plugin::host::guarded;
use locus_plugin::parser_hook::{Parsed, ParserHookEntry};
use locus_plugin::{Point, Registry};
use locus_syntax::codes::YAML_SYNTAX;
use locus_syntax::{DiskWorld, World, discover};
use rayon::prelude::*;

use crate::hooks::{self, Hooked};
use crate::limit::limited;

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
    /// The plugins as the project wants them.
    pub registry: Registry,
}

/// Compiles a spec file, or the project in a folder.
#[must_use]
pub fn compile(path: &Path, registry: &Registry) -> Compilation {
    let (root, start) = split(path);
    let mut compilation = compile_in(&DiskWorld::new(&root), &start, registry);
    compilation.root = root;
    compilation
}

/// Compiles what is at a path of a world.
#[must_use]
pub fn compile_in(world: &dyn World, start: &str, registry: &Registry) -> Compilation {
    let suffixes: Vec<&str> = registry
        .parser_hooks()
        .flat_map(|entry| entry.meta.suffixes.iter().map(String::as_str))
        .collect();
    let (project, problems) = discover(world, start, &suffixes);
    let mut diagnostics = Diagnostics::from(problems);
    let manifest = project.manifest.and_then(|manifest| manifest.node);
    let (project_registry, problems) = for_project(manifest.as_ref(), registry);
    diagnostics.extend(problems);
    let registry = &project_registry;
    diagnostics.extend(hooks::pre_parse(&project.files, &project.sources, registry));

    let parsed: Vec<(SourceId, Parsed)> = project
        .files
        .par_iter()
        .map(|file| (*file, parse(*file, &project.sources, registry)))
        .collect();
    let mut spec = Spec::default();
    let mut partial = BTreeSet::new();
    for (source, parsed) in parsed {
        if parsed.diagnostics.iter().any(|problem| problem.code == YAML_SYNTAX.name) {
            partial.insert(source);
        }
        diagnostics.extend(parsed.diagnostics);
        spec.files.push(SpecFile { source, documents: parsed.documents });
    }
    let name = name_of_first_file(&spec, &project.sources);
    let mut hooked = Hooked::new(spec, project.sources, registry);
    hooked.written();
    let checked = |spec: &Spec| {
        let (mut program, problems) = check(spec, manifest.as_ref(), registry);
        if program.name.is_empty() {
            program.name = name.clone();
        }
        let reported = problems.into_iter().filter(|problem| !only_follows(problem, &partial));
        (program, reported.collect())
    };
    let (mut program, mut problems) = hooked.check(&checked);
    // Hooks see whole programs only.
    if !diagnostics.has_errors() && !has_errors(&problems) && !has_errors(&hooked.problems) {
        let point = Point::PostValidate;
        (program, problems) =
            hooked.checked(point, program, problems, &checked, |entry, program, cx| {
                if let Some(hook) = &entry.post_validate {
                    hook.post_validate(program, cx);
                }
            });
    }
    let Hooked { draft, problems: told, .. } = hooked;
    diagnostics.extend(problems.into_iter().chain(told).map(|problem| draft.blame(problem)));
    Compilation {
        program,
        spec: draft.spec,
        sources: draft.sources,
        diagnostics: limited(diagnostics),
        root: PathBuf::new(),
        manifest,
        registry: project_registry,
    }
}

/// The plugins as a project file wants them. Where they do not fit together any longer, all are used.
fn for_project(manifest: Option<&Node>, registry: &Registry) -> (Registry, Vec<Diagnostic>) {
    let uses = locus_analysis::plugin_uses(manifest, registry);
    registry
        .for_project(&uses)
        .map_or_else(|problems| (registry.clone(), problems), |registry| (registry, Vec::new()))
}

/// Whether a problem may only follow from a file that could not be read to its end: what is missing may stand in the rest of it.
fn only_follows(problem: &Diagnostic, partial: &BTreeSet<SourceId>) -> bool {
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

/// The world's root and the path in it: a folder is a root, a file lies in one.
fn split(path: &Path) -> (PathBuf, String) {
    let is_folder = DiskWorld::new(path).list("").is_ok();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    match (is_folder, name) {
        (false, Some(name)) => {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            (parent.unwrap_or(Path::new(".")).to_owned(), name)
        }
        _ => (path.to_owned(), String::new()),
    }
}

fn parse(file: SourceId, sources: &Sources, registry: &Registry) -> Parsed {
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

/// `orders` for `shop/orders.locus.yaml`.
fn name_of_first_file(spec: &Spec, sources: &Sources) -> String {
    let name = spec.files.first().and_then(|file| sources.get(file.source));
    let name = name.map_or("program", |source| &source.name);
    let name = name.rsplit('/').next().unwrap_or(name);
    name.split('.').next().unwrap_or(name).to_owned()
}

/// Whether a list of problems stops what comes next.
pub(crate) fn has_errors(problems: &[Diagnostic]) -> bool {
    problems.iter().any(Diagnostic::is_error)
}
