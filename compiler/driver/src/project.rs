//! The plugins as a project wants them: what its manifest, with the chosen profile, makes of those that are linked.

use std::sync::Arc;

use indexmap::IndexMap;
use locus_analysis::{Shapes, plugin_uses};
use locus_diag::Diagnostic;
use locus_model::{Node, PluginUse};
use locus_plugin::Registry;

/// The plugins of a project, kept as long as the project says the same of them.
#[derive(Default)]
pub(crate) struct Plugins {
    /// What the project says; `None` before the first look.
    uses: Option<IndexMap<String, PluginUse>>,
    pub(crate) registry: Registry,
    /// The shapes of its step types.
    pub(crate) shapes: Arc<Shapes>,
    /// Why the plugins do not fit together any longer; then all are used.
    pub(crate) problems: Vec<Diagnostic>,
}

impl Plugins {
    /// Looks at what the manifest says. Whether other plugins are used than before, or in another way; then nothing that they did holds.
    pub(crate) fn look(
        &mut self,
        manifest: Option<&Node>,
        profile: Option<&str>,
        linked: &Registry,
    ) -> bool {
        let uses = plugin_uses(manifest, profile, linked);
        if self.uses.as_ref().is_some_and(|before| is_same(before, &uses)) {
            return false;
        }
        let (registry, problems) = match linked.for_project(&uses) {
            Ok(registry) => (registry, Vec::new()),
            Err(problems) => (linked.clone(), problems),
        };
        let shapes = Arc::new(Shapes::new(&registry));
        *self = Self { uses: Some(uses), registry, shapes, problems };
        true
    }
}

/// Whether plugins are used in the same way, wherever that is written.
fn is_same(before: &IndexMap<String, PluginUse>, now: &IndexMap<String, PluginUse>) -> bool {
    let way =
        |plugin: &PluginUse| (plugin.enabled, plugin.config.clone(), plugin.permissions.clone());
    before.len() == now.len()
        && before.iter().all(|(id, plugin)| now.get(id).is_some_and(|now| way(now) == way(plugin)))
}
