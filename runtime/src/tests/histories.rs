//! Random histories give the same answers, whatever the store.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::conformance::{append, done, event, keep_program, listener, run_row, suspension};
use super::support::sqlite;
use crate::store::{
    EventQuery, EventRow, Listener, MemoryStore, Prune, RunFilter, RunRow, RunState, Store,
    Suspension, Transaction, Write,
};

const RUNS: [&str; 3] = ["a", "b", "c"];
const OWNERS: [&str; 2] = ["one", "two"];

fn any_run() -> impl Strategy<Value = String> {
    prop::sample::select(&RUNS[..]).prop_map(str::to_owned)
}

fn any_owner() -> impl Strategy<Value = String> {
    prop::sample::select(&OWNERS[..]).prop_map(str::to_owned)
}

fn any_write() -> impl Strategy<Value = Write> {
    prop_oneof![
        1 => (0..3_u32).prop_map(|n| Write::Program { hash: format!("p{n}"), body: format!("{n}") }),
        4 => (any_run(), any_owner(), 0..50_u64).prop_map(|(run, owner, started)| {
            Write::Start(RunRow { started, ..run_row(&run, &owner) })
        }),
        8 => (any_run(), any_owner(), 0..4_u64, 0..3_usize).prop_map(|(run, owner, after, count)| {
            let records = (0..count).map(|n| done(&format!("{run}/{n}"), json!({ "n": n }))).collect();
            append(&run, &owner, after, records)
        }),
        1 => (any_run(), any_owner(), 0..9_u64).prop_map(|(run, owner, at)| Write::End {
            run, owner, state: RunState::Done, outcome: Some(json!(at)), at,
        }),
        2 => (any_run(), prop::option::of(any_owner()), any_owner())
            .prop_map(|(run, from, to)| Write::Claim { run, from, to }),
        1 => any_run().prop_map(|run| Write::RequestCancel { run }),
        2 => (any_run(), any_owner(), 0..4_u64, prop::option::of(0..50_u64), prop::collection::vec(any_listener(), 0..2))
            .prop_map(|(run, owner, records, wake_at, mut listeners)| {
                listeners.dedup_by(|a, b| a.key == b.key);
                Write::Suspend(Suspension { listeners, ..suspension(&run, &owner, records, wake_at) })
            }),
        2 => any_event().prop_map(Write::Emit),
        1 => (any_run(), any_owner()).prop_map(|(run, owner)| Write::StartOnce(run_row(&run, &owner))),
        1 => (any_run(), any_owner(), 0..3_usize).prop_map(|(run, owner, count)| {
            let records = (0..count).map(|n| done(&format!("{run}/{n}"), json!({ "n": n }))).collect();
            Write::Rewind { run, owner, records }
        }),
    ]
}

fn any_type() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["paid", "sent"][..])
}

fn any_subject() -> impl Strategy<Value = Option<&'static str>> {
    prop::option::of(prop::sample::select(&["o-1", "o-2"][..]))
}

fn any_event() -> impl Strategy<Value = EventRow> {
    (any_type(), any_subject(), prop::option::of(any_run()), 0..50_u64).prop_map(
        |(event_type, subject, run, at)| EventRow { run, at, ..event(event_type, subject) },
    )
}

fn any_listener() -> impl Strategy<Value = Listener> {
    (any_type(), any_subject(), 0..3_u64)
        .prop_map(|(event_type, subject, after)| listener(event_type, subject, after))
}

fn any_history() -> impl Strategy<Value = Vec<Transaction>> {
    let transaction =
        prop::collection::vec(any_write(), 1..4).prop_map(|writes| Transaction { writes });
    prop::collection::vec(transaction, 1..40)
}

/// Everything that can be asked.
fn answers(store: &dyn Store) -> String {
    let filters = [
        RunFilter::default(),
        RunFilter { state: Some(RunState::Running), limit: Some(2), ..RunFilter::default() },
    ];
    let runs = filters.map(|filter| store.runs(&filter).unwrap());
    let journals = RUNS.map(|run| store.journal(run).unwrap());
    let rows = RUNS.map(|run| store.run(run).unwrap());
    let programs = [0, 1, 2].map(|n| store.program(&format!("p{n}")).unwrap());
    let cancels = OWNERS.map(|owner| store.cancel_requests(owner).unwrap());
    let snapshots = RUNS.map(|run| store.snapshot(run).unwrap());
    let listeners = RUNS.map(|run| store.listeners(run).unwrap());
    let events = store.events(&EventQuery::default()).unwrap();
    let listening: Vec<_> = events.iter().map(|event| store.listening(event).unwrap()).collect();
    let due = [None, Some("one")].map(|owner| store.due(owner, 25, 2).unwrap());
    let (last, unheard) = (store.last_event().unwrap(), store.unheard().unwrap());
    format!(
        "{runs:?}\n{journals:?}\n{rows:?}\n{programs:?}\n{cancels:?}\n{snapshots:?}\n{listeners:?}\n\
         {events:?}\n{listening:?}\n{due:?}\n{last:?}\n{unheard:?}"
    )
}

async fn live(store: &dyn Store, history: &[Transaction]) -> Vec<String> {
    store.commit(keep_program().into()).await.unwrap();
    let mut heard = Vec::new();
    for transaction in history {
        let answer = store.commit(transaction.clone()).await;
        heard.push(answer.map_or_else(|error| error.to_string(), |()| "ok".to_owned()));
    }
    heard.push(answers(store));
    let prune = Prune { ended_before: 5, states: vec![RunState::Done], events_before: 25 };
    heard.push(format!("{:?}", store.prune(prune).await.unwrap()));
    heard.push(answers(store));
    heard
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn stores_agree(history in any_history()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let memory = runtime.block_on(live(&MemoryStore::new(), &history));
        let disk: Arc<dyn Store> = Arc::new(sqlite(folder.path()));
        prop_assert_eq!(&memory, &runtime.block_on(live(&*disk, &history)));
        // And what was heard is still true for the next process.
        drop(disk);
        prop_assert_eq!(memory.last(), Some(&answers(&sqlite(folder.path()))));
    }
}
