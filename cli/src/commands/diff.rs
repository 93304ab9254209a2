//! `locus diff`: two versions of a program compared.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use locus_compiler::{
    Compatibility, Compilation, InterfaceChange, Part, Runs, compatibility, compile, compile_in,
};
use locus_diag::{Sources, Span};
use locus_plugin::Registry;
use locus_syntax::MemoryWorld;
use serde_json::{Value, json};

use crate::args::{Diff, DiffKind};
use crate::ui::{Failed, Outcome, Ui, foreign};

/// What the names of versions in Git begin with.
const GIT: &str = "git:";

pub(crate) fn diff(args: &Diff, registry: &Registry, ui: Ui) -> Outcome {
    let old = version(&args.old, "old", registry, ui)?;
    let new = version(&args.new, "new", registry, ui)?;
    let found = compatibility(&old.program, &new.program, registry);
    if args.json {
        ui.json(&to_json(&found, &old.sources, &new.sources));
    } else {
        show(&found, &old.sources, &new.sources, ui);
    }
    if is_allowed(&found, &args.allow) { Ok(()) } else { Err(Failed) }
}

/// Whether all that is incompatible was allowed.
fn is_allowed(found: &Compatibility, allow: &[DiffKind]) -> bool {
    let runs = found.workflows.iter().all(|verdict| verdict.runs == Runs::Safe);
    let of = |change: &InterfaceChange| match change.of {
        Part::Workflow => DiffKind::Workflow,
        Part::Input => DiffKind::Input,
        Part::Output => DiffKind::Output,
        Part::Trigger => DiffKind::Trigger,
        Part::Model => DiffKind::Model,
        Part::Schema => DiffKind::Schema,
    };
    let breaking = found.interface.iter().filter(|change| change.breaking);
    (runs || allow.contains(&DiffKind::Runs)) && breaking.map(of).all(|kind| allow.contains(&kind))
}

/// Compiles a version; it must have no errors.
fn version(name: &str, which: &str, registry: &Registry, ui: Ui) -> Result<Compilation, Failed> {
    let compilation = match name.strip_prefix(GIT) {
        Some(version) => in_git(version, registry, ui)?,
        None => compile(Path::new(name), registry),
    };
    if compilation.diagnostics.has_errors() {
        ui.diagnostics(&compilation.diagnostics, &compilation.sources);
        return Err(ui.error(
            format_args!("the {which} version, `{name}`, has errors"),
            Some("only programs without errors can be compared"),
        ));
    }
    Ok(compilation)
}

/// Compiles `REV` or `REV:PATH` as Git has it, where the path is relative to the current folder.
fn in_git(version: &str, registry: &Registry, ui: Ui) -> Result<Compilation, Failed> {
    let (rev, path) = version.split_once(':').unwrap_or((version, "."));
    let failed = |why: String| {
        ui.error(
            format_args!("`{GIT}{version}` cannot be read from Git: {why}"),
            Some("a version is `git:REV` or `git:REV:PATH`, with a path from the current folder"),
        )
    };
    if rev.is_empty() || rev.starts_with('-') {
        return Err(failed(format!("`{rev}` is no revision")));
    }
    let prefix = git(&["rev-parse", "--show-prefix"], b"").map_err(failed)?;
    let prefix = String::from_utf8_lossy(&prefix).trim_end_matches('\n').to_owned();
    let path = locus_syntax::world::normalize(&format!("{prefix}{path}"))
        .map_err(|error| failed(error.to_string()))?;
    let of = if path.is_empty() { "." } else { path.as_str() };
    let listed = git(&["ls-tree", "-r", "-z", "--full-tree", "--name-only", rev, "--", of], b"")
        .map_err(failed)?;
    let names: Vec<String> = listed
        .split(|byte| *byte == 0)
        .filter_map(|name| String::from_utf8(name.to_vec()).ok())
        .filter(|name| !name.is_empty())
        .collect();
    let is_file = names.len() == 1 && names[0] == path;
    // What is beside a single file counts: its manifest.
    let folder =
        if is_file { path.rsplit_once('/').map_or("", |(folder, _)| folder) } else { &path };
    let manifest = join(folder, locus_syntax::MANIFEST);
    let mut wanted: Vec<String> =
        names.into_iter().filter(|name| is_read(name, registry) || is_file).collect();
    if is_file {
        wanted.push(manifest);
    }
    let files = contents(rev, &wanted).map_err(failed)?;
    let inside = files.into_iter().map(|(name, bytes)| {
        let inner = name.strip_prefix(folder).unwrap_or(&name).trim_start_matches('/').to_owned();
        (inner, bytes)
    });
    let start = if is_file { path.rsplit('/').next().unwrap_or(&path) } else { "" };
    Ok(compile_in(&MemoryWorld::new(inside), start, registry))
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Whether the compiler would look at a file of this name.
fn is_read(path: &str, registry: &Registry) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == locus_syntax::MANIFEST
        || name == ".gitignore"
        || registry.parser_hook_for(name).is_some()
}

