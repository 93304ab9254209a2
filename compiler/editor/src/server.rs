//! The language server: messages of the Language Server Protocol in, messages out. It does no input or output of its own but reading
//! the project; its host reads messages, calls [`Server::receive`], writes what comes back, and calls [`Server::publish`] when no
//! message has come for a moment.
//!
//! Reading order: `rpc` (requests and answers), `documents` (texts as the editor has them), `projects` (compiled again after edits),
//! `publish` (diagnostics); then one module for each thing an editor asks: `hover`, `complete` with `spot`, `patch` and `paths`, `navigate`,
//! `rename`, `outline`, `actions`, `formatting`.

mod actions;
mod complete;
mod documents;
mod formatting;
mod hover;
mod navigate;
mod outline;
mod patch;
mod paths;
mod projects;
mod publish;
mod rename;
mod rpc;
mod spot;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use locus_plugin::Registry;
use serde_json::{Value, json};

use documents::Document;
use projects::Project;
use rpc::{Answer, Failure};

/// How a language server ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// As asked.
    WellDone,
    /// The editor went away without asking for the end.
    Unasked,
}

/// A language server between messages.
pub struct Server {
    registry: Arc<Registry>,
    phase: Phase,
    documents: BTreeMap<String, Document>,
    projects: Vec<Project>,
    /// What is known of the editor.
    client: Client,
    out: Vec<Value>,
    /// Numbers our own requests.
    requests: u64,
}

/// Where a session stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// Nothing was said yet.
    New,
    /// Between `initialize` and `shutdown`.
    Running,
    /// `shutdown` was asked.
    ShutDown,
    /// `exit` came.
    Ended(Ended),
}

/// What the editor can do.
#[derive(Clone, Copy, Default, Debug)]
struct Client {
    /// Completions with places to fill in.
    snippets: bool,
    /// Edits of a code action may come later.
    resolves_edits: bool,
    /// Asks which files to watch.
    watches: bool,
}

impl Server {
    /// A server that nobody has talked to yet.
    #[must_use]
    pub fn new(registry: Arc<Registry>) -> Self {
        Self {
            registry,
            phase: Phase::New,
            documents: BTreeMap::new(),
            projects: Vec::new(),
            client: Client::default(),
            out: Vec::new(),
            requests: 0,
        }
    }

    /// How the session ended, once it has.
    #[must_use]
    pub const fn ended(&self) -> Option<Ended> {
        match self.phase {
            Phase::Ended(ended) => Some(ended),
            _ => None,
        }
    }

