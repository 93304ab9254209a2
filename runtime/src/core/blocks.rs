//! Workflows and blocks: what starts when, and how an end travels outwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use locus_expr::Data;
use locus_plugin::control::RETURN;
use locus_plugin::{BlockKey, ControlEvent, Outcome, StepError};
use serde_json::Value;

use super::event::TimerKind;
use super::frame::{BlockFrame, CancelReason, Env, FrameId, Waiter, WorkflowFrame, WorkflowPhase};
use super::image::BlockIndex;
use super::machine::{Machine, Task};

impl Machine {
    /// Starts a workflow: the run's own, or one that a control step calls.
    pub(super) fn start_workflow(
        &mut self,
        name: &str,
        key: String,
        input: Value,
        parent: Option<(FrameId, BlockKey)>,
    ) -> FrameId {
        let image = Arc::clone(&self.image);
        let id = self.new_frame();
        let code = &image.workflows[name];
        let env = Env {
            workflow: id,
            input: Data::from(input),
            frozen_vars: None,
            steps: Data::object([]),
            variables: Arc::new(BTreeMap::from([
                ("env".into(), Data::from(&self.run.env)),
                ("secrets".into(), image.secrets.clone()),
            ])),
        };
        self.workflows.insert(
            id,
            WorkflowFrame {
                name: name.to_owned(),
                key: key.clone(),
                vars: Data::object([]),
                parent,
                // Replaced as soon as the block has its number.
                phase: WorkflowPhase::Running { block: id },
                compensations: Vec::new(),
                stopped: None,
            },
        );
        if let Some(limit) = code.timeout {
            self.set_timer(&key, TimerKind::Timeout, self.now + limit);
        }
        let block = self.start_block(code.block, key, Waiter::Workflow(id), env);
        if let Some(frame) = self.workflows.get_mut(&id) {
            frame.phase = WorkflowPhase::Running { block };
        }
        id
    }

    /// Starts a block. Its first steps are started by tasks, so it never ends before the caller knows its number.
    pub(super) fn start_block(
        &mut self,
        code: BlockIndex,
        prefix: String,
        waiter: Waiter,
        env: Env,
    ) -> FrameId {
        let id = self.new_frame();
        let block = &self.image.blocks[code];
        let waiting: Vec<usize> = block
            .needs
            .as_ref()
            .map_or_else(Vec::new, |needs| needs.iter().map(Vec::len).collect());
        match &block.needs {
            Some(needs) => {
                let free = (0..needs.len()).filter(|position| needs[*position].is_empty());
                self.tasks.extend(free.map(|position| Task::Start(id, position)));
            }
            None => self.tasks.push_back(Task::Start(id, 0)),
        }
        let left = block.steps.len();
        self.blocks.insert(
            id,
            BlockFrame {
                code,
                prefix,
                waiter,
                env,
                running: BTreeMap::new(),
                waiting,
                left,
                last: Value::Null,
                ending: None,
            },
        );
        id
    }

    /// A step of a block has ended for good.
    pub(super) fn step_ended(
        &mut self,
        block_id: FrameId,
        position: usize,
        name: &str,
        outcome: Outcome,
    ) {
        let image = Arc::clone(&self.image);
        if let (Outcome::Done(value), Some(block)) = (&outcome, self.blocks.get(&block_id)) {
            let step = image.blocks[block.code].steps[position];
            self.note_result(&image.steps[step].path, value);
        }
        let Some(block) = self.blocks.get_mut(&block_id) else { return };
        block.running.remove(&position);
        if block.ending.is_some() {
            if block.running.is_empty() {
                self.end_block(block_id);
            }
            return;
        }
        match outcome {
            Outcome::Done(value) => {
                let code = &image.blocks[block.code];
                block.left -= 1;
                // Of the step that ends last, only the output of a workflow can see the result.
                let seen = block.left > 0 || {
                    let waiter = block.waiter.workflow().and_then(|id| self.workflows.get(&id));
                    waiter.is_some_and(|frame| image.workflows[&frame.name].output.is_some())
                };
                if seen {
                    block.env.steps.insert(name, Data::from(&value));
                }
                if position + 1 == code.steps.len() {
                    block.last = value;
                }
                if block.left == 0 {
                    self.end_block(block_id);
                } else if let Some(needs) = &code.needs {
                    for (later, needs) in needs.iter().enumerate() {
                        let met = needs.iter().filter(|need| **need == position).count();
                        if met > 0 {
                            block.waiting[later] -= met;
                            if block.waiting[later] == 0 {
                                self.tasks.push_back(Task::Start(block_id, later));
                            }
                        }
                    }
                } else {
                    self.tasks.push_back(Task::Start(block_id, position + 1));
                }
            }
            other => {
                block.ending = Some(other);
                self.cancel_steps(block_id);
            }
        }
    }

    /// Cancels a block; it ends as soon as its steps have.
    pub(super) fn cancel_block(&mut self, id: FrameId) {
        let Some(block) = self.blocks.get_mut(&id) else { return };
        if block.ending.is_none() {
            block.ending = Some(Outcome::Cancelled);
            self.cancel_steps(id);
        }
    }

