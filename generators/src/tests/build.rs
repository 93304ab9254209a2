//! Programs from small JSON: what a checked program would be, without the phases that make one.

use indexmap::IndexMap;
use locus_diag::SourceId;
use locus_plugin::model::{
    Block, Connection, Effect, Entry, Field, Model, Node, NodeKind, Program, Slot, Step, StepId,
    StepPath, Text, Trigger, Type, TypeKind, Workflow,
};
use locus_plugin::{Span, Spanned};
use serde_json::{Map, Value, json};

pub(super) fn span() -> Span {
    Span::new(SourceId(0), 0..0)
}

pub(super) fn spanned(text: &str) -> Spanned<String> {
    Spanned::new(text.to_owned(), span())
}

/// A value as if written somewhere.
pub(super) fn node(value: &Value) -> Node {
    let kind = match value {
        Value::Null => NodeKind::Null,
        Value::Bool(value) => NodeKind::Bool(*value),
        Value::Number(number) => NodeKind::Number(number.clone()),
        Value::String(text) => NodeKind::String(Text::verbatim(text.clone(), 0, true)),
        Value::Array(items) => NodeKind::Sequence(items.iter().map(node).collect()),
        Value::Object(map) => NodeKind::Mapping(
            map.iter()
                .map(|(key, value)| Entry { key: spanned(key), value: node(value) })
                .collect(),
        ),
    };
    Node::new(kind, span())
}

pub(super) fn program(value: Value) -> Program {
    let models = each(&value["models"], |name, value| Model {
        name: spanned(name),
        description: text(&value["description"]),
        fields: fields(&value["fields"]),
        relations: IndexMap::new(),
        indexes: Vec::new(),
        span: span(),
    });
    let connections = each(&value["connections"], |name, kind| Connection {
        name: spanned(name),
        kind: spanned(kind.as_str().unwrap()),
        settings: node(&json!({})),
        span: span(),
    });
    Program {
        name: text(&value["name"]).unwrap_or_default(),
        version: text(&value["version"]),
        connections,
        schemas: each(&value["schemas"], |_, value| field(value)),
        models,
        workflows: each(&value["workflows"], workflow),
        ..Program::default()
    }
}

fn each<T>(value: &Value, make: impl Fn(&str, &Value) -> T) -> IndexMap<String, T> {
    let entries = value.as_object().into_iter().flatten();
    entries.map(|(name, value)| (name.clone(), make(name, value))).collect()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn fields(value: &Value) -> IndexMap<String, Field> {
    each(value, |_, value| field(value))
}

fn field(value: &Value) -> Field {
    let empty = Map::new();
    let map = value.as_object().unwrap_or(&empty);
    let get = |key: &str| map.get(key);
    let ty = if let Some(notation) = value.as_str().or(get("type").and_then(Value::as_str)) {
        notation_type(notation)
    } else if let Some(values) = get("enum").and_then(Value::as_array) {
        let values = values.iter().map(|value| value.as_str().unwrap().to_owned());
        Type::required(TypeKind::Enum(values.collect()))
    } else if let Some(inner) = get("fields") {
        Type::required(TypeKind::Object(fields(inner)))
    } else {
        Type::required(TypeKind::Schema(get("schema").cloned().unwrap()))
    };
    let optional = ty.optional || get("optional").is_some();
    Field {
        ty: Type { optional, ..ty },
        description: get("description").and_then(text),
        default: get("default").cloned(),
        id: get("id").is_some(),
        limits: each(get("limits").unwrap_or(&Value::Null), |_, value| value.clone()),
        span: span(),
    }
}

fn notation_type(notation: &str) -> Type {
    if let Some(inner) = notation.strip_suffix('?') {
        return Type { optional: true, ..notation_type(inner) };
    }
    let kind = if let Some(item) = notation.strip_suffix("[]") {
        TypeKind::List(Box::new(notation_type(item)))
    } else if let Some(inner) =
        notation.strip_prefix("map<").and_then(|rest| rest.strip_suffix('>'))
    {
        TypeKind::Map(Box::new(notation_type(inner)))
    } else {
        let scalar = Type::SCALARS.iter().find(|(name, _)| *name == notation);
        scalar.map_or_else(|| TypeKind::Named(notation.to_owned()), |(_, kind)| kind.clone())
    };
    Type::required(kind)
}

fn workflow(name: &str, value: &Value) -> Workflow {
    Workflow {
        name: spanned(name),
        description: text(&value["description"]),
        input: fields(&value["input"]),
        output: value.get("output").map(node),
        triggers: value["triggers"].as_array().into_iter().flatten().map(trigger).collect(),
        timeout: value["timeout"].as_u64(),
        concurrency: None,
        steps: block(&value["steps"], &StepPath::workflow(name)),
        span: span(),
    }
}

fn trigger(value: &Value) -> Trigger {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "http" => Trigger::Http {
            method: spanned(value[0].as_str().unwrap()),
            path: spanned(value[1].as_str().unwrap()),
        },
        "cron" => {
            let expression = spanned(value.as_str().unwrap());
            Trigger::Cron { expression, timezone: None, input: None }
        }
        _ => Trigger::Event { event: spanned(value.as_str().unwrap()), when: None, input: None },
    }
}

fn block(value: &Value, path: &StepPath) -> Block {
    let steps: Vec<Step> =
        value.as_array().into_iter().flatten().map(|value| step(value, path)).collect();
    Block { graph: steps.iter().any(|step| !step.needs.is_empty()), steps }
}

fn step(value: &Value, path: &StepPath) -> Step {
    let step_type = value["type"].as_str().unwrap();
    let name = text(&value["id"]).unwrap_or_else(|| step_type.to_owned());
    let path = path.child(&name);
    let slot = |value: &Value| {
        let segment = text(&value["segment"]);
        let inner = segment.as_ref().map_or_else(|| path.clone(), |segment| path.child(segment));
        Slot {
            pointer: value["pointer"].as_str().unwrap().to_owned(),
            segment,
            block: block(&value["steps"], &inner),
        }
    };
    Step {
        id: text(&value["id"]).as_deref().map(spanned),
        step_id: StepId::of(&path),
        step_type: spanned(step_type),
        effect: match &value["effect"] {
            Value::Null => Effect::Pure,
            effect => serde_json::from_value(effect.clone()).unwrap(),
        },
        description: text(&value["description"]),
        when: value.get("when").map(node),
        retry: serde_json::from_value(value["retry"].clone()).unwrap(),
        timeout: value["timeout"].as_u64(),
        compensate: value.get("compensate").map(|undo| block(undo, &path.child("compensate"))),
        output: None,
        needs: value["needs"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|need| spanned(need.as_str().unwrap()))
            .collect(),
        params: node(&value["params"]),
        lazy: Vec::new(),
        slots: value["slots"].as_array().into_iter().flatten().map(slot).collect(),
        signature: String::new(),
        extensions: IndexMap::new(),
        span: span(),
        path,
        name,
    }
}
