//! Editors that are not ours: the YAML language server with our schema, and our extension for VS Code.

use std::path::PathBuf;

use locus_editor::{SchemaOf, json_schema};

use crate::external::{VSCODE, YAML_SERVER, tool, verdict};
use crate::program::workspace;

/// The schema of specs, in a file.
fn schema() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("external");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("locus-spec.json");
    let schema = json_schema(SchemaOf::Spec, &crate::execute::registry());
    std::fs::write(&path, schema.to_string()).unwrap();
    path
}

#[test]
fn the_yaml_language_server_checks_and_completes_by_our_schema() {
    let schema = schema();
    let Some(mut server) = tool(YAML_SERVER) else { return };
    let orders =
        std::fs::read_to_string(workspace().join("examples/orders/orders.locus.yaml")).unwrap();
    let (content, said) = verdict(server.arg(&schema), &orders);
    assert!(content, "{said}");

    let wrong = "workflows:\n  a:\n    steps:\n      - log: { mesage: hi }\n";
    let (content, said) = verdict(tool(YAML_SERVER).unwrap().arg(&schema), wrong);
    assert!(!content && said.contains("mesage is not allowed"), "{said}");

    let begun = "workflows:\n  a:\n    steps:\n      - log:\n          \n";
    let (_, said) = verdict(tool(YAML_SERVER).unwrap().arg(&schema).args(["4", "10"]), begun);
    for parameter in ["message", "level", "fields"] {
        assert!(said.lines().any(|line| line == parameter), "{said}");
    }
}

#[test]
fn our_extension_for_vs_code_is_sound_and_can_be_packaged() {
    let Some(mut check) = tool(VSCODE) else { return };
    let (content, said) = verdict(check.arg(workspace().join("editors/vscode")), "");
    assert!(content && said.contains("Packaged"), "{said}");
    // The check sees mistakes.
    let folder = tempfile::tempdir().unwrap();
    crate::program::copy_folder(&workspace().join("editors/vscode"), folder.path());
    let script = folder.path().join("src/extension.js");
    let text =
        std::fs::read_to_string(&script).unwrap().replace("client = started;", "client = 5;");
    std::fs::write(&script, text).unwrap();
    let (content, said) = verdict(tool(VSCODE).unwrap().arg(folder.path()), "");
    assert!(!content && said.contains("TS2322"), "{said}");
}
