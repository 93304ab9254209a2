//! A program from JSON, in the form of a spec, where every key and value has its place in a text that can be shown.

use indexmap::IndexMap;
use locus_diag::{Diagnostic, Source, SourceId, Span, Spanned};
use locus_model::duration::parse_duration;
use locus_model::{
    Block, Effect, Entry, Node, NodeKind, Program, Slot, Spec, SpecFile, Step, StepId, StepPath,
    Text, Workflow,
};
use serde_json::Value;

use super::linked;
use crate::hooks::ParsedFile;
use crate::registry::Registry;
use crate::schema;

/// A program made for a test, with the text that its places lie in.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The text: the JSON, indented.
    pub source: Source,
    /// The files of the program as written: one.
    pub spec: Spec,
    /// The program. It is not checked: what a test does not write is not there, and nothing is refused.
    pub program: Program,
}

/// A program from JSON that is written as a spec would be: `{ "workflows": { "shop": { "steps": [{ "id": "pay", "log": { … } }] } } }`.
///
/// Workflows, their steps and inner blocks are made; a step type that is linked says which of its parameters are blocks, any other is taken for an
/// action without effects. What programs have besides (models, connections, targets) is plain data: put it into [`Tree::program`].
#[must_use]
#[track_caller]
pub fn tree(spec: Value) -> Tree {
    let mut writer = Writer { id: SourceId(0), text: String::new() };
    let root = writer.node(&spec, 0);
    let source = Source { id: writer.id, name: "test.locus.json".into(), text: writer.text.into() };
    let registry = linked();
    let mut program = Program { name: "test".to_owned(), ..Program::default() };
    for entry in root.get("workflows").and_then(Node::as_mapping).unwrap_or_default() {
        let workflow = workflow(entry, &registry);
        program.workflows.insert(workflow.name.value.clone(), workflow);
    }
    let spec = Spec {
        files: vec![SpecFile { source: source.id, documents: vec![root] }],
        ..Spec::default()
    };
    Tree { source, spec, program }
}

impl Tree {
    /// The file as its front end would have read it.
    #[must_use]
    pub fn file(&self) -> ParsedFile<'_> {
        ParsedFile {
            name: &self.source.name,
            source: self.source.id,
            documents: &self.spec.files[0].documents,
        }
    }

    /// The text at a place.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.source.text.get(span.range()).unwrap_or_default()
    }

    /// Problems as lines: `code: message, at the text that is pointed at`.
    #[must_use]
    pub fn told(&self, problems: &[Diagnostic]) -> Vec<String> {
        let line = |problem: &Diagnostic| match problem.primary() {
            Some(span) => format!("{}: {}, at {}", problem.code, problem.message, self.text(span)),
            None => format!("{}: {}", problem.code, problem.message),
        };
        problems.iter().map(line).collect()
    }
}

/// Writes JSON, and notes where everything stands.
struct Writer {
    id: SourceId,
    text: String,
}

impl Writer {
    fn node(&mut self, value: &Value, depth: usize) -> Node {
        let start = self.text.len();
        let kind = match value {
            Value::Null => NodeKind::Null,
            Value::Bool(truth) => NodeKind::Bool(*truth),
            Value::Number(number) => NodeKind::Number(number.clone()),
            Value::String(text) => {
                let at = u32::try_from(start + 1).unwrap_or(u32::MAX);
                NodeKind::String(Text::verbatim(text.clone(), at, false))
            }
            Value::Array(items) => {
                self.text.push('[');
                let items = items.iter().enumerate().map(|(index, item)| {
                    self.line(index, depth + 1);
                    self.node(item, depth + 1)
                });
                let items = items.collect();
                self.line(0, depth);
                self.text.push(']');
                NodeKind::Sequence(items)
            }
            Value::Object(map) => {
                self.text.push('{');
                let entries = map.iter().enumerate().map(|(index, (key, value))| {
                    self.line(index, depth + 1);
                    let start = self.text.len();
                    self.text += &Value::String(key.clone()).to_string();
                    let key = Spanned::new(key.clone(), self.span(start));
                    self.text += ": ";
                    Entry { key, value: self.node(value, depth + 1) }
                });
                let entries = entries.collect();
                self.line(0, depth);
                self.text.push('}');
                NodeKind::Mapping(entries)
            }
        };
        if !value.is_object() && !value.is_array() {
            self.text += &value.to_string();
        }
        Node::new(kind, self.span(start))
    }

    fn line(&mut self, index: usize, depth: usize) {
        if index > 0 {
            self.text.push(',');
        }
        self.text.push('\n');
        self.text += &"  ".repeat(depth);
    }

    fn span(&self, start: usize) -> Span {
        Span::new(self.id, start..self.text.len())
    }
}

