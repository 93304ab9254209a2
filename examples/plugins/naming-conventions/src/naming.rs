//! Programs, held against the rules for names.

use locus_plugin::hooks::Filter;
use locus_plugin::model::Program;
use locus_plugin::model::types::{Field, TypeKind};
use locus_plugin::{Diagnostic, HookContext, Hooks, IndexMap, PostValidate, Severity, Span};

use crate::conventions::{Naming, Rules};
use crate::words::words;

/// Reports names that break the project's rules, each at the name, with one that would keep them.
///
/// Problems: `acme.naming/case`, `acme.naming/prefix`, `acme.naming/length`, `acme.naming/word`.
#[derive(Hooks)]
#[hooks(post_validate, name = "naming", on_failure = "warn")]
pub struct Names;

impl PostValidate for Names {
    fn post_validate(&self, program: &Program, cx: &mut HookContext) {
        // A config that does not fit is the host's to report.
        let Ok(naming) = cx.config_as::<Naming>() else { return };
        let mut check = Check { naming: &naming, cx };
        for workflow in program.workflows.values() {
            check.name(
                "workflow",
                naming.workflows.as_ref(),
                &workflow.name.value,
                workflow.name.span,
            );
            check.fields("input", &workflow.input);
            for id in workflow.steps.walk().into_iter().filter_map(|step| step.id.as_ref()) {
                check.name("step", naming.steps.as_ref(), &id.value, id.span);
            }
        }
        for model in program.models.values() {
            check.name("model", naming.models.as_ref(), &model.name.value, model.name.span);
            check.fields("field", &model.fields);
        }
        for (name, schema) in &program.schemas {
            check.name("schema", naming.models.as_ref(), name, schema.span);
            if let TypeKind::Object(fields) = &schema.ty.kind {
                check.fields("field", fields);
            }
        }
    }
}

struct Check<'c> {
    naming: &'c Naming,
    cx: &'c mut HookContext,
}

impl Check<'_> {
    fn fields(&mut self, what: &str, fields: &IndexMap<String, Field>) {
        for (name, field) in fields {
            self.name(what, self.naming.fields.as_ref(), name, field.span);
        }
    }

    /// Reports every rule that a name breaks. The name that is proposed keeps all that can be kept by rewriting.
    fn name(&mut self, what: &str, rules: Option<&Rules>, name: &str, at: Span) {
        let Some(rules) = rules else { return };
        let except = &self.naming.except;
        if !except.is_empty() && Filter::takes(except, name) {
            return;
        }
        let better = proposal(rules, name);
        let rename = better.map(|better| format!("rename it to `{better}`"));
        let rename = rename.as_deref();
        if let Some(case) = rules.case.filter(|case| !case.fits(name)) {
            let message = format!("the {what} `{name}` is not written in {}", case.as_str());
            let help = format!("write it in {}", case.as_str());
            self.report("case", message, at, rename.unwrap_or(&help));
        }
        if !rules.prefixes.is_empty()
            && !rules.prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))
        {
            let list: Vec<String> =
                rules.prefixes.iter().map(|prefix| format!("`{prefix}`")).collect();
            let message = format!("the {what} `{name}` begins with none of {}", list.join(", "));
            self.report("prefix", message, at, rename.unwrap_or("give it one of them"));
        }
        if let Some(longest) = rules.max_length {
            let length = name.chars().count();
            if length > longest as usize {
                let message =
                    format!("the {what} `{name}` has {length} characters, more than {longest}");
                self.report("length", message, at, "find a shorter name");
            }
        }
        if let Some(word) = forbidden(rules, name) {
            let message = format!("the {what} `{name}` has the word `{word}`");
            let help = format!("say what the {what} is or does instead");
            self.report("word", message, at, &help);
        }
    }

    fn report(&mut self, code: &str, message: String, at: Span, help: &str) {
        let severity: Severity = self.naming.severity.severity();
        self.cx.push(Diagnostic::custom(code, severity, message).at(at, "").help(help));
    }
}

/// A name that keeps all rules; `None` where rewriting is not enough.
fn proposal(rules: &Rules, name: &str) -> Option<String> {
    let joined = |text: &str| match rules.case {
        Some(case) => case.join(&words(text)),
        None => text.to_owned(),
    };
    let mut better = joined(name);
    let has_prefix = |text: &str| {
        rules.prefixes.is_empty()
            || rules.prefixes.iter().any(|prefix| text.starts_with(prefix.as_str()))
    };
    // Of several prefixes only its author knows the right one.
    if !has_prefix(&better)
        && let [prefix] = rules.prefixes.as_slice()
    {
        better = joined(&format!("{prefix}{better}"));
    }
    let short = rules.max_length.is_none_or(|longest| better.chars().count() <= longest as usize);
    let keeps = has_prefix(&better) && short && forbidden(rules, &better).is_none();
    (keeps && !better.is_empty() && better != name).then_some(better)
}

