//! What Cargo says about the workspace, and what the root manifest says in comments.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::source::Source;

/// Data of test cases and templates: Rust files there are texts, not parts of a crate.
const NOT_SOURCES: &[&str] = &["target", "templates", "suite", "generate", "execute", "ui"];

/// The packages, and the dependencies that the root manifest declares.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) packages: Vec<Package>,
    pub(crate) declared: Vec<Declared>,
}

/// One package of the workspace.
pub(crate) struct Package {
    pub(crate) name: String,
    /// Relative to the root.
    pub(crate) folder: String,
    /// Normal, build and dev.
    pub(crate) dependencies: Vec<Dependency>,
}

/// A direct dependency of a package.
pub(crate) struct Dependency {
    pub(crate) name: String,
    rename: Option<String>,
    dev: bool,
}

/// An entry of `[workspace.dependencies]`.
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) purpose: Purpose,
    pub(crate) any_version: bool,
}

/// The comment above an entry.
pub(crate) enum Purpose {
    /// A package of ours: its own description says it.
    Ours,
    /// Said, and to which single package the comment gives it.
    Said {
        only: Option<String>,
    },
    Missing,
}

/// The root of the repository. Asked at run time: Cargo may reuse a binary that was built elsewhere.
fn root() -> PathBuf {
    let tests =
        std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&tests).parent().expect("the tests lie below the root").to_owned()
}

/// A file of the repository.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A package's name as the layer table uses it.
pub(crate) fn short_name(package: &str) -> &str {
    package.strip_prefix("locus-").unwrap_or(package)
}

/// Does a name of the table (`clap`, `jaq-*`) mean this dependency?
pub(crate) fn matches(pattern: &str, dependency: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => dependency.starts_with(start),
        None => pattern == dependency,
    }
}

impl Workspace {
    /// Asks Cargo.
    pub(crate) fn read() -> Workspace {
        let root = root();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
            .current_dir(&root)
            .output()
            .expect("cargo starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value =
            serde_json::from_slice(&output.stdout).expect("`cargo metadata` is JSON");
        let root_said = metadata["workspace_root"].as_str().expect("a workspace has a root");
        let packages = metadata["packages"].as_array().expect("a workspace has packages");
        Workspace {
            packages: packages
                .iter()
                .map(|package| Package::read(package, Path::new(root_said)))
                .collect(),
            declared: declared(&read("Cargo.toml")),
            root,
        }
    }

    /// The package of this name.
    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// The declared dependencies that a name of the table means.
    pub(crate) fn matching<'a>(&'a self, pattern: &'a str) -> impl Iterator<Item = &'a str> {
        self.declared
            .iter()
            .map(|entry| entry.name.as_str())
            .filter(move |name| matches(pattern, name))
    }

    /// Has the root manifest an entry for it?
    pub(crate) fn declares(&self, dependency: &Dependency) -> bool {
        self.declared.iter().any(|entry| dependency.is(&entry.name))
    }
}

impl Package {
    fn read(package: &Value, root: &Path) -> Package {
        let text = |key: &str| package[key].as_str().expect("a package has a name and a manifest");
        let folder =
            Path::new(text("manifest_path")).parent().expect("a manifest lies in a folder");
        let folder = folder.strip_prefix(root).expect("packages lie below the root");
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        Package {
            name: text("name").to_owned(),
            folder: folder.to_string_lossy().replace('\\', "/"),
            dependencies: dependencies.map(Dependency::read).collect(),
        }
    }

    /// The name without `locus-`.
    pub(crate) fn short_name(&self) -> &str {
        short_name(&self.name)
    }

