//! A host for actions: it answers from a script and keeps what it was asked.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use locus_plugin::action::{BoxFuture, StepInfo};
use locus_plugin::services::{
    Command, CommandOutput, HttpRequest, HttpResponse, LogLevel, Message, Published, Schedule,
    Services, SqlOutcome, SqlTransaction,
};
use locus_plugin::step::Behaviour;
use locus_plugin::{CloudEvent, EventDraft, StepContext, StepError};
use serde_json::Value;

/// What a service answers.
pub(super) enum Answer {
    Http(u16, Vec<(&'static str, &'static str)>, Vec<u8>),
    Sql(Vec<SqlOutcome>),
    Published(Published),
    File(Vec<u8>),
    Ran(CommandOutput),
    Event,
    Scheduled(&'static str),
    Fails(StepError),
}

/// The scripted host.
#[derive(Default)]
pub(super) struct Script {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<String>>,
    pub(super) requests: Mutex<Vec<HttpRequest>>,
}

/// Runs an action as `run-1/shop/pay` at 1970-01-01T00:01:00Z.
pub(super) fn run(
    step: &str,
    params: Value,
    answers: Vec<Answer>,
) -> (Result<Value, StepError>, Arc<Script>) {
    let entry = super::entry(step);
    let Behaviour::Action(action) = entry.behaviour else {
        panic!("`{step}` is no action")
    };
    let script = Arc::new(Script { answers: Mutex::new(answers.into()), ..Script::default() });
    let info = StepInfo {
        run_id: "run-1".to_owned(),
        path: "shop/pay".to_owned(),
        key: "shop/pay".to_owned(),
        attempt: 1,
        now: 60_000,
    };
    let mut future = pin!(action.run(params.clone(), StepContext::new(info, script.clone())));
    // The script answers at once: there is nothing to wait for.
    let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("the script does not wait");
    };
    if let Err(error) = &result {
        super::assert_declared(&entry.ty, &params, error);
    }
    (result, script)
}

impl Script {
    /// What the services were asked, without HTTP requests.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("not poisoned").clone()
    }

    fn ask<'a, T: Send + 'a>(
        &self,
        what: String,
        read: fn(Answer) -> Option<T>,
    ) -> BoxFuture<'a, Result<T, StepError>> {
        self.asked.lock().expect("not poisoned").push(what);
        let answer = self.answers.lock().expect("not poisoned").pop_front();
        let result = match answer.expect("an answer in the script") {
            Answer::Fails(error) => Err(error),
            answer => Ok(read(answer).expect("an answer of the right kind")),
        };
        Box::pin(std::future::ready(result))
    }
}

impl Services for Script {
    fn log(&self, _step: &StepInfo, level: LogLevel, message: &str, fields: &Value) {
        self.asked.lock().expect("not poisoned").push(format!("{level:?} {message} {fields}"));
    }

    fn http<'a>(
        &'a self,
        _step: &'a StepInfo,
        request: HttpRequest,
    ) -> BoxFuture<'a, Result<HttpResponse, StepError>> {
        let what = format!("{} {}", request.method, request.url);
        self.requests.lock().expect("not poisoned").push(request);
        self.ask(what, |answer| match answer {
            Answer::Http(status, headers, body) => Some(HttpResponse {
                status,
                headers: headers
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
                body,
            }),
            _ => None,
        })
    }

    fn sql<'a>(
        &'a self,
        _step: &'a StepInfo,
        connection: &'a str,
        key: &'a str,
        transaction: SqlTransaction,
    ) -> BoxFuture<'a, Result<Vec<SqlOutcome>, StepError>> {
        let statements = serde_json::to_string(&transaction.statements).expect("plain data");
        self.ask(format!("{connection} {key} {statements}"), |answer| match answer {
            Answer::Sql(outcomes) => Some(outcomes),
            _ => None,
        })
    }

    fn publish<'a>(
        &'a self,
        _step: &'a StepInfo,
        connection: &'a str,
        key: &'a str,
        message: Message,
    ) -> BoxFuture<'a, Result<Published, StepError>> {
        let message = serde_json::to_string(&message).expect("plain data");
        self.ask(format!("{connection} {key} {message}"), |answer| match answer {
            Answer::Published(published) => Some(published),
            _ => None,
        })
    }

    fn read_file<'a>(
        &'a self,
        _step: &'a StepInfo,
        path: &'a str,
    ) -> BoxFuture<'a, Result<Vec<u8>, StepError>> {
        self.ask(path.to_owned(), |answer| match answer {
            Answer::File(bytes) => Some(bytes),
            _ => None,
        })
    }

    fn start_run<'a>(
        &'a self,
        _step: &'a StepInfo,
        _key: &'a str,
        _workflow: &'a str,
        _input: Value,
    ) -> BoxFuture<'a, Result<String, StepError>> {
        panic!("no built-in action starts runs")
    }

    fn emit<'a>(
        &'a self,
        step: &'a StepInfo,
        key: &'a str,
        event: EventDraft,
    ) -> BoxFuture<'a, Result<CloudEvent, StepError>> {
        let what = format!("{key} {}", serde_json::to_string(&event).expect("plain data"));
        let time = format!("{} ms", step.now);
        let event = CloudEvent::new(event, "e-1".to_owned(), "/workflows/shop".to_owned(), time);
        let told = self.ask(what, |answer| matches!(answer, Answer::Event).then_some(()));
        Box::pin(async move { told.await.map(|()| event) })
    }

    fn schedule<'a>(
        &'a self,
        _step: &'a StepInfo,
        key: &'a str,
        request: Schedule,
    ) -> BoxFuture<'a, Result<String, StepError>> {
        let request = serde_json::to_string(&request).expect("plain data");
        self.ask(format!("{key} {request}"), |answer| match answer {
            Answer::Scheduled(id) => Some(id.to_owned()),
            _ => None,
        })
    }

    fn command<'a>(
        &'a self,
        _step: &'a StepInfo,
        command: Command,
    ) -> BoxFuture<'a, Result<CommandOutput, StepError>> {
        let command = serde_json::to_string(&command).expect("plain data");
        self.ask(command, |answer| match answer {
            Answer::Ran(output) => Some(output),
            _ => None,
        })
    }
}
