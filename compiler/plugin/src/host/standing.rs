//! How a plugin stands in a project: its config with defaults, and what it is granted.

use std::collections::BTreeSet;
use std::sync::Arc;

use locus_model::PluginUse;
use serde_json::Value;

use super::{HostError, PluginHost};
use crate::meta::PluginMeta;
use crate::schema::with_defaults;

/// How a plugin stands in a project.
#[derive(Clone, PartialEq, Debug)]
pub struct Standing {
    /// Its id.
    pub plugin: Arc<str>,
    /// Its config, with defaults.
    pub config: Arc<Value>,
    /// What it is granted; `None`: everything, as for tests and built-in plugins.
    pub granted: Option<Arc<BTreeSet<String>>>,
}

impl Standing {
    /// A plugin without config, which may do everything: for tests.
    #[must_use]
    pub fn free(plugin: impl Into<String>) -> Self {
        let config = Arc::new(Value::Object(serde_json::Map::new()));
        Self { plugin: plugin.into().into(), config, granted: None }
    }

    /// What a plugin declares, as far as the project grants it.
    #[must_use]
    pub fn of(meta: &PluginMeta, project: Option<&PluginUse>) -> Self {
        let config = project.map_or(Value::Null, |plugin| plugin.config.clone());
        let wanted = project.and_then(|plugin| plugin.permissions.as_ref());
        let declared = meta.permissions.iter();
        let granted = declared.filter(|name| wanted.is_none_or(|list| list.contains(name)));
        Self {
            plugin: meta.id.as_str().into(),
            config: Arc::new(with_defaults(&meta.config, config)),
            granted: (!meta.is_built_in()).then(|| Arc::new(granted.cloned().collect())),
        }
    }

    /// Whether the plugin may do what needs this permission. A refusal is recorded.
    ///
    /// # Errors
    /// `permission_denied`.
    pub fn allowed(&self, permission: &str, host: &Arc<dyn PluginHost>) -> Result<(), HostError> {
        if self.granted.as_ref().is_none_or(|granted| granted.contains(permission)) {
            return Ok(());
        }
        host.audit(&self.plugin, "denied", permission);
        Err(HostError::new(
            "permission_denied",
            format!(
                "the plugin `{}` has no permission `{permission}`: it must declare it, and the project must grant it",
                self.plugin
            ),
        ))
    }
}
