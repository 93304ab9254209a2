//! All plugins that are linked, sorted by name and checked. Registration by linking has no order and can miss a crate silently:
//! so hosts name every crate once (`use acme_shop as _;`), everything is sorted, and duplicates are errors.

use std::collections::{BTreeMap, BTreeSet};

use locus_diag::Diagnostic;

use crate::codes;
use crate::connection::ConnectionKind;
use crate::generator::GeneratorEntry;
use crate::hooks::HooksEntry;
use crate::meta::{API_VERSION, PluginMeta};
use crate::parser_hook::ParserHookEntry;
use crate::step::StepEntry;

/// One registered part of a plugin; the derives make it.
#[derive(Clone, Copy)]
pub struct Registration {
    /// The crate it comes from: a part belongs to the plugin declared in its crate.
    pub package: &'static str,
    /// What it is.
    pub part: Part,
}

/// The kinds of parts.
#[derive(Clone, Copy)]
pub enum Part {
    /// The plugin itself.
    Plugin(fn() -> PluginMeta),
    /// A step type.
    Step(fn() -> StepEntry),
    /// A kind of connection.
    Connection(fn() -> ConnectionKind),
    /// A generator.
    Generator(fn() -> GeneratorEntry),
    /// A parser hook.
    ParserHook(fn() -> ParserHookEntry),
    /// A set of hooks.
    Hooks(fn() -> HooksEntry),
}

/// What every derived part implements: for hosts that register without the linker, such as WASM.
pub trait Registered {
    /// The part.
    const REGISTRATION: Registration;
}

#[cfg(not(target_family = "wasm"))]
inventory::collect!(Registration);

/// Registers a part with the linker; used by generated code.
#[doc(hidden)]
#[macro_export]
#[cfg(not(target_family = "wasm"))]
macro_rules! __submit {
    ($registration:expr) => {
        $crate::__private::inventory::submit! { $registration }
    };
}

/// There is no registration by linking on WASM: see [`Registered`].
#[doc(hidden)]
#[macro_export]
#[cfg(target_family = "wasm")]
macro_rules! __submit {
    ($registration:expr) => {};
}

/// The linked plugins and their parts, by name. Built once.
#[derive(Clone, Default)]
pub struct Registry {
    plugins: BTreeMap<String, PluginMeta>,
    steps: BTreeMap<String, StepEntry>,
    connection_kinds: BTreeMap<String, ConnectionKind>,
    generators: BTreeMap<String, GeneratorEntry>,
    parser_hooks: BTreeMap<String, ParserHookEntry>,
    hooks: Vec<HooksEntry>,
}

impl Registry {
    /// Everything that is linked into this program.
    ///
    /// # Errors
    /// Duplicates, parts without a plugin, unmet requirements, cycles: all of them.
    #[cfg(not(target_family = "wasm"))]
    pub fn linked() -> Result<Self, Vec<Diagnostic>> {
        Self::build(inventory::iter::<Registration>.into_iter().copied())
    }

