//! Pages and components: what each shows, of what, and under which route.

use std::collections::HashMap;

use indexmap::IndexMap;
use locus_diag::{Span, Spanned};
use locus_model::language::screens::{COMPONENT, PAGE, VIEWS};
use locus_model::{
    Component, Field, Implementation, Model, Page, Program, Subject, View, Workflow,
};

use crate::context::Context;
use crate::data::{self, Taker};
use crate::keys::{Keys, list, mapping, text};
use crate::messages::{names, plugins, screens as messages};
use crate::models;
use crate::routes::{self, Route};
use crate::sections::{Declared, Section};
use crate::settings::is_inside;

/// Reads all components.
pub(crate) fn components(
    cx: &mut Context<'_>,
    section: &Section<'_>,
) -> IndexMap<String, Component> {
    let read = section.iter().filter_map(|(name, declared)| {
        if VIEWS.iter().any(|view| view.name == *name) {
            cx.report(messages::component_named_as_view(&declared.name));
        }
        Some(((*name).to_owned(), component(cx, declared)?))
    });
    read.collect()
}

fn component(cx: &mut Context<'_>, declared: &Declared<'_>) -> Option<Component> {
    let name = &declared.name;
    let keys = Keys::read(declared.node, &COMPONENT, name.span, &mut cx.problems)?;
    let description = keys.text_prose("description", &mut cx.problems).map(|text| text.value);
    let props = keys.get("props").map(|node| models::inputs(cx, node, "a prop"));
    let source = keys.text("source", &mut cx.problems);
    if let Some(source) = source.as_ref().filter(|source| !is_inside(source)) {
        cx.report(messages::source_outside_project(source));
    }
    let plugin = keys.text("plugin", &mut cx.problems);
    let registry = cx.registry;
    if let Some(id) = &plugin
        && !registry.plugins().any(|plugin| plugin.id == id.value)
    {
        let known = registry.plugins().map(|plugin| plugin.id.as_str()).collect::<Vec<_>>();
        cx.report(plugins::unknown_plugin(id, known));
    }
    let implementation =
        source.map(Implementation::Source).or_else(|| plugin.map(Implementation::Plugin))?;
    Some(Component {
        name: name.clone(),
        description,
        implementation,
        props: props.unwrap_or_default(),
        span: name.span.to(declared.node.span),
    })
}

/// Reads all pages of a program whose models, workflows and components are known.
pub(crate) fn pages(
    cx: &mut Context<'_>,
    section: &Section<'_>,
    program: &Program,
) -> IndexMap<String, Page> {
    let mut pages = IndexMap::new();
    let mut taken: HashMap<String, Span> = HashMap::new();
    for (name, declared) in section {
        let Some((page, shape)) = page(cx, declared, program) else { continue };
        if let Some(earlier) = taken.get(&shape) {
            cx.report(messages::duplicate_route(&page.route, *earlier));
        } else {
            taken.insert(shape, page.route.span);
        }
        pages.insert((*name).to_owned(), page);
    }
    pages
}

/// A page while it is read.
struct Draft<'p, 'n> {
    keys: &'p Keys<'n>,
    view: Spanned<String>,
    route: Route,
    model: Option<&'p Model>,
    workflow: Option<&'p Workflow>,
    /// Whether a subject is named, be it known or not.
    subject: bool,
}

/// Reads a page; gives it with the shape of its route.
fn page(
    cx: &mut Context<'_>,
    declared: &Declared<'_>,
    program: &Program,
) -> Option<(Page, String)> {
    let name = &declared.name;
    let keys = Keys::read(declared.node, &PAGE, name.span, &mut cx.problems)?;
    let title = keys.text_prose("title", &mut cx.problems).map(|text| text.value);
    let description = keys.text_prose("description", &mut cx.problems).map(|text| text.value);
    let route = keys.get("route").and_then(|node| routes::read(cx, node));
    let view = keys.text("view", &mut cx.problems);
    let model = keys.text("model", &mut cx.problems);
    let workflow = keys.text("workflow", &mut cx.problems);
    let (route, view) = (route?, view?);
    let draft = Draft {
        keys: &keys,
        view,
        route,
        model: model.as_ref().and_then(|name| known_model(cx, name, program)),
        workflow: workflow.as_ref().and_then(|name| known_workflow(cx, name, program)),
        subject: model.is_some() || workflow.is_some(),
    };
    let kind = draft.view(cx, program);
    let fields = draft.fields(cx);
    draft.parameters(cx, kind.as_ref(), program);
    let subject = model.map(Subject::Model).or_else(|| workflow.map(Subject::Workflow));
    let page = Page {
        name: name.clone(),
        route: draft.route.path.clone(),
        title,
        description,
        view: kind?,
        subject,
        fields,
        span: name.span.to(declared.node.span),
    };
    Some((page, draft.route.shape))
}

fn known_model<'p>(
    cx: &mut Context<'_>,
    name: &Spanned<String>,
    program: &'p Program,
) -> Option<&'p Model> {
    let found = program.models.get(&name.value);
    if found.is_none() {
        cx.report(names::unknown_model(name, program.models.keys().map(String::as_str)));
    }
    // Of a model without fields nothing is known.
    found.filter(|model| !model.fields.is_empty())
}

fn known_workflow<'p>(
    cx: &mut Context<'_>,
    name: &Spanned<String>,
    program: &'p Program,
) -> Option<&'p Workflow> {
    let found = program.workflows.get(&name.value);
    if found.is_none() {
        cx.report(names::unknown_workflow(name, program.workflows.keys().map(String::as_str)));
    }
    found
}

