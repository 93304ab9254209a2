//! A control step and an action with everything their attributes can say.

use std::collections::BTreeMap;

use locus_plugin::{
    Action, BlockRef, Branches, Control, ControlContext, ControlEvent, Decision, Effect, Launch,
    Lazy, Millis, Param, Registry, Step, StepContext, StepError, StepKind, Value,
};
use serde_json::json;

const SERVICE_ERRORS: [&str; 1] = ["service_down"];

/// How the branches come together.
#[derive(Param, Clone, Copy, PartialEq, Debug)]
enum Join {
    /// All must succeed.
    All,
    FirstOf,
    #[param(rename = "racing")]
    Race,
}

/// What happens to one error.
#[derive(Param)]
struct Handler {
    /// The errors it takes.
    #[param(default, reference = "error", role = "catches")]
    errors: Vec<String>,
    /// The variable that holds the error.
    r#as: Option<String>,
    /// What is done.
    #[slot(runs = "on_error", binds(param("as", optional)))]
    steps: BlockRef,
}

/// Tries things.
///
/// In every way there is.
#[derive(Step)]
#[step(
    name = "attempt",
    control,
    effect = "read",
    result = list(one_of([block("/steps"), notation("int?")])),
    raises = "give_up",
    catches("break", "continue"),
    never_completes, errors("gave_up", SERVICE_ERRORS, "acme_*"), passes_key,
    exactly_one("over", "while")
)]
struct Attempt {
    /// The items.
    over: Option<Vec<Value>>,
    /// The condition.
    #[param(example = "${ .vars.more }")]
    r#while: Option<Lazy<bool>>,
    /// The variable that holds the item.
    #[param(default = "item")]
    r#as: String,
    /// How many at once.
    #[param(default = 1, min = 1, max = 64)]
    concurrency: u64,
    /// Thresholds.
    #[param(default = vec![0.5], min_items = 1, max_items = 3)]
    thresholds: Vec<f64>,
    /// How the branches come together.
    #[param(default = "all", effects(read("all"), idempotent("first_of", "racing")))]
    join: Join,
    /// How long to wait between.
    #[param(default = "1m30s")]
    pause: Millis,
    /// What is done.
    #[slot(runs = "concurrent", binds("index" = "int", param("as") = item(param("/over"))))]
    steps: Option<BlockRef>,
    /// More that is done.
    #[slot(runs = "at_most_once")]
    #[param(min_items = 2)]
    branches: Option<Branches>,
    /// What is done about errors.
    #[param(default, rename = "catch")]
    handlers: Vec<Handler>,
}

impl Control for Attempt {
    type State = ();

    fn start(&self, cx: &ControlContext<'_>) -> Result<((), Decision), StepError> {
        if let Some(condition) = &self.r#while
            && !cx.eval(condition, &BTreeMap::new())?
        {
            return Ok(((), Decision::done(json!([]))));
        }
        Ok(((), Decision::run(self.steps.iter().map(Launch::once).collect())))
    }

    fn on(
        &self,
        (): &mut (),
        _: ControlEvent,
        _: &ControlContext<'_>,
    ) -> Result<Decision, StepError> {
        Ok(Decision::wait())
    }
}

/// Greets.
#[derive(Step)]
#[step(name = "greet", action, effect = "pure")]
struct Greet {
    /// Whom.
    #[param(secret_safe, pattern = "^[A-Z]", example = "Ada")]
    name: String,
    /// In which words.
    #[param(literal, default = String::from("Hello"))]
    greeting: String,
    /// How often.
    #[param(default)]
    times: u32,
}

impl Action for Greet {
    async fn run(self, _: StepContext) -> Result<Value, StepError> {
        Ok(format!("{}, {}!", self.greeting, self.name).repeat(self.times as usize).into())
    }
}

/// Says nothing.
#[derive(Step)]
#[step(name = "pause", action, effect = "pure", no_errors)]
struct Pause;

impl Action for Pause {
    async fn run(self, _: StepContext) -> Result<Value, StepError> {
        Ok(Value::Null)
    }
}

/// A plugin without a config.
#[derive(locus_plugin::Plugin)]
#[plugin(id = "acme.attempts")]
struct Acme;

