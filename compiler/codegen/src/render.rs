//! One unit to one file, each on its own: so units can be rendered in any order and at the same time.

use std::cell::RefCell;

use locus_diag::{Diagnostic, Sources};
use locus_model::Program;
use locus_plugin::generator::TemplateHost;
use locus_plugin::host::guarded;
use locus_plugin::{GenerateError, Ownership, RenderContext, Unit};
use serde_json::{Value, json};

use crate::codes;
use crate::output::{GeneratedFile, Origin, normalise};
use crate::plan::{PlannedTarget, at_unit, generator_failed, too_much};
use crate::verify;

/// Most bytes of a file.
const LONGEST_FILE: usize = 64 << 20;

/// A file to be rendered.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub(crate) planned: &'a PlannedTarget<'a>,
    /// The file as planned.
    pub unit: &'a Unit,
}

/// Makes one file.
///
/// # Errors
/// The generator fails or panics, a template fails, or the text is not valid for its kind of file.
pub fn render(
    job: &Job<'_>,
    program: &Program,
    sources: &Sources,
) -> Result<GeneratedFile, Diagnostic> {
    let Job { planned, unit } = job;
    let meta = planned.meta;
    let host = UnitHost { job, failure: RefCell::default() };
    let doing = format!("`render` of generator `{}` for `{}`", meta.name, unit.path);
    let result = guarded(&meta.plugin, &doing, || {
        planned.generator.render(unit, program, &RenderContext::new(&host))
    })
    .map_err(|problem| at_unit(problem, unit, planned))?;
    let doc = result.map_err(|mut error| {
        // A generator passes on what a template reports; one of its own is about the generator.
        let from_template = host.failure.borrow().as_ref() == Some(&error);
        let code = if from_template { codes::TEMPLATE_FAILED } else { codes::GENERATOR_FAILED };
        error.span = error.span.or(unit.origin);
        error.message = format!("`{}` cannot be made: {}", unit.path, error.message);
        generator_failed(code, error, planned.target, meta)
    })?;
    if doc.text.len() > LONGEST_FILE {
        let what =
            format!("made `{}` with {} bytes, more than {LONGEST_FILE}", unit.path, doc.text.len());
        return Err(at_unit(too_much(meta, what), unit, planned));
    }
    let file = GeneratedFile {
        path: unit.path.clone(),
        text: normalise(&doc.text),
        ownership: unit.ownership,
        generator: meta.name.clone(),
        plugin: meta.plugin.clone(),
        origin: unit.origin.and_then(|span| Origin::of(span, sources)),
    };
    verify::check(&file).map_err(|reason| {
        let mut problem = Diagnostic::new(
            codes::OUTPUT_SYNTAX,
            format!(
                "the generator `{}` made `{}`, which is not valid: {reason}",
                meta.name, unit.path
            ),
        )
        .help(format!("report it to the author of `{}` with the spec", meta.plugin));
        problem.plugin = Some(meta.plugin.clone());
        at_unit(problem, unit, planned)
    })?;
    Ok(file)
}

/// The templates of a generator, with what is known of the file at hand.
struct UnitHost<'a> {
    job: &'a Job<'a>,
    failure: RefCell<Option<GenerateError>>,
}

impl TemplateHost for UnitHost<'_> {
    fn render(&self, template: &str, mut context: Value) -> Result<String, GenerateError> {
        let Job { planned, unit } = self.job;
        if context.is_null() {
            context = json!({});
        }
        if let Value::Object(map) = &mut context {
            map.insert(
                "locus".to_owned(),
                json!({
                    "generator": planned.meta.name,
                    "path": unit.path,
                    "owned": unit.ownership == Ownership::Owned,
                }),
            );
        }
        planned.templates.render(template, &context).inspect_err(|error| {
            *self.failure.borrow_mut() = Some(error.clone());
        })
    }
}
