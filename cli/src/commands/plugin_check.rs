//! `locus plugin check`: what linked plugins should say of themselves, and whether the examples in their documentation compile. Given a folder,
//! the plugin that is there, through its host. `locus plugin test`: its tests, then the check.

use std::path::Path;
use std::process::Command;

use locus_compiler::compile_in;
use locus_diag::{Diagnostic, Diagnostics, Severity, Sources};
use locus_plugin::codes::PLUGIN_LINT;
use locus_plugin::lint::{Finding, lint};
use locus_plugin::{PluginMeta, Registry};
use locus_syntax::MemoryWorld;
use serde_json::{Value, json};

use super::plugin_show::find;
use crate::ui::{Failed, Outcome, Ui};

/// Checks the linked plugin of an id, the plugin in a folder, or all that are linked and not built in.
pub(crate) fn check(registry: &Registry, plugin: Option<&str>, as_json: bool, ui: Ui) -> Outcome {
    let plugins: Vec<&PluginMeta> = match plugin {
        Some(folder) if registry.plugin(folder).is_none() && Path::new(folder).is_dir() => {
            let mut args = vec!["plugin", "check"];
            if as_json {
                args.push("--json");
            }
            return through_host(Path::new(folder), &args, ui);
        }
        Some(id) => vec![find(registry, id, ui)?],
        None => registry.plugins().filter(|meta| !meta.is_built_in()).collect(),
    };
    if plugins.is_empty() {
        let help =
            "name a built-in one, or the folder of a plugin: `locus plugin check ./acme-chat`";
        return Err(ui.error("no plugin is linked besides the built-in ones", Some(help)));
    }
    let found: Vec<(&PluginMeta, Vec<Finding>)> = plugins
        .into_iter()
        .map(|meta| {
            let mut findings = lint(registry, meta);
            findings.extend(examples(registry, &meta.id));
            (meta, findings)
        })
        .collect();
    let count: usize = found.iter().map(|(_, findings)| findings.len()).sum();
    if as_json {
        let all =
            found.iter().map(|(meta, findings)| json!({ "plugin": meta.id, "findings": findings }));
        ui.json(&Value::Array(all.collect()));
    } else {
        let all = found.iter().flat_map(|(meta, findings)| {
            findings.iter().map(|finding| {
                let message = format!("{}: {}", finding.subject, finding.problem);
                let mut problem = Diagnostic::new(PLUGIN_LINT, message).help(&*finding.help);
                problem.plugin = Some(meta.id.clone());
                problem
            })
        });
        ui.diagnostics(&Diagnostics::from(all.collect::<Vec<_>>()), &Sources::default());
        for (meta, findings) in &found {
            if findings.is_empty() {
                ui.result(format_args!("{} {}: nothing to mend", meta.id, meta.version));
            }
        }
    }
    if count == 0 { Ok(()) } else { Err(Failed) }
}

/// The examples of a plugin's documentation that are programs and do not compile.
fn examples(registry: &Registry, plugin: &str) -> Vec<Finding> {
    let steps = registry
        .steps()
        .map(|entry| ("step type", &entry.ty.name, &entry.ty.plugin, &entry.ty.docs));
    let generators = registry
        .generators()
        .map(|entry| ("generator", &entry.meta.name, &entry.meta.plugin, &entry.meta.docs));
    let hooks = registry
        .hooks()
        .map(|entry| ("set of hooks", &entry.meta.name, &entry.meta.plugin, &entry.meta.docs));
    let mut findings = Vec::new();
    for (what, name, owner, docs) in steps.chain(generators).chain(hooks) {
        if owner != plugin {
            continue;
        }
        for example in blocks(docs) {
            let world = MemoryWorld::new([("example.locus.yaml", example.as_str())]);
            let compiled = compile_in(&world, "example.locus.yaml", registry);
            let errors =
                compiled.diagnostics.iter().filter(|problem| problem.severity == Severity::Error);
            findings.extend(errors.map(|problem| Finding {
                subject: format!("{what} `{name}`"),
                problem: format!(
                    "an example in its documentation is wrong: {} ({})",
                    problem.message, problem.code
                ),
                help: "mend the example in the doc comment".to_owned(),
            }));
        }
    }
    findings
}

/// The programs among the YAML blocks of a text: those that begin with a section of a spec.
fn blocks(docs: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    let mut inside = false;
    for line in docs.lines() {
        match line.trim() {
            "```yaml" if !inside => {
                inside = true;
                blocks.push(String::new());
            }
            "```" => inside = false,
            _ => {
                if let Some(block) = blocks.last_mut().filter(|_| inside) {
                    block.push_str(line);
                    block.push('\n');
                }
            }
        }
    }
    blocks.retain(|block| block.starts_with("workflows:") || block.contains("\nworkflows:"));
    blocks
}

/// Runs the tests of the plugin in a folder, then checks it.
pub(crate) fn test(folder: &Path, ui: Ui) -> Outcome {
    cargo(folder, &["test"], ui)?;
    through_host(folder, &["plugin", "check"], ui)
}

/// Calls the command of the host that lies beside a plugin.
fn through_host(folder: &Path, args: &[&str], ui: Ui) -> Outcome {
    let host = folder.join("host");
    if !host.join("Cargo.toml").is_file() {
        let help = "make one as `locus plugin new` does, or call `plugin check` of the host that links the plugin";
        return Err(ui.error(
            format_args!("`{}` has no host: there is no `host/Cargo.toml`", folder.display()),
            Some(help),
        ));
    }
    let mut all = vec!["run", "--quiet", "--manifest-path", "host/Cargo.toml", "--"];
    all.extend(args);
    cargo(folder, &all, ui)
}

fn cargo(folder: &Path, args: &[&str], ui: Ui) -> Outcome {
    if !folder.join("Cargo.toml").is_file() {
        let help = "name the folder of a plugin's crate";
        return Err(ui.error(format_args!("`{}` holds no crate", folder.display()), Some(help)));
    }
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(program).args(args).current_dir(folder).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        // It has said what is wrong.
        Ok(_) => Err(Failed),
        Err(error) => Err(ui.error(
            format_args!("cargo cannot be called: {error}"),
            Some("install Rust from https://rustup.rs"),
        )),
    }
}
