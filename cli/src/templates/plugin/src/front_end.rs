//! Lists of things to say, one a line: a front end.

use locus_plugin::model::{Entry, Node, NodeKind, node::Text};
use locus_plugin::parser_hook::Parsed;
use locus_plugin::{Diagnostic, ParserHook, Severity, Source, Span, Spanned};

/// Reads files ending in `.@name@.txt`: each line `workflow: what to say` is a step that logs it.
#[derive(ParserHook)]
#[parser_hook(name = "@name@_lines", suffixes(".@name@.txt"))]
pub struct Lines;

impl ParserHook for Lines {
    fn parse(&self, source: &Source) -> Parsed {
        let mut parsed = Parsed::default();
        let mut workflows: Vec<Entry> = Vec::new();
        let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
        let mut at = source.text.len() - text.len();
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let line = line.trim_end();
            if line.is_empty() {
                continue;
            }
            let whole = Span::new(source.id, start..start + line.len());
            let Some((name, said)) = line.split_once(": ") else {
                let problem = Diagnostic::custom("@id@/lines", Severity::Error, "this line says nothing");
                parsed.diagnostics.push(problem.at(whole, "").help("write `workflow: what to say`"));
                continue;
            };
            let key = Spanned::new(name.to_owned(), Span::new(source.id, start..start + name.len()));
            let step = log(said, Span::new(source.id, whole.range().end - said.len()..whole.range().end));
            match workflows.iter_mut().find(|entry| entry.key.value == name) {
                Some(entry) => add(&mut entry.value, step),
                None => workflows.push(Entry { key, value: mapping("steps", list(step), whole) }),
            }
        }
        if !workflows.is_empty() {
            let whole = Span::new(source.id, 0..source.text.len());
            let workflows = Node::new(NodeKind::Mapping(workflows), whole);
            parsed.documents.push(mapping("workflows", workflows, whole));
        }
        parsed
    }
}

/// `log: { message: … }`; the text knows its bytes, so that expressions in it are found.
fn log(said: &str, span: Span) -> Node {
    let message = Node::new(NodeKind::String(Text::verbatim(said, span.start, true)), span);
    mapping("log", mapping("message", message, span), span)
}

fn mapping(key: &str, value: Node, span: Span) -> Node {
    Node::new(NodeKind::Mapping(vec![Entry { key: Spanned::new(key.to_owned(), span), value }]), span)
}

fn list(item: Node) -> Node {
    let span = item.span;
    Node::new(NodeKind::Sequence(vec![item]), span)
}

/// Adds a step to `{ steps: [ … ] }`.
fn add(workflow: &mut Node, step: Node) {
    if let NodeKind::Mapping(entries) = &mut workflow.kind
        && let Some(Entry { value: Node { kind: NodeKind::Sequence(steps), .. }, .. }) = entries.first_mut()
    {
        steps.push(step);
    }
}

#[cfg(test)]
mod tests {
    use locus_plugin::testing::{conformance, read};
    use serde_json::json;

    #[test]
    fn lines_are_steps() {
        let read = read("hello.@name@.txt", "welcome: Hello\nwelcome: again\nnothing\n");
        assert_eq!(
            read.value(),
            json!({ "workflows": { "welcome": { "steps": [
                { "log": { "message": "Hello" } },
                { "log": { "message": "again" } },
            ] } } })
        );
        assert_eq!(read.text_of("/workflows/welcome/steps/1/log/message"), Some("again"));
        assert_eq!(read.told(), ["this line says nothing, at nothing"]);
        conformance::front_end("hello.@name@.txt", "welcome: Hello\nother: Grüße\n");
    }
}
