//! How plugins stand in a project: whether they fit together, their config, versions and permissions, and those that are left out.

use std::sync::{Arc, Mutex};

use locus_plugin::migration::{MigrationEntry, MigrationMeta};
use locus_plugin::{HookContext, Migration, PartEntry, PluginMeta, Severity};
use serde_json::{Value, json};

use super::kit::{
    Made, assemble, compile_files, messages, meta, plugin, registry, told, underlined, with_meta,
};

fn problems(plugins: impl IntoIterator<Item = Made>) -> Vec<String> {
    messages(&assemble(plugins).unwrap_err())
}

fn changed(id: &str, change: impl FnOnce(&mut PluginMeta)) -> Made {
    let mut meta = meta(id);
    change(&mut meta);
    with_meta(meta)
}

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn requirements_name_both_sides() {
    let needs = |wanted: &str| changed("acme.report", |meta| meta.requires = list(&[wanted]));
    assert_eq!(
        problems([needs("acme.fonts")]),
        ["the plugin `acme.report` requires `acme.fonts`, which no linked plugin provides"]
    );
    assert_eq!(
        problems([needs("acme.fonts@^2"), plugin("acme.fonts")]),
        ["the plugin `acme.report` requires version ^2 of `acme.fonts`, but there is 1.0.0"]
    );
    let fonts = |provides: &str| changed("acme.type", |meta| meta.provides = list(&[provides]));
    assert_eq!(
        problems([needs("fonts@^3"), fonts("fonts@2")]),
        ["the plugin `acme.report` requires version ^3 of `fonts`, but there is 2 of `acme.type`"]
    );
    assert!(assemble([needs("fonts@^2"), fonts("fonts@2.4")]).is_ok());
    assert!(assemble([needs("fonts"), fonts("fonts")]).is_ok());
    let may = |wanted: &str| changed("acme.report", |meta| meta.optional = list(&[wanted]));
    assert!(assemble([may("fonts@^3")]).is_ok());
    assert_eq!(
        problems([may("fonts@^3"), fonts("fonts@2")]),
        [
            "the plugin `acme.report` can only use version ^3 of `fonts`, but there is 2 of `acme.type`"
        ]
    );
    let hates = changed("acme.alone", |meta| meta.conflicts = list(&["fonts"]));
    assert_eq!(
        problems([hates, fonts("fonts@2")]),
        [
            "the plugin `acme.alone` cannot be used together with `fonts`, which `acme.type` provides"
        ]
    );
}

#[test]
fn a_plugin_for_another_contract_is_refused() {
    let needs = |major, minor| changed("acme.new", |meta| meta.api = (major, minor));
    assert_eq!(
        problems([needs(1, 7)]),
        [
            "the plugin `acme.new` 1.0.0 needs version 1.7 of the plugin contract, this program offers 1.0"
        ]
    );
    assert_eq!(problems([needs(2, 0)]).len(), 1);
    assert_eq!(problems([needs(0, 9)]).len(), 1);
}

#[test]
fn ids_that_may_be_taken_for_others_are_refused() {
    assert_eq!(
        problems([plugin("acme.shop"), plugin("acme.sh0p")]),
        ["the plugin ids `acme.sh0p` and `acme.shop` look alike"]
    );
    let cyrillic = problems([plugin("acme.shop"), plugin("аcme.shop")]);
    assert!(cyrillic.iter().any(|said| said.contains("U+0430")), "{cyrillic:?}");
    assert!(cyrillic.iter().any(|said| said.contains("look alike")), "{cyrillic:?}");
    assert!(problems([plugin("Acme.Shop")])[0].contains("`A` (U+0041)"));
}

#[test]
fn two_owners_of_one_name_are_both_named() {
    use locus_plugin::registry::Registered;
    let log = || locus_steps::log::Log::REGISTRATION.part.make();
    let said = problems([plugin("acme.log").with(log())]);
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("the step type `log` is there twice"), "{said:?}");
    assert!(said[0].contains("`acme.log`") && said[0].contains("`locus.steps`"), "{said:?}");
    let mut two = plugin("acme.one");
    two.0.extend(plugin("acme.one").0);
    assert!(!problems([two]).is_empty());
}

