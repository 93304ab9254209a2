//! Checks that need a tool from outside Rust: what each needs, how it is found, what it runs.
//!
//! [`EXTERNALS`] is the one table. `cargo xtask test` goes through it: a tool that can be had is
//! installed below Cargo's target folder, and its path goes to the tests in an environment
//! variable. A tool that cannot be had is named loudly; in CI that is a failure.
//!
//! To add a check: one entry here, then `cargo xtask bless` (its row in `CONTRIBUTING.md`), then a
//! test that asks `tests/external.rs` for the tool.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::process;
use crate::workspace::Workspace;

/// One check by an outside tool.
pub(crate) struct External {
    /// Names its folder and its line in the report.
    pub(crate) name: &'static str,
    /// What is known when it passes.
    pub(crate) proves: &'static str,
    /// The variable in which the tests find the program's path.
    pub(crate) variable: &'static str,
    /// What must be on the machine already.
    pub(crate) needs: &'static [Need],
    /// How the tool comes into its folder.
    pub(crate) install: Install,
    /// The program, relative to its folder.
    pub(crate) program: &'static str,
}

/// A command that must be on the machine, found by calling it.
pub(crate) struct Need {
    /// As said to a person.
    pub(crate) name: &'static str,
    /// A call that succeeds when it is there.
    detect: &'static [&'static str],
}

/// Where a tool comes from. Versions are exact: a new release must not turn a green tree red.
pub(crate) enum Install {
    /// Packages of npm, and a script of ours (name, text) that lies beside their `node_modules`.
    Npm { packages: &'static [&'static str], script: Option<(&'static str, &'static str)> },
    /// Packages of PyPI, in a virtual environment.
    Pip { packages: &'static [&'static str] },
}

const NODE: Need = Need { name: "node", detect: &["node", "--version"] };
const NPM: Need = Need { name: "npm", detect: &[npm(), "--version"] };
const PYTHON: Need = Need {
    name: "python3 with venv and pip",
    detect: &["python3", "-c", "import venv, ensurepip"],
};

/// npm takes no release after this day, so that what it resolves below our pins stays the same.
const NPM_BEFORE: &str = "--before=2026-11-20";

/// Every external check.
pub(crate) const EXTERNALS: &[External] = &[
    External {
        name: "typescript",
        proves: "generated TypeScript passes the TypeScript compiler",
        variable: "LOCUS_TSC",
        needs: &[NODE, NPM],
        install: Install::Npm { packages: &["typescript@5.9.3"], script: None },
        program: "node_modules/.bin/tsc",
    },
    External {
        name: "openapi",
        proves: "generated OpenAPI documents are valid",
        variable: "LOCUS_OPENAPI_VALIDATOR",
        needs: &[PYTHON],
        install: Install::Pip { packages: &["openapi-spec-validator==0.9.0"] },
        program: "bin/openapi-spec-validator",
    },
    External {
        name: "mermaid",
        proves: "generated diagrams parse in Mermaid",
        variable: "LOCUS_MERMAID",
        needs: &[NODE, NPM],
        // The last line of each that runs on Node 18 and 20.
        install: Install::Npm {
            packages: &["mermaid@11.17.2", "jsdom@26.1.0"],
            script: Some(("mermaid-check.mjs", include_str!("../assets/mermaid-check.mjs"))),
        },
        program: "mermaid-check.mjs",
    },
    External {
        name: "yaml",
        proves: "the YAML language server works with the schema of the language",
        variable: "LOCUS_YAML_SERVER",
        needs: &[NODE, NPM],
        install: Install::Npm {
            packages: &["yaml-language-server@1.25.0"],
            script: Some(("yaml-check.mjs", include_str!("../assets/yaml-check.mjs"))),
        },
        program: "yaml-check.mjs",
    },
    External {
        name: "vscode",
        proves: "the VS Code extension has no type errors and can be packaged",
        variable: "LOCUS_VSCODE",
        needs: &[NODE, NPM],
        install: Install::Npm {
            packages: &[
                "typescript@5.9.3",
                "vscode-languageclient@9.0.1",
                "@types/vscode@1.90.0",
                "@types/node@20.19.0",
                "@vscode/vsce@3.9.2",
            ],
            script: Some(("vscode-check.mjs", include_str!("../assets/vscode-check.mjs"))),
        },
        program: "vscode-check.mjs",
    },
    External {
        name: "kubernetes",
        proves: "generated Kubernetes manifests fit the schemas of Kubernetes",
        variable: "LOCUS_KUBERNETES_VALIDATE",
        needs: &[PYTHON],
        install: Install::Pip { packages: &["kubernetes-validate==1.37.0"] },
        program: "bin/kubernetes-validate",
    },
];

