//! The keys of the language: every mapping that is not a step type's own, with its keys, what each means and what belongs behind it.
//!
//! This one description is what the checker knows unknown keys by, what the JSON Schema of the language is made of, and what an
//! editor completes and explains. A key that is not here does not exist; what is said here of one is all that is said.
//!
//! Reading order: this file says what a [`Construct`] is; the constructs stand in [`mod@specs`] (what a file holds), [`mod@types`]
//! (types and models), [`mod@workflows`] (workflows, steps, triggers), [`mod@screens`] (pages and components), [`mod@testing`]
//! (tests) and [`mod@projects`] (`locus.yaml`). Start at [`SPEC`] and [`MANIFEST`] and follow the forms.

pub mod projects;
pub mod screens;
pub mod specs;
pub mod testing;
pub mod types;
pub mod workflows;

pub use projects::MANIFEST;
pub use specs::SPEC;

/// A mapping of the language.
#[derive(Debug)]
pub struct Construct {
    /// Its name, unique among all: `workflow`.
    pub name: &'static str,
    /// The words for it in a message: `a workflow`.
    pub words: &'static str,
    /// What it is: one or more sentences, Markdown.
    pub docs: &'static str,
    /// Its keys, in the order an author would write them. Keys that begin with `x-` are the author's own, everywhere.
    pub keys: &'static [Key],
    /// Groups of keys: of each group exactly one is there.
    pub exactly_one: &'static [&'static [&'static str]],
    /// Groups of keys: of each group at most one is there.
    pub at_most_one: &'static [&'static [&'static str]],
    /// What else may stand in it.
    pub others: Others,
}

/// A key of a [`Construct`].
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// What it means, in a sentence or two, Markdown.
    pub docs: &'static str,
    /// What belongs behind it.
    pub form: Form,
    /// Whether it must be there.
    pub required: bool,
    /// What holds when it is not there, as it would be written; empty where nothing does.
    pub default: &'static str,
}

/// What may stand in a mapping besides its keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Others {
    /// Nothing.
    Refused,
    /// Exactly one key that names a registered step type, with its parameters behind it.
    StepType,
    /// The settings of the kind of connection that the key `type` names.
    ConnectionSettings,
}

