//! A machine as text, and back: so that a run can leave memory and be recovered from its last snapshot and the records behind it.
//!
//! Parameters of steps are not written down but evaluated again from what the step saw: they may hold secrets, which are recorded nowhere. What
//! several places share is written once.
//!
//! A snapshot fits the same machine alone: this format, and an [`Image`] with the same steps in the same order. Where it does not fit, the
//! run is recovered from its whole journal.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use locus_expr::Data;
use locus_plugin::step::Behaviour;
use locus_plugin::{BlockKey, Outcome, StepError, Subscription};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::event::{RunInfo, TimerKind};
use super::frame::{
    BlockFrame, CancelReason, Child, Compensation, ControlFrame, Env, FrameId, StepFrame,
    StepScope, StepState, Waiter, WorkflowFrame, WorkflowPhase,
};
use super::image::Image;
use super::machine::{CoreError, DetachedStart, Machine};

/// The form of snapshots that this version writes and reads.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Snapshot {
    format: u32,
    image: String,
    now: u64,
    next_frame: FrameId,
    pool: Pool,
    workflows: Vec<(FrameId, WorkflowShot)>,
    blocks: Vec<(FrameId, BlockShot)>,
    steps: Vec<(FrameId, StepShot)>,
    detached: Vec<(String, DetachedShot)>,
    timers: Vec<(String, TimerKind, u64)>,
    received: BTreeSet<u64>,
    begun: BTreeMap<String, u32>,
}

/// What is shared, by number.
#[derive(Default, Serialize, Deserialize)]
struct Pool {
    values: Vec<Value>,
    /// Objects and sets of variables whose values are shared one by one.
    objects: Vec<Vec<(String, usize)>>,
    #[serde(skip)]
    known: HashMap<usize, usize>,
    #[serde(skip)]
    known_objects: HashMap<usize, usize>,
    #[serde(skip)]
    texts: HashMap<String, usize>,
}

#[derive(Serialize, Deserialize)]
struct EnvShot {
    workflow: FrameId,
    input: usize,
    vars: Option<usize>,
    steps: usize,
    variables: usize,
}

#[derive(Serialize, Deserialize)]
struct WorkflowShot {
    name: String,
    key: String,
    vars: usize,
    parent: Option<(FrameId, BlockKey)>,
    phase: PhaseShot,
    compensations: Vec<(usize, String, EnvShot)>,
    stopped: Option<Outcome>,
}

#[derive(Serialize, Deserialize)]
enum PhaseShot {
    Running(FrameId),
    Compensating(Outcome, Vec<StepError>),
}

#[derive(Serialize, Deserialize)]
struct BlockShot {
    code: usize,
    prefix: String,
    waiter: WaiterShot,
    env: EnvShot,
    running: Vec<(usize, FrameId)>,
    waiting: Vec<usize>,
    left: usize,
    last: Value,
    ending: Option<Outcome>,
}

#[derive(Serialize, Deserialize)]
enum WaiterShot {
    Workflow(FrameId),
    Step(FrameId, BlockKey),
    Compensation(FrameId),
}

#[derive(Serialize, Deserialize)]
struct StepShot {
    code: usize,
    block: FrameId,
    position: usize,
    key: String,
    attempt: u32,
    /// None where the parameters are constant.
    scope: Option<(EnvShot, u64)>,
    state: StateShot,
    cancel: Option<CancelReason>,
    by_key: bool,
}

#[derive(Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "most steps that are going on hold blocks")]
enum StateShot {
    Calling,
    Backoff,
    Control {
        /// Whether there is a state: `null` is one.
        started: bool,
        state: Value,
        children: Vec<(BlockKey, Child)>,
        wake: Option<u64>,
        listen: Option<Subscription>,
        ending: Option<(Outcome, Map<String, Value>)>,
    },
}

#[derive(Serialize, Deserialize)]
struct DetachedShot {
    step: FrameId,
    child: BlockKey,
    workflow: String,
    input: Value,
}

