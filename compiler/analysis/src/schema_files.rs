//! JSON Schemas in files: what a `$ref` leads to, made into one schema that is complete in itself, with everything it refers to under
//! `$defs`. Circles of references stay circles.

use std::collections::HashMap;

use indexmap::IndexMap;
use locus_diag::{Diagnostic, SourceId, Span, Spanned};
use locus_model::{Entry, Node, NodeKind, SchemaContent, SchemaFiles};
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::keys::anchor;
use crate::messages::schemas as messages;
use crate::raw_schema;

/// Keywords whose values are data and no schemas.
const DATA: [&str; 5] = ["const", "enum", "default", "examples", "example"];

/// Keywords whose values are schemas by names of the author's.
const NAMED: [&str; 4] = ["properties", "patternProperties", "dependentSchemas", "$defs"];

/// Definitions are taken where they are referred to, and what says who a schema is does not go with it.
const LEFT_OUT: [&str; 5] = ["$defs", "definitions", "$id", "$schema", "$anchor"];

/// The schema that a `$ref` of a type leads to.
pub(crate) fn reference(cx: &mut Context<'_>, target: &Spanned<String>) -> Option<Value> {
    let mut bundle = Bundle::new(cx.schemas);
    let found = bundle.resolve(target.span.source, None, target);
    let root = found.map(|place| bundle.definition(&place));
    let schema = match root {
        Ok(name) => bundle.schema(&name),
        Err(problem) => {
            bundle.problems.push(problem);
            Value::Null
        }
    };
    finish(cx, bundle, schema, target.span)
}

/// A schema that is written out in a spec, with the files it refers to taken in.
pub(crate) fn taken_in(cx: &mut Context<'_>, node: &Node) -> Option<Value> {
    let mut bundle = Bundle::new(cx.schemas);
    let mut schema = bundle.written_out(node);
    if let (Value::Object(map), false) = (&mut schema, bundle.definitions.is_empty()) {
        let own = map.entry("$defs").or_insert_with(|| json!({}));
        if let Value::Object(own) = own {
            own.extend(std::mem::take(&mut bundle.definitions));
        }
    }
    finish(cx, bundle, schema, anchor(node))
}

/// Whether a schema refers to files.
pub(crate) fn refers_to_files(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Mapping(entries) => entries.iter().any(|entry| {
            let text = entry.value.as_str().filter(|_| entry.key.value == "$ref");
            text.is_some_and(|text| !text.starts_with('#')) || refers_to_files(&entry.value)
        }),
        NodeKind::Sequence(items) => items.iter().any(refers_to_files),
        _ => false,
    }
}

fn finish(cx: &mut Context<'_>, bundle: Bundle<'_>, schema: Value, place: Span) -> Option<Value> {
    let whole = bundle.problems.is_empty();
    for problem in bundle.problems {
        if !cx.problems.contains(&problem) {
            cx.report(problem);
        }
    }
    if !whole {
        return None;
    }
    if let Err(error) = jsonschema::draft202012::new(&schema) {
        cx.report(messages::invalid(&raw_schema::words(&error), place, None));
        return None;
    }
    Some(schema)
}

/// A place in a file.
#[derive(Clone)]
struct Place<'s> {
    file: usize,
    pointer: String,
    node: &'s Node,
}

struct Bundle<'s> {
    files: &'s SchemaFiles,
    definitions: Map<String, Value>,
    names: HashMap<(usize, String), String>,
    /// How often a definition is referred to.
    uses: IndexMap<String, usize>,
    problems: Vec<Diagnostic>,
}

impl<'s> Bundle<'s> {
    fn new(files: &'s SchemaFiles) -> Self {
        Self {
            files,
            definitions: Map::new(),
            names: HashMap::new(),
            uses: IndexMap::new(),
            problems: Vec::new(),
        }
    }

    /// The place that a reference leads to; `here` is the file it stands in, if it is one of these.
    fn resolve(
        &self,
        from: SourceId,
        here: Option<usize>,
        reference: &Spanned<String>,
    ) -> Result<Place<'s>, Diagnostic> {
        let (path, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        if path.contains("://") {
            return Err(messages::from_the_network(reference));
        }
        let file = match (path, here) {
            ("", Some(here)) => Some((here, &self.files.files[here])),
            _ => self.files.find(from, path),
        };
        let Some((number, file)) = file else {
            return Err(messages::not_resolved(
                reference,
                "leads to nothing that can be read",
                None,
            ));
        };
        let document = match &file.content {
            SchemaContent::Document(node) => node,
            SchemaContent::Unusable { reason, meant } => {
                return Err(messages::unusable(reference, &file.path, reason, meant.as_deref()));
            }
        };
        let pointer = decoded(fragment);
        let node = match pointer.as_str() {
            "" => Some(document),
            pointer if pointer.starts_with('/') => document.pointer(pointer),
            name => anchored(document, name),
        };
        match node {
            Some(node) => Ok(Place { file: number, pointer, node }),
            None => Err(messages::no_such_place(reference, &file.path, &pointer, document)),
        }
    }

    /// Enters a place among the definitions; gives its name there.
    fn definition(&mut self, place: &Place<'s>) -> String {
        let key = (place.file, place.pointer.clone());
        if let Some(name) = self.names.get(&key) {
            *self.uses.entry(name.clone()).or_default() += 1;
            return name.clone();
        }
        let name = self.new_name(place);
        self.names.insert(key, name.clone());
        self.uses.insert(name.clone(), 1);
        // Held free while what it refers to is entered, which may lead back here.
        self.definitions.insert(name.clone(), Value::Null);
        let plain = place.node.to_value();
        if let Err(error) = jsonschema::draft202012::meta::validate(&plain) {
            let at = place.node.pointer(error.instance_path().as_str()).unwrap_or(place.node);
            let path = &self.files.files[place.file].path;
            let words = raw_schema::words(&error);
            self.problems.push(messages::invalid(&words, anchor(at), Some(path)));
            return name;
        }
        let schema = self.value(place.node, Some(place.file));
        self.definitions.insert(name.clone(), schema);
        name
    }

