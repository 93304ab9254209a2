//! All plugins that are linked, sorted by name and checked. Registration by linking has no order and can miss a crate silently:
//! so hosts name every crate once (`use acme_chat_notify as _;`), everything is sorted, and duplicates are errors.

pub(crate) mod requirements;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use locus_diag::Diagnostic;
use locus_model::PluginUse;
use serde_json::Value;

use crate::codes;
use crate::command::{CommandEntry, Commands};
use crate::connection::ConnectionKind;
use crate::generator::GeneratorEntry;
use crate::hooks::{HooksEntry, Point, order};
use crate::host::dispatch::BoundHooks;
use crate::host::panics::caught;
use crate::host::{PluginHost, Standing, no_host};
use crate::meta::PluginMeta;
use crate::migration::MigrationEntry;
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

impl Registration {
    /// Everything that is linked into this program, in no order: for hosts that add parts of their own, see [`Registry::assemble`].
    #[cfg(not(target_family = "wasm"))]
    pub fn linked() -> impl Iterator<Item = Self> {
        inventory::iter::<Self>.into_iter().copied()
    }
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
    /// A command.
    Command(fn() -> CommandEntry),
    /// A migration of the plugin's config.
    Migration(fn() -> MigrationEntry),
}

/// A part with all that it is: what hosts register that make parts while they run, and what [`Part`] makes.
#[derive(Clone)]
pub enum PartEntry {
    /// The plugin itself.
    Plugin(PluginMeta),
    /// A step type.
    Step(StepEntry),
    /// A kind of connection.
    Connection(ConnectionKind),
    /// A generator.
    Generator(GeneratorEntry),
    /// A parser hook.
    ParserHook(ParserHookEntry),
    /// A set of hooks.
    Hooks(HooksEntry),
    /// A command.
    Command(CommandEntry),
    /// A migration of the plugin's config.
    Migration(MigrationEntry),
}

impl Part {
    /// The part itself.
    #[must_use]
    pub fn make(self) -> PartEntry {
        match self {
            Self::Plugin(make) => PartEntry::Plugin(make()),
            Self::Step(make) => PartEntry::Step(make()),
            Self::Connection(make) => PartEntry::Connection(make()),
            Self::Generator(make) => PartEntry::Generator(make()),
            Self::ParserHook(make) => PartEntry::ParserHook(make()),
            Self::Hooks(make) => PartEntry::Hooks(make()),
            Self::Command(make) => PartEntry::Command(make()),
            Self::Migration(make) => PartEntry::Migration(make()),
        }
    }
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

/// The linked plugins and their parts, by name, as they stand in a project. Built once; clones share everything.
#[derive(Clone)]
pub struct Registry {
    /// All that is linked.
    linked: Arc<Parts>,
    /// What is used of it.
    parts: Arc<Parts>,
    standings: Arc<BTreeMap<String, Arc<Standing>>>,
    /// The hooks of each point, in their order.
    points: Arc<Vec<Vec<BoundHooks>>>,
    commands: Commands,
    host: Arc<dyn PluginHost>,
}

/// Parts by name.
#[derive(Clone, Default)]
struct Parts {
    plugins: BTreeMap<String, PluginMeta>,
    steps: BTreeMap<String, StepEntry>,
    connection_kinds: BTreeMap<String, ConnectionKind>,
    generators: BTreeMap<String, GeneratorEntry>,
    parser_hooks: BTreeMap<String, ParserHookEntry>,
    commands: BTreeMap<String, CommandEntry>,
    migrations: BTreeMap<(String, u32), MigrationEntry>,
    hooks: BTreeMap<(String, String), HooksEntry>,
}

impl Default for Registry {
    fn default() -> Self {
        let none = Arc::new(Parts::default());
        Self {
            linked: Arc::clone(&none),
            parts: none,
            standings: Arc::default(),
            points: Arc::new(vec![Vec::new(); Point::ALL.len()]),
            commands: Commands::default(),
            host: no_host(),
        }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.parts.plugins.keys()).finish()
    }
}

impl Registry {
    /// Everything that is linked into this program.
    ///
    /// # Errors
    /// Duplicates, parts without a plugin, unmet requirements, cycles: all of them.
    #[cfg(not(target_family = "wasm"))]
    pub fn linked() -> Result<Self, Vec<Diagnostic>> {
        Self::build(Registration::linked())
    }

