//! Programs in other programs: [`Build`] compiles one in a build script, [`include_program!`](crate::include_program) takes it into the binary.
//!
//! ```no_run
//! // In `main` of build.rs, with the step types that the program uses among the build dependencies:
//! locus_compiler::Build::new("specs").run();
//! ```
//!
//! ```ignore
//! // In src/main.rs:
//! let program = locus_compiler::include_program!();
//! ```

use std::fmt::Write;
use std::path::{Path, PathBuf};

use locus_diag::render::{Style, to_terminal};
use locus_diag::{Severity, Sources};
use locus_model::Program;
use locus_plugin::Registry;

use crate::compile::{Compilation, compile};

/// Compiles a program while a crate is built.
#[derive(Clone, Debug)]
pub struct Build {
    spec: PathBuf,
    name: String,
    warnings: Warnings,
}

/// What becomes of warnings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Warnings {
    /// Cargo shows them.
    Show,
    /// They fail the build.
    Deny,
}

/// What a build script says and leaves behind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Embedded {
    /// The program, to be read by [`embedded`].
    pub json: String,
    /// The lines for Cargo: what to watch, warnings.
    pub lines: Vec<String>,
}

impl Build {
    /// A spec file or the project in a folder, relative to the crate.
    #[must_use]
    pub fn new(spec: impl Into<PathBuf>) -> Self {
        Self { spec: spec.into(), name: "program".to_owned(), warnings: Warnings::Show }
    }

    /// The name for `include_program!("name")`, where a crate takes in several.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// What becomes of warnings.
    #[must_use]
    pub const fn warnings(mut self, warnings: Warnings) -> Self {
        self.warnings = warnings;
        self
    }

    /// Compiles the program with these plugins, and says what a build script has to.
    ///
    /// # Errors
    /// The diagnostics, rendered.
    pub fn compile(&self, registry: &Registry) -> Result<Embedded, String> {
        let compilation = compile(&self.spec, registry);
        let mut lines: Vec<String> =
            watched(&self.spec, &compilation).iter().map(|path| watch(path)).collect();
        let (mut problems, mut wrong) = (String::new(), compilation.diagnostics.has_errors());
        for problem in &compilation.diagnostics {
            match problem.severity {
                Severity::Warning if self.warnings == Warnings::Show => {
                    lines.push(format!("cargo::warning={}", said(problem, &compilation.sources)));
                }
                Severity::Warning => wrong = true,
                _ => {}
            }
            let text =
                to_terminal(problem, &compilation.sources, Style { color: false, width: 100 });
            let _ = writeln!(problems, "{text}");
        }
        if wrong {
            return Err(problems);
        }
        let json = serde_json::to_string(&compilation.program)
            .map_err(|error| format!("the program cannot be stored: {error}"))?;
        Ok(Embedded { json, lines })
    }

    /// The whole of a build script: compiles with the plugins that are linked into it, tells Cargo what to watch, and leaves the program for
    /// [`include_program!`](crate::include_program).
    ///
    /// # Panics
    /// With the rendered diagnostics, when the program is wrong: that is how a build script fails.
    #[expect(clippy::print_stdout, reason = "a build script speaks to Cargo on standard output")]
    #[expect(
        clippy::disallowed_methods,
        reason = "Cargo says in the environment where a build script leaves its files"
    )]
    pub fn run(&self) {
        let registry = Registry::linked().unwrap_or_else(|problems| {
            let all: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
            panic!("the plugins cannot be linked together: {}", all.join("; "))
        });
        let out = std::env::var_os("OUT_DIR")
            .expect("`Build::run` is for build scripts: Cargo sets OUT_DIR");
        match self.compile(&registry) {
            Ok(embedded) => {
                embedded.lines.iter().for_each(|line| println!("{line}"));
                let path = Path::new(&out).join(format!("{}.locus.json", self.name));
                std::fs::write(&path, embedded.json)
                    .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
            }
            Err(problems) => {
                println!("{}", watch(&self.spec));
                panic!("{} is wrong:\n\n{problems}", self.spec.display())
            }
        }
    }
}

/// The spec itself (in a folder Cargo sees new files too) and every file that was read.
fn watched(spec: &Path, compilation: &Compilation) -> Vec<PathBuf> {
    let read =
        compilation.spec.files.iter().filter_map(|file| compilation.sources.get(file.source));
    let mut all: Vec<PathBuf> = read.map(|source| compilation.root.join(&*source.name)).collect();
    all.push(spec.to_owned());
    all.sort();
    all.dedup();
    all
}

fn watch(path: &Path) -> String {
    format!("cargo::rerun-if-changed={}", path.display())
}

/// A problem on one line.
fn said(problem: &locus_diag::Diagnostic, sources: &Sources) -> String {
    let place = problem.primary().and_then(|span| {
        let source = sources.get(span.source)?;
        let (line, column) = source.line_column(span.range().start);
        Some(format!("{}:{line}:{column}: ", source.name))
    });
    format!("{}{} [{}]", place.unwrap_or_default(), problem.message, problem.code)
        .replace('\n', " ")
}

/// Reads a program that [`Build`] has left behind.
///
/// # Panics
/// The text is of another version of Locus.
#[must_use]
pub fn embedded(json: &str) -> Program {
    serde_json::from_str(json).unwrap_or_else(|error| {
        panic!("the embedded program is of another version of Locus: {error}")
    })
}

/// The checked program that the crate's build script compiled with [`Build`], in the binary; with a name where there are several.
#[macro_export]
macro_rules! include_program {
    () => {
        $crate::include_program!("program")
    };
    ($name:literal) => {
        $crate::embedded(include_str!(concat!(env!("OUT_DIR"), "/", $name, ".locus.json")))
    };
}
