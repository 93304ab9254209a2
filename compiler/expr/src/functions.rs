//! What an expression may call.

use locus_diag::did_you_mean;

use crate::error::ExprErrorKind;
use crate::prelude::prelude;

/// Parts of jq that read the world or change it, each with what to use in its place. Sorted by name.
const FORBIDDEN: [(&str, &str); 17] = [
    ("debug", "log with a `log` step"),
    ("env", "use `$env`, the variables that the project declares"),
    ("get_search_list", "expressions cannot load other files"),
    ("halt", "raise an error with `error(\"…\")`, or end the run with a `return` or `fail` step"),
    ("halt_error", "raise an error with `error(\"…\")`, or end the run with a `fail` step"),
    ("input", "use `.input`, the input of the workflow"),
    ("input_filename", "use `.input`, the input of the workflow"),
    ("input_line_number", "use `.input`, the input of the workflow"),
    ("inputs", "use `.input`, the input of the workflow"),
    ("localtime", "use `gmtime`: the local time zone differs between machines"),
    ("modulemeta", "expressions cannot load other files"),
    ("now", "use `.run.now`, the recorded time of the run"),
    ("rand", "draw it in a step, so that it is recorded"),
    ("random", "draw it in a step, so that it is recorded"),
    ("stderr", "log with a `log` step"),
    (
        "strflocaltime",
        "use `strftime`, which is in UTC: the local time zone differs between machines",
    ),
    ("uuid", "draw it in a step, so that it is recorded"),
];

/// Functions of jaq that only its own definitions are to call.
const INTERNAL: [&str; 23] = [
    "capture_of_match",
    "decode_base64",
    "decode_uri",
    "encode_base64",
    "encode_uri",
    "error_empty",
    "escape_html",
    "escape_sh",
    "isarray",
    "isboolean",
    "isnumber",
    "isobject",
    "isstring",
    "key_values",
    "matches",
    "max_by_or_empty",
    "min_by_or_empty",
    "path_value",
    "scan_",
    "split_",
    "split_matches",
    "unescape_html",
    "tobytes",
];

/// Names at the top of `.`, which authors forget the dot of.
const SCOPE: [&str; 4] = ["input", "run", "steps", "vars"];

/// Why something may not be called.
pub(crate) struct Refusal {
    pub(crate) kind: ExprErrorKind,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

/// Whether an author may call this, where it is no function of the author's own.
pub(crate) fn check(name: &str, arity: usize, own: &[&str]) -> Result<(), Refusal> {
    if let Ok(index) = FORBIDDEN.binary_search_by_key(&name, |(name, _)| name) {
        let help = FORBIDDEN.get(index).map(|(_, help)| (*help).to_owned());
        let message =
            format!("`{name}` is not for expressions, which depend on nothing but their scope");
        return Err(Refusal { kind: ExprErrorKind::Forbidden, message, help });
    }
    if let Some((module, _)) = name.split_once("::") {
        let message = format!("there is no module `{module}`: expressions cannot load other files");
        return Err(Refusal { kind: ExprErrorKind::Forbidden, message, help: None });
    }
    let public = !is_internal(name);
    if public && prelude().has(name, arity) {
        return Ok(());
    }
    let arities: Vec<usize> = prelude()
        .signatures()
        .filter(|(known, _)| public && *known == name)
        .map(|(_, arity)| arity)
        .collect();
    let (message, help) = if arities.is_empty() {
        let noun = if name.starts_with('@') { "format" } else { "function" };
        (format!("there is no {noun} `{name}`"), suggestion(name, own))
    } else {
        (takes(name, &arities, arity), None)
    };
    Err(Refusal { kind: ExprErrorKind::UnknownFunction, message, help })
}

/// Whether a variable is one of jq's own, which depend on the world.
pub(crate) fn check_variable(name: &str) -> Result<(), Refusal> {
    let help = match name {
        "ENV" => "use `$env`, the variables that the project declares",
        "__loc__" | "__prog_args" => "an expression does not know where it is written",
        _ => return Ok(()),
    };
    let message =
        format!("`${name}` is not for expressions, which depend on nothing but their scope");
    Err(Refusal { kind: ExprErrorKind::Forbidden, message, help: Some(help.to_owned()) })
}

fn is_internal(name: &str) -> bool {
    name.starts_with("__") || INTERNAL.contains(&name)
}

fn suggestion(name: &str, own: &[&str]) -> Option<String> {
    if SCOPE.contains(&name) {
        return Some(format!("write `.{name}`"));
    }
    let known = prelude().signatures().map(|(known, _)| known).filter(|known| !is_internal(known));
    did_you_mean(name, own.iter().copied().chain(known))
        .map(|meant| format!("did you mean `{meant}`?"))
}

fn takes(name: &str, arities: &[usize], given: usize) -> String {
    let mut list = String::new();
    for (index, arity) in arities.iter().enumerate() {
        let separator = match index {
            0 => "",
            _ if index + 1 == arities.len() => " or ",
            _ => ", ",
        };
        list.push_str(separator);
        list.push_str(&if *arity == 0 { "no".to_owned() } else { arity.to_string() });
    }
    let noun = if arities == [1] { "argument" } else { "arguments" };
    let given = if given == 0 { "none".to_owned() } else { given.to_string() };
    format!("`{name}` takes {list} {noun}, not {given}")
}
