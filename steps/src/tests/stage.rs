//! A host for control steps that plays a script: an event on the left, the step's decision on the right.
//!
//! ```text
//! start               => run /steps[0] index=0 item="a"
//! /steps[0] = {"n":1} => run /steps[1] index=1 item="b"
//! /steps[1] ! broken  => failed broken
//! ```
//!
//! Events: `start`, `woken`, `cancelled`, and the end of a block: `=` result, `!` failure, `?` failure that a retry may mend, `^` signal, `x`
//! cancelled. `received TYPE DATA` is an event about `o-1`. A line `cancel` says that the step is being cancelled from now on; `at` sets the clock.
//!
//! Before each event the step is taken down to its snapshot and up again. Each decision is held against the contract.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use locus_plugin::control::{ControlHost, ControlInstance, ErasedControl};
use locus_plugin::param::handle;
use locus_plugin::step::Behaviour;
use locus_plugin::{
    BlockKey, BlockRef, CloudEvent, ControlContext, ControlEvent, Decision, EventDraft, Exit,
    Launch, Outcome, StepError, StepType, Target, schema,
};
use serde_json::{Value, json};

/// Plays a script from beginning to end.
#[track_caller]
pub(super) fn play(step: &str, params: Value, script: &str) {
    let mut stage = Stage::new(step, params);
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if line == "cancel" {
            stage.cancel();
        } else if let Some(now) = line.strip_prefix("at ") {
            stage.host.now.set(now.parse().expect("a number of milliseconds"));
        } else {
            let (event, expected) = line.split_once("=>").expect("an event => a decision");
            let decision = match event.trim() {
                "start" => stage.start(),
                event => stage.send(read_event(event)),
            };
            assert_eq!(decision, expected.trim(), "\nafter `{}` of\n{script}", event.trim());
        }
    }
    assert!(stage.ended, "the step goes on after\n{script}");
}

/// A step on the stage.
pub(super) struct Stage {
    control: Arc<dyn ErasedControl>,
    /// The parameters with handles in the places of blocks and lazy parameters.
    ty: StepType,
    params: Value,
    blocks: BTreeMap<String, Value>,
    instance: Option<Box<dyn ControlInstance>>,
    host: Host,
    pub(super) running: BTreeSet<BlockKey>,
    pub(super) waking: bool,
    pub(super) listening: bool,
    pub(super) ended: bool,
    /// Whether the step is taken down and up again at each event.
    pub(super) snapshots: bool,
}

struct Host {
    params: Value,
    now: Cell<u64>,
    cancelling: Cell<bool>,
    evaluated: RefCell<Vec<String>>,
}

impl Stage {
    pub(super) fn new(step: &str, params: Value) -> Self {
        let entry = super::entry(step);
        let Behaviour::Control(control) = entry.behaviour else {
            panic!("`{step}` is no control step")
        };
        let mut handled = params.clone();
        let mut blocks = BTreeMap::new();
        place_handles(&entry.ty.params, &mut handled, "", &mut blocks);
        Self {
            control,
            ty: entry.ty,
            params: handled,
            blocks,
            instance: None,
            host: Host {
                params,
                now: Cell::new(1000),
                cancelling: Cell::new(false),
                evaluated: RefCell::default(),
            },
            running: BTreeSet::new(),
            waking: false,
            listening: false,
            ended: false,
            snapshots: true,
        }
    }

    pub(super) fn start(&mut self) -> String {
        let started = self.control.start(self.params.clone(), &ControlContext::new(&self.host));
        let decision = started.map(|(instance, decision)| {
            self.instance = Some(instance);
            decision
        });
        self.take(decision)
    }

    /// The step is being cancelled from now on.
    pub(super) fn cancel(&mut self) {
        self.host.cancelling.set(true);
    }

    pub(super) fn cancelling(&self) -> bool {
        self.host.cancelling.get()
    }