    /// These parts.
    ///
    /// # Errors
    /// Duplicates, parts without a plugin, unmet requirements, cycles: all of them.
    pub fn build(parts: impl IntoIterator<Item = Registration>) -> Result<Self, Vec<Diagnostic>> {
        Self::assemble(parts.into_iter().map(|part| (part.package.to_owned(), part.part.make())))
    }

    /// These parts, each with the package it comes from: for hosts that make parts while they run.
    ///
    /// # Errors
    /// Duplicates, parts without a plugin, unmet requirements, cycles: all of them.
    pub fn assemble(
        parts: impl IntoIterator<Item = (String, PartEntry)>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let entries: Vec<(String, PartEntry)> = parts.into_iter().collect();
        let owners = declared_plugins(&entries, &mut problems);
        let mut parts = Parts {
            plugins: owners.values().map(|meta| (meta.id.clone(), meta.clone())).collect(),
            ..Parts::default()
        };
        for (package, entry) in entries {
            let owner = owners.get(&package).map(|meta| meta.id.as_str());
            parts.add(&package, entry, owner, &mut problems);
        }
        requirements::check_ids(parts.plugins.values(), &mut problems);
        let parts = Arc::new(parts);
        let registry =
            Self::of(Arc::clone(&parts), parts, &IndexMap::new(), no_host(), &mut problems);
        if problems.is_empty() {
            Ok(registry)
        } else {
            // The order of the parts is the linker's.
            problems.sort_by(|a, b| a.message.cmp(&b.message));
            problems.dedup();
            Err(problems)
        }
    }

    /// What is used of what is linked, in a project.
    fn of(
        linked: Arc<Parts>,
        parts: Arc<Parts>,
        project: &IndexMap<String, PluginUse>,
        host: Arc<dyn PluginHost>,
        problems: &mut Vec<Diagnostic>,
    ) -> Self {
        requirements::check(parts.plugins.values(), problems);
        let standings: BTreeMap<String, Arc<Standing>> = parts
            .plugins
            .iter()
            .map(|(id, meta)| (id.clone(), Arc::new(Standing::of(meta, project.get(id)))))
            .collect();
        let standing = |plugin: &str| {
            standings.get(plugin).cloned().unwrap_or_else(|| Arc::new(Standing::free(plugin)))
        };
        let sets: Vec<HooksEntry> = parts.hooks.values().cloned().collect();
        let bound: Vec<BoundHooks> = sets
            .iter()
            .map(|entry| BoundHooks {
                entry: Arc::new(entry.clone()),
                standing: standing(&entry.meta.plugin),
            })
            .collect();
        let points = Point::ALL.iter().map(|point| match order::order(&sets, *point) {
            Ok(indices) => indices.into_iter().map(|index| bound[index].clone()).collect(),
            Err(found) => {
                problems.extend(found);
                Vec::new()
            }
        });
        let commands = parts
            .commands
            .iter()
            .map(|(name, entry)| (name.clone(), (entry.clone(), standing(&entry.meta.plugin))));
        Self {
            points: Arc::new(points.collect()),
            commands: Commands::new(commands.collect()),
            standings: Arc::new(standings),
            linked,
            parts,
            host,
        }
    }

    /// The same plugins in a host.
    #[must_use]
    pub fn hosted_by(mut self, host: Arc<dyn PluginHost>) -> Self {
        self.host = host;
        self
    }

    /// The plugins as a project wants them: with its config, and without those that it has disabled.
    ///
    /// # Errors
    /// A plugin requires one that is disabled.
    pub fn for_project(
        &self,
        project: &IndexMap<String, PluginUse>,
    ) -> Result<Self, Vec<Diagnostic>> {
        if project.is_empty() {
            return Ok(self.clone());
        }
        self.with(|id| project.get(id).is_none_or(|plugin| plugin.enabled), project)
    }

    /// Only the plugins that `keep` wants: safe mode.
    ///
    /// # Errors
    /// One of them requires one that is left out.
    pub fn only(&self, keep: impl Fn(&str) -> bool) -> Result<Self, Vec<Diagnostic>> {
        self.with(keep, &IndexMap::new())
    }

    fn with(
        &self,
        keep: impl Fn(&str) -> bool,
        project: &IndexMap<String, PluginUse>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let parts = if self.parts.plugins.keys().all(|id| keep(id)) {
            Arc::clone(&self.parts)
        } else {
            Arc::new(self.parts.keep(keep))
        };
        let registry = Self::of(
            Arc::clone(&self.linked),
            parts,
            project,
            Arc::clone(&self.host),
            &mut problems,
        );
        if problems.is_empty() { Ok(registry) } else { Err(problems) }
    }