/// Which tools the tests can use, and which not and why.
#[derive(Default)]
pub(crate) struct Tools {
    found: Vec<(&'static str, PathBuf)>,
    missing: Vec<(&'static External, String)>,
}

impl Tools {
    /// Goes through the table and installs what is not there yet.
    pub(crate) fn prepare(workspace: &Workspace) -> Tools {
        println!("External checks:");
        let mut tools = Tools::default();
        for external in EXTERNALS {
            match external.program(workspace) {
                Ok(program) => {
                    println!("  {:<12} {}", external.name, external.proves);
                    tools.found.push((external.variable, program));
                }
                Err(reason) => {
                    println!("  {:<12} MISSING: {reason}", external.name);
                    tools.missing.push((external, reason));
                }
            }
        }
        println!();
        tools
    }

    /// Tells a test run where the tools are.
    pub(crate) fn tell(&self, command: &mut Command) {
        for (variable, program) in &self.found {
            command.env(variable, program);
        }
    }

    /// Names each check that could not run, and refuses that in CI.
    pub(crate) fn report_missing(&self, workspace: &Workspace) -> Outcome {
        for (external, reason) in &self.missing {
            eprintln!("\n!!! NOT CHECKED: that {}.\n!!! {reason}", external.proves);
        }
        let names: Vec<_> = self.missing.iter().map(|(external, _)| external.name).collect();
        if names.is_empty() || !workspace.ci {
            return Ok(());
        }
        Err(format!(
            "external checks without their tool, which CI does not accept: {}",
            names.join(", ")
        ))
    }
}

impl External {
    /// The program's path: the user's own, or the one installed below the target folder.
    fn program(&self, workspace: &Workspace) -> Result<PathBuf, String> {
        if let Some(own) = std::env::var_os(self.variable) {
            let own = PathBuf::from(own);
            let complaint = format!("{}={} is no file", self.variable, own.display());
            return if own.is_file() { Ok(own) } else { Err(complaint) };
        }
        for need in self.needs {
            need.detect().map_err(|reason| format!("needs {}: {reason}", need.name))?;
        }
        let tools = workspace.target.join("locus-tools");
        let folder = tools.join(self.name);
        let told = |error: std::io::Error| format!("cannot prepare {}: {error}", folder.display());

        // Two runs may share the target folder; the second waits for what the first installs.
        fs::create_dir_all(&tools).map_err(told)?;
        let lock = fs::File::create(tools.join(".lock")).map_err(told)?;
        lock.lock().map_err(told)?;

        let stamp = folder.join(".installed");
        let wanted = self.install.stamp(&folder);
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(folder.join(self.program));
        }
        println!("  {:<12} installing {} ...", self.name, self.install.packages().join(", "));
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(told)?;
        }
        fs::create_dir_all(&folder).map_err(told)?;
        self.install.run(&folder)?;
        // The stamp comes last: an install that broke off is begun anew.
        fs::write(&stamp, wanted).map_err(told)?;
        Ok(folder.join(self.program))
    }
}

impl Need {
    fn detect(&self) -> Outcome {
        match self.detect {
            [program, arguments @ ..] => process::quiet(Command::new(program).args(arguments)),
            [] => Ok(()),
        }
    }
}

impl Install {
    /// The packages with their versions.
    pub(crate) fn packages(&self) -> &'static [&'static str] {
        match self {
            Install::Npm { packages, .. } | Install::Pip { packages } => packages,
        }
    }

    /// Differs as soon as another version, script or place is wanted.
    fn stamp(&self, folder: &Path) -> String {
        let mut lines = vec![folder.display().to_string()];
        lines.extend(self.packages().iter().map(|package| (*package).to_owned()));
        if let Install::Npm { script, .. } = self {
            lines.push(NPM_BEFORE.to_owned());
            lines.extend(script.map(|(_, text)| text.to_owned()));
        }
        lines.join("\n")
    }

    fn run(&self, folder: &Path) -> Outcome {
        match self {
            Install::Npm { packages, script } => install_from_npm(folder, packages, *script),
            Install::Pip { packages } => {
                process::quiet(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
                let mut pip = Command::new(folder.join("bin/pip"));
                process::quiet(pip.args(["install", "--quiet", "--no-input"]).args(*packages))
            }
        }
    }
}

fn install_from_npm(folder: &Path, packages: &[&str], script: Option<(&str, &str)>) -> Outcome {
    let told = |error: std::io::Error| format!("cannot write to {}: {error}", folder.display());
    // Without it npm would install into the nearest folder above that has one.
    fs::write(folder.join("package.json"), "{\"private\": true}\n").map_err(told)?;
    let mut install = Command::new(npm());
    install
        .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"])
        .arg(NPM_BEFORE)
        .args(packages)
        .current_dir(folder);
    process::quiet(&mut install)?;
    if let Some((name, text)) = script {
        let path = folder.join(name);
        fs::write(&path, text).map_err(told)?;
        make_executable(&path).map_err(told)?;
    }
    Ok(())
}

const fn npm() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

#[cfg(unix)]
fn make_executable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> std::io::Result<()> {
    Ok(())
}
