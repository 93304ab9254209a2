//! Who a plugin is.

use serde::Serialize;
use serde_json::Value;

use crate::param::Param;

/// Version of this contract, by itself: it changes when the contract does, whatever the product's version.
pub const API_VERSION: (u32, u32) = (1, 0);

/// A plugin. The struct's fields are its config; `#[derive(Plugin)]` lifts its doc comment and attributes into the description.
pub trait Plugin: Param + Send + Sync + 'static {
    /// The description.
    fn meta() -> PluginMeta;
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
    /// What others may rely on.
    pub provides: Vec<String>,
    /// What must be there.
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
