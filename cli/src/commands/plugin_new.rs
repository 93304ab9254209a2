//! `locus plugin new`: a crate of a plugin that builds, is tested and documented, with a host of its own.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use locus_plugin::meta::is_built_in;

use crate::args::{PluginNew, Template};
use crate::ui::{Failed, Outcome, Ui};

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../templates/plugin/", $path))
    };
}

/// A part of a plugin: what of the templates it takes.
struct Part {
    /// The module, and its file.
    module: &'static str,
    text: &'static str,
    /// Its row in the README.
    holds: &'static str,
    permissions: &'static [&'static str],
}

const STEP: Part = Part {
    module: "step",
    text: template!("src/step.rs"),
    holds: "the step type `@name@_greet`, an action",
    permissions: &["network"],
};
const CONTROL: Part = Part {
    module: "control",
    text: template!("src/control.rs"),
    holds: "the step type `@name@_repeat`, which decides what runs next",
    permissions: &[],
};
const GENERATOR: Part = Part {
    module: "generator",
    text: template!("src/generator.rs"),
    holds: "the generator `@name@_inventory`",
    permissions: &[],
};
const HOOKS: Part = Part {
    module: "hooks",
    text: template!("src/hooks.rs"),
    holds: "a hook after the check",
    permissions: &[],
};
const FRONT_END: Part = Part {
    module: "front_end",
    text: template!("src/front_end.rs"),
    holds: "a front end for files ending in `.@name@.txt`",
    permissions: &[],
};

pub(crate) fn new(args: &PluginNew, ui: Ui) -> Outcome {
    let name = Names::of(&args.name, ui)?;
    let folder = args.path.clone().unwrap_or_else(|| name.package.clone().into());
    let [plugin, cli] = dependencies(args.locus.as_deref(), ui)?;
    let parts: &[Part] = match args.template {
        Template::Step => &[STEP],
        Template::Control => &[CONTROL],
        Template::Generator => &[GENERATOR],
        Template::Hooks => &[HOOKS],
        Template::FrontEnd => &[FRONT_END],
        Template::Full => &[STEP, CONTROL, GENERATOR, HOOKS, FRONT_END],
    };
    let files = files(parts, &name, &plugin, &cli);
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).map_err(|error| not_made(parent, &error, ui))?;
    }
    // The folder is made here: if it exists already, nothing in it is touched.
    fs::create_dir(&folder).map_err(|error| not_made(&folder, &error, ui))?;
    for (file, text) in files {
        let path = folder.join(file);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&path, text)).map_err(|error| {
            // The folder was made by this command: leave nothing half-made behind.
            let _ = fs::remove_dir_all(&folder);
            not_made(&path, &error, ui)
        })?;
    }
    ui.note(format_args!("made {}: the plugin `{}`; try:", folder.display(), name.id));
    ui.note(format_args!("  cd {}", folder.display()));
    ui.note("  cargo test");
    ui.note(format_args!("  cargo run -p {}-locus -- {}", name.package, try_it(parts)));
    Ok(())
}

/// One name in the forms that are needed.
struct Names {
    /// `acme.chat`
    id: String,
    /// `acme-chat`
    package: String,
    /// `chat`
    short: String,
}

impl Names {
    fn of(written: &str, ui: Ui) -> Result<Self, Failed> {
        let wrong =
            |what: &str, help: &str| Err(ui.error(format_args!("`{written}` {what}"), Some(help)));
        let example = "name it after its owner and what it adds, as in `acme.chat`";
        let Some((owner, short)) = written.split_once(['.', '-']) else {
            return wrong("is no name for a plugin", example);
        };
        let fits = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase())
                && !part.ends_with('-')
                && !part.contains("--")
                && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        };
        if !fits(owner) || !fits(short) {
            return wrong(
                "is no name for a plugin: both parts are lower-case letters, digits and `-`",
                example,
            );
        }
        let id = format!("{owner}.{short}");
        if is_built_in(&id) {
            return wrong("is a name of Locus itself", "take your own name as the owner");
        }
        Ok(Self { package: format!("{owner}-{short}"), short: short.replace('-', "_"), id })
    }

    fn crate_name(&self) -> String {
        self.package.replace('-', "_")
    }

    /// `AcmeChat`
    fn type_name(&self) -> String {
        let word = |part: &str| part[..1].to_uppercase() + &part[1..];
        self.package.split('-').map(word).collect()
    }
}

