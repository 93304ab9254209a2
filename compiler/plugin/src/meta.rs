//! Who a plugin is.

use locus_model::Program;
use serde::Serialize;
use serde_json::Value;

use crate::param::{Param, ParamError};
use crate::registry::requirements::may_fit;
use crate::schema::with_defaults;

/// Version of this contract, by itself: it changes when the contract does, whatever the product's version.
pub const API_VERSION: (u32, u32) = (1, 0);

/// A plugin. The struct's fields are its config; `#[derive(Plugin)]` lifts its doc comment and attributes into the description.
pub trait Plugin: Param + Send + Sync + 'static {
    /// The description.
    fn meta() -> PluginMeta;

    /// The plugin as a program configures it: what generators and hooks that see programs read.
    ///
    /// # Errors
    /// The config does not fit; in a program that was checked it does.
    fn of(program: &Program) -> Result<Self, ParamError> {
        let meta = Self::meta();
        let config =
            program.plugins.get(&meta.id).map_or(Value::Null, |plugin| plugin.config.clone());
        Self::from_value(with_defaults(&meta.config, config))
    }
}

/// The description of a plugin.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PluginMeta {
    /// Its name, `owner.plugin` in lower case: `acme.shop`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The version of the contract it needs.
    pub api: (u32, u32),
    /// What it is for: the doc comment.
    pub description: String,
    /// The crate it comes from.
    pub package: String,
    /// What others may rely on: names, with a version behind `@` where it matters.
    pub provides: Vec<String>,
    /// What must be there: ids of plugins or names they provide, with the versions that will do behind `@` (`acme.http@^2.1`).
    pub requires: Vec<String>,
    /// What it uses when it is there.
    pub optional: Vec<String>,
    /// The plugins it cannot be used with.
    pub conflicts: Vec<String>,
    /// What it must be allowed to do.
    pub permissions: Vec<String>,
    /// How far its behaviour can be relied on.
    pub stability: Stability,
    /// JSON Schema of its config.
    pub config: Value,
    /// Which form its config has: counts up when a project's config must be rewritten, see [`migration`](crate::migration).
    pub config_version: u32,
}

impl PluginMeta {
    /// Whether it comes with Locus itself.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        is_built_in(&self.id)
    }

    /// Whether its version is one of those wanted: `^1.2`, `>=1, <3`. `None` where that is no requirement on a version; a version
    /// that cannot be compared is one of any.
    #[must_use]
    pub fn is_version(&self, wanted: &str) -> Option<bool> {
        may_fit(&self.version, wanted)
    }
}

/// Whether an id is one of those that come with Locus itself.
#[must_use]
pub fn is_built_in(id: &str) -> bool {
    id.starts_with("locus.")
}

/// How far behaviour can be relied on.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stability {
    /// Changes only with a new major version.
    #[default]
    Stable,
    /// May change.
    Preview,
    /// Will go away.
    Deprecated,
}
