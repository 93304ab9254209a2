//! Programs made at random and changed at random: whatever the verdict is, it is true.

use std::fmt::Write as _;
use std::sync::OnceLock;

use locus_compiler::{Runs, compatibility};
use locus_plugin::Registry;
use proptest::prelude::*;
use serde_json::json;

use super::{compiled, resume};

/// A step.
#[derive(Clone, Debug)]
enum Step {
    /// A call, journaled.
    Call { url: u8, when: Option<u8> },
    /// Sets one of three variables.
    Set { var: u8, to: u8 },
    /// Takes one of two ways.
    If { var: u8, above: u8, then: Block, other: Block },
    /// Several times.
    Loop { times: u8, steps: Block },
    /// At once.
    Both { left: Block, right: Block },
    /// What fails is caught.
    Try { steps: Block, caught: Block },
    /// Waits.
    Wait { seconds: u8 },
    /// Calls the second workflow.
    Sub,
}

/// Steps with their ids.
type Block = Vec<(u8, Step)>;

fn leaf() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..6_u8, proptest::option::weighted(0.2, 0..3_u8))
            .prop_map(|(url, when)| Step::Call { url, when }),
        2 => (0..3_u8, 0..4_u8).prop_map(|(var, to)| Step::Set { var, to }),
        1 => (1..9_u8).prop_map(|seconds| Step::Wait { seconds }),
        1 => Just(Step::Sub),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    leaf().prop_recursive(2, 12, 3, |inner| {
        let block = proptest::collection::vec((any::<u8>(), inner), 1..3);
        prop_oneof![
            (0..3_u8, 0..4_u8, block.clone(), block.clone())
                .prop_map(|(var, above, then, other)| Step::If { var, above, then, other }),
            (0..3_u8, block.clone()).prop_map(|(times, steps)| Step::Loop { times, steps }),
            (block.clone(), block.clone()).prop_map(|(left, right)| Step::Both { left, right }),
            (block.clone(), block).prop_map(|(steps, caught)| Step::Try { steps, caught }),
        ]
    })
}

fn program() -> impl Strategy<Value = (Block, Block)> {
    let block = |most| proptest::collection::vec((any::<u8>(), step()), 1..most);
    (block(6), block(3))
}

/// An edit: what is done at which of the blocks, at which place.
#[derive(Clone, Debug)]
enum Edit {
    Remove,
    Insert(u8, Step),
    Replace(Step),
    Rename(u8),
    Swap,
}

fn edit() -> impl Strategy<Value = (u8, u8, Edit)> {
    let what = prop_oneof![
        Just(Edit::Remove),
        (any::<u8>(), leaf()).prop_map(|(id, step)| Edit::Insert(id, step)),
        leaf().prop_map(Edit::Replace),
        any::<u8>().prop_map(Edit::Rename),
        Just(Edit::Swap),
    ];
    (any::<u8>(), any::<u8>(), what)
}

fn apply((main, sub): &mut (Block, Block), (which, at, edit): &(u8, u8, Edit)) {
    let of_main = count(main);
    let index = usize::from(*which) % (of_main + count(sub));
    if index < of_main {
        with_block(main, &mut { index }, *at, edit);
    } else {
        with_block(sub, &mut (index - of_main), *at, edit);
    }
}

/// How many blocks there are, this one included.
fn count(block: &Block) -> usize {
    let inner = block.iter().map(|(_, step)| match step {
        Step::If { then: a, other: b, .. }
        | Step::Both { left: a, right: b }
        | Step::Try { steps: a, caught: b } => count(a) + count(b),
        Step::Loop { steps, .. } => count(steps),
        _ => 0,
    });
    1 + inner.sum::<usize>()
}

/// Edits the block of this number, counted outermost first; false when there are fewer.
fn with_block(block: &mut Block, index: &mut usize, at: u8, edit: &Edit) -> bool {
    if *index == 0 {
        edit_block(block, usize::from(at), edit);
        return true;
    }
    *index -= 1;
    for (_, step) in block {
        let inner: Vec<&mut Block> = match step {
            Step::If { then: a, other: b, .. }
            | Step::Both { left: a, right: b }
            | Step::Try { steps: a, caught: b } => vec![a, b],
            Step::Loop { steps, .. } => vec![steps],
            _ => Vec::new(),
        };
        for block in inner {
            if with_block(block, index, at, edit) {
                return true;
            }
        }
    }
    false
}

fn edit_block(block: &mut Block, at: usize, edit: &Edit) {
    let index = at % block.len();
    match edit {
        Edit::Remove if block.len() > 1 => drop(block.remove(index)),
        Edit::Remove => {}
        Edit::Insert(id, step) => block.insert(at % (block.len() + 1), (*id, step.clone())),
        Edit::Replace(step) => block[index].1 = step.clone(),
        Edit::Rename(id) => block[index].0 = *id,
        Edit::Swap => {
            let next = (index + 1) % block.len();
            block.swap(index, next);
        }
    }
}