type Seen = Arc<Mutex<Vec<Value>>>;

/// A plugin with config, which notes the config that its hooks get.
fn configured(seen: &Seen) -> Made {
    let seen = Arc::clone(seen);
    let made = changed("acme.shop", |meta| {
        meta.config = json!({
            "type": "object",
            "properties": {
                "currency": { "type": "string", "default": "EUR" },
                "rates": { "type": "object", "properties": { "vat": { "type": "number", "default": 19 } }, "additionalProperties": false },
            },
            "additionalProperties": false,
        });
        meta.permissions = list(&["events", "state"]);
        meta.config_version = 3;
    });
    let migrate = |from: u32, migration: Arc<dyn Migration>| {
        PartEntry::Migration(MigrationEntry {
            meta: MigrationMeta {
                from,
                plugin: String::new(),
                docs: "Renames.".to_owned(),
                defined_at: "shop.rs:1".to_owned(),
            },
            migration,
        })
    };
    made.with(migrate(1, Arc::new(Rename("money", "coin"))))
        .with(migrate(2, Arc::new(Rename("coin", "currency"))))
        .post_validate(move |_, cx: &mut HookContext| {
            seen.lock().unwrap().push(cx.config().clone());
        })
}

struct Rename(&'static str, &'static str);

impl Migration for Rename {
    fn migrate(&self, config: Value) -> Result<Value, String> {
        let Value::Object(mut map) = config else { return Err("no mapping".to_owned()) };
        match map.remove(self.0) {
            Some(Value::Null) => Err(format!("`{}` is empty", self.0)),
            Some(value) => {
                map.insert(self.1.to_owned(), value);
                Ok(Value::Object(map))
            }
            None => Ok(Value::Object(map)),
        }
    }
}

const SPEC: &str = "workflows: { greet: { steps: [ { log: { message: hi } } ] } }\n";

fn project(plugins: &str, seen: &Seen) -> locus_compiler::Compilation {
    let manifest = format!("name: shop\nplugins:\n{plugins}");
    let files = [("locus.yaml", manifest.as_str()), ("a.locus.yaml", SPEC)];
    compile_files(&files, &registry([configured(seen)]))
}

#[test]
fn config_reaches_hooks_with_its_defaults() {
    let seen = Seen::default();
    for (written, expected) in [
        ("  acme.shop: \"^1\"\n", json!({ "currency": "EUR" })),
        ("  acme.shop: { config: { currency: SEK } }\n", json!({ "currency": "SEK" })),
        (
            "  acme.shop: { config: { rates: {} } }\n",
            json!({ "rates": { "vat": 19 }, "currency": "EUR" }),
        ),
    ] {
        seen.lock().unwrap().clear();
        let compilation = project(written, &seen);
        assert_eq!(told(&compilation.diagnostics), Vec::<String>::new());
        assert_eq!(*seen.lock().unwrap(), [expected]);
    }
    seen.lock().unwrap().clear();
    compile_files(&[("a.locus.yaml", SPEC)], &registry([configured(&seen)]));
    assert_eq!(*seen.lock().unwrap(), [json!({ "currency": "EUR" })]);
}

#[test]
fn config_that_does_not_fit_is_told_at_its_place() {
    let seen = Seen::default();
    let compilation = project("  acme.shop: { config: { currency: 7, tax: 1 } }\n", &seen);
    let problems: Vec<_> = compilation.diagnostics.iter().collect();
    let places: Vec<(String, String)> =
        problems.iter().map(|problem| underlined(&compilation, problem)).collect();
    let place = |text: &str| ("locus.yaml".to_owned(), text.to_owned());
    assert_eq!(places, [place("7"), place("tax")], "{problems:?}");
    assert!(seen.lock().unwrap().is_empty(), "hooks see whole programs only");
}

