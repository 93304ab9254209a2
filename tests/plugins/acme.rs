//! The plugins of the examples in their host, on the shop that uses all of them (`examples/shop`): checked, run and built as a user would. The
//! web is a server on this machine.

use serde_json::json;
use tempfile::TempDir;

use super::loopback::{Answer, Server};
use crate::program::{ACME, LOCUS, Said, command, copy_folder, folder_with, say, workspace};

/// The specs of the shop, with replacements made in them.
fn specs(replacements: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&workspace().join("examples/shop"), folder.path());
    for (old, new) in replacements {
        let mut found = false;
        for name in ["locus.yaml", "quotes.locus.yaml", "restock.locus.csv"] {
            let path = folder.path().join(name);
            let text = std::fs::read_to_string(&path).unwrap();
            found |= text.contains(old);
            std::fs::write(path, text.replace(old, new)).unwrap();
        }
        assert!(found, "`{old}` is gone from the specs");
    }
    folder
}

/// The specs with two suppliers that are on this machine, and with little patience.
fn quotes(north: &Server, south: &Server) -> TempDir {
    specs(&[
        ("https://north.example", north.address()),
        ("https://south.example", south.address()),
        ("initial: 1s", "initial: 10ms"),
        ("backoff: exponential,", "backoff: exponential, initial: 10ms,"),
    ])
}

/// Runs a workflow whose chats are on this machine; that of the sales team is `/hook`.
fn run(specs: &TempDir, chat: &Server, args: &[&str]) -> Said {
    let mut command = command(ACME, specs.path(), &[&["run", "."], args].concat());
    command.env("LOCUS_SECRET_SALES_WEBHOOK", format!("{}/hook", chat.address()));
    command.env("LOCUS_SECRET_WAREHOUSE_WEBHOOK", format!("{}/warehouse", chat.address()));
    command.output().unwrap().into()
}

fn quote(specs: &TempDir, chat: &Server) -> Said {
    run(specs, chat, &["quote_price", "--set", "sku=a/b", "--quiet"])
}

fn answering(status: u16, body: &'static str) -> Server {
    Server::answering(move |_, _| Answer::Now(status, body))
}

/// A supplier that has the goods.
fn in_stock() -> Server {
    answering(200, r#"{ "price": 12.5, "stock": 3 }"#)
}

fn replace(specs: &TempDir, file: &str, old: &str, new: &str) {
    let path = specs.path().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(old), "`{old}` is gone from {file}");
    std::fs::write(path, text.replace(old, new)).unwrap();
}

fn silent() -> Server {
    Server::answering(|_, _| Answer::Never)
}

#[test]
fn the_shop_is_right_only_in_their_host() {
    let specs = specs(&[]);
    let checked = say(ACME, specs.path(), &["check"]).ok();
    assert!(checked.stderr.contains("3 workflow(s)") && !checked.stderr.contains("warning"));
    let without = say(LOCUS, specs.path(), &["check"]).ended(1);
    for code in ["unknown-step-type", "unknown-plugin", "unknown-generator"] {
        assert!(without.stderr.contains(code), "no {code} in: {}", without.stderr);
    }
}

#[test]
fn the_first_branch_that_succeeds_decides_a_race() {
    let (north, south, chat) = (silent(), in_stock(), answering(200, "{}"));
    let specs = quotes(&north, &south);
    assert_eq!(quote(&specs, &chat).ok().json(), json!({ "supplier": "south", "price": 12.5 }));
    assert_eq!(south.requests()[0].path, "/prices/a%2Fb");
    let sent = &chat.requests()[0];
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("POST", "/hook"));
    assert_eq!(
        sent.json()["attachments"][0],
        json!({
            "text": "a/b can be had", "color": "#2e7d32",
            "fields": [
                { "title": "Supplier", "value": "south", "short": true },
                { "title": "Price", "value": "12.5", "short": true },
            ],
        })
    );
}

