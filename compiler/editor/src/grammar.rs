//! What each part of a spec is: the language's own constructs, and the parameters of whatever step types, connections, generators and
//! plugins are linked. Everything an editor knows of a place begins here.

use locus_model::language::{Construct, Form, Key, Names, Others, types, workflows};
use locus_model::{Node, NodeKind};
use locus_plugin::step::StepEntry;
use locus_plugin::{Registry, schema};
use serde_json::Value;

/// What belongs in a place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expect<'r> {
    /// Something of the language.
    Form(Form),
    /// A value of a plugin's schema.
    Schema(&'r Value),
    /// The inputs of the workflow that a key beside it names.
    InputsOf(&'r str),
    /// Not known.
    Anything,
}

/// What a key is.
#[derive(Clone, Copy)]
pub(crate) enum Meaning<'r> {
    /// A key of the language.
    Key(&'static Construct, &'static Key),
    /// The key that says of what type a step is.
    StepType(&'r StepEntry),
    /// A parameter, with its schema and the schema of the mapping it stands in.
    Parameter(&'r Value, &'r Value),
    /// A new name, in the mapping behind this key.
    Declares(&'static str, &'static str),
    /// The name of something that is declared elsewhere.
    Refers(Names),
    /// A name that later steps see as `.vars`.
    Sets,
    /// The author's own, or not known.
    Other,
}

/// A place in a spec: what belongs there, and the key it stands behind (construct and key).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot<'r> {
    pub(crate) expect: Expect<'r>,
    pub(crate) behind: (&'static str, &'static str),
}

impl<'r> Slot<'r> {
    pub(crate) const fn of(form: Form) -> Self {
        Self { expect: Expect::Form(form), behind: ("", "") }
    }

    const fn with(self, expect: Expect<'r>) -> Self {
        Self { expect, ..self }
    }

    /// The alternative that a value was probably meant to be.
    pub(crate) fn chosen(self, node: &Node) -> Self {
        let Expect::Form(Form::Either(forms)) = self.expect else { return self };
        let fits = |form: &&Form| match node.kind {
            NodeKind::Mapping(_) => matches!(form, Form::Construct(_) | Form::Map(_) | Form::Type),
            NodeKind::Sequence(_) => matches!(form, Form::List(_) | Form::Block),
            _ => !matches!(
                form,
                Form::Construct(_) | Form::Map(_) | Form::MapOf(..) | Form::List(_) | Form::Block
            ),
        };
        let form = forms.iter().find(fits).or(forms.first());
        form.map_or(self, |form| self.with(Expect::Form(*form)).chosen(node))
    }

    /// What belongs in an item of a list.
    pub(crate) fn item(self) -> Self {
        let expect = match self.expect {
            Expect::Form(Form::List(inner)) => Expect::Form(*inner),
            Expect::Form(Form::Block) => Expect::Form(Form::Construct(&workflows::STEP)),
            Expect::Schema(schema) if is_block(schema) => {
                Expect::Form(Form::Construct(&workflows::STEP))
            }
            Expect::Schema(schema) => schema.get("items").map_or(Expect::Anything, Expect::Schema),
            _ => Expect::Anything,
        };
        self.with(expect)
    }

    /// Whether a list of steps belongs here.
    pub(crate) fn is_block(self) -> bool {
        match self.expect {
            Expect::Form(Form::Block) => true,
            Expect::Schema(schema) => is_block(schema),
            _ => false,
        }
    }

