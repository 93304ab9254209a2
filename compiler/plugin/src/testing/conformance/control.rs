//! Control steps.

use serde_json::{Value, json};

use super::{good_code, params_fit, quiet, wrong};
use crate::control::{BlockKey, ControlContext, ControlEvent, ControlHost, Exit, Outcome};
use crate::error::StepError;
use crate::event::{CloudEvent, EventDraft};
use crate::step::Behaviour;
use crate::testing::draw::{Draw, Fill, written};
use crate::testing::{Stage, known, linked};

/// How many histories are drawn, and how long each may be.
const HISTORIES: u64 = 200;
const EVENTS: usize = 200;

/// A control step: it takes what its schema allows and refuses the rest with `invalid_parameter`; in every order of events it launches and cancels
/// only what it may, always waits for something, and ends when it is cancelled; it decides the same whether or not it is taken down to its
/// snapshot before each event; all it decides and remembers survives being stored.
#[track_caller]
pub fn control(name: &str) {
    let registry = linked();
    let Some(entry) = registry.step(name) else {
        panic!(
            "no step type `{name}` is linked; {}",
            known(registry.steps().map(|e| e.ty.name.as_str()))
        )
    };
    let Behaviour::Control(behaviour) = &entry.behaviour else { panic!("`{name}` is an action") };
    let what = format!("the control step `{name}`");
    let schema = &entry.ty.params;
    let takes = |params: Value| match behaviour.start(params, &ControlContext::new(&NoScript)) {
        Err(error) if error.code == "invalid_parameter" => Err(error.message),
        _ => Ok(()),
    };
    params_fit(&what, schema, takes, &wrong(schema));
    for seed in 0..HISTORIES {
        let fill = if seed % 2 == 0 { Fill::All } else { Fill::Required };
        let Some(params) = written(schema, fill) else { continue };
        quiet(&what, &(seed, &params), || history(name, &params, seed, &entry.ty.catches));
    }
}

/// One history: two of the step, one of which is taken down at every event, see the same and decide the same.
fn history(name: &str, params: &Value, seed: u64, catches: &[String]) {
    let mut draw = Draw::new(seed);
    let mut stored = Stage::new(name, params.clone());
    let mut kept = Stage::new(name, params.clone()).without_snapshots();
    assert_eq!(stored.start(), kept.start(), "two starts decide differently");
    let mut now = 1000;
    for round in 0..EVENTS {
        if stored.ended() {
            break;
        }
        // From here on everything is cancelled, so that the history ends.
        if round == EVENTS / 2 || draw.below(30) == 0 {
            stored.cancel();
            kept.cancel();
        }
        let event = happening(&stored, &mut draw, catches);
        if event == ControlEvent::Woken {
            now += 100_000_000;
            stored.at(now);
            kept.at(now);
        }
        let decided = stored.send(event.clone());
        assert_eq!(
            decided,
            kept.send(event.clone()),
            "after {event:?} a stored state decides differently"
        );
        if let Some(Err(error)) = stored.decided() {
            good_code(name, &error.code);
        }
    }
    assert!(
        stored.ended(),
        "it goes on after {EVENTS} events, with {:?} running",
        stored.running()
    );
}

fn happening(stage: &Stage, draw: &mut Draw, catches: &[String]) -> ControlEvent {
    let running: Vec<&BlockKey> = stage.running().iter().collect();
    if running.is_empty() {
        if stage.cancelling() {
            return ControlEvent::Cancelled;
        }
        if let Some(wanted) = stage.listening()
            && (!stage.waking() || draw.below(2) == 0)
        {
            let draft = EventDraft {
                event_type: wanted.event_type.clone(),
                source: None,
                subject: wanted.subject.clone(),
                data: Value::Object(wanted.fields.clone()),
            };
            let time = "2026-01-01T00:00:00Z".to_owned();
            let event = CloudEvent::new(draft, "e-1".to_owned(), "/test".to_owned(), time);
            return ControlEvent::Received(Box::new(event));
        }
        assert!(
            stage.waking(),
            "it goes on, with nothing running, no time to wait for and no event to listen for"
        );
        return ControlEvent::Woken;
    }
    if stage.waking() && !stage.cancelling() && draw.below(4) == 0 {
        return ControlEvent::Woken;
    }
    let key = running[draw.below(running.len() as u64) as usize].clone();
    let outcome = match draw.below(8) {
        _ if stage.cancelling() && draw.below(4) > 0 => Outcome::Cancelled,
        0 => Outcome::Failed(StepError::terminal("broken", "it broke")),
        1 => Outcome::Failed(StepError::retryable("lost", "it was lost")),
        2 => {
            let signal = catches.get(draw.below(catches.len() as u64) as usize);
            let signal = signal.map_or("return", String::as_str).to_owned();
            Outcome::Exit(Exit { signal, value: draw.odd() })
        }
        _ => Outcome::Done(draw.odd()),
    };
    ControlEvent::Ended { key, outcome }
}

/// For looking at parameters alone.
struct NoScript;

impl ControlHost for NoScript {
    fn eval(
        &self,
        _: &str,
        _: &std::collections::BTreeMap<String, Value>,
    ) -> Result<Value, StepError> {
        Ok(json!(true))
    }

    fn now(&self) -> u64 {
        1000
    }

    fn cancelling(&self) -> bool {
        false
    }
}
