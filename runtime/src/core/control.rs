//! Control steps: their decisions carried out.

use std::collections::BTreeMap;
use std::sync::Arc;

use locus_expr::{Data, Scope};
use locus_plugin::control::{ControlHost, ErasedControl};
use locus_plugin::host::panics;
use locus_plugin::{
    BlockKey, CloudEvent, ControlContext, ControlEvent, Decision, Launch, Outcome, StepError,
    Subscription, Target,
};
use serde_json::{Map, Value};

use super::event::{Command, TimerKind};
use super::frame::{Child, ControlFrame, Env, FrameId, StepState, Waiter};
use super::image::StepCode;
use super::machine::{DetachedStart, Machine, Task};

/// What a control step can ask for while it decides.
struct Host<'a> {
    machine: &'a Machine,
    code: &'a StepCode,
    env: &'a Env,
    cancelling: bool,
}

impl ControlHost for Host<'_> {
    fn eval(&self, pointer: &str, bindings: &BTreeMap<String, Value>) -> Result<Value, StepError> {
        let tree = self.code.lazy.get(pointer).ok_or_else(|| {
            StepError::terminal("expression_failed", format!("no lazy parameter at `{pointer}`"))
        })?;
        let mut scope: Scope = self.machine.scope(self.env, None);
        if !bindings.is_empty() {
            let bound = bindings.iter().map(|(name, value)| (name.as_str().into(), value.into()));
            Arc::make_mut(&mut scope.variables).extend(bound);
        }
        tree.evaluate(&scope)
    }

    fn now(&self) -> u64 {
        self.machine.now
    }

    fn cancelling(&self) -> bool {
        self.cancelling
    }

    fn config(&self) -> Value {
        (*self.code.config).clone()
    }
}

impl Machine {
    /// Begins a control step.
    pub(super) fn start_control(&mut self, id: FrameId, control: &dyn ErasedControl) {
        let image = Arc::clone(&self.image);
        let Some(frame) = self.steps.get_mut(&id) else { return };
        let (block, code) = (frame.block, &image.steps[frame.code]);
        // Only another attempt would ask for them again.
        let params = match code.retry {
            Some(_) => frame.params.clone(),
            None => std::mem::take(&mut frame.params),
        };
        let Some(block) = self.blocks.get(&block) else { return };
        let host = Host { machine: self, code, env: &block.env, cancelling: false };
        let started = guarded(code, || control.start(params, &ControlContext::new(&host)));
        let (instance, decision) = match started {
            Ok((instance, decision)) => (Some(instance), Ok(decision)),
            Err(error) => (None, Err(error)),
        };
        if let Some(frame) = self.steps.get_mut(&id) {
            frame.state = StepState::Control(ControlFrame {
                instance,
                children: BTreeMap::new(),
                wake: None,
                listen: None,
                ending: None,
            });
        }
        self.decided(id, decision);
    }

    /// Tells a control step what happened.
    pub(super) fn deliver(&mut self, id: FrameId, event: ControlEvent) {
        let image = Arc::clone(&self.image);
        let Some(frame) = self.steps.get_mut(&id) else { return };
        let (cancelling, code) = (frame.cancel.is_some(), &image.steps[frame.code]);
        let block_id = frame.block;
        let StepState::Control(control) = &mut frame.state else { return };
        if let ControlEvent::Ended { key, .. } = &event {
            control.children.remove(key);
        }
        if control.ending.is_some() {
            self.end_if_idle(id);
            return;
        }
        let (Some(mut instance), Some(block)) =
            (control.instance.take(), self.blocks.get(&block_id))
        else {
            return;
        };
        let host = Host { machine: self, code, env: &block.env, cancelling };
        let decision = guarded(code, || instance.on(event, &ControlContext::new(&host)));
        if let Some(control) = self.control_mut(id) {
            control.instance = Some(instance);
        }
        self.decided(id, decision);
    }

    /// The time that a control step waited for has come.
    pub(super) fn woken(&mut self, id: FrameId) {
        if let Some(control) = self.control_mut(id) {
            control.wake = None;
            self.tasks.push_back(Task::Deliver(id, ControlEvent::Woken));
        }
    }

    fn decided(&mut self, id: FrameId, decision: Result<Decision, StepError>) {
        match decision {
            Err(error) => self.end_control(id, Outcome::Failed(error), Map::new()),
            Ok(Decision::End { outcome, vars }) => self.end_control(id, outcome, vars),
            Ok(Decision::Continue { launch, cancel, wake, listen }) => {
                for launch in launch {
                    if let Err(error) = self.launch(id, launch) {
                        self.end_control(id, Outcome::Failed(error), Map::new());
                        return;
                    }
                }
                for key in cancel {
                    self.cancel_child(id, &key);
                }
                self.set_wake(id, wake);
                self.set_listen(id, listen);
                self.end_if_stuck(id);
            }
        }
    }

