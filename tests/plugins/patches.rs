//! Hooks that change the program: whole or not at all, checked again, and never against another plugin.

use std::sync::Arc;

use locus_compiler::build_compilation;
use locus_plugin::hooks::OnFailure;
use locus_plugin::{HookContext, Patch, Place, Point, Severity};
use serde_json::{Value, json};

use super::kit::{Made, On, compile, compile_files, plugin, registry, set, told, underlined};

/// A plugin that gives one patch after the check.
fn patching(id: &str, patch: Patch) -> Made {
    plugin(id).post_validate(move |_, cx: &mut HookContext| cx.patch(patch.clone()))
}

fn hello() -> Place {
    Place::step("greet/hello")
}

#[test]
fn a_patch_changes_the_program() {
    let patch = Patch::new()
        .set(hello(), "/timeout", "5s")
        .set(hello(), "/log/level", "warn")
        .insert_after(
            hello(),
            json!({ "id": "audit", "log": { "message": "said ${ .input.name }" } }),
        )
        .remove(Place::step("greet/bye"), "");
    let compilation = compile(&registry([patching("acme.patch", patch)]));
    assert_eq!(told(&compilation.diagnostics), Vec::<String>::new());
    let steps = &compilation.program.workflows["greet"].steps.steps;
    let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["hello", "audit"]);
    assert_eq!(steps[0].timeout, Some(5000));
    assert_eq!(steps[0].params.get("level").and_then(|node| node.as_str()), Some("warn"));
}

#[test]
fn each_hook_sees_what_those_before_have_made() {
    let first = patching(
        "a.first",
        Patch::new().insert_after(hello(), json!({ "id": "one", "log": { "message": "1" } })),
    );
    let second = patching(
        "b.second",
        Patch::new().insert_after(
            Place::step("greet/one"),
            json!({ "id": "two", "log": { "message": "2" } }),
        ),
    );
    let compilation = compile(&registry([second, first]));
    assert_eq!(told(&compilation.diagnostics), Vec::<String>::new());
    let steps = &compilation.program.workflows["greet"].steps.steps;
    let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["hello", "one", "two", "bye"]);
}

#[test]
fn what_two_insert_at_one_place_comes_in_their_order() {
    let step = |id: &str| json!({ "id": id, "log": { "message": id } });
    let plugins = ["a.a", "b.b", "c.c"].map(|id| {
        let name = id[..1].to_owned();
        let patch = Patch::new()
            .insert_before(hello(), step(&format!("{name}_before")))
            .insert_after(hello(), step(&format!("{name}_after")));
        patching(id, patch)
    });
    let compilation = compile(&registry(plugins));
    assert_eq!(told(&compilation.diagnostics), Vec::<String>::new());
    let steps = &compilation.program.workflows["greet"].steps.steps;
    let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    let expected =
        ["a_before", "b_before", "c_before", "hello", "a_after", "b_after", "c_after", "bye"];
    assert_eq!(names, expected);
}

#[test]
fn a_patch_that_makes_the_program_wrong_is_taken_back_whole() {
    let cases: [(Value, &str); 4] = [
        (json!({ "lgo": { "message": "hi" } }), "unknown-step-type"),
        (json!({ "id": "hello", "log": { "message": "hi" } }), "duplicate-name"),
        (json!({ "log": { "message": "${ .steps.nowhere }" } }), "unknown-step"),
        (json!({ "log": { "message": "hi", "level": 7 } }), "wrong-type"),
    ];
    for (step, code) in cases {
        let patch = Patch::new().set(hello(), "/timeout", "5s").insert_after(hello(), step.clone());
        let compilation = compile(&registry([patching("acme.bad", patch)]));
        let problems: Vec<_> = compilation.diagnostics.iter().collect();
        let [problem] = problems.as_slice() else { panic!("{step}: {problems:?}") };
        assert_eq!(problem.code, "patch-rejected");
        assert!(problem.message.contains(&format!("[{code}]")), "{step}: {}", problem.message);
        assert!(problem.message.contains("`acme.bad` in `post_validate`"), "{}", problem.message);
        assert_eq!(problem.plugin.as_deref(), Some("acme.bad"));
        let (source, _) = underlined(&compilation, problem);
        assert_eq!(source, "<patch of acme.bad: post_validate>");
        // Also the half that would have been right.
        assert_eq!(compilation.program.workflows["greet"].steps.steps[0].timeout, None);
        assert_eq!(compilation.program.workflows["greet"].steps.steps.len(), 2);
    }
}

#[test]
fn a_place_that_is_not_there_refuses_the_whole_patch() {
    for place in [Place::step("greet/nobody"), Place::declared("workflows", "nothing")] {
        let patch = Patch::new().set(hello(), "/timeout", "5s").set(place, "/timeout", "1s");
        let compilation = compile(&registry([patching("acme.lost", patch)]));
        let said = told(&compilation.diagnostics);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].starts_with(
                "patch-rejected: the patch of the plugin `acme.lost` in `post_validate` is refused:"
            ),
            "{said:?}"
        );
        assert_eq!(compilation.program.workflows["greet"].steps.steps[0].timeout, None);
    }
}

