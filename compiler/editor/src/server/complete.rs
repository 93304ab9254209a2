//! What may be written at a place: keys with what they mean, step types with what they need, names, types, and inside of expressions
//! what is seen there.

use std::ops::Range;
use std::sync::Arc;

use locus_model::language::{Construct, Form, Key, Names, Others, screens, workflows};
use locus_model::{Node, NodeKind, Program, Type};
use locus_plugin::{Registry, schema};
use serde_json::{Value, json};

use super::Server;
use super::hover;
use super::patch::{Patched, WORD, patched, word_at};
use super::paths::{self, Unfinished};
use super::projects::{Target, range_of};
use super::rpc::Answer;
use super::spot::{Spot, What};
use crate::functions::FUNCTIONS;
use crate::grammar::{Expect, Named, Slot, names};

/// Kinds of items, by the numbers of the protocol.
mod kind {
    pub(super) const FUNCTION: u8 = 3;
    pub(super) const FIELD: u8 = 5;
    pub(super) const VARIABLE: u8 = 6;
    pub(super) const CLASS: u8 = 7;
    pub(super) const PROPERTY: u8 = 10;
    pub(super) const VALUE: u8 = 12;
    pub(super) const ENUM_MEMBER: u8 = 20;
    pub(super) const REFERENCE: u8 = 18;
}

impl Server {
    pub(super) fn complete(&mut self, params: &Value) -> Answer {
        let registry = Arc::clone(&self.registry);
        let snippets = self.client.snippets;
        let target = self.target(params)?;
        let items = items(&target, &registry, snippets);
        Ok(json!({ "isIncomplete": false, "items": items }))
    }
}

fn items(target: &Target<'_>, registry: &Registry, snippets: bool) -> Vec<Value> {
    let Target { project, document, source, offset } = target;
    let text = &*document.text;
    let compilation = project.compilation();
    let is_manifest = compilation.spec.files.iter().all(|file| file.source != *source);
    let Some(patched) = patched(text, *offset, is_manifest, registry) else { return Vec::new() };
    let Some(root) = patched.document() else { return Vec::new() };
    let spot = Spot::at(root, is_manifest, patched.offset, registry);
    let word = word_at(text, *offset);
    let mut list = List {
        registry,
        program: &compilation.program,
        spot: &spot,
        patched: &patched,
        range: range_of(document, word.clone()),
        layout: Layout::of(&patched, &spot, text, &word),
        snippets,
        items: Vec::new(),
    };
    match &spot.what {
        What::Key { mapping, slot, .. } => list.keys(mapping, *slot),
        What::Value { node, slot, mapping } => {
            let NodeKind::String(written) = &node.kind else { return Vec::new() };
            let before = written.value.split(WORD).next().unwrap_or_default();
            if let Some(start) = open_expression(before) {
                // What was typed of the word is not in the text that was made whole.
                let typed = text.get(word.start..*offset).unwrap_or_default();
                let written = format!("{}{typed}", before.get(start..).unwrap_or_default());
                let site = project.workspace.site(*source, *offset);
                list.expression(&written, site.as_ref());
            } else {
                list.values(*slot, *mapping);
            }
        }
    }
    list.items
}

/// Where the expression begins that a text breaks off in.
fn open_expression(before: &str) -> Option<usize> {
    let start = before.rfind("${").map(|at| at + 2)?;
    let mut depth = 1;
    for character in before.get(start..)?.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return None;
        }
    }
    Some(start)
}

/// How what is inserted goes on over lines.
struct Layout {
    /// Whether all of it stays in one line, in brackets.
    flow: bool,
    /// Blanks before a key further in, beyond those of the line.
    inner: usize,
    /// Whether a colon stands behind the word already.
    has_colon: bool,
}

