//! What a plugin should say of itself: problems of its description, documentation, schemas and permissions that keep nothing from working, and
//! everybody from using it well. `locus plugin check` shows them; the conformance suites of [`testing`](crate::testing) refuse them.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::meta::{PluginMeta, Stability};
use crate::permission;
use crate::registry::Registry;
use crate::schema;
use crate::step::StepKind;

/// Something to mend.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Finding {
    /// What it is about: "step type `notify`", "parameter `text` of …".
    pub subject: String,
    /// What is wrong.
    pub problem: String,
    /// How to mend it.
    pub help: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.subject, self.problem, self.help)
    }
}

/// What is to be mended in one plugin, in the order of its parts.
#[must_use]
pub fn lint(registry: &Registry, meta: &PluginMeta) -> Vec<Finding> {
    let mut lint = Lint::default();
    lint.plugin(meta);
    for entry in registry.steps().filter(|entry| entry.ty.plugin == meta.id) {
        let ty = &entry.ty;
        let subject = format!("step type `{}`", ty.name);
        lint.name(&subject, &ty.name);
        lint.docs(&subject, &ty.docs);
        lint.schema(&subject, "parameter", &ty.params);
        let has_block = ty.params.to_string().contains(schema::BLOCK);
        if !ty.catches.is_empty() && !has_block {
            lint.add(
                &subject,
                "it catches signals and has no inner block",
                "take `catches` away, or add a parameter of type `BlockRef`",
            );
        }
        if ty.kind == StepKind::Action && has_block {
            lint.add(
                &subject,
                "an action cannot run its inner blocks",
                "make it a control step: `#[step(…, control)]`",
            );
        }
        if ty.kind == StepKind::Action && !ty.docs.contains("```yaml") {
            lint.add(
                &subject,
                "its documentation shows no example",
                "add a workflow that uses it, in a block that begins with ```yaml",
            );
        }
    }
    for entry in registry.generators().filter(|entry| entry.meta.plugin == meta.id) {
        let subject = format!("generator `{}`", entry.meta.name);
        lint.name(&subject, &entry.meta.name);
        lint.docs(&subject, &entry.meta.docs);
        lint.schema(&subject, "option", &entry.meta.options);
    }
    for entry in registry.parser_hooks().filter(|entry| entry.meta.plugin == meta.id) {
        let subject = format!("front end `{}`", entry.meta.name);
        lint.docs(&subject, &entry.meta.docs);
        for suffix in entry.meta.suffixes.iter().filter(|suffix| !suffix.starts_with('.')) {
            lint.add(
                &subject,
                &format!("its suffix `{suffix}` takes files whose names merely end so"),
                &format!("write `.{suffix}`"),
            );
        }
    }
    for entry in registry.hooks().filter(|entry| entry.meta.plugin == meta.id) {
        let subject = format!("set of hooks `{}`", entry.meta.name);
        lint.docs(&subject, &entry.meta.docs);
        for step in entry.meta.filter.steps.iter().filter(|name| !name.contains('*')) {
            if registry.step(step).is_none() {
                lint.add(
                    &subject,
                    &format!("its filter names the step type `{step}`, which is not linked"),
                    "mend the name, or name the plugin that has it under `requires`",
                );
            }
        }
    }
    for entry in registry.commands().iter().filter(|entry| entry.meta.plugin == meta.id) {
        let subject = format!("command `{}`", entry.meta.full_name());
        lint.docs(&subject, &entry.meta.docs);
        lint.schema(&subject, "argument", &entry.meta.args);
    }
    lint.findings
}

#[derive(Default)]
struct Lint {
    findings: Vec<Finding>,
}

impl Lint {
    fn add(&mut self, subject: &str, problem: &str, help: &str) {
        self.findings.push(Finding {
            subject: subject.to_owned(),
            problem: problem.to_owned(),
            help: help.to_owned(),
        });
    }

