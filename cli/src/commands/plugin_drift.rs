//! `locus plugin drift`: whether plugins, their config and their permissions are what the project recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use locus_compiler::Compilation;
use locus_model::identity::content_hash;
use locus_plugin::{Registry, permission};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::plugin_host::replace;
use crate::ui::{Failed, Outcome, Ui};

/// The record, beside the project file: it belongs to the project, so that everybody's plugins are compared with it.
const RECORD: &str = "locus-plugins.lock";

/// What the project recorded.
#[derive(Default, Serialize, Deserialize)]
struct Record {
    plugins: BTreeMap<String, Recorded>,
}

/// What is recorded of a plugin.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Recorded {
    version: String,
    api: (u32, u32),
    /// A hash of its config with defaults.
    config: String,
    /// The permissions it is granted.
    permissions: Vec<String>,
}

pub(crate) fn drift(
    registry: &Registry,
    project: &Path,
    record: bool,
    as_json: bool,
    ui: Ui,
) -> Outcome {
    let compilation = locus_compiler::compile(project, registry);
    let path = compilation.root.join(RECORD);
    let now = present(&compilation);
    if record {
        let text = serde_json::to_string_pretty(&Record { plugins: now }).unwrap_or_default();
        replace(&path, &(text + "\n")).map_err(|error| {
            ui.error(format_args!("cannot write `{}`: {error}", path.display()), None)
        })?;
        ui.note(format_args!("recorded in {}", path.display()));
        return Ok(());
    }
    let recorded = match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str::<Record>(&text).map_err(|error| {
            ui.error(
                format_args!("`{}` cannot be read: {error}", path.display()),
                Some("`locus plugin drift --record` writes it anew"),
            )
        })?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ui.error(
                format_args!("nothing is recorded: there is no `{}`", path.display()),
                Some("`locus plugin drift --record` writes it"),
            ));
        }
        Err(error) => {
            return Err(ui.error(format_args!("cannot read `{}`: {error}", path.display()), None));
        }
    };
    let changes = changes(&recorded.plugins, &now);
    if as_json {
        ui.json(&json!({ "changes": changes }));
    } else {
        changes.iter().for_each(|change| ui.result(change));
        if changes.is_empty() {
            ui.note("plugins are as recorded");
        }
    }
    if changes.is_empty() { Ok(()) } else { Err(Failed) }
}

fn present(compilation: &Compilation) -> BTreeMap<String, Recorded> {
    let registry = &compilation.registry;
    registry
        .plugins()
        .map(|meta| {
            let standing = registry.standing(&meta.id);
            // Those that come with Locus have whatever a plugin has without a word of the project.
            let counts = |name: &&str| standing.granted.is_some() || !permission::is_implied(name);
            let granted: BTreeSet<String> =
                standing.effective(meta).filter(counts).map(str::to_owned).collect();
            let recorded = Recorded {
                version: meta.version.clone(),
                api: meta.api,
                config: content_hash(&standing.config),
                permissions: granted.into_iter().collect(),
            };
            (meta.id.clone(), recorded)
        })
        .collect()
}

fn changes(before: &BTreeMap<String, Recorded>, now: &BTreeMap<String, Recorded>) -> Vec<String> {
    let mut changes = Vec::new();
    for (id, old) in before {
        let Some(new) = now.get(id) else {
            changes.push(format!("{id}: {} was recorded, and it is not used", old.version));
            continue;
        };
        if old.version != new.version {
            changes
                .push(format!("{id}: version {} was recorded, now {}", old.version, new.version));
        }
        if old.api != new.api {
            changes.push(format!("{id}: contract {:?} was recorded, now {:?}", old.api, new.api));
        }
        if old.config != new.config {
            changes.push(format!("{id}: its config is another one"));
        }
        for name in new.permissions.iter().filter(|name| !old.permissions.contains(name)) {
            changes.push(format!("{id}: the permission `{name}` was added"));
        }
        for name in old.permissions.iter().filter(|name| !new.permissions.contains(name)) {
            changes.push(format!("{id}: the permission `{name}` was taken away"));
        }
    }
    for (id, new) in now.iter().filter(|(id, _)| !before.contains_key(*id)) {
        changes.push(format!("{id}: {} is new", new.version));
    }
    changes
}
