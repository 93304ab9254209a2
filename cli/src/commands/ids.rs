//! `locus ids`: every step with its path and id.

use locus_plugin::Registry;
use serde_json::{Value, json};

use crate::args::Ids;
use crate::program::compile;
use crate::ui::{Outcome, Ui};

pub(crate) fn ids(args: &Ids, registry: &Registry, ui: Ui) -> Outcome {
    let compilation = compile(&args.spec, registry, ui)?;
    let steps = compilation.program.workflows.values().flat_map(|workflow| workflow.steps.walk());
    if args.json {
        let list: Vec<Value> = steps
            .map(|step| {
                let span = step.span;
                let place = compilation.sources.get(span.source).map_or_else(
                    || json!({ "start": span.start, "end": span.end }),
                    |source| {
                        let (line, column) = source.line_column(span.start as usize);
                        json!({
                            "file": &*source.name,
                            "start": span.start,
                            "end": span.end,
                            "line": line,
                            "column": column,
                        })
                    },
                );
                json!({
                    "path": step.path,
                    "id": step.step_id,
                    "type": step.step_type.value,
                    "span": place,
                })
            })
            .collect();
        ui.json(&Value::Array(list));
    } else {
        for step in steps {
            ui.result(format_args!("{}  {:18} {}", step.step_id, step.step_type.value, step.path));
        }
    }
    Ok(())
}
