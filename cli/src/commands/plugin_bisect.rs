//! `locus plugin bisect -- CMD`: which plugin makes a command fail.

use std::process::{Command, Stdio};

use locus_plugin::Registry;

use crate::ui::{Failed, Outcome, Ui};

pub(crate) fn bisect(registry: &Registry, command: &[String], ui: Ui) -> Outcome {
    let program = std::env::current_exe()
        .map_err(|error| ui.error(format_args!("this program cannot be found: {error}"), None))?;
    let command = match command.split_first() {
        Some((first, rest)) if first == "locus" => rest,
        _ => command,
    };
    let fails = |plugins: &[&str]| -> Result<bool, Failed> {
        let mut run = Command::new(&program);
        run.arg("--no-plugins");
        run.args(plugins.iter().flat_map(|id| ["--only", *id]));
        run.args(command).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = run.status().map_err(|error| {
            ui.error(format_args!("`{}` cannot be started: {error}", program.display()), None)
        })?;
        let failed = !status.success();
        let names = if plugins.is_empty() { "no plugins".to_owned() } else { plugins.join(" ") };
        ui.note(format_args!("{} with {names}", if failed { "fails" } else { "works" }));
        Ok(failed)
    };
    let all: Vec<&str> = registry
        .plugins()
        .filter(|meta| !meta.is_built_in())
        .map(|meta| meta.id.as_str())
        .collect();
    if !fails(&all)? {
        ui.result("the command works with all plugins: there is nothing to look for");
        return Ok(());
    }
    if fails(&[])? {
        ui.result("the command fails without plugins as well: it is none of them");
        return Err(Failed);
    }
    let culprits = smallest(&all, &fails)?;
    match culprits.as_slice() {
        [one] => ui.result(format_args!("it is {one}")),
        several => ui.result(format_args!("it takes all of {}", several.join(" "))),
    }
    Err(Failed)
}

/// A smallest set that fails, of a set that fails: no plugin can be taken out of it. Halves first, then one by one.
fn smallest<'p>(
    all: &[&'p str],
    fails: &impl Fn(&[&str]) -> Result<bool, Failed>,
) -> Result<Vec<&'p str>, Failed> {
    let mut left = all.to_vec();
    let mut size = left.len() / 2;
    while size > 0 {
        let mut start = 0;
        while start < left.len() && left.len() > 1 {
            let mut without = left.clone();
            without.drain(start..(start + size).min(without.len()));
            if !without.is_empty() && fails(&without)? {
                left = without;
            } else {
                start += size;
            }
        }
        size /= 2;
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_alone_or_together_is_found() {
        let all = ["a", "b", "c", "d", "e", "f", "g"];
        for culprits in [&["a"][..], &["g"], &["d"], &["b", "f"], &["a", "c", "g"]] {
            let fails = |set: &[&str]| Ok(culprits.iter().all(|culprit| set.contains(culprit)));
            assert_eq!(smallest(&all, &fails).unwrap(), culprits);
        }
    }
}