    fn plugin(&mut self, meta: &PluginMeta) {
        let subject = format!("plugin `{}`", meta.id);
        self.docs(&subject, &meta.description);
        self.schema(&subject, "config", &meta.config);
        for (index, name) in meta.permissions.iter().enumerate() {
            if !permission::is_known(name) {
                let all: Vec<&str> = permission::ALL.iter().map(|(name, _)| *name).collect();
                self.add(
                    &subject,
                    &format!("there is no permission `{name}`"),
                    &format!("permissions are {}", all.join(", ")),
                );
            }
            if meta.permissions[..index].contains(name) {
                self.add(
                    &subject,
                    &format!("the permission `{name}` is declared twice"),
                    "take one away",
                );
            }
        }
        if !meta.is_built_in()
            && meta.stability == Stability::Stable
            && meta.version.starts_with("0.")
        {
            self.add(
                &subject,
                &format!("version {} promises no stability, the plugin does", meta.version),
                "add `stability = \"preview\"`, or make it 1.0.0",
            );
        }
        for other in meta.requires.iter().filter(|wanted| meta.conflicts.contains(wanted)) {
            self.add(
                &subject,
                &format!("it both requires and conflicts with `{other}`"),
                "take one away",
            );
        }
    }

    /// Names are what authors of specs type.
    fn name(&mut self, subject: &str, name: &str) {
        let fits = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !fits {
            self.add(
                subject,
                "its name is not in snake case",
                "use lower case letters, digits and `_`",
            );
        }
    }

    fn docs(&mut self, subject: &str, docs: &str) {
        let first = docs.lines().next().unwrap_or_default().trim();
        if first.is_empty() {
            self.add(
                subject,
                "it is not documented",
                "add a doc comment: its first sentence is what lists show",
            );
        } else if !first.ends_with(['.', '!', '?', ':', '…']) && !docs.trim_end().contains('.') {
            self.add(
                subject,
                "its documentation begins with no sentence",
                "end the first sentence with a full stop",
            );
        }
        let lower = docs.to_lowercase();
        if ["todo", "fixme", "describe what"].iter().any(|word| lower.contains(word)) {
            self.add(subject, "its documentation is not finished", "say what it is for");
        }
    }

    /// Every property is documented and its default fits its kind.
    fn schema(&mut self, subject: &str, what: &str, schema: &Value) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let subject = format!("{what} `{name}` of the {subject}");
            if property.get("description").and_then(Value::as_str).is_none_or(str::is_empty) {
                self.add(&subject, "it is not documented", "add a doc comment to the field");
            }
            if let (Some(ty), Some(default)) = (property.get("type"), property.get("default"))
                && !is_of(ty, default)
            {
                self.add(
                    &subject,
                    &format!("its default {default} is not of type {ty}"),
                    "mend `#[param(default = …)]`",
                );
            }
            if what == "parameter"
                && looks_secret(name)
                && property["type"] == "string"
                && property.get(schema::SECRET_SAFE).is_none()
            {
                self.add(
                    &subject,
                    "its name says that it is a secret, and it takes none",
                    "add `#[param(secret_safe)]`, so that `$secrets` may be given",
                );
            }
            let inner = if property.get("items").is_some() { &property["items"] } else { property };
            self.schema(&subject, what, inner);
        }
    }
}

fn is_of(ty: &Value, value: &Value) -> bool {
    let one = |ty: &str| match ty {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" | "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    };
    match ty {
        Value::String(ty) => one(ty),
        Value::Array(all) => all.iter().filter_map(Value::as_str).any(one),
        _ => true,
    }
}

/// Names that mean the secret itself; `secret` alone may be the name of one.
fn looks_secret(name: &str) -> bool {
    ["password", "passwd", "api_key", "apikey", "private_key"]
        .iter()
        .any(|word| name.contains(word))
        || name.ends_with("_secret")
        || name.ends_with("_token")
}
