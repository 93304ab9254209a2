//! The codes of problems with the set of linked plugins.

locus_diag::codes! {
    /// Two plugins, or two parts of them, have the same name.
    pub DUPLICATE_PLUGIN_PART = "duplicate-plugin-part", Error, "../../../docs/codes/duplicate-plugin-part.md";
    /// A part of a plugin is in a crate that declares no plugin, or several.
    pub PLUGIN_NOT_DECLARED = "plugin-not-declared", Error, "../../../docs/codes/plugin-not-declared.md";
    /// A plugin was made for another version of the contract.
    pub PLUGIN_API_MISMATCH = "plugin-api-mismatch", Error, "../../../docs/codes/plugin-api-mismatch.md";
    /// Something a plugin requires is not there, or something it conflicts with is.
    pub PLUGIN_REQUIREMENT = "plugin-requirement", Error, "../../../docs/codes/plugin-requirement.md";
    /// Hooks that want to run before each other.
    pub HOOK_ORDER_CYCLE = "hook-order-cycle", Error, "../../../docs/codes/hook-order-cycle.md";
    /// Two plugins whose ids a reader may take for each other, or an id with letters that look like others.
    pub PLUGIN_LOOK_ALIKE = "plugin-look-alike", Error, "../../../docs/codes/plugin-look-alike.md";
    /// A plugin does not say of itself what its users need.
    pub PLUGIN_LINT = "plugin-lint", Warning, "../../../docs/codes/plugin-lint.md";
    /// A hook gives more than it may.
    pub PLUGIN_OUTPUT_LIMIT = "plugin-output-limit", Warning, "../../../docs/codes/plugin-output-limit.md";
    /// A patch of a hook cannot be made, or makes the program wrong.
    pub PATCH_REJECTED = "patch-rejected", Error, "../../../docs/codes/patch-rejected.md";
    /// Two plugins change the same thing in different ways.
    pub PATCH_CONFLICT = "patch-conflict", Error, "../../../docs/codes/patch-conflict.md";
    /// A step type whose rule for its result cannot be.
    pub WRONG_RESULT_RULE = "wrong-result-rule", Error, "../../../docs/codes/wrong-result-rule.md";
    /// A plugin panicked.
    pub PLUGIN_PANICKED = "plugin-panicked", Error, "../../../docs/codes/plugin-panicked.md";
}