#[test]
fn two_plugins_with_different_wishes_are_both_named() {
    let set = |id: &str, time: &str| patching(id, Patch::new().set(hello(), "/timeout", time));
    let compilation = compile(&registry([set("acme.fast", "1s"), set("acme.slow", "60s")]));
    assert_eq!(
        told(&compilation.diagnostics),
        [
            "patch-conflict: the plugins `acme.fast` and `acme.slow` both change `/timeout` of the step `greet/hello`: `acme.fast` to \"1s\", `acme.slow` to \"60s\""
        ]
    );
    assert_eq!(compilation.program.workflows["greet"].steps.steps[0].timeout, Some(1000));
}

#[test]
fn the_same_wish_twice_is_fine() {
    let set = |id: &str| patching(id, Patch::new().set(hello(), "/timeout", "1s"));
    let compilation = compile(&registry([set("acme.one"), set("acme.two")]));
    assert_eq!(told(&compilation.diagnostics), Vec::<String>::new());
    let remove = |id: &str| patching(id, Patch::new().remove(hello(), "/log/level"));
    let files = [(
        "a.locus.yaml",
        "workflows: { greet: { steps: [ { id: hello, log: { message: a, level: warn } } ] } }\n",
    )];
    let compilation = compile_files(&files, &registry([remove("acme.one"), remove("acme.two")]));
    assert_eq!(told(&compilation.diagnostics), Vec::<String>::new());
}

#[test]
fn to_change_what_another_has_removed_or_replaced_is_a_conflict() {
    let files = [(
        "a.locus.yaml",
        "workflows: { greet: { steps: [ { id: hello, log: { message: a, level: warn } } ] } }\n",
    )];
    let remove = || patching("acme.clean", Patch::new().remove(hello(), "/log/level"));
    let replace = || {
        patching(
            "acme.clean",
            Patch::new().set(hello(), "/log", json!({ "message": "b", "level": "info" })),
        )
    };
    let set = || patching("acme.loud", Patch::new().set(hello(), "/log/level", "error"));
    for first in [remove, replace] {
        let compilation = compile_files(&files, &registry([first(), set()]));
        let said = told(&compilation.diagnostics);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("patch-conflict: the plugins `acme.clean` and `acme.loud` both change `/log/level` of the step `greet/hello`"), "{said:?}");
    }
    // The other way round: the whole is not replaced over what another has put into it.
    let compilation = compile_files(
        &files,
        &registry([
            patching("acme.a", Patch::new().set(hello(), "/log/level", "error")),
            patching("acme.b", Patch::new().set(hello(), "/log", json!({ "message": "b" }))),
        ]),
    );
    let said = told(&compilation.diagnostics);
    assert!(said[0].starts_with("patch-conflict: "), "{said:?}");
}

#[test]
fn a_hook_may_repair_before_the_check() {
    let repair = plugin("acme.sugar").pre_validate(|spec, cx| {
        for document in spec.files.iter().flat_map(|file| &file.documents) {
            let steps = document.pointer("/workflows/greet/steps").and_then(|s| s.as_sequence());
            for step in steps.into_iter().flatten() {
                if let Some(text) = step.get("say").and_then(|node| node.as_str()) {
                    let place = Place::Node(step.span);
                    let log = json!({ "message": text });
                    cx.patch(Patch::new().remove(place.clone(), "/say").set(place, "/log", log));
                }
            }
        }
    });
    let spec = "workflows: { greet: { steps: [ { say: hello }, { say: bye } ] } }\n";
    let compilation = compile_files(&[("a.locus.yaml", spec)], &registry([repair]));
    assert_eq!(told(&compilation.diagnostics), Vec::<String>::new());
    assert_eq!(compilation.program.workflows["greet"].steps.steps.len(), 2);
}

#[test]
fn of_several_patches_before_the_check_the_wrong_one_is_found() {
    let declare = |id: &str, name: &str, ty: &str| {
        let patch = Patch::new().set(Place::declared("schemas", name), "", json!({ "at": ty }));
        plugin(id).pre_validate(move |_, cx| cx.patch(patch.clone()))
    };
    let plugins = [
        declare("a.good", "One", "string"),
        declare("b.bad", "Two", "strng"),
        declare("c.good", "Three", "int"),
    ];
    let compilation = compile(&registry(plugins));
    let said = told(&compilation.diagnostics);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("patch-rejected: the patch of the plugin `b.bad` in `pre_validate` makes the program wrong"), "{said:?}");
    let schemas: Vec<&String> = compilation.program.schemas.keys().collect();
    assert_eq!(schemas, ["One", "Three"]);
}

