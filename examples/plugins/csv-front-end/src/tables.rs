//! Rows as what they declare: the steps of workflows, the fields of models and schemas.

use std::ops::Range;

use locus_plugin::Spanned;
use locus_plugin::model::{Entry, Node, NodeKind, Text};

use crate::cells::{Cell, Reader, offset};

/// What a table can be about: the column that names it, and the one that every row needs besides.
const SUBJECTS: [(&str, &str); 3] = [("workflow", "type"), ("model", "field"), ("schema", "field")];

/// The columns that are keys of a step; those of any other name are parameters.
const STEP_KEYS: [&str; 4] = ["id", "description", "when", "timeout"];

/// A table: its columns, and what it is about.
struct Table {
    header: Vec<Cell>,
    /// Of [`SUBJECTS`].
    subject: &'static str,
    /// The column that names what a row belongs to.
    owner: usize,
}

/// Rows that belong together.
struct Group {
    owner: Cell,
    /// Its description, in the row that has nothing else.
    description: Option<Entry>,
    /// Its steps or fields.
    inside: Vec<Entry>,
    steps: Vec<Node>,
}

/// The whole table as a spec: `{ workflows: … }`, `{ models: … }` or `{ schemas: … }`. `None` where it has no use.
pub fn document(reader: &mut Reader<'_>) -> Option<Node> {
    let mut rows = reader.rows().into_iter();
    let table = table(reader, rows.next()?)?;
    let mut groups: Vec<Group> = Vec::new();
    for row in rows {
        refuse_surplus(reader, &table, &row);
        let owner = row.get(table.owner).cloned();
        let Some(owner) = owner.filter(|owner| !owner.text.value.is_empty()) else {
            if table.subject == "workflow" && step(reader, &table, &row).is_none() {
                continue;
            }
            let at = row.get(table.owner).map_or_else(|| bytes(&row), |cell| cell.bytes.clone());
            reader.bad_table(
                at,
                format!("this row belongs to no {}", table.subject),
                &format!("fill the column `{}`", table.subject),
            );
            continue;
        };
        let known = groups.iter().position(|group| group.owner.text.value == owner.text.value);
        let at = known.unwrap_or(groups.len());
        if known.is_none() {
            let (description, inside, steps) = (None, Vec::new(), Vec::new());
            groups.push(Group { owner, description, inside, steps });
        }
        match table.subject {
            "workflow" => groups[at].steps.extend(step(reader, &table, &row)),
            _ => field(reader, &table, &row, &mut groups[at]),
        }
    }
    let entries = groups.into_iter().map(|group| declaration(reader, &table, group)).collect();
    let whole = reader.span(reader.whole());
    let section = Node::new(NodeKind::Mapping(entries), whole);
    let name = &table.header[table.owner];
    let key = Spanned::new(format!("{}s", table.subject), reader.span(name.bytes.clone()));
    Some(Node::new(NodeKind::Mapping(vec![Entry { key, value: section }]), whole))
}

/// Reads the header.
fn table(reader: &mut Reader<'_>, header: Vec<Cell>) -> Option<Table> {
    let column = |name: &str| header.iter().position(|cell| cell.text.value == name);
    let found: Vec<_> = SUBJECTS
        .iter()
        .filter_map(|(subject, needs)| Some((*subject, *needs, column(subject)?)))
        .collect();
    let Some(&(subject, needs, owner)) = found.first() else {
        reader.bad_table(
            bytes(&header),
            "the table has no column `workflow`, `model` or `schema`",
            "the first row names the columns",
        );
        return None;
    };
    if let Some(&(other, _, at)) = found.get(1) {
        let message =
            format!("a table is about one thing: `{subject}` and `{other}` are both there");
        reader.bad_table(header[at].bytes.clone(), message, "make two files of it");
        return None;
    }
    if column(needs).is_none() {
        let message = format!("the table has no column `{needs}`");
        reader.bad_table(bytes(&header), message, "the first row names the columns");
        return None;
    }
    for (index, cell) in header.iter().enumerate() {
        let name = &cell.text.value;
        if header[..index].iter().any(|earlier| earlier.text.value == *name) && !name.is_empty() {
            let message = format!("the column `{name}` is there twice");
            reader.bad_table(cell.bytes.clone(), message, "rename one of them");
        }
    }
    Some(Table { header, subject, owner })
}

fn refuse_surplus(reader: &mut Reader<'_>, table: &Table, row: &[Cell]) {
    let Some(surplus) = row.get(table.header.len()) else { return };
    let surplus = surplus.bytes.start..bytes(row).end;
    if !surplus.is_empty() {
        reader.bad_table(
            surplus,
            "this row has more cells than there are columns",
            "put texts with commas in quotes",
        );
    }
}

/// The cells of a row that are filled, with their columns.
fn filled<'t>(table: &'t Table, row: &'t [Cell]) -> impl Iterator<Item = (&'t Cell, &'t Cell)> {
    table.header.iter().zip(row).filter(|(_, cell)| !cell.is_empty())
}

