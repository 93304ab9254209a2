//! The functions of expressions that editors offer, with what they do. A test holds each against the parser of expressions.

/// A function: how it is called, and what it gives.
#[derive(Debug)]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its arguments as they are written: `(f)`; empty for none.
    pub(crate) arguments: &'static str,
    /// What it gives, in a sentence.
    pub(crate) docs: &'static str,
    /// Whether `.` in its argument is each item of what it is given.
    pub(crate) items: bool,
}

const fn function(name: &'static str, arguments: &'static str, docs: &'static str) -> Function {
    Function { name, arguments, docs, items: false }
}

/// One whose argument looks at each item.
const fn over_items(name: &'static str, arguments: &'static str, docs: &'static str) -> Function {
    Function { name, arguments, docs, items: true }
}

/// The function of this name.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// Sorted by name.
pub(crate) const FUNCTIONS: &[Function] = &[
    function("@base64", "", "The text in Base64."),
    function("@base64d", "", "The text that is written in Base64."),
    function("@csv", "", "A list as a line of CSV."),
    function("@html", "", "The text with `<`, `>`, `&` and quotes escaped for HTML."),
    function("@json", "", "The value as JSON text."),
    function("@sh", "", "The text quoted for a POSIX shell."),
    function("@text", "", "The value as text."),
    function("@tsv", "", "A list as a line of tab-separated values."),
    function("@uri", "", "The text with reserved characters escaped for a URL."),
    function("abs", "", "The number without its sign."),
    function("add", "", "All items added up: numbers, texts, lists or objects; `null` for none."),
    function("all", "", "Whether every item is true."),
    function("any", "", "Whether an item is true."),
    function("arrays", "", "The value if it is a list; nothing otherwise."),
    function("ascii_downcase", "", "The text with ASCII letters made small."),
    function("ascii_upcase", "", "The text with ASCII letters made capital."),
    function("booleans", "", "The value if it is `true` or `false`; nothing otherwise."),
    function("capture", "(\"regex\")", "An object of the named groups of the first match."),
    function("ceil", "", "The number rounded up."),
    function("combinations", "", "Each combination of one item of every list."),
    function("contains", "(value)", "Whether all of the value is in it."),
    function("del", "(path)", "The value without what is at the path."),
    function("empty", "", "Nothing at all."),
    function("endswith", "(\"text\")", "Whether the text ends so."),
    function("error", "(\"message\")", "Raises an error."),
    function("explode", "", "The code points of the text, as a list."),
    function("first", "", "The first item of a list."),
    function("flatten", "", "The list with the items of inner lists in their place."),
    function("floor", "", "The number rounded down."),
    function("from_entries", "", "An object of `{ key, value }` items."),
    function(
        "fromdateiso8601",
        "",
        "The seconds since 1970 of an instant such as `2026-11-21T08:00:00Z`.",
    ),
    function("fromjson", "", "The value that is written as JSON text."),
    function("getpath", "([\"a\", \"b\"])", "The value at a path."),
    over_items("group_by", "(.key)", "Lists of the items that are alike in something."),
    function("gsub", "(\"regex\"; \"text\")", "The text with every match replaced."),
    function("has", "(\"key\")", "Whether an object has a key, or a list an index."),
    function("implode", "", "The text of a list of code points."),
    function("in", "(object)", "Whether it is a key of the object."),
    function(
        "index",
        "(\"text\")",
        "The place of the first occurrence; `null` where there is none.",
    ),
    function("indices", "(\"text\")", "The places of all occurrences."),
    function("inside", "(value)", "Whether all of it is in the value."),
    function("isempty", "(f)", "Whether the expression gives nothing."),
    function("join", "(\", \")", "The items as one text with this between them."),
    function("keys", "", "The keys of an object, sorted, or the indices of a list."),
    function("last", "", "The last item of a list."),
    function("length", "", "How many items, keys or characters there are; 0 for `null`."),
    function("limit", "(n; f)", "At most so many results."),
    function("ltrimstr", "(\"text\")", "The text without this at its beginning."),
    over_items("map", "(f)", "The list with the expression put in the place of each item."),
    over_items(
        "map_values",
        "(f)",
        "The object with the expression put in the place of each value.",
    ),
    function(
        "match",
        "(\"regex\")",
        "The matches, each with `offset`, `length`, `string` and `captures`.",
    ),
    function("max", "", "The largest item."),
    over_items("max_by", "(.key)", "The item in which something is largest."),
    function("min", "", "The smallest item."),
    over_items("min_by", "(.key)", "The item in which something is smallest."),
    function("not", "", "`true` for `false` and `null`, otherwise `false`."),
    function("numbers", "", "The value if it is a number; nothing otherwise."),
    function("objects", "", "The value if it is an object; nothing otherwise."),
    function("paths", "", "The paths of everything inside."),
    function("pow", "(x; y)", "One number to the power of another."),
    function("range", "(n)", "The numbers from 0 up to, and without, this."),
    function("reverse", "", "The items or characters in reverse order."),
    function("round", "", "The number rounded to the nearest whole one."),
    function("rtrimstr", "(\"text\")", "The text without this at its end."),
    function("scan", "(\"regex\")", "Each match of the regular expression."),
    function("select", "(condition)", "The value if the condition is true; nothing otherwise."),
    function("sort", "", "The items in order."),
    over_items("sort_by", "(.key)", "The items in the order of something."),
    function("split", "(\", \")", "The parts of the text between occurrences of this."),
    function("splits", "(\"regex\")", "Each part of the text between matches."),
    function("sqrt", "", "The square root."),
    function("startswith", "(\"text\")", "Whether the text begins so."),
    function("strftime", "(\"%Y-%m-%d\")", "The time as text, in UTC."),
    function("strings", "", "The value if it is a text; nothing otherwise."),
    function("sub", "(\"regex\"; \"text\")", "The text with the first match replaced."),
    function("test", "(\"regex\")", "Whether the text has a match."),
    function("to_entries", "", "A list of `{ key, value }` for the keys of an object."),
    function("todateiso8601", "", "The instant of so many seconds since 1970, as text."),
    function("tojson", "", "The value as JSON text."),
    function("tonumber", "", "The number that the text writes."),
    function("tostring", "", "The value as text."),
    function("transpose", "", "Rows as columns."),
    function("trim", "", "The text without white space around it."),
    function("type", "", "`null`, `boolean`, `number`, `string`, `array` or `object`."),
    function("unique", "", "The items in order, each once."),
    over_items("unique_by", "(.key)", "The items, of those that are alike in something only one."),
    function("values", "", "The value if it is not `null`; nothing otherwise."),
    function(
        "walk",
        "(f)",
        "The value with the expression put in the place of everything inside, innermost first.",
    ),
    over_items(
        "with_entries",
        "(f)",
        "The object with the expression put in the place of each `{ key, value }`.",
    ),
];

#[cfg(test)]
mod tests {
    use locus_expr::Template;

    use super::*;

    #[test]
    fn every_function_is_there_and_called_as_told() {
        for Function { name, arguments, .. } in FUNCTIONS {
            let names = "def f: .; def n: 1; def x: 1; def y: 1; def path: .a; def value: 1; def object: {}; def condition: true;";
            let call = format!("${{ {names} . | {name}{arguments} }}");
            assert!(Template::parse(&call).is_ok(), "{call}: {:?}", Template::parse(&call).err());
        }
    }

    #[test]
    fn they_are_sorted() {
        assert!(FUNCTIONS.is_sorted_by_key(|function| function.name));
    }
}