    fn new_name(&self, place: &Place<'_>) -> String {
        let path = &self.files.files[place.file].path;
        let file = path.rsplit('/').next().unwrap_or(path);
        let stem = file.split('.').next().unwrap_or(file);
        let last = place.pointer.rsplit('/').next().filter(|token| !token.is_empty());
        let letters = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let base: String = last.unwrap_or(stem).chars().map(letters).collect();
        let mut name = base.clone();
        let mut count = 1;
        while self.definitions.contains_key(&name) {
            count += 1;
            name = format!("{base}_{count}");
        }
        name
    }

    /// A schema with its references led to the definitions.
    fn value(&mut self, node: &'s Node, here: Option<usize>) -> Value {
        let NodeKind::Mapping(entries) = &node.kind else { return node.to_value() };
        let mut schema = Map::new();
        for entry in entries {
            let keyword = entry.key.value.as_str();
            if here.is_some() && LEFT_OUT.contains(&keyword) {
                continue;
            }
            let value = match (keyword, &entry.value.kind) {
                ("$ref" | "$dynamicRef", NodeKind::String(text)) => {
                    self.led(&Spanned::new(text.value.clone(), entry.value.span), here)
                }
                (keyword, _) if DATA.contains(&keyword) => entry.value.to_value(),
                (keyword, NodeKind::Mapping(schemas)) if NAMED.contains(&keyword) => {
                    self.named(schemas, here)
                }
                (_, NodeKind::Sequence(items)) => {
                    Value::Array(items.iter().map(|item| self.value(item, here)).collect())
                }
                _ => self.value(&entry.value, here),
            };
            schema.insert(keyword.to_owned(), value);
        }
        Value::Object(schema)
    }

    fn named(&mut self, schemas: &'s [Entry], here: Option<usize>) -> Value {
        let each =
            schemas.iter().map(|entry| (entry.key.value.clone(), self.value(&entry.value, here)));
        Value::Object(each.collect())
    }

    /// Where a reference leads in the schema that is complete in itself.
    fn led(&mut self, reference: &Spanned<String>, here: Option<usize>) -> Value {
        if here.is_none() && reference.starts_with('#') {
            return json!(reference.value);
        }
        match self.resolve(reference.span.source, here, reference) {
            Ok(place) => {
                let name = self.definition(&place);
                json!(format!("#/$defs/{name}"))
            }
            Err(problem) => {
                self.problems.push(problem);
                json!("#")
            }
        }
    }

    /// A schema that stands in a spec: its own references stay, names of its own definitions are not given to others.
    fn written_out(&mut self, node: &Node) -> Value {
        let own = node.get("$defs").and_then(Node::as_mapping).unwrap_or_default();
        for entry in own {
            self.definitions.insert(entry.key.value.clone(), Value::Null);
        }
        // The node does not live as long as the files: references are gathered first.
        let mut schema = node.to_value();
        self.lead_all(node, &mut schema);
        for entry in own {
            self.definitions.swap_remove(&entry.key.value);
        }
        schema
    }

    fn lead_all(&mut self, node: &Node, value: &mut Value) {
        match (&node.kind, value) {
            (NodeKind::Mapping(entries), Value::Object(map)) => {
                for entry in entries {
                    let Some(value) = map.get_mut(&entry.key.value) else { continue };
                    match entry.value.as_str() {
                        Some(text) if entry.key.value == "$ref" => {
                            *value =
                                self.led(&Spanned::new(text.to_owned(), entry.value.span), None);
                        }
                        _ if DATA.contains(&entry.key.value.as_str()) => {}
                        _ => self.lead_all(&entry.value, value),
                    }
                }
            }
            (NodeKind::Sequence(items), Value::Array(values)) => {
                for (item, value) in items.iter().zip(values) {
                    self.lead_all(item, value);
                }
            }
            _ => {}
        }
    }

    /// The schema whose definition has this name, complete in itself.
    fn schema(&mut self, root: &str) -> Value {
        let is_circle = self.uses.get(root).is_some_and(|uses| *uses > 1);
        let mut definitions = std::mem::take(&mut self.definitions);
        let mut schema = match definitions.get(root) {
            // A circle through the whole, or `true` and `false`, which can hold nothing.
            Some(Value::Object(_)) if !is_circle => {
                definitions.shift_remove(root).unwrap_or_default()
            }
            _ => json!({ "$ref": format!("#/$defs/{root}") }),
        };
        if let (Value::Object(schema), false) = (&mut schema, definitions.is_empty()) {
            schema.insert("$defs".to_owned(), Value::Object(definitions));
        }
        schema
    }
}

/// The subschema with this `$anchor`.
fn anchored<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    match &node.kind {
        NodeKind::Mapping(entries) => {
            if node.get("$anchor").and_then(Node::as_str) == Some(name) {
                return Some(node);
            }
            entries.iter().find_map(|entry| anchored(&entry.value, name))
        }
        NodeKind::Sequence(items) => items.iter().find_map(|item| anchored(item, name)),
        _ => None,
    }
}

/// A fragment of a URI without its percent signs.
fn decoded(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