#[test]
fn a_branch_that_fails_leaves_the_race_to_the_others() {
    let (north, south, chat) = (
        answering(500, "{}"),
        answering(200, r#"{ "price": 7, "stock": 1 }"#),
        answering(200, "{}"),
    );
    let specs = quotes(&north, &south);
    assert_eq!(quote(&specs, &chat).ok().json(), json!({ "supplier": "south", "price": 7 }));
}

#[test]
fn a_supplier_without_the_goods_does_not_win() {
    let empty = answering(200, r#"{ "price": 1, "stock": 0 }"#);
    let specs = quotes(&empty, &in_stock());
    let chat = answering(200, "{}");
    assert_eq!(quote(&specs, &chat).ok().json()["supplier"], "south");
    assert_eq!(chat.requests()[0].json()["channel"], "#sales");
    let specs = quotes(&empty, &answering(200, r#"{ "price": 2, "stock": 0 }"#));
    quote(&specs, &chat).ended(1).says("gave what `until` asks for [no_branch_won]");
}

#[test]
fn the_deadline_ends_a_race() {
    let (north, south, chat) = (silent(), silent(), answering(200, "{}"));
    let specs = quotes(&north, &south);
    replace(&specs, "quotes.locus.yaml", "deadline: 2s", "deadline: 150ms");
    replace(&specs, "locus.yaml", "enforce: true", "enforce: false");
    quote(&specs, &chat).ended(1).says("no branch succeeded within 150ms [deadline_passed]");
    // Three attempts, as `retry` says, each with both branches; nothing behind the race.
    assert_eq!(north.requests().len() + south.requests().len(), 6);
    assert!(chat.requests().is_empty());
}

#[test]
fn a_race_that_all_branches_lose_says_how() {
    let (north, south, chat) = (answering(404, "{}"), answering(410, "{}"), answering(200, "{}"));
    let specs = quotes(&north, &south);
    let said = quote(&specs, &chat)
        .ended(1)
        .says("none of the 2 branches succeeded [all_branches_failed]");
    for part in ["north", "south", "http_4xx"] {
        assert!(said.stderr.contains(part), "{}", said.stderr);
    }
}

#[test]
fn every_attempt_of_a_step_has_the_same_idempotency_key() {
    let (north, south) = (silent(), in_stock());
    let chat = Server::answering(|number, _| match number {
        0 | 1 => Answer::Now(503, "{}"),
        _ => Answer::Now(204, ""),
    });
    let specs = quotes(&north, &south);
    quote(&specs, &chat).ok();
    let keys: Vec<String> =
        chat.requests().iter().map(|sent| sent.headers["idempotency-key"].clone()).collect();
    let runs = say(ACME, specs.path(), &["runs", "list", "--json"]).ok().json();
    let run = runs[0]["run"].as_str().unwrap();
    assert_eq!(keys, vec![format!("{run}/quote_price/tell_sales"); 3]);
    // Another run is another message.
    quote(&specs, &chat).ok();
    assert_ne!(chat.requests()[3].headers["idempotency-key"], keys[0]);
}

#[test]
fn a_secret_stays_out_of_what_is_recorded_and_shown() {
    let (north, south) = (silent(), in_stock());
    let chat = answering(500, "{}");
    let specs = quotes(&north, &south);
    let said = quote(&specs, &chat).ended(1).says("the chat service answered 500 [http_5xx]");
    let shown = say(ACME, specs.path(), &["runs", "list", "--json"]).ok();
    let run = shown.json()[0]["run"].as_str().unwrap().to_owned();
    let journal = say(ACME, specs.path(), &["runs", "show", &run, "--json"]).ok();
    let secret = chat.address();
    for text in [said.stdout, said.stderr, shown.stdout, journal.stdout] {
        assert!(!text.contains(secret), "{text}");
    }
    for entry in std::fs::read_dir(specs.path().join(".locus")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let recorded = std::fs::read(&path).unwrap();
        let found = recorded.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!found, "{}", path.display());
    }
}

#[test]
fn a_secret_that_is_not_given_is_asked_for() {
    let specs = specs(&[]);
    let said = say(ACME, specs.path(), &["run", ".", "restock"]).ended(1);
    said.says("[secret_missing]").says("set the environment variable `LOCUS_SECRET_");
}

#[test]
fn steps_from_a_spreadsheet_run() {
    let chat = answering(200, "{}");
    let specs = specs(&[("5m", "5ms")]);
    let said = run(&specs, &chat, &["restock"]).ok();
    assert!(
        said.stderr.contains("info Restocking, as every night  restock/begin"),
        "{}",
        said.stderr
    );
    // `when` in a cell: the chat was quick.
    assert!(!said.stderr.contains("slow"), "{}", said.stderr);
    let sent = &chat.requests()[0];
    assert_eq!(sent.path, "/warehouse");
    let sent = sent.json();
    let text = sent["attachments"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("Shelves are \"open\" again since 20"), "{text}");
}

#[test]
fn problems_in_a_spreadsheet_are_pointed_at_by_byte() {
    let sheet = "workflow,type,message\nrestock,log,\"Größe\" badly\nrestock,lgo,\"Größe \"\"XL\"\" ${ .nope }\"\n";
    let folder = folder_with([("restock.locus.csv", sheet)]);
    let said = say(ACME, folder.path(), &["check", "--format", "json"]).ended(1).json();
    let marked = |code: &str| {
        let diagnostics = said["diagnostics"].as_array().unwrap();
        let found = diagnostics.iter().find(|found| found["code"] == code);
        let place = &found.unwrap_or_else(|| panic!("no {code} in {said}"))["labels"][0];
        assert_eq!(place["file"], "restock.locus.csv");
        let [start, end] = ["start", "end"].map(|key| place[key].as_u64().unwrap() as usize);
        sheet[start..end].to_owned()
    };
    // The parser hook's own code, and one of the compiler's.
    assert_eq!(marked("acme.csv/cell"), " badly");
    assert_eq!(marked("unknown-step-type"), "lgo");
}

#[test]
fn models_from_a_spreadsheet_are_models() {
    let specs = specs(&[]);
    let sheet = specs.path().join("products.locus.csv");
    let text = std::fs::read_to_string(&sheet).unwrap();
    std::fs::write(&sheet, text.replace("Product,free,int", "Product,freePieces,itn")).unwrap();
    let said = say(ACME, specs.path(), &["check"]).ended(1);
    let said = said.says("itn").says("products.locus.csv:5");
    assert!(!said.stderr.contains("acme.naming"), "rules are for programs without errors");
    std::fs::write(&sheet, text.replace("Product,free,", "Product,freePieces,")).unwrap();
    let said = say(ACME, specs.path(), &["check"]).ended(1);
    said.says("the field `freePieces` is not written in snake_case")
        .says("rename it to `free_pieces`");
}

#[test]
fn rules_for_names_point_at_names() {
    let manifest = "name: a\nlanguage: 1\nplugins:\n  acme.naming: { config: { steps: { forbidden: [step] } } }\n";
    let spec = "# Größe\nworkflows:\n  restock:\n    steps:\n      - { id: step2, log: { message: hello } }\n      - { id: say_hello, log: { message: hello } }\n";
    let folder = folder_with([("locus.yaml", manifest), ("shop.locus.yaml", spec)]);
    let said = say(ACME, folder.path(), &["check", "--format", "json"]).ok().json();
    let found = said["diagnostics"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{said}");
    assert_eq!(found[0]["code"], "acme.naming/word");
    assert_eq!(
        (&found[0]["severity"], &found[0]["plugin"]),
        (&json!("warning"), &json!("acme.naming"))
    );
    let start = spec.find("step2").unwrap();
    let place = &found[0]["labels"][0];
    assert_eq!((&place["start"], &place["end"]), (&json!(start), &json!(start + "step2".len())));
}

#[test]
fn a_message_without_a_webhook_is_refused() {
    let specs = specs(&[("          webhook: ${ $secrets.SALES_WEBHOOK }\n", "")]);
    let said = say(ACME, specs.path(), &["check"]).ended(1);
    said.says("this message has nowhere to go").says("acme.chat/no-webhook");
}

#[test]
fn what_runs_cost_is_written_down() {
    let (north, south, chat) = (answering(500, "{}"), in_stock(), answering(200, "{}"));
    let specs = quotes(&north, &south);
    quote(&specs, &chat).ok();
    let report = || say(ACME, specs.path(), &["plugin", "call", "acme.audit/report"]).ok().json();
    let said = report();
    assert_eq!(said["types"]["external_api"], json!({ "attempts": 2, "cost": "0.04 EUR" }));
    assert_eq!((&said["spent"], &said["open"]), (&json!("0.041 EUR"), &json!({})));
    let last = said["entries"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["kind"], &last["workflow"], &last["outcome"], &last["cost"]),
        (&json!("run"), &json!("quote_price"), &json!("ok"), &json!(41_000))
    );
    assert!(!said.to_string().contains(chat.address()), "{said}");
    quote(&specs, &chat).ok();
    assert_eq!(report()["spent"], "0.082 EUR");
}

#[test]
fn a_run_ends_where_its_budget_does() {
    let (north, south, chat) = (silent(), silent(), answering(200, "{}"));
    let specs = quotes(&north, &south);
    replace(&specs, "quotes.locus.yaml", "deadline: 2s", "deadline: 150ms");
    replace(&specs, "locus.yaml", "budget: 0.1", "budget: 0.07");
    // Two attempts of the race would cost 0.08: one call of the second is refused, and all of the third. What is refused is not sent.
    quote(&specs, &chat).ended(1).says("budget_exceeded");
    assert_eq!(north.requests().len() + south.requests().len(), 3);
}

#[test]
fn a_budget_that_is_too_small_is_told_at_compile_time() {
    let specs = specs(&[("budget: 0.1", "budget: 0.03")]);
    let said = say(ACME, specs.path(), &["check"]).ok();
    said.says("`quote_price` costs 0.041 EUR when each of its steps runs once")
        .says("costs most: 0.02 EUR");
}

#[test]
fn the_jobs_are_built() {
    let specs = specs(&[]);
    say(ACME, specs.path(), &["build"]).ok();
    let made = |name: &str| {
        std::fs::read_to_string(specs.path().join("generated/jobs").join(name)).unwrap()
    };
    let job = made("check-shelves-2.yaml");
    assert!(job.contains("schedule: \"0 12 * * 1-5\""), "{job}");
    assert!(made("kustomization.yaml").contains("check-shelves-2.yaml"));
    let again = say(ACME, specs.path(), &["build"]).ok();
    assert_eq!(again.stdout, "", "nothing changes when nothing changed");
}

#[test]
fn options_that_do_not_fit_a_generator_are_refused() {
    let specs = specs(&[("namespace: shop", "namespace: Shop!")]);
    say(ACME, specs.path(), &["build"]).ended(1).says("namespace");
    assert!(!specs.path().join("generated").exists());
}

#[test]
fn they_have_nothing_to_mend() {
    let said = say(ACME, workspace().as_path(), &["plugin", "check"]).ok();
    assert_eq!(
        said.stdout.matches("nothing to mend").count(),
        6,
        "{} {}",
        said.stdout,
        said.stderr
    );
}
