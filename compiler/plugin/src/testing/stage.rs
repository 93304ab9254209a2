//! A host for control steps: it drives one event by event, or plays a script: an event on the left, the step's decision on the right.
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
//! Before each event the step is taken down to its snapshot and up again. Each decision is held against the contract, and must survive being
//! stored. In lazy parameters `$name.key` reads a variable that the block was given, `$name < 3` and `$name == "a"` compare it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::{assert_declared, known, linked};
use crate::control::{
    BlockKey, ControlContext, ControlEvent, ControlHost, ControlInstance, Decision, ErasedControl,
    Exit, Launch, Outcome, Target,
};
use crate::error::StepError;
use crate::event::{CloudEvent, EventDraft, Subscription};
use crate::param::{BlockRef, handle};
use crate::schema;
use crate::step::{Behaviour, StepType};

/// Plays a script from beginning to end. See [`Stage`] for how events and decisions are written.
#[track_caller]
pub fn play(step: &str, params: Value, script: &str) {
    let mut stage = Stage::new(step, params);
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if line == "cancel" {
            stage.cancel();
        } else if let Some(now) = line.strip_prefix("at ") {
            stage.at(now.parse().expect("a number of milliseconds"));
        } else {
            let (event, expected) = line.split_once("=>").expect("an event => a decision");
            let decision = match event.trim() {
                "start" => stage.start(),
                event => stage.send_text(event),
            };
            assert_eq!(decision, expected.trim(), "\nafter `{}` of\n{script}", event.trim());
        }
    }
    assert!(stage.ended, "the step goes on after\n{script}");
}

/// A control step on the stage.
///
/// Events are written `/steps[0] = 1` (ended with a result), `/steps ! code` (failed), `/steps ? code` (failed, a retry may help), `/steps ^ break 1`
/// (a signal), `/steps x` (cancelled), `received order.placed {"n":1}` (an event about `o-1`), `woken`, `cancelled`; decisions `run /a, /b[0] item=1`, `wake 3000`, `cancel /a`, `listen {…} until 3000`, `wait`, `done 1`, `failed code`,
/// `exit break 1`, `cancelled`.
pub struct Stage {
    control: Arc<dyn ErasedControl>,
    ty: StepType,
    /// The parameters with handles in the places of blocks and lazy parameters.
    params: Value,
    blocks: BTreeMap<String, Value>,
    instance: Option<Box<dyn ControlInstance>>,
    host: Host,
    running: BTreeSet<BlockKey>,
    waking: bool,
    /// What it listens for.
    listening: Option<Subscription>,
    ended: bool,
    snapshots: bool,
    /// What it decided last.
    decided: Option<Result<Decision, StepError>>,
}

struct Host {
    params: Value,
    config: RefCell<Value>,
    now: Cell<u64>,
    cancelling: Cell<bool>,
    evaluated: RefCell<Vec<String>>,
}