    /// The construct of a mapping here.
    pub(crate) fn construct(self, node: &Node) -> Option<&'static Construct> {
        match self.chosen(node).expect {
            Expect::Form(Form::Construct(construct)) => Some(construct),
            Expect::Form(Form::Type) => {
                let forms = types::TYPE.exactly_one.iter().flat_map(|group| group.iter());
                let is_long = forms.into_iter().any(|key| node.get(key).is_some());
                is_long.then_some(&types::TYPE)
            }
            _ => None,
        }
    }

    /// What a key of a mapping here means, and what belongs behind it.
    pub(crate) fn key(
        self,
        mapping: &'r Node,
        key: &str,
        registry: &'r Registry,
    ) -> (Meaning<'r>, Slot<'r>) {
        let slot = self.chosen(mapping);
        if let Some(construct) = slot.construct(mapping) {
            return construct_key(construct, slot, mapping, key, registry);
        }
        let (construct, name) = slot.behind;
        let declares = Meaning::Declares(construct, name);
        match slot.expect {
            Expect::Form(Form::Type) => (declares, slot),
            Expect::Form(Form::Map(inner)) => (declares, slot.with(Expect::Form(*inner))),
            Expect::Form(Form::MapOf(names, inner)) => {
                (Meaning::Refers(names), slot.with(Expect::Form(*inner)))
            }
            Expect::InputsOf(_) => (Meaning::Refers(Names::Input), slot.with(Expect::Anything)),
            Expect::Schema(schema) => {
                let (meaning, expect) = parameter(schema, mapping, key);
                (meaning, slot.with(expect))
            }
            _ => (Meaning::Other, slot.with(Expect::Anything)),
        }
    }
}

fn construct_key<'r>(
    construct: &'static Construct,
    slot: Slot<'r>,
    mapping: &'r Node,
    key: &str,
    registry: &'r Registry,
) -> (Meaning<'r>, Slot<'r>) {
    if let Some(known) = construct.key(key) {
        let beside = |name: &str| mapping.get(name).and_then(Node::as_str).unwrap_or_default();
        let expect = match known.form {
            Form::GeneratorOptions => registry
                .generator(beside("generator"))
                .map_or(Expect::Anything, |entry| Expect::Schema(&entry.meta.options)),
            form => Expect::Form(form),
        };
        let behind = (construct.name, known.name);
        return (Meaning::Key(construct, known), Slot { expect, behind });
    }
    match construct.others {
        Others::StepType => {
            if let Some(entry) = registry.step(key) {
                return (Meaning::StepType(entry), slot.with(Expect::Schema(&entry.ty.params)));
            }
        }
        Others::ConnectionSettings => {
            let kind = mapping.get("type").and_then(Node::as_str).unwrap_or_default();
            if let Some(kind) = registry.connection_kind(kind) {
                let (meaning, expect) = parameter(&kind.settings, mapping, key);
                return (meaning, slot.with(expect));
            }
        }
        Others::Refused => {}
    }
    (Meaning::Other, slot.with(Expect::Anything))
}

fn parameter<'r>(schema: &'r Value, mapping: &'r Node, key: &str) -> (Meaning<'r>, Expect<'r>) {
    let sets = schema.get(schema::SETS_VARS) == Some(&Value::Bool(true));
    if let Some(property) = schema["properties"].get(key) {
        let workflow = || {
            let names = schema["properties"].as_object()?.iter();
            let mut named = names.filter(|(_, property)| property[schema::REFERENCE] == "workflow");
            mapping.get(named.next()?.0)?.as_str()
        };
        let expect = match workflow().filter(|_| key == "input") {
            Some(workflow) => Expect::InputsOf(workflow),
            None => Expect::Schema(property),
        };
        return (Meaning::Parameter(property, schema), expect);
    }
    let others = &schema["additionalProperties"];
    let expect = if others.is_object() { Expect::Schema(others) } else { Expect::Anything };
    (if sets { Meaning::Sets } else { Meaning::Other }, expect)
}

fn is_block(schema: &Value) -> bool {
    schema.get(schema::BLOCK).is_some()
}

/// What a text in a place names.
pub(crate) fn names(expect: Expect<'_>) -> Option<Named> {
    match expect {
        Expect::Form(Form::Name(names)) => Some(Named::Names(names)),
        Expect::Form(Form::Type) => Some(Named::Type),
        Expect::Form(Form::Either(forms)) => {
            forms.iter().find_map(|form| names(Expect::Form(*form)))
        }
        Expect::Schema(schema) => match schema.get(schema::REFERENCE)?.as_str()? {
            "connection" => Some(Named::Names(Names::Connection)),
            "workflow" => Some(Named::Names(Names::Workflow)),
            "model" => Some(Named::Names(Names::Model)),
            "type" => Some(Named::Type),
            "error" => Some(Named::Names(Names::Error)),
            _ => None,
        },
        _ => None,
    }
}

/// What a text names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Named {
    /// One thing.
    Names(Names),
    /// Types, in the short notation.
    Type,
}