#[test]
fn a_warning_about_what_a_plugin_put_there_names_the_plugin() {
    let stop = json!({ "fail": { "error": "stop", "message": "no further" } });
    let patch = Patch::new().insert_before(Place::step("greet/bye"), stop);
    let compilation = compile(&registry([patching("acme.odd", patch)]));
    assert!(!compilation.diagnostics.is_empty());
    for problem in &compilation.diagnostics {
        assert_eq!(problem.code, "unreachable-step");
        assert_eq!(problem.plugin.as_deref(), Some("acme.odd"), "{problem:?}");
        let labels: Vec<&str> = problem.labels.iter().map(|label| label.text.as_str()).collect();
        let blame = "the plugin `acme.odd` changed this, in `post_validate`";
        assert!(labels.contains(&blame), "{labels:?}");
    }
}

#[test]
fn what_becomes_of_a_refused_patch_is_the_plugins_to_say() {
    for (on_failure, severity) in [
        (OnFailure::Abort, Some(Severity::Error)),
        (OnFailure::Warn, Some(Severity::Warning)),
        (OnFailure::Ignore, None),
    ] {
        let patch = Patch::new().remove(Place::step("greet/nobody"), "");
        let mut entry = set("try", Point::PostValidate, |entry| {
            entry.post_validate =
                Some(Arc::new(On(move |_: &locus_model::Program, cx: &mut HookContext| {
                    cx.patch(patch.clone());
                })));
        });
        entry.meta.on_failure = on_failure;
        let compilation = compile(&registry([plugin("acme.try").hooks(entry)]));
        let found = compilation.diagnostics.iter().next().map(|problem| problem.severity);
        assert_eq!(found, severity);
    }
}

#[test]
fn a_value_behind_an_alias_is_not_changed_in_one_place() {
    let spec = "workflows: { greet: { steps: [ { id: a, log: &l { message: x } }, { id: b, log: *l } ] } }\n";
    let edit = plugin("acme.alias").post_validate(|program, cx| {
        let span = program.step("greet/a").unwrap().params.span;
        cx.patch(Patch::new().set(Place::Node(span), "/level", "warn"));
    });
    let compilation = compile_files(&[("a.locus.yaml", spec)], &registry([edit]));
    let said = told(&compilation.diagnostics);
    assert!(
        said.iter().any(|said| said.contains("was written once and is used in several places")),
        "{said:?}"
    );
}

const PROJECT: &str = "\
name: shop
targets:
  api: { generator: openapi, out: out }
";
const MODEL: &str = "models: { Order: { fields: { id: { type: uuid, id: true } } } }\nworkflows: { greet: { output: \"${ null }\", steps: [ { log: { message: a } } ] } }\n";

fn schema_hook(id: &str, patch: Patch) -> Made {
    plugin(id).hooks(set("columns", Point::SchemaGenerate, |entry| {
        entry.schema_generate =
            Some(Arc::new(On(move |_: &locus_model::Program, cx: &mut HookContext| {
                cx.patch(patch.clone());
            })));
    }))
}

#[test]
fn what_is_generated_may_have_more_fields_than_what_runs() {
    let order = || Place::declared("models", "Order");
    let patch = Patch::new().set(order(), "/fields/created_at", "datetime");
    let registry = registry([schema_hook("acme.audit", patch)]);
    let compilation = compile_files(&[("locus.yaml", PROJECT), ("a.locus.yaml", MODEL)], &registry);
    assert_eq!(told(&compilation.diagnostics), Vec::<String>::new());
    assert_eq!(compilation.program.models["Order"].fields.len(), 1);
    let targets: Vec<_> = compilation.program.targets.values().collect();
    let built = build_compilation(&compilation, &targets);
    assert_eq!(told(&built.diagnostics), Vec::<String>::new());
    let [output] = built.outputs.as_slice() else { panic!("one target") };
    assert!(output.files.iter().any(|file| file.text.contains("created_at")), "{output:?}");
}

#[test]
fn schemas_alone_are_changed_for_generation() {
    let patch = Patch::new().remove(Place::declared("workflows", "greet"), "");
    let registry = registry([schema_hook("acme.greedy", patch)]);
    let compilation = compile_files(&[("locus.yaml", PROJECT), ("a.locus.yaml", MODEL)], &registry);
    let targets: Vec<_> = compilation.program.targets.values().collect();
    let built = build_compilation(&compilation, &targets);
    assert!(built.outputs.is_empty());
    assert_eq!(
        told(&built.diagnostics),
        [
            "patch-rejected: the patch of the plugin `acme.greedy` in `schema_generate` is refused: here only declared `models` and `schemas` can be changed"
        ]
    );
}

#[test]
fn a_patch_where_none_is_taken_is_told() {
    let entry = set("early", Point::PreParse, |entry| {
        entry.pre_parse = Some(Arc::new(On(|_: &locus_plugin::Source, cx: &mut HookContext| {
            cx.patch(Patch::new().remove(Place::declared("workflows", "greet"), ""));
        })));
    });
    let compilation = compile(&registry([plugin("acme.early").hooks(entry)]));
    assert_eq!(
        told(&compilation.diagnostics),
        ["patch-rejected: the plugin `acme.early` gives a patch at `pre_parse`, which takes none"]
    );
}
