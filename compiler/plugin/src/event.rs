//! Events: facts that steps tell to whoever listens, and what a step can listen for. Their shape is that of CloudEvents 1.0.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The version of CloudEvents that events follow.
pub const SPEC_VERSION: &str = "1.0";

/// An event, in the JSON form of CloudEvents 1.0.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CloudEvent {
    /// [`SPEC_VERSION`].
    pub specversion: String,
    /// Its id: no other event of the same source has it.
    pub id: String,
    /// Who tells it.
    pub source: String,
    /// What kind of fact it is: `order.placed`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// What it is about: an order's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it happened, in RFC 3339.
    pub time: String,
    /// The media type of `data`.
    #[serde(default = "json_type")]
    pub datacontenttype: String,
    /// What it says.
    #[serde(default)]
    pub data: Value,
}

/// An event that is to be told; the host adds its id and its time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EventDraft {
    /// What kind of fact it is.
    pub event_type: String,
    /// Who tells it; the host names the workflow when nothing is given.
    pub source: Option<String>,
    /// What it is about.
    pub subject: Option<String>,
    /// What it says.
    pub data: Value,
}

/// What a step listens for. The host delivers only events that fit in everything that is given.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Subscription {
    /// The type of the events.
    pub event_type: String,
    /// What they are about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Fields of their data, by name, with the values they must have.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
    /// JSON pointer to a lazy parameter of the step, which says of each `$event` whether it fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matching: Option<String>,
}

fn json_type() -> String {
    "application/json".to_owned()
}

impl CloudEvent {
    /// The event of a draft.
    #[must_use]
    pub fn new(draft: EventDraft, id: String, source: String, time: String) -> Self {
        Self {
            specversion: SPEC_VERSION.to_owned(),
            id,
            source: draft.source.unwrap_or(source),
            event_type: draft.event_type,
            subject: draft.subject,
            time,
            datacontenttype: json_type(),
            data: draft.data,
        }
    }

    /// It as a value: what expressions see of it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }
}

impl Subscription {
    /// Listens for all events of a type.
    #[must_use]
    pub fn to(event_type: impl Into<String>) -> Self {
        Self { event_type: event_type.into(), subject: None, fields: Map::new(), matching: None }
    }

    /// Whether an event fits, but for [`Self::matching`], which only a host can evaluate.
    #[must_use]
    pub fn fits(&self, event: &CloudEvent) -> bool {
        self.event_type == event.event_type
            && self.subject.as_ref().is_none_or(|subject| event.subject.as_ref() == Some(subject))
            && self.fields.iter().all(|(name, wanted)| {
                event.data.get(name).is_some_and(|found| is_same(found, wanted))
            })
    }
}

/// Equal as authors mean it: `1` is `1.0`.
fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || left.as_f64() == right.as_f64()
        }
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(data: Value) -> CloudEvent {
        let draft = EventDraft {
            event_type: "order.paid".to_owned(),
            source: None,
            subject: Some("o-1".to_owned()),
            data,
        };
        let time = "2026-01-01T00:00:00Z".to_owned();
        CloudEvent::new(draft, "e-1".to_owned(), "/shop".to_owned(), time)
    }

    #[test]
    fn an_event_is_written_as_cloudevents_has_it() {
        let expected = json!({
            "specversion": "1.0", "id": "e-1", "source": "/shop", "type": "order.paid", "subject": "o-1",
            "time": "2026-01-01T00:00:00Z", "datacontenttype": "application/json", "data": { "n": 1 },
        });
        assert_eq!(event(json!({ "n": 1 })).to_value(), expected);
    }

    #[test]
    fn everything_that_is_given_must_fit() {
        let all = Subscription::to("order.paid");
        let fields = |value: Value| Subscription {
            fields: Map::from_iter([("n".to_owned(), value)]),
            ..all.clone()
        };
        let subject = |text: &str| Subscription { subject: Some(text.to_owned()), ..all.clone() };
        let event = event(json!({ "n": 1 }));
        for fitting in [all.clone(), fields(json!(1)), fields(json!(1.0)), subject("o-1")] {
            assert!(fitting.fits(&event), "{fitting:?}");
        }
        for other in
            [Subscription::to("order"), fields(json!("1")), fields(json!(null)), subject("o")]
        {
            assert!(!other.fits(&event), "{other:?}");
        }
    }
}