/// The bytes of files in a revision; those that are not there are left out.
fn contents(rev: &str, names: &[String]) -> Result<Vec<(String, Vec<u8>)>, String> {
    // A line is a name: one with a line end in it cannot be asked for.
    let names: Vec<&String> = names.iter().filter(|name| !name.contains('\n')).collect();
    let asked: String = names.iter().map(|name| format!("{rev}:{name}\n")).collect();
    let answer = git(&["cat-file", "--batch"], asked.as_bytes())?;
    let (mut rest, mut files) = (answer.as_slice(), Vec::new());
    for name in names {
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or("Git broke off")?;
        let (head, body) = (String::from_utf8_lossy(&rest[..end]).into_owned(), &rest[end + 1..]);
        let size = head.rsplit_once(" blob ").and_then(|(_, size)| size.parse::<usize>().ok());
        match size {
            Some(size) if body.len() > size => {
                files.push((name.clone(), body[..size].to_vec()));
                rest = &body[size + 1..];
            }
            // `… missing`, or something that is no file.
            _ => rest = body,
        }
    }
    Ok(files)
}

/// What a Git command prints.
fn git(args: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
    let mut child = Command::new("git")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("the program `git` cannot be started: {error}"))?;
    let stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // Beside reading: it answers before it has read all.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
        child.wait_with_output()
    })
    .map_err(|error| error.to_string())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(said
            .lines()
            .next()
            .unwrap_or("it failed")
            .trim_start_matches("fatal: ")
            .to_owned());
    }
    Ok(output.stdout)
}

fn show(found: &Compatibility, old: &Sources, new: &Sources, ui: Ui) {
    for verdict in &found.workflows {
        let name = foreign(&verdict.workflow);
        match &verdict.runs {
            Runs::Safe => ui.result(format_args!("{name}: safe")),
            Runs::Impossible { reason } => {
                ui.result(format_args!("{name}: impossible"));
                ui.result(format_args!("  {}", foreign(reason)));
            }
            Runs::OnlyIf { points } => {
                ui.result(format_args!("{name}: only if not yet past a changed step"));
                for point in points {
                    ui.result(format_args!(
                        "  not yet past `{}`: {}{}",
                        foreign(&point.before),
                        foreign(&point.reason),
                        places(point.old, point.new, old, new)
                    ));
                }
            }
        }
    }
    for change in &found.interface {
        let kind = if change.breaking { "incompatible" } else { "compatible" };
        ui.result(format_args!(
            "{kind}: {} `{}` {}{}",
            word(change.of),
            foreign(&change.name),
            foreign(&change.what),
            places(change.old, change.new, old, new)
        ));
    }
}

const fn word(part: Part) -> &'static str {
    match part {
        Part::Workflow => "workflow",
        Part::Input => "input",
        Part::Output => "output",
        Part::Trigger => "trigger",
        Part::Model => "model",
        Part::Schema => "schema",
    }
}

fn places(old: Option<Span>, new: Option<Span>, before: &Sources, now: &Sources) -> String {
    let place = |span: Option<Span>, sources: &Sources| {
        let span = span?;
        let source = sources.get(span.source)?;
        Some(format!("{}:{}", foreign(&source.name), source.line_column(span.start as usize).0))
    };
    match (place(old, before), place(new, now)) {
        (Some(old), Some(new)) => format!(" ({old} → {new})"),
        (Some(old), None) => format!(" (was at {old})"),
        (None, Some(new)) => format!(" ({new})"),
        (None, None) => String::new(),
    }
}

fn to_json(found: &Compatibility, old: &Sources, new: &Sources) -> Value {
    let place = |span: Option<Span>, sources: &Sources| {
        let span = span?;
        let source = sources.get(span.source)?;
        let (line, column) = source.line_column(span.start as usize);
        Some(json!({ "file": &*source.name, "line": line, "column": column }))
    };
    let workflows = found.workflows.iter().map(|verdict| {
        let mut value = serde_json::to_value(verdict).unwrap_or_default();
        if let Runs::OnlyIf { points } = &verdict.runs {
            for (index, point) in points.iter().enumerate() {
                value["runs"]["points"][index]["old"] = json!(place(point.old, old));
                value["runs"]["points"][index]["new"] = json!(place(point.new, new));
            }
        }
        value
    });
    let interface = found.interface.iter().map(|change| {
        let mut value = serde_json::to_value(change).unwrap_or_default();
        value["old"] = json!(place(change.old, old));
        value["new"] = json!(place(change.new, new));
        value
    });
    json!({
        "compatible": found.is_complete(),
        "workflows": workflows.collect::<Vec<_>>(),
        "interface": interface.collect::<Vec<_>>(),
    })
}
