//! Plugins that talk to each other and to their host: events, commands, permissions, floods.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use locus_plugin::command::{CommandEntry, CommandMeta};
use locus_plugin::{
    CommandError, HookContext, HostError, PartEntry, PluginEvent, PluginState, Registry, Severity,
    Value, host::PluginHost,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::kit::{Made, compile, meta, plugin, registry, told, with_meta};

fn allowed(id: &str, permissions: &[&str]) -> Made {
    let mut meta = meta(id);
    meta.permissions = permissions.iter().map(|name| (*name).to_owned()).collect();
    with_meta(meta)
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Checked {
    workflows: usize,
}

impl PluginEvent for Checked {
    const TOPIC: &'static str = "acme.count.checked";
}

#[test]
fn events_reach_those_that_listen_in_the_order_of_hooks() {
    let heard: Arc<Mutex<Vec<(String, usize)>>> = Arc::default();
    let count = allowed("acme.count", &["events"]).post_validate(|program, cx| {
        cx.publish(&Checked { workflows: program.workflows.len() }).unwrap();
        let foreign = cx.publish_value("acme.other.x", json!(1)).unwrap_err();
        assert_eq!(foreign.code, "foreign_topic");
    });
    let listener = |id: &'static str, topic: &str| {
        let heard = Arc::clone(&heard);
        plugin(id).on_event(topic, move |event, _| {
            let workflows = event.read::<Checked>().unwrap().workflows;
            heard.lock().unwrap().push((id.to_owned(), workflows));
        })
    };
    let plugins = [
        listener("z.late", "acme.count.*"),
        count,
        listener("b.early", "acme.count.checked"),
        listener("c.deaf", "acme.count.other"),
    ];
    let compilation = compile(&registry(plugins));
    assert_eq!(told(&compilation.diagnostics), Vec::<String>::new());
    assert_eq!(*heard.lock().unwrap(), [("b.early".to_owned(), 1), ("z.late".to_owned(), 1)]);
}

#[test]
fn events_that_answer_each_other_end() {
    let calls = Arc::new(AtomicUsize::new(0));
    let answering = |id: &'static str, hears: &str, says: &'static str| {
        let calls = Arc::clone(&calls);
        allowed(id, &["events"]).on_event(hears, move |_, cx| {
            calls.fetch_add(1, Ordering::Relaxed);
            cx.publish_value(says, json!(null)).unwrap();
        })
    };
    let start = || {
        allowed("acme.start", &["events"])
            .post_validate(|_, cx| cx.publish_value("acme.start.go", json!(null)).unwrap())
    };
    // A chain is fine.
    let chain = compile(&registry([
        start(),
        answering("acme.relay", "acme.start.go", "acme.relay.ball"),
        answering("acme.next", "acme.relay.ball", "acme.next.ball"),
    ]));
    assert_eq!(told(&chain.diagnostics), Vec::<String>::new());
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    let rally = compile(&registry([
        start(),
        answering("acme.serve", "acme.start.go", "acme.serve.ball"),
        answering("acme.ping", "acme.*.ball", "acme.ping.ball"),
        answering("acme.pong", "acme.ping.*", "acme.pong.ball"),
    ]));
    let said = told(&rally.diagnostics);
    assert!(said[0].contains("more than 8 events follow from each other"), "{said:?}");
    let endless =
        compile(&registry([answering("acme.echo", "acme.*", "acme.echo.again"), start()]));
    assert_eq!(
        told(&endless.diagnostics),
        [
            "plugin-output-limit: more than 8 events follow from each other; the last is `acme.echo.again` of the plugin `acme.echo`"
        ]
    );
}

fn command(
    name: &str,
    answer: fn(Value, &mut HookContext) -> Result<Value, CommandError>,
) -> PartEntry {
    PartEntry::Command(CommandEntry {
        meta: CommandMeta {
            name: name.to_owned(),
            plugin: String::new(),
            docs: "Answers.".to_owned(),
            args: json!({}),
            defined_at: "command.rs:1".to_owned(),
        },
        answer,
    })
}

/// What a hook of a plugin with these permissions gets from its calls.
fn asked(
    permissions: &[&str],
    others: Vec<Made>,
    ask: impl Fn(&mut HookContext) -> Result<Value, CommandError> + Send + Sync + 'static,
) -> Result<Value, String> {
    let answer: Arc<Mutex<Option<Result<Value, CommandError>>>> = Arc::default();
    let kept = Arc::clone(&answer);
    let asking = allowed("acme.asks", permissions)
        .post_validate(move |_, cx| *kept.lock().unwrap() = Some(ask(cx)));
    let compilation = compile(&registry(others.into_iter().chain([asking])));
    assert_eq!(told(&compilation.diagnostics), Vec::<String>::new());
    answer.lock().unwrap().take().unwrap().map_err(|error| error.to_string())
}

#[test]
fn commands_answer_fail_and_never_turn_in_circles() {
    let double = || {
        plugin("acme.maths").with(command("double", |args, _| {
            let number = args["number"].as_i64();
            let number = number.ok_or_else(|| CommandError::new("no_number", "give a number"))?;
            Ok(json!(number * 2))
        }))
    };
    let call = |args: Value| move |cx: &mut HookContext| cx.call("acme.maths/double", args.clone());
    assert_eq!(asked(&["commands"], vec![double()], call(json!({ "number": 4 }))), Ok(json!(8)));
    assert_eq!(
        asked(&["commands"], vec![double()], call(json!({}))),
        Err("no_number: give a number".to_owned())
    );
    let refused = asked(&[], vec![double()], call(json!({ "number": 4 }))).unwrap_err();
    assert!(refused.starts_with("permission_denied: "), "{refused}");
    let unknown =
        asked(&["commands"], vec![double()], |cx| cx.call("acme.maths/doubel", ())).unwrap_err();
    assert_eq!(
        unknown,
        "unknown_command: there is no command `acme.maths/doubel`; did you mean `acme.maths/double`?"
    );
    let panics = plugin("acme.maths").with(command("double", |_, _| panic!("a test wants this")));
    let said = asked(&["commands"], vec![panics], call(json!({}))).unwrap_err();
    assert_eq!(
        said,
        "panicked: the plugin `acme.maths` panicked in the command `acme.maths/double`: a test wants this"
    );
    let a = allowed("acme.a", &["commands"]).with(command("go", |_, cx| cx.call("acme.b/go", ())));
    let b = allowed("acme.b", &["commands"]).with(command("go", |_, cx| cx.call("acme.a/go", ())));
    let circle = asked(&["commands"], vec![a, b], |cx| cx.call("acme.a/go", ())).unwrap_err();
    assert_eq!(
        circle,
        "cycle: `acme.b` calls `acme.a/go`, which is being answered: `acme.a/go` calls `acme.b/go`"
    );
}

/// A host with a clock that a test moves, which remembers.
#[derive(Default)]
struct Desk {
    clock: AtomicUsize,
    state: Mutex<Option<PluginState>>,
    audit: Mutex<Vec<String>>,
}

impl PluginHost for Desk {
    fn clock(&self) -> u64 {
        self.clock.fetch_add(2_000_000_000, Ordering::Relaxed) as u64
    }

    fn measures(&self) -> bool {
        true
    }

    fn load_state(&self, _: &str) -> Result<Option<PluginState>, HostError> {
        Ok(self.state.lock().unwrap().clone())
    }

    fn save_state(&self, _: &str, state: &PluginState) -> Result<(), HostError> {
        *self.state.lock().unwrap() = Some(state.clone());
        Ok(())
    }

    fn audit(&self, plugin: &str, event: &str, subject: &str) {
        self.audit.lock().unwrap().push(format!("{plugin} {event} {subject}"));
    }
}

fn hosted(plugins: impl IntoIterator<Item = Made>) -> (Registry, Arc<Desk>) {
    let desk = Arc::new(Desk::default());
    (registry(plugins).hosted_by(Arc::clone(&desk) as Arc<dyn PluginHost>), desk)
}

#[test]
fn an_answer_cannot_take_longer_than_its_caller_may() {
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&said);
    let asking = allowed("acme.asks", &["commands"]).post_validate(move |_, cx| {
        // The clock goes two seconds at each look, and a call may take one.
        let answer = cx.call("acme.maths/one", ());
        kept.lock().unwrap().push(answer.unwrap_err().code);
    });
    let maths = plugin("acme.maths").with(command("one", |_, _| Ok(json!(1))));
    let (registry, _) = hosted([asking, maths]);
    compile(&registry);
    assert_eq!(*said.lock().unwrap(), ["too_late"]);
}

