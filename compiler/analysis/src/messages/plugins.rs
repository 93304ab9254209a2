//! Plugins in the project file, and what of plugins is going away.

use locus_diag::{Diagnostic, Span, Spanned};
use locus_model::Node;
use locus_plugin::{PluginMeta, permission};

use super::{excerpt, suggest};
use crate::codes;

pub(crate) fn unknown_plugin<'n>(
    name: &Spanned<String>,
    known: impl IntoIterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let problem =
        Diagnostic::new(codes::UNKNOWN_PLUGIN, format!("there is no plugin `{}`", name.value))
            .at(name.span, "not linked")
            .help("no plugin is linked into this program");
    suggest(problem, name, name.span, known, "there are")
}

pub(crate) fn invalid_requirement(written: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_VALUE,
        format!("expected a requirement on a version, found `{}`", excerpt(written)),
    )
    .at(written.span, "")
    .help("for example `^1.4` (compatible with 1.4), `~1.4.2`, `>=1.2, <2` or `*`")
}

pub(crate) fn version_mismatch(meta: &PluginMeta, wanted: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        codes::PLUGIN_VERSION_MISMATCH,
        format!(
            "the project wants version {} of `{}`, and {} is linked",
            excerpt(wanted),
            meta.id,
            meta.version
        ),
    )
    .at(wanted.span, "")
    .help(format!("link a version that fits, or write `\"^{}\"` here", meta.version))
}

pub(crate) fn config_outdated(meta: &PluginMeta, form: u64, at: Span) -> Diagnostic {
    Diagnostic::new(
        codes::PLUGIN_CONFIG_OUTDATED,
        format!(
            "this config of `{}` has form {form}; the present one is {}",
            meta.id, meta.config_version
        ),
    )
    .at(at, "carried over each time")
    .help(format!("`locus plugin migrate {}` shows it in the present form", meta.id))
}

pub(crate) fn config_not_migrated(
    meta: &PluginMeta,
    form: u64,
    reason: &str,
    at: Span,
) -> Diagnostic {
    Diagnostic::new(
        codes::PLUGIN_CONFIG_NOT_MIGRATED,
        format!(
            "the config of `{}` cannot be carried over from form {form} to form {}: {reason}",
            meta.id, meta.config_version
        ),
    )
    .at(at, "")
    .help(format!("write it in form {} and set `config_version` to that", meta.config_version))
}

pub(crate) fn unknown_config_version(meta: &PluginMeta, node: &Node) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_VALUE,
        format!("expected a form of the config of `{}` from 1 to {}", meta.id, meta.config_version),
    )
    .at(node.span, "")
    .help(format!("leave it out to write the present form, {}", meta.config_version))
}

pub(crate) fn unknown_permission(name: &Spanned<String>) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::PERMISSION_NOT_DECLARED,
        format!("there is no permission `{}`", excerpt(name)),
    )
    .at(name.span, "");
    suggest(problem, name, name.span, permission::ALL.map(|(known, _)| known), "there are")
}

pub(crate) fn permission_not_declared(meta: &PluginMeta, name: &Spanned<String>) -> Diagnostic {
    let declared = match meta.permissions.as_slice() {
        [] => "it declares none".to_owned(),
        list => format!("it declares {}", list.join(", ")),
    };
    Diagnostic::new(
        codes::PERMISSION_NOT_DECLARED,
        format!("the plugin `{}` does not ask for the permission `{}`", meta.id, name.value),
    )
    .at(name.span, "nothing is granted by this")
    .help(format!("take it out: {declared}"))
}

pub(crate) fn deprecated(what: &str, advice: &str, at: Span) -> Diagnostic {
    let problem =
        Diagnostic::new(codes::DEPRECATED_PART, format!("{what} will go away")).at(at, "");
    if advice.is_empty() { problem } else { problem.help(advice) }
}
