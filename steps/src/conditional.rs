//! `conditional`: the first case whose condition holds.

use std::collections::BTreeMap;

use locus_plugin::{
    BlockRef, Control, ControlContext, ControlEvent, Decision, Lazy, Param, Step, StepError,
};

/// Runs the steps of the first case whose condition is true, or those of `else`.
///
/// Conditions are looked at in order, and none behind the first that is true. The result is that of the block that ran, `null` when
/// none did.
///
/// ```yaml
/// workflows:
///   shipping_cost:
///     input: { weight: float }
///     steps:
///       - conditional:
///           cases:
///             - name: letter
///               when: ${ .input.weight <= 0.5 }
///               steps: [ { return: { value: 1.10 } } ]
///             - name: parcel
///               when: ${ .input.weight <= 30 }
///               steps: [ { return: { value: 5.49 } } ]
///           else:
///             - fail: { error: too_heavy, message: "${ .input.weight } kg" }
/// ```
#[derive(Step)]
#[step(name = "conditional", control, no_errors, result = one_of([block("/cases/*/steps"), block("/else")]))]
pub struct Conditional {
    /// The cases, in the order they are looked at.
    #[param(min_items = 1)]
    cases: Vec<Case>,
    /// What runs when no condition is true.
    #[slot(runs = "at_most_once")]
    r#else: Option<BlockRef>,
}

/// One case of a `conditional` step.
#[derive(Param)]
pub struct Case {
    /// Its name in step paths.
    #[param(literal)]
    #[expect(dead_code, reason = "read by the compiler, for step paths")]
    name: Option<String>,
    /// The condition.
    #[param(role = "guard")]
    when: Lazy<bool>,
    /// What runs when it is the first that is true.
    #[slot(runs = "at_most_once")]
    steps: BlockRef,
}

impl Control for Conditional {
    type State = ();

    fn start(&self, cx: &ControlContext<'_>) -> Result<((), Decision), StepError> {
        for case in &self.cases {
            if cx.eval(&case.when, &BTreeMap::new())? {
                return Ok(((), crate::block::run(Some(&case.steps))));
            }
        }
        Ok(((), crate::block::run(self.r#else.as_ref())))
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
