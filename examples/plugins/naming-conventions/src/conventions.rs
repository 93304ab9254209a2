//! What a project asks of its names: the plugin's config.

use locus_plugin::{Param, Plugin, Severity};

use crate::words::Case;

/// Rules for the names of workflows, steps, models and fields. A kind of name without rules is not looked at.
#[derive(Plugin)]
#[plugin(id = "acme.naming", stability = "preview")]
pub struct Naming {
    /// Rules for workflows.
    pub workflows: Option<Rules>,
    /// Rules for the ids of steps.
    pub steps: Option<Rules>,
    /// Rules for models and schemas.
    pub models: Option<Rules>,
    /// Rules for the fields of models and schemas, and for inputs of workflows.
    pub fields: Option<Rules>,
    /// Names that are right as they are; `*` stands for anything.
    #[param(default, example = ["legacy_*"])]
    pub except: Vec<String>,
    /// How a name that breaks a rule is reported.
    #[param(default = "warning")]
    pub severity: Level,
}

/// Rules for one kind of name.
#[derive(Param, Default)]
pub struct Rules {
    /// How words are joined.
    pub case: Option<Case>,
    /// What a name begins with: one of these.
    #[param(default)]
    pub prefixes: Vec<String>,
    /// The most characters.
    #[param(min = 1)]
    pub max_length: Option<u32>,
    /// Words that say nothing, or must not be said. A name is refused that has one of them as a word; digits behind it do not count.
    #[param(default, example = ["tmp", "foo"])]
    pub forbidden: Vec<String>,
}

/// How a name that breaks a rule is reported.
#[derive(Param, Clone, Copy)]
pub enum Level {
    /// The command fails.
    Error,
    /// It is shown, and nothing else.
    Warning,
    /// It is shown as something that could be better.
    Advice,
}

impl Level {
    /// The same for a diagnostic.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Advice => Severity::Advice,
        }
    }
}
