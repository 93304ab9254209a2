//! Steps: begun, tried again, ended, cancelled.

use std::sync::Arc;

use locus_expr::Data;
use locus_model::identity::hash128;
use locus_model::{Backoff, Jitter, Retry};
use locus_plugin::step::Behaviour;
use locus_plugin::{ControlEvent, Outcome, StepError};
use serde_json::{Map, Value};

use super::event::{Command, TimerKind};
use super::frame::{CancelReason, Compensation, FrameId, StepFrame, StepScope, StepState};
use super::machine::{Machine, Task};

/// The longest delay that the other side can ask for, in milliseconds: a day.
const LONGEST_RETRY_AFTER: u64 = 86_400_000;

impl Machine {
    /// Starts the step at a position of a block, unless the block is ending.
    pub(super) fn start_step(&mut self, block_id: FrameId, position: usize) {
        let image = Arc::clone(&self.image);
        let Some(block) = self.blocks.get(&block_id) else { return };
        if block.ending.is_some() {
            return;
        }
        let Some(&code_index) = image.blocks[block.code].steps.get(position) else {
            self.end_block(block_id);
            return;
        };
        let code = &image.steps[code_index];
        let key = [block.prefix.as_str(), "/", &code.name].concat();
        let scope = (code.when.is_some() || !code.params.is_constant())
            .then(|| self.scope(&block.env, None));
        let evaluated = match (&code.when, &scope) {
            (Some(when), Some(scope)) => when.holds(scope),
            _ => Ok(true),
        };
        let evaluated = evaluated.and_then(|holds| {
            let params = match (holds, &scope) {
                (false, _) => None,
                (true, Some(scope)) => Some(code.params.evaluate(scope)?),
                (true, None) => Some(code.params.constant()),
            };
            Ok(params)
        });
        let params = match evaluated {
            Ok(Some(params)) => {
                self.visit_step(&code.path, &key, false);
                params
            }
            Ok(None) => {
                self.visit_step(&code.path, &key, true);
                self.step_ended(block_id, position, &code.name, Outcome::Done(Value::Null));
                return;
            }
            Err(mut error) => {
                self.visit_step(&code.path, &key, false);
                error.step.get_or_insert(key);
                self.step_ended(block_id, position, &code.name, Outcome::Failed(error));
                return;
            }
        };
        let id = self.new_frame();
        if let Some(block) = self.blocks.get_mut(&block_id) {
            block.running.insert(position, id);
        }
        let frame = StepFrame {
            code: code_index,
            block: block_id,
            position,
            key,
            attempt: 1,
            params,
            scope: None,
            state: StepState::Idle,
            cancel: None,
        };
        self.steps.insert(id, frame);
        self.attempt(id);
        if !code.params.is_constant() {
            self.keep_scope(id, block_id);
        }
    }

    /// Remembers what the parameters of a step saw, if it is going on: most pure steps have ended by now.
    fn keep_scope(&mut self, id: FrameId, block: FrameId) {
        let (Some(frame), Some(block)) = (self.steps.get_mut(&id), self.blocks.get(&block)) else {
            return;
        };
        let mut env = block.env.clone();
        if env.frozen_vars.is_none() {
            env.frozen_vars = self.workflows.get(&env.workflow).map(|frame| frame.vars.clone());
        }
        frame.scope = Some(StepScope { env, now: self.now });
    }

    /// Begins an attempt of a step.
    fn attempt(&mut self, id: FrameId) {
        let image = Arc::clone(&self.image);
        let Some(frame) = self.steps.get_mut(&id) else { return };
        let code = &image.steps[frame.code];
        if let Behaviour::Action(_) = &code.behaviour {
            frame.state = StepState::Calling;
            self.by_key.insert(frame.key.clone(), id);
            let call = self.steps.get(&id).map(|frame| self.call(frame));
            self.commands.extend(call.map(Command::Call));
        }
        if let Some(limit) = code.timeout {
            self.set_step_timer(id, TimerKind::Timeout, self.now + limit);
        }
        if let Behaviour::Control(control) = &code.behaviour {
            self.start_control(id, control.as_ref());
        }
    }

    /// The delay before the next attempt is over.
    pub(super) fn next_attempt(&mut self, id: FrameId) {
        let Some(frame) = self.steps.get_mut(&id) else { return };
        if matches!(frame.state, StepState::Backoff) {
            frame.attempt += 1;
            frame.state = StepState::Idle;
            self.attempt(id);
        }
    }

    /// An attempt has ended: the step is tried again, or it ends for good.
    pub(super) fn end_step(&mut self, id: FrameId, outcome: Outcome, vars: Map<String, Value>) {
        let image = Arc::clone(&self.image);
        let Some(frame) = self.steps.get(&id) else { return };
        let code = &image.steps[frame.code];
        let (block_id, position, key) = (frame.block, frame.position, frame.key.clone());
        let outcome = match (frame.cancel, outcome) {
            (None, outcome) => outcome,
            (Some(_), Outcome::Failed(error)) => Outcome::Failed(error),
            (Some(CancelReason::Outer), _) => Outcome::Cancelled,
            (Some(CancelReason::Timeout), _) => Outcome::Failed(timeout(code.timeout)),
        };
        let outcome = match outcome {
            Outcome::Done(value) => self.reshape(id, value),
            other => other,
        };
        self.clear_timer(&key, TimerKind::Timeout);
        self.clear_timer(&key, TimerKind::Wake);
        let outcome = match outcome {
            Outcome::Failed(mut error) => {
                if frame_may_retry(frame_cancel(&self.steps, id))
                    && let Some(delay) = self.retry_delay(id, &error)
                {
                    if let Some(frame) = self.steps.get_mut(&id) {
                        frame.state = StepState::Backoff;
                        frame.cancel = None;
                    }
                    self.set_step_timer(id, TimerKind::Retry, self.now + delay);
                    return;
                }
                error.step.get_or_insert_with(|| key.clone());
                Outcome::Failed(error)
            }
            other => other,
        };
        let Some(frame) = self.steps.remove(&id) else { return };
        self.by_key.remove(&key);
        self.begun.remove(&key);
        if let Outcome::Done(value) = &outcome {
            self.set_vars(block_id, vars);
            self.remember_compensation(&frame, value);
        }
        self.step_ended(block_id, position, &code.name, outcome);
    }

