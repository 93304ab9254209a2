//! The codes of what can be wrong with a program. Each has a page under `docs/codes/`.

locus_diag::codes! {
    // -- keys and values --
    /// A key that is not known where it stands.
    pub UNKNOWN_KEY = "unknown-key", Error, "../../../docs/codes/unknown-key.md";
    /// A key that must be there is not.
    pub MISSING_KEY = "missing-key", Error, "../../../docs/codes/missing-key.md";
    /// Keys of which only one may be there.
    pub CONFLICTING_KEYS = "conflicting-keys", Error, "../../../docs/codes/conflicting-keys.md";
    /// A value of another kind than expected.
    pub WRONG_TYPE = "wrong-type", Error, "../../../docs/codes/wrong-type.md";
    /// A value of the right kind that is not allowed.
    pub WRONG_VALUE = "wrong-value", Error, "../../../docs/codes/wrong-value.md";
    /// Something that is no length of time.
    pub INVALID_DURATION = "invalid-duration", Error, "../../../docs/codes/invalid-duration.md";
    /// An expression where a value must be written out.
    pub EXPRESSION_NOT_ALLOWED = "expression-not-allowed", Error, "../../../docs/codes/expression-not-allowed.md";
    /// A secret where it could be seen.
    pub SECRET_NOT_ALLOWED = "secret-not-allowed", Error, "../../../docs/codes/secret-not-allowed.md";

    // -- names --
    /// A name that is not spelled as names are.
    pub INVALID_NAME = "invalid-name", Error, "../../../docs/codes/invalid-name.md";
    /// One name for two things.
    pub DUPLICATE_NAME = "duplicate-name", Error, "../../../docs/codes/duplicate-name.md";
    /// A setting that is read and not used.
    pub SETTING_NOT_USED = "setting-not-used", Advice, "../../../docs/codes/setting-not-used.md";
    /// A connection that is not declared.
    pub UNKNOWN_CONNECTION = "unknown-connection", Error, "../../../docs/codes/unknown-connection.md";
    /// A workflow that is not declared.
    pub UNKNOWN_WORKFLOW = "unknown-workflow", Error, "../../../docs/codes/unknown-workflow.md";
    /// A model that is not declared.
    pub UNKNOWN_MODEL = "unknown-model", Error, "../../../docs/codes/unknown-model.md";
    /// An input that the workflow does not take.
    pub UNKNOWN_INPUT = "unknown-input", Error, "../../../docs/codes/unknown-input.md";
    /// An input that the called workflow needs.
    pub MISSING_INPUT = "missing-input", Error, "../../../docs/codes/missing-input.md";

    /// A kind of connection that no plugin brings.
    pub UNKNOWN_CONNECTION_KIND = "unknown-connection-kind", Error, "../../../docs/codes/unknown-connection-kind.md";
    /// A connection that does not offer what a step needs.
    pub WRONG_CONNECTION_KIND = "wrong-connection-kind", Error, "../../../docs/codes/wrong-connection-kind.md";

    // -- types and models --
    /// Something that is no type.
    pub INVALID_TYPE = "invalid-type", Error, "../../../docs/codes/invalid-type.md";
    /// A type that is not declared.
    pub UNKNOWN_TYPE = "unknown-type", Error, "../../../docs/codes/unknown-type.md";
    /// A JSON Schema that is none.
    pub INVALID_SCHEMA = "invalid-schema", Error, "../../../docs/codes/invalid-schema.md";
    /// A reference to a schema that leads nowhere.
    pub UNRESOLVED_SCHEMA = "unresolved-schema", Error, "../../../docs/codes/unresolved-schema.md";
    /// A default that its own type refuses.
    pub INVALID_DEFAULT = "invalid-default", Error, "../../../docs/codes/invalid-default.md";
    /// A model that is identified by several fields.
    pub SEVERAL_IDS = "several-ids", Error, "../../../docs/codes/several-ids.md";
    /// An index over a field that is not there.
    pub UNKNOWN_INDEX_FIELD = "unknown-index-field", Error, "../../../docs/codes/unknown-index-field.md";
    /// A relation to a record that nothing identifies.
    pub RELATION_WITHOUT_ID = "relation-without-id", Error, "../../../docs/codes/relation-without-id.md";

    /// A field that is not the other side of a relation.
    pub WRONG_INVERSE = "wrong-inverse", Error, "../../../docs/codes/wrong-inverse.md";
    /// A relation with several fields that could be its other side.
    pub AMBIGUOUS_RELATION = "ambiguous-relation", Error, "../../../docs/codes/ambiguous-relation.md";
    /// An index over something that cannot be looked up.
    pub INVALID_INDEX = "invalid-index", Error, "../../../docs/codes/invalid-index.md";
    /// Two indexes over the same fields.
    pub DUPLICATE_INDEX = "duplicate-index", Warning, "../../../docs/codes/duplicate-index.md";

    // -- the project --
    /// Another version of the language.
    pub UNSUPPORTED_LANGUAGE = "unsupported-language", Error, "../../../docs/codes/unsupported-language.md";
    /// A generator that is not linked.
    pub UNKNOWN_GENERATOR = "unknown-generator", Error, "../../../docs/codes/unknown-generator.md";
    /// A plugin that is not linked.
    pub UNKNOWN_PLUGIN = "unknown-plugin", Error, "../../../docs/codes/unknown-plugin.md";
    /// A profile that is not declared.
    pub UNKNOWN_PROFILE = "unknown-profile", Error, "../../../docs/codes/unknown-profile.md";
    /// A target that is not declared.
    pub UNKNOWN_TARGET = "unknown-target", Error, "../../../docs/codes/unknown-target.md";
    /// A limit of the project that is not kept to.
    pub BUDGET_EXCEEDED = "budget-exceeded", Error, "../../../docs/codes/budget-exceeded.md";
    /// A target that would write outside the project.
    pub TARGET_OUTSIDE_PROJECT = "target-outside-project", Error, "../../../docs/codes/target-outside-project.md";

    // -- triggers --
    /// Something that is no cron expression.
    pub INVALID_CRON = "invalid-cron", Error, "../../../docs/codes/invalid-cron.md";
    /// Something that is no time zone.
    pub UNKNOWN_TIME_ZONE = "unknown-time-zone", Error, "../../../docs/codes/unknown-time-zone.md";
    /// A trigger that is there twice.
    pub DUPLICATE_TRIGGER = "duplicate-trigger", Warning, "../../../docs/codes/duplicate-trigger.md";
    /// A trigger whose runs would all be refused.
    pub TRIGGER_WITHOUT_INPUT = "trigger-without-input", Warning, "../../../docs/codes/trigger-without-input.md";
    /// Two workflows that answer the same request.
    pub DUPLICATE_ROUTE = "duplicate-route", Error, "../../../docs/codes/duplicate-route.md";

    // -- pages and tests --
    /// A view that is none, and no component.
    pub UNKNOWN_COMPONENT = "unknown-component", Error, "../../../docs/codes/unknown-component.md";
    /// A step that cannot be mocked.
    pub NOT_MOCKABLE = "not-mockable", Error, "../../../docs/codes/not-mockable.md";

    // -- steps --
    /// A step of a type that is not registered.
    pub UNKNOWN_STEP_TYPE = "unknown-step-type", Error, "../../../docs/codes/unknown-step-type.md";
    /// A step without a type.
    pub MISSING_STEP_TYPE = "missing-step-type", Error, "../../../docs/codes/missing-step-type.md";
    /// A step of several types.
    pub SEVERAL_STEP_TYPES = "several-step-types", Error, "../../../docs/codes/several-step-types.md";
    /// A block without steps.
    pub EMPTY_BLOCK = "empty-block", Warning, "../../../docs/codes/empty-block.md";
    /// Two steps that nothing tells apart.
    pub DUPLICATE_STEP = "duplicate-step", Error, "../../../docs/codes/duplicate-step.md";
    /// A compensation of a step that changes nothing.
    pub NOTHING_TO_UNDO = "nothing-to-undo", Warning, "../../../docs/codes/nothing-to-undo.md";

    // -- plugins --
    /// A version of a plugin that is not the one linked.
    pub PLUGIN_VERSION_MISMATCH = "plugin-version-mismatch", Error, "../../../docs/codes/plugin-version-mismatch.md";
    /// A plugin's config written for an earlier version of it.
    pub PLUGIN_CONFIG_OUTDATED = "plugin-config-outdated", Warning, "../../../docs/codes/plugin-config-outdated.md";
    /// A plugin's config of an earlier form that cannot be carried over.
    pub PLUGIN_CONFIG_NOT_MIGRATED = "plugin-config-not-migrated", Error, "../../../docs/codes/plugin-config-not-migrated.md";
    /// A permission granted to a plugin that does not ask for it.
    pub PERMISSION_NOT_DECLARED = "permission-not-declared", Warning, "../../../docs/codes/permission-not-declared.md";
    /// A step type or parameter that will go away.
    pub DEPRECATED_PART = "deprecated-part", Warning, "../../../docs/codes/deprecated-part.md";

    // -- flow --
    /// Steps that wait for each other.
    pub NEEDS_CYCLE = "needs-cycle", Error, "../../../docs/codes/needs-cycle.md";
    /// A signal that nothing around the step takes.
    pub SIGNAL_OUTSIDE = "signal-outside", Error, "../../../docs/codes/signal-outside.md";
    /// A step that can never run.
    pub UNREACHABLE_STEP = "unreachable-step", Warning, "../../../docs/codes/unreachable-step.md";

    /// A condition with but one outcome.
    pub CONSTANT_CONDITION = "constant-condition", Warning, "../../../docs/codes/constant-condition.md";
    /// A case that no value leads to.
    pub UNREACHABLE_CASE = "unreachable-case", Warning, "../../../docs/codes/unreachable-case.md";
    /// A handler that no error reaches.
    pub UNREACHABLE_CATCH = "unreachable-catch", Warning, "../../../docs/codes/unreachable-catch.md";
    /// An error code that is waited for and never raised.
    pub ERROR_NOT_RAISED = "error-not-raised", Warning, "../../../docs/codes/error-not-raised.md";
    /// A loop that cannot end.
    pub ENDLESS_LOOP = "endless-loop", Warning, "../../../docs/codes/endless-loop.md";
    /// A loop that only its condition ends.
    pub UNBOUNDED_LOOP = "unbounded-loop", Advice, "../../../docs/codes/unbounded-loop.md";
    /// A name that is set by steps that run at the same time.
    pub CONCURRENT_WRITES = "concurrent-writes", Warning, "../../../docs/codes/concurrent-writes.md";
    /// A value that nobody uses.
    pub UNUSED_RESULT = "unused-result", Warning, "../../../docs/codes/unused-result.md";
    /// Workflows that call each other without end.
    pub CALL_CYCLE = "call-cycle", Error, "../../../docs/codes/call-cycle.md";
    /// An event that is waited for under a name that nobody emits.
    pub EVENT_NEVER_EMITTED = "event-never-emitted", Advice, "../../../docs/codes/event-never-emitted.md";

    // -- effects and secrets --
    /// An effect that may happen twice.
    pub REPEATED_EFFECT = "repeated-effect", Warning, "../../../docs/codes/repeated-effect.md";
    /// An effect that stays when the others are undone.
    pub NOT_COMPENSATED = "not-compensated", Warning, "../../../docs/codes/not-compensated.md";

    // -- the author's word --
    /// A permission that permits nothing.
    pub INVALID_ALLOW = "invalid-allow", Error, "../../../docs/codes/invalid-allow.md";

    // -- expressions --
    /// An expression that is no jq.
    pub EXPRESSION_SYNTAX = "expression-syntax", Error, "../../../docs/codes/expression-syntax.md";
    /// A function that does not exist.
    pub UNKNOWN_FUNCTION = "unknown-function", Error, "../../../docs/codes/unknown-function.md";
    /// A function that would make an expression depend on the outside.
    pub FORBIDDEN_FUNCTION = "forbidden-function", Error, "../../../docs/codes/forbidden-function.md";
    /// A step that is not there.
    pub UNKNOWN_STEP = "unknown-step", Error, "../../../docs/codes/unknown-step.md";
    /// A step inside a block that cannot be looked into from here.
    pub STEP_NOT_VISIBLE = "step-not-visible", Error, "../../../docs/codes/step-not-visible.md";
    /// A step that has no result yet.
    pub STEP_NOT_RUN_YET = "step-not-run-yet", Error, "../../../docs/codes/step-not-run-yet.md";
    /// A field that the type of a value does not have.
    pub UNKNOWN_FIELD = "unknown-field", Error, "../../../docs/codes/unknown-field.md";
    /// A variable that is not bound.
    pub UNKNOWN_VARIABLE = "unknown-variable", Error, "../../../docs/codes/unknown-variable.md";
    /// A name in `.vars` that no step sets.
    pub VAR_NOT_SET = "var-not-set", Error, "../../../docs/codes/var-not-set.md";
    /// A part of the context that does not exist.
    pub UNKNOWN_CONTEXT_FIELD = "unknown-context-field", Error, "../../../docs/codes/unknown-context-field.md";

    // -- types of values --
    /// A value of another type than what it is for.
    pub TYPE_MISMATCH = "type-mismatch", Error, "../../../docs/codes/type-mismatch.md";
    /// A value that may be null where null does not fit.
    pub MAY_BE_NULL = "may-be-null", Error, "../../../docs/codes/may-be-null.md";
    /// An operation on a value that it does not take.
    pub WRONG_OPERAND = "wrong-operand", Error, "../../../docs/codes/wrong-operand.md";
    /// A comparison of values that are never equal.
    pub NEVER_EQUAL = "never-equal", Warning, "../../../docs/codes/never-equal.md";
    /// An expression that gives no value, or several.
    pub NOT_ONE_VALUE = "not-one-value", Error, "../../../docs/codes/not-one-value.md";
    /// A parameter of a statement without a value, or a value without its parameter.
    pub SQL_PARAMETER = "sql-parameter", Error, "../../../docs/codes/sql-parameter.md";
    /// A column that is no field of the model its table holds.
    pub UNKNOWN_COLUMN = "unknown-column", Warning, "../../../docs/codes/unknown-column.md";
}
