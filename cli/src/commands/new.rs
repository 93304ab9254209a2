//! `locus new`: a project to start from.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::args::New;
use crate::ui::{Failed, Outcome, Ui};

const MANIFEST: &str = r"name: NAME
version: 0.1.0
language: 1

targets:
  api: { generator: openapi, out: generated/api }
  client: { generator: typescript, out: generated/client }
  docs: { generator: workflow_docs, out: generated/docs }
";

const WORKFLOW: &str = r#"# A workflow to start from: `locus check`, `locus run`, `locus build`.
workflows:
  greet:
    description: Greets everyone on a list.
    input:
      names: { type: "string[]", default: [Ada, Grace, Barbara] }
    output: { greetings: "${ .steps.greet_all }" }
    steps:
      - id: greet_all
        loop:
          over: ${ .input.names }
          as: name
          steps:
            - log: { message: "Hello, ${ $name }!" }
              output: "Hello, ${ $name }!"
"#;

const IGNORE: &str = ".locus/\n";

pub(crate) fn new(args: &New, ui: Ui) -> Outcome {
    let folder = &args.folder;
    let name = project_name(folder).ok_or_else(|| {
        ui.error(
            format_args!("`{}` gives no project name", folder.display()),
            Some("name the folder, for example `locus new shop`"),
        )
    })?;
    // The folder is made here: if it exists already, nothing in it is touched.
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).map_err(|error| not_made(parent, &error, ui))?;
    }
    fs::create_dir(folder).map_err(|error| not_made(folder, &error, ui))?;
    let files = [
        ("locus.yaml", MANIFEST.replace("NAME", &name)),
        ("greet.locus.yaml", WORKFLOW.to_owned()),
        (".gitignore", IGNORE.to_owned()),
    ];
    for (file, text) in files {
        let path = folder.join(file);
        fs::write(&path, text).map_err(|error| {
            // The folder was made by this command: leave nothing half-made behind.
            let _ = fs::remove_dir_all(folder);
            not_made(&path, &error, ui)
        })?;
    }
    ui.note(format_args!("made {}; try:", folder.display()));
    ui.note(format_args!("  cd {}", folder.display()));
    ui.note("  locus run");
    Ok(())
}

/// The folder's name as a project name: lower case letters, digits and `-`.
fn project_name(folder: &Path) -> Option<String> {
    let name = folder.file_name()?.to_str()?.to_lowercase();
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = name.trim_matches('-').to_owned();
    (!name.is_empty()).then_some(name)
}

fn not_made(path: &Path, error: &std::io::Error, ui: Ui) -> Failed {
    let help = match error.kind() {
        ErrorKind::AlreadyExists => "take another name, or delete what is there first",
        ErrorKind::PermissionDenied => "make it where you may write",
        _ => "nothing was left behind",
    };
    ui.error(format_args!("cannot make `{}`: {error}", path.display()), Some(help))
}