impl Layout {
    fn of(patched: &Patched, spot: &Spot<'_>, text: &str, word: &Range<usize>) -> Self {
        let bracket = |node: &Node| {
            let first = patched.text.as_bytes().get(node.span.start as usize);
            matches!(first, Some(b'{' | b'['))
        };
        let start = text.get(..word.start).and_then(|text| text.rfind('\n')).map_or(0, |at| at + 1);
        let line = text.get(start..word.start).unwrap_or_default();
        let extra = line.trim_start_matches(' ').len();
        let after = text.get(word.end..).unwrap_or_default();
        Self {
            flow: spot.around.iter().any(|(node, _)| bracket(node)),
            inner: extra + 2,
            has_colon: after.starts_with(':'),
        }
    }
}

struct List<'l> {
    registry: &'l Registry,
    program: &'l Program,
    spot: &'l Spot<'l>,
    patched: &'l Patched,
    range: Value,
    layout: Layout,
    snippets: bool,
    items: Vec<Value>,
}

impl List<'_> {
    fn add(&mut self, label: &str, kind: u8, detail: &str, docs: &str, insert: Option<String>) {
        let insert = insert.unwrap_or_else(|| label.to_owned());
        let mut item = json!({
            "label": label,
            "kind": kind,
            "sortText": format!("{:04}", self.items.len()),
        });
        if !detail.is_empty() {
            item["detail"] = detail.into();
        }
        if !docs.is_empty() {
            item["documentation"] = json!({ "kind": "markdown", "value": docs });
        }
        let is_snippet = insert.contains('$') && self.snippets;
        if is_snippet {
            item["insertTextFormat"] = 2.into();
            item["insertTextMode"] = 2.into();
        }
        let insert = if self.snippets { insert } else { plain(&insert) };
        item["textEdit"] = json!({ "range": self.range, "newText": insert });
        self.items.push(item);
    }

    /// The keys that a mapping may have and does not have yet.
    fn keys(&mut self, mapping: &Node, slot: Slot<'_>) {
        if let Some(construct) = slot.construct(mapping).or(expected_construct(slot)) {
            return self.construct_keys(construct, mapping);
        }
        match slot.chosen(mapping).expect {
            Expect::Schema(schema) => self.parameters(schema, mapping),
            Expect::Form(Form::MapOf(names, _)) => self.names(names, true),
            Expect::InputsOf(workflow) => self.inputs(workflow, mapping),
            _ => {}
        }
    }

    fn construct_keys(&mut self, construct: &'static Construct, mapping: &Node) {
        let has = |name: &str| mapping.get(name).is_some();
        let is_step = construct.others == Others::StepType;
        let typed = is_step && self.registry.steps().any(|entry| has(&entry.ty.name));
        if is_step && !typed {
            self.step_types();
        }
        let groups = || construct.exactly_one.iter().chain(construct.at_most_one);
        for key in construct.keys {
            let excluded = groups()
                .any(|group| group.contains(&key.name) && group.iter().any(|other| has(other)));
            if !has(key.name) && !excluded {
                let insert = self.key_text(key.name, shape_of(key), key_value(key));
                self.add(key.name, kind::PROPERTY, construct.words, key.docs, Some(insert));
            }
        }
        if construct.others == Others::ConnectionSettings
            && let Some(kind) = mapping.get("type").and_then(Node::as_str)
            && let Some(kind) = self.registry.connection_kind(kind)
        {
            self.parameters(&kind.settings, mapping);
        }
    }

    fn step_types(&mut self) {
        for entry in self.registry.steps() {
            let ty = &entry.ty;
            let insert = self.step_text(&ty.name, &ty.params);
            self.add(&ty.name, kind::CLASS, ty.summary(), &hover::step_type(ty), Some(insert));
        }
    }

    /// A step type with the parameters that it needs.
    fn step_text(&self, name: &str, params: &Value) -> String {
        let required: Vec<&str> =
            params["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if self.layout.has_colon {
            return name.to_owned();
        }
        if required.is_empty() {
            return self.key_text(name, Shape::Mapping, "");
        }
        let values = required.iter().enumerate().map(|(index, param)| {
            let stop = index + 1;
            match params["properties"][param].get(schema::BLOCK) {
                Some(_) if self.layout.flow => format!("{param}: [${{{stop}}}]"),
                Some(_) => {
                    format!("{param}:\n{}- ${{{stop}}}", " ".repeat(self.layout.inner + 2))
                }
                None => format!("{param}: ${{{stop}}}"),
            }
        });
        if self.layout.flow {
            return format!("{name}: {{ {} }}", values.collect::<Vec<_>>().join(", "));
        }
        let pad = " ".repeat(self.layout.inner);
        let lines: String = values.map(|value| format!("\n{pad}{value}")).collect();
        format!("{name}:{lines}")
    }

    fn key_text(&self, name: &str, shape: Shape, value: &str) -> String {
        if self.layout.has_colon {
            return name.to_owned();
        }
        let pad = " ".repeat(self.layout.inner);
        match (shape, self.layout.flow) {
            (Shape::Scalar, _) => format!("{name}: {value}"),
            (Shape::Mapping, true) => format!("{name}: {{ $1 }}"),
            (Shape::List, true) => format!("{name}: [$1]"),
            (Shape::Mapping, false) => format!("{name}:\n{pad}$1"),
            (Shape::List, false) => format!("{name}:\n{pad}- $1"),
        }
    }

    fn parameters(&mut self, params: &Value, mapping: &Node) {
        let groups = params["oneOf"].as_array().map(Vec::as_slice).unwrap_or_default();
        let alternatives: Vec<&str> =
            groups.iter().filter_map(|one| one["required"][0].as_str()).collect();
        let chosen = alternatives.iter().any(|name| mapping.get(name).is_some());
        for (name, property) in params["properties"].as_object().into_iter().flatten() {
            if mapping.get(name).is_some() || chosen && alternatives.contains(&name.as_str()) {
                continue;
            }
            let required = params["required"].as_array();
            let required = required.is_some_and(|names| names.contains(&json!(name)));
            let shape = match property["type"].as_str() {
                _ if property.get(schema::BLOCK).is_some() => Shape::List,
                Some("object") => Shape::Mapping,
                Some("array") => Shape::List,
                _ => Shape::Scalar,
            };
            let insert = self.key_text(name, shape, "$1");
            let docs = hover::parameter(name, property, required);
            let detail = if required { "required" } else { "" };
            self.add(name, kind::PROPERTY, detail, &docs, Some(insert));
        }
    }

    fn inputs(&mut self, workflow: &str, mapping: &Node) {
        let Some(workflow) = self.program.workflows.get(workflow) else { return };
        for (name, field) in workflow.input.iter().filter(|(name, _)| mapping.get(name).is_none()) {
            let docs = field.description.clone().unwrap_or_default();
            let insert = self.key_text(name, Shape::Scalar, "$1");
            self.add(name, kind::FIELD, &field.ty.to_string(), &docs, Some(insert));
        }
    }

    /// What may stand in the place of a value.
    fn values(&mut self, slot: Slot<'_>, mapping: Option<&Node>) {
        let forms: Vec<Form> = match slot.expect {
            Expect::Form(Form::Either(forms)) => forms.to_vec(),
            Expect::Form(form) => vec![form],
            Expect::Schema(schema) => return self.schema_values(schema),
            Expect::InputsOf(workflow) => {
                return self.inputs(workflow, &Node::new(NodeKind::Null, nowhere()));
            }
            Expect::Anything => Vec::new(),
        };
        for form in forms {
            match form {
                Form::Construct(construct) => {
                    self.construct_keys(construct, &Node::new(NodeKind::Null, nowhere()));
                }
                Form::MapOf(names, _) => self.names(names, true),
                Form::Block | Form::List(Form::Construct(_)) if !self.layout.flow => {
                    self.add("-", kind::VALUE, "an item", "", Some("- $1".to_owned()));
                }
                Form::List(Form::Name(names)) => self.names(*names, false),
                Form::Choice(choices) => {
                    for choice in choices {
                        self.add(choice.name, kind::ENUM_MEMBER, "", choice.docs, None);
                    }
                }
                Form::Bool => self.booleans(),
                Form::Condition | Form::Value => self.template(),
                Form::Type => self.types(),
                Form::Text if slot.behind == ("model", "fields") => self.types(),
                Form::Name(names) => self.names(names, false),
                Form::GeneratorOptions => {
                    let generator = mapping.and_then(|mapping| mapping.get("generator")?.as_str());
                    if let Some(entry) = generator.and_then(|name| self.registry.generator(name)) {
                        self.parameters(&entry.meta.options, &Node::new(NodeKind::Null, nowhere()));
                    }
                }
                _ => {}
            }
        }
    }

    fn schema_values(&mut self, schema: &Value) {
        match names(Expect::Schema(schema)) {
            Some(Named::Names(names)) => self.names(names, false),
            Some(Named::Type) => self.types(),
            None => {}
        }
        let words = schema["enum"].as_array().or_else(|| schema["oneOf"].as_array());
        for word in words.into_iter().flatten() {
            if let Some(name) = word.get("const").unwrap_or(word).as_str() {
                let docs = word["description"].as_str().unwrap_or_default();
                self.add(name, kind::ENUM_MEMBER, "", docs, None);
            }
        }
        if schema["type"] == "boolean" {
            self.booleans();
        }
        if schema["properties"].is_object() {
            self.parameters(schema, &Node::new(NodeKind::Null, nowhere()));
        } else if schema.get(schema::BLOCK).is_some() {
            if !self.layout.flow {
                self.add("-", kind::VALUE, "a step", "", Some("- $1".to_owned()));
            }
        } else if schema[schema::LITERAL] != true {
            self.template();
        }
    }

    fn booleans(&mut self) {
        self.add("true", kind::VALUE, "", "", None);
        self.add("false", kind::VALUE, "", "", None);
    }

    fn template(&mut self) {
        let before = self.patched.text.get(..self.patched.offset - 1).unwrap_or_default();
        let quoted = before.ends_with(['"', '\'']);
        let text = if quoted || !self.layout.flow {
            "\\${ $1 }".to_owned()
        } else {
            "\"\\${ $1 }\"".to_owned()
        };
        if self.snippets {
            self.add("${ … }", kind::VALUE, "an expression", "", Some(text));
        }
    }

    fn types(&mut self) {
        for (scalar, _) in Type::SCALARS {
            self.add(scalar, kind::CLASS, "", "", None);
        }
        for (name, model) in &self.program.models {
            let docs = model.description.clone().unwrap_or_default();
            self.add(name, kind::CLASS, "a model", &docs, None);
        }
        for (name, field) in &self.program.schemas {
            let docs = field.description.clone().unwrap_or_default();
            self.add(name, kind::CLASS, "a schema", &docs, None);
        }
    }

    /// The things of a kind that have names.
    fn names(&mut self, names: Names, as_keys: bool) {
        let program = self.program;
        let described = |docs: &Option<String>| docs.clone().unwrap_or_default();
        let all: Vec<(String, String, String)> = match names {
            Names::Connection => program
                .connections
                .values()
                .map(|c| (c.name.value.clone(), c.kind.value.clone(), String::new()))
                .collect(),
            Names::Workflow => program
                .workflows
                .values()
                .map(|w| (w.name.value.clone(), String::new(), described(&w.description)))
                .collect(),
            Names::Model => program
                .models
                .values()
                .map(|m| (m.name.value.clone(), String::new(), described(&m.description)))
                .collect(),
            Names::ConnectionKind => self
                .registry
                .connection_kinds()
                .map(|k| (k.name.clone(), String::new(), k.docs.clone()))
                .collect(),
            Names::Generator => self
                .registry
                .generators()
                .map(|g| (g.meta.name.clone(), String::new(), g.meta.docs.clone()))
                .collect(),
            Names::Plugin => self
                .registry
                .plugins()
                .map(|p| (p.id.clone(), p.version.clone(), p.description.clone()))
                .collect(),
            Names::Target => {
                program.targets.keys().map(|t| (t.clone(), String::new(), String::new())).collect()
            }
            Names::View => screens::VIEWS
                .iter()
                .map(|view| (view.name.to_owned(), String::new(), view.docs.to_owned()))
                .collect(),
            Names::Step => self.steps_beside(),
            Names::StepPath => self.step_paths(),
            Names::Field => self.fields(),
            Names::Input => self.inputs_around(),
            Names::Error | Names::Event | Names::FieldOfType => Vec::new(),
        };
        for (name, detail, docs) in all {
            let insert = as_keys.then(|| self.key_text(&name, Shape::Scalar, "$1"));
            self.add(&name, kind::REFERENCE, &detail, &docs, insert);
        }
    }

    /// The ids of the other steps of the block around.
    fn steps_beside(&self) -> Vec<(String, String, String)> {
        let block = self.spot.around.iter().rev().find(|(_, slot)| slot.is_block());
        let steps = block.and_then(|(node, _)| node.as_sequence()).unwrap_or_default();
        let at = self.patched.offset;
        let others = steps.iter().filter(|step| !step.span.range().contains(&at));
        let ids = others.filter_map(|step| step.get("id")?.as_str());
        ids.map(|id| (id.to_owned(), String::new(), String::new())).collect()
    }

    /// The value of a key in a mapping around.
    fn around(&self, key: &str) -> Option<&str> {
        self.spot.around.iter().rev().find_map(|(node, _)| node.get(key)?.as_str())
    }

    /// The key of the declaration around in a section of the file.
    fn declaration(&self) -> Option<&str> {
        let (section, _) = self.spot.around.get(1)?;
        let at = self.patched.offset;
        let entries = section.as_mapping()?.iter();
        let mut around = entries.filter(|entry| entry.value.span.range().contains(&at));
        around.next().map(|entry| entry.key.value.as_str())
    }

    fn step_paths(&self) -> Vec<(String, String, String)> {
        let Some(workflow) =
            self.around("workflow").and_then(|name| self.program.workflows.get(name))
        else {
            return Vec::new();
        };
        let steps = workflow.steps.walk().into_iter();
        steps
            .map(|step| {
                let path = step.path.as_str();
                let path = path.split_once('/').map_or(path, |(_, path)| path);
                (path.to_owned(), step.step_type.value.clone(), String::new())
            })
            .collect()
    }

    fn fields(&self) -> Vec<(String, String, String)> {
        let own = self.declaration().and_then(|name| self.program.models.get(name));
        let named = self.around("model").and_then(|name| self.program.models.get(name));
        let fields = own.or(named).map(|model| &model.fields).into_iter().flatten();
        fields
            .map(|(name, field)| {
                (name.clone(), field.ty.to_string(), field.description.clone().unwrap_or_default())
            })
            .collect()
    }

    fn inputs_around(&self) -> Vec<(String, String, String)> {
        let named = self.around("workflow").or_else(|| self.declaration());
        let workflow = named.and_then(|name| self.program.workflows.get(name));
        let inputs = workflow.map(|workflow| &workflow.input).into_iter().flatten();
        inputs
            .map(|(name, field)| {
                (name.clone(), field.ty.to_string(), field.description.clone().unwrap_or_default())
            })
            .collect()
    }

    /// What can be written next in an expression.
    fn expression(&mut self, written: &str, site: Option<&locus_analysis::Site>) {
        let unfinished = Unfinished::read(written);
        let Some(base) = &unfinished.base else { return self.expression_start(&unfinished, site) };
        let Some(site) = site else { return };
        let Some(ty) = paths::type_of(base, site) else { return };
        for name in ty.field_names(&site.scope.types) {
            let inner = ty.field(&name, &site.scope.types);
            let detail = inner.map(|ty| ty.to_string()).unwrap_or_default();
            let is_plain = paths::key(&name).get(1..) == Some(&*name);
            let insert =
                if is_plain { name.to_string() } else { paths::key(&name)[1..].to_owned() };
            self.add_plain(&name, kind::FIELD, &detail, "", &insert);
        }
    }

    fn expression_start(&mut self, unfinished: &Unfinished, site: Option<&locus_analysis::Site>) {
        // The sign stands before the word that is replaced.
        let sign = unfinished.partial.chars().next().filter(|sign| matches!(sign, '$' | '@'));
        if sign != Some('@') {
            for (name, ty) in site.into_iter().flat_map(locus_analysis::Site::variables) {
                let written = format!("${name}");
                let insert = if sign.is_some() { name } else { &written };
                self.add_plain(&written, kind::VARIABLE, &ty.to_string(), "", insert);
            }
        }
        if sign == Some('$') {
            return;
        }
        if sign.is_none() {
            let roots = site.map(|site| site.names(&[])).unwrap_or_default();
            for (name, ty) in roots {
                let path = format!(".{name}");
                self.add_plain(&path, kind::FIELD, &ty.to_string(), "", &path);
            }
        }
        let wanted = |name: &str| sign.is_none_or(|sign| name.starts_with(sign));
        for function in FUNCTIONS.iter().filter(|function| wanted(function.name)) {
            let call = format!("{}{}", function.name, function.arguments);
            let insert = match sign {
                Some(_) => function.name.get(1..).unwrap_or_default().to_owned(),
                None if function.arguments.is_empty() => function.name.to_owned(),
                None => format!("{}(", function.name),
            };
            self.add_plain(function.name, kind::FUNCTION, &call, function.docs, &insert);
        }
    }

    /// An item whose text is inserted as it is.
    fn add_plain(&mut self, label: &str, kind: u8, detail: &str, docs: &str, insert: &str) {
        self.add(label, kind, detail, docs, Some(String::new()));
        if let Some(item) = self.items.last_mut() {
            item["textEdit"]["newText"] = insert.into();
        }
    }
}

