//! Placeholder.
use std::sync::Arc;
use locus_plugin::Registry;
use crate::ui::{Outcome, Ui};
pub(crate) fn run<T>(_: &T, _: Arc<Registry>, _: Ui) -> Outcome { Ok(()) }