impl Machine {
    /// Everything there is to know of the run, as text; to be taken between two events, of a run that has not ended.
    ///
    /// # Errors
    /// A plugin cannot write down the state of one of its steps.
    pub fn snapshot(&self) -> Result<String, CoreError> {
        let mut pool = Pool::default();
        let mut workflows = Vec::with_capacity(self.workflows.len());
        for (id, frame) in &self.workflows {
            workflows.push((*id, self.workflow_shot(frame, &mut pool)));
        }
        let blocks = self.blocks.iter().map(|(id, frame)| (*id, self.block_shot(frame, &mut pool)));
        let blocks = blocks.collect();
        let mut steps = Vec::with_capacity(self.steps.len());
        for (id, frame) in &self.steps {
            steps.push((*id, self.step_shot(*id, frame, &mut pool)?));
        }
        let detached = self.detached.iter().map(|(key, start)| {
            let shot = DetachedShot {
                step: start.step,
                child: start.child.clone(),
                workflow: start.workflow.clone(),
                input: start.input.clone(),
            };
            (key.clone(), shot)
        });
        let timers = self
            .timers
            .iter()
            .flat_map(|(key, timers)| timers.iter().map(|(kind, at)| (key.clone(), *kind, *at)));
        let mut begun = BTreeMap::new();
        begun.extend(self.begun.iter().map(|(key, attempt)| (key.clone(), *attempt)));
        let snapshot = Snapshot {
            format: FORMAT,
            image: self.image.fingerprint().to_owned(),
            now: self.now,
            next_frame: self.next_frame,
            workflows,
            blocks,
            steps,
            detached: detached.collect(),
            timers: timers.collect(),
            received: self.received.clone(),
            begun,
            pool,
        };
        serde_json::to_string(&snapshot).map_err(|error| mismatch(&error.to_string()))
    }

    /// The machine of a snapshot.
    ///
    /// # Errors
    /// `snapshot_mismatch`: it is of another format or another program, or a plugin cannot take up its step.
    pub fn restore(image: Arc<Image>, run: RunInfo, snapshot: &str) -> Result<Self, CoreError> {
        let snapshot: Snapshot =
            serde_json::from_str(snapshot).map_err(|error| mismatch(&error.to_string()))?;
        if snapshot.format != FORMAT || snapshot.image != image.fingerprint() {
            return Err(mismatch("it is of another version or program"));
        }
        let mut machine = Self::idle(image, run);
        machine.set_now(snapshot.now);
        machine.next_frame = snapshot.next_frame;
        let pool = Read::new(snapshot.pool);
        for (id, shot) in snapshot.workflows {
            let frame = machine.workflow_frame(shot, &pool)?;
            machine.workflows.insert(id, frame);
        }
        for (id, shot) in snapshot.blocks {
            let frame = machine.block_frame(shot, &pool)?;
            machine.blocks.insert(id, frame);
        }
        for (id, shot) in snapshot.steps {
            let (by_key, frame) = (shot.by_key, machine.step_frame(shot, &pool)?);
            if by_key {
                machine.by_key.insert(frame.key.clone(), id);
            }
            machine.steps.insert(id, frame);
        }
        for (key, kind, at) in snapshot.timers {
            machine.timers.entry(key).or_default().insert(kind, at);
        }
        machine.detached.extend(snapshot.detached.into_iter().map(|(key, shot)| {
            let DetachedShot { step, child, workflow, input } = shot;
            (key, DetachedStart { step, child, workflow, input })
        }));
        machine.received = snapshot.received;
        machine.begun.extend(snapshot.begun);
        Ok(machine)
    }

    fn env_shot(&self, env: &Env, pool: &mut Pool) -> EnvShot {
        let secrets = self.image.secrets.identity();
        let variables = Arc::as_ptr(&env.variables).addr();
        let variables = pool.object(Some(variables), || {
            let all = env.variables.iter().map(|(name, value)| (&**name, value));
            // Secrets are recorded nowhere: each process brings them anew.
            all.filter(|(_, value)| secrets.is_none() || value.identity() != secrets).collect()
        });
        EnvShot {
            workflow: env.workflow,
            input: pool.value(&env.input),
            vars: env.frozen_vars.as_ref().map(|vars| pool.data_object(vars)),
            steps: pool.data_object(&env.steps),
            variables,
        }
    }

    fn workflow_shot(&self, frame: &WorkflowFrame, pool: &mut Pool) -> WorkflowShot {
        let compensations = frame.compensations.iter().map(|compensation| {
            let env = self.env_shot(&compensation.env, pool);
            (compensation.block, compensation.key.clone(), env)
        });
        let compensations = compensations.collect();
        WorkflowShot {
            name: frame.name.clone(),
            key: frame.key.clone(),
            vars: pool.data_object(&frame.vars),
            parent: frame.parent.clone(),
            phase: match &frame.phase {
                WorkflowPhase::Running { block } => PhaseShot::Running(*block),
                WorkflowPhase::Compensating { outcome, failures } => {
                    PhaseShot::Compensating(outcome.clone(), failures.clone())
                }
            },
            compensations,
            stopped: frame.stopped.clone(),
        }
    }

