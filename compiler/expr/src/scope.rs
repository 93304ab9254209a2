//! What an expression can see.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::data::Data;

/// What an expression can see: `.` and the variables.
#[derive(Clone, Default, Debug)]
pub struct Scope {
    /// The value of `.`: an object with `input`, `steps`, `vars` and `run`.
    pub dot: Data,
    /// Values of variables by name, without the `$`; shared, because many expressions see the same.
    pub variables: Arc<BTreeMap<Arc<str>, Data>>,
}