/// What stands behind a key.
#[derive(Clone, Copy)]
enum Shape {
    Scalar,
    Mapping,
    List,
}

fn shape_of(key: &Key) -> Shape {
    match key.form {
        Form::Construct(_) | Form::Map(_) | Form::MapOf(..) | Form::GeneratorOptions => {
            Shape::Mapping
        }
        Form::Block | Form::List(_) => Shape::List,
        _ => Shape::Scalar,
    }
}

/// What a new value is begun with.
fn key_value(key: &Key) -> &'static str {
    match key.form {
        Form::Condition => "\\${ $1 }",
        _ => "$1",
    }
}

/// The construct of a mapping that is only being begun.
fn expected_construct(slot: Slot<'_>) -> Option<&'static Construct> {
    match slot.expect {
        Expect::Form(Form::Construct(construct)) => Some(construct),
        Expect::Form(Form::Block) => Some(&workflows::STEP),
        _ => None,
    }
}

fn nowhere() -> locus_diag::Span {
    locus_diag::Span::new(locus_diag::SourceId(0), 0..0)
}

/// A snippet without its places to fill in.
fn plain(snippet: &str) -> String {
    let mut text = String::new();
    let mut rest = snippet;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        if before.ends_with('\\') {
            text.push_str(before.trim_end_matches('\\'));
            text.push('$');
            rest = after.get(1..).unwrap_or_default();
            continue;
        }
        text.push_str(before);
        let digits = after.trim_start_matches(['$', '{']);
        rest = digits.trim_start_matches(|c: char| c.is_ascii_digit());
        if after.starts_with("${") {
            rest = rest.trim_start_matches('}');
        }
    }
    text.push_str(rest);
    text.trim_end().to_owned()
}
