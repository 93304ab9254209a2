//! `set`: names for values.

use indexmap::IndexMap;
use locus_plugin::control::ControlOf;
use locus_plugin::registry::{Part, Registered};
use locus_plugin::step::{Behaviour, StepEntry};
use locus_plugin::{
    Control, ControlContext, ControlEvent, Decision, Effect, Outcome, Param, ParamError,
    Registration, StepError, StepKind, StepType, schema,
};
use serde_json::{Map, Value, json};

const DOCS: &str = "\
Names values for later steps.

A later step reads them as `.vars.<name>`; setting a name again replaces its value. All values of one step are computed before any
of them is set. The result is what was set.

```yaml
workflows:
  invoice:
    input: { net: float, country: string }
    steps:
      - set:
          rate: \"${ if .input.country == \\\"DE\\\" then 0.19 else 0 end }\"
      - set:
          tax: ${ .input.net * .vars.rate }
      - return: { value: \"${ .input.net + .vars.tax }\" }
```
";

/// The values by name. Its parameters have the names that the author gives: that is why it is written out, and not derived.
pub struct Set(IndexMap<String, Value>);

impl Param for Set {
    fn schema() -> Value {
        json!({
            "type": "object",
            "additionalProperties": {},
            "propertyNames": { "pattern": "^[a-z_][a-zA-Z0-9_]*$" },
            "minProperties": 1,
            schema::SETS_VARS: true,
        })
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        IndexMap::from_value(value).map(Self)
    }
}

impl Control for Set {
    type State = ();

    fn start(&self, _cx: &ControlContext<'_>) -> Result<((), Decision), StepError> {
        let vars: Map<String, Value> =
            self.0.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Ok(((), Decision::End { outcome: Outcome::Done(Value::Object(vars.clone())), vars }))
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

impl Registered for Set {
    const REGISTRATION: Registration = {
        fn make() -> StepEntry {
            StepEntry {
                ty: StepType {
                    name: "set".to_owned(),
                    plugin: String::new(),
                    docs: DOCS.to_owned(),
                    kind: StepKind::Control,
                    effect: Effect::Pure,
                    params: Set::schema(),
                    result: locus_plugin::result::param(""),
                    raises: None,
                    catches: Vec::new(),
                    completes: true,
                    errors: Some(Vec::new()),
                    passes_key: false,
                    defined_at: concat!(file!(), ":", line!()).to_owned(),
                },
                behaviour: Behaviour::Control(std::sync::Arc::new(ControlOf::<Set>::new())),
            }
        }
        Registration { package: env!("CARGO_PKG_NAME"), part: Part::Step(make) }
    };
}

locus_plugin::__submit! { <Set as Registered>::REGISTRATION }
