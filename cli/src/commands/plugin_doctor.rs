//! `locus plugin doctor`: whether plugins are well: what their hooks cost, beside what they cost before; the audit log; what they keep.
//! And the table of `--timings`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use locus_plugin::Registry;
use locus_plugin::host::PluginHost;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::audit;
use crate::plugin_host::{Desk, FOLDER, Measured, Total, replace};
use crate::ui::{Failed, Outcome, Ui};

/// How often the project is compiled; the median counts.
const ROUNDS: usize = 7;

/// A hook is slower than before when it takes half as long again, and two milliseconds more.
const RATIO: f64 = 1.5;
const NANOS: u64 = 2_000_000;

/// Median nanoseconds of all calls of one compilation, by plugin, set and point.
#[derive(Default, Serialize, Deserialize)]
struct Baseline {
    hooks: BTreeMap<String, u64>,
}

pub(crate) fn doctor(
    registry: &Registry,
    desk: &Desk,
    project: &Path,
    record: bool,
    as_json: bool,
    ui: Ui,
) -> Outcome {
    let (medians, root) = measure(registry, desk, project);
    let folder = root.join(FOLDER);
    let path = folder.join("baseline.json");
    if record {
        let text = serde_json::to_string_pretty(&Baseline { hooks: medians }).unwrap_or_default();
        replace(&path, &(text + "\n")).map_err(|error| {
            ui.error(format_args!("cannot write `{}`: {error}", path.display()), None)
        })?;
        ui.note(format_args!("recorded in {}", path.display()));
        return Ok(());
    }
    let mut findings = Vec::new();
    match fs::read_to_string(&path) {
        Ok(text) => match serde_json::from_str::<Baseline>(&text) {
            Ok(baseline) => findings.extend(slower(&baseline, &medians)),
            Err(error) => findings.push(format!("the baseline cannot be read: {error}")),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            ui.note("there is no baseline: `locus plugin doctor --record` writes one");
        }
        Err(error) => findings.push(format!("the baseline cannot be read: {error}")),
    }
    for ((plugin, hooks, point), total) in desk.totals() {
        if total.over_budget > 0 {
            let longest = total.longest / 1_000_000;
            findings.push(format!(
                "{plugin}/{hooks} at {point}: {} of {} calls took longer than {} ms; the longest {longest} ms (a linked plugin cannot be stopped)",
                total.over_budget, total.calls, total.budget
            ));
        }
        if total.panics > 0 {
            findings.push(format!("{plugin}/{hooks} at {point}: panicked {} times", total.panics));
        }
    }
    match audit::lines(&folder.join("audit.jsonl")) {
        Ok(lines) => {
            if let Err((line, why)) = audit::verify(&lines) {
                findings.push(format!("line {line} of the audit log: {why}"));
            }
        }
        Err(error) => findings.push(format!("the audit log cannot be read: {error}")),
    }
    for meta in registry.plugins() {
        if let Err(error) = desk.load_state(&meta.id) {
            findings.push(error.message);
        }
    }
    if as_json {
        ui.json(&json!({ "nanoseconds": medians, "findings": findings }));
    } else {
        for (hook, nanos) in &medians {
            ui.result(format_args!("{:>10.3} ms  {hook}", *nanos as f64 / 1e6));
        }
        for finding in &findings {
            ui.result(format_args!("{}: {finding}", ui.paint("warning", "33")));
        }
        if findings.is_empty() {
            ui.note("plugins are well");
        }
    }
    if findings.is_empty() { Ok(()) } else { Err(Failed) }
}

fn measure(
    registry: &Registry,
    desk: &Desk,
    project: &Path,
) -> (BTreeMap<String, u64>, std::path::PathBuf) {
    let mut rounds: BTreeMap<Measured, Vec<u64>> = BTreeMap::new();
    let mut root = project.to_owned();
    for _ in 0..ROUNDS {
        desk.forget();
        root = locus_compiler::compile(project, registry).root;
        for (hook, total) in desk.totals() {
            rounds.entry(hook).or_default().push(total.nanos);
        }
    }
    let medians = rounds.into_iter().map(|((plugin, hooks, point), mut times)| {
        times.sort_unstable();
        (format!("{plugin}/{hooks} at {point}"), times[times.len() / 2])
    });
    (medians.collect(), root)
}

fn slower(baseline: &Baseline, now: &BTreeMap<String, u64>) -> Vec<String> {
    let slow = now.iter().filter_map(|(hook, nanos)| {
        let before = *baseline.hooks.get(hook)?;
        let is_slower = *nanos as f64 > before as f64 * RATIO && *nanos > before + NANOS;
        is_slower.then(|| {
            let (before, now) = (before as f64 / 1e6, *nanos as f64 / 1e6);
            format!("{hook}: {now:.1} ms, where it took {before:.1} ms")
        })
    });
    slow.collect()
}

/// Prints what hooks cost, the dearest first.
pub(crate) fn timings(desk: &Desk, as_json: bool, ui: Ui) {
    let mut totals: Vec<(Measured, Total)> = desk.totals().into_iter().collect();
    totals.sort_by(|(a, one), (b, other)| other.nanos.cmp(&one.nanos).then_with(|| a.cmp(b)));
    if as_json {
        let all = totals.iter().map(|((plugin, hooks, point), total)| {
            json!({
                "plugin": plugin, "hooks": hooks, "point": point,
                "calls": total.calls, "nanoseconds": total.nanos, "longest": total.longest,
                "allocated": total.allocated, "output": total.output,
                "problems": total.problems, "panics": total.panics,
                "over_budget": total.over_budget,
            })
        });
        ui.note(Value::Array(all.collect()));
        return;
    }
    if totals.is_empty() {
        ui.note("no hook was called");
        return;
    }
    ui.note("     calls    total ms  longest ms   allocated      output  hook");
    for ((plugin, hooks, point), total) in totals {
        let over = if total.over_budget > 0 { "  over budget" } else { "" };
        ui.note(format_args!(
            "{:10} {:>11.3} {:>11.3} {:>11} {:>11}  {plugin}/{hooks} at {point}{over}",
            total.calls,
            total.nanos as f64 / 1e6,
            total.longest as f64 / 1e6,
            total.allocated,
            total.output,
        ));
    }
}

/// Fails when a hook took longer than it may.
pub(crate) fn deny_over_budget(desk: &Desk, ui: Ui) -> Outcome {
    let mut outcome = Ok(());
    for ((plugin, hooks, point), total) in desk.totals() {
        if total.over_budget > 0 {
            outcome = Err(ui.error(
                format_args!(
                    "the plugin `{plugin}` took {} ms in `{hooks}` at `{point}`, more than the {} ms it may take",
                    total.longest / 1_000_000,
                    total.budget
                ),
                Some("a linked plugin cannot be stopped: report it to its author, or disable it"),
            ));
        }
    }
    outcome
}
