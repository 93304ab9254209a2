//! The codes of problems between a checked program and its files.

locus_diag::codes! {
    /// The options of a target do not fit its generator.
    pub TARGET_OPTIONS = "target-options", Error, "../../../docs/codes/target-options.md";
    /// A generator says that it cannot go on.
    pub GENERATOR_FAILED = "generator-failed", Error, "../../../docs/codes/generator-failed.md";
    /// A template cannot be loaded or rendered.
    pub TEMPLATE_FAILED = "template-failed", Error, "../../../docs/codes/template-failed.md";
    /// A file would get a path that is not safe everywhere.
    pub OUTPUT_PATH = "output-path", Error, "../../../docs/codes/output-path.md";
    /// Two files would get the same path.
    pub OUTPUT_COLLISION = "output-collision", Error, "../../../docs/codes/output-collision.md";
    /// A generated file is no valid text of its kind.
    pub OUTPUT_SYNTAX = "output-syntax", Error, "../../../docs/codes/output-syntax.md";
    /// A generated file was edited by hand.
    pub OUTPUT_CHANGED_BY_HAND = "output-changed-by-hand", Error, "../../../docs/codes/output-changed-by-hand.md";
    /// Something that Locus did not write stands where a file belongs.
    pub OUTPUT_IN_THE_WAY = "output-in-the-way", Error, "../../../docs/codes/output-in-the-way.md";
    /// The manifest of an out folder cannot be read.
    pub OUTPUT_MANIFEST = "output-manifest", Error, "../../../docs/codes/output-manifest.md";
    /// The disk refused; all is as it was before.
    pub OUTPUT_NOT_WRITTEN = "output-not-written", Error, "../../../docs/codes/output-not-written.md";
    /// The files of a target are not what the spec says now.
    pub TARGET_STALE = "target-stale", Error, "../../../docs/codes/target-stale.md";
}
