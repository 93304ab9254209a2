//! SQL connections: values, parameters, expectations, and every transaction once.

use std::path::Path;
use std::sync::Arc;

use locus_plugin::StepError;
use locus_plugin::services::{SqlExpectation, SqlOutcome, SqlStatement, SqlTransaction};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::support::Bench;

const INIT: &str =
    "create table if not exists stock (sku text primary key, free integer check (free >= 0))";

fn shop(folder: &Path) -> Bench {
    Bench::new(folder, &[("shop", "sqlite", json!({ "path": "shop.db", "init": [INIT] }))])
}

fn sql(text: &str, params: Value) -> SqlStatement {
    let params = params.as_object().unwrap().clone().into_iter().collect();
    SqlStatement { sql: text.to_owned(), params, expect: None }
}

fn expecting(statement: SqlStatement, affected: Option<u64>, rows: Option<u64>) -> SqlStatement {
    let expect = Some(SqlExpectation { affected, rows, error: "out_of_stock".to_owned() });
    SqlStatement { expect, ..statement }
}

async fn run(
    bench: &Bench,
    key: &str,
    statements: Vec<SqlStatement>,
) -> Result<Vec<SqlOutcome>, StepError> {
    bench.step(key).sql("shop", SqlTransaction { statements }).await
}

async fn one(bench: &Bench, key: &str, text: &str, params: Value) -> Result<SqlOutcome, StepError> {
    run(bench, key, vec![sql(text, params)]).await.map(|mut outcomes| outcomes.remove(0))
}

fn count(folder: &Path, query: &str) -> i64 {
    let raw = Connection::open(folder.join("shop.db")).unwrap();
    raw.query_row(query, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn values_go_in_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let bench = shop(folder.path());
    let values = json!({
        "none": null, "yes": true, "int": -7, "big": i64::MAX, "real": 1.5, "text": "ü'--", "list": [1, { "a": 2 }],
    });
    let query = "select :none as none, :yes as yes, :int as int, :big as big, :real as real, :text as text, \
                 :list as list, x'00ff10' as bytes, :int as again";
    let outcome = one(&bench, "a", query, values).await.unwrap();
    assert_eq!(
        outcome.rows,
        [json!({
            "none": null, "yes": 1, "int": -7, "big": i64::MAX, "real": 1.5, "text": "ü'--",
            "list": "[1,{\"a\":2}]", "bytes": "AP8Q", "again": -7,
        })]
    );
    assert_eq!(outcome.affected, 0);
    for (bytes, text) in [("", ""), ("61", "YQ=="), ("6161", "YWE="), ("616161", "YWFh")] {
        let outcome =
            one(&bench, "b", &format!("select x'{bytes}' as b"), json!({})).await.unwrap();
        assert_eq!(outcome.rows, [json!({ "b": text })]);
    }
}

#[tokio::test]
async fn a_transaction_happens_once_for_each_key() {
    let folder = tempfile::tempdir().unwrap();
    let statements = || {
        vec![
            sql("insert into stock (sku, free) values ('a', 5)", json!({})),
            sql("update stock set free = free - 1 returning free", json!({})),
        ]
    };
    let bench = shop(folder.path());
    let first = run(&bench, "order[1]/take", statements()).await.unwrap();
    assert_eq!((first[0].affected, &first[1].rows[..]), (1, &[json!({ "free": 4 })][..]));
    assert_eq!(first[1].affected, 1);
    // Again: by the same process, by the next one, and with statements that would fail now.
    assert_eq!(run(&bench, "order[1]/take", statements()).await.unwrap(), first);
    drop(bench);
    let bench = shop(folder.path());
    assert_eq!(run(&bench, "order[1]/take", statements()).await.unwrap(), first);
    let nonsense = vec![sql("no sql", json!({}))];
    assert_eq!(run(&bench, "order[1]/take", nonsense).await.unwrap(), first);
    assert_eq!(count(folder.path(), "select free from stock"), 4);
    assert_eq!(count(folder.path(), "select count(*) from locus_tx"), 1);

    // Reading leaves no trace, and reads again.
    let read = "select free from stock";
    assert_eq!(one(&bench, "read", read, json!({})).await.unwrap().rows, [json!({ "free": 4 })]);
    one(&bench, "more", "update stock set free = 9", json!({})).await.unwrap();
    assert_eq!(one(&bench, "read", read, json!({})).await.unwrap().rows, [json!({ "free": 9 })]);
    assert_eq!(count(folder.path(), "select count(*) from locus_tx"), 2);
}

#[tokio::test]
async fn an_expectation_that_is_not_met_takes_everything_back() {
    let folder = tempfile::tempdir().unwrap();
    let bench = shop(folder.path());
    let take = |quantity: i64| {
        let update = "update stock set free = free - :q where sku = 'a' and free >= :q";
        expecting(sql(update, json!({ "q": quantity })), Some(1), None)
    };
    let statements = vec![sql("insert into stock values ('a', 5)", json!({})), take(6)];
    let error = run(&bench, "k", statements).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retryable), ("out_of_stock", false));
    assert!(error.message.starts_with("statement 2:"), "{error}");
    assert_eq!(error.details, json!({ "affected": 0, "rows": 0 }));
    assert_eq!(count(folder.path(), "select count(*) from stock"), 0);
    assert_eq!(count(folder.path(), "select count(*) from locus_tx"), 0);
    // The same step, tried again, may succeed.
    let statements = vec![sql("insert into stock values ('a', 5)", json!({})), take(5)];
    run(&bench, "k", statements).await.unwrap();

    let read = |rows| expecting(sql("select * from stock", json!({})), None, Some(rows));
    run(&bench, "r", vec![read(1)]).await.unwrap();
    assert_eq!(run(&bench, "r", vec![read(2)]).await.unwrap_err().code, "out_of_stock");
}