    /// Whether [`publish`](Self::publish) has something to do.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.phase == Phase::Running
            && (self.documents.values().any(|document| document.changed)
                || self.projects.iter().any(|project| project.unpublished))
    }

    /// Takes the messages that have come; gives the answers. A request that another of the messages takes back is not begun.
    pub fn receive(&mut self, messages: impl IntoIterator<Item = Value>) -> Vec<Value> {
        let messages: Vec<Value> = messages.into_iter().collect();
        let cancelled: Vec<Value> = messages
            .iter()
            .filter(|message| message["method"] == "$/cancelRequest")
            .map(|message| message["params"]["id"].clone())
            .collect();
        for message in messages {
            let id = message.get("id").cloned();
            match id.filter(|id| message.get("method").is_some() && cancelled.contains(id)) {
                Some(id) => self.out.push(rpc::failed(&id, &Failure::cancelled())),
                None => self.message(&message),
            }
        }
        std::mem::take(&mut self.out)
    }

    /// The answer to bytes that are no message.
    #[must_use]
    pub fn unreadable(reason: &str) -> Value {
        rpc::failed(&Value::Null, &Failure::parse(reason))
    }

    /// The diagnostics that changed since they were last published.
    pub fn publish(&mut self) -> Vec<Value> {
        self.guarded(|server| {
            server.publish_changes();
            Ok(Value::Null)
        })
        .unwrap_or_default();
        std::mem::take(&mut self.out)
    }

    fn message(&mut self, message: &Value) {
        let params = &message["params"];
        match (message.get("id"), message["method"].as_str()) {
            (Some(id), Some(method)) => {
                let answer = self.guarded(|server| server.request(method, params));
                self.out.push(match answer {
                    Ok(result) => rpc::done(id, &result),
                    Err(failure) => rpc::failed(id, &failure),
                });
            }
            (None, Some(method)) => {
                // What cannot be understood cannot be answered.
                _ = self.guarded(|server| server.notification(method, params));
            }
            // An answer to a request of ours: all of them only tell.
            (Some(_), None)
                if message.get("result").is_some() || message.get("error").is_some() => {}
            (id, None) => {
                let failure = Failure::invalid("a message has a `method`");
                self.out.push(rpc::failed(id.unwrap_or(&Value::Null), &failure));
            }
        }
    }

    /// Does some work. A mistake of ours in it is its failure; what may be half-done then is forgotten and made anew.
    fn guarded(&mut self, work: impl FnOnce(&mut Self) -> Answer) -> Answer {
        catch_unwind(AssertUnwindSafe(|| work(&mut *self))).unwrap_or_else(|_| {
            self.projects.clear();
            for document in self.documents.values_mut() {
                document.changed = true;
            }
            Err(Failure::internal())
        })
    }

    fn request(&mut self, method: &str, params: &Value) -> Answer {
        match (self.phase, method) {
            (Phase::New, "initialize") => return Ok(self.initialize(params)),
            (Phase::New, _) => return Err(Failure::not_initialized()),
            (Phase::Running, "initialize") => return Err(Failure::invalid("initialized already")),
            (Phase::Running, _) => {}
            (Phase::ShutDown | Phase::Ended(_), _) => {
                return Err(Failure::invalid("the server was shut down"));
            }
        }
        match method {
            "shutdown" => {
                self.phase = Phase::ShutDown;
                Ok(Value::Null)
            }
            "textDocument/hover" => self.hover(params),
            "textDocument/completion" => self.complete(params),
            "textDocument/definition" => self.definition(params),
            "textDocument/references" => self.references(params),
            "textDocument/documentHighlight" => self.highlights(params),
            "textDocument/prepareRename" => self.prepare_rename(params),
            "textDocument/rename" => self.rename(params),
            "textDocument/documentSymbol" => self.outline(params),
            "textDocument/codeAction" => self.actions(params),
            "codeAction/resolve" => self.resolve_action(params),
            "textDocument/formatting" => self.format(params),
            _ => Err(Failure::unknown_method(method)),
        }
    }

    fn notification(&mut self, method: &str, params: &Value) -> Answer {
        if method == "exit" {
            let asked = self.phase == Phase::ShutDown;
            self.phase = Phase::Ended(if asked { Ended::WellDone } else { Ended::Unasked });
        }
        if self.phase != Phase::Running {
            return Ok(Value::Null);
        }
        match method {
            "initialized" => self.watch_files(),
            "textDocument/didOpen" => self.open(params)?,
            "textDocument/didChange" => self.change(params)?,
            "textDocument/didClose" => self.close(params)?,
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => self.refresh(),
            _ => {}
        }
        Ok(Value::Null)
    }

    fn initialize(&mut self, params: &Value) -> Value {
        self.phase = Phase::Running;
        let able = &params["capabilities"];
        let text = &able["textDocument"];
        let resolves = text["codeAction"]["resolveSupport"]["properties"].as_array();
        self.client = Client {
            snippets: text["completion"]["completionItem"]["snippetSupport"] == true,
            resolves_edits: resolves.is_some_and(|properties| properties.contains(&json!("edit"))),
            watches: able["workspace"]["didChangeWatchedFiles"]["dynamicRegistration"] == true,
        };
        json!({
            "serverInfo": { "name": "locus", "version": env!("CARGO_PKG_VERSION") },
            "capabilities": {
                "positionEncoding": "utf-16",
                "textDocumentSync": { "openClose": true, "change": 2, "save": true },
                "hoverProvider": true,
                "completionProvider": { "triggerCharacters": [".", "$", "{", " ", ":", "@"] },
                "definitionProvider": true,
                "referencesProvider": true,
                "documentHighlightProvider": true,
                "renameProvider": { "prepareProvider": true },
                "documentSymbolProvider": true,
                "documentFormattingProvider": true,
                "codeActionProvider": {
                    "codeActionKinds": ["quickfix", "source.fixAll"],
                    "resolveProvider": true,
                },
            },
        })
    }

    /// Asks to be told when specs change on disk.
    fn watch_files(&mut self) {
        if !self.client.watches {
            return;
        }
        self.requests += 1;
        let watchers: Vec<Value> = ["**/*.locus.yaml", "**/locus.yaml", "**/*.json"]
            .iter()
            .map(|pattern| json!({ "globPattern": pattern }))
            .collect();
        self.out.push(json!({
            "jsonrpc": "2.0",
            "id": format!("locus-{}", self.requests),
            "method": "client/registerCapability",
            "params": { "registrations": [{
                "id": "specs",
                "method": "workspace/didChangeWatchedFiles",
                "registerOptions": { "watchers": watchers },
            }] },
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_of_ours_is_the_failure_of_one_request() {
        let mut server = Server::new(Arc::new(Registry::build([]).unwrap()));
        let failed = server.guarded(|_| panic!("a mistake"));
        assert!(failed.is_err());
        let initialize = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {} });
        assert!(server.receive([initialize])[0]["result"]["capabilities"].is_object());
    }
}