    fn set_wake(&mut self, id: FrameId, wake: Option<u64>) {
        let (Some(at), Some(frame)) = (wake, self.steps.get_mut(&id)) else { return };
        if let (StepState::Control(control), None) = (&mut frame.state, frame.cancel) {
            control.wake = Some(at);
            self.set_step_timer(id, TimerKind::Wake, at);
        }
    }

    fn set_listen(&mut self, id: FrameId, listen: Option<Subscription>) {
        let (Some(subscription), Some(frame)) = (listen, self.steps.get_mut(&id)) else { return };
        if let (StepState::Control(control), None) = (&mut frame.state, frame.cancel) {
            control.listen = Some(subscription.clone());
            let key = frame.key.clone();
            self.by_key.insert(key.clone(), id);
            self.commands.push(Command::Listen { key, subscription });
        }
    }

    /// A step does not listen any longer.
    pub(super) fn stop_listening(&mut self, id: FrameId) {
        let Some(frame) = self.steps.get_mut(&id) else { return };
        if let StepState::Control(control) = &mut frame.state
            && control.listen.take().is_some()
        {
            self.commands.push(Command::StopListening { key: frame.key.clone() });
        }
    }

    /// Whether an event is one that the step with this key listens for, and that the run has not taken yet. Where the step's condition cannot be
    /// evaluated, the step has to hear of the event to fail.
    #[must_use]
    pub fn wants(&self, key: &str, seq: u64, event: &CloudEvent) -> bool {
        let Some(&id) = self.by_key.get(key) else { return false };
        !self.received.contains(&seq) && self.fits(id, event).unwrap_or(true)
    }

    /// An event has come.
    pub(super) fn receive(&mut self, key: &str, seq: u64, event: CloudEvent) {
        let Some(&id) = self.by_key.get(key) else { return };
        if self.received.contains(&seq) {
            return;
        }
        match self.fits(id, &event) {
            Ok(false) => {}
            Ok(true) => {
                self.received.insert(seq);
                self.tasks.push_back(Task::Deliver(id, ControlEvent::Received(Box::new(event))));
            }
            Err(error) => self.end_control(id, Outcome::Failed(error), Map::new()),
        }
    }

    /// Whether an event fits what a step listens for.
    fn fits(&self, id: FrameId, event: &CloudEvent) -> Result<bool, StepError> {
        let Some(frame) = self.steps.get(&id) else { return Ok(false) };
        let StepState::Control(ControlFrame { listen: Some(subscription), ending: None, .. }) =
            &frame.state
        else {
            return Ok(false);
        };
        if !subscription.fits(event) {
            return Ok(false);
        }
        let (Some(pointer), Some(block)) = (&subscription.matching, self.blocks.get(&frame.block))
        else {
            return Ok(true);
        };
        let code = &self.image.steps[frame.code];
        let host = Host { machine: self, code, env: &block.env, cancelling: false };
        let bindings = BTreeMap::from([("event".to_owned(), event.to_value())]);
        let holds = host.eval(pointer, &bindings)?;
        holds.as_bool().ok_or_else(|| {
            let message = format!("a condition must be true or false, and it is {holds}");
            StepError::terminal("expression_failed", message)
        })
    }

    /// A control step that waits for nothing would wait for ever.
    fn end_if_stuck(&mut self, id: FrameId) {
        let Some(frame) = self.steps.get(&id) else { return };
        let StepState::Control(control) = &frame.state else { return };
        let waits = control.wake.is_some() || control.listen.is_some();
        if !control.children.is_empty() || waits || control.ending.is_some() {
            return;
        }
        let outcome = if frame.cancel.is_some() {
            Outcome::Cancelled
        } else {
            let step_type = &self.image.steps[frame.code].step_type;
            Outcome::Failed(StepError::terminal(
                "plugin_error",
                format!("the control step `{step_type}` neither ended nor waits for anything"),
            ))
        };
        self.end_control(id, outcome, Map::new());
    }

    fn end_control(&mut self, id: FrameId, outcome: Outcome, vars: Map<String, Value>) {
        let Some(control) = self.control_mut(id) else { return };
        control.wake = None;
        control.ending = Some((outcome, vars));
        self.stop_listening(id);
        self.cancel_children(id);
        self.end_if_idle(id);
    }

    fn end_if_idle(&mut self, id: FrameId) {
        let Some(control) = self.control_mut(id) else { return };
        if control.children.is_empty()
            && let Some((outcome, vars)) = control.ending.take()
        {
            self.end_step(id, outcome, vars);
        }
    }

