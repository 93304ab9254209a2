//! Starting other programs: shown, silent, or read.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Outcome;

/// Runs a command in full view, after a line that shows it.
pub(crate) fn run(command: &mut Command) -> Outcome {
    show(command);
    let status = command.status().map_err(|error| cannot_start(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", text(command))) }
}

/// Runs a command out of sight; what it printed becomes the reason when it fails.
pub(crate) fn quiet(command: &mut Command) -> Outcome {
    output(command).map(|_| ())
}

/// Runs a command out of sight and returns its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    command.stdin(Stdio::null());
    let output = command.output().map_err(|error| cannot_start(command, &error))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        return Ok(printed.into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let said = if complaint.trim().is_empty() { printed.trim() } else { complaint.trim() };
    Err(format!("`{}` failed ({}): {said}", text(command), output.status))
}

/// Prints the command as one would type it.
pub(crate) fn show(command: &Command) {
    println!("$ {}", text(command));
}

/// The command as one would type it.
pub(crate) fn text(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_stem().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// The reason when a program is not there at all.
pub(crate) fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!("cannot start `{}`: {error}", command.get_program().to_string_lossy())
}
