//! Whether plugins fit together: their ids, the contract they need, what they require and cannot stand.

use std::collections::BTreeMap;

use locus_diag::Diagnostic;
use semver::{Version, VersionReq};

use crate::codes;
use crate::meta::{API_VERSION, PluginMeta};

/// A name with the versions wanted of it, or the version that is there: `acme.http@^2.1`.
struct Wanted<'a> {
    name: &'a str,
    versions: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    fn read(text: &'a str) -> Self {
        match text.split_once('@') {
            Some((name, versions)) => Self { name, versions: Some(versions) },
            None => Self { name: text, versions: None },
        }
    }
}

/// Checks that ids are what they look like, and that no two look alike.
pub(super) fn check_ids<'a>(
    plugins: impl Iterator<Item = &'a PluginMeta>,
    problems: &mut Vec<Diagnostic>,
) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for meta in plugins {
        let foreign =
            |c: &char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(*c));
        if let Some(letter) = meta.id.chars().find(foreign) {
            problems.push(
                Diagnostic::new(
                    codes::PLUGIN_LOOK_ALIKE,
                    format!(
                        "the id `{}` of the plugin in the crate `{}` has the letter `{}` (U+{:04X}), which may be taken for another",
                        meta.id,
                        meta.package,
                        letter.escape_debug(),
                        u32::from(letter)
                    ),
                )
                .help("ids are lower-case letters a to z, digits, `-` and dots"),
            );
        }
        if let Some(other) = seen.insert(skeleton(&meta.id), &meta.id) {
            problems.push(
                Diagnostic::new(
                    codes::PLUGIN_LOOK_ALIKE,
                    format!("the plugin ids `{other}` and `{}` look alike", meta.id),
                )
                .help("is one of them meant to be taken for the other? Leave that one out, or rename it"),
            );
        }
    }
}

/// What an id looks like at a glance.
fn skeleton(id: &str) -> String {
    let folded: String = id
        .to_lowercase()
        .chars()
        .map(|c| match c {
            '0' | 'о' | 'ο' => 'o',
            '1' | 'i' | 'і' | 'ı' | 'ӏ' => 'l',
            '5' => 's',
            'а' | 'α' => 'a',
            'е' => 'e',
            'с' => 'c',
            'р' => 'p',
            'х' => 'x',
            'у' => 'y',
            '_' => '-',
            other => other,
        })
        .collect();
    folded.replace("rn", "m").replace("vv", "w")
}

/// Checks that the plugins fit this contract and each other.
pub(super) fn check<'a>(
    plugins: impl Iterator<Item = &'a PluginMeta> + Clone,
    problems: &mut Vec<Diagnostic>,
) {
    // What is there, each with its version and who provides it.
    let mut provided: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for meta in plugins.clone() {
        provided.entry(&meta.id).or_default().push((&meta.version, &meta.id));
        for name in &meta.provides {
            let Wanted { name, versions } = Wanted::read(name);
            let version = versions.unwrap_or(&meta.version);
            provided.entry(name).or_default().push((version, &meta.id));
        }
    }
    for meta in plugins {
        if meta.api.0 != API_VERSION.0 || meta.api.1 > API_VERSION.1 {
            problems.push(
                Diagnostic::new(
                    codes::PLUGIN_API_MISMATCH,
                    format!(
                        "the plugin `{}` {} needs version {}.{} of the plugin contract, this program offers {}.{}",
                        meta.id, meta.version, meta.api.0, meta.api.1, API_VERSION.0, API_VERSION.1
                    ),
                )
                .help("build it against the `locus-plugin` crate of this version, or use another version of it"),
            );
        }
        let required = meta.requires.iter().map(|wanted| (wanted, true));
        let optional = meta.optional.iter().map(|wanted| (wanted, false));
        for (wanted, must) in required.chain(optional) {
            problems.extend(unmet(meta, wanted, must, &provided));
        }
        for other in &meta.conflicts {
            let Wanted { name, versions } = Wanted::read(other);
            let others = provided.get(name).into_iter().flatten();
            let there = |(version, id): &&(&str, &str)| {
                *id != meta.id && versions.is_none_or(|wanted| fits(version, wanted))
            };
            if let Some((version, id)) = others.clone().find(there) {
                let by =
                    if *id == name { String::new() } else { format!(", which `{id}` provides") };
                let version = versions.map_or_else(String::new, |_| format!(" {version}"));
                problems.push(
                    Diagnostic::new(
                        codes::PLUGIN_REQUIREMENT,
                        format!(
                            "the plugin `{}` cannot be used together with `{name}`{version}{by}",
                            meta.id
                        ),
                    )
                    .help("leave one of the two out"),
                );
            }
        }
    }
}

