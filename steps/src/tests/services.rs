//! Actions run in a world in memory, and what they asked of it as lines.

use locus_plugin::StepError;
use locus_plugin::testing::{Answer, Call, World, assert_declared};
use serde_json::Value;

/// Runs an action as `run-1/shop/pay` at 1970-01-01T00:01:00Z.
pub(super) fn run(
    step: &str,
    params: Value,
    answers: Vec<Answer>,
) -> (Result<Value, StepError>, World) {
    let world = World::new().answers(answers);
    let result = world.run(step, params.clone());
    if let Err(error) = &result {
        assert_declared(&super::entry(step).ty, &params, error);
    }
    (result, world)
}

/// What the services were asked, one line each.
pub(super) fn asked(world: &World) -> Vec<String> {
    let line = |call| match call {
        Call::Log(level, message, fields) => format!("{level:?} {message} {fields}"),
        Call::Http(request) => format!("{} {}", request.method, request.url),
        Call::Sql { connection, key, transaction } => {
            let statements = serde_json::to_string(&transaction.statements).expect("plain data");
            format!("{connection} {key} {statements}")
        }
        Call::Publish { connection, key, message } => {
            let message = serde_json::to_string(&message).expect("plain data");
            format!("{connection} {key} {message}")
        }
        Call::ReadFile(path) => path,
        Call::Emit { key, event } => {
            format!("{key} {}", serde_json::to_string(&event).expect("plain data"))
        }
        Call::Schedule { key, request } => {
            format!("{key} {}", serde_json::to_string(&request).expect("plain data"))
        }
        Call::Command(command) => serde_json::to_string(&command).expect("plain data"),
        other => format!("{other:?}"),
    };
    world.calls().into_iter().map(line).collect()
}
