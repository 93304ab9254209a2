//! The sections of the files: which workflows, models, schemas and connections the program declares, and where.

use indexmap::IndexMap;
use locus_diag::{Diagnostic, Spanned, did_you_mean};
use locus_model::language::SPEC;
use locus_model::{Entry, Node, NodeKind, Spec};
use serde_json::Value;

use crate::allow;
use crate::keys::{check_identifier, is_extension, mapping};
use crate::messages::{names, values};

/// Something a file declares by name.
#[derive(Clone)]
pub(crate) struct Declared<'a> {
    /// Its name.
    pub(crate) name: Spanned<String>,
    /// What is written behind it.
    pub(crate) node: &'a Node,
}

/// Declarations of one kind, in the order of the files and of the author.
pub(crate) type Section<'a> = IndexMap<&'a str, Declared<'a>>;

/// All that the files declare.
#[derive(Default)]
pub(crate) struct Declarations<'a> {
    /// Databases, queues and services.
    pub(crate) connections: Section<'a>,
    /// Named types.
    pub(crate) schemas: Section<'a>,
    /// Records that are stored.
    pub(crate) models: Section<'a>,
    /// Workflows.
    pub(crate) workflows: Section<'a>,
    /// Screens.
    pub(crate) pages: Section<'a>,
    /// Parts of screens.
    pub(crate) components: Section<'a>,
    /// Tests.
    pub(crate) tests: Section<'a>,
    /// The author's own keys; the first of a name stands.
    pub(crate) extensions: IndexMap<String, Value>,
}

/// Gathers what all files declare, and the connections of the project file.
pub(crate) fn collect<'a>(
    spec: &'a Spec,
    connections: Section<'a>,
    problems: &mut Vec<Diagnostic>,
) -> Declarations<'a> {
    let mut all = Declarations { connections, ..Declarations::default() };
    for document in spec.files.iter().flat_map(|file| &file.documents) {
        if document.kind == NodeKind::Null {
            continue;
        }
        for entry in mapping(document, "a spec, which is a mapping", problems).unwrap_or_default() {
            all.take(entry, problems);
        }
    }
    all.check_types_apart(problems);
    all
}

impl<'a> Declarations<'a> {
    fn take(&mut self, entry: &'a Entry, problems: &mut Vec<Diagnostic>) {
        let mut name = entry.key.value.as_str();
        if SPEC.key(name).is_none() && !is_extension(name) {
            problems.push(values::unknown_key(
                &entry.key,
                SPEC.words,
                &SPEC.names().collect::<Vec<_>>(),
            ));
            // What is in a misspelled section is declared all the same.
            match did_you_mean(name, SPEC.names()) {
                Some(meant) => name = meant,
                None => return,
            }
        }
        let (section, thing) = match name {
            "connections" => (&mut self.connections, "connection"),
            "schemas" => (&mut self.schemas, "schema"),
            "models" => (&mut self.models, "model"),
            "workflows" => (&mut self.workflows, "workflow"),
            "pages" => (&mut self.pages, "page"),
            "components" => (&mut self.components, "component"),
            "tests" => (&mut self.tests, "test"),
            own if is_extension(own) => {
                if own == allow::KEY {
                    allow::check(&entry.value, problems);
                }
                let value = || entry.value.to_value();
                self.extensions.entry(own.to_owned()).or_insert_with(value);
                return;
            }
            // `imports` are followed where files are found.
            _ => return,
        };
        declare(section, &entry.value, thing, problems);
    }

    /// Models and schemas share their names: a type is either.
    fn check_types_apart(&self, problems: &mut Vec<Diagnostic>) {
        for (name, schema) in &self.schemas {
            if let Some(model) = self.models.get(name) {
                problems.push(names::duplicate("type", &schema.name, model.name.span));
            }
        }
    }
}

/// Adds what a section declares; `thing` is the word for one of them.
pub(crate) fn declare<'a>(
    section: &mut Section<'a>,
    node: &'a Node,
    thing: &str,
    problems: &mut Vec<Diagnostic>,
) {
    if node.kind == NodeKind::Null {
        return;
    }
    let what = format!("a mapping of {thing}s by name");
    for entry in mapping(node, &what, problems).unwrap_or_default() {
        check_identifier(&entry.key, &format!("a {thing}"), problems);
        if let Some(earlier) = section.get(entry.key.value.as_str()) {
            problems.push(names::duplicate(thing, &entry.key, earlier.name.span));
        } else {
            let declared = Declared { name: entry.key.clone(), node: &entry.value };
            section.insert(&entry.key.value, declared);
        }
    }
}
