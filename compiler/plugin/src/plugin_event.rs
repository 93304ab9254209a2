//! Events of plugins: what they tell each other without knowing each other.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A kind of event, declared by the plugin that publishes it and read by those that listen.
pub trait PluginEvent: Serialize + DeserializeOwned {
    /// Its topic, behind the id of the plugin: `acme.shop.order_paid`.
    const TOPIC: &'static str;
}

/// An event on its way.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EventMessage {
    /// Its topic.
    pub topic: String,
    /// The plugin that published it.
    pub plugin: String,
    /// What it says.
    pub payload: Value,
}

impl EventMessage {
    /// The event, if it is of this kind and reads as such.
    #[must_use]
    pub fn read<E: PluginEvent>(&self) -> Option<E> {
        (self.topic == E::TOPIC).then(|| E::deserialize(&self.payload).ok()).flatten()
    }
}
