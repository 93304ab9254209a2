//! Values that nobody uses: results of steps that do nothing else than to give one, and names that are set and never read.

use std::collections::HashSet;

use locus_diag::Diagnostic;
use locus_model::{Effect, Node};
use locus_plugin::StepKind;

use super::vars::{check_races, set_by};
use crate::known::Known;
use crate::messages::flow as messages;
use crate::steps::{BlockDraft, StepDraft};

/// The parts of `.` that are no values of steps, and those that are.
const KNOWN: [&str; 5] = ["input", "steps", "vars", "run", "result"];

/// What the expressions of a workflow read.
#[derive(Default)]
struct Read {
    vars: HashSet<String>,
    steps: HashSet<String>,
    all_vars: bool,
    all_steps: bool,
    any: bool,
}

/// Reports values of a workflow that nobody uses; `others` are the values beside its steps that may hold expressions.
pub(crate) fn check(
    block: &BlockDraft<'_>,
    others: &[&Node],
    known: &Known<'_>,
    problems: &mut Vec<Diagnostic>,
) {
    let mut all = Given::default();
    all.gather(block);
    if all.candidates.is_empty() && all.names.is_empty() {
        return;
    }
    let mut read = Read::default();
    others.iter().for_each(|node| read.node(node, known));
    read.block(block, known);
    // Of what is read and not there, it is not known what was meant.
    read.all_vars |= read.vars.iter().any(|name| !all.names.contains(name.as_str()));
    read.all_steps |= read.steps.iter().any(|id| !all.ids.contains(id.as_str()));
    if !read.any {
        all.candidates.iter().for_each(|step| read.check(step, problems));
    }
    if !all.names.is_empty() {
        // What looks at the whole of `.` may read anything: that is no reason to speak of chance.
        let is_read = |name: &str| read.vars.contains(name);
        check_races(block, &is_read, problems);
    }
}

/// What the steps of a workflow give.
#[derive(Default)]
struct Given<'b, 'd> {
    /// The steps that are there for their values alone, and whose value is not that of their block.
    candidates: Vec<&'b StepDraft<'d>>,
    /// The names they set.
    names: HashSet<&'b str>,
    /// Their ids.
    ids: HashSet<&'b str>,
}

impl<'b, 'd> Given<'b, 'd> {
    fn gather(&mut self, block: &'b BlockDraft<'d>) {
        self.ids.extend(block.ids.keys());
        for (at, step) in block.steps.iter().enumerate() {
            self.names.extend(set_by(step).map(|(name, _)| name));
            if at + 1 < block.steps.len() && is_for_its_value(step) {
                self.candidates.push(step);
            }
            step.blocks().for_each(|inner| self.gather(inner));
        }
    }
}

fn is_for_its_value(step: &StepDraft<'_>) -> bool {
    let Some((entry, _)) = &step.ty else { return false };
    let ty = &entry.ty;
    if step.params.vars.as_ref().is_some_and(|vars| !vars.is_empty()) {
        return true;
    }
    let only_reads = matches!(ty.effect, Effect::Pure | Effect::Read);
    ty.kind == StepKind::Action && only_reads && ty.completes && step.params.vars.is_some()
}

impl Read {
    fn check(&self, step: &StepDraft<'_>, problems: &mut Vec<Diagnostic>) {
        let named = step.id.as_ref().is_some_and(|id| self.steps.contains(&id.value));
        let Some((_, key)) = step.ty.as_ref().filter(|_| !named && !self.all_steps) else { return };
        let mut set = set_by(step).peekable();
        if set.peek().is_none() {
            problems.push(messages::unused_result(key, step.id.as_ref()));
            return;
        }
        if !self.all_vars {
            let unread = set.filter(|(name, _)| !self.vars.contains(*name));
            problems.extend(unread.map(|(name, place)| messages::unused_var(name, place)));
        }
    }

    fn block(&mut self, block: &BlockDraft<'_>, known: &Known<'_>) {
        for step in &block.steps {
            let values = [step.when, step.output];
            values.into_iter().flatten().for_each(|node| self.node(node, known));
            if let Some(written) = step.params.written {
                // Inner blocks are part of what is written.
                self.node(written, known);
            }
            if let Some((_, undo)) = &step.compensate {
                self.block(undo, known);
            }
        }
    }

    fn node(&mut self, node: &Node, known: &Known<'_>) {
        let mut any = false;
        known.templates(node, &mut |_, _, template| {
            any |= template.expressions().any(|expr| reads_all(expr.source()));
        });
        self.any |= any;
        for path in known.paths(node) {
            match path.as_slice() {
                [root, name, ..] if root.value == "vars" => {
                    self.vars.insert(name.value.clone());
                }
                [root, name, ..] if root.value == "steps" => {
                    self.steps.insert(name.value.clone());
                }
                [root] if root.value == "vars" => self.all_vars = true,
                [root] if root.value == "steps" => self.all_steps = true,
                [root, ..] if KNOWN.contains(&root.value.as_str()) => {}
                // Something that is not there was reported, and anything may have been meant.
                _ => self.any = true,
            }
        }
    }
}

/// Whether an expression may look at the whole of `.`: it holds a `.` that no name follows, before anything else that could be meant by it.
fn reads_all(source: &str) -> bool {
    let source = source.trim();
    let bytes = source.as_bytes();
    let follows = |at: usize| bytes.get(at + 1).copied().unwrap_or(b' ');
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'"' | b'[');
    let mut depth = 0_i32;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            // Inside of a function's argument it is what the function gives it.
            b'.' if depth == 0 && !is_name(follows(at)) => {
                let in_number = at > 0 && bytes[at - 1].is_ascii_digit();
                let recursive = follows(at) == b'.' || (at > 0 && bytes[at - 1] == b'.');
                let piped = source[..at].trim_end().ends_with('|');
                if !in_number && (!piped || recursive) {
                    return true;
                }
            }
            _ => {}
        }
    }
    source.starts_with(|first: char| first.is_ascii_lowercase())
        && !source.contains('.')
        && !source.contains('$')
        && !matches!(source, "true" | "false" | "null")
}

#[cfg(test)]
mod tests {
    use super::reads_all;

    #[test]
    fn what_may_look_at_everything_is_told_apart() {
        for all in [".", ". | keys", "keys", "[.[\"a\"], .]", "{ all: . }", ". as $all | 1"] {
            assert!(reads_all(all), "{all}");
        }
        for some in [
            ".vars.a",
            ".input.list | map(. + 1)",
            ".input.list | length",
            "1.5",
            "$item",
            "$item | . + 1",
            "true",
            ".vars[\"a\"]",
        ] {
            assert!(!reads_all(some), "{some}");
        }
    }
}