fn workflow(entry: &Entry, registry: &Registry) -> Workflow {
    let path = StepPath::workflow(&entry.key.value);
    Workflow {
        name: entry.key.clone(),
        description: text(&entry.value, "description"),
        input: IndexMap::new(),
        output: entry.value.get("output").cloned(),
        triggers: Vec::new(),
        timeout: millis(&entry.value, "timeout"),
        concurrency: None,
        steps: entry
            .value
            .get("steps")
            .map(|steps| block(steps, &path, registry))
            .unwrap_or_default(),
        span: entry.value.span,
    }
}

fn block(steps: &Node, above: &StepPath, registry: &Registry) -> Block {
    let steps = steps.as_sequence().unwrap_or_default().iter();
    let steps: Vec<Step> = steps.map(|node| step(node, above, registry)).collect();
    Block { graph: steps.iter().any(|step| !step.needs.is_empty()), steps }
}

/// The keys of a step that are not its type.
const KEYS: [&str; 9] = [
    "id",
    "description",
    "when",
    "retry",
    "timeout",
    "compensate",
    "output",
    "needs",
    "idempotency_key",
];

#[track_caller]
fn step(node: &Node, above: &StepPath, registry: &Registry) -> Step {
    let entries = node.as_mapping().unwrap_or_default().iter();
    let is_type = |key: &str| !KEYS.contains(&key) && !key.starts_with("x-");
    let Some(entry) = entries.clone().find(|entry| is_type(&entry.key.value)) else {
        panic!("a step needs a type, as in {{ \"log\": {{}} }}")
    };
    let id = node.get("id").and_then(|id| Some(Spanned::new(id.as_str()?.to_owned(), id.span)));
    let name = id.as_ref().map_or_else(|| entry.key.value.clone(), |id| id.value.clone());
    let path = above.child(&name);
    let ty = registry.step(&entry.key.value).map(|linked| &linked.ty);
    let mut slots = Vec::new();
    if let Some(ty) = ty {
        collect_slots(&ty.params, &entry.value, "", &mut |pointer, node| {
            let segment = pointer.rsplit('/').next().map(str::to_owned);
            let inner = segment.as_deref().map_or_else(|| path.clone(), |name| path.child(name));
            slots.push(Slot {
                pointer: pointer.to_owned(),
                segment,
                block: block(node, &inner, registry),
            });
        });
    }
    let needs = node.get("needs").and_then(Node::as_sequence).unwrap_or_default().iter();
    Step {
        step_id: StepId::of(&path),
        name,
        step_type: entry.key.clone(),
        effect: ty.map_or(Effect::Pure, |ty| ty.effect),
        description: text(node, "description"),
        when: node.get("when").cloned(),
        retry: None,
        timeout: millis(node, "timeout"),
        compensate: node
            .get("compensate")
            .map(|undo| block(undo, &path.child("compensate"), registry)),
        output: node.get("output").cloned(),
        needs: needs
            .filter_map(|need| Some(Spanned::new(need.as_str()?.to_owned(), need.span)))
            .collect(),
        params: entry.value.clone(),
        lazy: Vec::new(),
        slots,
        signature: String::new(),
        extensions: entries
            .filter(|entry| entry.key.value.starts_with("x-"))
            .map(|entry| (entry.key.value.clone(), entry.value.to_value()))
            .collect(),
        span: node.span,
        id,
        path,
    }
}

/// Calls `found` for every inner block that the schema marks and the parameters have.
fn collect_slots<'n>(
    schema: &Value,
    node: &'n Node,
    pointer: &str,
    found: &mut impl FnMut(&str, &'n Node),
) {
    if schema.get(schema::BLOCK).is_some() {
        return found(pointer, node);
    }
    for entry in node.as_mapping().unwrap_or_default() {
        let key = &entry.key.value;
        let inner = schema["properties"].get(key).unwrap_or(&schema["additionalProperties"]);
        collect_slots(inner, &entry.value, &format!("{pointer}/{key}"), found);
    }
    for (index, item) in node.as_sequence().unwrap_or_default().iter().enumerate() {
        collect_slots(&schema["items"], item, &format!("{pointer}/{index}"), found);
    }
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key)?.as_str().map(str::to_owned)
}

fn millis(node: &Node, key: &str) -> Option<u64> {
    parse_duration(node.get(key)?.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_stands_where_its_place_says() {
        let tree = tree(json!({ "workflows": { "shop": { "timeout": "5s", "steps": [
            { "id": "pay", "log": { "message": "a \"b\"" }, "x-owner": "sales" },
            { "send": {}, "needs": ["pay"] },
        ] } } }));
        let shop = &tree.program.workflows["shop"];
        assert_eq!((tree.text(shop.name.span), shop.timeout), ("\"shop\"", Some(5000)));
        let pay = tree.program.step("shop/pay").unwrap();
        assert_eq!(tree.text(pay.params.get("message").unwrap().span), r#""a \"b\"""#);
        assert_eq!(
            (pay.step_type.value.as_str(), &pay.extensions["x-owner"]),
            ("log", &json!("sales"))
        );
        assert!(shop.steps.graph);
        let written: Value = serde_json::from_str(&tree.source.text).unwrap();
        assert_eq!(tree.spec.files[0].documents[0].to_value(), written);
    }
}