/// A row as `{ id: …, type: { parameter: … } }`.
fn step(reader: &mut Reader<'_>, table: &Table, row: &[Cell]) -> Option<Node> {
    let whole = bytes(row);
    let step_type = filled(table, row).find(|(column, _)| column.text.value == "type");
    let Some((_, step_type)) = step_type else {
        reader.bad_table(whole, "this row has no step type", "fill the column `type`");
        return None;
    };
    let (mut step, mut params) = (Vec::new(), Vec::new());
    for (column, cell) in filled(table, row) {
        match column.text.value.as_str() {
            "workflow" | "type" => {}
            name if STEP_KEYS.contains(&name) => {
                step.push(entry(reader, column, value(reader, cell)));
            }
            _ => params.push(entry(reader, column, value(reader, cell))),
        }
    }
    let inside = params.iter().map(|param| param.value.span).reduce(locus_plugin::Span::to);
    let inside = inside.unwrap_or_else(|| reader.span(step_type.bytes.clone()));
    step.push(entry(reader, step_type, Node::new(NodeKind::Mapping(params), inside)));
    Some(Node::new(NodeKind::Mapping(step), reader.span(whole)))
}

/// Adds a row as `field: { type: …, … }`, or as the description of the whole.
fn field(reader: &mut Reader<'_>, table: &Table, row: &[Cell], group: &mut Group) {
    let (mut name, mut keys) = (None, Vec::new());
    for (column, cell) in filled(table, row) {
        match column.text.value.as_str() {
            subject if subject == table.subject => {}
            "field" => name = Some(cell),
            "enum" => keys.push(entry(reader, column, alternatives(reader, cell))),
            _ => keys.push(entry(reader, column, value(reader, cell))),
        }
    }
    let Some(name) = name else {
        return describe(reader, table, row, keys, group);
    };
    if group.inside.iter().any(|field| field.key.value == name.text.value) {
        let owner = &group.owner.text.value;
        let message = format!("the field `{}` of `{owner}` is there twice", name.text.value);
        reader.bad_table(name.bytes.clone(), message, "rename or remove one of them");
        return;
    }
    let whole = reader.span(bytes(row));
    group.inside.push(entry(reader, name, Node::new(NodeKind::Mapping(keys), whole)));
}

/// Takes a row without a field: nothing but a description may stand in it.
fn describe(
    reader: &mut Reader<'_>,
    table: &Table,
    row: &[Cell],
    keys: Vec<Entry>,
    group: &mut Group,
) {
    let is_description = |entry: &Entry| entry.key.value == "description";
    if keys.is_empty() || !keys.iter().all(is_description) || group.description.is_some() {
        let message = format!("this row names no field of `{}`", group.owner.text.value);
        let help = format!(
            "fill the column `field`; one row of a {} may have a description alone",
            table.subject
        );
        reader.bad_table(bytes(row), message, &help);
        return;
    }
    group.description = keys.into_iter().next();
}

/// `Order: { description: …, fields: … }` or `restock: { steps: … }`.
fn declaration(reader: &Reader<'_>, table: &Table, group: Group) -> Entry {
    let name = reader.span(group.owner.bytes.clone());
    let (key, inside) = match table.subject {
        "workflow" => ("steps", NodeKind::Sequence(group.steps)),
        _ => ("fields", NodeKind::Mapping(group.inside)),
    };
    let whole = match &inside {
        NodeKind::Mapping(fields) => {
            fields.iter().fold(name, |whole, field| whole.to(field.value.span))
        }
        NodeKind::Sequence(steps) => steps.iter().fold(name, |whole, step| whole.to(step.span)),
        _ => name,
    };
    let inside = Entry { key: Spanned::new(key.to_owned(), name), value: Node::new(inside, whole) };
    let entries = group.description.into_iter().chain([inside]).collect();
    let value = Node::new(NodeKind::Mapping(entries), whole);
    entry(reader, &group.owner, value)
}

/// What a cell says: a number, a truth value or a text.
fn value(reader: &Reader<'_>, cell: &Cell) -> Node {
    let written = cell.text.value.as_str();
    let kind = match written {
        "true" | "false" if cell.text.plain => NodeKind::Bool(written == "true"),
        _ => match serde_json::from_str(written) {
            Ok(number) if cell.text.plain => NodeKind::Number(number),
            _ => NodeKind::String(cell.text.clone()),
        },
    };
    Node::new(kind, reader.span(cell.bytes.clone()))
}

/// A cell as a list: `open | paid`. Each item has its own place.
fn alternatives(reader: &Reader<'_>, cell: &Cell) -> Node {
    let whole = reader.span(cell.bytes.clone());
    let mut start = 0;
    let items = cell.text.value.split('|').map(|part| {
        let skipped = part.len() - part.trim_start().len();
        let from = start + skipped;
        start += part.len() + 1;
        let item = part.trim();
        let span = cell.text.locate(from..from + item.len(), whole);
        Node::new(NodeKind::String(Text::verbatim(item, offset(span.start as usize), true)), span)
    });
    Node::new(NodeKind::Sequence(items.collect()), whole)
}

fn entry(reader: &Reader<'_>, key: &Cell, value: Node) -> Entry {
    Entry { key: Spanned::new(key.text.value.clone(), reader.span(key.bytes.clone())), value }
}

/// From the first byte of a row to its last.
fn bytes(row: &[Cell]) -> Range<usize> {
    match row {
        [first, .., last] => first.bytes.start..last.bytes.end,
        [only] => only.bytes.clone(),
        [] => 0..0,
    }
}