/// How the contract and the command are depended on: by version, or from a checkout or repository.
fn dependencies(locus: Option<&str>, ui: Ui) -> Result<[String; 2], Failed> {
    let Some(place) = locus else {
        let version = concat!("version = \"", env!("CARGO_PKG_VERSION"), "\"").to_owned();
        return Ok([version.clone(), version]);
    };
    if place.contains("://") || place.starts_with("git@") {
        let git = format!("git = {}", toml_text(place));
        return Ok([git.clone(), git]);
    }
    let root = fs::canonicalize(place).unwrap_or_default();
    let help = "give the folder of a checkout of Locus, or the address of its repository";
    for member in ["compiler/plugin/Cargo.toml", "cli/Cargo.toml"] {
        if !root.join(member).is_file() {
            return Err(ui.error(
                format_args!("`{place}` holds no Locus: it has no `{member}`"),
                Some(help),
            ));
        }
    }
    Ok(["compiler/plugin", "cli"]
        .map(|member| format!("path = {}", toml_text(&root.join(member).to_string_lossy()))))
}

/// A basic string of TOML; it escapes as JSON does.
fn toml_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn files(parts: &[Part], name: &Names, plugin: &str, cli: &str) -> Vec<(String, String)> {
    let mods: String = parts.iter().map(|part| format!("pub mod {};\n", part.module)).collect();
    let rows = parts.iter().map(|part| format!("| `src/{}.rs` | {} |\n", part.module, part.holds));
    let permissions: Vec<String> =
        parts.iter().flat_map(|part| part.permissions).map(|name| format!("\"{name}\"")).collect();
    let permissions = match permissions.is_empty() {
        true => String::new(),
        false => format!("permissions({}), ", permissions.join(", ")),
    };
    let about = format!("What {} adds to Locus.", name.id);
    let fill = |text: &str| {
        text.replace("@rows@", &rows.clone().collect::<String>())
            .replace("@mods@", &mods)
            .replace("@permissions@", &permissions)
            .replace("@about@", &about)
            .replace("@try@", try_it(parts))
            .replace("@package@", &name.package)
            .replace("@crate@", &name.crate_name())
            .replace("@Plugin@", &name.type_name())
            .replace("@name@", &name.short)
            .replace("@id@", &name.id)
            .replace("@locus-plugin@", plugin)
            .replace("@locus-cli@", cli)
    };
    let has = |module: &str| parts.iter().any(|part| part.module == module);
    let mut all = vec![
        ("Cargo.toml".to_owned(), template!("Cargo.toml")),
        ("README.md".to_owned(), template!("README.md")),
        (".gitignore".to_owned(), template!("gitignore")),
        ("src/lib.rs".to_owned(), template!("src/lib.rs")),
        ("host/Cargo.toml".to_owned(), template!("host/Cargo.toml")),
        ("host/src/main.rs".to_owned(), template!("host/src/main.rs")),
    ];
    all.extend(parts.iter().map(|part| (format!("src/{}.rs", part.module), part.text)));
    if has("step") {
        all.push(("specs/welcome.locus.yaml".to_owned(), template!("specs/step.locus.yaml")));
    }
    if has("control") {
        all.push(("specs/remind.locus.yaml".to_owned(), template!("specs/control.locus.yaml")));
    }
    if has("hooks") && parts.len() == 1 {
        all.push(("specs/hello.locus.yaml".to_owned(), template!("specs/plain.locus.yaml")));
    }
    let mut all: Vec<(String, String)> =
        all.into_iter().map(|(file, text)| (file, fill(text))).collect();
    let mut manifest = format!("name: {}\nversion: 0.1.0\nlanguage: 1\n", name.package);
    if has("generator") {
        manifest += &format!(
            "\ntargets:\n  inventory: {{ generator: {}_inventory, out: generated }}\n",
            name.short
        );
        all.push((
            "specs/hello.locus.yaml".to_owned(),
            template!("specs/plain.locus.yaml").to_owned(),
        ));
    }
    if has("front_end") {
        all.push((
            format!("specs/morning.{}.txt", name.short),
            "morning: Good morning\nmorning: How are you?\n".to_owned(),
        ));
    }
    all.push(("specs/locus.yaml".to_owned(), manifest));
    all
}

/// What shows the plugin at work.
fn try_it(parts: &[Part]) -> &'static str {
    match parts[0].module {
        "step" if parts.len() > 1 => "run specs welcome",
        "step" | "control" | "front_end" => "run specs",
        "generator" => "build specs",
        _ => "check specs",
    }
}

fn not_made(path: &Path, error: &std::io::Error, ui: Ui) -> Failed {
    let help = match error.kind() {
        ErrorKind::AlreadyExists => "take another name or `--path`, or delete what is there first",
        ErrorKind::PermissionDenied => "make it where you may write",
        _ => "nothing was left behind",
    };
    ui.error(format_args!("cannot make `{}`: {error}", path.display()), Some(help))
}
