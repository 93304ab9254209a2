//! t
#![allow(clippy::unwrap_used)]
use crate::*;
use serde_json::json;
#[test]
fn parity() {
    let dot: Value =
        serde_json::from_str(&std::fs::read_to_string("/tmp/dot.json").unwrap()).unwrap();
    let scope = Scope { dot: dot.into(), variables: Default::default() };
    for line in std::fs::read_to_string("/tmp/filters.txt").unwrap().lines() {
        let out = match Template::parse(&format!("${{ [{line}] }}")) {
            Err(e) => format!("PARSE {} {:?}", e[0].message, e[0].help),
            Ok(t) => match t.evaluate(&scope, &Limits::default()) {
                Ok(d) => format!("{d:?}"),
                Err(e) => format!("ERR {}", e.message),
            },
        };
        println!("@@{out}");
    }
}

#[test]
fn bench() {
    let dot = serde_json::json!({"input":{"a":1,"amount":"12.50","lines":[{"sku":"x","qty":2},{"sku":"y","qty":3}]},"steps":{"charge":{"id":"c1","status":"ok"},"reserve":{"x":1},"other":{"y":2}},"vars":{},"run":{"now":5,"id":"abc"}});
    let scope = Scope {
        dot: dot.into(),
        variables: [
            ("line".to_owned(), Data::from(serde_json::json!({"qty":7}))),
            ("index".to_owned(), Data::from(serde_json::json!(3))),
        ]
        .into(),
    };
    let limits = Limits::default();
    for t in [
        "plain text",
        "${ .input.a }",
        "${ .input.a + 1 }",
        "${ $line.qty }",
        "${ .steps.charge.status == \"ok\" }",
        "order ${ .input.a } of ${ .run.id }",
        "${ { receipt: .steps.charge.id, n: (.input.lines | length), s: [.input.lines[].sku] } }",
        "${ .input.lines | map(.qty) | add }",
        "${ [.input.lines[] | select(.qty > 2)] | length }",
        "${ .run.id | test(\"^[a-z]+$\") }",
    ] {
        let n = 2000;
        let now = std::time::Instant::now();
        for _ in 0..n / 10 {
            let _ = Template::parse(t).unwrap();
        }
        let parse = now.elapsed() / (n / 10);
        let e = Template::parse(t).unwrap();
        for _ in 0..n {
            let _ = e.evaluate(&scope, &limits).unwrap();
        }
        let now = std::time::Instant::now();
        for _ in 0..n * 10 {
            let _ = e.evaluate(&scope, &limits).unwrap();
        }
        println!("{t}: parse {parse:?} eval {:?}", now.elapsed() / (n * 10));
    }
}
