//! Tera for generators: one environment each, with the templates the generator declared, the base templates every generator can
//! extend, and filters whose result depends on their input alone.
//!
//! | base template | for | blocks |
//! |---|---|---|
//! | `locus/slash.tera` | `//` comments | `header`, `content` |
//! | `locus/hash.tera` | `#` comments | `header`, `content` |
//! | `locus/dash.tera` | `--` comments | `header`, `content` |
//! | `locus/style.tera` | `/* */` comments | `header`, `content` |
//! | `locus/markup.tera` | `<!-- -->` comments | `header`, `content` |
//! | `locus/json.tera` | JSON, which has no comments | `members` |
//!
//! Nothing is escaped on its own: each place of a template says by a [filter](crate::filters) what it is. There is no clock, no
//! chance and no environment to be had.

use locus_diag::{Diagnostic, did_you_mean};
use locus_plugin::GenerateError;
use locus_plugin::generator::GeneratorMeta;
use serde_json::Value;
use tera::{Context, ErrorKind, ReportError, Tera};

use crate::codes;
use crate::filters;

/// The templates every generator can extend.
const BASE: [(&str, &str); 7] = [
    ("locus/file.tera", include_str!("templates/file.tera")),
    ("locus/slash.tera", include_str!("templates/slash.tera")),
    ("locus/hash.tera", include_str!("templates/hash.tera")),
    ("locus/dash.tera", include_str!("templates/dash.tera")),
    ("locus/style.tera", include_str!("templates/style.tera")),
    ("locus/markup.tera", include_str!("templates/markup.tera")),
    ("locus/json.tera", include_str!("templates/json.tera")),
];

/// The templates of one generator, loaded and checked.
#[derive(Debug)]
pub struct Templates {
    tera: Tera,
    names: Vec<String>,
}

impl Default for Templates {
    fn default() -> Self {
        let mut tera = Tera::new();
        tera.autoescape_on(Vec::<&str>::new());
        filters::register(&mut tera);
        Self { tera, names: Vec::new() }
    }
}

impl Templates {
    /// Loads the templates of a generator: syntax, parents, blocks, filters, tests and functions are all checked here.
    ///
    /// # Errors
    /// One problem for each place.
    pub fn load(meta: &GeneratorMeta) -> Result<Self, Vec<Diagnostic>> {
        let mut templates = Self::default();
        templates.names = meta.templates.iter().map(|(name, _)| (*name).to_owned()).collect();
        if let Some(name) = templates.names.iter().find(|name| name.starts_with("locus/")) {
            let message = format!(
                "the template name `{name}` is reserved: `locus/` holds the base templates"
            );
            return Err(vec![failed(meta, message)]);
        }
        let all = BASE.iter().chain(&meta.templates).copied();
        match templates.tera.add_raw_templates(all) {
            Ok(()) => Ok(templates),
            Err(error) => {
                Err(explain(&error, meta).into_iter().map(|text| failed(meta, text)).collect())
            }
        }
    }

    /// Renders a template.
    ///
    /// # Errors
    /// The template is unknown, or fails at a place that the message names.
    pub fn render(&self, name: &str, context: &Value) -> Result<String, GenerateError> {
        if !self.names.iter().any(|known| known == name) {
            let error = GenerateError::new(format!("there is no template `{name}`"));
            let names = self.names.iter().map(String::as_str);
            return Err(match did_you_mean(name, names) {
                Some(meant) => error.help(format!("did you mean `{meant}`?")),
                None => error.help(format!("the generator declares: {}", self.names.join(", "))),
            });
        }
        let context = Context::from_serialize(context)
            .map_err(|error| GenerateError::new(format!("the context of `{name}`: {error}")))?;
        self.tera.render(name, &context).map_err(|error| {
            GenerateError::new(match error.kind() {
                ErrorKind::RenderingError(report) | ErrorKind::SyntaxError(report) => at(report),
                other => format!("the template `{name}` fails: {other}"),
            })
        })
    }
}

fn failed(meta: &GeneratorMeta, message: String) -> Diagnostic {
    let mut problem = Diagnostic::new(codes::TEMPLATE_FAILED, message)
        .help(format!("report it to the author of the generator `{}`", meta.name));
    problem.plugin = Some(meta.plugin.clone());
    problem
}

/// "…: what (template, line, column)".
fn at(report: &ReportError) -> String {
    let span = report.span();
    place(report.message(), report.filename(), span.start_line, span.start_col + 1)
}

fn place(message: &str, template: &str, line: usize, column: usize) -> String {
    format!("template `{template}`, line {line}, column {column}: {message}")
}

/// One message for each problem found while loading.
fn explain(error: &tera::Error, meta: &GeneratorMeta) -> Vec<String> {
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => vec![at(report)],
        ErrorKind::MissingParent { current, parent } => {
            let (line, column) = position_of_extends(current, meta);
            vec![place(&format!("there is no template `{parent}`"), current, line, column)]
        }
        // References that lead nowhere come as ready reports, all in one text.
        ErrorKind::Msg(reports) => {
            let mut messages: Vec<String> = reports.split("\n\n").map(one_line).collect();
            messages.dedup();
            messages
        }
        other => vec![other.to_string()],
    }
}

fn position_of_extends(template: &str, meta: &GeneratorMeta) -> (usize, usize) {
    let text =
        meta.templates.iter().find(|(name, _)| *name == template).map_or("", |(_, text)| text);
    let offset = text.find("extends").unwrap_or(0);
    let before = &text[..offset];
    let line = before.matches('\n').count() + 1;
    (line, before.chars().rev().take_while(|c| *c != '\n').count() + 1)
}

/// Turns `error: what`, ` --> template:line:column`, … into one line.
fn one_line(report: &str) -> String {
    let mut lines = report.lines();
    let message = lines.next().unwrap_or_default().trim_start_matches("error: ");
    let parsed = lines.next().and_then(|line| {
        let (rest, column) = line.trim().strip_prefix("--> ")?.rsplit_once(':')?;
        let (template, line) = rest.rsplit_once(':')?;
        Some(place(message, template, line.parse().ok()?, column.parse().ok()?))
    });
    parsed.unwrap_or_else(|| message.to_owned())
}
