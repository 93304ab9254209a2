//! Runs that other runs start. A child goes on by itself; its id follows from the step that starts it, so it is started once.

use std::path::PathBuf;
use std::sync::Arc;

use locus_plugin::StepError;
use locus_plugin::action::BoxFuture;
use serde_json::Value;

use super::programs::Loaded;
use super::shared::{Shared, Start};
use crate::host::child_run_id;
use crate::services::Starter;

/// What the children of a run have in common with it.
pub(super) struct Children {
    pub(super) shared: Arc<Shared>,
    pub(super) loaded: Arc<Loaded>,
    pub(super) base_dir: PathBuf,
}

impl Starter for Children {
    fn start_child(
        &self,
        parent: &str,
        key: &str,
        workflow: &str,
        input: Value,
    ) -> BoxFuture<'static, Result<String, StepError>> {
        let shared = Arc::clone(&self.shared);
        let start = Start {
            loaded: Arc::clone(&self.loaded),
            base_dir: self.base_dir.clone(),
            workflow: workflow.to_owned(),
            input,
            id: child_run_id(parent, key),
        };
        Box::pin(async move {
            let handle = shared.start(start).await?;
            Ok(handle.id().to_owned())
        })
    }
}
