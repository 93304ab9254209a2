//! `.steps.csv`: workflows that were written in a spreadsheet.

use std::ops::Range;

use locus_plugin::model::{Entry, Node, NodeKind, Text};
use locus_plugin::{Diagnostic, Parsed, ParserHook, Severity, Source, Span, Spanned};

/// Reads workflows from tables: a row is a step.
///
/// The first row names the columns. `workflow` and `type` must be there; `id`, `description`, `when` and `timeout` are those of the step; every
/// other column is a parameter of the types that its cells are filled for. An empty cell is a key that is not written. A cell without quotes
/// that is a number, `true` or `false` is just that; all others are texts, with expressions as everywhere.
#[derive(ParserHook)]
#[parser_hook(name = "steps-csv", suffixes(".steps.csv"))]
pub struct StepsCsv;

/// The columns that are keys of a step; those of any other name are parameters.
const STEP_KEYS: [&str; 4] = ["id", "description", "when", "timeout"];

impl ParserHook for StepsCsv {
    fn parse(&self, source: &Source) -> Parsed {
        let mut reader = Reader { source, problems: Vec::new() };
        let documents = reader.document().into_iter().collect();
        Parsed { documents, diagnostics: reader.problems }
    }
}

/// A cell of the table.
#[derive(Clone, PartialEq, Debug)]
struct Cell {
    text: Text,
    /// Its bytes: quotes included, white space around it not.
    bytes: Range<usize>,
}