    fn block_shot(&self, frame: &BlockFrame, pool: &mut Pool) -> BlockShot {
        BlockShot {
            code: frame.code,
            prefix: frame.prefix.clone(),
            waiter: match &frame.waiter {
                Waiter::Workflow(id) => WaiterShot::Workflow(*id),
                Waiter::Step(id, key) => WaiterShot::Step(*id, key.clone()),
                Waiter::Compensation(id) => WaiterShot::Compensation(*id),
            },
            env: self.env_shot(&frame.env, pool),
            running: frame.running.iter().map(|(position, id)| (*position, *id)).collect(),
            waiting: frame.waiting.clone(),
            left: frame.left,
            last: frame.last.clone(),
            ending: frame.ending.clone(),
        }
    }

    fn step_shot(
        &self,
        id: FrameId,
        frame: &StepFrame,
        pool: &mut Pool,
    ) -> Result<StepShot, CoreError> {
        let state = match &frame.state {
            StepState::Idle | StepState::Calling => StateShot::Calling,
            StepState::Backoff => StateShot::Backoff,
            StepState::Control(control) => {
                let state = control.instance.as_ref().map(|instance| instance.snapshot());
                StateShot::Control {
                    started: control.instance.is_some(),
                    state: state
                        .transpose()
                        .map_err(|error| mismatch(&error.message))?
                        .unwrap_or_default(),
                    children: control.children.iter().map(|(key, c)| (key.clone(), *c)).collect(),
                    wake: control.wake,
                    listen: control.listen.clone(),
                    ending: control.ending.clone(),
                }
            }
        };
        let scope = frame.scope.as_ref().map(|scope| (self.env_shot(&scope.env, pool), scope.now));
        Ok(StepShot {
            code: frame.code,
            block: frame.block,
            position: frame.position,
            key: frame.key.clone(),
            attempt: frame.attempt,
            scope,
            state,
            cancel: frame.cancel,
            by_key: self.by_key.get(&frame.key) == Some(&id),
        })
    }

    fn env(&self, shot: EnvShot, pool: &Read) -> Result<Env, CoreError> {
        Ok(Env {
            workflow: shot.workflow,
            input: pool.value(shot.input)?,
            frozen_vars: shot.vars.map(|vars| pool.object(vars)).transpose()?,
            steps: pool.object(shot.steps)?,
            variables: pool.variables(shot.variables, &self.image.secrets)?,
        })
    }

    fn workflow_frame(&self, shot: WorkflowShot, pool: &Read) -> Result<WorkflowFrame, CoreError> {
        let mut compensations = Vec::with_capacity(shot.compensations.len());
        for (block, key, env) in shot.compensations {
            compensations.push(Compensation { block, key, env: self.env(env, pool)? });
        }
        Ok(WorkflowFrame {
            name: shot.name,
            key: shot.key,
            vars: pool.object(shot.vars)?,
            parent: shot.parent,
            phase: match shot.phase {
                PhaseShot::Running(block) => WorkflowPhase::Running { block },
                PhaseShot::Compensating(outcome, failures) => {
                    WorkflowPhase::Compensating { outcome, failures }
                }
            },
            compensations,
            stopped: shot.stopped,
        })
    }

    fn block_frame(&self, shot: BlockShot, pool: &Read) -> Result<BlockFrame, CoreError> {
        Ok(BlockFrame {
            code: shot.code,
            prefix: shot.prefix,
            waiter: match shot.waiter {
                WaiterShot::Workflow(id) => Waiter::Workflow(id),
                WaiterShot::Step(id, key) => Waiter::Step(id, key),
                WaiterShot::Compensation(id) => Waiter::Compensation(id),
            },
            env: self.env(shot.env, pool)?,
            running: shot.running.into_iter().collect(),
            waiting: shot.waiting,
            left: shot.left,
            last: shot.last,
            ending: shot.ending,
        })
    }

