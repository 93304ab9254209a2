//! A host in memory: scripted answers, recorded calls, faults by switch.

use std::collections::{BTreeMap, VecDeque};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use locus_diag::{SourceId, Span, Spanned};
use locus_model::PluginUse;
use serde_json::Value;

use super::{known, linked};
use crate::action::{BoxFuture, StepContext, StepInfo};
use crate::error::StepError;
use crate::event::{CloudEvent, EventDraft};
use crate::host::{HostError, PluginHost, PluginState, Standing};
use crate::meta::PluginMeta;
use crate::services::{
    Command, CommandOutput, HttpRequest, HttpResponse, LogLevel, Message, Published, Schedule,
    Services, SqlOutcome, SqlTransaction,
};
use crate::step::Behaviour;

/// What a service answers.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// An HTTP response.
    Http(HttpResponse),
    /// What the statements of a transaction did.
    Sql(Vec<SqlOutcome>),
    /// A message was published.
    Published(Published),
    /// A file's bytes.
    File(Vec<u8>),
    /// The id of a run that was started, or that will be; of a schedule.
    Run(String),
    /// An event was told.
    Event,
    /// What a program did.
    Ran(CommandOutput),
    /// Any service fails so.
    Fails(StepError),
}

impl Answer {
    /// An HTTP response: a status, headers with their names in lower case, a body.
    #[must_use]
    pub fn http(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self::Http(HttpResponse { status, headers: headers.collect(), body: body.into() })
    }

    /// An HTTP response with a JSON body.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self::http(status, &[("content-type", "application/json")], body.to_string())
    }
}

/// A call of a service.
#[derive(Clone, PartialEq, Debug)]
pub enum Call {
    /// A line was logged, by a step or a hook.
    Log(LogLevel, String, Value),
    /// A request was sent.
    Http(HttpRequest),
    /// A transaction was run.
    Sql {
        /// The connection.
        connection: String,
        /// The idempotency key.
        key: String,
        /// The statements.
        transaction: SqlTransaction,
    },
    /// A message was published.
    Publish {
        /// The connection.
        connection: String,
        /// The idempotency key.
        key: String,
        /// The message.
        message: Message,
    },
    /// A file was read.
    ReadFile(String),
    /// A run was started.
    StartRun {
        /// The idempotency key.
        key: String,
        /// The workflow.
        workflow: String,
        /// Its input.
        input: Value,
    },
    /// An event was told.
    Emit {
        /// The idempotency key.
        key: String,
        /// The event.
        event: EventDraft,
    },
    /// A run was planned, or a schedule of runs.
    Schedule {
        /// The idempotency key.
        key: String,
        /// What is planned.
        request: Schedule,
    },
    /// A program was run.
    Command(Command),
    /// A plugin was refused something, or did something that hosts record: the event and what it was about.
    Audit(String, String),
}

/// What goes wrong with a call of a service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The service never hears of it; the caller gets `timeout`. The answer stays for the next call.
    TimesOut,
    /// The service does it and answers too late: the caller gets `timeout` and cannot know.
    Late,
    /// The service gets it twice and answers twice; the caller sees the second answer.
    Twice,
}

/// The services of a host, in memory. Clones are the same world.
///
/// HTTP and SQL are answered from the script, in order. Queues, files, runs and the state of plugins are kept in memory unless the script has
/// an answer of their kind next.
#[derive(Clone)]
pub struct World {
    inside: Arc<Mutex<Inside>>,
}

struct Inside {
    answers: VecDeque<Answer>,
    /// Answers whatever is asked when the script is over.
    otherwise: Option<fn(u64, &Call) -> Answer>,
    seed: u64,
    faults: BTreeMap<usize, Fault>,
    /// How many services were called; logging is none.
    count: usize,
    calls: Vec<Call>,
    files: BTreeMap<String, Vec<u8>>,
    published: BTreeMap<(String, String), String>,
    runs: BTreeMap<String, String>,
    state: Option<PluginState>,
    info: StepInfo,
    project: PluginUse,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A world with an empty script, for the step `shop/pay` of `run-1` at one minute past 1970-01-01.
    #[must_use]
    pub fn new() -> Self {
        let nowhere = Span::new(SourceId(0), 0..0);
        let inside = Inside {
            answers: VecDeque::new(),
            otherwise: None,
            seed: 0,
            faults: BTreeMap::new(),
            count: 0,
            calls: Vec::new(),
            files: BTreeMap::new(),
            published: BTreeMap::new(),
            runs: BTreeMap::new(),
            state: None,
            info: StepInfo {
                run_id: "run-1".to_owned(),
                path: "shop/pay".to_owned(),
                key: "shop/pay".to_owned(),
                attempt: 1,
                now: 60_000,
            },
            project: PluginUse {
                id: Spanned::new(String::new(), nowhere),
                enabled: true,
                version: None,
                config: Value::Null,
                permissions: None,
            },
        };
        Self { inside: Arc::new(Mutex::new(inside)) }
    }