impl Draft<'_, '_> {
    /// What the page shows, with the keys that go with it.
    fn view(&self, cx: &mut Context<'_>, program: &Program) -> Option<View> {
        let (needs, view): (&[&str], _) = match self.view.value.as_str() {
            "table" => (&["model"], View::Table),
            "detail" => (&["model"], View::Detail),
            "form" => (&["model", "workflow"], View::Form),
            "run" => (&["workflow"], View::Run),
            _ => return self.component(cx, program),
        };
        if !self.subject {
            cx.report(messages::needs_subject(&self.view, needs));
        }
        // Both subjects at once have been reported.
        let both = self.keys.get("model").is_some() && self.keys.get("workflow").is_some();
        let besides = ["model", "workflow", "props"];
        for key in besides.into_iter().filter(|key| !needs.contains(key)) {
            if let Some(entry) = self.keys.entry(key)
                && (!both || key == "props")
            {
                cx.report(messages::does_not_apply(&entry.key, &self.view));
            }
        }
        Some(view)
    }

    fn component(&self, cx: &mut Context<'_>, program: &Program) -> Option<View> {
        let Some(component) = program.components.get(&self.view.value) else {
            // A component that could not be read has been reported.
            let known = VIEWS.iter().map(|view| view.name);
            let known: Vec<&str> =
                known.chain(program.components.keys().map(String::as_str)).collect();
            cx.report(messages::unknown_view(&self.view, &known));
            return None;
        };
        let entry = self.keys.entry("props");
        let entries = entry.and_then(|entry| {
            mapping(&entry.value, "a mapping of props by name", &mut cx.problems)
        });
        let entries = entries.unwrap_or_default();
        let given: Vec<&str> =
            self.route.parameters.iter().map(|name| name.value.as_str()).collect();
        let words = format!("the component `{}`", component.name.value);
        let taker = Taker { words: &words, value: "prop", declared: component.name.span };
        let place = entry.map_or(self.view.span, |entry| entry.key.span);
        data::check_fields(cx, entries, &component.props, &given, &taker, place);
        let props =
            entries.iter().map(|entry| (entry.key.value.clone(), data::value(cx, &entry.value)));
        Some(View::Component { name: self.view.clone(), props: props.collect() })
    }

    /// What a page can show of its subject.
    fn of_subject(&self) -> Option<(&IndexMap<String, Field>, String)> {
        match (self.model, self.workflow) {
            (Some(model), _) => Some((&model.fields, format!("the model `{}`", model.name.value))),
            (None, Some(workflow)) => {
                Some((&workflow.input, format!("the input of `{}`", workflow.name.value)))
            }
            (None, None) => None,
        }
    }

    fn fields(&self, cx: &mut Context<'_>) -> Vec<Spanned<String>> {
        let Some(entry) = self.keys.entry("fields") else { return Vec::new() };
        if self.view.value == "run" {
            cx.report(messages::does_not_apply(&entry.key, &self.view));
            return Vec::new();
        }
        let items = list(&entry.value, "a list of fields", &mut cx.problems).unwrap_or_default();
        let mut fields: Vec<Spanned<String>> = Vec::new();
        for item in items {
            let Some(name) = text(item, &mut cx.problems) else { continue };
            if let Some((known, words)) = self.of_subject()
                && !known.contains_key(&name.value)
            {
                cx.report(messages::unknown_field(&name, &words, known.keys().map(String::as_str)));
            } else if let Some(earlier) = fields.iter().find(|field| field.value == name.value) {
                cx.report(names::repeated("field", &name, earlier.span));
            } else {
                fields.push(name);
            }
        }
        fields
    }

    /// Checks that the parameters of the route mean something to what the page shows.
    fn parameters(&self, cx: &mut Context<'_>, view: Option<&View>, program: &Program) {
        let parameters = &self.route.parameters;
        match view {
            Some(View::Run) if parameters.is_empty() => {
                cx.report(messages::route_without_run(&self.route.path));
            }
            Some(View::Run) | None => {}
            Some(View::Component { name, .. }) => {
                let Some(component) = program.components.get(&name.value) else { return };
                let words = format!("the component `{}`", name.value);
                self.known_parameters(cx, &component.props, &words, "prop");
            }
            Some(View::Table | View::Detail | View::Form) => {
                let Some((fields, words)) = self.of_subject() else { return };
                if !self.known_parameters(cx, fields, &words, "field") {
                    return;
                }
                let id = self.model.and_then(Model::id).map(|(id, _)| id);
                if let (Some(View::Detail), Some(id)) = (view, id)
                    && !parameters.iter().any(|name| name.value == id)
                {
                    cx.report(messages::route_without_id(&self.route.path, id));
                }
            }
        }
    }

    /// Whether every parameter of the route is one of these; others are reported.
    fn known_parameters(
        &self,
        cx: &mut Context<'_>,
        fields: &IndexMap<String, Field>,
        words: &str,
        value: &str,
    ) -> bool {
        let before = cx.problems.len();
        for name in &self.route.parameters {
            if !fields.contains_key(&name.value) {
                let place = routes::name_place(name);
                let name = Spanned::new(name.value.clone(), place);
                let known = fields.keys().map(String::as_str);
                cx.report(messages::unknown_parameter(&name, (words, value), known));
            }
        }
        cx.problems.len() == before
    }
}
