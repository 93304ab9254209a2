//! `graphviz`: a diagram of each workflow, in the language of Graphviz.

use locus_plugin::model::{Block, Program, Step, Workflow};
use locus_plugin::{Doc, GenerateError, Generator, Param, Plan, RenderContext, Unit, Value};
use serde_json::json;

/// Makes one Graphviz file for each workflow, `<workflow>.dot`: a box for each step, an arrow for each way from one to another.
///
/// Steps that stand in a step hang on it by a dotted arrow, those that undo it by a dashed one.
#[derive(Generator)]
#[generator(name = "graphviz", templates("graphviz.dot.tera"))]
pub struct Graphviz {
    /// Where the arrows lead.
    #[param(default = "down")]
    direction: Direction,
    /// Whether the steps' descriptions are shown.
    #[param(default = true)]
    descriptions: bool,
}

/// Where arrows lead.
#[derive(Param, Clone, Copy)]
pub enum Direction {
    /// To the bottom.
    Down,
    /// To the right.
    Right,
}

impl Generator for Graphviz {
    fn plan(&self, program: &Program) -> Result<Plan, GenerateError> {
        let mut plan = Plan::default();
        for (name, workflow) in &program.workflows {
            plan.owned(format!("{name}.dot"), json!(name), Some(workflow.name.span));
        }
        Ok(plan)
    }

    fn render(
        &self,
        unit: &Unit,
        program: &Program,
        cx: &RenderContext<'_>,
    ) -> Result<Doc, GenerateError> {
        let workflow = unit.subject.as_str().and_then(|name| program.workflows.get(name));
        let workflow = workflow.ok_or_else(|| {
            GenerateError::new(format!("`{}` is about no workflow of the program", unit.path))
        })?;
        let text = cx.template("graphviz.dot.tera", self.diagram(workflow))?;
        Ok(Doc { text })
    }
}

impl Graphviz {
    /// What the template shows.
    fn diagram(&self, workflow: &Workflow) -> Value {
        let boxes: Vec<Value> =
            workflow.steps.walk().into_iter().map(|step| self.step_box(step)).collect();
        let mut arrows = Vec::new();
        block_arrows(&workflow.steps, &mut arrows);
        json!({
            "name": workflow.name.value,
            "direction": match self.direction {
                Direction::Down => "TB",
                Direction::Right => "LR",
            },
            "boxes": boxes,
            "arrows": arrows,
        })
    }

    fn step_box(&self, step: &Step) -> Value {
        let mut label = step.name.clone();
        if step.name != step.step_type.value {
            label = format!("{label}\n({})", step.step_type.value);
        }
        if let Some(description) = step.description.as_ref().filter(|_| self.descriptions) {
            label = format!("{label}\n{description}");
        }
        json!({ "id": step.path, "label": label, "decides": !step.slots.is_empty() })
    }
}

/// The arrows of a block and of all blocks in it.
fn block_arrows(block: &Block, arrows: &mut Vec<Value>) {
    if block.graph {
        for step in &block.steps {
            let needed = step
                .needs
                .iter()
                .filter_map(|need| block.steps.iter().find(|other| other.name == need.value));
            arrows.extend(needed.map(|other| arrow(other, step, "", "solid")));
        }
    } else {
        arrows.extend(block.steps.windows(2).map(|pair| arrow(&pair[0], &pair[1], "", "solid")));
    }
    for step in &block.steps {
        for slot in &step.slots {
            let label = slot.segment.as_deref().unwrap_or_default();
            arrows
                .extend(first_steps(&slot.block).map(|first| arrow(step, first, label, "dotted")));
            block_arrows(&slot.block, arrows);
        }
        if let Some(undo) = &step.compensate {
            arrows.extend(first_steps(undo).map(|first| arrow(step, first, "undo", "dashed")));
            block_arrows(undo, arrows);
        }
    }
}

/// The steps a block begins with: the first, or all that need no other.
fn first_steps(block: &Block) -> impl Iterator<Item = &Step> {
    let steps = block.steps.iter().enumerate();
    steps
        .filter(|(index, step)| if block.graph { step.needs.is_empty() } else { *index == 0 })
        .map(|(_, step)| step)
}

fn arrow(from: &Step, to: &Step, label: &str, style: &str) -> Value {
    json!({ "from": from.path, "to": to.path, "label": label, "style": style })
}

#[cfg(test)]
mod tests {
    use locus_plugin::testing::{generate, tree};

    use super::*;

    #[test]
    fn each_workflow_is_a_file_of_boxes_and_arrows() {
        let tree = tree(json!({ "workflows": { "announce": { "steps": [
            { "id": "quote", "race_until": { "deadline": "2s", "branches": {
                "north": [{ "id": "ask", "external_api": {} }],
            } } },
            { "chat_notify": {} },
        ] } } }));
        let files = generate("graphviz", json!({ "direction": "right" }), &tree.program).unwrap();
        let place = files.plan.units[0].origin.unwrap();
        assert_eq!(tree.text(place), "\"announce\"");
        let shown = files.get("announce.dot").unwrap();
        let shown = shown.strip_prefix("{# graphviz.dot.tera #}\n").unwrap();
        let shown: Value = serde_json::from_str(shown).unwrap();
        assert_eq!(
            shown,
            json!({
                "name": "announce",
                "direction": "LR",
                "boxes": [
                    { "id": "announce/quote", "label": "quote\n(race_until)", "decides": true },
                    { "id": "announce/quote/north/ask", "label": "ask\n(external_api)", "decides": false },
                    { "id": "announce/chat_notify", "label": "chat_notify", "decides": false },
                ],
                "arrows": [
                    { "from": "announce/quote", "to": "announce/chat_notify", "label": "", "style": "solid" },
                    { "from": "announce/quote", "to": "announce/quote/north/ask", "label": "north", "style": "dotted" },
                ],
            })
        );
    }

    #[test]
    fn needs_are_the_arrows_of_a_graph() {
        let tree = tree(json!({ "workflows": { "w": { "steps": [
            { "id": "first", "log": {} },
            { "id": "second", "log": {}, "needs": ["first"] },
            { "id": "third", "log": {}, "needs": ["first"] },
        ] } } }));
        let block = &tree.program.workflows["w"].steps;
        let mut arrows = Vec::new();
        block_arrows(block, &mut arrows);
        let ends: Vec<(&Value, &Value)> =
            arrows.iter().map(|arrow| (&arrow["from"], &arrow["to"])).collect();
        assert_eq!(
            ends,
            [(&json!("w/first"), &json!("w/second")), (&json!("w/first"), &json!("w/third"))]
        );
        assert_eq!(first_steps(block).count(), 1);
    }
}
