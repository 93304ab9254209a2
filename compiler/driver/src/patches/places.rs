//! Where the places of patches lie in the files.

use locus_diag::Span;
use locus_model::node::unescape_token;
use locus_model::{Node, NodeKind, Program, Spec};
use locus_plugin::patch::Place;

/// File, document, and then the position of each entry or item.
pub(super) type Path = Vec<usize>;

/// What was found.
pub(super) enum Found {
    None,
    One(Path),
    /// Not the declaration, but the section it would stand in.
    Section(Path),
    Several,
}

/// Finds a place.
pub(super) fn find(spec: &Spec, place: &Place, program: Option<&Program>) -> Found {
    match place {
        Place::Declared { section, name } => declared(spec, section, name),
        Place::Node(span) => node(spec, *span),
        Place::Step(path) => match program.and_then(|program| program.step(path)) {
            Some(step) => node(spec, step.span),
            None => Found::None,
        },
    }
}

fn declared(spec: &Spec, section: &str, name: &str) -> Found {
    let mut there = None;
    for (file, document, root) in documents(spec) {
        let position = |node: &Node, key: &str| {
            node.as_mapping()?.iter().position(|entry| entry.key.value == key)
        };
        let Some(at) = position(root, section) else { continue };
        let path = vec![file, document, at];
        let inner = root.as_mapping().map(|entries| &entries[at].value);
        if let Some(index) = inner.and_then(|inner| position(inner, name)) {
            return Found::One(path.into_iter().chain([index]).collect());
        }
        there.get_or_insert(path);
    }
    there.map_or(Found::None, Found::Section)
}

fn node(spec: &Spec, span: Span) -> Found {
    let mut found = Vec::new();
    for (file, document, root) in documents(spec) {
        let mut path = vec![file, document];
        search(root, span, &mut path, &mut found);
    }
    match found.len() {
        0 => Found::None,
        1 => Found::One(found.swap_remove(0)),
        _ => Found::Several,
    }
}

fn documents(spec: &Spec) -> impl Iterator<Item = (usize, usize, &Node)> {
    spec.files.iter().enumerate().flat_map(|(file, spec)| {
        spec.documents.iter().enumerate().map(move |(document, root)| (file, document, root))
    })
}

fn search(node: &Node, span: Span, path: &mut Path, found: &mut Vec<Path>) {
    if node.span == span {
        found.push(path.clone());
        return;
    }
    let children: Vec<&Node> = match &node.kind {
        NodeKind::Mapping(entries) => entries.iter().map(|entry| &entry.value).collect(),
        NodeKind::Sequence(items) => items.iter().collect(),
        _ => return,
    };
    for (index, child) in children.into_iter().enumerate() {
        path.push(index);
        search(child, span, path, found);
        path.pop();
    }
}

/// The way from a node to a field of it.
pub(super) fn field(node: &Node, pointer: &str) -> Option<Path> {
    let mut path = Vec::new();
    let mut node = node;
    for token in pointer.split('/').skip(1) {
        let token = unescape_token(token);
        let index = match &node.kind {
            NodeKind::Mapping(entries) => {
                entries.iter().position(|entry| entry.key.value == *token)?
            }
            NodeKind::Sequence(items) => {
                token.parse::<usize>().ok().filter(|index| *index < items.len())?
            }
            _ => return None,
        };
        path.push(index);
        node = child(node, index);
    }
    Some(path)
}

/// The node at a path that was found.
pub(super) fn at<'a>(spec: &'a Spec, path: &[usize]) -> &'a Node {
    let root = &spec.files[path[0]].documents[path[1]];
    path[2..].iter().fold(root, |node, index| child(node, *index))
}

/// The same, to be changed.
pub(super) fn at_mut<'a>(spec: &'a mut Spec, path: &[usize]) -> &'a mut Node {
    let root = &mut spec.files[path[0]].documents[path[1]];
    path[2..].iter().fold(root, |node, index| match &mut node.kind {
        NodeKind::Mapping(entries) => &mut entries[*index].value,
        NodeKind::Sequence(items) => &mut items[*index],
        _ => unreachable!("paths go through mappings and lists"),
    })
}

fn child(node: &Node, index: usize) -> &Node {
    match &node.kind {
        NodeKind::Mapping(entries) => &entries[index].value,
        NodeKind::Sequence(items) => &items[index],
        _ => unreachable!("paths go through mappings and lists"),
    }
}
