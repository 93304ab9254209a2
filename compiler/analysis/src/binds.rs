//! The variables that inner blocks and lazy parameters see, as far as they are named by what is written around them.

use std::sync::Arc;

use locus_model::Entry;
use locus_plugin::ResultType;

use crate::shape::{Bind, BindName, Shape};

/// A mapping and those around it.
pub(crate) struct Around<'w> {
    pub(crate) entries: &'w [Entry],
    pub(crate) shape: &'w Shape,
    pub(crate) outer: Option<&'w Around<'w>>,
}

/// A variable, with what is known of its type.
#[derive(Clone)]
pub(crate) struct Bound {
    /// Its name, without `$`.
    pub(crate) name: String,
    /// The rule for its type.
    pub(crate) ty: Arc<ResultType>,
}

/// The variables a lazy parameter sees: those that are declared, otherwise those of the blocks beside it.
pub(crate) fn lazy_binds(declared: Option<&[Bind]>, around: Option<&Around<'_>>) -> Vec<Bound> {
    let beside = || {
        let properties = around.into_iter().flat_map(|around| around.shape.properties.values());
        properties.filter_map(|shape| shape.block.as_deref()).flatten().collect()
    };
    let binds: Vec<&Bind> = declared.map_or_else(beside, |binds| binds.iter().collect());
    binds.into_iter().filter_map(|bind| bound(bind, around)).collect()
}

/// A variable by the name that a parameter around the block may give.
pub(crate) fn bound(bind: &Bind, around: Option<&Around<'_>>) -> Option<Bound> {
    let name = match &bind.name {
        BindName::Fixed(name) => Some(name.clone()),
        BindName::Param { param, default } => named_by(param, around).or_else(|| default.clone()),
    };
    Some(Bound { name: name?, ty: Arc::clone(&bind.ty) })
}

/// The name that a parameter gives: the nearest of those around.
fn named_by(param: &str, around: Option<&Around<'_>>) -> Option<String> {
    let mut next = around;
    while let Some(around) = next {
        let entry = around.entries.iter().find(|entry| entry.key.value == *param);
        if let Some(name) = entry.and_then(|entry| entry.value.as_str()) {
            return Some(name.to_owned());
        }
        if around.shape.properties.contains_key(param) {
            return None;
        }
        next = around.outer;
    }
    None
}
