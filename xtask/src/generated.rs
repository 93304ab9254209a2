//! Regions of repository files that are written from data, so that the two cannot drift apart.
//!
//! A region lies between two marker lines; `cargo xtask bless` rewrites it, `ready` compares it.
//! To add one: an entry in [`REGIONS`] and the two markers in the file.

use std::fmt::Write;
use std::fs;

use crate::Outcome;
use crate::external::EXTERNALS;
use crate::workspace::Workspace;

/// A region: its file, its name in the markers, and what writes it.
struct Region {
    file: &'static str,
    name: &'static str,
    text: fn() -> String,
}

const REGIONS: &[Region] =
    &[Region { file: "CONTRIBUTING.md", name: "external-checks", text: external_checks }];

/// Names every region that is not what its data says.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let mut stale = Vec::new();
    for region in REGIONS {
        let (now, wanted) = region.texts(workspace)?;
        if now != wanted {
            stale.push(format!("{} (region `{}`)", region.file, region.name));
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("out of date: {}; run `cargo xtask bless`", stale.join(", ")))
}

/// Rewrites every region that is not what its data says.
pub(crate) fn write(workspace: &Workspace) -> Outcome {
    for region in REGIONS {
        let (now, wanted) = region.texts(workspace)?;
        if now != wanted {
            let written = fs::write(workspace.root.join(region.file), wanted);
            written.map_err(|error| format!("cannot write {}: {error}", region.file))?;
            println!("wrote {} (region `{}`)", region.file, region.name);
        }
    }
    Ok(())
}

impl Region {
    /// The whole file as it is, and as it should be.
    fn texts(&self, workspace: &Workspace) -> Result<(String, String), String> {
        let now = fs::read_to_string(workspace.root.join(self.file))
            .map_err(|error| format!("cannot read {}: {error}", self.file))?;
        let wanted = replace(&now, self.name, &(self.text)())
            .ok_or_else(|| format!("{} lacks the markers of region `{}`", self.file, self.name))?;
        Ok((now, wanted))
    }
}

/// Puts a new text between the markers of a region.
fn replace(file: &str, name: &str, text: &str) -> Option<String> {
    let open = format!("<!-- generated: {name} -->\n");
    let close = format!("<!-- end: {name} -->\n");
    let (before, rest) = file.split_once(&open)?;
    let (_, after) = rest.split_once(&close)?;
    Some(format!("{before}{open}{text}{close}{after}"))
}

/// The table of external checks for `CONTRIBUTING.md`.
fn external_checks() -> String {
    let mut table =
        "| it proves that | with | it needs | the tests find it in |\n|---|---|---|---|\n"
            .to_owned();
    for external in EXTERNALS {
        let needs: Vec<_> = external.needs.iter().map(|need| need.name).collect();
        let _ = writeln!(
            table,
            "| {} | `{}` | {} | `{}` |",
            external.proves,
            external.install.packages().join("`, `"),
            needs.join(", "),
            external.variable,
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_region_changes() {
        let file = "a\n<!-- generated: x -->\nold\n<!-- end: x -->\nb\n";
        let wanted = "a\n<!-- generated: x -->\nnew\n<!-- end: x -->\nb\n";
        assert_eq!(replace(file, "x", "new\n").as_deref(), Some(wanted));
        assert_eq!(replace(file, "y", "new\n"), None);
    }
}
