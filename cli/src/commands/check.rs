//! `locus check`: the problems of a program.

use locus_diag::render::to_json;
use locus_plugin::Registry;
use serde_json::{Value, json};

use crate::args::{Check, CheckFormat};
use crate::ui::{Failed, Outcome, Ui, foreign};

pub(crate) fn check(args: &Check, registry: &Registry, ui: Ui) -> Outcome {
    let compilation = locus_compiler::compile(&args.spec.spec, registry);
    let failed = compilation.diagnostics.has_errors();
    match args.format {
        CheckFormat::Json => {
            let list: Vec<Value> = compilation
                .diagnostics
                .iter()
                .map(|diagnostic| to_json(diagnostic, &compilation.sources))
                .collect();
            ui.json(&json!({ "ok": !failed, "diagnostics": list }));
        }
        CheckFormat::Text => {
            ui.diagnostics(&compilation.diagnostics, &compilation.sources);
            if !failed {
                let program = &compilation.program;
                let steps: usize =
                    program.workflows.values().map(|workflow| workflow.steps.walk().len()).sum();
                ui.note(format_args!(
                    "{}: {} file(s), {} workflow(s), {steps} step(s), {} model(s), no errors",
                    foreign(&program.name),
                    compilation.spec.files.len(),
                    program.workflows.len(),
                    program.models.len(),
                ));
            }
        }
    }
    if failed { Err(Failed) } else { Ok(()) }
}
