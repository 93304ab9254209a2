//! Where something is declared, and where it is used.

use std::sync::Arc;

use locus_diag::Span;
use serde_json::{Value, json};

use super::Server;
use super::documents::uri;
use super::rpc::Answer;

impl Server {
    pub(super) fn definition(&mut self, params: &Value) -> Answer {
        let places = self.occurrences(params, Which::Declarations)?;
        if !places.is_empty() {
            return Ok(places.into());
        }
        self.imported(params)
    }

    pub(super) fn references(&mut self, params: &Value) -> Answer {
        let with_declaration = params["context"]["includeDeclaration"] != false;
        let which = if with_declaration { Which::All } else { Which::Uses };
        Ok(self.occurrences(params, which)?.into())
    }

    pub(super) fn highlights(&mut self, params: &Value) -> Answer {
        let here = uri(params)?.to_owned();
        let places = self.occurrences(params, Which::All)?;
        let here = places.into_iter().filter(|place| place["uri"] == here.as_str());
        Ok(here.map(|place| json!({ "range": place["range"] })).collect::<Vec<_>>().into())
    }

    fn occurrences(&mut self, params: &Value, which: Which) -> Result<Vec<Value>, super::Failure> {
        let registry = Arc::clone(&self.registry);
        let here = uri(params)?.to_owned();
        let target = self.target(params)?;
        let (span, project) = (target.span(), target.project);
        let symbols = project.symbols(&registry);
        let Some(found) = symbols.at(span) else { return Ok(Vec::new()) };
        let wanted = |declares: bool| match which {
            Which::Declarations => declares,
            Which::Uses => !declares,
            Which::All => true,
        };
        let all = symbols.all(&found.symbol).into_iter();
        let spans: Vec<Span> =
            all.filter(|found| wanted(found.declares)).map(|found| found.span).collect();
        Ok(spans.iter().filter_map(|span| project.location(*span, &here)).collect())
    }

    /// The file that an import or a `$ref` names.
    fn imported(&mut self, params: &Value) -> Answer {
        let target = self.target(params)?;
        let compilation = target.project.compilation();
        let files = compilation.spec.files.iter().filter(|file| file.source == target.source);
        let documents = files.flat_map(|file| &file.documents);
        let imports = documents.filter_map(|document| document.get("imports")?.as_sequence());
        let at = |node: &&locus_model::Node| node.span.range().contains(&target.offset);
        let written = imports.flatten().find(at).and_then(locus_model::Node::as_str);
        let Some(written) = written else { return Ok(Value::Null) };
        let Some(own) = compilation.sources.get(target.source) else { return Ok(Value::Null) };
        let folder = own.name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let Ok(path) =
            locus_syntax::world::normalize(format!("{folder}/{written}").trim_start_matches('/'))
        else {
            return Ok(Value::Null);
        };
        let named = compilation.sources.iter().filter(|source| {
            *source.name == *path
                || source.name.strip_prefix(&path).is_some_and(|rest| rest.starts_with('/'))
        });
        let places =
            named.filter_map(|source| target.project.location(Span::new(source.id, 0..0), ""));
        Ok(places.collect::<Vec<_>>().into())
    }
}

#[derive(Clone, Copy)]
enum Which {
    Declarations,
    Uses,
    All,
}
