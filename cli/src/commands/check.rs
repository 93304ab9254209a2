//! `locus check`: the problems of a program; with `--fix`, those that are left when the others are mended.

use std::sync::Arc;

use locus_compiler::{Applied, Compilation, Fixed, Workspace};
use locus_diag::render::{to_json, to_sarif};
use locus_diag::{Diagnostic, Diagnostics, Severity, catalogue, did_you_mean};
use locus_plugin::Registry;
use locus_syntax::{DiskWorld, World};
use serde_json::{Value, json};

use crate::args::{Check, CheckFormat, OVER_BUDGET};
use crate::replace::replace;
use crate::ui::{Failed, Outcome, Ui, foreign};

/// The word for all warnings.
const WARNINGS: &str = "warnings";

pub(crate) fn check(args: &Check, registry: Arc<Registry>, ui: Ui) -> Outcome {
    known_codes(args, ui)?;
    if args.fix {
        return fix(args, registry, ui);
    }
    let compilation =
        locus_compiler::compile_as(&args.spec.spec, args.spec.profile.as_deref(), &registry);
    let problems = levelled(&compilation.diagnostics, args);
    show(args, &compilation, &problems, None, ui);
    if problems.has_errors() { Err(Failed) } else { Ok(()) }
}

/// Mends what can be mended without asking, and shows what is left.
fn fix(args: &Check, registry: Arc<Registry>, ui: Ui) -> Outcome {
    let mut workspace = Workspace::open(&args.spec.spec, registry);
    let fixed = locus_compiler::fix(&mut workspace);
    let compilation = workspace.compilation();
    let problems = levelled(&compilation.diagnostics, args);
    let writes = !args.dry_run && !args.diff;
    if writes {
        write(&fixed, compilation, ui)?;
    }
    if args.diff {
        for (name, (before, after)) in &fixed.files {
            let diff = similar::TextDiff::from_lines(&**before, &**after);
            let (old, new) = (format!("a/{name}"), format!("b/{name}"));
            ui.raw(&foreign(diff.unified_diff().header(&old, &new)));
        }
    }
    show(args, compilation, &problems, Some(&fixed), ui);
    let would_change = !writes && !fixed.files.is_empty();
    if problems.has_errors() || would_change { Err(Failed) } else { Ok(()) }
}

/// Writes the mended files: all of them, or none if one was changed by others meanwhile.
fn write(fixed: &Fixed, compilation: &Compilation, ui: Ui) -> Outcome {
    let world = DiskWorld::new(&compilation.root);
    for (name, (before, _)) in &fixed.files {
        if world.read(name).as_deref() != Ok(&**before) {
            return Err(ui.error(
                format_args!("`{name}` was changed by others while it was checked"),
                Some("nothing was written; try again"),
            ));
        }
    }
    let mut written = Vec::new();
    for (name, (_, after)) in &fixed.files {
        if let Err(error) = replace(&compilation.root.join(name), after) {
            let help = match written.as_slice() {
                [] => "nothing was written".to_owned(),
                files => format!("written before that: {}", files.join(", ")),
            };
            return Err(ui.error(format_args!("`{name}` cannot be written: {error}"), Some(&help)));
        }
        written.push(name.clone());
    }
    Ok(())
}

fn show(
    args: &Check,
    compilation: &Compilation,
    problems: &Diagnostics,
    fixed: Option<&Fixed>,
    ui: Ui,
) {
    match args.format {
        CheckFormat::Json => {
            let list: Vec<Value> =
                problems.iter().map(|problem| to_json(problem, &compilation.sources)).collect();
            let mut report = json!({ "ok": !problems.has_errors(), "diagnostics": list });
            if let Some(fixed) = fixed {
                report["fixed"] = fixed.applied.iter().map(applied_json).collect();
                report["taken_back"] = fixed.taken_back.iter().map(applied_json).collect();
                report["written"] = json!(!args.dry_run && !args.diff);
            }
            // The diff is what standard output is for then.
            if !args.diff {
                ui.json(&report);
            }
        }
        CheckFormat::Sarif => {
            let log = to_sarif(problems, &compilation.sources, env!("CARGO_PKG_VERSION"));
            if !args.diff {
                ui.json(&log);
            }
        }
        CheckFormat::Text => {
            ui.diagnostics(problems, &compilation.sources);
            if let Some(fixed) = fixed {
                fixes(fixed, args, ui);
            }
            if !problems.has_errors() {
                summary(compilation, ui);
            }
        }
    }
}

fn summary(compilation: &Compilation, ui: Ui) {
    let program = &compilation.program;
    let steps: usize = program.workflows.values().map(|workflow| workflow.steps.walk().len()).sum();
    ui.note(format_args!(
        "{}: {} file(s), {} workflow(s), {steps} step(s), {} model(s), no errors",
        foreign(&program.name),
        compilation.spec.files.len(),
        program.workflows.len(),
        program.models.len(),
    ));
}

/// What was fixed, and what was tried in vain.
fn fixes(fixed: &Fixed, args: &Check, ui: Ui) {
    let line = |applied: &Applied| {
        foreign(format_args!("  {}:{}: {}", applied.file, applied.line, applied.title))
    };
    fixed.applied.iter().for_each(|applied| ui.note(line(applied)));
    let verb = if args.dry_run || args.diff { "would be fixed" } else { "fixed" };
    ui.note(format_args!(
        "{} problem(s) {verb} in {} file(s)",
        fixed.applied.len(),
        fixed.files.len()
    ));
    for applied in &fixed.taken_back {
        ui.note(format_args!("{}: it would bring another error", line(applied)));
    }
    if !fixed.taken_back.is_empty() {
        ui.note(format_args!("{} problem(s) left for you to mend", fixed.taken_back.len()));
    }
}

fn applied_json(applied: &Applied) -> Value {
    json!({
        "file": applied.file,
        "line": applied.line,
        "code": applied.code,
        "message": applied.message,
        "title": applied.title,
    })
}

/// Problems as `--deny` and `--allow` want them told.
fn levelled(diagnostics: &Diagnostics, args: &Check) -> Diagnostics {
    let names = |list: &[String], code: &str| list.iter().any(|name| name == code);
    let mut all = Diagnostics::default();
    for problem in diagnostics {
        let denied = names(&args.deny, &problem.code)
            || (problem.severity == Severity::Warning && names(&args.deny, WARNINGS));
        if denied {
            all.push(Diagnostic { severity: Severity::Error, ..problem.clone() });
        } else if problem.is_error() || !names(&args.allow, &problem.code) {
            all.push(problem.clone());
        }
    }
    all.sort();
    all
}

/// A code that nobody has would silently do nothing. Those of plugins are not listed anywhere.
fn known_codes(args: &Check, ui: Ui) -> Outcome {
    let codes = catalogue();
    let known = |name: &str| name.contains('/') || codes.iter().any(|code| code.name == name);
    let denied = args.deny.iter().filter(|name| *name != WARNINGS && *name != OVER_BUDGET);
    match denied.chain(&args.allow).find(|name| !known(name)) {
        None => Ok(()),
        Some(name) => {
            let help = match did_you_mean(name, codes.iter().map(|code| code.name)) {
                Some(close) => format!("did you mean `{close}`?"),
                None => "`locus explain` lists all codes".to_owned(),
            };
            Err(ui.error(format_args!("there is no code `{name}`"), Some(&help)))
        }
    }
}
