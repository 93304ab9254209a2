//! `locus plugin docs`: a plugin's manual as Markdown, from its doc comments and schemas.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use locus_plugin::{PluginMeta, Registry, ResultType, permission, schema};
use serde_json::{Value, json};

use super::plugin_show::find;
use crate::ui::{Outcome, Ui};

/// Prints the manual of a plugin, or writes one file for each.
pub(crate) fn docs(registry: &Registry, id: Option<&str>, out: Option<&Path>, ui: Ui) -> Outcome {
    let plugins: Vec<&PluginMeta> = match id {
        Some(id) => vec![find(registry, id, ui)?],
        None => registry.plugins().collect(),
    };
    let Some(out) = out else {
        let pages: Vec<String> = plugins.iter().map(|meta| page(registry, meta)).collect();
        ui.raw(&pages.join("\n"));
        return Ok(());
    };
    let failed = |path: &Path, error: std::io::Error| {
        ui.error(
            format_args!("cannot write `{}`: {error}", path.display()),
            Some("name a folder that you may write to"),
        )
    };
    fs::create_dir_all(out).map_err(|error| failed(out, error))?;
    for meta in plugins {
        let path = out.join(format!("{}.md", meta.id));
        fs::write(&path, page(registry, meta)).map_err(|error| failed(&path, error))?;
        ui.result(path.display());
    }
    Ok(())
}

fn page(registry: &Registry, meta: &PluginMeta) -> String {
    let mut page = format!("# {} {}\n\n{}\n", meta.id, meta.version, meta.description.trim());
    let stability = json!(meta.stability);
    let _ = write!(
        page,
        "\nStability: {}. Contract {}.{}.\n",
        stability.as_str().unwrap_or_default(),
        meta.api.0,
        meta.api.1
    );
    for (what, names) in [
        ("Requires", &meta.requires),
        ("Uses when there", &meta.optional),
        ("Provides", &meta.provides),
        ("Cannot be used with", &meta.conflicts),
    ] {
        if !names.is_empty() {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let _ = writeln!(page, "{what}: {}.", names.join(", "));
        }
    }
    if !meta.permissions.is_empty() {
        page += "\n## Permissions\n\n";
        for name in &meta.permissions {
            let allows = permission::ALL
                .iter()
                .find(|(known, _)| known == name)
                .map_or("", |(_, allows)| *allows);
            let _ = writeln!(page, "- `{name}`: it may {allows}");
        }
    }
    table(&mut page, "\n## Config\n", &meta.config);
    for entry in registry.steps().filter(|entry| entry.ty.plugin == meta.id) {
        let ty = &entry.ty;
        let _ = write!(page, "\n## Step type `{}`\n\n{}\n", ty.name, ty.docs.trim());
        let _ = write!(page, "\nEffect: `{}`.", ty.effect.as_str());
        // A rule of its own needs the words of its documentation.
        if let ResultType::Notation(result) = &ty.result {
            let _ = write!(page, " Result: `{result}`.");
        }
        page.push('\n');
        table(&mut page, "", &ty.params);
    }
    for entry in registry.generators().filter(|entry| entry.meta.plugin == meta.id) {
        let _ =
            write!(page, "\n## Generator `{}`\n\n{}\n", entry.meta.name, entry.meta.docs.trim());
        table(&mut page, "", &entry.meta.options);
    }
    for entry in registry.parser_hooks().filter(|entry| entry.meta.plugin == meta.id) {
        let suffixes: Vec<String> =
            entry.meta.suffixes.iter().map(|suffix| format!("`{suffix}`")).collect();
        let _ = write!(
            page,
            "\n## Front end `{}`\n\n{}\n\nFiles: {}.\n",
            entry.meta.name,
            entry.meta.docs.trim(),
            suffixes.join(", ")
        );
    }
    for entry in registry.hooks().filter(|entry| entry.meta.plugin == meta.id) {
        let points: Vec<String> =
            entry.meta.points.iter().map(|point| format!("`{point}`")).collect();
        let _ = write!(
            page,
            "\n## Hooks `{}`\n\n{}\n\nAt {}.\n",
            entry.meta.name,
            entry.meta.docs.trim(),
            points.join(", ")
        );
    }
    for entry in registry.commands().iter().filter(|entry| entry.meta.plugin == meta.id) {
        let _ = write!(
            page,
            "\n## Command `{}`\n\n{}\n",
            entry.meta.full_name(),
            entry.meta.docs.trim()
        );
        table(&mut page, "", &entry.meta.args);
    }
    page
}

/// The properties of an object, one row each; those of objects inside by their path.
fn table(page: &mut String, heading: &str, schema: &Value) {
    let mut rows = String::new();
    collect(&mut rows, "", schema);
    if !rows.is_empty() {
        let _ = write!(page, "{heading}\n| name | type | default | |\n|---|---|---|---|\n{rows}");
    }
}

fn collect(rows: &mut String, above: &str, schema: &Value) {
    let required = |name: &str| {
        schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name))
    };
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let default = match property.get("default") {
            Some(default) => format!("`{}`", cell(&default.to_string())),
            None if required(name) => "required".to_owned(),
            None => String::new(),
        };
        let docs = cell(property["description"].as_str().unwrap_or_default());
        let _ = writeln!(rows, "| `{above}{name}` | {} | {default} | {docs} |", kind(property));
        collect(rows, &format!("{above}{name}."), property);
        collect(rows, &format!("{above}{name}[]."), &property["items"]);
    }
}

/// What is written for a property, in the words of the language's manual.
fn kind(property: &Value) -> String {
    if property.get(schema::BLOCK).is_some() {
        return "steps".to_owned();
    }
    if let Some(choices) = property["enum"].as_array() {
        return choices
            .iter()
            .map(|choice| format!("`{}`", choice.as_str().unwrap_or_default()))
            .collect::<Vec<_>>()
            .join(", ");
    }
    if let Some(choices) = property["oneOf"].as_array() {
        let names: Vec<String> = choices
            .iter()
            .filter_map(|choice| Some(format!("`{}`", choice["const"].as_str()?)))
            .collect();
        return names.join(", ");
    }
    match (property["type"].as_str(), property["format"].as_str()) {
        (_, Some("locus-duration")) => "duration".to_owned(),
        (Some("array"), _) => format!("list of {}", kind(&property["items"])),
        (Some("object"), _) if property["additionalProperties"].is_object() => {
            format!("mapping to {}", kind(&property["additionalProperties"]))
        }
        (Some(ty), _) => ty.to_owned(),
        _ => "any".to_owned(),
    }
}

/// A text inside a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace("\n\n", " ").replace('\n', " ")
}
