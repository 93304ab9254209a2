//! `call`: another workflow.

use indexmap::IndexMap;
use locus_plugin::services::CALL_ERRORS;
use locus_plugin::{
    BlockKey, BlockRef, Control, ControlContext, ControlEvent, Decision, Launch, Step, StepError,
    Target,
};
use serde_json::Value;

/// Runs another workflow and waits for its result.
///
/// The workflow is part of this run: it fails this step when it fails, and it is cancelled with it. With `detach: true` it
/// becomes a run of its own instead, which goes on whatever becomes of this one; the result is then `{ run_id: … }`, at once.
///
/// ```yaml
/// workflows:
///   place_order:
///     input: { order_id: uuid }
///     steps:
///       - id: charge
///         call: { workflow: charge, input: { order_id: "${ .input.order_id }" } }
///       - call: { workflow: send_receipt, input: { amount: "${ .steps.charge }" }, detach: true }
///   charge:
///     input: { order_id: uuid }
///     steps:
///       - return: { value: 25 }
///   send_receipt:
///     input: { amount: int }
///     steps:
///       - log: { message: "receipt for ${ .input.amount }" }
/// ```
#[derive(Step)]
#[step(
    name = "call",
    control,
    errors(CALL_ERRORS),
    result = choice(
        "/detach",
        [(true, object([("run_id", notation("string"))])), (false, workflow("/workflow"))],
        any(),
    )
)]
pub struct Call {
    /// The workflow's name.
    #[param(reference = "workflow", literal, role = "calls")]
    workflow: String,
    /// Its input, by name.
    #[param(default)]
    input: IndexMap<String, Value>,
    /// Whether it becomes a run of its own, that this one does not wait for.
    #[param(default = false, role = "detaches")]
    detach: bool,
}

impl Control for Call {
    type State = ();

    fn start(&self, _cx: &ControlContext<'_>) -> Result<((), Decision), StepError> {
        let name = self.workflow.clone();
        let input = Value::Object(self.input.clone().into_iter().collect());
        let target = if self.detach {
            Target::Detached { name, input }
        } else {
            Target::Workflow { name, input }
        };
        let key = BlockKey { block: BlockRef::at("/workflow"), index: None };
        Ok(((), Decision::run(vec![Launch { key, target, bindings: Default::default() }])))
    }

    fn on(
        &self,
        (): &mut (),
        event: ControlEvent,
        _cx: &ControlContext<'_>,
    ) -> Result<Decision, StepError> {
        Ok(crate::block::end_with(event))
    }
}
