//! `locus test`: the tests that a program declares, on a virtual clock.

use std::path::Path;
use std::sync::Arc;

use locus_diag::did_you_mean;
use locus_model::duration::format_duration;
use locus_model::{Program, Test};
use locus_plugin::Registry;
use locus_runtime::testing::{Coverage, TestReport, TestRunner};
use serde_json::{Value, json};

use crate::args::Test as Args;
use crate::program::compile;
use crate::session::{outcome_json, wait_for};
use crate::ui::{Failed, Outcome, Ui, foreign};

pub(crate) fn test(args: &Args, registry: &Arc<Registry>, ui: Ui) -> Outcome {
    let compilation = compile(&args.spec, registry, ui)?;
    let program = Arc::new(compilation.program);
    let tests = chosen(&program, &args.names, ui)?;
    if tests.is_empty() {
        if args.json {
            ui.json(&json!({ "tests": [], "passed": 0, "failed": 0 }));
        } else {
            ui.note("the program has no tests; they stand under `tests:`");
        }
        return Ok(());
    }
    let root = &compilation.root;
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let runner =
        TestRunner::new(Arc::clone(&program), Arc::new(compilation.registry.clone()), root)
            .map_err(|error| ui.error(&error, None))?
            .crashes(!args.no_crashes);
    let reports = wait_for(
        async {
            let mut reports = Vec::with_capacity(tests.len());
            for test in &tests {
                let report = runner.run(test).await;
                if !args.json {
                    show(&report, args.verbose, ui);
                }
                reports.push(report);
            }
            Ok(reports)
        },
        ui,
    )?;
    let coverage = Coverage::of(&program, &reports);
    let failed = reports.iter().filter(|report| !report.passed()).count();
    if args.json {
        ui.json(&json!({
            "tests": reports.iter().map(report_json).collect::<Vec<_>>(),
            "passed": reports.len() - failed,
            "failed": failed,
            "coverage": coverage,
        }));
    } else {
        let plural = if reports.len() == 1 { "test" } else { "tests" };
        ui.result(format_args!(
            "\n{} {plural}: {} passed, {failed} failed",
            reports.len(),
            reports.len() - failed
        ));
        show_coverage(&coverage, ui);
    }
    if failed == 0 { Ok(()) } else { Err(Failed) }
}

/// The tests of these names, or all.
fn chosen<'p>(program: &'p Program, names: &[String], ui: Ui) -> Result<Vec<&'p Test>, Failed> {
    if names.is_empty() {
        return Ok(program.tests.values().collect());
    }
    let find = |name: &String| {
        program.tests.get(name).ok_or_else(|| {
            let known: Vec<&str> = program.tests.keys().map(String::as_str).collect();
            let help = match did_you_mean(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the program has these: {}", known.join(", ")),
            };
            ui.error(format_args!("there is no test `{name}`"), Some(&help))
        })
    };
    names.iter().map(find).collect()
}

fn show(report: &TestReport, verbose: bool, ui: Ui) {
    if report.passed() {
        let crashes = match report.crashes {
            0 => String::new(),
            1 => ", 1 crash survived".to_owned(),
            some => format!(", {some} crashes survived"),
        };
        ui.result(format_args!(
            "ok      {}  ({} {} in {}{crashes})",
            report.name,
            report.steps(),
            if report.steps() == 1 { "step" } else { "steps" },
            format_duration(report.took)
        ));
    } else {
        ui.result(format_args!("FAILED  {}", report.name));
        for failure in &report.failures {
            ui.result(format_args!("  {}", foreign(failure).replace('\n', "\n  ")));
        }
    }
    if verbose || !report.passed() {
        for line in &report.log {
            ui.result(foreign(format_args!("    log {line}")));
        }
    }
}

fn report_json(report: &TestReport) -> Value {
    json!({
        "name": report.name,
        "passed": report.passed(),
        "failures": report.failures,
        "outcome": report.outcome.as_ref().map(|outcome| outcome_json(&report.name, outcome)),
        "steps": report.steps(),
        "took_ms": report.took,
        "records": report.records,
        "crashes": report.crashes,
        "log": report.log,
    })
}

fn show_coverage(coverage: &Coverage, ui: Ui) {
    let [steps, branches] = coverage.totals();
    ui.result(format_args!(
        "coverage: {} of {} steps, {} of {} branches",
        steps.0, steps.1, branches.0, branches.1
    ));
    for (name, workflow) in &coverage.workflows {
        let ran = workflow.steps - workflow.steps_missed.len();
        if ran == 0 && workflow.steps > 0 {
            ui.result(format_args!("  {name}: no test runs it"));
            continue;
        }
        for step in &workflow.steps_missed {
            ui.result(format_args!("  {name}: `{step}` never ran"));
        }
        for branch in &workflow.branches_missed {
            ui.result(format_args!("  {name}: {branch} never taken"));
        }
    }
}
