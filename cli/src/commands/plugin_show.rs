//! `locus plugin show`: one plugin, what it may do, and how the project configures it. `locus plugin migrate` and `locus plugin call`.

use std::path::Path;

use locus_compiler::Compilation;
use locus_diag::did_you_mean;
use locus_plugin::{PluginMeta, Registry, permission};
use serde_json::{Value, json};

use super::plugin::describe;
use crate::ui::{Failed, Outcome, Ui, foreign};

pub(crate) fn show(
    registry: &Registry,
    id: &str,
    project: &Path,
    as_json: bool,
    ui: Ui,
) -> Outcome {
    let meta = find(registry, id, ui)?;
    let compilation = locus_compiler::compile(project, registry);
    let used = compilation.registry.plugin(id).is_some();
    let standing = compilation.registry.standing(id);
    let granted: Vec<&str> = standing.effective(meta).filter(|_| used).collect();
    if as_json {
        let mut value = describe(registry, id);
        value["project"] = json!({
            "enabled": used,
            "config": &*standing.config,
            "permissions": granted,
        });
        ui.json(&value);
        return Ok(());
    }
    let stability = json!(meta.stability);
    let stability = stability.as_str().unwrap_or_default();
    ui.result(format_args!("{} {} ({stability})", ui.paint(id, "1"), meta.version));
    ui.result(foreign(meta.description.trim()));
    let (major, minor) = meta.api;
    ui.result(format_args!("contract     {major}.{minor}"));
    ui.result(format_args!("in project   {}", if used { "enabled" } else { "disabled" }));
    for (word, list) in [
        ("provides", &meta.provides),
        ("requires", &meta.requires),
        ("can use", &meta.optional),
        ("conflicts", &meta.conflicts),
    ] {
        if !list.is_empty() {
            ui.result(format_args!("{word:12} {}", list.join(", ")));
        }
    }
    if meta.permissions.is_empty() {
        ui.result("permissions  none");
    }
    for name in &meta.permissions {
        let known = permission::ALL.iter().find(|(known, _)| known == name);
        let words = known.map_or("", |(_, words)| words);
        let parts = granted.iter().filter(|granted| permission::part(granted).0 == name);
        let only: Vec<&str> = parts.clone().filter_map(|part| permission::part(part).1).collect();
        let word = match (parts.count(), only.len()) {
            (0, _) => "not granted".to_owned(),
            (all, some) if all == some => format!("granted for {}", only.join(", ")),
            _ => "granted".to_owned(),
        };
        ui.result(format_args!("permission   {name}: {words} ({word})"));
    }
    ui.result(format_args!("config       {} (form {})", standing.config, meta.config_version));
    Ok(())
}

/// The config of a plugin in its present form, as the project would write it.
pub(crate) fn migrate(registry: &Registry, id: &str, project: &Path, ui: Ui) -> Outcome {
    find(registry, id, ui)?;
    let Compilation { program, diagnostics, sources, .. } =
        locus_compiler::compile(project, registry);
    let mut about: locus_diag::Diagnostics = locus_diag::Diagnostics::default();
    about.extend(
        diagnostics.into_iter().filter(|problem| problem.code.starts_with("plugin-config")),
    );
    ui.diagnostics(&about, &sources);
    if about.has_errors() {
        return Err(Failed);
    }
    match program.plugins.get(id) {
        Some(plugin) => ui.json(&json!({ id: { "config": plugin.config } })),
        None => ui.note(format_args!("the project does not configure `{id}`")),
    }
    Ok(())
}

/// Asks a plugin, as another plugin would.
pub(crate) fn call(
    registry: &Registry,
    name: &str,
    args: Option<&str>,
    project: &Path,
    ui: Ui,
) -> Outcome {
    let args: Value = serde_json::from_str(args.unwrap_or("{}")).map_err(|error| {
        ui.error(
            format_args!("the arguments are no JSON: {error}"),
            Some("give an object, for example '{\"name\": \"Ada\"}'"),
        )
    })?;
    let compilation = locus_compiler::compile(project, registry);
    let registry = &compilation.registry;
    match registry.commands().call("the command line", name, args, registry.host()) {
        Ok(answer) => {
            ui.json(&answer);
            Ok(())
        }
        Err(error) => Err(ui.error(format_args!("`{name}`: {error}"), None)),
    }
}

pub(super) fn find<'r>(registry: &'r Registry, id: &str, ui: Ui) -> Result<&'r PluginMeta, Failed> {
    registry.plugin(id).ok_or_else(|| {
        let known = || registry.plugins().map(|meta| meta.id.as_str());
        let help = match did_you_mean(id, known()) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("there are {}", known().collect::<Vec<_>>().join(", ")),
        };
        ui.error(format_args!("there is no plugin `{id}`"), Some(&help))
    })
}
