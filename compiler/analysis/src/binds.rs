//! The variables that inner blocks and lazy parameters see, as far as they are named by what is written around them.

use locus_model::Entry;

use crate::shape::{Bind, Shape};

/// A mapping and those around it.
pub(crate) struct Around<'w> {
    pub(crate) entries: &'w [Entry],
    pub(crate) shape: &'w Shape,
    pub(crate) outer: Option<&'w Around<'w>>,
}

/// The variables a lazy parameter sees: those that are declared, otherwise those of the blocks beside it.
pub(crate) fn lazy_binds(declared: Option<&[Bind]>, around: Option<&Around<'_>>) -> Vec<String> {
    let beside = || {
        let properties = around.into_iter().flat_map(|around| around.shape.properties.values());
        properties.filter_map(|shape| shape.block.as_deref()).flatten().collect()
    };
    let binds: Vec<&Bind> = declared.map_or_else(beside, |binds| binds.iter().collect());
    binds.into_iter().filter_map(|bind| bound_name(bind, around)).collect()
}

/// The name of a variable, which a parameter around the block may give.
pub(crate) fn bound_name(bind: &Bind, around: Option<&Around<'_>>) -> Option<String> {
    let (param, default) = match bind {
        Bind::Name(name) => return Some(name.clone()),
        Bind::Param { param, default } => (param, default),
    };
    let mut next = around;
    while let Some(around) = next {
        let entry = around.entries.iter().find(|entry| entry.key.value == *param);
        if let Some(name) = entry.and_then(|entry| entry.value.as_str()) {
            return Some(name.to_owned());
        }
        if around.shape.properties.contains_key(param) {
            break;
        }
        next = around.outer;
    }
    default.clone()
}
