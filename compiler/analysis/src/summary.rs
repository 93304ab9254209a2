//! What one workflow means for the rest of the program: gathered while it is read, compared when all are. So workflows are read
//! apart from each other, and only what is gathered here ties them together.

use std::collections::HashMap;

use locus_diag::{Diagnostic, Span, Spanned};
use locus_expr::Ty;

use crate::flow::across::Across;
use crate::messages::project as messages;
use crate::secrets::Passed;

/// What one workflow means for the rest of the program.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Summary {
    /// The requests it answers.
    pub(crate) routes: Vec<Route>,
    /// The type of what it gives to those who call it.
    pub output: Ty,
    /// What its flow means for others.
    pub(crate) flow: Across,
    /// The secrets it gives to other workflows.
    pub(crate) passed: Vec<Passed>,
}

/// A request that a workflow answers.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Route {
    /// The method.
    pub(crate) method: Spanned<String>,
    /// The path.
    pub(crate) path: Spanned<String>,
    /// The path without the names of its parameters.
    pub(crate) shape: String,
}

/// Checks what only the workflows together can get wrong; in the order of the program.
pub(crate) fn check<'s>(summaries: impl IntoIterator<Item = &'s Summary>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut answered: HashMap<(&str, &str), Span> = HashMap::new();
    for route in summaries.into_iter().flat_map(|summary| &summary.routes) {
        let key = (route.method.value.as_str(), route.shape.as_str());
        if let Some(earlier) = answered.insert(key, route.path.span) {
            problems.push(messages::duplicate_route(&route.method, &route.path, earlier));
        }
    }
    problems
}