    fn launch(&mut self, id: FrameId, launch: Launch) -> Result<(), StepError> {
        let image = Arc::clone(&self.image);
        let broken = |what: String| StepError::terminal("plugin_error", what);
        let Some(frame) = self.steps.get(&id) else { return Ok(()) };
        let code = &image.steps[frame.code];
        let Some(around) = self.blocks.get(&frame.block) else { return Ok(()) };
        let StepState::Control(control) = &frame.state else { return Ok(()) };
        if control.children.contains_key(&launch.key) {
            return Err(broken(format!("{:?} is running already", launch.key)));
        }
        let cancelling = frame.cancel.is_some();
        let mut prefix = frame.key.clone();
        if frame.attempt > 1 {
            prefix.push_str(&format!("#{}", frame.attempt));
        }
        if let Some(index) = launch.key.index {
            prefix.push_str(&format!("[{index}]"));
        }
        let waiter = (id, launch.key.clone());
        let child = match launch.target {
            Target::Block => {
                let pointer = launch.key.block.pointer();
                let slot = code
                    .slots
                    .get(pointer)
                    .ok_or_else(|| broken(format!("there is no block at `{pointer}`")))?;
                if cancelling && !slot.always {
                    self.refuse(id, &launch.key);
                    return Ok(());
                }
                if let Some(segment) = &image.blocks[slot.block].segment {
                    prefix.push('/');
                    prefix.push_str(segment);
                }
                let mut env = around.env.clone();
                if !launch.bindings.is_empty() {
                    let variables = Arc::make_mut(&mut env.variables);
                    let bound = launch.bindings.into_iter();
                    variables.extend(bound.map(|(name, value)| (name.into(), Data::from(value))));
                }
                self.visit_block(&code.path, pointer);
                let waiter = Waiter::Step(waiter.0, waiter.1);
                let frame = self.start_block(slot.block, prefix, waiter, env);
                if slot.always { Child::AlwaysBlock } else { Child::Block(frame) }
            }
            _ if cancelling => {
                self.refuse(id, &launch.key);
                return Ok(());
            }
            Target::Workflow { name, input } => {
                let input = image.complete_input(&name, input, self.now)?;
                let key = format!("{prefix}>{name}");
                Child::Workflow(self.start_workflow(&name, key, input, Some(waiter)))
            }
            Target::Detached { name, input } => {
                let input = image.complete_input(&name, input, self.now)?;
                self.commands.push(Command::StartRun {
                    key: prefix.clone(),
                    workflow: name.clone(),
                    input: input.clone(),
                });
                let start = DetachedStart { step: id, child: waiter.1, workflow: name, input };
                self.detached.insert(prefix, start);
                Child::Detached
            }
        };
        if let Some(control) = self.control_mut(id) {
            control.children.insert(launch.key, child);
        }
        Ok(())
    }

    /// Only blocks that run always are started while a step is being cancelled: the others end at once.
    fn refuse(&mut self, id: FrameId, key: &BlockKey) {
        if let Some(control) = self.control_mut(id) {
            control.children.insert(key.clone(), Child::Detached);
        }
        let event = ControlEvent::Ended { key: key.clone(), outcome: Outcome::Cancelled };
        self.tasks.push_back(Task::Deliver(id, event));
    }

    /// Cancels all blocks of a step and says how many there are.
    pub(super) fn cancel_children(&mut self, id: FrameId) -> usize {
        let Some(control) = self.control_mut(id) else { return 0 };
        let keys: Vec<BlockKey> = control.children.keys().cloned().collect();
        for key in &keys {
            self.cancel_child(id, key);
        }
        keys.len()
    }

    fn cancel_child(&mut self, id: FrameId, key: &BlockKey) {
        let child = self.control_mut(id).and_then(|control| control.children.get(key).copied());
        match child {
            Some(Child::Block(block)) => self.cancel_block(block),
            Some(Child::Workflow(workflow)) => self.stop_workflow(workflow, Outcome::Cancelled),
            // A run of its own is not the caller's to cancel: its start is awaited.
            Some(Child::AlwaysBlock | Child::Detached) | None => {}
        }
    }

    fn control_mut(&mut self, id: FrameId) -> Option<&mut ControlFrame> {
        match &mut self.steps.get_mut(&id)?.state {
            StepState::Control(control) => Some(control),
            _ => None,
        }
    }
}

/// A panic in a plugin is the step's failure, never the end of the process.
fn guarded<T>(
    code: &StepCode,
    decide: impl FnOnce() -> Result<T, StepError>,
) -> Result<T, StepError> {
    panics::caught(decide).unwrap_or_else(|text| {
        Err(StepError::terminal(
            "plugin_panicked",
            format!("the step type `{}` panicked: {text}", code.step_type),
        ))
    })
}