fn main() {
    let registry = Registry::linked().expect("the parts fit together");
    assert_eq!(
        registry.steps().map(|step| step.ty.name.as_str()).collect::<Vec<_>>(),
        ["attempt", "greet", "pause"]
    );

    let attempt = &registry.step("attempt").unwrap().ty;
    assert_eq!(attempt.docs, "Tries things.\n\nIn every way there is.");
    assert_eq!(attempt.plugin, "acme.attempts");
    assert_eq!((attempt.kind, attempt.effect), (StepKind::Control, Effect::Read));
    assert_eq!(
        json!(attempt.result),
        json!({ "list": { "one_of": [{ "block": "/steps" }, { "notation": "int?" }] } })
    );
    assert_eq!(attempt.raises.as_deref(), Some("give_up"));
    assert_eq!(attempt.catches, ["break", "continue"]);
    assert!(!attempt.completes && attempt.passes_key);
    let errors = attempt.errors.clone().unwrap_or_default();
    assert_eq!(errors, ["gave_up", "service_down", "acme_*"]);
    assert!(attempt.defined_at.ends_with("pass_step.rs:50"), "{}", attempt.defined_at);
    assert_eq!(attempt.params["required"], Value::Null);
    assert_eq!(
        attempt.params["oneOf"],
        json!([{ "required": ["over"] }, { "required": ["while"] }])
    );
    let property = |name: &str| attempt.params["properties"][name].clone();
    assert_eq!(
        property("concurrency"),
        json!({
            "type": "integer", "minimum": 1, "maximum": 64,
            "description": "How many at once.", "default": 1,
        })
    );
    assert_eq!(property("pause")["default"], "1m30s");
    assert_eq!(property("as")["x-locus-literal"], true);
    assert_eq!(
        property("steps")["x-locus-block"],
        json!({ "runs": "concurrent", "binds": [
            { "name": "index", "type": { "notation": "int" } },
            { "param": "as", "default": "item", "type": { "item": { "param": "/over" } } },
        ] })
    );
    assert_eq!(
        property("branches")["additionalProperties"]["x-locus-block"],
        json!({ "runs": "at_most_once", "binds": [] })
    );
    assert_eq!(property("branches")["minProperties"], 2);
    assert_eq!(
        property("join")["oneOf"],
        json!([{ "const": "all", "description": "All must succeed." }, { "const": "first_of" }, { "const": "racing" }])
    );
    assert_eq!(
        property("join")["x-locus-effects"],
        json!({ "all": "read", "first_of": "idempotent", "racing": "idempotent" })
    );
    let handler = &property("catch")["items"];
    assert_eq!(handler["properties"]["errors"]["x-locus-role"], "catches");
    assert_eq!(handler["description"], "What happens to one error.");
    assert_eq!(handler["properties"]["errors"]["items"]["x-locus-reference"], "error");
    assert_eq!(
        handler["properties"]["steps"]["x-locus-block"],
        json!({ "runs": "on_error", "binds": [{ "param": "as" }] })
    );

    let read = |value: Value| Attempt::from_value(value).map_err(|error| error.to_string());
    let attempt =
        read(json!({ "over": [1], "catch": [{ "steps": { "$locus": "/catch/0/steps" } }] }))
            .unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(attempt.over, Some(vec![json!(1)]));
    assert_eq!((attempt.r#as.as_str(), attempt.concurrency, attempt.join), ("item", 1, Join::All));
    assert_eq!((attempt.pause, attempt.thresholds), (Millis(90_000), vec![0.5]));
    assert_eq!(attempt.handlers[0].steps.pointer(), "/catch/0/steps");
    assert!(attempt.handlers[0].errors.is_empty() && attempt.handlers[0].r#as.is_none());
    for (value, message) in [
        (json!({}), "one of `over`, `while` is needed"),
        (json!({ "over": null }), "/over: a value is needed here, found null"),
        (
            json!({ "over": [], "while": { "$locus": "/while" } }),
            "only one of `over`, `while` can be given, found `over`, `while`",
        ),
        (json!({ "ower": [] }), "unknown key `ower`; did you mean `over`?"),
        (json!({ "over": [], "concurrency": 0 }), "/concurrency: expected at least 1, found 0"),
        (
            json!({ "over": [], "thresholds": [] }),
            "/thresholds: expected at least 1 entry, found 0",
        ),
        (
            json!({ "over": [], "branches": { "a": { "$locus": "/branches/a" } } }),
            "/branches: expected at least 2 entries, found 1",
        ),
        (
            json!({ "over": [], "join": "rasing" }),
            "/join: expected one of `all`, `first_of`, `racing`, found \"rasing\"; did you mean `racing`?",
        ),
        (json!({ "over": [], "catch": [{}] }), "/catch/0: `steps` is missing"),
    ] {
        assert_eq!(read(value).err().as_deref(), Some(message));
    }

    let greet = &registry.step("greet").unwrap().ty;
    assert_eq!(greet.params["required"], json!(["name"]));
    assert_eq!(
        greet.params["properties"]["name"],
        json!({
            "type": "string", "pattern": "^[A-Z]", "description": "Whom.",
            "examples": ["Ada"], "x-locus-secret-safe": true,
        })
    );
    assert_eq!(greet.params["properties"]["times"]["default"], 0);
}
