//! The order of hooks is total, and nothing but what plugins declare decides it.

use std::sync::{Arc, Mutex};

use locus_plugin::hooks::{HooksEntry, Stage};
use locus_plugin::{Diagnostic, Point, Registry};

use super::kit::{Made, On, assemble, compile, messages, plugin, set};

fn noted(id: &str, notes: &Arc<Mutex<Vec<String>>>, change: impl Fn(&mut HooksEntry)) -> Made {
    let (notes, name) = (Arc::clone(notes), id.to_owned());
    let mut entry = set("note", Point::PostValidate, |entry| {
        entry.post_validate = Some(Arc::new(On(move |_: &locus_model::Program, _: &mut _| {
            notes.lock().unwrap().push(name.clone());
        })));
    });
    change(&mut entry);
    plugin(id).hooks(entry)
}

fn at(registry: &Registry, point: Point) -> Vec<String> {
    registry.hooks_at(point).iter().map(|bound| bound.entry.meta.plugin.clone()).collect()
}

fn declared(notes: &Arc<Mutex<Vec<String>>>) -> Vec<Made> {
    vec![
        noted("z.first", notes, |entry| entry.meta.stage = Stage::Pre),
        noted("a.last", notes, |entry| entry.meta.stage = Stage::Post),
        noted("b.urgent", notes, |entry| entry.meta.priority = 10),
        noted("c.before", notes, |entry| entry.meta.before.push("b.urgent".to_owned())),
        noted("d.plain", notes, |_| {}),
        noted("e.after", notes, |entry| entry.meta.after.push("f.plain".to_owned())),
        noted("f.plain", notes, |_| {}),
        noted("g.lazy", notes, |entry| entry.meta.priority = -1),
        noted("h.soft", notes, |entry| entry.meta.after.push("not.there".to_owned())),
    ]
}

const ORDER: [&str; 9] = [
    "z.first", "c.before", "b.urgent", "d.plain", "f.plain", "e.after", "h.soft", "g.lazy",
    "a.last",
];

#[test]
fn any_link_order_gives_the_same_order() {
    let notes = Arc::default();
    for turn in 0..ORDER.len() {
        for reversed in [false, true] {
            let mut plugins = declared(&notes);
            plugins.rotate_left(turn);
            if reversed {
                plugins.reverse();
            }
            let registry = assemble(plugins).unwrap();
            assert_eq!(at(&registry, Point::PostValidate), ORDER);
        }
    }
    compile(&assemble(declared(&notes)).unwrap());
    assert_eq!(*notes.lock().unwrap(), ORDER);
}

#[test]
fn a_plugin_that_is_added_reorders_no_other() {
    let notes = Arc::default();
    for added in ["a.a", "d.q", "z.z"] {
        let mut plugins = declared(&notes);
        plugins.push(noted(added, &notes, |_| {}));
        let mut order = at(&assemble(plugins).unwrap(), Point::PostValidate);
        order.retain(|id| id != added);
        assert_eq!(order, ORDER);
    }
}

fn problems(plugins: Vec<Made>) -> Vec<String> {
    let found: Vec<Diagnostic> = assemble(plugins).unwrap_err();
    assert!(found.iter().all(|problem| problem.code == "hook-order-cycle"), "{found:?}");
    messages(&found)
}

#[test]
fn a_cycle_is_printed() {
    let notes = Arc::default();
    let circle = || {
        vec![
            noted("a.a", &notes, |entry| entry.meta.after.push("b.b".to_owned())),
            noted("b.b", &notes, |entry| entry.meta.after.push("c.c".to_owned())),
            noted("c.c", &notes, |entry| entry.meta.after.push("a.a".to_owned())),
            noted("d.waits", &notes, |entry| entry.meta.after.push("a.a".to_owned())),
        ]
    };
    let expected = "at `post_validate`, hooks wait for each other: `a.a/note` after `b.b/note` after `c.c/note` after `a.a/note`";
    assert_eq!(problems(circle()), [expected]);
    let mut shuffled = circle();
    shuffled.reverse();
    assert_eq!(problems(shuffled), [expected]);
}

#[test]
fn both_before_and_after_one_another_is_a_cycle() {
    let notes = Arc::default();
    let torn = noted("a.a", &notes, |entry| {
        entry.meta.before.push("b.b".to_owned());
        entry.meta.after.push("b.b".to_owned());
    });
    assert_eq!(
        problems(vec![torn, noted("b.b", &notes, |_| {})]),
        [
            "at `post_validate`, hooks wait for each other: `a.a/note` after `b.b/note` after `a.a/note`"
        ]
    );
}

#[test]
fn a_wish_against_the_stages_is_an_error() {
    let notes = Arc::default();
    let late = noted("a.late", &notes, |entry| {
        entry.meta.stage = Stage::Post;
        entry.meta.before.push("b.b".to_owned());
    });
    assert_eq!(
        problems(vec![late, noted("b.b", &notes, |_| {})]),
        [
            "at `post_validate`, `a.late/note` wants to come before `b.b/note`, but its stage `post` comes after `normal`"
        ]
    );
}

#[test]
fn to_name_oneself_changes_nothing() {
    let notes = Arc::default();
    let odd = noted("a.a", &notes, |entry| entry.meta.after.push("a.a".to_owned()));
    assert_eq!(at(&assemble([odd]).unwrap(), Point::PostValidate), ["a.a"]);
}