/// The first forbidden word of a name.
fn forbidden(rules: &Rules, name: &str) -> Option<String> {
    let is_digit = |c: char| c.is_ascii_digit();
    words(name).into_iter().find_map(|word| {
        let bare = word.trim_end_matches(is_digit);
        let found = rules.forbidden.iter().find(|forbidden| {
            let forbidden = forbidden.to_lowercase();
            forbidden == word || forbidden == bare
        });
        found.cloned()
    })
}

#[cfg(test)]
mod tests {
    use locus_plugin::model::types::Type;
    use locus_plugin::testing::{HookSet, Tree, World, tree};
    use serde_json::{Value, json};

    use locus_plugin::Param;

    use super::*;

    fn told(config: Value, tree: &Tree) -> Vec<(String, String)> {
        let hooks = HookSet::in_world("naming", &World::new().config(config));
        let found = hooks.post_validate(&tree.program).diagnostics;
        let lines = tree.told(&found);
        lines
            .into_iter()
            .zip(found.into_iter().map(|problem| problem.help.unwrap_or_default()))
            .collect()
    }

    fn shop() -> Tree {
        tree(json!({ "workflows": { "importOrders": { "steps": [
            { "id": "step2", "log": { "message": "a" } },
            { "id": "read_lines", "log": { "message": "a" } },
            { "log": { "message": "a" } },
        ] } } }))
    }

    #[test]
    fn without_rules_nothing_is_said() {
        assert_eq!(told(json!({}), &shop()), []);
    }

    #[test]
    fn each_broken_rule_is_told_at_the_name() {
        let config = json!({
            "workflows": { "case": "snake", "prefixes": ["shop_"] },
            "steps": { "forbidden": ["step", "tmp"], "max_length": 9 },
        });
        let expected = [
            (
                "acme.naming/case: the workflow `importOrders` is not written in snake_case, at \"importOrders\"",
                "rename it to `shop_import_orders`",
            ),
            (
                "acme.naming/prefix: the workflow `importOrders` begins with none of `shop_`, at \"importOrders\"",
                "rename it to `shop_import_orders`",
            ),
            (
                "acme.naming/word: the step `step2` has the word `step`, at \"step2\"",
                "say what the step is or does instead",
            ),
            (
                "acme.naming/length: the step `read_lines` has 10 characters, more than 9, at \"read_lines\"",
                "find a shorter name",
            ),
        ];
        let expected = expected.map(|(line, help)| (line.to_owned(), help.to_owned()));
        assert_eq!(told(config, &shop()), expected);
    }

    #[test]
    fn exceptions_and_severity_are_the_projects() {
        let rules = json!({ "case": "kebab" });
        let config = json!({ "workflows": rules, "steps": rules, "except": ["import*"], "severity": "error" });
        let hooks = HookSet::in_world("naming", &World::new().config(config));
        let found = hooks.post_validate(&shop().program).diagnostics;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].severity, Severity::Error);
        assert_eq!(found[0].help.as_deref(), Some("rename it to `read-lines`"));
    }

    #[test]
    fn inputs_are_fields() {
        let mut tree = shop();
        let span = tree.program.workflows["importOrders"].span;
        let field = Field {
            ty: Type::required(TypeKind::String),
            description: None,
            default: None,
            id: false,
            limits: IndexMap::new(),
            span,
        };
        tree.program.workflows["importOrders"].input.insert("unitPrice".to_owned(), field);
        let found = told(json!({ "fields": { "case": "snake" } }), &tree);
        assert!(
            found[0].0.starts_with("acme.naming/case: the input `unitPrice` is not"),
            "{found:?}"
        );
        assert_eq!(found[0].1, "rename it to `unit_price`");
    }

    #[test]
    fn a_proposal_keeps_every_rule_or_is_not_made() {
        let rules = |value: Value| Rules::from_value(value).unwrap();
        let made = |value: Value, name: &str| proposal(&rules(value), name);
        assert_eq!(made(json!({ "case": "pascal" }), "order_line").as_deref(), Some("OrderLine"));
        assert_eq!(made(json!({ "case": "pascal" }), "OrderLine"), None);
        assert_eq!(made(json!({ "case": "snake", "max_length": 5 }), "orderLine"), None);
        assert_eq!(made(json!({ "case": "snake", "forbidden": ["line"] }), "orderLine"), None);
        assert_eq!(made(json!({ "prefixes": ["a_", "b_"] }), "order"), None);
    }
}
