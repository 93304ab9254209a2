//! `locus plugin audit`: what plugins did, or were refused.

use std::path::Path;

use serde_json::json;

use crate::audit::{lines, verify};
use crate::ui::{Outcome, Ui, foreign};

pub(crate) fn audit(path: &Path, check: bool, ui: Ui) -> Outcome {
    let lines = lines(path).map_err(|error| {
        ui.error(format_args!("cannot read `{}`: {error}", path.display()), None)
    })?;
    if !check {
        // Each is JSON already; what does not read as such is shown by `--verify`.
        lines.iter().for_each(|line| ui.result(foreign(line)));
        return Ok(());
    }
    match verify(&lines) {
        Ok(()) => {
            ui.json(&json!({ "lines": lines.len(), "intact": true }));
            Ok(())
        }
        Err((line, why)) => Err(ui.error(
            format_args!("line {line} of `{}` is not what was written: {why}", path.display()),
            Some("what follows it cannot be relied on; keep the file and begin a new one"),
        )),
    }
}
