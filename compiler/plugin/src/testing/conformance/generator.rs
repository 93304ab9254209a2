//! Generators.

use std::collections::BTreeMap;

use locus_model::Program;
use serde_json::{Value, json};

use super::{params_fit, quiet, wrong};
use crate::schema::with_defaults;
use crate::testing::draw::{Draw, Fill, sample};
use crate::testing::{generate, known, linked};

/// How many odd options are drawn.
const ROUNDS: u64 = 60;

/// A generator on a program: it takes the options that its schema allows and refuses the rest; every planned path stays inside the out folder and is there
/// once, on file systems that ignore case as well; plan and files are the same each time; it copes with an empty program and with odd options.
#[track_caller]
pub fn generator(name: &str, program: &Program) {
    let registry = linked();
    let Some(entry) = registry.generator(name) else {
        panic!(
            "no generator `{name}` is linked; {}",
            known(registry.generators().map(|e| e.meta.name.as_str()))
        )
    };
    let what = format!("the generator `{name}`");
    let schema = &entry.meta.options;
    let takes = |options| (entry.make)(options).map(drop).map_err(|error| error.to_string());
    params_fit(&what, schema, takes, &wrong(schema));
    let empty = Program::default();
    let mut all = vec![with_defaults(schema, json!({}))];
    all.extend([Fill::Required, Fill::All].iter().filter_map(|fill| sample(schema, *fill)));
    all.extend((0..ROUNDS).map(|seed| Draw::new(seed).bent(schema)));
    for (options, program) in all.iter().flat_map(|options| [(options, program), (options, &empty)])
    {
        check(&what, name, options, program);
    }
}

fn check(what: &str, name: &str, options: &Value, program: &Program) {
    let once = || quiet(what, options, || generate(name, options.clone(), program));
    let made = once();
    assert_eq!(made, once(), "{what} makes other files each time, with the options {options}");
    let Ok(files) = made else { return };
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for unit in &files.plan.units {
        let path = &unit.path;
        let good = |part: &str| !part.is_empty() && part != "." && part != "..";
        assert!(
            path.split('/').all(good) && !path.contains(['\\', ':', '\0']),
            "{what} plans `{path}`, which is no path below the out folder: write names joined by `/`"
        );
        if let Some(other) = seen.insert(path.to_lowercase(), path) {
            panic!(
                "{what} plans both `{other}` and `{path}`, which are one file where case is ignored"
            );
        }
    }
    let stored = serde_json::to_value(&files.plan).and_then(serde_json::from_value);
    let stored: crate::generator::Plan =
        stored.unwrap_or_else(|error| panic!("{what}: its plan cannot be stored: {error}"));
    assert_eq!(stored, files.plan, "{what}: its plan changes when it is stored");
}