#[test]
fn state_is_kept_by_the_host_for_those_that_may() {
    let count = |permissions: &[&str]| {
        allowed("acme.count", permissions).post_validate(|_, cx| {
            let Ok(state) = cx.state() else { return };
            let before = state.map_or(0, |state| state.value.as_i64().unwrap_or(0));
            cx.keep(1, json!(before + 1)).unwrap();
        })
    };
    let (registry, desk) = hosted([count(&["state"])]);
    compile(&registry);
    compile(&registry);
    let state = desk.state.lock().unwrap().clone();
    assert_eq!(state, Some(PluginState { version: 1, value: json!(2) }));
    let (registry, desk) = hosted([count(&[])]);
    compile(&registry);
    assert_eq!(*desk.state.lock().unwrap(), None);
    assert_eq!(*desk.audit.lock().unwrap(), ["acme.count denied state"]);
}

#[test]
fn a_flood_of_problems_is_counted() {
    let flood = plugin("acme.flood").post_validate(|program, cx| {
        let at = program.workflows["greet"].name.span;
        for number in 0..5000 {
            cx.report(Severity::Warning, "drop", format!("drop {number:04}"), at);
        }
    });
    let compilation = compile(&registry([flood]));
    let said = told(&compilation.diagnostics);
    assert!(said.len() <= 502, "{}", said.len());
    let counted =
        "plugin-output-limit: 4000 more problems of the plugin `acme.flood` are not shown";
    assert!(said.iter().any(|said| said == counted), "{:?}", said.first());
}

#[test]
fn a_flood_of_patches_is_refused() {
    use locus_plugin::{Patch, Place};
    let flood = plugin("acme.flood").post_validate(|_, cx| {
        for number in 0..40 {
            let text = "x".repeat(1 << 20);
            let text = format!("{number}{text}");
            cx.patch(Patch::new().set(Place::step("greet/hello"), "/description", text));
        }
    });
    let compilation = compile(&registry([flood]));
    let said = told(&compilation.diagnostics);
    assert!(
        said.iter().any(|said| said.contains("gives more than 16777216 bytes of patches")),
        "{}",
        said.len()
    );
    let edits = plugin("acme.edits").post_validate(|_, cx| {
        let patch = (0..20_000)
            .fold(Patch::new(), |patch, _| patch.set(Place::step("greet/hello"), "/timeout", "1s"));
        cx.patch(patch);
    });
    let said = told(&compile(&registry([edits])).diagnostics);
    assert!(said[0].contains("it has 20000 edits, more than 10000"), "{said:?}");
}