/// What belongs in a place.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// A text without expressions.
    Text,
    /// A text for readers, Markdown.
    Prose,
    /// `true` or `false`.
    Bool,
    /// A whole number of at least this.
    Whole(u64),
    /// A number.
    Number,
    /// A length of time: `200ms`, `1h30m`, ISO 8601.
    Duration,
    /// An instant: `2026-11-21T08:00:00Z`.
    Instant,
    /// A version, `1.4.0`.
    Version,
    /// A requirement on a version, `^1.4`.
    VersionRequirement,
    /// A cron expression of five fields.
    Cron,
    /// A time zone by its IANA name, `Europe/Zurich`.
    TimeZone,
    /// A regular expression.
    Pattern,
    /// A path relative to the file it stands in, or a glob of such paths.
    Path,
    /// A route of URLs, `/orders/{order_id}`.
    Route,
    /// One of these words.
    Choice(&'static [Choice]),
    /// A condition: `true`, `false` or one expression.
    Condition,
    /// Any value, expressions included.
    Value,
    /// Any value; it is data, expressions are refused.
    Data,
    /// A JSON Schema of 2020-12.
    JsonSchema,
    /// A type, in the short notation or as a mapping: see [`types::TYPE`].
    Type,
    /// The name of something that is declared elsewhere.
    Name(Names),
    /// A new name, for what stands in the same mapping.
    Identifier,
    /// A block: a list of steps.
    Block,
    /// A mapping with these keys.
    Construct(&'static Construct),
    /// A list of such things.
    List(&'static Form),
    /// A mapping whose keys are new names and whose values are such things.
    Map(&'static Form),
    /// A mapping whose keys name something that is declared elsewhere, and whose values are such things.
    MapOf(Names, &'static Form),
    /// One of several forms.
    Either(&'static [Form]),
    /// The options of the generator that `generator` beside it names.
    GeneratorOptions,
    /// The config of the plugin that the key above names.
    PluginConfig,
}

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Names {
    /// A connection of the program.
    Connection,
    /// A registered kind of connection.
    ConnectionKind,
    /// A workflow.
    Workflow,
    /// A model.
    Model,
    /// A field of the model around.
    Field,
    /// A field of the model that the type beside it names.
    FieldOfType,
    /// An input of the workflow around.
    Input,
    /// A step of the same block.
    Step,
    /// A step of a workflow, by its path.
    StepPath,
    /// An error code.
    Error,
    /// The type of an event.
    Event,
    /// A generator.
    Generator,
    /// A plugin.
    Plugin,
    /// A target of the project.
    Target,
    /// A page's view: one of [`screens::VIEWS`] or a component of the program.
    View,
}

/// A word of a [`Form::Choice`].
#[derive(Debug)]
pub struct Choice {
    /// The word.
    pub name: &'static str,
    /// What it means; empty where it speaks for itself.
    pub docs: &'static str,
}

impl Construct {
    /// The key of this name.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The names of its keys, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + Clone + use<> {
        self.keys.iter().map(|key| key.name)
    }
}

/// Every construct of the language, by name; those of the built-in step types are not among them.
#[must_use]
pub fn all() -> Vec<&'static Construct> {
    let mut found: Vec<&'static Construct> = Vec::new();
    let mut waiting = vec![&SPEC, &MANIFEST];
    while let Some(construct) = waiting.pop() {
        if found.iter().any(|known| known.name == construct.name) {
            continue;
        }
        found.push(construct);
        for key in construct.keys {
            gather(key.form, &mut waiting);
        }
    }
    found.sort_by_key(|construct| construct.name);
    found
}

fn gather(form: Form, found: &mut Vec<&'static Construct>) {
    match form {
        Form::Construct(construct) => found.push(construct),
        Form::List(inner) | Form::Map(inner) | Form::MapOf(_, inner) => gather(*inner, found),
        Form::Either(forms) => forms.iter().for_each(|form| gather(*form, found)),
        Form::Block => found.push(&workflows::STEP),
        Form::Type => found.push(&types::TYPE),
        _ => {}
    }
}

/// A key that may be left out.
const fn key(name: &'static str, form: Form, docs: &'static str) -> Key {
    Key { name, docs, form, required: false, default: "" }
}

/// A key that must be there.
const fn needed(name: &'static str, form: Form, docs: &'static str) -> Key {
    Key { required: true, ..key(name, form, docs) }
}

/// A key that may be left out, with what holds then.
const fn with_default(
    name: &'static str,
    form: Form,
    default: &'static str,
    docs: &'static str,
) -> Key {
    Key { default, ..key(name, form, docs) }
}

/// A word with what it means.
const fn choice(name: &'static str, docs: &'static str) -> Choice {
    Choice { name, docs }
}

/// A construct of these keys and nothing else.
const fn construct(
    name: &'static str,
    words: &'static str,
    docs: &'static str,
    keys: &'static [Key],
) -> Construct {
    Construct {
        name,
        words,
        docs,
        keys,
        exactly_one: &[],
        at_most_one: &[],
        others: Others::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_name_keys_that_are_there() {
        for construct in all() {
            let groups = construct.exactly_one.iter().chain(construct.at_most_one);
            for name in groups.flat_map(|group| group.iter()) {
                assert!(construct.key(name).is_some(), "{}: {name}", construct.name);
            }
        }
    }

    #[test]
    fn everything_is_documented_once() {
        let all = all();
        assert!(all.len() > 20, "constructs are gone");
        for construct in all {
            assert!(construct.docs.ends_with('.'), "{}", construct.name);
            for (index, key) in construct.keys.iter().enumerate() {
                assert!(key.docs.ends_with('.'), "{}.{}", construct.name, key.name);
                let earlier = &construct.keys[..index];
                assert!(earlier.iter().all(|other| other.name != key.name), "{}", key.name);
            }
        }
    }
}
