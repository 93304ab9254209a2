//! The shapes of all step types of a registry, each compiled when it is first asked for.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use locus_plugin::Registry;
use locus_plugin::step::StepEntry;

use crate::shape::Shape;

/// The shapes of the step types of one registry. Compiling them costs more than checking a small program: who checks often
/// keeps them.
#[derive(Default)]
pub struct Shapes {
    by_type: HashMap<String, OnceLock<Shape>>,
    unknown: Shape,
}

impl Shapes {
    /// Those of a registry; none is compiled yet.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        let names = registry.steps().map(|entry| entry.ty.name.clone());
        Self {
            by_type: names.map(|name| (name, OnceLock::new())).collect(),
            unknown: Shape::default(),
        }
    }

    /// What the parameters of a step type look like; of one that is not in the registry, anything.
    pub(crate) fn of(&self, entry: &StepEntry) -> &Shape {
        match self.by_type.get(&entry.ty.name) {
            Some(shape) => shape.get_or_init(|| Shape::compile(&entry.ty.params)),
            None => &self.unknown,
        }
    }
}

impl fmt::Debug for Shapes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shapes({})", self.by_type.len())
    }
}
