//! YAML is registered like any other front end.

use std::sync::Arc;

use locus_diag::{Source, SourceId};
use locus_plugin::Registry;

#[test]
fn yaml_is_a_parser_hook_like_any_other() {
    let registry = Registry::linked().unwrap();
    let hook = registry.parser_hook_for("shop/orders.locus.yaml").unwrap();
    assert_eq!((hook.meta.name.as_str(), hook.meta.plugin.as_str()), ("yaml", "locus.yaml"));
    assert!(registry.parser_hook_for("locus.yaml").is_none());
    let text: Arc<str> = "a: 1\na: 2\n".into();
    let parsed =
        hook.hook.parse(&Source { id: SourceId(3), name: "orders.locus.yaml".into(), text });
    assert_eq!(parsed.documents.len(), 1);
    assert_eq!(parsed.diagnostics[0].primary().map(|span| span.source), Some(SourceId(3)));
}
