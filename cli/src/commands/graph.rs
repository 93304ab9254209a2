//! `locus graph`: workflows as diagrams, drawn by the generator that documents them, so that both always look the same.

use indexmap::IndexMap;
use locus_compiler::Compilation;
use locus_diag::{Span, Spanned, did_you_mean};
use locus_model::{Block, Node, NodeKind, Program, Step, Target, Workflow};
use locus_plugin::Registry;
use serde_json::{Value, json};

use crate::args::Graph;
use crate::program::compile;
use crate::ui::{Failed, Outcome, Ui};

/// The generator whose pages hold the diagrams.
const GENERATOR: &str = "workflow_docs";

pub(crate) fn graph(args: &Graph, registry: &Registry, ui: Ui) -> Outcome {
    let compilation = compile(&args.spec, registry, ui)?;
    let workflows = chosen(&compilation.program, args.workflow.as_deref(), ui)?;
    if args.json {
        let list: Vec<Value> = workflows
            .iter()
            .map(|workflow| json!({ "workflow": workflow.name.value, "steps": block_json(&workflow.steps) }))
            .collect();
        ui.json(&Value::Array(list));
        return Ok(());
    }
    for (index, workflow) in workflows.iter().enumerate() {
        if index > 0 {
            ui.result("");
        }
        if workflows.len() > 1 {
            ui.result(format_args!("%% {}", workflow.name.value));
        }
        ui.raw(&diagram(workflow, &compilation, registry, ui)?);
    }
    Ok(())
}

fn chosen<'a>(
    program: &'a Program,
    name: Option<&str>,
    ui: Ui,
) -> Result<Vec<&'a Workflow>, Failed> {
    let Some(name) = name else { return Ok(program.workflows.values().collect()) };
    match program.workflows.get(name) {
        Some(workflow) => Ok(vec![workflow]),
        None => {
            let close = did_you_mean(name, program.workflows.keys().map(String::as_str));
            let help = close.map(|close| format!("did you mean `{close}`?"));
            Err(ui.error(format_args!("the program has no workflow `{name}`"), help.as_deref()))
        }
    }
}

/// The Mermaid text of one workflow: the fenced block of its page.
fn diagram(
    workflow: &Workflow,
    compilation: &Compilation,
    registry: &Registry,
    ui: Ui,
) -> Result<String, Failed> {
    let name = workflow.name.value.clone();
    let program = Program {
        workflows: IndexMap::from([(name, workflow.clone())]),
        ..compilation.program.clone()
    };
    let at = workflow.name.span;
    let (outputs, problems) =
        locus_compiler::build(&program, &[&target(at)], registry, &compilation.sources);
    ui.diagnostics(&problems, &compilation.sources);
    let pages = outputs.iter().flat_map(|output| &output.files);
    let mut diagrams = pages.filter_map(|file| {
        let (_, rest) = file.text.split_once("```mermaid\n")?;
        rest.split_once("```").map(|(diagram, _)| diagram.to_owned())
    });
    diagrams.next().ok_or(Failed)
}

/// A target that is written nowhere.
fn target(at: Span) -> Target {
    Target {
        name: Spanned::new("graph".to_owned(), at),
        generator: Spanned::new(GENERATOR.to_owned(), at),
        out: Spanned::new("graph".to_owned(), at),
        options: Node::new(NodeKind::Mapping(Vec::new()), at),
    }
}

fn block_json(block: &Block) -> Value {
    Value::Array(block.steps.iter().map(step_json).collect())
}

fn step_json(step: &Step) -> Value {
    let blocks: Vec<Value> = step
        .slots
        .iter()
        .map(|slot| json!({ "at": slot.pointer, "name": slot.segment, "steps": block_json(&slot.block) }))
        .collect();
    json!({
        "path": step.path,
        "id": step.step_id,
        "type": step.step_type.value,
        "needs": step.needs.iter().map(|need| &need.value).collect::<Vec<_>>(),
        "blocks": blocks,
        "compensate": step.compensate.as_ref().map(block_json),
    })
}
