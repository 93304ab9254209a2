//! What was answered, as a person would write it down.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::session::Session;

/// Items of a completion that are written down.
const SHOWN: usize = 14;

/// Asks what a section is about.
pub(super) fn answer(
    session: &mut Session,
    asked: &str,
    file: &str,
    text: &str,
    offset: usize,
) -> Result<String, String> {
    let document = json!({ "uri": session.uri(file) });
    let position = position(text, offset);
    let at = json!({ "textDocument": document, "position": position });
    let texts = |session: &Session, name: &str| {
        if name == file { text.to_owned() } else { session.saved(name) }
    };
    if asked == "Diagnostics" {
        let published = session.diagnostics(file);
        let list = published["diagnostics"].as_array().unwrap();
        return Ok(list.iter().map(|problem| diagnostic(problem, text)).collect());
    }
    let (method, params) = match asked {
        "Completion" => ("textDocument/completion", at),
        "Hover" => ("textDocument/hover", at),
        "Definition" => ("textDocument/definition", at),
        "References" => ("textDocument/references", at),
        "Outline" => ("textDocument/documentSymbol", json!({ "textDocument": document })),
        "Format" => ("textDocument/formatting", json!({ "textDocument": document })),
        "Actions" => {
            let range = json!({ "start": position, "end": position });
            (
                "textDocument/codeAction",
                json!({ "textDocument": document, "range": range, "context": {} }),
            )
        }
        "Fix all" => {
            let range = json!({ "start": position, "end": position });
            let context = json!({ "only": ["source.fixAll"] });
            (
                "textDocument/codeAction",
                json!({ "textDocument": document, "range": range, "context": context }),
            )
        }
        other => match other.strip_prefix("Rename to ") {
            Some(name) => {
                let mut params = at;
                params["newName"] = name.into();
                ("textDocument/rename", params)
            }
            None => return Err(format!("nothing is known of `## {other}`")),
        },
    };
    let answer = session.request(method, params);
    if let Some(message) = answer["error"]["message"].as_str() {
        return Ok(format!("refused: {message}\n"));
    }
    let result = &answer["result"];
    let get = |name: &str| texts(session, name);
    Ok(match asked {
        "Completion" => completion(result),
        "Hover" => hover(result, text),
        "Definition" | "References" => locations(result, session, &get),
        "Outline" => outline(result, 0),
        "Format" => apply(text, result.as_array().unwrap()),
        "Actions" | "Fix all" => actions(result, session, &get),
        _ => edit(result, session, &get),
    })
}

/// The position of an offset, as the protocol counts.
pub(super) fn position(text: &str, offset: usize) -> Value {
    let before = &text[..offset];
    let line = before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    json!({ "line": line, "character": before[start..].encode_utf16().count() })
}

fn offset(text: &str, position: &Value) -> usize {
    let line = usize::try_from(position["line"].as_u64().unwrap()).unwrap();
    let units = usize::try_from(position["character"].as_u64().unwrap()).unwrap();
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let mut seen = 0;
    for (at, character) in text[start..].char_indices() {
        if seen >= units {
            return start + at;
        }
        seen += character.len_utf16();
    }
    text.len()
}

fn range(text: &str, range: &Value) -> std::ops::Range<usize> {
    offset(text, &range["start"])..offset(text, &range["end"])
}

fn completion(result: &Value) -> String {
    let items = result["items"].as_array().unwrap();
    let mut shown = String::new();
    for item in items.iter().take(SHOWN) {
        shown += item["label"].as_str().unwrap();
        if let Some(detail) = item["detail"].as_str() {
            _ = write!(shown, "  ({detail})");
        }
        let insert = item["textEdit"]["newText"].as_str().unwrap();
        if insert != item["label"] {
            _ = write!(shown, "  => {}", insert.replace('\n', "⏎"));
        }
        shown.push('\n');
    }
    if items.len() > SHOWN {
        _ = writeln!(shown, "… and {} more", items.len() - SHOWN);
    }
    if items.is_empty() {
        shown.push_str("nothing\n");
    }
    shown
}

