//! What was written to an out folder last time, and from where: so that an edit by hand is seen before it is lost, and a file
//! that is no longer generated can go.

use std::collections::BTreeMap;

use locus_plugin::Ownership;
use serde::{Deserialize, Serialize};

use crate::output::{GeneratedFile, Origin};
use crate::paths;

/// The name of the manifest in its out folder.
pub const MANIFEST: &str = ".locus-manifest.json";

/// The version of this compiler, as manifests record it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The manifest of an out folder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the compiler that wrote it.
    pub locus: String,
    /// What was written, by path.
    pub files: Vec<ManifestEntry>,
}

/// A file that was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ManifestEntry {
    /// Its path below the out folder.
    pub path: String,
    /// The target it belongs to.
    pub target: String,
    /// The generator that made it.
    pub generator: String,
    /// The plugin that provides the generator.
    pub plugin: String,
    /// Whose it is.
    pub ownership: Ownership,
    /// The BLAKE3 hash of its content, by which an edit is seen; not for a file that is the user's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// The hash of what it replaces: only while files are being written, so that a build that was killed can be repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// The part of the spec it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl Default for Manifest {
    fn default() -> Self {
        Self { locus: VERSION.to_owned(), files: Vec::new() }
    }
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let manifest: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        for entry in &manifest.files {
            // A manifest may come from a stranger's repository: it must not lead anywhere else.
            paths::check(&entry.path)
                .map_err(|reason| format!("the path `{}` {reason}", entry.path.escape_debug()))?;
        }
        Ok(manifest)
    }

    /// The text of a manifest: sorted, so that it is the same for the same files.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut sorted = self.clone();
        sorted.files.sort_by(|a, b| (&a.path, &a.target).cmp(&(&b.path, &b.target)));
        let text = serde_json::to_string_pretty(&sorted).unwrap_or_default();
        format!("{text}\n")
    }

    /// The entries by path.
    #[must_use]
    pub fn by_path(&self) -> BTreeMap<&str, &ManifestEntry> {
        self.files.iter().map(|entry| (entry.path.as_str(), entry)).collect()
    }
}

impl ManifestEntry {
    /// The entry of a generated file.
    #[must_use]
    pub fn of(file: &GeneratedFile, target: &str) -> Self {
        let owned = file.ownership == Ownership::Owned;
        Self {
            path: file.path.clone(),
            target: target.to_owned(),
            generator: file.generator.clone(),
            plugin: file.plugin.clone(),
            ownership: file.ownership,
            hash: owned.then(|| content_hash(file.text.as_bytes())),
            replaces: None,
            origin: file.origin.clone(),
        }
    }

    /// Whether this is what was written: nobody has edited it since.
    #[must_use]
    pub fn wrote(&self, content: &[u8]) -> bool {
        let hash = Some(content_hash(content));
        self.hash == hash || (self.replaces.is_some() && self.replaces == hash)
    }
}

/// The BLAKE3 hash of a file's content in hex. Line ends do not count: a checkout may have changed them.
#[must_use]
pub fn content_hash(content: &[u8]) -> String {
    blake3::hash(&unix_line_ends(content)).to_hex().to_string()
}

/// The same bytes with `\n` in place of `\r\n`.
#[must_use]
pub fn unix_line_ends(content: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if !content.windows(2).any(|pair| pair == b"\r\n") {
        return content.into();
    }
    let mut out = Vec::with_capacity(content.len());
    for (index, byte) in content.iter().enumerate() {
        if !(*byte == b'\r' && content.get(index + 1) == Some(&b'\n')) {
            out.push(*byte);
        }
    }
    out.into()
}
