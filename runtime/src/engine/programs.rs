//! Programs made ready to run, kept so that many runs of one program cost its preparation once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use locus_model::Program;
use locus_plugin::Registry;
use serde_json::Value;

use super::error::EngineError;
use crate::core::Image;
use crate::host::Host;

/// What the names of environment variables that hold secrets begin with.
pub(crate) const SECRET_PREFIX: &str = "LOCUS_SECRET_";

/// How many programs are kept.
const KEPT: usize = 32;

/// A program made ready.
pub(super) struct Loaded {
    pub(super) program: Arc<Program>,
    pub(super) image: Arc<Image>,
    /// The plugins as the program's project wants them.
    pub(super) registry: Registry,
    pub(super) hash: String,
    stored: AtomicBool,
}

impl Loaded {
    fn new(
        program: Arc<Program>,
        hash: String,
        registry: &Registry,
        host: &dyn Host,
    ) -> Result<Self, EngineError> {
        let registry = registry.for_project(&program.plugins).map_err(|problems| {
            let problems: Vec<String> =
                problems.into_iter().map(|problem| problem.message).collect();
            EngineError::new("plugins_do_not_fit", problems.join("; "), "")
        })?;
        let image = Image::new(Arc::clone(&program), &registry)?;
        let secrets = secrets(&image, host)?;
        let image = Arc::new(image.with_secrets(secrets));
        Ok(Self { program, image, registry, hash, stored: AtomicBool::new(false) })
    }

    /// The environment variables that the program names, as they are now.
    pub(super) fn env(&self, host: &dyn Host) -> Value {
        let names = self.image.keys_of("env").into_iter();
        Value::Object(
            names
                .map(|name| {
                    let value = host.env(&name).into();
                    (name, value)
                })
                .collect(),
        )
    }

    /// Whether the store has it for certain.
    pub(super) fn is_stored(&self) -> bool {
        self.stored.load(Ordering::Relaxed)
    }

    /// The store has it.
    pub(super) fn set_stored(&self) {
        self.stored.store(true, Ordering::Relaxed);
    }

    /// It as JSON, to be stored.
    pub(super) fn body(&self) -> Result<String, EngineError> {
        serde_json::to_string(&*self.program).map_err(|error| {
            EngineError::new(
                "program_unreadable",
                format!("the program cannot be stored: {error}"),
                "",
            )
        })
    }
}

/// The secrets that a program names. Each is in a variable of the environment, and nowhere else.
fn secrets(image: &Image, host: &dyn Host) -> Result<BTreeMap<String, Value>, EngineError> {
    let mut secrets = BTreeMap::new();
    for name in image.keys_of("secrets") {
        let variable = format!("{SECRET_PREFIX}{name}");
        let Some(value) = host.env(&variable) else {
            return Err(EngineError::new(
                "secret_missing",
                format!("the program uses the secret `{name}`, and it is not given"),
                format!("set the environment variable `{variable}` for this command"),
            ));
        };
        secrets.insert(name, Value::String(value));
    }
    Ok(secrets)
}

/// The programs used last.
#[derive(Default)]
pub(super) struct Programs {
    kept: Mutex<Vec<Arc<Loaded>>>,
}

impl Programs {
    /// This program made ready.
    pub(super) fn load(
        &self,
        program: &Arc<Program>,
        registry: &Registry,
        host: &dyn Host,
    ) -> Result<Arc<Loaded>, EngineError> {
        if let Some(found) = self.find(|kept| Arc::ptr_eq(&kept.program, program)) {
            return Ok(found);
        }
        let loaded = Loaded::new(Arc::clone(program), program.hash(), registry, host)?;
        Ok(self.keep(Arc::new(loaded)))
    }

    /// The program of this hash, if it was used before.
    pub(super) fn of_hash(&self, hash: &str) -> Option<Arc<Loaded>> {
        self.find(|kept| kept.hash == hash)
    }

    /// The program of this hash, read from the store.
    pub(super) fn load_stored(
        &self,
        hash: &str,
        body: &str,
        registry: &Registry,
        host: &dyn Host,
    ) -> Result<Arc<Loaded>, EngineError> {
        let program: Program = serde_json::from_str(body).map_err(|error| {
            EngineError::new(
                "program_unreadable",
                format!("the stored program `{hash}` cannot be read: {error}"),
                "use the version of Locus that started the run",
            )
        })?;
        let loaded = Loaded::new(Arc::new(program), hash.to_owned(), registry, host)?;
        loaded.set_stored();
        Ok(self.keep(Arc::new(loaded)))
    }

    fn find(&self, wanted: impl Fn(&Loaded) -> bool) -> Option<Arc<Loaded>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|loaded| wanted(loaded)).cloned()
    }

    fn keep(&self, loaded: Arc<Loaded>) -> Arc<Loaded> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push(Arc::clone(&loaded));
        loaded
    }
}