    pub(super) fn send(&mut self, event: ControlEvent) -> String {
        assert!(!self.ended, "an event after the end: {event:?}");
        match &event {
            ControlEvent::Ended { key, .. } => {
                assert!(self.running.remove(key), "{key:?} is not running");
            }
            ControlEvent::Woken => {
                assert!(std::mem::take(&mut self.waking), "nobody wants to be woken");
            }
            ControlEvent::Received(_) => assert!(self.listening, "nobody listens"),
            ControlEvent::Cancelled => assert!(self.cancelling() && self.running.is_empty()),
        }
        let mut instance = self.instance.take().expect("the step has started");
        if self.snapshots {
            let snapshot = instance.snapshot().expect("a snapshot");
            instance =
                self.control.restore(self.params.clone(), snapshot).expect("the snapshot fits");
        }
        let decision = instance.on(event, &ControlContext::new(&self.host));
        self.instance = Some(instance);
        self.take(decision)
    }

    /// Checks a decision, does it, and says what it is.
    fn take(&mut self, decision: Result<Decision, StepError>) -> String {
        match decision {
            Err(error) => {
                self.ended = true;
                super::assert_declared(&self.ty, &self.host.params, &error);
                describe_error(&error)
            }
            Ok(Decision::End { outcome, vars }) => {
                self.ended = true;
                let vars = if vars.is_empty() {
                    String::new()
                } else {
                    format!(" vars {}", Value::Object(vars))
                };
                describe_outcome(&outcome) + &vars
            }
            Ok(Decision::Continue { launch, cancel, wake, listen: Some(subscription) }) => {
                assert!(
                    launch.is_empty() && cancel.is_empty(),
                    "no built-in step runs and listens"
                );
                self.waking |= wake.is_some();
                self.listening = true;
                let until = wake.map_or_else(String::new, |instant| format!(" until {instant}"));
                format!(
                    "listen {}{until}",
                    serde_json::to_string(&subscription).expect("plain data")
                )
            }
            Ok(Decision::Continue { launch, cancel, wake, listen: None }) => {
                for key in &cancel {
                    assert!(self.running.contains(key), "{key:?} is cancelled and not running");
                }
                self.waking |= wake.is_some();
                let launched: Vec<String> =
                    launch.into_iter().map(|launch| self.launch(launch)).collect();
                match (launched.is_empty(), wake) {
                    (false, None) => format!("run {}", launched.join(", ")),
                    (true, Some(instant)) => format!("wake {instant}"),
                    (true, None) => "wait".to_owned(),
                    (false, Some(_)) => panic!("no built-in step runs and waits at once"),
                }
            }
        }
    }

    fn launch(&mut self, launch: Launch) -> String {
        let Launch { key, target, bindings } = launch;
        let mut text = describe_key(&key);
        match target {
            Target::Block => {
                let slot = &self.blocks[key.block.pointer()];
                assert!(
                    !self.cancelling() || slot["runs"] == "always",
                    "{text} starts during cancellation"
                );
                assert_eq!(
                    bindings.len(),
                    slot["binds"].as_array().map_or(0, Vec::len),
                    "{text} {bindings:?}"
                );
            }
            Target::Workflow { name, input } => text = format!("call {name} {input} at {text}"),
            Target::Detached { name, input } => text = format!("start {name} {input} at {text}"),
        }
        for (name, value) in bindings {
            text += &format!(" {name}={value}");
        }
        assert!(self.running.insert(key), "{text} is running already");
        text
    }

    /// The conditions looked at so far.
    pub(super) fn evaluated(&self) -> Vec<String> {
        self.host.evaluated.borrow().clone()
    }
}

impl ControlHost for Host {
    /// Evaluates what is written at the pointer: a value, `$name.key`, or one of those, `<` or `==`, and a value.
    fn eval(&self, pointer: &str, bindings: &BTreeMap<String, Value>) -> Result<Value, StepError> {
        self.evaluated.borrow_mut().push(pointer.to_owned());
        let written = self.params.pointer(pointer).expect("something is written there");
        let Some(text) = written.as_str() else {
            return Ok(written.clone());
        };
        let words: Vec<&str> = text.split(' ').collect();
        let mut path = words[0].strip_prefix('$').expect("a variable").split('.');
        let name = path.next().unwrap_or_default();
        let variable = bindings.get(name).ok_or_else(|| {
            StepError::terminal("expression_failed", format!("`${name}` is not bound"))
        })?;
        let value = path.fold(variable, |value, key| &value[key]);
        Ok(match words[1..] {
            [] => value.clone(),
            ["<", limit] => json!(value.as_f64() < limit.parse().ok()),
            ["==", other] => json!(*value == read_json(other)),
            _ => panic!("`{text}` is not understood"),
        })
    }

