//! Every generated file of a kind that has a real parser at hand is parsed before anything is written.

use serde::de::IgnoredAny;

use crate::output::GeneratedFile;

/// Parses a file by the ending of its name; kinds without a parser pass.
pub(crate) fn check(file: &GeneratedFile) -> Result<(), String> {
    match file.path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("json" | "webmanifest" | "map") => json(&file.text),
        _ => Ok(()),
    }
}

fn json(text: &str) -> Result<(), String> {
    serde_json::from_str::<IgnoredAny>(text).map(|_| ()).map_err(|error| error.to_string())
}
