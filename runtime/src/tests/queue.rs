//! Queues: every message once.

use std::sync::Arc;

use indexmap::IndexMap;
use locus_plugin::services::{Message, Published};
use rusqlite::Connection;
use serde_json::json;

use super::support::Bench;

fn message(n: u32) -> Message {
    Message {
        topic: "mail".to_owned(),
        payload: json!({ "n": n }),
        headers: IndexMap::from([("kind".to_owned(), "test".to_owned())]),
    }
}

#[tokio::test]
async fn a_message_is_there_once_for_each_key() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(folder.path(), &[("bus", "queue", json!({ "path": "bus.db" }))]);
    let publish = |key: &str, n| {
        let step = bench.step(key);
        async move { step.publish("bus", message(n)).await.unwrap() }
    };
    let published = |id: &str, duplicate| Published { id: id.to_owned(), duplicate };
    assert_eq!(publish("a", 1).await, published("1", false));
    assert_eq!(publish("b", 2).await, published("2", false));
    assert_eq!(publish("a", 1).await, published("1", true));
    drop(bench);
    // The next process knows too.
    let bench = Bench::new(folder.path(), &[("bus", "queue", json!({ "path": "bus.db" }))]);
    let again = bench.step("b").publish("bus", message(2)).await.unwrap();
    assert_eq!(again, published("2", true));
    let raw = Connection::open(folder.path().join("bus.db")).unwrap();
    let row: (String, String, String, String, String, i64) = raw
        .query_row(
            "select key, topic, payload, headers, run, at from message where id = 2",
            [],
            |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
            },
        )
        .unwrap();
    assert_eq!(row.0, "run/b");
    assert_eq!((row.1.as_str(), row.2.as_str()), ("mail", "{\"n\":2}"));
    assert_eq!((row.3.as_str(), row.4.as_str(), row.5), ("{\"kind\":\"test\"}", "run", 1000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_publish_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let bench =
        Arc::new(Bench::new(folder.path(), &[("bus", "queue", json!({ "path": "bus.db" }))]));
    let mut steps = tokio::task::JoinSet::new();
    for n in 0..300 {
        let bench = Arc::clone(&bench);
        // Every message by two attempts at once.
        steps.spawn(async move {
            bench.step(&format!("{}", n / 2)).publish("bus", message(n / 2)).await.unwrap()
        });
    }
    let mut duplicates = 0;
    while let Some(published) = steps.join_next().await {
        duplicates += usize::from(published.unwrap().duplicate);
    }
    assert_eq!(duplicates, 150);
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let connections = [
        ("bus", "queue", json!({ "path": "no/such/folder/bus.db" })),
        ("shop", "sqlite", json!({ "path": "shop.db" })),
    ];
    let bench = Bench::new(folder.path(), &connections);
    for (name, code) in
        [("bsu", "unknown_connection"), ("shop", "wrong_connection_kind"), ("bus", "queue_error")]
    {
        let error = bench.step("k").publish(name, message(1)).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.retryable), (code, false), "{name}: {error}");
    }
}