    fn now(&self) -> u64 {
        self.now.get()
    }

    fn cancelling(&self) -> bool {
        self.cancelling.get()
    }
}

/// Puts handles where the schema has blocks and lazy parameters, as hosts do, and collects the blocks.
fn place_handles(
    schema: &Value,
    value: &mut Value,
    pointer: &str,
    blocks: &mut BTreeMap<String, Value>,
) {
    if let Some(slot) = schema.get(schema::BLOCK) {
        blocks.insert(pointer.to_owned(), slot.clone());
        *value = handle(pointer);
    } else if schema.get(schema::LAZY).is_some() {
        *value = handle(pointer);
    } else if let Value::Object(map) = value {
        for (key, value) in map {
            let schema = schema["properties"].get(key).unwrap_or(&schema["additionalProperties"]);
            place_handles(schema, value, &format!("{pointer}/{key}"), blocks);
        }
    } else if let Value::Array(items) = value {
        for (index, value) in items.iter_mut().enumerate() {
            place_handles(&schema["items"], value, &format!("{pointer}/{index}"), blocks);
        }
    }
}

fn read_event(text: &str) -> ControlEvent {
    match text {
        "woken" => return ControlEvent::Woken,
        "cancelled" => return ControlEvent::Cancelled,
        _ => {}
    }
    if let Some(event) = text.strip_prefix("received ") {
        let (event_type, data) = event.split_once(' ').unwrap_or((event, "null"));
        let draft = EventDraft {
            event_type: event_type.to_owned(),
            source: None,
            subject: Some("o-1".to_owned()),
            data: read_json(data),
        };
        let time = "2026-01-01T00:00:00Z".to_owned();
        let event = CloudEvent::new(draft, "e-1".to_owned(), "/shop".to_owned(), time);
        return ControlEvent::Received(Box::new(event));
    }
    let mut words = text.splitn(3, ' ');
    let (block, verb, rest) =
        (words.next().unwrap_or_default(), words.next(), words.next().unwrap_or_default());
    let outcome = match verb {
        Some("=") => Outcome::Done(read_json(rest)),
        Some("!") => Outcome::Failed(StepError::terminal(rest, "it broke")),
        Some("?") => Outcome::Failed(StepError::retryable(rest, "it broke")),
        Some("^") => {
            let (signal, value) = rest.split_once(' ').unwrap_or((rest, "null"));
            Outcome::Exit(Exit { signal: signal.to_owned(), value: read_json(value) })
        }
        Some("x") => Outcome::Cancelled,
        _ => panic!("`{text}` is no event"),
    };
    ControlEvent::Ended { key: read_key(block), outcome }
}

fn read_key(text: &str) -> BlockKey {
    match text.strip_suffix(']').and_then(|text| text.split_once('[')) {
        Some((block, index)) => {
            BlockKey { block: BlockRef::at(block), index: Some(index.parse().expect("an index")) }
        }
        None => BlockKey { block: BlockRef::at(text), index: None },
    }
}

/// JSON, or a word.
fn read_json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

fn describe_key(key: &BlockKey) -> String {
    let index = key.index.map_or_else(String::new, |index| format!("[{index}]"));
    format!("{}{index}", key.block.pointer())
}

fn describe_outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(value) => format!("done {value}"),
        Outcome::Failed(error) => describe_error(error),
        Outcome::Exit(exit) => format!("exit {} {}", exit.signal, exit.value),
        Outcome::Cancelled => "cancelled".to_owned(),
    }
}

fn describe_error(error: &StepError) -> String {
    let retryable = if error.retryable { " retryable" } else { "" };
    let details =
        if error.details.is_null() { String::new() } else { format!(" {}", error.details) };
    format!("failed {}{retryable}{details}", error.code)
}
