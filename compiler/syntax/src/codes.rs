//! The codes of problems with reading: files, YAML, and the set of files of a project.

locus_diag::codes! {
    /// A text that is not YAML.
    pub YAML_SYNTAX = "yaml-syntax", Error, "../../../docs/codes/yaml-syntax.md";
    /// A key is written twice in one mapping.
    pub DUPLICATE_KEY = "duplicate-key", Error, "../../../docs/codes/duplicate-key.md";
    /// A key that is a list, a mapping or nothing.
    pub UNSUPPORTED_KEY = "unsupported-key", Error, "../../../docs/codes/unsupported-key.md";
    /// An alias of an anchor that is not there.
    pub UNKNOWN_ALIAS = "unknown-alias", Error, "../../../docs/codes/unknown-alias.md";
    /// An alias inside the value it stands for.
    pub RECURSIVE_ALIAS = "recursive-alias", Error, "../../../docs/codes/recursive-alias.md";
    /// Aliases that stand for more values than a spec may hold.
    pub ALIAS_EXPANSION_LIMIT = "alias-expansion-limit", Error, "../../../docs/codes/alias-expansion-limit.md";
    /// A merge key whose value is no mapping.
    pub INVALID_MERGE = "invalid-merge", Error, "../../../docs/codes/invalid-merge.md";
    /// Lists and mappings inside each other, too deep.
    pub NESTING_TOO_DEEP = "nesting-too-deep", Error, "../../../docs/codes/nesting-too-deep.md";
    /// A tag that is not of the core schema.
    pub UNSUPPORTED_TAG = "unsupported-tag", Error, "../../../docs/codes/unsupported-tag.md";
    /// A tag that does not fit its value.
    pub TAG_MISMATCH = "tag-mismatch", Error, "../../../docs/codes/tag-mismatch.md";
    /// A number that a program cannot hold.
    pub NUMBER_OUT_OF_RANGE = "number-out-of-range", Error, "../../../docs/codes/number-out-of-range.md";
    /// An expression that YAML cuts apart.
    pub UNQUOTED_EXPRESSION = "unquoted-expression", Error, "../../../docs/codes/unquoted-expression.md";
    /// More problems in a file than are shown.
    pub TOO_MANY_PROBLEMS = "too-many-problems", Error, "../../../docs/codes/too-many-problems.md";
    /// A file above the size limit.
    pub FILE_TOO_LARGE = "file-too-large", Error, "../../../docs/codes/file-too-large.md";
    /// A file that is no UTF-8 text.
    pub NOT_UTF8 = "not-utf8", Error, "../../../docs/codes/not-utf8.md";
    /// A file or folder that cannot be read.
    pub UNREADABLE_FILE = "unreadable-file", Error, "../../../docs/codes/unreadable-file.md";
    /// A folder without specs.
    pub NO_SPECS = "no-specs", Error, "../../../docs/codes/no-specs.md";
    /// A manifest of several documents.
    pub SEVERAL_MANIFESTS = "several-manifests", Error, "../../../docs/codes/several-manifests.md";
    /// An import that leads to nothing.
    pub IMPORT_NOT_FOUND = "import-not-found", Error, "../../../docs/codes/import-not-found.md";
    /// An import that is no path inside the project.
    pub INVALID_IMPORT = "invalid-import", Error, "../../../docs/codes/invalid-import.md";
}
