//! Hosts for the tests: a chat service that notes what it is sent, a clock that stands still, a program of one workflow.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use locus_plugin::action::{BoxFuture, StepInfo};
use locus_plugin::control::ControlHost;
use locus_plugin::model::{Block, Node, NodeKind, Program, Step, StepId, StepPath, Workflow};
use locus_plugin::services::{
    HttpRequest, HttpResponse, LogLevel, Message, Published, Services, SqlOutcome, SqlTransaction,
};
use locus_plugin::{
    Action, ControlContext, Effect, SourceId, Span, Spanned, StepContext, StepError, Value,
};

/// A chat service.
#[derive(Clone)]
pub(crate) struct Chat {
    status: u16,
    sent: Arc<Mutex<Vec<HttpRequest>>>,
}

impl Chat {
    pub(crate) fn answering(status: u16) -> Self {
        Self { status, sent: Arc::default() }
    }

    pub(crate) fn sent(&self) -> Vec<HttpRequest> {
        self.sent.lock().unwrap().clone()
    }
}

/// Runs an action whose services answer at once.
pub(crate) fn run(action: impl Action, chat: &Chat) -> Result<Value, StepError> {
    let info = StepInfo {
        run_id: "run-1".to_owned(),
        path: "announce/tell".to_owned(),
        key: "announce/tell".to_owned(),
        attempt: 1,
        now: 0,
    };
    let mut future = pin!(action.run(StepContext::new(info, Arc::new(chat.clone()))));
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("the services of the tests answer at once"),
    }
}

fn not_here<'a, T: Send + 'a>() -> BoxFuture<'a, Result<T, StepError>> {
    Box::pin(async { Err(StepError::terminal("not_here", "only HTTP is")) })
}

impl Services for Chat {
    fn log(&self, _: &StepInfo, _: LogLevel, _: &str, _: &Value) {}

    fn http<'a>(
        &'a self,
        _: &'a StepInfo,
        request: HttpRequest,
    ) -> BoxFuture<'a, Result<HttpResponse, StepError>> {
        self.sent.lock().unwrap().push(request);
        let response = HttpResponse { status: self.status, headers: Vec::new(), body: Vec::new() };
        Box::pin(async { Ok(response) })
    }

    fn sql<'a>(
        &'a self,
        _: &'a StepInfo,
        _: &'a str,
        _: &'a str,
        _: SqlTransaction,
    ) -> BoxFuture<'a, Result<Vec<SqlOutcome>, StepError>> {
        not_here()
    }

    fn publish<'a>(
        &'a self,
        _: &'a StepInfo,
        _: &'a str,
        _: &'a str,
        _: Message,
    ) -> BoxFuture<'a, Result<Published, StepError>> {
        not_here()
    }

    fn read_file<'a>(
        &'a self,
        _: &'a StepInfo,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Vec<u8>, StepError>> {
        not_here()
    }

    fn start_run<'a>(
        &'a self,
        _: &'a StepInfo,
        _: &'a str,
        _: &'a str,
        _: Value,
    ) -> BoxFuture<'a, Result<String, StepError>> {
        not_here()
    }
}

/// A clock for control steps.
pub(crate) struct Clock {
    now: u64,
    cancelling: bool,
}

impl Clock {
    pub(crate) fn at(now: u64) -> Self {
        Self { now, cancelling: false }
    }

    pub(crate) fn cancelling() -> Self {
        Self { now: 0, cancelling: true }
    }

    pub(crate) fn context(&self) -> ControlContext<'_> {
        ControlContext::new(self)
    }
}

impl ControlHost for Clock {
    fn eval(&self, _: &str, _: &BTreeMap<String, Value>) -> Result<Value, StepError> {
        Err(StepError::terminal("not_here", "there are no expressions"))
    }

    fn now(&self) -> u64 {
        self.now
    }

    fn cancelling(&self) -> bool {
        self.cancelling
    }
}

/// A place.
fn span(start: usize) -> Span {
    Span::new(SourceId(0), start..start + 1)
}

/// A step without parameters.
pub(crate) fn step(above: &str, name: &str, step_type: &str) -> Step {
    let path = StepPath::workflow(above).child(name);
    Step {
        id: None,
        name: name.to_owned(),
        step_id: StepId::of(&path),
        path,
        step_type: Spanned::new(step_type.to_owned(), span(8)),
        effect: Effect::Pure,
        description: None,
        when: None,
        retry: None,
        timeout: None,
        compensate: None,
        output: None,
        needs: Vec::new(),
        params: Node::new(NodeKind::Null, span(9)),
        lazy: Vec::new(),
        slots: Vec::new(),
        signature: String::new(),
        extensions: [].into_iter().collect(),
        span: span(8),
    }
}

/// A program of one workflow.
pub(crate) fn program(name: &str, steps: Vec<Step>) -> Program {
    let workflow = Workflow {
        name: Spanned::new(name.to_owned(), span(4)),
        description: None,
        input: [].into_iter().collect(),
        output: None,
        triggers: Vec::new(),
        timeout: None,
        concurrency: None,
        steps: Block { steps, graph: false },
        span: span(4),
    };
    Program { workflows: [(name.to_owned(), workflow)].into_iter().collect(), ..Program::default() }
}
