//! Diagnostics as SARIF 2.1.0, the exchange format of tools that gather findings: code hosts, editors, dashboards.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::catalogue::{Code, catalogue};
use crate::diagnostic::{Diagnostic, Diagnostics, Fix, Label, Severity};
use crate::source::{Source, Sources};
use crate::span::Span;

/// Where the pages of the codes are read.
const PAGES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/codes");

/// The base that all paths are relative to.
const BASE: &str = "PROJECTROOT";

/// A SARIF log of one run; `version` is that of the tool.
///
/// Columns count characters, as everywhere in Locus, and the log says so (`columnKind`). A code of the catalogue is a rule of the
/// tool, one of a plugin a rule of an extension named like the plugin. The fingerprint of a finding stays when lines move.
#[must_use]
pub fn to_sarif(diagnostics: &Diagnostics, sources: &Sources, version: &str) -> Value {
    let mut rules = Rules::default();
    let mut seen = BTreeMap::new();
    let results: Vec<Value> = diagnostics
        .iter()
        .map(|diagnostic| result(diagnostic, sources, rules.reference(diagnostic), &mut seen))
        .collect();
    let mut tool = json!({
        "driver": {
            "name": "locus",
            "version": version,
            "semanticVersion": version,
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": rules.own(),
        },
    });
    if !rules.extensions.is_empty() {
        tool["extensions"] = rules.extensions();
    }
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": tool,
            "invocations": [{ "executionSuccessful": true }],
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {
                BASE: { "description": { "text": "The folder of the project." } },
            },
            "results": results,
        }],
    })
}

/// The rules that findings refer to, by the tool component that has them.
#[derive(Default)]
struct Rules {
    own: IndexMap<String, Severity>,
    extensions: IndexMap<String, IndexMap<String, Severity>>,
}

impl Rules {
    /// Enters the rule of a problem; gives a reference to it.
    fn reference(&mut self, diagnostic: &Diagnostic) -> Value {
        let (code, severity) = (diagnostic.code.clone(), diagnostic.severity);
        match &diagnostic.plugin {
            Some(plugin) if is_of(&code, plugin) => {
                let extension = self.extensions.entry(plugin.clone());
                let index = extension.index();
                let rules = extension.or_default();
                let entry = rules.entry(code.clone());
                let rule = entry.index();
                entry.or_insert(severity);
                json!({ "id": code, "index": rule, "toolComponent": { "name": plugin, "index": index } })
            }
            _ => {
                let entry = self.own.entry(code.clone());
                let rule = entry.index();
                entry.or_insert(severity);
                json!({ "id": code, "index": rule })
            }
        }
    }

    /// The rules of the tool itself, each with its page.
    fn own(&self) -> Value {
        let known: BTreeMap<&str, Code> =
            catalogue().into_iter().map(|code| (code.name, code)).collect();
        let rules = self.own.iter().map(|(name, severity)| match known.get(name.as_str()) {
            Some(code) => documented(code),
            None => bare(name, *severity),
        });
        Value::Array(rules.collect())
    }

    fn extensions(&self) -> Value {
        let extensions = self.extensions.iter().map(|(plugin, rules)| {
            let rules: Vec<Value> =
                rules.iter().map(|(name, severity)| bare(name, *severity)).collect();
            json!({ "name": plugin, "rules": rules })
        });
        Value::Array(extensions.collect())
    }
}

/// Whether a code is one of a plugin's own.
fn is_of(code: &str, plugin: &str) -> bool {
    code.strip_prefix(plugin).is_some_and(|rest| rest.starts_with('/'))
}

fn documented(code: &Code) -> Value {
    json!({
        "id": code.name,
        "shortDescription": { "text": code.title() },
        "helpUri": format!("{PAGES}/{}.md", code.name),
        "help": { "text": code.page, "markdown": code.page },
        "defaultConfiguration": { "level": level(code.severity) },
    })
}