    /// Applies the step's `output` to its result.
    fn reshape(&self, id: FrameId, value: Value) -> Outcome {
        let parts = self.steps.get(&id).and_then(|frame| {
            let output = self.image.steps[frame.code].output.as_ref()?;
            Some((output, self.blocks.get(&frame.block)?))
        });
        let Some((output, block)) = parts else { return Outcome::Done(value) };
        match output.evaluate(&self.scope(&block.env, Some(&value))) {
            Ok(value) => Outcome::Done(value),
            Err(error) => Outcome::Failed(error),
        }
    }

    fn set_vars(&mut self, block: FrameId, vars: Map<String, Value>) {
        let Some(workflow) = self.blocks.get(&block).map(|block| block.env.workflow) else {
            return;
        };
        if let Some(workflow) = self.workflows.get_mut(&workflow) {
            for (name, value) in vars {
                workflow.vars.insert(&name, Data::from(value));
            }
        }
    }

    /// Remembers what undoes a step that has succeeded, with the values it had.
    fn remember_compensation(&mut self, frame: &StepFrame, value: &Value) {
        let image = Arc::clone(&self.image);
        let code = &image.steps[frame.code];
        let (Some(block), Some(around)) = (code.compensate, self.blocks.get(&frame.block)) else {
            return;
        };
        let mut env = around.env.clone();
        env.steps.insert(&code.name, Data::from(value));
        let Some(workflow) = self.workflows.get_mut(&env.workflow) else { return };
        env.frozen_vars = Some(workflow.vars.clone());
        workflow.compensations.push(Compensation {
            block,
            key: format!("{}/compensate", frame.key),
            env,
        });
    }

    /// How long to wait before the next attempt, if there is one, in milliseconds.
    fn retry_delay(&self, id: FrameId, error: &StepError) -> Option<u64> {
        let frame = self.steps.get(&id)?;
        let retry = self.image.steps[frame.code].retry.as_ref()?;
        // A list of codes is the author's word; without one, what the step says of its failure counts.
        let wanted =
            if retry.errors.is_empty() { error.retryable } else { error.matches(&retry.errors) };
        if !wanted || frame.attempt >= retry.attempts {
            return None;
        }
        let seed = format!("{}/{}#{}", self.run.id, frame.key, frame.attempt);
        let delay = delay(retry, frame.attempt, hash128(seed.as_bytes()) as u64);
        // Whoever failed may know best when to come back.
        let asked = error.details.get("retry_after").and_then(Value::as_u64).unwrap_or_default();
        Some(delay.max(asked.min(LONGEST_RETRY_AFTER)))
    }

    /// Nothing further out wants the step any longer, or its time is over.
    pub(super) fn cancel_step(&mut self, id: FrameId, reason: CancelReason) {
        let Some(frame) = self.steps.get_mut(&id) else { return };
        if frame.cancel == Some(CancelReason::Outer) {
            return;
        }
        let earlier = frame.cancel.replace(reason);
        let (key, attempt) = (frame.key.clone(), frame.attempt);
        match &mut frame.state {
            StepState::Calling => {
                self.commands.push(Command::CancelCall { key, attempt });
                self.end_step(id, Outcome::Cancelled, Map::new());
            }
            StepState::Backoff => {
                self.clear_timer(&key, TimerKind::Retry);
                self.end_step(id, Outcome::Cancelled, Map::new());
            }
            StepState::Idle => {}
            StepState::Control(control) => {
                // Its blocks have been cancelled already, or are being cancelled because it ends.
                if earlier.is_some() || control.ending.is_some() {
                    return;
                }
                control.wake = None;
                self.clear_timer(&key, TimerKind::Wake);
                self.stop_listening(id);
                if self.cancel_children(id) == 0 {
                    self.tasks.push_back(Task::Deliver(id, ControlEvent::Cancelled));
                }
            }
        }
    }
}

fn frame_cancel(
    steps: &std::collections::BTreeMap<FrameId, StepFrame>,
    id: FrameId,
) -> Option<CancelReason> {
    steps.get(&id).and_then(|frame| frame.cancel)
}

/// A step that something further out has cancelled is not tried again; one whose time was over may be.
const fn frame_may_retry(cancel: Option<CancelReason>) -> bool {
    !matches!(cancel, Some(CancelReason::Outer))
}

fn timeout(limit: Option<u64>) -> StepError {
    let limit = locus_model::duration::format_duration(limit.unwrap_or_default());
    StepError::retryable("timeout", format!("the step took longer than {limit}"))
}

/// The delay after an attempt, spread by `random`: the same for the same run, step and attempt.
fn delay(retry: &Retry, attempt: u32, random: u64) -> u64 {
    let full = match retry.backoff {
        Backoff::Constant => retry.initial,
        Backoff::Linear => retry.initial.saturating_mul(u64::from(attempt)),
        Backoff::Exponential => {
            retry.initial.saturating_mul(1_u64.checked_shl(attempt - 1).unwrap_or(u64::MAX))
        }
    };
    let full = full.min(retry.max);
    match retry.jitter {
        Jitter::None => full,
        Jitter::Full => random % (full + 1),
        Jitter::Equal => full / 2 + random % (full - full / 2 + 1),
    }
}