fn unmet(
    meta: &PluginMeta,
    wanted: &str,
    must: bool,
    provided: &BTreeMap<&str, Vec<(&str, &str)>>,
) -> Option<Diagnostic> {
    let Wanted { name, versions } = Wanted::read(wanted);
    let there = provided.get(name).map(Vec::as_slice).unwrap_or_default();
    let requires = if must { "requires" } else { "can only use" };
    if there.is_empty() {
        return must.then(|| {
            Diagnostic::new(
                codes::PLUGIN_REQUIREMENT,
                format!(
                    "the plugin `{}` {requires} `{wanted}`, which no linked plugin provides",
                    meta.id
                ),
            )
            .help("link a plugin that provides it, or leave this one out")
        });
    }
    let versions = versions?;
    if there.iter().any(|(version, _)| fits(version, versions)) {
        return None;
    }
    let found: Vec<String> = there
        .iter()
        .map(
            |(version, id)| {
                if *id == name { (*version).to_owned() } else { format!("{version} of `{id}`") }
            },
        )
        .collect();
    Some(
        Diagnostic::new(
            codes::PLUGIN_REQUIREMENT,
            format!(
                "the plugin `{}` {requires} version {versions} of `{name}`, but there is {}",
                meta.id,
                found.join(" and ")
            ),
        )
        .help("link a version that fits both, or leave one of them out"),
    )
}

/// Whether a version is one of those wanted; what cannot be read as versions must be equal.
fn fits(version: &str, wanted: &str) -> bool {
    match (lenient(version), VersionReq::parse(wanted)) {
        (Some(version), Ok(wanted)) => wanted.matches(&version),
        _ => version == wanted,
    }
}

/// Whether a version is one of those wanted, as far as it can be compared; `None` where that is no requirement on a version.
pub(crate) fn may_fit(version: &str, wanted: &str) -> Option<bool> {
    match (lenient(version), VersionReq::parse(wanted)) {
        (Some(version), Ok(wanted)) => Some(wanted.matches(&version)),
        (None, Ok(_)) => Some(true),
        (_, Err(_)) => (version == wanted).then_some(true),
    }
}

/// `3` is `3.0.0`.
fn lenient(version: &str) -> Option<Version> {
    let dots =
        version.chars().take_while(|c| c.is_ascii_digit() || *c == '.').filter(|c| *c == '.');
    match dots.count() {
        0 => Version::parse(&format!("{version}.0.0")).ok(),
        1 => Version::parse(&format!("{version}.0")).ok(),
        _ => Version::parse(version).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_leniently() {
        assert!(fits("3", "^3") && fits("2.1", ">=2, <3") && fits("1.4.0", "1"));
        assert!(!fits("3", "^2") && !fits("2.0.0-rc.1", "^2") && !fits("abc", "^1"));
        assert!(fits("2026a", "2026a"));
        assert_eq!(may_fit("3", "^2"), Some(false));
        assert_eq!(may_fit("2026a", "^1"), Some(true), "nobody can tell");
        assert_eq!(may_fit("1.0.0", "newest"), None);
    }

    #[test]
    fn ids_that_look_alike_are_the_same_at_a_glance() {
        for (one, other) in [
            ("acme.shop", "acme.sh0p"),
            ("acme.mail", "acme.rnail"),
            ("acme.list", "acme.1ist"),
            ("acme.shop", "аcme.shop"),
            ("acme.shop", "Acme.Shop"),
        ] {
            assert_eq!(skeleton(one), skeleton(other), "{one} {other}");
        }
        assert_ne!(skeleton("acme.shop"), skeleton("acme.shops"));
    }
}