#[tokio::test]
async fn mistakes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let bench = shop(folder.path());
    // Whatever the connection itself has compiled before is no way around.
    one(&bench, "first", "insert into stock values ('z', 0)", json!({})).await.unwrap();
    let (_, _) = tokio::join!(one(&bench, "x", "no", json!({})), one(&bench, "y", "no", json!({})));
    for (text, params, part) in [
        ("select :sku", json!({ "sky": 1 }), "`:sku` has no value; did you mean `sky`?"),
        ("select 1 as one", json!({ "a": 1, "b": 2 }), "does not use the parameter `a`, `b`"),
        ("select ? as a", json!({}), "not `?`"),
        ("select @a as a", json!({ "a": 1 }), "write `:name`"),
        ("select 1 as a; select 2 as b", json!({}), "several statements"),
        ("selekt 1", json!({}), "syntax error"),
        ("select * from nowhere", json!({}), "no such table"),
        ("select 1 as a, 2 as a", json!({}), "two columns of the result are called `a`"),
        ("select :n as n", json!({ "n": u64::MAX }), "too large"),
        ("", json!({}), "no statement"),
        ("-- nothing", json!({}), "no statement"),
        ("commit", json!({}), "not allowed"),
        ("rollback", json!({}), "not allowed"),
        ("savepoint mine", json!({}), "not allowed"),
        ("release job", json!({}), "not allowed"),
        ("attach 'x.db' as x", json!({}), "not allowed"),
        ("pragma foreign_keys = off", json!({}), "not allowed"),
        ("pragma journal_mode = off", json!({}), "not allowed"),
        ("vacuum", json!({}), "within a transaction"),
        ("delete from locus_tx", json!({}), "not allowed"),
        ("drop table locus_tx", json!({}), "not allowed"),
        ("insert into locus_tx (key, outcome) values (?1, ?2)", json!({}), "not allowed"),
        ("begin immediate", json!({}), "not allowed"),
        ("savepoint job", json!({}), "not allowed"),
    ] {
        let error = one(&bench, "k", text, params).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.retryable), ("sql_error", false), "{text}: {error}");
        assert!(error.message.contains(part), "{text}: {error}");
    }
    let insert = "insert into stock values ('a', :n)";
    one(&bench, "k1", insert, json!({ "n": 1 })).await.unwrap();
    for (key, n) in [("k2", 1), ("k3", -1)] {
        let error = one(&bench, key, insert, json!({ "n": n })).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.retryable), ("constraint_violation", false));
    }
    one(&bench, "ok", "pragma table_info(stock)", json!({})).await.unwrap();
    one(&bench, "ok", "select 1 as a; -- done", json!({})).await.unwrap();
}