struct Reader<'a> {
    source: &'a Source,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// The whole table as `{ workflows: { name: { steps: […] } } }`.
    fn document(&mut self) -> Option<Node> {
        let mut rows = self.rows().into_iter();
        let header = rows.next()?;
        let [Some(workflow), Some(_)] = ["workflow", "type"].map(|name| self.column(&header, name))
        else {
            return None;
        };
        self.refuse_twins(&header);
        let mut workflows: Vec<(Entry, Vec<Node>)> = Vec::new();
        for row in rows {
            let (Some(name), Some(step)) = (row.get(workflow), self.step(&header, &row)) else {
                continue;
            };
            if name.text.value.is_empty() {
                self.problem(
                    name.bytes.clone(),
                    "this step belongs to no workflow",
                    "fill the column `workflow`",
                );
                continue;
            }
            match workflows.iter_mut().find(|(entry, _)| entry.key.value == name.text.value) {
                Some((_, steps)) => steps.push(step),
                None => workflows.push((self.entry(name, self.empty(name)), vec![step])),
            }
        }
        let workflows = workflows.into_iter().map(|(mut entry, steps)| {
            entry.value = self.workflow(&entry, steps);
            entry
        });
        let whole = self.span(0..self.source.text.len());
        let workflows = Node::new(NodeKind::Mapping(workflows.collect()), whole);
        let key = Spanned::new("workflows".to_owned(), self.span(header[workflow].bytes.clone()));
        Some(Node::new(NodeKind::Mapping(vec![Entry { key, value: workflows }]), whole))
    }

    fn workflow(&self, entry: &Entry, steps: Vec<Node>) -> Node {
        let whole = steps.iter().fold(entry.key.span, |whole, step| whole.to(step.span));
        let steps = Node::new(NodeKind::Sequence(steps), whole);
        let key = Spanned::new("steps".to_owned(), entry.key.span);
        Node::new(NodeKind::Mapping(vec![Entry { key, value: steps }]), whole)
    }

    /// A row as `{ id: …, type: { parameter: … } }`.
    fn step(&mut self, header: &[Cell], row: &[Cell]) -> Option<Node> {
        let whole = row.first()?.bytes.start..row.last()?.bytes.end;
        if row.len() > header.len() {
            let surplus = row[header.len()].bytes.start..whole.end;
            self.problem(
                surplus,
                "this row has more cells than there are columns",
                "put texts with commas in quotes",
            );
        }
        let filled = || header.iter().zip(row).filter(|(_, cell)| !cell.bytes.is_empty());
        let Some((_, step_type)) = filled().find(|(column, _)| column.text.value == "type") else {
            self.problem(whole, "this row has no step type", "fill the column `type`");
            return None;
        };
        let (mut step, mut params) = (Vec::new(), Vec::new());
        for (column, cell) in filled() {
            match column.text.value.as_str() {
                "workflow" | "type" => {}
                name if STEP_KEYS.contains(&name) => {
                    step.push(self.entry(column, self.value(cell)));
                }
                _ => params.push(self.entry(column, self.value(cell))),
            }
        }
        let inside = params.iter().map(|param| param.value.span).reduce(Span::to);
        let inside = inside.unwrap_or_else(|| self.span(step_type.bytes.clone()));
        step.push(self.entry(step_type, Node::new(NodeKind::Mapping(params), inside)));
        Some(Node::new(NodeKind::Mapping(step), self.span(whole)))
    }

    /// What a cell says: a number, a truth value or a text.
    fn value(&self, cell: &Cell) -> Node {
        let written = cell.text.value.as_str();
        let kind = match written {
            "true" | "false" if cell.text.plain => NodeKind::Bool(written == "true"),
            _ => match serde_json::from_str(written) {
                Ok(number) if cell.text.plain => NodeKind::Number(number),
                _ => NodeKind::String(cell.text.clone()),
            },
        };
        Node::new(kind, self.span(cell.bytes.clone()))
    }

    fn entry(&self, key: &Cell, value: Node) -> Entry {
        Entry { key: Spanned::new(key.text.value.clone(), self.span(key.bytes.clone())), value }
    }

    fn empty(&self, at: &Cell) -> Node {
        Node::new(NodeKind::Null, self.span(at.bytes.clone()))
    }

    /// The place of a column that must be there.
    fn column(&mut self, header: &[Cell], name: &str) -> Option<usize> {
        let found = header.iter().position(|cell| cell.text.value == name);
        if let (None, Some(first), Some(last)) = (found, header.first(), header.last()) {
            let message = format!("the table has no column `{name}`");
            self.problem(
                first.bytes.start..last.bytes.end,
                message,
                "the first row names the columns",
            );
        }
        found
    }

    fn refuse_twins(&mut self, header: &[Cell]) {
        for (index, cell) in header.iter().enumerate() {
            let name = &cell.text.value;
            if header[..index].iter().any(|earlier| earlier.text.value == *name) {
                self.problem(
                    cell.bytes.clone(),
                    format!("the column `{name}` is there twice"),
                    "rename one of them",
                );
            }
        }
    }

    /// The rows that are not empty.
    fn rows(&mut self) -> Vec<Vec<Cell>> {
        let text = &*self.source.text;
        let mut rows = Vec::new();
        let mut row = Vec::new();
        let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        loop {
            let cell = self.cell(at);
            // White space behind the quotes, or what should not be there.
            let rest = &text[cell.bytes.end..];
            let end = cell.bytes.end + rest.find([',', '\n']).unwrap_or(rest.len());
            let surplus = text[cell.bytes.end..end].trim();
            if !surplus.is_empty() {
                self.problem(
                    cell.bytes.end..end,
                    "text behind the closing quote",
                    "write a quote inside quotes twice: `\"\"`",
                );
            }
            row.push(cell);
            if text[end..].starts_with(',') {
                at = end + 1;
                continue;
            }
            if row.iter().any(|cell: &Cell| !cell.bytes.is_empty()) {
                rows.push(std::mem::take(&mut row));
            }
            row.clear();
            if end >= text.len() {
                return rows;
            }
            at = end + 1;
        }
    }

    /// The cell that begins at a byte.
    fn cell(&mut self, from: usize) -> Cell {
        let text = &*self.source.text;
        let rest = &text[from..];
        let start = from + rest.len() - rest.trim_start_matches([' ', '\t']).len();
        if text[start..].starts_with('"') {
            return self.quoted(start);
        }
        let end = start + text[start..].find([',', '\n']).unwrap_or(text.len() - start);
        let written = text[start..end].trim_end();
        Cell {
            text: Text::verbatim(written, offset(start), true),
            bytes: start..start + written.len(),
        }
    }

    /// The cell whose opening quote is at a byte.
    fn quoted(&mut self, start: usize) -> Cell {
        let mut cell = Text::verbatim("", offset(start + 1), false);
        let mut at = start + 1;
        loop {
            let rest = &self.source.text[at..];
            let Some(quote) = rest.find('"') else {
                cell.value.push_str(rest);
                let end = self.source.text.len();
                self.problem(
                    start..start + 1,
                    "this quote is never closed",
                    "add a `\"` at the end of the cell",
                );
                return Cell { text: cell, bytes: start..end };
            };
            cell.value.push_str(&rest[..quote]);
            at += quote + 1;
            if !self.source.text[at..].starts_with('"') {
                return Cell { text: cell, bytes: start..at };
            }
            // Two quotes are one: from here on the source is a byte ahead.
            cell.value.push('"');
            at += 1;
            cell.runs.push((offset(cell.value.len()), offset(at)));
        }
    }

    fn span(&self, bytes: Range<usize>) -> Span {
        Span::new(self.source.id, bytes)
    }

    fn problem(&mut self, bytes: Range<usize>, message: impl Into<String>, help: &str) {
        let at = self.span(bytes);
        let problem =
            Diagnostic::custom("acme.shop/steps-csv", Severity::Error, message).at(at, "");
        self.problems.push(problem.help(help));
    }
}

