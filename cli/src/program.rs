//! From the path a user gives to a checked program.

use locus_compiler::Compilation;
use locus_plugin::Registry;

use crate::args::SpecArg;
use crate::ui::{Failed, Ui};

/// Compiles a spec file or project and shows its problems; fails if one of them is an error.
pub(crate) fn compile(spec: &SpecArg, registry: &Registry, ui: Ui) -> Result<Compilation, Failed> {
    let compilation = locus_compiler::compile_as(&spec.spec, spec.profile.as_deref(), registry);
    ui.diagnostics(&compilation.diagnostics, &compilation.sources);
    if compilation.diagnostics.has_errors() { Err(Failed) } else { Ok(compilation) }
}
