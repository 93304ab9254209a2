//! `retry`: how a failed step is tried again.

use locus_diag::Span;
use locus_model::{Backoff, Jitter, Node, NodeKind, Retry, language};

use crate::context::Context;
use crate::keys::{self, Keys, list, text};
use crate::messages::{steps as messages, values};

/// What holds for the keys an author leaves out.
const DEFAULTS: Retry = Retry {
    attempts: 3,
    backoff: Backoff::Exponential,
    initial: 1_000,
    max: 60_000,
    jitter: Jitter::Full,
    errors: Vec::new(),
};

/// Reads `retry`; `key` is where it is written.
pub(crate) fn read(cx: &mut Context<'_>, node: &Node, key: Span) -> Option<Retry> {
    if let NodeKind::Number(number) = &node.kind {
        cx.report(messages::retry_is_no_number(number, node.span));
        return None;
    }
    let keys = Keys::read(node, &language::workflows::RETRY, key, &mut cx.problems)?;
    let mut retry = DEFAULTS;
    if let Some(attempts) = keys.get("attempts").and_then(|node| attempts(cx, node)) {
        retry.attempts = attempts;
    }
    if let Some(word) = keys.get("backoff").and_then(|node| {
        keys::choice(node, &["constant", "linear", "exponential"], &mut cx.problems)
    }) {
        retry.backoff = match word {
            "constant" => Backoff::Constant,
            "linear" => Backoff::Linear,
            _ => Backoff::Exponential,
        };
    }
    if let Some(word) = keys
        .get("jitter")
        .and_then(|node| keys::choice(node, &["none", "full", "equal"], &mut cx.problems))
    {
        retry.jitter = match word {
            "none" => Jitter::None,
            "equal" => Jitter::Equal,
            _ => Jitter::Full,
        };
    }
    delays(cx, &keys, &mut retry);
    if let Some(node) = keys.get("errors") {
        retry.errors = errors(cx, node);
    }
    Some(retry)
}

fn attempts(cx: &mut Context<'_>, node: &Node) -> Option<u32> {
    let number = keys::whole_number(node, 1, &mut cx.problems)?;
    let attempts = u32::try_from(number).ok();
    if attempts.is_none() {
        let most = format!("at most {}", u32::MAX);
        cx.report(values::wrong_value(&most, &number.to_string(), node.span));
    }
    attempts
}

/// The first delay and the longest one. A longest delay that nobody wrote gives way.
fn delays(cx: &mut Context<'_>, keys: &Keys<'_>, retry: &mut Retry) {
    let mut delay =
        |key: &str| Some((keys.get(key)?, keys::duration(keys.get(key)?, &mut cx.problems)?));
    let (initial, max) = (delay("initial"), delay("max"));
    if let Some((_, milliseconds)) = initial {
        retry.initial = milliseconds;
        retry.max = retry.max.max(milliseconds);
    }
    if let Some((node, milliseconds)) = max {
        retry.max = milliseconds;
        match initial {
            Some((first, shortest)) if shortest > milliseconds => {
                cx.report(messages::max_below_initial(node.span, first.span));
            }
            _ => retry.initial = retry.initial.min(milliseconds),
        }
    }
}

fn errors(cx: &mut Context<'_>, node: &Node) -> Vec<String> {
    let items = list(node, "a list of error codes", &mut cx.problems).unwrap_or_default();
    let codes: Vec<_> = items.iter().filter_map(|item| text(item, &mut cx.problems)).collect();
    codes.into_iter().map(|code| code.value).collect()
}
