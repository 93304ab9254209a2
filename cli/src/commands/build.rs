//! `locus build`: the files of the project's targets.

use locus_codegen::{Action, Mode, Report, WriteOptions, write};
use locus_compiler::build_compilation;
use locus_diag::{Diagnostics, did_you_mean};
use locus_model::{Program, Target};
use locus_plugin::Registry;
use serde_json::{Value, json};

use crate::args::Build;
use crate::program::compile;
use crate::ui::{Failed, Outcome, Ui};

pub(crate) fn build(args: &Build, registry: &Registry, ui: Ui) -> Outcome {
    let compilation = compile(&args.spec, registry, ui)?;
    let program = &compilation.program;
    if program.targets.is_empty() {
        return Err(ui.error(
            "there is nothing to build: the project has no targets",
            Some("add `targets:` to its `locus.yaml`, for example `api: { generator: openapi, out: generated/api }`"),
        ));
    }
    let targets = chosen(program, &args.targets, ui)?;
    let built = build_compilation(&compilation, &targets);
    ui.diagnostics(&built.diagnostics, &built.sources);
    if built.diagnostics.has_errors() {
        return Err(Failed);
    }
    let mode = match (args.check, args.diff) {
        (true, _) => Mode::Check,
        (_, true) => Mode::Diff,
        _ => Mode::Write,
    };
    let options = WriteOptions { mode, force: args.force, complete: args.targets.is_empty() };
    let (report, problems) = write(&compilation.root, &built.outputs, &options);
    let problems = Diagnostics::from(problems);
    show(&report, mode, args.json, ui);
    ui.diagnostics(&problems, &compilation.sources);
    if problems.has_errors() { Err(Failed) } else { Ok(()) }
}

/// The targets to build, in the order of the project.
fn chosen<'a>(program: &'a Program, names: &[String], ui: Ui) -> Result<Vec<&'a Target>, Failed> {
    for name in names {
        if !program.targets.contains_key(name) {
            let known = program.targets.keys().map(String::as_str);
            let help = match did_you_mean(name, known.clone()) {
                Some(close) => format!("did you mean `{close}`?"),
                None => format!("the targets are {}", known.collect::<Vec<_>>().join(", ")),
            };
            return Err(ui.error(format_args!("the project has no target `{name}`"), Some(&help)));
        }
    }
    let wanted = |name: &String| names.is_empty() || names.contains(name);
    Ok(program.targets.iter().filter(|(name, _)| wanted(name)).map(|(_, target)| target).collect())
}

fn show(report: &Report, mode: Mode, as_json: bool, ui: Ui) {
    if as_json {
        let files: Vec<Value> = report
            .files
            .iter()
            .map(|file| {
                json!({ "path": file.path, "target": file.target, "action": word(file.action) })
            })
            .collect();
        ui.json(&json!({
            "written": report.written,
            "up_to_date": report.up_to_date(),
            "files": files,
        }));
        return;
    }
    if mode == Mode::Diff {
        ui.raw(&report.diff);
        return;
    }
    // What was not done is not listed; why not, is said elsewhere.
    let is_refused = mode == Mode::Write && !report.written;
    for file in report.changes().filter(|_| !is_refused) {
        ui.result(format_args!("{:9} {}", word(file.action), file.path));
    }
    let changes = report.changes().count();
    ui.note(match (mode, changes) {
        (_, 0) => format!("{} file(s), all up to date", report.files.len()),
        (Mode::Check, _) => format!("{changes} of {} file(s) not up to date", report.files.len()),
        _ if report.written => format!("{changes} of {} file(s) changed", report.files.len()),
        _ => "nothing was written".to_owned(),
    });
}

const fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Remove => "remove",
        Action::Unchanged => "unchanged",
        Action::Keep => "keep",
    }
}