    /// These parts.
    ///
    /// # Errors
    /// Duplicates, parts without a plugin, unmet requirements, cycles: all of them.
    pub fn build(parts: impl IntoIterator<Item = Registration>) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let parts: Vec<Registration> = parts.into_iter().collect();
        let owners = declared_plugins(&parts, &mut problems);
        let mut registry = Self {
            plugins: owners.values().map(|meta| (meta.id.clone(), meta.clone())).collect(),
            ..Self::default()
        };
        let mut hooks = BTreeMap::new();
        for registration in &parts {
            let owner = owners.get(registration.package).map(|meta| meta.id.as_str());
            registry.add(registration, owner, &mut hooks, &mut problems);
        }
        registry.check_requirements(&mut problems);
        registry.hooks = order_hooks(hooks, &mut problems);
        if problems.is_empty() {
            Ok(registry)
        } else {
            // The order of the parts is the linker's.
            problems.sort_by(|a, b| a.message.cmp(&b.message));
            Err(problems)
        }
    }

    /// The plugins, by id.
    pub fn plugins(&self) -> impl Iterator<Item = &PluginMeta> {
        self.plugins.values()
    }

    /// The step types, by name.
    pub fn steps(&self) -> impl Iterator<Item = &StepEntry> {
        self.steps.values()
    }

    /// The step type of this name.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<&StepEntry> {
        self.steps.get(name)
    }

    /// The kinds of connections, by name.
    pub fn connection_kinds(&self) -> impl Iterator<Item = &ConnectionKind> {
        self.connection_kinds.values()
    }

    /// The kind of connection of this name.
    #[must_use]
    pub fn connection_kind(&self, name: &str) -> Option<&ConnectionKind> {
        self.connection_kinds.get(name)
    }

    /// The generators, by name.
    pub fn generators(&self) -> impl Iterator<Item = &GeneratorEntry> {
        self.generators.values()
    }

    /// The generator of this name.
    #[must_use]
    pub fn generator(&self, name: &str) -> Option<&GeneratorEntry> {
        self.generators.get(name)
    }

    /// The parser hooks, by name.
    pub fn parser_hooks(&self) -> impl Iterator<Item = &ParserHookEntry> {
        self.parser_hooks.values()
    }

    /// The parser hook that reads a file of this name: the one with the longest suffix.
    #[must_use]
    pub fn parser_hook_for(&self, file: &str) -> Option<&ParserHookEntry> {
        self.parser_hooks
            .values()
            .filter_map(|entry| {
                let suffixes = entry.meta.suffixes.iter();
                let longest =
                    suffixes.filter(|s| file.ends_with(s.as_str())).map(String::len).max()?;
                Some((longest, entry))
            })
            .max_by_key(|(length, _)| *length)
            .map(|(_, entry)| entry)
    }

    /// The sets of hooks, in the order they run.
    pub fn hooks(&self) -> impl Iterator<Item = &HooksEntry> {
        self.hooks.iter()
    }

    fn add(
        &mut self,
        registration: &Registration,
        owner: Option<&str>,
        hooks: &mut BTreeMap<(String, String), HooksEntry>,
        problems: &mut Vec<Diagnostic>,
    ) {
        let package = registration.package;
        let plugin = owner.unwrap_or_default().to_owned();
        let (what, name, defined_at, earlier) = match registration.part {
            Part::Plugin(_) => return,
            Part::Step(make) => {
                let mut entry = make();
                entry.ty.plugin = plugin;
                let (name, at) = (entry.ty.name.clone(), entry.ty.defined_at.clone());
                if let Some(mistake) = entry.ty.result.mistake(&entry.ty.params) {
                    problems.push(wrong_rule(&name, &at, &mistake));
                }
                let earlier = self.steps.insert(name.clone(), entry);
                ("step type", name, at, earlier.map(|e| (e.ty.plugin, e.ty.defined_at)))
            }
            Part::Connection(make) => {
                let mut kind = make();
                kind.plugin = plugin;
                let (name, at) = (kind.name.clone(), kind.defined_at.clone());
                let earlier = self.connection_kinds.insert(name.clone(), kind);
                ("kind of connection", name, at, earlier.map(|k| (k.plugin, k.defined_at)))
            }
            Part::Generator(make) => {
                let mut entry = make();
                entry.meta.plugin = plugin;
                let (name, at) = (entry.meta.name.clone(), entry.meta.defined_at.clone());
                let earlier = self.generators.insert(name.clone(), entry);
                ("generator", name, at, earlier.map(|e| (e.meta.plugin, e.meta.defined_at)))
            }
            Part::ParserHook(make) => {
                let mut entry = make();
                entry.meta.plugin = plugin;
                let (name, at) = (entry.meta.name.clone(), entry.meta.defined_at.clone());
                for other in self.parser_hooks.values() {
                    if let Some(suffix) = entry
                        .meta
                        .suffixes
                        .iter()
                        .find(|suffix| other.meta.suffixes.contains(suffix))
                    {
                        problems.push(duplicate(
                            "parser hook for files ending in",
                            suffix,
                            (&entry.meta.plugin, &at),
                            (&other.meta.plugin, &other.meta.defined_at),
                        ));
                    }
                }
                let earlier = self.parser_hooks.insert(name.clone(), entry);
                ("parser hook", name, at, earlier.map(|e| (e.meta.plugin, e.meta.defined_at)))
            }
            Part::Hooks(make) => {
                let mut entry = make();
                entry.meta.plugin = plugin;
                let (name, at) = (entry.meta.name.clone(), entry.meta.defined_at.clone());
                let key = (entry.meta.plugin.clone(), name.clone());
                let earlier = hooks.insert(key, entry);
                ("set of hooks", name, at, earlier.map(|e| (e.meta.plugin, e.meta.defined_at)))
            }
        };
        if owner.is_none() {
            problems.push(
                Diagnostic::new(
                    codes::PLUGIN_NOT_DECLARED,
                    format!("the {what} `{name}` ({defined_at}) is in the crate `{package}`, which does not declare exactly one plugin"),
                )
                .help("add one struct with `#[derive(Plugin)] #[plugin(id = \"owner.name\")]` to that crate"),
            );
        }
        if let Some((other_plugin, other_at)) = earlier {
            let plugin = owner.unwrap_or(package);
            problems.push(duplicate(
                what,
                &name,
                (plugin, &defined_at),
                (&other_plugin, &other_at),
            ));
        }
    }

    fn check_requirements(&self, problems: &mut Vec<Diagnostic>) {
        let provided: BTreeSet<&str> = self
            .plugins
            .values()
            .flat_map(|meta| {
                std::iter::once(meta.id.as_str()).chain(meta.provides.iter().map(String::as_str))
            })
            .collect();
        for meta in self.plugins.values() {
            if meta.api.0 != API_VERSION.0 || meta.api.1 > API_VERSION.1 {
                problems.push(
                    Diagnostic::new(
                        codes::PLUGIN_API_MISMATCH,
                        format!(
                            "the plugin `{}` {} needs version {}.{} of the plugin contract, this program offers {}.{}",
                            meta.id, meta.version, meta.api.0, meta.api.1, API_VERSION.0, API_VERSION.1
                        ),
                    )
                    .help("build it against the `locus-plugin` crate of this version, or use another version of it"),
                );
            }
            for required in meta.requires.iter().filter(|name| !provided.contains(name.as_str())) {
                problems.push(
                    Diagnostic::new(
                        codes::PLUGIN_REQUIREMENT,
                        format!("the plugin `{}` requires `{required}`, which no linked plugin provides", meta.id),
                    )
                    .help("link a plugin that provides it, or leave this one out"),
                );
            }
            for other in meta.conflicts.iter().filter(|name| provided.contains(name.as_str())) {
                problems.push(
                    Diagnostic::new(
                        codes::PLUGIN_REQUIREMENT,
                        format!("the plugin `{}` cannot be used together with `{other}`", meta.id),
                    )
                    .help("leave one of the two out"),
                );
            }
        }
    }
}

