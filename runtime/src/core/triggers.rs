//! Workflows that events start.

use std::collections::BTreeMap;
use std::sync::Arc;

use locus_expr::{Data, Scope};
use locus_model::{Trigger, Workflow};
use locus_plugin::{CloudEvent, StepError};
use serde_json::Value;

use super::image::Image;
use super::machine::CoreError;
use super::params::ParamTree;

/// A trigger made ready.
pub(super) struct EventTrigger {
    /// Its place among the triggers of its workflow.
    index: usize,
    event_type: String,
    when: Option<ParamTree>,
    input: Option<ParamTree>,
}

/// A run that an event starts.
pub struct TriggeredStart {
    /// The workflow.
    pub workflow: String,
    /// The trigger's place among those of the workflow.
    pub trigger: usize,
    /// The input, or why there is none.
    pub input: Result<Value, StepError>,
}

impl EventTrigger {
    /// Those of a workflow.
    pub(super) fn of(workflow: &Workflow) -> Result<Vec<Self>, CoreError> {
        let tree = |node: &Option<_>| node.as_ref().map(ParamTree::new).transpose();
        let mut found = Vec::new();
        for (index, trigger) in workflow.triggers.iter().enumerate() {
            if let Trigger::Event { event, when, input } = trigger {
                let (event_type, when, input) = (event.value.clone(), tree(when)?, tree(input)?);
                found.push(Self { index, event_type, when, input });
            }
        }
        Ok(found)
    }

    /// The input of the run it starts; none where the event does not fit.
    fn input(&self, scope: &Scope, event: &CloudEvent) -> Option<Result<Value, StepError>> {
        match self.when.as_ref().map_or(Ok(true), |when| when.holds(scope)) {
            Ok(false) => None,
            Err(error) => Some(Err(error)),
            Ok(true) => Some(match &self.input {
                Some(input) => input.evaluate(scope),
                None => Ok(event.data.clone()),
            }),
        }
    }
}

impl Image {
    /// The runs that an event starts.
    #[must_use]
    pub fn triggered(&self, event: &CloudEvent) -> Vec<TriggeredStart> {
        let takers = self.workflows.iter().flat_map(|(name, workflow)| {
            let fitting = |trigger: &&EventTrigger| trigger.event_type == event.event_type;
            workflow.triggers.iter().filter(fitting).map(move |trigger| (name, trigger))
        });
        let mut scope = None;
        let starts = takers.filter_map(|(name, trigger)| {
            let scope = scope.get_or_insert_with(|| Scope {
                dot: Data::object([("event".to_owned(), Data::from(event.to_value()))]),
                variables: Arc::new(BTreeMap::new()),
            });
            let input = trigger.input(scope, event)?;
            Some(TriggeredStart { workflow: name.clone(), trigger: trigger.index, input })
        });
        starts.collect()
    }
}
