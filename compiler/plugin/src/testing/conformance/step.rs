//! Action steps.

use serde_json::{Value, json};

use super::{good_code, params_fit, quiet, wrong};
use crate::error::StepError;
use crate::testing::draw::{Draw, Fill, sample};
use crate::testing::{Answer, Call, Fault, World, known, linked};

/// How many numbers are drawn.
const ROUNDS: u64 = 200;

/// An action: it takes what its schema allows and refuses the rest with `invalid_parameter`; whatever its parameters and the services' answers are it
/// does not panic, gives the same result and makes the same calls for the same answers; its errors have codes that `catch` can name and it uses no
/// service that its plugin declares no permission for.
#[track_caller]
pub fn step(name: &str) {
    let registry = linked();
    let Some(entry) = registry.step(name) else {
        panic!(
            "no step type `{name}` is linked; {}",
            known(registry.steps().map(|e| e.ty.name.as_str()))
        )
    };
    let what = format!("the step type `{name}`");
    let schema = &entry.ty.params;
    let takes = |params: Value| match run(name, &params, 0).0 {
        Err(error) if error.code == "invalid_parameter" => Err(error.message),
        _ => Ok(()),
    };
    params_fit(&what, schema, takes, &wrong(schema));
    let good = sample(schema, Fill::All);
    for seed in 0..ROUNDS {
        let params = match &good {
            Some(good) if seed % 2 == 0 => good.clone(),
            _ => Draw::new(seed).bent(schema),
        };
        let context = (seed, &params);
        let (result, calls) = quiet(&what, &context, || run(name, &params, seed));
        let again = quiet(&what, &context, || run(name, &params, seed));
        assert_eq!(
            again,
            (result.clone(), calls),
            "{what} does not always do the same with {context:?}"
        );
        if let Err(error) = result {
            good_code(&what, &error.code);
            assert!(
                !error.message.is_empty(),
                "{what}: `{}` has no message, with {context:?}",
                error.code
            );
            assert_ne!(
                error.code, "permission_denied",
                "{what}: {}; declare it in `#[plugin(permissions(…))]`",
                error.message
            );
        }
    }
}

type Ran = (Result<Value, StepError>, Vec<Call>);

/// Runs the step in a world whose answers, and faults, are drawn by a number.
fn run(name: &str, params: &Value, seed: u64) -> Ran {
    let mut world = World::drawn(seed, drawn_answer);
    let fault = [Fault::TimesOut, Fault::Late, Fault::Twice];
    let mut draw = Draw::new(seed);
    if draw.below(4) == 0 {
        world = world.fault(draw.below(3) as usize, fault[draw.below(3) as usize]);
    }
    let result = world.run(name, params.clone());
    (result, world.calls())
}

/// An answer of the right kind, good or bad.
fn drawn_answer(seed: u64, call: &Call) -> Answer {
    use crate::services::{CommandOutput, Published, SqlOutcome};
    let mut draw = Draw::new(seed);
    if draw.below(5) == 0 {
        return Answer::Fails(StepError::retryable("connect_failed", "nobody answers"));
    }
    match call {
        Call::Http(_) => {
            let status =
                [200, 200, 201, 204, 302, 400, 404, 429, 500, 503, 999][draw.below(11) as usize];
            match draw.below(4) {
                0 => Answer::http(status, &[], ""),
                1 => Answer::http(status, &[("content-type", "application/json")], "{ no json"),
                2 => Answer::http(status, &[("retry-after", "soon")], vec![0xff, 0xfe]),
                _ => Answer::json(status, &draw.odd()),
            }
        }
        Call::Sql { transaction, .. } => {
            // As hosts do, one outcome for each statement.
            let outcomes = transaction.statements.iter().map(|_| SqlOutcome {
                affected: draw.below(3),
                rows: (0..draw.below(3)).map(|_| json!({ "id": draw.odd() })).collect(),
            });
            Answer::Sql(outcomes.collect())
        }
        Call::Publish { .. } => {
            Answer::Published(Published { id: "1".to_owned(), duplicate: draw.below(2) == 0 })
        }
        Call::ReadFile(_) => Answer::File(match draw.below(3) {
            0 => Vec::new(),
            1 => vec![0xff, 0, 0xfe, b'\n', b'"'],
            _ => b"a,b\n1,2\n".to_vec(),
        }),
        Call::StartRun { .. } | Call::Schedule { .. } => Answer::Run("run-2".to_owned()),
        Call::Emit { .. } => Answer::Event,
        Call::Command(_) => Answer::Ran(CommandOutput {
            code: [Some(0), Some(1), Some(3), None][draw.below(4) as usize],
            signal: None,
            stdout: draw.odd().to_string().into_bytes(),
            stderr: vec![0xff, b'e'],
        }),
        Call::Log(..) | Call::Audit(..) => {
            Answer::Fails(StepError::terminal("not_asked", "nothing is answered"))
        }
    }
}
