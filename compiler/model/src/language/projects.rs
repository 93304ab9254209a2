//! `locus.yaml`, the manifest of a project.

use super::specs::CONNECTION;
use super::{Construct, Form, Names, Others, construct, key, needed};

/// The manifest of a project.
pub static MANIFEST: Construct = construct(
    "manifest",
    "`locus.yaml`",
    "The manifest of a project: who it is, what it is built with and to. Every spec below its folder belongs to the project.",
    &[
        key("name", Form::Text, "The project's name."),
        key("version", Form::Text, "The project's version."),
        key("language", Form::Whole(1), "The version of the language: `1`."),
        key(
            "plugins",
            Form::MapOf(
                Names::Plugin,
                &Form::Either(&[Form::VersionRequirement, Form::Bool, Form::Construct(&PLUGIN)]),
            ),
            "What it decides about plugins, by id: a requirement on the version, `false` where one is not used, or a mapping. A plugin that is not \
             named is used as it comes.",
        ),
        key(
            "targets",
            Form::Map(&Form::Construct(&TARGET)),
            "What `locus build` generates, by name.",
        ),
        key(
            "connections",
            Form::Map(&Form::Construct(&CONNECTION)),
            "Databases, queues and services that steps use, by name.",
        ),
        key(
            "profiles",
            Form::Map(&Form::Construct(&PROFILE)),
            "What is different in a place where the program runs, by name: `dev`, `test`, `prod`. `--profile` chooses one; without it, \
             `dev` holds where it is declared.",
        ),
        key("budgets", Form::Construct(&BUDGETS), "Limits that the program must keep to."),
    ],
);

/// What a project decides about a plugin.
pub static PLUGIN: Construct = construct(
    "plugin",
    "a plugin",
    "What a project decides about a plugin.",
    &[
        key("version", Form::VersionRequirement, "The versions that will do: `^1.4`, `>=1.2, <2`."),
        key("enabled", Form::Bool, "Whether it is used at all; it is where nothing else is said."),
        key("config", Form::PluginConfig, "Its config."),
        key(
            "config_version",
            Form::Whole(1),
            "The form that `config` is written in, where that is not the present one: the plugin's migrations carry it over.",
        ),
        key(
            "permissions",
            Form::List(&Form::Text),
            "Which of the permissions that it declares it has; all of them where nothing is said, except `run_command`.",
        ),
    ],
);

/// Something to generate.
pub static TARGET: Construct = construct(
    "target",
    "a target",
    "Something to generate.",
    &[
        needed("generator", Form::Name(Names::Generator), "The generator that makes it."),
        needed("out", Form::Text, "The folder its files go to, relative to the project's folder."),
        key("options", Form::GeneratorOptions, "Options of the generator."),
    ],
);

/// What is different in a place where a program runs.
pub static PROFILE: Construct = construct(
    "profile",
    "a profile",
    "What is different in a place where a program runs. A mapping is laid over the one it changes, key by key; any other value replaces it, and `null` \
     takes it away. A connection of another `type` and a target of another `generator` are replaced as a whole.",
    &[
        key(
            "connections",
            Form::MapOf(Names::Connection, &Form::Construct(&CONNECTION_CHANGES)),
            "Settings of connections, by name.",
        ),
        key(
            "targets",
            Form::MapOf(Names::Target, &Form::Construct(&TARGET_CHANGES)),
            "Settings of targets, by name.",
        ),
        key(
            "plugins",
            Form::MapOf(Names::Plugin, &Form::Construct(&PLUGIN)),
            "Settings of plugins, by id.",
        ),
        key("budgets", Form::Construct(&BUDGETS), "Other limits."),
    ],
);

/// What a profile changes of a connection.
pub static CONNECTION_CHANGES: Construct = Construct {
    others: Others::ConnectionSettings,
    ..construct(
        "connection_changes",
        "a connection",
        "What a profile changes of a connection.",
        &[key(
            "type",
            Form::Name(Names::ConnectionKind),
            "Another kind of connection; its settings are then all written here.",
        )],
    )
};

/// What a profile changes of a target.
pub static TARGET_CHANGES: Construct = construct(
    "target_changes",
    "a target",
    "What a profile changes of a target.",
    &[
        key(
            "generator",
            Form::Name(Names::Generator),
            "Another generator; its options are then all written here.",
        ),
        key("out", Form::Text, "Another folder."),
        key("options", Form::GeneratorOptions, "Other options."),
    ],
);

/// Limits that a program must keep to.
pub static BUDGETS: Construct = construct(
    "budgets",
    "`budgets`",
    "Limits that a program must keep to; what is not named is not limited.",
    &[
        key(
            "workflow",
            Form::Construct(&WORKFLOW_BUDGET),
            "Limits of every workflow; `locus check` holds it to them.",
        ),
        key("run", Form::Construct(&RUN_BUDGET), "Limits of every run."),
        key("generate", Form::Construct(&GENERATE_BUDGET), "Limits of what `locus build` writes."),
    ],
);

/// Limits of a workflow.
pub static WORKFLOW_BUDGET: Construct = construct(
    "workflow_budget",
    "`budgets.workflow`",
    "Limits of every workflow.",
    &[
        key(
            "steps",
            Form::Whole(1),
            "The most steps of a workflow, those of inner blocks included.",
        ),
        key("depth", Form::Whole(1), "The most blocks inside each other."),
    ],
);

/// Limits of a run.
pub static RUN_BUDGET: Construct = construct(
    "run_budget",
    "`budgets.run`",
    "Limits of every run.",
    &[key(
        "duration",
        Form::Duration,
        "The longest a run may take: the timeout of workflows that have none; no workflow may have a longer one.",
    )],
);

/// Limits of what is generated.
pub static GENERATE_BUDGET: Construct = construct(
    "generate_budget",
    "`budgets.generate`",
    "Limits of what `locus build` writes.",
    &[
        key("files", Form::Whole(1), "The most files of all targets together."),
        key("bytes", Form::Whole(1), "The most bytes of all these files together."),
    ],
);