    /// The packages of ours it is built from; what only its tests use does not count.
    pub(crate) fn workspace_dependencies<'a>(
        &'a self,
        workspace: &'a Workspace,
    ) -> impl Iterator<Item = &'a Package> {
        let built_from = self.dependencies.iter().filter(|dependency| !dependency.dev);
        built_from.filter_map(|dependency| workspace.package(&dependency.name))
    }

    /// The compiler, the steps and the generators: what runs inside a host.
    pub(crate) fn is_below_the_hosts(&self) -> bool {
        self.folder.starts_with("compiler/")
            || ["steps", "generators"].contains(&self.folder.as_str())
    }

    /// Its Rust files, sorted by path.
    pub(crate) fn sources(&self, root: &Path) -> Vec<Source> {
        let mut sources = Vec::new();
        collect_sources(root, &root.join(&self.folder), &mut sources);
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        sources
    }
}

fn collect_sources(root: &Path, folder: &Path, into: &mut Vec<Source>) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.map(|entry| entry.expect("a folder can be listed")) {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if path.is_dir() {
            if !name.starts_with('.') && !NOT_SOURCES.contains(&&*name) {
                collect_sources(root, &path, into);
            }
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let path = path.strip_prefix(root).expect("sources lie below the root");
            into.push(Source::new(path.to_string_lossy().replace('\\', "/"), text));
        }
    }
}

impl Dependency {
    fn read(dependency: &Value) -> Dependency {
        Dependency {
            name: dependency["name"].as_str().expect("a dependency has a name").to_owned(),
            rename: dependency["rename"].as_str().map(str::to_owned),
            dev: dependency["kind"] == "dev",
        }
    }

    /// Is it the entry of this name in `[workspace.dependencies]`?
    pub(crate) fn is(&self, key: &str) -> bool {
        self.rename.as_deref().unwrap_or(&self.name) == key
    }
}

/// Reads `[workspace.dependencies]` as text: its comments are what we are after.
fn declared(manifest: &str) -> Vec<Declared> {
    let mut entries = Vec::new();
    let mut inside = false;
    let mut comment = String::new();
    for (index, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            inside = line == "[workspace.dependencies]";
        } else if let Some(words) = line.strip_prefix("# ") {
            comment.push_str(words);
            comment.push(' ');
        } else if inside && line.starts_with(|first: char| first.is_ascii_alphabetic()) {
            let (name, value) = line.split_once('=').expect("an entry has the form `name = …`");
            entries.push(Declared {
                name: name.trim().to_owned(),
                line: index + 1,
                purpose: Purpose::read(&comment, value),
                any_version: value.contains("\"*\""),
            });
            comment.clear();
        } else {
            comment.clear();
        }
    }
    entries
}

impl Purpose {
    /// A line `-- … --` is a heading and explains no entry.
    fn read(comment: &str, value: &str) -> Purpose {
        if value.contains("path =") {
            return Purpose::Ours;
        }
        let said = comment.rsplit("-- ").next().unwrap_or(comment).trim();
        if said.is_empty() {
            return Purpose::Missing;
        }
        let only = said.split_once("(only ").and_then(|(_, rest)| rest.split_once(')'));
        Purpose::Said { only: only.map(|(package, _)| package.to_owned()) }
    }
}

#[test]
fn a_manifest_is_read() {
    let entries = declared(
        "[workspace.dependencies]\n# -- ours --\na = { path = \"a\" }\n\n# -- values --\n# Reads (only locus-x).\n\
         b = \"1\"\nc = \"*\"\n# -- last --\nd = \"1\"\n[workspace.lints]\n# Not one.\ne = 1\n",
    );
    let names: Vec<_> = entries.iter().map(|entry| (entry.name.as_str(), entry.line)).collect();
    assert_eq!(names, [("a", 3), ("b", 7), ("c", 8), ("d", 10)]);
    assert!(matches!(entries[0].purpose, Purpose::Ours));
    assert!(matches!(&entries[1].purpose, Purpose::Said { only: Some(name) } if name == "locus-x"));
    assert!(matches!(entries[2].purpose, Purpose::Missing) && entries[2].any_version);
    assert!(matches!(entries[3].purpose, Purpose::Missing));
}