#[tokio::test]
async fn large_results_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bench = shop(folder.path());
    let query = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 30) \
                 select i, hex(zeroblob(500000)) as bytes from n";
    let error = one(&bench, "k", query, json!({})).await.unwrap_err();
    assert_eq!(error.code, "result_too_large");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_steps_share_commits_and_not_failures() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Arc::new(shop(folder.path()));
    let mut steps = tokio::task::JoinSet::new();
    for n in 0..200 {
        let bench = Arc::clone(&bench);
        steps.spawn(async move {
            let text = match n % 10 {
                7 => "insert into stock values (:sku, -1)",
                // Ends the whole transaction, that of the others too.
                8 => "insert or rollback into stock values (:sku, -1)",
                _ => "insert into stock values (:sku, 1)",
            };
            let params = json!({ "sku": format!("sku{n}") });
            (n, one(&bench, &format!("step{n}"), text, params).await)
        });
    }
    while let Some(ended) = steps.join_next().await {
        let (n, answer) = ended.unwrap();
        match answer {
            Ok(outcome) => assert!(outcome.affected == 1 && n % 10 < 7 || n % 10 == 9),
            Err(error) => {
                assert!(error.code == "constraint_violation" && n % 10 >= 7, "{n}: {error}");
            }
        }
    }
    assert_eq!(count(folder.path(), "select count(*) from stock"), 160);
    assert_eq!(count(folder.path(), "select count(*) from locus_tx"), 160);
}

#[tokio::test]
async fn deferred_constraints_fail_their_own_step() {
    let folder = tempfile::tempdir().unwrap();
    let init = json!([
        "create table if not exists parent (id integer primary key)",
        "create table if not exists child (id integer primary key, parent integer references parent (id) \
         deferrable initially deferred)",
    ]);
    let bench = Arc::new(Bench::new(
        folder.path(),
        &[("shop", "sqlite", json!({ "path": "shop.db", "init": init }))],
    ));
    let insert = |n: i64, parent: i64| {
        let bench = Arc::clone(&bench);
        async move {
            let text = "insert into child values (:id, :parent)";
            one(&bench, &format!("{n}"), text, json!({ "id": n, "parent": parent })).await
        }
    };
    one(&bench, "p", "insert into parent values (1)", json!({})).await.unwrap();
    let (a, b, c) = tokio::join!(insert(1, 1), insert(2, 99), insert(3, 1));
    assert!(a.is_ok() && c.is_ok());
    assert_eq!(b.unwrap_err().code, "constraint_violation");
}

#[tokio::test]
async fn a_database_that_another_process_holds_is_busy() {
    let folder = tempfile::tempdir().unwrap();
    let bench = shop(folder.path());
    one(&bench, "k", "insert into stock values ('a', 1)", json!({})).await.unwrap();
    let raw = Connection::open(folder.path().join("shop.db")).unwrap();
    raw.execute_batch("begin immediate").unwrap();
    let error = one(&bench, "l", "update stock set free = 2", json!({})).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retryable), ("database_busy", true));
    raw.execute_batch("commit").unwrap();
    one(&bench, "l", "update stock set free = 2", json!({})).await.unwrap();
}

#[tokio::test]
async fn connections_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "nothing like a database".repeat(99)).unwrap();
    let bench = Bench::new(
        folder.path(),
        &[
            ("shop", "sqlite", json!({ "path": "shop.db" })),
            ("bus", "queue", json!({ "path": "bus.db" })),
            ("typo", "sqlit", json!({ "path": "x.db" })),
            ("pathless", "sqlite", json!({})),
            ("odd", "sqlite", json!({ "path": "x.db", "innit": "x" })),
            ("memory", "sqlite", json!({ "path": ":memory:" })),
            ("lost", "sqlite", json!({ "path": "no/such/folder/x.db" })),
            ("text", "sqlite", json!({ "path": "notes.txt" })),
            ("broken", "sqlite", json!({ "path": "y.db", "init": "create tabel x" })),
            ("cheat", "sqlite", json!({ "path": "z.db", "init": "commit" })),
        ],
    );
    for (name, code, part) in [
        ("shpo", "unknown_connection", "did you mean `shop`?"),
        ("bus", "wrong_connection_kind", "`queue`"),
        ("typo", "unknown_connection_kind", "did you mean `sqlite`?"),
        ("pathless", "invalid_connection", "needs a `path`"),
        ("odd", "invalid_connection", "did you mean `init`?"),
        ("memory", "invalid_connection", "must be a file"),
        ("lost", "connection_failed", "no/such/folder/x.db"),
        ("text", "database_corrupt", "notes.txt"),
        ("broken", "sql_error", "syntax error"),
        ("cheat", "sql_error", "not allowed"),
    ] {
        let statements = vec![sql("select 1 as a", json!({}))];
        let answer = bench.step("k").sql(name, SqlTransaction { statements }).await;
        let error = answer.unwrap_err();
        assert_eq!((error.code.as_str(), error.retryable), (code, false), "{name}: {error}");
        assert!(error.message.contains(part), "{name}: {error}");
    }
}