    fn cancel_steps(&mut self, id: FrameId) {
        let running: Vec<FrameId> = match self.blocks.get(&id) {
            Some(block) => block.running.values().copied().collect(),
            None => return,
        };
        for step in running {
            self.cancel_step(step, CancelReason::Outer);
        }
        if self.blocks.get(&id).is_some_and(|block| block.running.is_empty()) {
            self.end_block(id);
        }
    }

    /// A block has no step running and none to come.
    pub(super) fn end_block(&mut self, id: FrameId) {
        let Some(block) = self.blocks.remove(&id) else { return };
        let outcome = block.ending.unwrap_or(Outcome::Done(block.last));
        match block.waiter {
            Waiter::Workflow(workflow) => self.workflow_block_ended(workflow, outcome, &block.env),
            Waiter::Step(step, key) => {
                let event = ControlEvent::Ended { key, outcome };
                self.tasks.push_back(Task::Deliver(step, event));
            }
            Waiter::Compensation(workflow) => self.compensation_ended(workflow, outcome),
        }
    }

    fn workflow_block_ended(&mut self, id: FrameId, outcome: Outcome, env: &Env) {
        let image = Arc::clone(&self.image);
        let Some(frame) = self.workflows.get(&id) else { return };
        let outcome = frame.stopped.clone().unwrap_or(outcome);
        let code = &image.workflows[&frame.name];
        let outcome = match outcome {
            Outcome::Done(value) => match &code.output {
                Some(output) => match output.evaluate(&self.scope(env, None)) {
                    Ok(value) => Outcome::Done(value),
                    Err(mut error) => {
                        error.step.get_or_insert_with(|| frame.key.clone());
                        Outcome::Failed(error)
                    }
                },
                None => Outcome::Done(value),
            },
            Outcome::Exit(exit) if exit.signal == RETURN => Outcome::Done(exit.value),
            Outcome::Exit(exit) => Outcome::Failed(StepError::terminal(
                "signal_outside",
                format!("nothing in the workflow takes the signal `{}`", exit.signal),
            )),
            other => other,
        };
        if matches!(outcome, Outcome::Done(_)) {
            self.end_workflow(id, outcome);
        } else {
            if let Some(frame) = self.workflows.get_mut(&id) {
                frame.phase = WorkflowPhase::Compensating { outcome, failures: Vec::new() };
            }
            self.compensate_next(id);
        }
    }

    /// Undoes the step that succeeded last and is not undone yet; ends the workflow when there is none.
    fn compensate_next(&mut self, id: FrameId) {
        let Some(frame) = self.workflows.get_mut(&id) else { return };
        if let Some(next) = frame.compensations.pop() {
            self.start_block(next.block, next.key, Waiter::Compensation(id), next.env);
            return;
        }
        let WorkflowPhase::Compensating { outcome, failures } = &mut frame.phase else { return };
        let (outcome, failures) = (outcome.clone(), std::mem::take(failures));
        let outcome = if failures.is_empty() { outcome } else { not_undone(outcome, &failures) };
        self.end_workflow(id, outcome);
    }

    fn compensation_ended(&mut self, id: FrameId, ended: Outcome) {
        if let Some(frame) = self.workflows.get_mut(&id)
            && let WorkflowPhase::Compensating { failures, .. } = &mut frame.phase
            && let Outcome::Failed(error) = ended
        {
            failures.push(error);
        }
        self.compensate_next(id);
    }

    fn end_workflow(&mut self, id: FrameId, outcome: Outcome) {
        let Some(frame) = self.workflows.remove(&id) else { return };
        self.clear_timer(&frame.key, TimerKind::Timeout);
        match frame.parent {
            None => self.finish_run(outcome),
            Some((step, key)) => {
                // What a called workflow did is undone when its caller fails later.
                if let Some(caller) = self.workflow_of_step(step) {
                    caller.compensations.extend(frame.compensations);
                }
                self.tasks.push_back(Task::Deliver(step, ControlEvent::Ended { key, outcome }));
            }
        }
    }

    fn workflow_of_step(&mut self, step: FrameId) -> Option<&mut WorkflowFrame> {
        let block = self.steps.get(&step)?.block;
        let workflow = self.blocks.get(&block)?.env.workflow;
        self.workflows.get_mut(&workflow)
    }
}

/// A failure that says which compensations failed too.
fn not_undone(outcome: Outcome, failures: &[StepError]) -> Outcome {
    let (code, message, retryable, details, step) = match outcome {
        Outcome::Failed(error) => {
            (error.code, error.message, error.retryable, error.details, error.step)
        }
        _ => ("cancelled".to_owned(), "the run was cancelled".to_owned(), false, Value::Null, None),
    };
    Outcome::Failed(StepError {
        code,
        message: format!("{message}; and {} compensation(s) failed", failures.len()),
        retryable,
        details: serde_json::json!({
            "error": details,
            "compensation_failures": failures,
        }),
        step,
    })
}