fn hover(result: &Value, text: &str) -> String {
    if result.is_null() {
        return "nothing\n".to_owned();
    }
    let on = &text[range(text, &result["range"])];
    // The block ends at the next fence.
    let markdown = result["contents"]["value"].as_str().unwrap().replace("```", "'''");
    format!("on {on}\n{markdown}\n")
}

fn locations(result: &Value, session: &Session, text: &dyn Fn(&str) -> String) -> String {
    let mut shown = String::new();
    for place in result.as_array().into_iter().flatten() {
        let name = session.name(place["uri"].as_str().unwrap());
        let text = text(&name);
        let range = range(&text, &place["range"]);
        let line = text[..range.start].matches('\n').count();
        let whole = text.lines().nth(line).unwrap_or_default();
        _ = writeln!(shown, "{name}:{}: `{}` in {}", line + 1, &text[range], whole.trim());
    }
    if shown.is_empty() { "nothing\n".to_owned() } else { shown }
}

fn outline(symbols: &Value, depth: usize) -> String {
    let mut shown = String::new();
    for symbol in symbols.as_array().into_iter().flatten() {
        let detail = symbol["detail"].as_str().unwrap_or_default();
        let line = format!("{}{} {detail}", "  ".repeat(depth), symbol["name"].as_str().unwrap());
        shown += line.trim_end();
        shown.push('\n');
        shown += &outline(&symbol["children"], depth + 1);
    }
    shown
}

fn diagnostic(problem: &Value, text: &str) -> String {
    let place = &problem["range"];
    let at = &text[range(text, place)];
    let severity =
        ["", "error", "warning", "advice"][problem["severity"].as_u64().unwrap() as usize];
    let code = problem["code"].as_str().unwrap();
    let line = place["start"]["line"].as_u64().unwrap() + 1;
    let message = problem["message"].as_str().unwrap().replace('\n', "\n  ");
    format!(
        "{line}: {severity}[{code}] at `{}`: {message}\n",
        at.lines().next().unwrap_or_default()
    )
}

fn actions(result: &Value, session: &Session, text: &dyn Fn(&str) -> String) -> String {
    let mut shown = String::new();
    for action in result.as_array().into_iter().flatten() {
        let preferred = if action["isPreferred"] == true { " (preferred)" } else { "" };
        _ = writeln!(shown, "{}{preferred}", action["title"].as_str().unwrap());
        shown += &edit(&action["edit"], session, text);
    }
    if shown.is_empty() { "nothing\n".to_owned() } else { shown }
}

/// What an edit changes, line by line.
fn edit(edit: &Value, session: &Session, text: &dyn Fn(&str) -> String) -> String {
    let changes: BTreeMap<String, &Value> = edit["changes"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(uri, edits)| (session.name(uri), edits))
        .collect();
    let mut shown = String::new();
    for (name, edits) in changes {
        let before = text(&name);
        let after = apply(&before, edits.as_array().unwrap());
        _ = writeln!(shown, "{name}:");
        for change in similar::TextDiff::from_lines(&before, &after).iter_all_changes() {
            let sign = match change.tag() {
                similar::ChangeTag::Equal => continue,
                similar::ChangeTag::Delete => '-',
                similar::ChangeTag::Insert => '+',
            };
            _ = writeln!(shown, "{sign} {}", change.value().trim_end());
        }
    }
    shown
}

/// The text with edits made.
pub(super) fn apply(text: &str, edits: &[Value]) -> String {
    let mut edits: Vec<_> = edits
        .iter()
        .map(|edit| (range(text, &edit["range"]), edit["newText"].as_str().unwrap()))
        .collect();
    edits.sort_by_key(|(range, _)| range.start);
    let mut text = text.to_owned();
    for (range, new) in edits.into_iter().rev() {
        text.replace_range(range, new);
    }
    text
}
