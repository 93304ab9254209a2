//! A generator, run in a test: its plan and all its files as one text, to be compared with a snapshot.

use std::fmt::{self, Write};

use locus_model::Program;
use serde_json::Value;

use super::{known, linked};
use crate::generator::{GenerateError, Plan, RenderContext, TemplateHost};

/// What a generator made.
#[derive(Clone, PartialEq, Debug)]
pub struct Files {
    /// What it planned.
    pub plan: Plan,
    /// The text of each file, in the order of the plan.
    pub texts: Vec<String>,
}

impl Files {
    /// The text of the file at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        let index = self.plan.units.iter().position(|unit| unit.path == path)?;
        self.texts.get(index).map(String::as_str)
    }
}

/// All files as one text, each behind a line with its path, role and owner.
impl fmt::Display for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, text) in self.plan.units.iter().zip(&self.texts) {
            let name = |value: Value| value.as_str().unwrap_or_default().to_owned();
            let role = name(serde_json::to_value(unit.role).unwrap_or_default());
            let owner = name(serde_json::to_value(unit.ownership).unwrap_or_default());
            writeln!(f, "--- {} ({role}, {owner})", unit.path)?;
            f.write_str(text.trim_end_matches('\n'))?;
            f.write_char('\n')?;
        }
        Ok(())
    }
}

/// Shows a template's name and context instead of rendering it: rendering is the host's.
struct Shown<'a>(&'a [(&'static str, &'static str)]);

impl TemplateHost for Shown<'_> {
    fn render(&self, template: &str, context: Value) -> Result<String, GenerateError> {
        if !self.0.iter().any(|(name, _)| *name == template) {
            let names = known(self.0.iter().map(|(name, _)| *name));
            return Err(GenerateError::new(format!(
                "no template `{template}` is declared; {names}"
            )));
        }
        let context = serde_json::to_string_pretty(&context)
            .map_err(|error| GenerateError::new(error.to_string()))?;
        Ok(format!("{{# {template} #}}\n{context}"))
    }
}

/// Plans and renders all files of the linked generator of this name.
///
/// A template is shown as its name and the JSON it is given: what the generator decides is compared, and `locus build` renders.
///
/// # Errors
/// The options do not fit; what the generator says.
#[track_caller]
pub fn generate(name: &str, options: Value, program: &Program) -> Result<Files, GenerateError> {
    let registry = linked();
    let Some(entry) = registry.generator(name) else {
        let names = registry.generators().map(|entry| entry.meta.name.as_str());
        panic!("no generator `{name}` is linked; {}", known(names))
    };
    let generator = (entry.make)(options).map_err(|error| GenerateError::new(error.to_string()))?;
    let plan = generator.plan(program)?;
    let host = Shown(&entry.meta.templates);
    let cx = RenderContext::new(&host);
    let texts = plan.units.iter().map(|unit| Ok(generator.render(unit, program, &cx)?.text));
    Ok(Files { texts: texts.collect::<Result<_, GenerateError>>()?, plan })
}
