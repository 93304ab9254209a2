//! What a spec file holds.

use super::{Construct, Form, Key, Names, Others, construct, key, needed};
use super::{screens, testing, types, workflows};

/// A spec file.
pub static SPEC: Construct = construct(
    "spec",
    "a spec",
    "A spec file, `*.locus.yaml`. All specs of a project are one program.",
    &[
        key(
            "imports",
            Form::List(&Form::Path),
            "Other specs that belong to the program: paths of files or folders, relative to this file; `*` stands for any part of a \
             name, `**` for any folders.",
        ),
        key(
            "connections",
            Form::Map(&Form::Construct(&CONNECTION)),
            "Databases, queues and services that steps use, by name.",
        ),
        key("schemas", Form::Map(&Form::Type), "Named types that are not stored."),
        key(
            "models",
            Form::Map(&Form::Construct(&types::MODEL)),
            "Records that are stored, by name.",
        ),
        key(
            "workflows",
            Form::Map(&Form::Construct(&workflows::WORKFLOW)),
            "What the program does, by name.",
        ),
        key(
            "pages",
            Form::Map(&Form::Construct(&screens::PAGE)),
            "Screens of the front end, by name.",
        ),
        key(
            "components",
            Form::Map(&Form::Construct(&screens::COMPONENT)),
            "Parts of screens that are written by hand or come from a plugin, by name.",
        ),
        key("tests", Form::Map(&Form::Construct(&testing::TEST)), "Tests of workflows, by name."),
    ],
);

/// A connection.
pub static CONNECTION: Construct = Construct {
    others: Others::ConnectionSettings,
    ..construct(
        "connection",
        "a connection",
        "A database, queue or service that steps use.",
        CONNECTION_KEYS,
    )
};

const CONNECTION_KEYS: &[Key] = &[needed(
    "type",
    Form::Name(Names::ConnectionKind),
    "What it is: a kind of connection such as `sqlite` or `queue`. The other keys are the settings of that kind; expressions in them may use \
     `$env` and, where a setting is made for it, `$secrets`.",
)];
