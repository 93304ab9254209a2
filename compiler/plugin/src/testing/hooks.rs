//! A set of hooks, called in a test as a host calls it: guarded, limited, with its plugin's permissions.

use std::sync::Arc;

use locus_diag::Source;
use locus_model::{Program, Spec};
use serde_json::Value;

use super::{World, known, linked};
use crate::error::StepError;
use crate::generator::{Doc, Plan, Unit};
use crate::hooks::context::Given;
use crate::hooks::{
    Alarm, Failure, HookContext, HooksEntry, Measurement, ParsedFile, Point, RunInfo, StepAttempt,
    Verdict,
};
use crate::host::{PluginHost, Standing};
use crate::plugin_event::EventMessage;
use crate::registry::Registry;

/// A set of hooks that is linked.
///
/// Filters are the host's business: a call here reaches the hook, whatever it applies to.
pub struct HookSet {
    entry: HooksEntry,
    standing: Arc<Standing>,
    world: World,
    registry: Registry,
}

macro_rules! calls {
    ($($(#[$doc:meta])* $point:ident $field:ident($($name:ident: $ty:ty),*);)*) => {$(
        $(#[$doc])*
        #[track_caller]
        pub fn $field(&self, $($name: $ty),*) -> Given {
            let hook = self.entry.$field.as_ref();
            let hook = hook.unwrap_or_else(|| self.has_none(Point::$point));
            self.call(|cx| hook.$field($($name,)* cx)).1
        }
    )*};
}

impl HookSet {
    /// The set of this name, in a world of its own.
    #[must_use]
    #[track_caller]
    pub fn new(name: &str) -> Self {
        Self::in_world(name, &World::new())
    }

    /// The set of this name, with the config, files and state of a world.
    #[must_use]
    #[track_caller]
    pub fn in_world(name: &str, world: &World) -> Self {
        let registry = linked();
        let found = registry.hooks().find(|entry| entry.meta.name == name).cloned();
        let Some(entry) = found else {
            let names = registry.hooks().map(|entry| entry.meta.name.as_str());
            panic!("no set of hooks `{name}` is linked; {}", known(names))
        };
        let standing = world.standing(registry.plugin(&entry.meta.plugin));
        Self { entry, standing, world: world.clone(), registry }
    }

    /// The points it has hooks for.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.entry.meta.points
    }

    calls! {
        /// Before a source is parsed.
        PreParse pre_parse(source: &Source);
        /// After a file was parsed.
        PostParse post_parse(file: &ParsedFile<'_>);
        /// Before names are resolved.
        PreValidate pre_validate(spec: &Spec);
        /// After the check.
        PostValidate post_validate(program: &Program);
        /// Before targets are planned.
        SchemaGenerate schema_generate(program: &Program);
        /// After a target was planned.
        PreGenerate pre_generate(program: &Program, target: &str, plan: &Plan);
        /// Before files are written.
        PostGenerate post_generate(target: &str, files: &[(String, String)]);
        /// A step or a run has failed.
        Error error(failure: &Failure);
        /// Something was measured.
        Metric metric(measurement: &Measurement);
        /// Something a person should look at.
        Alert alert(alarm: &Alarm);
        /// An event was published.
        Event event(event: &EventMessage);
    }

    /// After a component was rendered: its new text, if any.
    #[track_caller]
    pub fn component_render(&self, unit: &Unit, doc: &Doc) -> (Option<Doc>, Given) {
        let hook = self.entry.component_render.as_ref();
        let hook = hook.unwrap_or_else(|| self.has_none(Point::ComponentRender));
        self.call(|cx| hook.component_render(unit, doc, cx))
    }

    /// After a page was rendered: its new text, if any.
    #[track_caller]
    pub fn page_generate(&self, unit: &Unit, doc: &Doc) -> (Option<Doc>, Given) {
        let hook = self.entry.page_generate.as_ref();
        let hook = hook.unwrap_or_else(|| self.has_none(Point::PageGenerate));
        self.call(|cx| hook.page_generate(unit, doc, cx))
    }

    /// A whole run: what is decided before it and, unless that ends it, after it.
    #[track_caller]
    pub fn workflow_execute(
        &self,
        run: &RunInfo,
        ends: Result<&Value, &StepError>,
    ) -> (Vec<Verdict>, Given) {
        let hook = self.entry.workflow_execute.as_ref();
        let hook = hook.unwrap_or_else(|| self.has_none(Point::WorkflowExecute));
        self.call(|cx| {
            let before = hook.before(run, cx);
            if before != Verdict::Keep {
                return vec![before];
            }
            let after = match ends {
                Ok(output) => hook.after(run, output, cx),
                Err(error) => hook.on_error(run, error, cx),
            };
            vec![before, after]
        })
    }

    /// A whole attempt of a step: what is decided before it and, unless that ends it, after it.
    #[track_caller]
    pub fn step_execute(
        &self,
        step: &StepAttempt,
        ends: Result<&Value, &StepError>,
    ) -> (Vec<Verdict>, Given) {
        let hook = self.entry.step_execute.as_ref();
        let hook = hook.unwrap_or_else(|| self.has_none(Point::StepExecute));
        self.call(|cx| {
            let before = hook.before(step, cx);
            if before != Verdict::Keep {
                return vec![before];
            }
            let after = match ends {
                Ok(result) => hook.after(step, result, cx),
                Err(error) => hook.on_error(step, error, cx),
            };
            vec![before, after]
        })
    }

    fn call<T>(&self, work: impl FnOnce(&mut HookContext) -> T) -> (T, Given) {
        let host: Arc<dyn PluginHost> = Arc::new(self.world.clone());
        let commands = self.registry.commands().clone();
        let mut cx = HookContext::of(Arc::clone(&self.standing), host, commands)
            .limited_to(self.entry.meta.budget);
        let value = work(&mut cx);
        (value, cx.finish())
    }

    #[track_caller]
    fn has_none(&self, point: Point) -> ! {
        let points: Vec<&str> = self.points().iter().map(|point| point.as_str()).collect();
        panic!("`{}` has no hook for {point}; it has {}", self.entry.meta.name, points.join(", "))
    }
}