    /// What the plugins run in.
    #[must_use]
    pub const fn host(&self) -> &Arc<dyn PluginHost> {
        &self.host
    }

    /// The plugins, by id.
    pub fn plugins(&self) -> impl Iterator<Item = &PluginMeta> {
        self.parts.plugins.values()
    }

    /// The plugin of this id.
    #[must_use]
    pub fn plugin(&self, id: &str) -> Option<&PluginMeta> {
        self.parts.plugins.get(id)
    }

    /// The plugin of this id, if it is linked and left out here.
    #[must_use]
    pub fn left_out(&self, id: &str) -> Option<&PluginMeta> {
        self.linked.plugins.get(id).filter(|_| !self.parts.plugins.contains_key(id))
    }

    /// The step type of this name, if it is one of a plugin that is left out here.
    #[must_use]
    pub fn left_out_step(&self, name: &str) -> Option<&StepEntry> {
        self.linked.steps.get(name).filter(|_| !self.parts.steps.contains_key(name))
    }

    /// How a plugin stands in the project; one that nobody knows may do everything and has no config.
    #[must_use]
    pub fn standing(&self, plugin: &str) -> Arc<Standing> {
        self.standings.get(plugin).cloned().unwrap_or_else(|| Arc::new(Standing::free(plugin)))
    }

    /// The step types, by name.
    pub fn steps(&self) -> impl Iterator<Item = &StepEntry> {
        self.parts.steps.values()
    }

    /// The step type of this name.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<&StepEntry> {
        self.parts.steps.get(name)
    }

    /// The kinds of connections, by name.
    pub fn connection_kinds(&self) -> impl Iterator<Item = &ConnectionKind> {
        self.parts.connection_kinds.values()
    }

    /// The kind of connection of this name.
    #[must_use]
    pub fn connection_kind(&self, name: &str) -> Option<&ConnectionKind> {
        self.parts.connection_kinds.get(name)
    }

    /// The generators, by name.
    pub fn generators(&self) -> impl Iterator<Item = &GeneratorEntry> {
        self.parts.generators.values()
    }

    /// The generator of this name.
    #[must_use]
    pub fn generator(&self, name: &str) -> Option<&GeneratorEntry> {
        self.parts.generators.get(name)
    }

    /// The parser hooks, by name.
    pub fn parser_hooks(&self) -> impl Iterator<Item = &ParserHookEntry> {
        self.parts.parser_hooks.values()
    }

    /// The parser hook that reads a file of this name: the one with the longest suffix.
    #[must_use]
    pub fn parser_hook_for(&self, file: &str) -> Option<&ParserHookEntry> {
        self.parts
            .parser_hooks
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

    /// The sets of hooks, by plugin and name.
    pub fn hooks(&self) -> impl Iterator<Item = &HooksEntry> {
        self.parts.hooks.values()
    }

    /// The hooks of a point, in the order they are called.
    #[must_use]
    pub fn hooks_at(&self, point: Point) -> &[BoundHooks] {
        self.points.get(point as usize).map_or(&[], Vec::as_slice)
    }

    /// The commands.
    #[must_use]
    pub const fn commands(&self) -> &Commands {
        &self.commands
    }

    /// The migrations of a plugin's config, by the form they take.
    pub fn migrations(&self, plugin: &str) -> impl Iterator<Item = &MigrationEntry> {
        let all = (plugin.to_owned(), 0)..=(plugin.to_owned(), u32::MAX);
        self.parts.migrations.range(all).map(|(_, entry)| entry)
    }
}

impl Registry {
    /// A plugin's config of an earlier form in the present one: through every migration between.
    ///
    /// # Errors
    /// What cannot be carried over; a migration that is missing or panics.
    pub fn migrate_config(
        &self,
        meta: &PluginMeta,
        from: u32,
        config: Value,
    ) -> Result<Value, String> {
        (from..meta.config_version).try_fold(config, |config, form| {
            let key = (meta.id.clone(), form);
            let Some(entry) = self.linked.migrations.get(&key) else {
                return Err(format!("the plugin has no migration from form {form}"));
            };
            caught(|| entry.migration.migrate(config)).unwrap_or_else(|text| {
                Err(format!("its migration from form {form} panicked: {text}"))
            })
        })
    }
}