#[test]
fn config_of_an_earlier_form_is_carried_over() {
    let seen = Seen::default();
    let written = "  acme.shop: { config_version: 1, config: { money: SEK } }\n";
    let compilation = project(written, &seen);
    let problems: Vec<_> = compilation.diagnostics.iter().collect();
    assert_eq!(problems.len(), 1);
    assert_eq!(
        (problems[0].code.as_str(), problems[0].severity),
        ("plugin-config-outdated", Severity::Warning)
    );
    assert_eq!(underlined(&compilation, problems[0]).1, "1");
    assert_eq!(*seen.lock().unwrap(), [json!({ "currency": "SEK" })]);

    let told_of = |written: &str| told(&project(written, &seen).diagnostics).join("\n");
    let failed = told_of("  acme.shop: { config_version: 2, config: { coin: null } }\n");
    assert!(
        failed.contains("cannot be carried over from form 2 to form 3: `coin` is empty"),
        "{failed}"
    );
    let misfit = told_of("  acme.shop: { config_version: 2, config: { coin: 7 } }\n");
    assert!(misfit.contains("plugin-config-not-migrated: "), "{misfit}");
    let future = told_of("  acme.shop: { config_version: 4 }\n");
    assert!(
        future.contains("expected a form of the config of `acme.shop` from 1 to 3"),
        "{future}"
    );
}

#[test]
fn versions_and_permissions_are_checked_at_their_places() {
    let seen = Seen::default();
    let compilation =
        project("  acme.shop: { version: \"^2\", permissions: [network, stat, state] }\n", &seen);
    let said: Vec<(String, String)> = compilation
        .diagnostics
        .iter()
        .map(|problem| (problem.code.clone(), underlined(&compilation, problem).1))
        .collect();
    let expected = [
        ("plugin-version-mismatch", "\"^2\""),
        ("permission-not-declared", "network"),
        ("permission-not-declared", "stat"),
    ];
    let expected = expected.map(|(code, text)| (code.to_owned(), text.to_owned()));
    assert_eq!(said, expected);
}

#[test]
fn a_plugin_that_is_disabled_is_not_called() {
    let seen = Seen::default();
    for written in ["  acme.shop: false\n", "  acme.shop: { enabled: false }\n"] {
        let compilation = project(written, &seen);
        assert_eq!(told(&compilation.diagnostics), Vec::<String>::new());
    }
    assert!(seen.lock().unwrap().is_empty());
    let needs = changed("acme.report", |meta| meta.requires = list(&["acme.shop"]));
    let files =
        [("locus.yaml", "name: shop\nplugins: { acme.shop: false }\n"), ("a.locus.yaml", SPEC)];
    let compilation = compile_files(&files, &registry([configured(&seen), needs]));
    assert_eq!(
        told(&compilation.diagnostics),
        [
            "plugin-requirement: the plugin `acme.report` requires `acme.shop`, which no linked plugin provides"
        ]
    );
}

#[test]
fn a_step_of_a_plugin_that_is_left_out_says_so() {
    let files =
        [("locus.yaml", "name: shop\nplugins: { locus.steps: false }\n"), ("a.locus.yaml", SPEC)];
    let compilation = compile_files(&files, &registry([]));
    assert_eq!(
        told(&compilation.diagnostics),
        [
            "unknown-step-type: the step type `log` is one of the plugin `locus.steps`, which is not used"
        ]
    );
    let safe = registry([plugin("acme.other")]).only(|id| id.starts_with("locus.")).unwrap();
    assert!(safe.plugin("acme.other").is_none() && safe.left_out("acme.other").is_some());
}

#[test]
fn what_goes_away_is_told_where_it_is_used() {
    use locus_plugin::registry::Registered;
    let PartEntry::Step(mut log) = locus_steps::log::Log::REGISTRATION.part.make() else {
        panic!("`log` is a step type");
    };
    log.ty.name = "shout".to_owned();
    log.ty.params["x-locus-deprecated"] = json!("use `log`");
    log.ty.params["properties"]["level"]["deprecated"] = json!(true);
    let made = plugin("acme.old").with(PartEntry::Step(log));
    let spec = "workflows: { greet: { steps: [ { shout: { message: hi, level: warn } } ] } }\n";
    let compilation = compile_files(&[("a.locus.yaml", spec)], &registry([made]));
    assert_eq!(
        told(&compilation.diagnostics),
        [
            "deprecated-part: the step type `shout` will go away",
            "deprecated-part: the parameter `level` will go away",
        ]
    );
    assert_eq!(compilation.diagnostics.iter().next().unwrap().help.as_deref(), Some("use `log`"));
}
