//! What editors ask of the types in a workflow: what is seen at a place, and of which type it is.

use std::sync::Arc;

use locus_diag::Span;
use locus_expr::{Expr, Field, Root, Template, Ty, TypeScope, Types};
use locus_model::{StepPath, Text};

use super::Typer;
use super::place::Place;

/// The strings with expressions in a workflow, each with what is seen there.
#[derive(Clone, Default, Debug)]
pub struct Sites {
    all: Vec<Site>,
    results: Vec<(StepPath, Ty)>,
    types: Arc<Types>,
}

/// A string with expressions, or one that is being written.
#[derive(Clone, Debug)]
pub struct Site {
    /// The whole string.
    pub span: Span,
    /// The types of everything that its expressions can see: all visible steps and variables are there.
    pub scope: TypeScope,
    /// The type of its value; `any` where it could not be parsed.
    pub ty: Ty,
    text: Text,
    template: Option<Template>,
}

/// A name of a path in an expression.
#[derive(Clone, PartialEq, Debug)]
pub struct Segment {
    /// The name, without dot and `$`.
    pub name: String,
    /// Where it is written.
    pub span: Span,
    /// The type of the value there.
    pub ty: Ty,
}

impl Sites {
    /// The string at a place of a source: a byte inside of it or at its end.
    #[must_use]
    pub fn at(&self, source: locus_diag::SourceId, offset: u32) -> Option<&Site> {
        let covers = |site: &&Site| {
            site.span.source == source && site.span.start <= offset && offset <= site.span.end
        };
        self.all.iter().find(covers)
    }

    /// What each step gives to later ones, in the order in which they run; `never` where it does not come to its end.
    pub fn results(&self) -> impl Iterator<Item = (&StepPath, &Ty)> {
        self.results.iter().map(|(path, ty)| (path, ty))
    }

    /// What the names of types stand for.
    #[must_use]
    pub fn types(&self) -> Arc<Types> {
        Arc::clone(&self.types)
    }

    /// All of them, in the order in which they are evaluated.
    pub fn iter(&self) -> impl Iterator<Item = &Site> {
        self.all.iter()
    }
}

impl Site {
    /// The names that can follow a path from `.`, each with its type: those of `steps` for `["steps"]`.
    #[must_use]
    pub fn names(&self, path: &[&str]) -> Vec<(String, Ty)> {
        let Some(ty) = self.type_of(&Root::Dot, path) else { return Vec::new() };
        self.fields(&ty)
    }

    /// The names that can follow a path from a variable.
    #[must_use]
    pub fn names_of_variable(&self, variable: &str, path: &[&str]) -> Vec<(String, Ty)> {
        let Some(ty) = self.type_of(&Root::Variable(variable.to_owned()), path) else {
            return Vec::new();
        };
        self.fields(&ty)
    }

    /// The variables, without `$`, each with its type.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &Ty)> {
        self.scope.variables.iter().map(|(name, ty)| (&**name, ty))
    }

    /// The part of a path that is written at a place: `.steps.charge.id` has three.
    #[must_use]
    pub fn segment(&self, offset: u32) -> Option<Segment> {
        let template = self.template.as_ref()?;
        for path in template.expressions().flat_map(Expr::paths) {
            let mut names: Vec<&str> = Vec::new();
            for segment in &path.segments {
                names.push(&segment.name);
                let span = self.text.locate(segment.range.clone(), self.span);
                if span.start <= offset && offset <= span.end {
                    let ty = self.type_of(&path.root, &names).unwrap_or_else(Ty::any);
                    return Some(Segment { name: segment.name.clone(), span, ty });
                }
            }
        }
        let mut variables = template.expressions().flat_map(Expr::variables);
        variables.find_map(|variable| {
            let span = self.text.locate(variable.range.clone(), self.span);
            let ty = self.scope.variables.get(variable.name.as_str())?.clone();
            (span.start <= offset && offset <= span.end).then_some(Segment {
                name: variable.name.clone(),
                span,
                ty,
            })
        })
    }

    fn type_of(&self, root: &Root, path: &[&str]) -> Option<Ty> {
        let start = match root {
            Root::Dot => self.scope.dot.clone(),
            Root::Variable(name) => self.scope.variables.get(name.as_str())?.clone(),
        };
        path.iter().try_fold(start, |ty, name| ty.field(name, &self.scope.types))
    }

    fn fields(&self, ty: &Ty) -> Vec<(String, Ty)> {
        let types = &self.scope.types;
        let names = ty.field_names(types).into_iter();
        names.filter_map(|name| Some((name.to_string(), ty.field(&name, types)?))).collect()
    }
}

impl<'a> Typer<'_, 'a> {
    /// Keeps what a step gives, where an editor asks.
    pub(super) fn note_result(&mut self, path: &StepPath, ty: &Ty) {
        if self.silent == 0
            && let Some(sites) = &mut self.cx.sites
        {
            sites.types = Arc::clone(&self.table.named);
            sites.results.push((path.clone(), ty.clone()));
        }
    }

    /// Keeps what is seen at a string, where an editor asks.
    pub(super) fn note(
        &mut self,
        text: &'a Text,
        span: Span,
        template: Option<&Template>,
        place: &Place<'_>,
        ty: &Ty,
    ) {
        if self.cx.sites.is_none() || self.silent > 0 {
            return;
        }
        let scope = self.everything(place);
        let site =
            Site { span, scope, ty: ty.clone(), text: text.clone(), template: template.cloned() };
        self.cx.sites.iter_mut().for_each(|sites| sites.all.push(site.clone()));
    }

    /// The types of all that can be seen at a place.
    fn everything(&mut self, place: &Place<'_>) -> TypeScope {
        let mut steps = Vec::new();
        for level in place.level.outwards() {
            for (index, step) in level.block.steps.iter().enumerate() {
                let Some(id) = step.id.as_ref().filter(|_| level.has_run(index)) else { continue };
                let name: Arc<str> = id.value.as_str().into();
                if !steps.iter().any(|(known, _)| *known == name) {
                    steps.push((name, Field::required(level.result(index))));
                }
            }
        }
        let vars = self.vars.iter().flat_map(|vars| &vars.known);
        let vars: Vec<_> =
            vars.map(|(name, ty)| (name.clone(), Field::required(ty.clone()))).collect();
        let mut dot = self.base.clone();
        dot.insert("steps", Field::required(Ty::object(steps, None)));
        dot.insert("vars", Field::required(Ty::object(vars, None)));
        if let Some(result) = place.result {
            dot.insert("result", Field::required(result.clone()));
        }
        TypeScope {
            dot,
            variables: Arc::clone(place.variables),
            types: Arc::clone(&self.table.named),
        }
    }
}