impl Parts {
    /// The parts of the plugins that `keep` wants.
    fn keep(&self, keep: impl Fn(&str) -> bool) -> Self {
        let mut parts = self.clone();
        parts.plugins.retain(|id, _| keep(id));
        parts.steps.retain(|_, entry| keep(&entry.ty.plugin));
        parts.connection_kinds.retain(|_, kind| keep(&kind.plugin));
        parts.generators.retain(|_, entry| keep(&entry.meta.plugin));
        parts.parser_hooks.retain(|_, entry| keep(&entry.meta.plugin));
        parts.commands.retain(|_, entry| keep(&entry.meta.plugin));
        parts.migrations.retain(|(plugin, _), _| keep(plugin));
        parts.hooks.retain(|(plugin, _), _| keep(plugin));
        parts
    }

    fn add(
        &mut self,
        package: &str,
        entry: PartEntry,
        owner: Option<&str>,
        problems: &mut Vec<Diagnostic>,
    ) {
        let plugin = owner.unwrap_or_default().to_owned();
        let (what, name, defined_at, earlier) = match entry {
            PartEntry::Plugin(_) => return,
            PartEntry::Step(mut entry) => {
                entry.ty.plugin = plugin;
                let (name, at) = (entry.ty.name.clone(), entry.ty.defined_at.clone());
                if let Some(mistake) = entry.ty.result.mistake(&entry.ty.params) {
                    problems.push(wrong_rule(&name, &at, &mistake));
                }
                let earlier = self.steps.insert(name.clone(), entry);
                ("step type", name, at, earlier.map(|e| (e.ty.plugin, e.ty.defined_at)))
            }
            PartEntry::Connection(mut kind) => {
                kind.plugin = plugin;
                let (name, at) = (kind.name.clone(), kind.defined_at.clone());
                let earlier = self.connection_kinds.insert(name.clone(), kind);
                ("kind of connection", name, at, earlier.map(|k| (k.plugin, k.defined_at)))
            }
            PartEntry::Generator(mut entry) => {
                entry.meta.plugin = plugin;
                let (name, at) = (entry.meta.name.clone(), entry.meta.defined_at.clone());
                let earlier = self.generators.insert(name.clone(), entry);
                ("generator", name, at, earlier.map(|e| (e.meta.plugin, e.meta.defined_at)))
            }
            PartEntry::ParserHook(mut entry) => {
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
            PartEntry::Hooks(mut entry) => {
                entry.meta.plugin = plugin;
                let (name, at) = (entry.meta.name.clone(), entry.meta.defined_at.clone());
                let key = (entry.meta.plugin.clone(), name.clone());
                let earlier = self.hooks.insert(key, entry);
                ("set of hooks", name, at, earlier.map(|e| (e.meta.plugin, e.meta.defined_at)))
            }
            PartEntry::Command(mut entry) => {
                entry.meta.plugin = plugin;
                let (name, at) = (entry.meta.full_name(), entry.meta.defined_at.clone());
                let earlier = self.commands.insert(name.clone(), entry);
                ("command", name, at, earlier.map(|e| (e.meta.plugin, e.meta.defined_at)))
            }
            PartEntry::Migration(mut entry) => {
                entry.meta.plugin = plugin;
                let at = entry.meta.defined_at.clone();
                let key = (entry.meta.plugin.clone(), entry.meta.from);
                let name = format!("from {}", entry.meta.from);
                let earlier = self.migrations.insert(key, entry);
                ("migration", name, at, earlier.map(|e| (e.meta.plugin, e.meta.defined_at)))
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
}

/// The plugin of each crate that declares exactly one.
fn declared_plugins(
    parts: &[(String, PartEntry)],
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<String, PluginMeta> {
    let mut owners: BTreeMap<String, PluginMeta> = BTreeMap::new();
    let mut ids: BTreeMap<&str, &str> = BTreeMap::new();
    let mut several = BTreeSet::new();
    for (package, entry) in parts {
        let PartEntry::Plugin(meta) = entry else { continue };
        if let Some(other) = ids.insert(&meta.id, &meta.package) {
            let (one, two) = ((&*meta.id, &*meta.package), (&*meta.id, other));
            problems.push(duplicate("plugin", &meta.id, one, two));
        }
        if owners.insert(package.clone(), meta.clone()).is_some() {
            several.insert(package.clone());
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
