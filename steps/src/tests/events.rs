//! `emit`, `wait_event`, `schedule` and `run_command`: what they ask of their host, and what they make of its answers.

use locus_plugin::services::CommandOutput;
use locus_plugin::testing::{Answer, play};
use serde_json::{Value, json};

use super::services::{asked, run};

#[test]
fn an_event_is_waited_for_until_it_comes_or_time_is_over() {
    let params = json!({
        "type": "order.paid", "subject": "o-1", "fields": { "n": 1 }, "match": "$event.data.ok", "timeout": "2s",
    });
    let listen = r#"listen {"event_type":"order.paid","subject":"o-1","fields":{"n":1},"matching":"/match"} until 3000"#;
    let event = r#"{"specversion":"1.0","id":"e-1","source":"/shop","type":"order.paid","subject":"o-1","time":"2026-01-01T00:00:00Z","datacontenttype":"application/json","data":{"n":1}}"#;
    let start = format!("start => {listen}\n");
    play(
        "wait_event",
        params.clone(),
        &format!("{start} received order.paid {{\"n\":1}} => done {event}"),
    );
    play("wait_event", params.clone(), &format!("{start} woken => failed event_timeout retryable"));
    play("wait_event", params, &format!("{start} cancel\n cancelled => cancelled"));
    let patient = json!({ "type": "go", "timeout": "2s", "on_timeout": "continue" });
    let listen = r#"listen {"event_type":"go"} until 3000"#;
    play("wait_event", patient, &format!("start => {listen}\n woken => done null"));
    let event = event.replace("order.paid", "go").replace(r#"{"n":1}"#, "null");
    let forever =
        format!("start => listen {{\"event_type\":\"go\"}}\n received go => done {event}");
    play("wait_event", json!({ "type": "go" }), &forever);
}

#[test]
fn an_event_is_told_with_the_key_of_its_step() {
    let params = json!({ "type": "order.paid", "subject": "o-1", "data": { "n": 1 } });
    let (result, script) = run("emit", params, vec![Answer::Event]);
    let event = result.unwrap();
    assert_eq!((&event["id"], &event["data"]), (&json!("run-1/shop/pay"), &json!({ "n": 1 })));
    let expected = r#"run-1/shop/pay {"event_type":"order.paid","source":null,"subject":"o-1","data":{"n":1}}"#;
    assert_eq!(asked(&script), [expected]);
}

#[test]
fn a_start_is_planned() {
    for (when, planned) in [
        (json!({ "after": "2m" }), r#"{"at":180000}"#),
        (json!({ "at": "1970-01-01T01:00:00+00:30" }), r#"{"at":1800000}"#),
        (
            json!({ "cron": "0 9 * * *" }),
            r#"{"cron":{"expression":"0 9 * * *","timezone":"UTC","until":null}}"#,
        ),
        (
            json!({ "cron": "0 9 * * *", "timezone": "Asia/Tokyo", "until": "1970-01-02T00:00:00Z" }),
            r#"{"cron":{"expression":"0 9 * * *","timezone":"Asia/Tokyo","until":86400000}}"#,
        ),
    ] {
        let mut params = json!({ "workflow": "remind", "input": { "user": 1 } });
        params.as_object_mut().unwrap().extend(when.as_object().unwrap().clone());
        let (result, script) = run("schedule", params, vec![Answer::Run("r-1".to_owned())]);
        assert_eq!(result, Ok(json!({ "id": "r-1" })));
        let expected = format!(
            r#"run-1/shop/pay {{"workflow":"remind","input":{{"user":1}},"when":{planned}}}"#
        );
        assert_eq!(asked(&script), [expected]);
    }
    let both = json!({ "workflow": "remind", "after": "1s", "cron": "* * * * *" });
    assert_eq!(run("schedule", both, vec![]).0.unwrap_err().code, "invalid_parameter");
}

fn ran(code: i32, stdout: &str, stderr: &str) -> Vec<Answer> {
    let (stdout, stderr) = (stdout.as_bytes().to_vec(), stderr.as_bytes().to_vec());
    vec![Answer::Ran(CommandOutput { code: Some(code), signal: None, stdout, stderr })]
}

#[test]
fn a_program_is_asked_for_as_it_is_written() {
    let params = json!({
        "program": "tool", "args": ["-x", "$(rm)"], "env": { "A": "1" }, "folder": "data", "stdin": { "n": 1 },
        "timeout": "5s", "max_output": 10,
    });
    let (_, script) = run("run_command", params, ran(0, "", ""));
    let told: Value = serde_json::from_str(&asked(&script)[0]).unwrap();
    let expected = json!({
        "program": "tool", "args": ["-x", "$(rm)"], "env": { "A": "1" }, "folder": "data",
        "stdin": br#"{"n":1}"#, "timeout": 5000, "max_output": 10,
    });
    assert_eq!(told, expected);
}

#[test]
fn the_output_of_a_program_is_read() {
    for (output, stdout, expected) in [
        ("all", "a\nb\n", json!({ "code": 0, "stdout": "a\nb\n", "stderr": "w" })),
        ("text", "a\r\n", json!("a")),
        ("text", "a\n\n", json!("a\n")),
        ("lines", "a\nb\n", json!(["a", "b"])),
        ("json", "{\"n\": [1]}\n", json!({ "n": [1] })),
    ] {
        let params = json!({ "program": "tool", "output": output });
        assert_eq!(run("run_command", params, ran(0, stdout, "w")).0, Ok(expected));
    }
    let params = json!({ "program": "tool", "output": "json" });
    assert_eq!(run("run_command", params, ran(0, "no", "")).0.unwrap_err().code, "invalid_output");
}

#[test]
fn an_exit_code_that_is_not_expected_is_an_error() {
    let failed = |params: Value, code| run("run_command", params, ran(code, "out", "why")).0;
    let error =
        failed(json!({ "program": "tool", "errors": { "3": "no_picture" } }), 3).unwrap_err();
    assert_eq!((error.code.as_str(), error.retryable), ("no_picture", false));
    assert_eq!(error.message, "`tool` ended with exit code 3");
    assert_eq!(
        error.details,
        json!({ "code": 3, "signal": null, "stdout": "out", "stderr": "why" })
    );
    assert_eq!(failed(json!({ "program": "tool" }), 1).unwrap_err().code, "command_failed");
    assert_eq!(
        failed(json!({ "program": "tool", "expect": [0, 1], "output": "text" }), 1),
        Ok(json!("out"))
    );
    assert_eq!(
        failed(json!({ "program": "tool", "expect": [1] }), 0).unwrap_err().code,
        "command_failed"
    );
    let killed = CommandOutput { code: None, signal: Some(9), stdout: vec![], stderr: vec![] };
    let (result, _) = run("run_command", json!({ "program": "tool" }), vec![Answer::Ran(killed)]);
    assert_eq!(result.unwrap_err().message, "`tool` was ended by the signal 9");
}
