//! The filters of templates. Each depends on its input and arguments alone.
//!
//! | filter | gives |
//! |---|---|
//! | `pascal_case`, `camel_case`, `snake_case`, `kebab_case`, `screaming_case` | the name in that case |
//! | `json`, `json(depth=2)` | the value as JSON; with `depth`, over several lines, indented for a place that deep |
//! | `line_comment(prefix="// ")`, `block_comment(prefix=" * ")` | every line behind the prefix; nothing in it ends the comment |
//! | `one_line` | the text on one line |
//! | `ts_string`, `ts_key` | a string literal, a property key of TypeScript |
//! | `md_text`, `md_block`, `md_code`, `md_cell_code` | text in Markdown: in a line or cell, in paragraphs, as code, as code in a cell |
//! | `md_fenced(language="text")` | a fenced block of Markdown |
//! | `mermaid_text` | text inside the quotes of a Mermaid label |
//! | `html_text` | text in HTML or XML |
//!
//! Beside them are Tera's own; of its functions there are `range` and `throw`.

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};
use tera::{Error, Kwargs, State, Tera, TeraResult, Value};

use crate::{escape, names};

/// Gives an environment these filters.
pub(crate) fn register(tera: &mut Tera) {
    for (name, filter) in PLAIN {
        tera.register_filter(name, move |text: &str, _: Kwargs, _: &State<'_>| filter(text));
    }
    tera.register_filter("json", json);
    tera.register_filter("md_fenced", |text: &str, args: Kwargs, _: &State<'_>| {
        Ok::<_, Error>(escape::md_fenced(text, args.must_get::<&str>("language")?))
    });
    tera.register_filter("line_comment", |text: &str, args: Kwargs, _: &State<'_>| {
        Ok::<_, Error>(escape::line_comment(text, args.must_get::<&str>("prefix")?))
    });
    tera.register_filter("block_comment", |text: &str, args: Kwargs, _: &State<'_>| {
        Ok::<_, Error>(escape::block_comment(text, args.must_get::<&str>("prefix")?))
    });
}

/// From text to text, without arguments.
type Plain = fn(&str) -> String;

const PLAIN: [(&str, Plain); 14] = [
    ("pascal_case", names::pascal_case),
    ("camel_case", names::camel_case),
    ("snake_case", names::snake_case),
    ("kebab_case", names::kebab_case),
    ("screaming_case", names::screaming_case),
    ("one_line", escape::one_line),
    ("ts_string", escape::ts_string),
    ("ts_key", escape::ts_key),
    ("md_text", escape::md_text),
    ("md_block", escape::md_block),
    ("md_code", escape::md_code),
    ("md_cell_code", escape::md_cell_code),
    ("mermaid_text", escape::mermaid_text),
    ("html_text", escape::html_text),
];

fn json(value: &Value, args: Kwargs, _: &State<'_>) -> TeraResult<String> {
    let value = serde_json::to_value(value).map_err(|error| Error::message(error.to_string()))?;
    match args.get::<usize>("depth")? {
        None => Ok(value.to_string()),
        Some(depth) => Ok(pretty_json(&value, depth)),
    }
}

/// JSON over several lines, two spaces a level; lines after the first are indented for a place `depth` levels deep.
fn pretty_json(value: &serde_json::Value, depth: usize) -> String {
    let mut out = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut out, PrettyFormatter::with_indent(b"  "));
    // Values of serde_json always serialise, and to UTF-8.
    let _ = value.serialize(&mut serializer);
    // A line end inside a string is escaped, so each of these is between values.
    String::from_utf8(out).unwrap_or_default().replace('\n', &format!("\n{}", "  ".repeat(depth)))
}
