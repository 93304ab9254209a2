//! The steps of a workflow as a Mermaid flowchart. What a step type does is not known here, only where its inner blocks stand:
//! so every step with blocks is a frame around them, whatever its type.

use locus_plugin::model::{Block, Slot, Step, Workflow};
use serde_json::{Value, json};

/// Longest text of a label.
const LABEL: usize = 60;

/// The lines of a flowchart: each an indentation, and what the template writes there. Texts are not escaped yet.
pub(super) fn flowchart(workflow: &Workflow) -> Vec<Value> {
    let mut chart = Chart::default();
    chart.node("begin", "start", Form::Round);
    let ends = chart.block(&workflow.steps, "begin");
    chart.node("finish", "end", Form::Round);
    for end in ends {
        chart.edge(&end, "finish", "", Stroke::Full);
    }
    let mut lines = chart.nodes;
    lines.extend(chart.edges);
    lines
}

/// How a node is drawn.
#[derive(Clone, Copy)]
enum Form {
    /// Start and end.
    Round,
    /// A step.
    Box,
}

/// How an edge is drawn.
#[derive(Clone, Copy)]
enum Stroke {
    /// What comes next.
    Full,
    /// What comes in another case: a handler, a compensation.
    Dotted,
}

#[derive(Default)]
struct Chart {
    /// Nodes and frames, in order; frames hold what stands between their lines.
    nodes: Vec<Value>,
    /// Edges come last: Mermaid would draw a node into the frame that names it first.
    edges: Vec<Value>,
    depth: usize,
}

impl Chart {
    fn node(&mut self, id: &str, text: &str, form: Form) {
        let form = match form {
            Form::Round => "round",
            Form::Box => "box",
        };
        self.nodes.push(json!({ "line": form, "depth": self.depth, "id": id, "text": cut(text) }));
    }

    fn edge(&mut self, from: &str, to: &str, text: &str, stroke: Stroke) {
        let line = match stroke {
            Stroke::Full => "edge",
            Stroke::Dotted => "dotted",
        };
        self.edges
            .push(json!({ "line": line, "depth": 0, "from": from, "to": to, "text": cut(text) }));
    }

    fn open(&mut self, id: &str, text: &str) {
        self.nodes
            .push(json!({ "line": "open", "depth": self.depth, "id": id, "text": cut(text) }));
        self.depth += 1;
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.nodes.push(json!({ "line": "close", "depth": self.depth }));
    }

    /// Draws the steps of a block behind `before`, and gives those that nothing in the block comes after.
    fn block(&mut self, block: &Block, before: &str) -> Vec<String> {
        for step in &block.steps {
            self.step(step);
        }
        if block.graph { self.graph(block, before) } else { self.sequence(block, before) }
    }

    fn sequence(&mut self, block: &Block, before: &str) -> Vec<String> {
        let mut last = before.to_owned();
        for step in &block.steps {
            let id = id(step);
            self.edge(&last, &id, condition(step), Stroke::Full);
            last = id;
        }
        vec![last]
    }

    fn graph(&mut self, block: &Block, before: &str) -> Vec<String> {
        for step in &block.steps {
            let needed = block.steps.iter().filter(|other| needs(step, other));
            let mut needed: Vec<String> = needed.map(id).collect();
            if needed.is_empty() {
                needed.push(before.to_owned());
            }
            for from in needed {
                self.edge(&from, &id(step), condition(step), Stroke::Full);
            }
        }
        let is_needed = |step: &Step| block.steps.iter().any(|other| needs(other, step));
        let ends: Vec<String> =
            block.steps.iter().filter(|step| !is_needed(step)).map(id).collect();
        if ends.is_empty() { vec![before.to_owned()] } else { ends }
    }

    fn step(&mut self, step: &Step) {
        let (id, ty) = (id(step), &step.step_type.value);
        if step.slots.is_empty() {
            let named = step.name != *ty;
            let text = if named { format!("{} \u{b7} {ty}", step.name) } else { ty.clone() };
            self.node(&id, &text, Form::Box);
        } else {
            self.open(&id, &step.name);
            let entry = format!("{id}_in");
            self.node(&entry, ty, Form::Round);
            for (index, slot) in step.slots.iter().enumerate() {
                self.slot(slot, &format!("{id}_{index}"), &entry);
            }
            self.close();
        }
        if let Some(undo) = &step.compensate {
            let frame = format!("{id}_undo");
            self.frame(&frame, "compensate", undo);
            self.edge(&id, &frame, "undo", Stroke::Dotted);
        }
    }

    fn slot(&mut self, slot: &Slot, frame: &str, entry: &str) {
        let words = words(slot);
        self.frame(frame, &words, &slot.block);
        // Handlers stand under a parameter that says so, whatever the step's type.
        let handles =
            ["catch", "finally"].iter().any(|word| slot.pointer.starts_with(&format!("/{word}")));
        let stroke = if handles { Stroke::Dotted } else { Stroke::Full };
        self.edge(entry, frame, "", stroke);
    }

    /// A block in a frame of its own, with a dot where it begins.
    fn frame(&mut self, frame: &str, text: &str, block: &Block) {
        self.open(frame, text);
        let start = format!("{frame}_at");
        self.nodes.push(json!({ "line": "dot", "depth": self.depth, "id": start, "text": "" }));
        self.block(block, &start);
        self.close();
    }
}

/// A name for a step in the diagram: part of its step id, so that an edit elsewhere does not change it.
fn id(step: &Step) -> String {
    format!("s{}", &step.step_id.to_string()[..12])
}

fn needs(step: &Step, other: &Step) -> bool {
    step.needs.iter().any(|need| need.value == other.name)
}

fn condition(step: &Step) -> &'static str {
    if step.when.is_some() { "when" } else { "" }
}

/// What a block is called: the name it adds to the paths of its steps, with the parameter it stands under.
fn words(slot: &Slot) -> String {
    let parameter = slot.pointer.split('/').nth(1).unwrap_or_default().replace('_', " ");
    match slot.segment.as_deref() {
        Some(segment) if segment == parameter => parameter,
        Some(segment) => format!("{parameter} \u{b7} {segment}"),
        None => parameter,
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LABEL {
        return text.to_owned();
    }
    text.chars().take(LABEL - 1).chain(['\u{2026}']).collect()
}
