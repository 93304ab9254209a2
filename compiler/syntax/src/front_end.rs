//! YAML as a parser hook: the same contract that third parties use.

use locus_diag::Source;
use locus_plugin::{Parsed, ParserHook, Plugin};

use crate::yaml::parse_yaml;

/// Reads specs written in YAML.
#[derive(Plugin)]
#[plugin(id = "locus.yaml")]
pub struct YamlPlugin;

/// Specs in YAML 1.2, with byte-exact places.
#[derive(ParserHook)]
#[parser_hook(name = "yaml", suffixes(".locus.yaml"))]
pub struct Yaml;

impl ParserHook for Yaml {
    fn parse(&self, source: &Source) -> Parsed {
        let (documents, diagnostics) = parse_yaml(source.id, &source.text);
        Parsed { documents, diagnostics }
    }
}
