//! A new name for a step, a workflow, a connection, a model or a schema, everywhere at once.

use std::sync::Arc;

use locus_diag::Span;
use locus_model::{Block, Program, Type};
use serde_json::{Value, json};

use super::Server;
use super::documents::uri;
use super::projects::range_of;
use super::rpc::{Answer, Failure};
use crate::symbols::Symbol;

impl Server {
    pub(super) fn prepare_rename(&mut self, params: &Value) -> Answer {
        let (symbol, span) = match self.renamed(params)? {
            Ok(found) => found,
            Err(reason) => return Err(Failure::refused(reason)),
        };
        let document = self.documents.get(uri(params)?).ok_or_else(Failure::internal)?;
        let range = range_of(document, span.range());
        Ok(
            json!({ "range": range, "placeholder": name_of(&symbol, document.text.get(span.range())) }),
        )
    }

    pub(super) fn rename(&mut self, params: &Value) -> Answer {
        let name = params["newName"].as_str().ok_or_else(|| Failure::params("a new name"))?;
        let (symbol, _) = match self.renamed(params)? {
            Ok(found) => found,
            Err(reason) => return Err(Failure::refused(reason)),
        };
        let registry = Arc::clone(&self.registry);
        let here = uri(params)?.to_owned();
        let project = self.target(params)?.project;
        if let Err(reason) = may_be_named(&symbol, name, &project.compilation().program) {
            return Err(Failure::refused(reason));
        }
        let all = project.symbols(&registry).all(&symbol);
        let edits: Vec<(Span, String)> =
            all.into_iter().map(|found| (found.span, name.to_owned())).collect();
        Ok(project.workspace_edit(&edits, &here))
    }

    /// What would be renamed, and where it stands here; or why nothing can be.
    fn renamed(&mut self, params: &Value) -> Result<Result<(Symbol, Span), String>, Failure> {
        let registry = Arc::clone(&self.registry);
        let target = self.target(params)?;
        let (span, project) = (target.span(), target.project);
        let symbols = project.symbols(&registry);
        let Some(found) = symbols.at(span) else {
            return Ok(Err("there is nothing here that can be renamed".to_owned()));
        };
        let renames = matches!(
            found.symbol,
            Symbol::Step(_)
                | Symbol::Type(_)
                | Symbol::Declared("workflows" | "connections" | "components" | "targets", _)
        );
        let is_declared = !symbols.declarations(&found.symbol).is_empty();
        Ok(match (renames, is_declared) {
            (true, true) => Ok((found.symbol.clone(), found.span)),
            (true, false) => Err("it is not declared in this project".to_owned()),
            (false, _) => {
                Err("steps, workflows, models, schemas and connections can be renamed".to_owned())
            }
        })
    }
}

fn name_of(symbol: &Symbol, written: Option<&str>) -> String {
    match symbol {
        Symbol::Declared(_, name) | Symbol::Type(name) => name.clone(),
        _ => written.unwrap_or_default().to_owned(),
    }
}

/// Why something cannot have a name.
fn may_be_named(symbol: &Symbol, name: &str, program: &Program) -> Result<(), String> {
    let first = name.chars().next().unwrap_or(' ');
    let rest = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let taken = |is_taken: bool, what: &str| {
        if is_taken { Err(format!("there is {what} `{name}` already")) } else { Ok(()) }
    };
    if let Symbol::Step(id) = symbol {
        let small = !name.chars().any(|c| c.is_ascii_uppercase());
        if !(first.is_ascii_lowercase() && rest && small) {
            return Err(format!(
                "`{name}` is no id of a step: small letters, digits and `_`, the first a letter"
            ));
        }
        let workflows = program.workflows.values();
        let block =
            workflows.filter(|workflow| holds(&workflow.steps, *id)).map(|w| &w.steps).next();
        let seen = block.is_some_and(|block| is_seen_together(block, *id, name));
        return taken(seen, "a step in reach that is called");
    }
    if !((first.is_ascii_alphabetic() || first == '_') && rest) {
        return Err(format!("`{name}` is no name: letters, digits and `_`, the first no digit"));
    }
    match symbol {
        Symbol::Type(_) => {
            let scalar = Type::SCALARS.iter().any(|(scalar, _)| *scalar == name);
            taken(
                scalar || program.models.contains_key(name) || program.schemas.contains_key(name),
                "a type",
            )
        }
        Symbol::Declared("workflows", _) => {
            taken(program.workflows.contains_key(name), "a workflow")
        }
        Symbol::Declared("connections", _) => {
            taken(program.connections.contains_key(name), "a connection")
        }
        Symbol::Declared("targets", _) => taken(program.targets.contains_key(name), "a target"),
        _ => Ok(()),
    }
}

fn holds(block: &Block, id: Span) -> bool {
    block.walk().iter().any(|step| step.id.as_ref().is_some_and(|own| own.span == id))
}

/// Whether a step of this name stands in the block of the one whose id is at `id`, around it or inside it: then one of
/// them would hide the other.
fn is_seen_together(block: &Block, id: Span, name: &str) -> bool {
    let own = block.steps.iter().any(|step| step.id.as_ref().is_some_and(|own| own.span == id));
    if own {
        return block.walk().iter().any(|step| step.name == name);
    }
    if block.steps.iter().any(|step| step.name == name) {
        return true;
    }
    let inner = block
        .steps
        .iter()
        .flat_map(|step| step.slots.iter().map(|slot| &slot.block).chain(step.compensate.as_ref()));
    inner.into_iter().any(|block| holds(block, id) && is_seen_together(block, id, name))
}