/// Sources end before 4 GiB.
fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use locus_plugin::SourceId;
    use serde_json::json;

    use super::*;

    fn parse(text: &str) -> (Source, Option<Node>, Vec<Diagnostic>) {
        let source = Source { id: SourceId(3), name: "a.steps.csv".into(), text: text.into() };
        let mut parsed = StepsCsv.parse(&source);
        (source, parsed.documents.pop(), parsed.diagnostics)
    }

    /// The part of the text that a node stands for.
    fn text_of<'a>(source: &'a Source, document: &Node, pointer: &str) -> &'a str {
        &source.text[document.pointer(pointer).unwrap().span.range()]
    }

    #[test]
    fn rows_are_steps() {
        let (source, document, problems) = parse(
            "workflow, id, type, message, for, count, when\r\n\
             restock, tell, log, \"Größe \"\"XL\"\", bitte\", , 3,\r\n\
             \r\n\
             restock, , wait, , 5m, , ${ .vars.late }\r\n\
             close_up,, stop,,, \"4\", true\r\n",
        );
        assert_eq!(problems, []);
        let document = document.unwrap();
        assert_eq!(
            document.to_value(),
            json!({ "workflows": {
                "restock": { "steps": [
                    { "id": "tell", "log": { "message": "Größe \"XL\", bitte", "count": 3 } },
                    { "when": "${ .vars.late }", "wait": { "for": "5m" } },
                ] },
                "close_up": { "steps": [{ "when": true, "stop": { "count": "4" } }] },
            } })
        );
        let steps = "/workflows/restock/steps";
        assert_eq!(text_of(&source, &document, &format!("{steps}/0/log/count")), "3");
        assert_eq!(text_of(&source, &document, &format!("{steps}/1/when")), "${ .vars.late }");
        assert_eq!(
            text_of(&source, &document, &format!("{steps}/1")),
            "restock, , wait, , 5m, , ${ .vars.late }"
        );
        let message = document.pointer(&format!("{steps}/0/log/message")).unwrap();
        assert_eq!(&source.text[message.span.range()], "\"Größe \"\"XL\"\", bitte\"");
        // A part of the text behind an escaped quote is found again, byte for byte.
        let text = message.as_text().unwrap();
        let part = text.value.find("bitte").unwrap();
        assert_eq!(&source.text[text.locate(part..part + 5, message.span).range()], "bitte");
        let key = &document.pointer(&format!("{steps}/0")).unwrap().as_mapping().unwrap()[1].key;
        assert_eq!((key.value.as_str(), &source.text[key.span.range()]), ("log", "log"));
    }

    #[test]
    fn what_is_wrong_is_pointed_at_and_the_rest_is_read() {
        let (source, document, problems) = parse(
            "workflow,type,message,message\n\
             a,log,one,two,three\n\
             a,,lost\n\
             ,log,whose\n\
             a,log,\"closed\" badly\n\
             a,log,\"open\n",
        );
        let found: Vec<(&str, &str)> = problems
            .iter()
            .map(|problem| {
                (problem.message.as_str(), &source.text[problem.primary().unwrap().range()])
            })
            .collect();
        assert_eq!(
            found,
            [
                ("text behind the closing quote", " badly"),
                ("this quote is never closed", "\""),
                ("the column `message` is there twice", "message"),
                ("this row has more cells than there are columns", "three"),
                ("this row has no step type", "a,,lost"),
                ("this step belongs to no workflow", ""),
            ]
        );
        assert_eq!(
            document.unwrap().pointer("/workflows/a/steps").unwrap().as_sequence().unwrap().len(),
            3
        );
    }

    #[test]
    fn a_table_needs_its_columns() {
        let (source, document, problems) = parse("\u{feff}flow,type\na,log\n");
        assert!(document.is_none());
        assert_eq!(problems[0].message, "the table has no column `workflow`");
        assert_eq!(&source.text[problems[0].primary().unwrap().range()], "flow,type");
        let (_, document, problems) = parse("");
        assert!(document.is_none() && problems.is_empty());
    }
}