impl Stage {
    /// The linked control step of this name with parameters as they are written: its blocks are lists of steps, and whatever stands in them.
    #[must_use]
    #[track_caller]
    pub fn new(step: &str, params: Value) -> Self {
        let registry = linked();
        let Some(entry) = registry.step(step).cloned() else {
            let names = registry.steps().map(|entry| entry.ty.name.as_str());
            panic!("no step type `{step}` is linked; {}", known(names))
        };
        let Behaviour::Control(control) = entry.behaviour else {
            panic!("`{step}` is an action: run it in a `World`")
        };
        let config = registry.standing(&entry.ty.plugin).config.as_ref().clone();
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
                config: RefCell::new(config),
                now: Cell::new(1000),
                cancelling: Cell::new(false),
                evaluated: RefCell::default(),
            },
            running: BTreeSet::new(),
            waking: false,
            listening: None,
            ended: false,
            snapshots: true,
            decided: None,
        }
    }

    /// The config of the plugin in the project.
    #[must_use]
    pub fn config(self, config: Value) -> Self {
        self.host.config.replace(config);
        self
    }

    /// Leaves the step up between events instead of taking it down to its snapshot.
    #[must_use]
    pub fn without_snapshots(mut self) -> Self {
        self.snapshots = false;
        self
    }

    /// Sets the clock, in milliseconds since 1970-01-01 UTC.
    pub fn at(&mut self, now: u64) {
        self.host.now.set(now);
    }

    /// Begins the step; what it decides, as text.
    pub fn start(&mut self) -> String {
        let started = self.control.start(self.params.clone(), &ControlContext::new(&self.host));
        let decision = started.map(|(instance, decision)| {
            self.instance = Some(instance);
            decision
        });
        self.take(decision)
    }

    /// The step is being cancelled from now on.
    pub fn cancel(&mut self) {
        self.host.cancelling.set(true);
    }

    /// Whether the step is being cancelled.
    #[must_use]
    pub fn cancelling(&self) -> bool {
        self.host.cancelling.get()
    }

    /// The blocks that are running.
    #[must_use]
    pub const fn running(&self) -> &BTreeSet<BlockKey> {
        &self.running
    }

    /// Whether the step waits for a time.
    #[must_use]
    pub const fn waking(&self) -> bool {
        self.waking
    }

    /// What the step listens for.
    #[must_use]
    pub const fn listening(&self) -> Option<&Subscription> {
        self.listening.as_ref()
    }

    /// Whether the step has ended.
    #[must_use]
    pub const fn ended(&self) -> bool {
        self.ended
    }

    /// What it decided last, as a value; `None` before it was started.
    #[must_use]
    pub const fn decided(&self) -> Option<&Result<Decision, StepError>> {
        self.decided.as_ref()
    }

    /// Tells it of an event, written as in a script; what it decides, as text.
    #[track_caller]
    pub fn send_text(&mut self, event: &str) -> String {
        self.send(read_event(event))
    }

    /// Tells it of an event; what it decides, as text.
    #[track_caller]
    pub fn send(&mut self, event: ControlEvent) -> String {
        assert!(!self.ended, "an event after the end: {event:?}");
        match &event {
            ControlEvent::Ended { key, .. } => {
                assert!(self.running.remove(key), "{key:?} is not running");
            }
            ControlEvent::Woken => {
                assert!(std::mem::take(&mut self.waking), "nobody wants to be woken");
            }
            ControlEvent::Received(_) => assert!(self.listening.is_some(), "nobody listens"),
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
        if let Ok(decision) = &decision {
            let stored = serde_json::to_string(decision).expect("a decision can be stored");
            let read: Decision = serde_json::from_str(&stored).expect("a stored decision is read");
            assert_eq!(read, *decision, "the decision changes when it is stored: {stored}");
        }
        self.decided = Some(decision.clone());
        match decision {
            Err(error) => {
                self.ended = true;
                assert_declared(&self.ty, &self.host.params, &error);
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
                let written = serde_json::to_string(&subscription).expect("plain data");
                self.listening = Some(subscription);
                if launch.is_empty() && cancel.is_empty() {
                    self.waking |= wake.is_some();
                    let until =
                        wake.map_or_else(String::new, |instant| format!(" until {instant}"));
                    return format!("listen {written}{until}");
                }
                let listen = None;
                let rest = Decision::Continue { launch, cancel, wake, listen };
                format!("listen {written} {}", self.describe(rest))
            }
            Ok(rest) => self.describe(rest),
        }
    }

    /// Does what a decision to go on wants, and says what that is.
    fn describe(&mut self, decision: Decision) -> String {
        match decision {
            Decision::End { .. } => String::new(),
            Decision::Continue { launch, cancel, wake, listen: _ } => {
                for key in &cancel {
                    assert!(self.running.contains(key), "{key:?} is cancelled and not running");
                }
                self.waking |= wake.is_some();
                let launched: Vec<String> =
                    launch.into_iter().map(|launch| self.launch(launch)).collect();
                let mut parts = Vec::new();
                if !launched.is_empty() {
                    parts.push(format!("run {}", launched.join(", ")));
                }
                if let Some(instant) = wake {
                    parts.push(format!("wake {instant}"));
                }
                if !cancel.is_empty() {
                    let keys: Vec<String> = cancel.iter().map(describe_key).collect();
                    parts.push(format!("cancel {}", keys.join(", ")));
                }
                if parts.is_empty() { "wait".to_owned() } else { parts.join(" ") }
            }
        }
    }

    fn launch(&mut self, launch: Launch) -> String {
        let Launch { key, target, bindings } = launch;
        let mut text = describe_key(&key);
        match target {
            Target::Block => {
                let slot = self.blocks.get(key.block.pointer());
                let slot = slot.unwrap_or_else(|| panic!("{text} is no block of the step"));
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
    #[must_use]
    pub fn evaluated(&self) -> Vec<String> {
        self.host.evaluated.borrow().clone()
    }
}

impl ControlHost for Host {
    /// Evaluates what is written at the pointer: a value, `$name.key`, or one of those, `<` or `==`, and a value.
    fn eval(&self, pointer: &str, bindings: &BTreeMap<String, Value>) -> Result<Value, StepError> {
        self.evaluated.borrow_mut().push(pointer.to_owned());
        let written = self.params.pointer(pointer).expect("something is written there");
        let Some(text) = written.as_str().filter(|text| text.starts_with('$')) else {
            return Ok(written.clone());
        };
        let words: Vec<&str> = text.split(' ').collect();
        let mut path = words[0].trim_start_matches('$').split('.');
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

    fn config(&self) -> Value {
        self.config.borrow().clone()
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
