//! `locus schema`: the JSON Schema of the language, with every linked plugin.

use std::fs;

use locus_editor::{SchemaOf, json_schema};
use locus_plugin::Registry;

use crate::args::Schema;
use crate::ui::{Outcome, Ui};

pub(crate) fn schema(args: &Schema, registry: &Registry, ui: Ui) -> Outcome {
    let of = if args.manifest { SchemaOf::Manifest } else { SchemaOf::Spec };
    let schema = json_schema(of, registry);
    let Some(file) = &args.output else {
        ui.json(&schema);
        return Ok(());
    };
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n";
    fs::write(file, text).map_err(|error| {
        ui.error(
            format_args!("`{}` cannot be written: {error}", file.display()),
            Some("give the path of a file in a folder that is there"),
        )
    })
}