    /// Adds an answer to the script.
    #[must_use]
    pub fn answer(self, answer: Answer) -> Self {
        self.lock().answers.push_back(answer);
        self
    }

    /// Adds answers to the script.
    #[must_use]
    pub fn answers(self, answers: impl IntoIterator<Item = Answer>) -> Self {
        self.lock().answers.extend(answers);
        self
    }

    /// Puts a file into the project.
    #[must_use]
    pub fn file(self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.lock().files.insert(path.into(), bytes.into());
        self
    }

    /// Lets something go wrong with a call of a service, by its number from 0; lines of the log do not count.
    #[must_use]
    pub fn fault(self, call: usize, fault: Fault) -> Self {
        self.lock().faults.insert(call, fault);
        self
    }

    /// Says which step runs: its run, its path, its attempt.
    #[must_use]
    pub fn step(self, run: &str, path: &str, attempt: u32) -> Self {
        let mut inside = self.lock();
        inside.info = StepInfo {
            run_id: run.to_owned(),
            path: path.to_owned(),
            key: path.to_owned(),
            attempt,
            now: inside.info.now,
        };
        drop(inside);
        self
    }

    /// Sets the clock, in milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn at(self, now: u64) -> Self {
        self.lock().info.now = now;
        self
    }

    /// The config of the plugin in the project.
    #[must_use]
    pub fn config(self, config: Value) -> Self {
        self.lock().project.config = config;
        self
    }

    /// Grants the plugin these permissions alone; otherwise it has what it declares.
    #[must_use]
    pub fn grant(self, permissions: &[&str]) -> Self {
        let permissions = permissions.iter().map(|name| (*name).to_owned()).collect();
        self.lock().project.permissions = Some(permissions);
        self
    }

    /// A world that answers everything, by a number.
    pub(crate) fn drawn(seed: u64, answers: fn(u64, &Call) -> Answer) -> Self {
        let world = Self::new();
        let mut inside = world.lock();
        inside.seed = seed;
        inside.otherwise = Some(answers);
        drop(inside);
        world
    }

    /// Runs the linked action of this name once, with its plugin's permissions. What stands for `$locus` handles is passed on as it is.
    ///
    /// # Errors
    /// Those of the step; `invalid_parameter` where the parameters do not fit.
    #[track_caller]
    pub fn run(&self, step: &str, params: Value) -> Result<Value, StepError> {
        let registry = linked();
        let Some(entry) = registry.step(step) else {
            let names = registry.steps().map(|entry| entry.ty.name.as_str());
            panic!("no step type `{step}` is linked; {}", known(names))
        };
        let Behaviour::Action(action) = &entry.behaviour else {
            panic!("`{step}` is a control step: drive it on a `Stage`")
        };
        let host: Arc<dyn PluginHost> = Arc::new(self.clone());
        let standing = self.standing(registry.plugin(&entry.ty.plugin));
        let info = self.lock().info.clone();
        let cx = StepContext::new(info, Arc::new(self.clone())).of_plugin(standing, host);
        let mut future = pin!(action.run(params, cx));
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result,
            Poll::Pending => panic!("`{step}` waits for something that is no service of the host"),
        }
    }

    /// How a plugin stands in this world.
    pub(crate) fn standing(&self, meta: Option<&PluginMeta>) -> Arc<Standing> {
        let mut project = self.lock().project.clone();
        Arc::new(meta.map_or_else(
            || Standing::free(""),
            |meta| {
                // Also what nothing but the word of the project grants.
                project.permissions.get_or_insert_with(|| meta.permissions.clone());
                Standing::of(meta, Some(&project))
            },
        ))
    }

    /// All calls so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// The HTTP requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<HttpRequest> {
        let calls = self.calls().into_iter();
        calls
            .filter_map(|call| if let Call::Http(request) = call { Some(request) } else { None })
            .collect()
    }

    /// The lines of the log so far, as `Warn the text {"fields":1}`.
    #[must_use]
    pub fn logged(&self) -> Vec<String> {
        let calls = self.calls().into_iter();
        calls
            .filter_map(|call| match call {
                Call::Log(level, text, fields) => Some(format!("{level:?} {text} {fields}")),
                _ => None,
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a call as the script or the memory has it.
    fn ask<'a, T: Send + 'a>(
        &self,
        call: Call,
        read: fn(Answer) -> Option<T>,
        memory: fn(&mut Inside, &Call) -> Option<Result<T, StepError>>,
    ) -> BoxFuture<'a, Result<T, StepError>> {
        let mut inside = self.lock();
        let number = inside.count;
        inside.count += 1;
        let fault = inside.faults.get(&number).copied();
        let late = || StepError::retryable("timeout", "no answer came in time");
        let result = match fault {
            Some(Fault::TimesOut) => {
                inside.calls.push(call);
                Err(late())
            }
            Some(Fault::Late) => inside.answer(call, read, memory).and_then(|_| Err(late())),
            Some(Fault::Twice) => {
                let _ = inside.answer(call.clone(), read, memory);
                inside.answer(call, read, memory)
            }
            None => inside.answer(call, read, memory),
        };
        drop(inside);
        Box::pin(std::future::ready(result))
    }
}

impl Inside {
    fn answer<T>(
        &mut self,
        call: Call,
        read: fn(Answer) -> Option<T>,
        memory: fn(&mut Self, &Call) -> Option<Result<T, StepError>>,
    ) -> Result<T, StepError> {
        self.calls.push(call.clone());
        match self.answers.front().cloned() {
            Some(Answer::Fails(error)) => {
                self.answers.pop_front();
                return Err(error);
            }
            Some(answer) => {
                if let Some(value) = read(answer) {
                    self.answers.pop_front();
                    return Ok(value);
                }
            }
            None => {}
        }
        if let Some(answer) = self.otherwise {
            // Each call draws anew.
            self.seed = super::draw::next(self.seed);
            return match answer(self.seed, &call) {
                Answer::Fails(error) => Err(error),
                answer => read(answer).ok_or_else(|| not_scripted(&call)),
            };
        }
        memory(self, &call).unwrap_or_else(|| Err(not_scripted(&call)))
    }
}

impl Inside {
    /// The id of the run that is started with this key.
    fn start(&mut self, key: &str) -> String {
        let next = format!("run-{}", self.runs.len() + 2);
        self.runs.entry(key.to_owned()).or_insert(next).clone()
    }
}

fn not_scripted(call: &Call) -> StepError {
    StepError::terminal(
        "not_scripted",
        format!("the script of the world has no answer to {call:?}"),
    )
}

impl Services for World {
    fn log(&self, _: &StepInfo, level: LogLevel, message: &str, fields: &Value) {
        self.lock().calls.push(Call::Log(level, message.to_owned(), fields.clone()));
    }

    fn http<'a>(
        &'a self,
        _: &'a StepInfo,
        request: HttpRequest,
    ) -> BoxFuture<'a, Result<HttpResponse, StepError>> {
        let read = |answer| if let Answer::Http(response) = answer { Some(response) } else { None };
        self.ask(Call::Http(request), read, |_, _| None)
    }

    fn sql<'a>(
        &'a self,
        _: &'a StepInfo,
        connection: &'a str,
        key: &'a str,
        transaction: SqlTransaction,
    ) -> BoxFuture<'a, Result<Vec<SqlOutcome>, StepError>> {
        let call =
            Call::Sql { connection: connection.to_owned(), key: key.to_owned(), transaction };
        let read = |answer| if let Answer::Sql(outcomes) = answer { Some(outcomes) } else { None };
        self.ask(call, read, |_, _| None)
    }

    fn publish<'a>(
        &'a self,
        _: &'a StepInfo,
        connection: &'a str,
        key: &'a str,
        message: Message,
    ) -> BoxFuture<'a, Result<Published, StepError>> {
        let call =
            Call::Publish { connection: connection.to_owned(), key: key.to_owned(), message };
        let read = |answer| if let Answer::Published(done) = answer { Some(done) } else { None };
        self.ask(call, read, |inside, call| {
            let Call::Publish { connection, key, .. } = call else { return None };
            let next = (inside.published.len() + 1).to_string();
            let place = (connection.clone(), key.clone());
            let duplicate = inside.published.contains_key(&place);
            let id = inside.published.entry(place).or_insert(next).clone();
            Some(Ok(Published { id, duplicate }))
        })
    }

    fn read_file<'a>(
        &'a self,
        _: &'a StepInfo,
        path: &'a str,
    ) -> BoxFuture<'a, Result<Vec<u8>, StepError>> {
        let read = |answer| if let Answer::File(bytes) = answer { Some(bytes) } else { None };
        self.ask(Call::ReadFile(path.to_owned()), read, |inside, call| {
            let Call::ReadFile(path) = call else { return None };
            let missing = || StepError::terminal("file_not_found", format!("there is no `{path}`"));
            Some(inside.files.get(path).cloned().ok_or_else(missing))
        })
    }

    fn start_run<'a>(
        &'a self,
        _: &'a StepInfo,
        key: &'a str,
        workflow: &'a str,
        input: Value,
    ) -> BoxFuture<'a, Result<String, StepError>> {
        let call = Call::StartRun { key: key.to_owned(), workflow: workflow.to_owned(), input };
        let read = |answer| if let Answer::Run(id) = answer { Some(id) } else { None };
        self.ask(call, read, |inside, call| {
            let Call::StartRun { key, .. } = call else { return None };
            Some(Ok(inside.start(key)))
        })
    }

    fn emit<'a>(
        &'a self,
        step: &'a StepInfo,
        key: &'a str,
        event: EventDraft,
    ) -> BoxFuture<'a, Result<CloudEvent, StepError>> {
        let call = Call::Emit { key: key.to_owned(), event: event.clone() };
        let read = |answer| matches!(answer, Answer::Event).then_some(());
        let told = self.ask(call, read, |_, _| Some(Ok(())));
        let time = format!("{} ms", step.now);
        let workflow = step.path.split('/').next().unwrap_or_default();
        let source = format!("/workflows/{workflow}");
        let event = CloudEvent::new(event, key.to_owned(), source, time);
        Box::pin(async move { told.await.map(|()| event) })
    }

    fn schedule<'a>(
        &'a self,
        _: &'a StepInfo,
        key: &'a str,
        request: Schedule,
    ) -> BoxFuture<'a, Result<String, StepError>> {
        let call = Call::Schedule { key: key.to_owned(), request };
        let read = |answer| if let Answer::Run(id) = answer { Some(id) } else { None };
        self.ask(call, read, |inside, call| {
            let Call::Schedule { key, .. } = call else { return None };
            Some(Ok(inside.start(key)))
        })
    }

    fn command<'a>(
        &'a self,
        _: &'a StepInfo,
        command: Command,
    ) -> BoxFuture<'a, Result<CommandOutput, StepError>> {
        let read = |answer| if let Answer::Ran(output) = answer { Some(output) } else { None };
        self.ask(Call::Command(command), read, |_, _| None)
    }
}

