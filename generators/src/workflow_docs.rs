//! `workflow_docs`: pages about the workflows of a program, for people.

mod diagram;
mod page;

use locus_plugin::model::Program;
use locus_plugin::{Doc, GenerateError, Generator, Plan, RenderContext, Unit};
use serde_json::{Value, json};

/// Pages about the workflows in Markdown, with diagrams.
///
/// `index.md` lists all workflows. Each has a page `workflows/<name>.md` with its inputs, its result, what starts it, a
/// diagram of its steps (Mermaid), a table of them, and the connections they use.
///
/// Everything comes from the spec and is shown as text: nothing written there can break a page.
///
/// ```yaml
/// targets:
///   docs: { generator: workflow_docs, out: docs/workflows }
/// ```
#[derive(Generator)]
#[generator(
    name = "workflow_docs",
    templates(
        "workflow_docs/templates/page.md.tera",
        "workflow_docs/templates/index.md.tera",
        "workflow_docs/templates/workflow.md.tera"
    )
)]
pub struct WorkflowDocs {
    /// The title of the index; the program's name when left out.
    title: Option<String>,
    /// Whether pages have a diagram.
    #[param(default = true)]
    diagrams: bool,
}

impl Generator for WorkflowDocs {
    fn plan(&self, program: &Program) -> Result<Plan, GenerateError> {
        let mut plan = Plan::default();
        plan.page("index.md", Value::Null, None);
        for (name, workflow) in &program.workflows {
            let path = format!("workflows/{}.md", page::file_stem(name));
            plan.page(path, json!(name), Some(workflow.span));
        }
        Ok(plan)
    }

    fn render(
        &self,
        unit: &Unit,
        program: &Program,
        cx: &RenderContext<'_>,
    ) -> Result<Doc, GenerateError> {
        let workflow = unit.subject.as_str().and_then(|name| program.workflows.get(name));
        let text = match workflow {
            Some(workflow) => {
                let mut context = page::workflow(workflow, program);
                if self.diagrams {
                    context["diagram"] = json!(diagram::flowchart(workflow));
                }
                cx.template("workflow_docs/templates/workflow.md.tera", context)?
            }
            None => {
                let title = self.title.as_deref().unwrap_or(&program.name);
                let context = page::index(program, title);
                cx.template("workflow_docs/templates/index.md.tera", context)?
            }
        };
        Ok(Doc { text })
    }
}