    fn step_frame(&self, shot: StepShot, pool: &Read) -> Result<StepFrame, CoreError> {
        let code = self.image.steps.get(shot.code).ok_or_else(|| mismatch("a step is missing"))?;
        let scope = match shot.scope {
            Some((env, now)) => Some(StepScope { env: self.env(env, pool)?, now }),
            None => None,
        };
        let params = match &scope {
            Some(scope) => code
                .params
                .evaluate(&self.scope_at(scope.now, &scope.env))
                .map_err(|error| mismatch(&error.message))?,
            None => code.params.constant(),
        };
        let state = match shot.state {
            StateShot::Calling => StepState::Calling,
            StateShot::Backoff => StepState::Backoff,
            StateShot::Control { started, state, children, wake, listen, ending } => {
                let Behaviour::Control(control) = &code.behaviour else {
                    return Err(mismatch("a control step is an action now"));
                };
                let instance = started.then(|| control.restore(params.clone(), state));
                StepState::Control(ControlFrame {
                    instance: instance.transpose().map_err(|error| mismatch(&error.message))?,
                    children: children.into_iter().collect(),
                    wake,
                    listen,
                    ending,
                })
            }
        };
        Ok(StepFrame {
            code: shot.code,
            block: shot.block,
            position: shot.position,
            key: shot.key,
            attempt: shot.attempt,
            params,
            scope,
            state,
            cancel: shot.cancel,
        })
    }
}

impl Pool {
    fn value(&mut self, data: &Data) -> usize {
        let identity = data.identity();
        if let Some(known) = identity.and_then(|identity| self.known.get(&identity)) {
            return *known;
        }
        let value = data.to_value();
        let text = value.to_string();
        let number = *self.texts.entry(text).or_insert_with(|| {
            self.values.push(value);
            self.values.len() - 1
        });
        if let Some(identity) = identity {
            self.known.insert(identity, number);
        }
        number
    }

    fn data_object(&mut self, data: &Data) -> usize {
        self.object(data.identity(), || data.entries().collect())
    }

    fn object<'a>(
        &mut self,
        identity: Option<usize>,
        entries: impl FnOnce() -> Vec<(&'a str, &'a Data)>,
    ) -> usize {
        if let Some(known) = identity.and_then(|identity| self.known_objects.get(&identity)) {
            return *known;
        }
        let entries = entries().into_iter();
        let entries = entries.map(|(key, value)| (key.to_owned(), self.value(value))).collect();
        self.objects.push(entries);
        let number = self.objects.len() - 1;
        if let Some(identity) = identity {
            self.known_objects.insert(identity, number);
        }
        number
    }
}

type Variables = Arc<BTreeMap<Arc<str>, Data>>;

/// A pool that is read: what was shared is shared again.
struct Read {
    values: Vec<Data>,
    entries: Vec<Vec<(String, usize)>>,
    objects: Vec<std::cell::OnceCell<Data>>,
    variables: Vec<std::cell::OnceCell<Variables>>,
}

impl Read {
    fn new(pool: Pool) -> Self {
        let count = pool.objects.len();
        Self {
            values: pool.values.into_iter().map(Data::from).collect(),
            entries: pool.objects,
            objects: vec![std::cell::OnceCell::new(); count],
            variables: vec![std::cell::OnceCell::new(); count],
        }
    }

    fn value(&self, number: usize) -> Result<Data, CoreError> {
        self.values.get(number).cloned().ok_or_else(|| mismatch("a value is missing"))
    }

    fn entries(&self, number: usize) -> Result<Vec<(String, Data)>, CoreError> {
        let entries = self.entries.get(number).ok_or_else(|| mismatch("an object is missing"))?;
        entries.iter().map(|(key, value)| Ok((key.clone(), self.value(*value)?))).collect()
    }

    fn object(&self, number: usize) -> Result<Data, CoreError> {
        if let Some(known) = self.objects.get(number).and_then(|cell| cell.get()) {
            return Ok(known.clone());
        }
        let object = Data::object(self.entries(number)?);
        Ok(self.objects[number].get_or_init(|| object).clone())
    }

    fn variables(&self, number: usize, secrets: &Data) -> Result<Variables, CoreError> {
        if let Some(known) = self.variables.get(number).and_then(|cell| cell.get()) {
            return Ok(Arc::clone(known));
        }
        let mut variables: BTreeMap<Arc<str>, Data> =
            self.entries(number)?.into_iter().map(|(name, value)| (name.into(), value)).collect();
        variables.entry("secrets".into()).or_insert_with(|| secrets.clone());
        Ok(Arc::clone(self.variables[number].get_or_init(|| Arc::new(variables))))
    }
}

fn mismatch(why: &str) -> CoreError {
    let message = format!("the snapshot of the run cannot be used: {why}");
    CoreError { code: "snapshot_mismatch", message }
}