/// The plugin of each crate that declares exactly one.
fn declared_plugins<'a>(
    parts: &'a [Registration],
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<&'a str, PluginMeta> {
    let mut owners: BTreeMap<&str, PluginMeta> = BTreeMap::new();
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let mut several = BTreeSet::new();
    for registration in parts {
        let Part::Plugin(make) = registration.part else { continue };
        let meta = make();
        if let Some(package) = ids.insert(meta.id.clone(), meta.package.clone()) {
            problems.push(duplicate(
                "plugin",
                &meta.id,
                (&meta.id, &meta.package),
                (&meta.id, &package),
            ));
        }
        if owners.insert(registration.package, meta).is_some() {
            several.insert(registration.package);
        }
    }
    owners.retain(|package, _| !several.contains(package));
    for package in several {
        problems.push(
            Diagnostic::new(
                codes::PLUGIN_NOT_DECLARED,
                format!("the crate `{package}` declares several plugins"),
            )
            .help("a crate is one plugin: make a crate for each"),
        );
    }
    owners
}

fn duplicate(what: &str, name: &str, one: (&str, &str), other: (&str, &str)) -> Diagnostic {
    // Which of the two came first is the linker's choice: name them in a fixed order.
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    Diagnostic::new(
        codes::DUPLICATE_PLUGIN_PART,
        format!(
            "the {what} `{name}` is there twice: in plugin `{}` ({}) and in plugin `{}` ({})",
            first.0, first.1, second.0, second.1
        ),
    )
    .help("rename one of them, or leave one of the plugins out")
}

fn wrong_rule(name: &str, defined_at: &str, mistake: &str) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_RESULT_RULE,
        format!("the rule for the result of the step type `{name}` ({defined_at}) cannot be: {mistake}"),
    )
    .help("name parameters and blocks by JSON pointers into the step's parameters, and types in the notation of the language")
}

/// Orders sets of hooks: `before` and `after` first, then plugin id and name.
fn order_hooks(
    mut waiting: BTreeMap<(String, String), HooksEntry>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<HooksEntry> {
    let mut earlier: BTreeMap<(String, String), BTreeSet<(String, String)>> = BTreeMap::new();
    for (key, entry) in &waiting {
        for other in waiting.keys().filter(|other| *other != key) {
            if entry.meta.after.contains(&other.0) {
                earlier.entry(key.clone()).or_default().insert(other.clone());
            }
            if entry.meta.before.contains(&other.0) {
                earlier.entry(other.clone()).or_default().insert(key.clone());
            }
        }
    }
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let is_free = |key: &(String, String)| {
            earlier.get(key).is_none_or(|before| before.iter().all(|b| !waiting.contains_key(b)))
        };
        let Some(next) = waiting.keys().find(|key| is_free(key)).cloned() else {
            problems.push(cycle(&waiting, &earlier));
            break;
        };
        ordered.extend(waiting.remove(&next));
    }
    ordered
}

/// Follows what each waits for until one comes again.
fn cycle(
    waiting: &BTreeMap<(String, String), HooksEntry>,
    earlier: &BTreeMap<(String, String), BTreeSet<(String, String)>>,
) -> Diagnostic {
    let mut trail: Vec<&(String, String)> = Vec::new();
    let mut current = waiting.keys().next();
    while let Some(key) = current {
        if let Some(start) = trail.iter().position(|seen| *seen == key) {
            trail.drain(..start);
            trail.push(key);
            break;
        }
        trail.push(key);
        current =
            earlier.get(key).and_then(|before| before.iter().find(|b| waiting.contains_key(*b)));
    }
    let names: Vec<String> =
        trail.iter().map(|(plugin, name)| format!("`{plugin}/{name}`")).collect();
    Diagnostic::new(
        codes::HOOK_ORDER_CYCLE,
        format!("hooks wait for each other: {}", names.join(" after ")),
    )
    .help("take one of the `before` or `after` out")
}