fn bare(name: &str, severity: Severity) -> Value {
    json!({ "id": name, "defaultConfiguration": { "level": level(severity) } })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

fn result(
    diagnostic: &Diagnostic,
    sources: &Sources,
    rule: Value,
    seen: &mut BTreeMap<u64, usize>,
) -> Value {
    let mut result = Map::new();
    result.insert("ruleId".to_owned(), json!(diagnostic.code));
    result.insert("rule".to_owned(), rule);
    result.insert("level".to_owned(), json!(level(diagnostic.severity)));
    result.insert("message".to_owned(), json!({ "text": message(diagnostic) }));
    let mut labels = diagnostic.labels.iter();
    let locations: Vec<Value> =
        labels.next().and_then(|label| location(label, sources, None)).into_iter().collect();
    result.insert("locations".to_owned(), json!(locations));
    let related: Vec<Value> = labels
        .enumerate()
        .filter_map(|(index, label)| location(label, sources, Some(index)))
        .collect();
    if !related.is_empty() {
        result.insert("relatedLocations".to_owned(), json!(related));
    }
    let fixes: Vec<Value> =
        diagnostic.fixes.iter().filter_map(|offered| fix(offered, sources)).collect();
    if !fixes.is_empty() {
        result.insert("fixes".to_owned(), json!(fixes));
    }
    let fingerprint = fingerprint(diagnostic, sources);
    let again = seen.entry(fingerprint).or_default();
    let text = format!("{fingerprint:016x}:{again}");
    *again += 1;
    result.insert("partialFingerprints".to_owned(), json!({ "locusFinding/v1": text }));
    Value::Object(result)
}

fn message(diagnostic: &Diagnostic) -> String {
    match &diagnostic.help {
        Some(help) => format!("{}. Help: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}

/// A place with its words; related ones are numbered.
fn location(label: &Label, sources: &Sources, id: Option<usize>) -> Option<Value> {
    let source = sources.get(label.span.source)?;
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": artifact(source),
            "region": region(label.span, source),
        },
    });
    if let Some(id) = id {
        location["id"] = json!(id);
    }
    if !label.text.is_empty() {
        location["message"] = json!({ "text": label.text });
    }
    Some(location)
}

fn fix(fix: &Fix, sources: &Sources) -> Option<Value> {
    let mut changes: IndexMap<&str, (Value, Vec<Value>)> = IndexMap::new();
    for (span, text) in &fix.edits {
        let source = sources.get(span.source)?;
        let (_, replacements) =
            changes.entry(&source.name).or_insert_with(|| (artifact(source), Vec::new()));
        replacements.push(json!({
            "deletedRegion": region(*span, source),
            "insertedContent": { "text": text },
        }));
    }
    let changes: Vec<Value> = changes
        .into_values()
        .map(|(artifact, replacements)| {
            json!({ "artifactLocation": artifact, "replacements": replacements })
        })
        .collect();
    Some(json!({ "description": { "text": fix.title }, "artifactChanges": changes }))
}

fn artifact(source: &Source) -> Value {
    json!({ "uri": uri(&source.name), "uriBaseId": BASE })
}

/// A path as a relative URI reference: everything but unreserved characters and `/` is escaped.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

fn region(span: Span, source: &Source) -> Value {
    let (line, column) = source.line_column(span.start as usize);
    let (end_line, end_column) = source.line_column(span.end as usize);
    json!({
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
    })
}

/// FNV-1a over what is said, the file, and the text that is marked, never its line. Equal findings of a file are told apart by
/// their order, which is put behind it.
fn fingerprint(diagnostic: &Diagnostic, sources: &Sources) -> u64 {
    let place = diagnostic.primary();
    let source = place.and_then(|span| sources.get(span.source));
    let name = source.map_or("", |source| &source.name);
    let marked = source.zip(place).and_then(|(source, span)| source.text.get(span.range()));
    let parts = [&diagnostic.code, name, &diagnostic.message, marked.unwrap_or_default()];
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(text: &str) -> Value {
        let mut sources = Sources::default();
        let source = sources.add("my shop/größe.locus.yaml", text);
        let at = text.find("lgo").unwrap();
        let place = Span::new(source, at..at + 3);
        let wrong = Diagnostic::custom("acme/rule", Severity::Warning, "wrong")
            .at(place, "here")
            .at(Span::new(source, 0..1), "and here")
            .fix("replace `lgo` by `log`", place, "log");
        let mut list = Diagnostics::default();
        list.push(Diagnostic { plugin: Some("acme".to_owned()), ..wrong.clone() });
        list.push(wrong.clone());
        list.push(wrong);
        to_sarif(&list, &sources, "1.2.3")
    }

    #[test]
    fn places_are_regions_of_relative_uris() {
        let log = log("é: lgo\n");
        let result = &log["runs"][0]["results"][0];
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "my%20shop/gr%C3%B6%C3%9Fe.locus.yaml");
        assert_eq!(place["region"]["startColumn"], 4);
        assert_eq!(place["region"]["endColumn"], 7);
        assert_eq!(result["relatedLocations"][0]["message"]["text"], "and here");
        let change = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
        assert_eq!(change["insertedContent"]["text"], "log");
    }

    #[test]
    fn a_rule_is_of_who_has_it() {
        let log = log("lgo\n");
        let results = &log["runs"][0]["results"];
        assert_eq!(results[0]["rule"]["toolComponent"]["index"], 0);
        assert_eq!(log["runs"][0]["tool"]["extensions"][0]["rules"][0]["id"], "acme/rule");
        assert_eq!(results[1]["rule"]["index"], 0);
        assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][0]["id"], "acme/rule");
    }

    #[test]
    fn fingerprints_survive_moved_lines_and_tell_findings_apart() {
        let of = |log: &Value, at: usize| {
            log["runs"][0]["results"][at]["partialFingerprints"]["locusFinding/v1"].clone()
        };
        let (here, moved) = (log("a: lgo\n"), log("# more\n\n   a: lgo\n"));
        assert_eq!(of(&here, 1), of(&moved, 1));
        assert_ne!(of(&here, 1), of(&here, 2));
    }
}
