//! One module for each command.

pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod graph;
pub(crate) mod ids;
pub(crate) mod lsp;
pub(crate) mod new;
pub(crate) mod plugin;
pub(crate) mod plugin_audit;
pub(crate) mod plugin_bisect;
pub(crate) mod plugin_check;
pub(crate) mod plugin_docs;
pub(crate) mod plugin_doctor;
pub(crate) mod plugin_drift;
pub(crate) mod plugin_new;
pub(crate) mod plugin_order;
pub(crate) mod plugin_show;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod schema;
pub(crate) mod test;