/// The program as a spec. Ids are made unique in their block.
fn spec((main, sub): &(Block, Block)) -> String {
    let mut text =
        "workflows:\n  main:\n    steps:\n      - id: init\n        set: { v0: 1, v1: 2, v2: 3 }\n"
            .to_owned();
    write_block(&mut text, main, 6);
    text.push_str("  sub:\n    steps:\n      - id: init\n        set: { v0: 1, v1: 2, v2: 3 }\n");
    let mut of_sub = String::new();
    write_block(&mut of_sub, sub, 6);
    // A workflow that calls itself would not end.
    text.push_str(&of_sub.replace("call: { workflow: sub }", "wait: { for: 1s }"));
    text
}

fn write_block(text: &mut String, block: &Block, indent: usize) {
    let pad = " ".repeat(indent);
    let mut seen = std::collections::BTreeSet::new();
    for (id, step) in block {
        let mut id = u32::from(*id);
        while !seen.insert(id) {
            id += 256;
        }
        let _ = writeln!(text, "{pad}- id: s{id}");
        let pad = " ".repeat(indent + 2);
        let inner = indent + 8;
        match step {
            Step::Call { url, when } => {
                if let Some(var) = when {
                    let _ = writeln!(text, "{pad}when: ${{ .vars.v{var} > 1 }}");
                }
                let _ = writeln!(text, "{pad}external_api: {{ url: \"https://x.example/{url}\" }}");
            }
            Step::Set { var, to } => {
                let _ = writeln!(text, "{pad}set: {{ v{var}: {to} }}");
            }
            Step::Wait { seconds } => {
                let _ = writeln!(text, "{pad}wait: {{ for: {seconds}s }}");
            }
            Step::Sub => {
                let _ = writeln!(text, "{pad}call: {{ workflow: sub }}");
            }
            Step::If { var, above, then, other } => {
                let _ = writeln!(
                    text,
                    "{pad}conditional:\n{pad}  cases:\n{pad}    - when: ${{ .vars.v{var} > {above} }}\n{pad}      name: yes_\n{pad}      steps:"
                );
                write_block(text, then, inner);
                let _ = writeln!(text, "{pad}  else:");
                write_block(text, other, inner);
            }
            Step::Loop { times, steps } => {
                let _ = writeln!(text, "{pad}loop:\n{pad}  times: {times}\n{pad}  steps:");
                write_block(text, steps, inner);
            }
            Step::Both { left, right } => {
                let _ = writeln!(text, "{pad}parallel:\n{pad}  branches:\n{pad}    left:");
                write_block(text, left, inner);
                let _ = writeln!(text, "{pad}    right:");
                write_block(text, right, inner);
            }
            Step::Try { steps, caught } => {
                let _ = writeln!(text, "{pad}try_catch:\n{pad}  try:");
                write_block(text, steps, inner);
                let _ = writeln!(text, "{pad}  catch:\n{pad}    - name: any_\n{pad}      steps:");
                write_block(text, caught, inner);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_verdict_is_true_of_random_changes(
        old in program(),
        edits in proptest::collection::vec(edit(), 1..3),
        failing in proptest::collection::vec(0..6_u8, 0..2),
    ) {
        let mut new = old.clone();
        edits.iter().for_each(|edit| apply(&mut new, edit));
        let (before, after) = (spec(&old), spec(&new));
        static REGISTRY: OnceLock<Registry> = OnceLock::new();
        let registry = REGISTRY.get_or_init(crate::execute::registry);
        let (old, new) = match (compiled(&before, registry), compiled(&after, registry)) {
            (Ok(old), Ok(new)) => (old, new),
            // No two names of one block may be the same.
            (old, new) => {
                let words = format!("{:?}{:?}", old.err(), new.err());
                prop_assert!(words.contains("twice"), "{words}\n{before}\n{after}");
                return Err(TestCaseError::reject("no program"));
            }
        };
        let found = compatibility(&old.program, &new.program, registry);
        if old.program.hash() == new.program.hash() {
            prop_assert!(found.workflows.iter().all(|verdict| verdict.runs == Runs::Safe));
        }
        // Calls are told apart by their paths here: the ids of those that fail.
        let failing: Vec<String> = failing.iter().map(|id| format!("{id}")).collect();
        let done = resume(&old.program, &new.program, &found, registry, json!({}), &failing);
        prop_assert!(done.is_ok(), "{}\nold:\n{before}\nnew:\n{after}\n{found:#?}", done.unwrap_err());
    }
}
