//! A document in its one form.

use locus_diag::SourceId;
use serde_json::{Value, json};

use super::Server;
use super::documents::uri;
use super::projects::range_of;
use super::rpc::{Answer, Failure};
use crate::format::format;

impl Server {
    pub(super) fn format(&mut self, params: &Value) -> Answer {
        let not_open = || Failure::params("a document that is open");
        let document = self.documents.get(uri(params)?).ok_or_else(not_open)?;
        let text = &*document.text;
        let formatted = match format(SourceId(0), text) {
            Ok(formatted) => formatted,
            Err(reason) => return Err(Failure::refused(format!("not formatted: {reason}"))),
        };
        if formatted == text {
            return Ok(json!([]));
        }
        // Only what differs, in whole lines: the editor keeps its cursor.
        let same = |a: &str, b: &str| a == b;
        let (old, new): (Vec<&str>, Vec<&str>) =
            (text.split_inclusive('\n').collect(), formatted.split_inclusive('\n').collect());
        let before = old.iter().zip(&new).take_while(|(a, b)| same(a, b)).count();
        let left = old.len().min(new.len()) - before;
        let after = old.iter().rev().zip(new.iter().rev()).take(left);
        let after = after.take_while(|(a, b)| same(a, b)).count();
        let bytes = |lines: &[&str]| lines.iter().map(|line| line.len()).sum::<usize>();
        let start = bytes(&old[..before]);
        let end = text.len() - bytes(&old[old.len() - after..]);
        let replacement = new[before..new.len() - after].concat();
        Ok(json!([{ "range": range_of(document, start..end), "newText": replacement }]))
    }
}
