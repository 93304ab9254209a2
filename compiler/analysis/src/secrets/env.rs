//! What is known to hold a secret at a place, and the way it took to get there.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use locus_diag::{Span, Spanned};
use locus_expr::{Field, Template, Ty, TypeScope};
use locus_model::Text;

use super::{SECRETS, address, read_at};
use crate::expressions;
use crate::steps::StepDraft;

/// The way that a secret took: places with what is to be seen there, the first one first.
pub(crate) type Chain = Vec<Hop>;

/// One step of the way.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Hop {
    /// Where.
    pub(crate) place: Span,
    /// What happens to it there.
    pub(crate) text: String,
}

/// A value in which a secret is.
#[derive(Clone)]
pub(super) struct Tainted {
    /// Its type; of which nothing but the secrets counts.
    pub(super) ty: Ty,
    /// The way to it.
    pub(super) chain: Chain,
    /// The place in the source where it is written.
    pub(super) place: Span,
}

impl Tainted {
    /// The same value one step later.
    pub(super) fn after(mut self, hop: Hop) -> Self {
        if self.chain.last() != Some(&hop) {
            self.chain.push(hop);
        }
        self
    }
}

/// What holds secrets, by name.
#[derive(Default)]
pub(super) struct Env {
    pub(super) inputs: IndexMap<String, Tainted>,
    pub(super) steps: IndexMap<String, Tainted>,
    pub(super) vars: IndexMap<String, Tainted>,
    pub(super) variables: IndexMap<String, Tainted>,
    /// The result of the step whose `output` is looked at.
    pub(super) result: Option<Option<Tainted>>,
    /// What a signal carries that no step around has taken yet.
    pub(super) signalled: Option<Tainted>,
    /// The results of iterations, by the addresses of their steps.
    former: HashMap<usize, Tainted>,
}

impl Env {
    /// At the beginning of a workflow.
    pub(super) fn of(inputs: &IndexMap<String, Chain>) -> Self {
        let tainted = |(name, chain): (&String, &Chain)| {
            let place = chain.last()?.place;
            let ty = Ty::any().secret(0);
            Some((name.clone(), Tainted { ty, chain: chain.clone(), place }))
        };
        Self { inputs: inputs.iter().filter_map(tainted).collect(), ..Self::default() }
    }

    /// Grows as long as something is found that lasts from one walk to the next.
    pub(super) fn size(&self) -> usize {
        self.vars.len() + self.former.len()
    }

    /// Keeps the result of an iteration for the next one.
    pub(super) fn remember(&mut self, step: &StepDraft<'_>, result: &Tainted) {
        self.former.entry(address(step)).or_insert_with(|| result.clone());
    }

    /// The result of the iteration before.
    pub(super) fn remembered(&self, step: &StepDraft<'_>) -> Option<Tainted> {
        self.former.get(&address(step)).cloned()
    }

    /// The value of a string's expressions, if a secret is in it.
    pub(super) fn tainted(&self, template: &Template, text: &Text, whole: Span) -> Option<Tainted> {
        let (place, chain) = self.culprit(template, text, whole)?;
        let ty = template.infer(&self.scope()).ty;
        (!ty.secrets().is_empty()).then_some(Tainted { ty, chain, place })
    }

    /// The first thing that expressions read in which a secret is: its place, and the way to it.
    fn culprit(&self, template: &Template, text: &Text, whole: Span) -> Option<(Span, Chain)> {
        let paths: Vec<Vec<Spanned<String>>> = expressions::paths(template, text, whole).collect();
        for variable in expressions::variables(template, text, whole) {
            if variable.value == SECRETS {
                let name = secret_name(template, text, whole, variable.span);
                let hop = read_at(name.as_deref(), variable.span);
                return Some((variable.span, vec![hop]));
            }
            if let Some(value) = self.variables.get(&variable.value) {
                return Some((variable.span, value.chain.clone()));
            }
        }
        for path in &paths {
            let (root, rest) = path.split_first()?;
            let all = match root.value.as_str() {
                "input" => &self.inputs,
                "steps" => &self.steps,
                "vars" => &self.vars,
                "result" => {
                    if let Some(value) = self.result.as_ref().and_then(Option::as_ref) {
                        return Some((root.span, value.chain.clone()));
                    }
                    continue;
                }
                _ => continue,
            };
            let found = match rest.first() {
                Some(name) => all.get(&name.value).map(|value| (root.span.to(name.span), value)),
                None => all.first().map(|(_, value)| (root.span, value)),
            };
            if let Some((place, value)) = found {
                return Some((place, value.chain.clone()));
            }
        }
        None
    }

    /// The types of what expressions see: nothing is known but the secrets.
    fn scope(&self) -> TypeScope {
        let object = |all: &IndexMap<String, Tainted>| {
            let fields = all
                .iter()
                .map(|(name, value)| (name.as_str().into(), Field::required(value.ty.clone())));
            Field::required(Ty::object(fields, Some(Ty::any())))
        };
        let mut dot = Ty::object(
            [
                ("input".into(), object(&self.inputs)),
                ("steps".into(), object(&self.steps)),
                ("vars".into(), object(&self.vars)),
            ],
            Some(Ty::any()),
        );
        if let Some(Some(result)) = &self.result {
            dot.insert("result", Field::required(result.ty.clone()));
        }
        let mut variables: std::collections::BTreeMap<Arc<str>, Ty> = self
            .variables
            .iter()
            .map(|(name, value)| (name.as_str().into(), value.ty.clone()))
            .collect();
        variables.insert(SECRETS.into(), Ty::map(Ty::any().secret(0)));
        TypeScope { dot, variables: Arc::new(variables), ..TypeScope::default() }
    }
}

/// The name behind `$secrets.` at a place.
fn secret_name(template: &Template, text: &Text, whole: Span, place: Span) -> Option<String> {
    let mut paths = template.expressions().flat_map(|expr| expr.paths());
    paths.find_map(|path| {
        let begins = text.locate(path.range.clone(), whole).start == place.start;
        let is_secret = matches!(&path.root, locus_expr::Root::Variable(name) if name == SECRETS);
        (begins && is_secret).then(|| path.segments.first().map(|segment| segment.name.clone()))?
    })
}