impl PluginHost for World {
    fn log(&self, _: &str, level: LogLevel, message: &str) {
        self.lock().calls.push(Call::Log(level, message.to_owned(), Value::Null));
    }

    fn audit(&self, _: &str, event: &str, subject: &str) {
        self.lock().calls.push(Call::Audit(event.to_owned(), subject.to_owned()));
    }

    fn load_state(&self, _: &str) -> Result<Option<PluginState>, HostError> {
        Ok(self.lock().state.clone())
    }

    fn save_state(&self, _: &str, state: &PluginState) -> Result<(), HostError> {
        self.lock().state = Some(state.clone());
        Ok(())
    }

    fn read_file(&self, _: &str, path: &str) -> Result<Vec<u8>, HostError> {
        let mut inside = self.lock();
        inside.calls.push(Call::ReadFile(path.to_owned()));
        let missing = || HostError::new("file_not_found", format!("there is no `{path}`"));
        inside.files.get(path).cloned().ok_or_else(missing)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now<T>(future: BoxFuture<'_, T>) -> T {
        let mut future = future;
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("a world answers at once"),
        }
    }

    fn message() -> Message {
        Message { topic: "t".to_owned(), payload: json!(1), headers: [].into_iter().collect() }
    }

    #[test]
    fn faults_do_what_they_say() {
        let world =
            World::new().fault(0, Fault::TimesOut).fault(1, Fault::Late).fault(3, Fault::Twice);
        let info = world.lock().info.clone();
        let publish = |key| now(world.publish(&info, "q", key, message()));
        assert_eq!(publish("a").unwrap_err().code, "timeout");
        assert_eq!(publish("a").unwrap_err().code, "timeout");
        // The late one was done.
        assert!(publish("a").unwrap().duplicate);
        assert!(publish("b").unwrap().duplicate);
        assert_eq!(world.calls().len(), 5);
    }

    #[test]
    fn what_is_not_scripted_is_said() {
        let world = World::new().answer(Answer::File(b"x".to_vec()));
        let info = world.lock().info.clone();
        let request = HttpRequest {
            method: "GET".to_owned(),
            url: "https://a.example".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout: None,
        };
        let error = now(world.http(&info, request)).unwrap_err();
        assert!(error.code == "not_scripted" && error.message.contains("a.example"), "{error}");
        assert_eq!(now(Services::read_file(&world, &info, "any")), Ok(b"x".to_vec()));
        assert_eq!(
            now(Services::read_file(&world, &info, "any")).unwrap_err().code,
            "file_not_found"
        );
    }
}
