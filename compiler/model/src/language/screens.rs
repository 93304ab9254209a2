//! Pages and components: what front-end generators turn into screens.

use super::{Choice, Construct, Form, Names, choice, construct, key, needed};

/// A screen.
pub static PAGE: Construct = Construct {
    at_most_one: &[&["model", "workflow"]],
    ..construct(
        "page",
        "a page",
        "A screen of the front end: front-end generators turn it into code.",
        &[
            needed(
                "route",
                Form::Route,
                "The path of its URL; a part `{name}` is a field of its model, an input of its workflow or a prop of its component.",
            ),
            key("title", Form::Prose, "What stands at its top."),
            key("description", Form::Prose, "What it is for, for readers."),
            needed(
                "view",
                Form::Name(Names::View),
                "What it shows: `table`, `detail`, `form`, `run`, or the name of a component.",
            ),
            key("model", Form::Name(Names::Model), "The model whose records it shows."),
            key(
                "workflow",
                Form::Name(Names::Workflow),
                "The workflow that its form starts, or whose runs it shows.",
            ),
            key(
                "fields",
                Form::List(&Form::Name(Names::Field)),
                "The fields it shows, in order, of its model or of its workflow's input; without it, all of them.",
            ),
            key("props", Form::Map(&Form::Data), "What its component is given."),
        ],
    )
};

/// The views that every front-end generator knows.
pub const VIEWS: &[Choice] = &[
    choice("table", "Records of a model, one in each row."),
    choice("detail", "One record of a model."),
    choice("form", "What makes or changes a record of a model, or starts a workflow."),
    choice("run", "The progress of a run."),
];

/// A part of screens that is written by hand or comes from a plugin.
pub static COMPONENT: Construct = Construct {
    exactly_one: &[&["source", "plugin"]],
    ..construct(
        "component",
        "a component",
        "A part of screens that is written by hand or comes from a plugin; pages use it as their `view`.",
        &[
            key("description", Form::Prose, "What it shows, for readers."),
            key(
                "source",
                Form::Text,
                "The file that implements it, relative to the project's folder: `web/SalesChart.tsx`.",
            ),
            key("plugin", Form::Name(Names::Plugin), "The plugin that implements it."),
            key("props", Form::Map(&Form::Type), "What it is given, by name: each a type."),
        ],
    )
};
