//! Placeholder.
use locus_plugin::Registry;
use crate::ui::{Outcome, Ui};
pub(crate) fn graph<T>(_: &T, _: &Registry, _: Ui) -> Outcome { Ok(()) }
