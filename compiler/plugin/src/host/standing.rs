//! How a plugin stands in a project: its config with defaults, and what it is granted.

use std::collections::BTreeSet;
use std::sync::Arc;

use locus_model::PluginUse;
use serde_json::Value;

use super::{HostError, PluginHost};
use crate::meta::PluginMeta;
use crate::permission;
use crate::schema::with_defaults;

/// How a plugin stands in a project.
#[derive(Clone, PartialEq, Debug)]
pub struct Standing {
    /// Its id.
    pub plugin: Arc<str>,
    /// Its config, with defaults.
    pub config: Arc<Value>,
    /// What it is granted of that which is [implied](permission::is_implied); `None`: everything, as for tests and built-in plugins.
    pub granted: Option<Arc<BTreeSet<String>>>,
    /// What it is granted of the rest, as the project writes it; `None`: everything, as for tests.
    pub explicit: Option<Arc<BTreeSet<String>>>,
}

impl Standing {
    /// A plugin without config, which may do everything: for tests.
    #[must_use]
    pub fn free(plugin: impl Into<String>) -> Self {
        let config = Arc::new(Value::Object(serde_json::Map::new()));
        Self { plugin: plugin.into().into(), config, granted: None, explicit: None }
    }

    /// What a plugin declares, as far as the project grants it.
    #[must_use]
    pub fn of(meta: &PluginMeta, project: Option<&PluginUse>) -> Self {
        let config = project.map_or(Value::Null, |plugin| plugin.config.clone());
        let wanted = project.and_then(|plugin| plugin.permissions.as_ref());
        let implied = meta.permissions.iter().filter(|name| permission::is_implied(name));
        let granted = implied.filter(|name| wanted.is_none_or(|list| list.contains(name)));
        let is_declared = |name: &str| meta.permissions.iter().any(|declared| declared == name);
        let explicit = wanted
            .into_iter()
            .flatten()
            .filter(|name| !permission::is_implied(name) && is_declared(permission::part(name).0));
        Self {
            plugin: meta.id.as_str().into(),
            config: Arc::new(with_defaults(&meta.config, config)),
            granted: (!meta.is_built_in()).then(|| Arc::new(granted.cloned().collect())),
            explicit: Some(Arc::new(explicit.cloned().collect())),
        }
    }

    /// All that a plugin which declares these permissions has, as the project writes it.
    pub fn effective<'a>(&'a self, meta: &'a PluginMeta) -> impl Iterator<Item = &'a str> {
        let implied = meta.permissions.iter().filter(|name| permission::is_implied(name));
        let granted = implied
            .filter(|name| self.granted.as_ref().is_none_or(|granted| granted.contains(*name)));
        let explicit = self.explicit.as_deref().into_iter().flatten();
        granted.chain(explicit).map(String::as_str)
    }

    /// Whether the plugin may do what needs this permission. A refusal is recorded.
    ///
    /// # Errors
    /// `permission_denied`.
    pub fn allowed(&self, permission: &str, host: &Arc<dyn PluginHost>) -> Result<(), HostError> {
        if self.granted.as_ref().is_none_or(|granted| granted.contains(permission)) {
            return Ok(());
        }
        Err(self.denied(permission, host))
    }

    /// Whether the plugin may run this program of the machine. A refusal is recorded.
    ///
    /// # Errors
    /// `permission_denied`.
    pub fn may_run(&self, program: &str, host: &Arc<dyn PluginHost>) -> Result<(), HostError> {
        let grants = |granted: &String| {
            let (name, only) = permission::part(granted);
            name == permission::RUN_COMMAND && only.is_none_or(|only| only == program)
        };
        if self.explicit.as_ref().is_none_or(|explicit| explicit.iter().any(grants)) {
            return Ok(());
        }
        let name = format!("{}:{program}", permission::RUN_COMMAND);
        let HostError { code, message } = self.denied(&name, host);
        let plugin = &self.plugin;
        let how = format!(
            "write `plugins: {{ {plugin}: {{ permissions: [\"{name}\"] }} }}` in `locus.yaml`, or `{}` for every program",
            permission::RUN_COMMAND
        );
        Err(HostError::new(&code, format!("{message}; {how}")))
    }

    fn denied(&self, permission: &str, host: &Arc<dyn PluginHost>) -> HostError {
        host.audit(&self.plugin, "denied", permission);
        HostError::new(
            "permission_denied",
            format!(
                "the plugin `{}` has no permission `{permission}`: it must declare it, and the project must grant it",
                self.plugin
            ),
        )
    }
}
