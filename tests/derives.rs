//! What the derives of the plugin contract accept, and what they tell an author whose code they refuse. The cases are in `ui/`.

use std::env;
use std::process::Command;

/// The package whose dependencies the cases see: what an author of a plugin depends on, and nothing that would have to be built besides.
const CONTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../compiler/plugin");

#[test]
fn derives_say_what_is_wrong() {
    // trybuild takes its package from the environment, which belongs to the whole process: so it gets one of its own.
    let mut cases = Command::new(env::current_exe().unwrap());
    cases.args(["--exact", "derives::cases", "--ignored", "--nocapture"]);
    cases.env("CARGO_MANIFEST_DIR", CONTRACT).current_dir(CONTRACT);
    if env::var_os("BLESS").is_some() {
        cases.env("TRYBUILD", "overwrite");
    }
    assert!(cases.status().unwrap().success(), "see above; `BLESS=1` rewrites the expectations");
}

#[test]
#[ignore = "`derives_say_what_is_wrong` starts it"]
fn cases() {
    // By themselves, the refused ones are compiled in one go; each set reports when it goes out of scope.
    trybuild::TestCases::new().pass("../../tests/ui/pass_*.rs");
    let cases = trybuild::TestCases::new();
    for name in ["generator", "hooks", "param", "parser_hook", "plugin", "slot", "step"] {
        cases.compile_fail(format!("../../tests/ui/{name}_*.rs"));
    }
}
