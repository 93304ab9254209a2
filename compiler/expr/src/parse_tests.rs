//! The parser beside jaq's: both read the same things, in the same way.

#![allow(clippy::unwrap_used)]

use jaq_core::load::lex::{Lexer, StrPart};
use jaq_core::load::parse::{self as jaq, BinaryOp, Parser};
use jaq_core::path;
use proptest::prelude::*;

use crate::number::Number;
use crate::parse::parse;
use crate::tree::{Node, Op, PartKind, Pattern, Term, TextPart};

/// A term written out with all its parentheses.
fn ours(term: &Term) -> String {
    let all = |terms: &[Term]| terms.iter().map(ours).collect::<Vec<_>>().join(" ");
    let maybe = |term: &Option<Box<Term>>| term.as_deref().map_or("-".to_owned(), ours);
    match &term.node {
        Node::Id => ".".to_owned(),
        Node::Recurse => "..".to_owned(),
        Node::Number(number) => format!("{number:?}"),
        Node::Text(text) => format!("(str - {text:?})"),
        Node::Interpolated(format, parts) => {
            let part = |part: &TextPart| match part {
                TextPart::Text(text) => format!("{text:?}"),
                TextPart::Term(term) => ours(term),
            };
            let parts: Vec<_> = parts.iter().map(part).collect();
            let format = format.as_ref().map_or("-", |name| &name.text);
            format!("(str {format} {})", parts.join(" "))
        }
        Node::Array(inner) => format!("(array {})", maybe(inner)),
        Node::Object(entries) => {
            let entry = |(key, value): &(Term, Option<Term>)| {
                format!("({} {})", ours(key), value.as_ref().map_or("-".to_owned(), ours))
            };
            format!("(object {})", entries.iter().map(entry).collect::<Vec<_>>().join(" "))
        }
        Node::Negative(inner) => format!("(neg {})", ours(inner)),
        Node::Binary(left, op, right) => {
            format!("({} {} {})", op_name(*op), ours(left), ours(right))
        }
        Node::Commas(terms) => {
            let mut terms = terms.iter().map(ours);
            let first = terms.next().unwrap();
            terms.fold(first, |left, right| format!("(, {left} {right})"))
        }
        Node::Bind(source, pattern, body) => {
            format!("(as {} {} {})", ours(source), our_pattern(pattern), ours(body))
        }
        Node::Label(name, body) => format!("(label {} {})", name.text, ours(body)),
        Node::Break(name) => format!("(break {})", name.text),
        Node::Fold(fold) => format!(
            "({} {} {} {})",
            fold.keyword.text,
            ours(&fold.source),
            our_pattern(&fold.pattern),
            all(&fold.arguments)
        ),
        Node::Try(body, catch) => format!("(try {} {})", ours(body), maybe(catch)),
        Node::If(cases, otherwise) => {
            let case = |(test, then): &(Term, Term)| format!("({} {})", ours(test), ours(then));
            let cases: Vec<_> = cases.iter().map(case).collect();
            format!("(if {} {})", cases.join(" "), maybe(otherwise))
        }
        Node::Define(definitions, body) => {
            let define = |def: &crate::tree::Definition| {
                let arguments: Vec<_> = def.arguments.iter().map(|name| &*name.text).collect();
                format!("({} [{}] {})", def.name.text, arguments.join(" "), ours(&def.body))
            };
            let definitions: Vec<_> = definitions.iter().map(define).collect();
            format!("(def {} {})", definitions.join(" "), ours(body))
        }
        Node::Call(name, arguments) => format!("(call {} {})", name.text, all(arguments)),
        Node::Variable(name) => name.to_string(),
        Node::Path(head, parts) => {
            let part = |part: &crate::tree::Part| {
                let mark = if part.optional { "?" } else { "" };
                match &part.kind {
                    PartKind::Key(key) => format!("[(str - {:?})]{mark}", key.text),
                    PartKind::Index(index) => format!("[{}]{mark}", ours(index)),
                    PartKind::Range(from, to) => {
                        let bound =
                            |bound: &Option<Term>| bound.as_ref().map_or(String::new(), ours);
                        format!("[{}:{}]{mark}", bound(from), bound(to))
                    }
                }
            };
            format!("(path {} {})", ours(head), parts.iter().map(part).collect::<String>())
        }
    }
}

fn our_pattern(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Variable(name) => name.text.to_string(),
        Pattern::Array(items) => {
            format!("[{}]", items.iter().map(our_pattern).collect::<Vec<_>>().join(" "))
        }
        Pattern::Object(entries) => {
            let entry =
                |(key, value): &(Term, Pattern)| format!("{}:{}", ours(key), our_pattern(value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(" "))
        }
    }
}

fn op_name(op: Op) -> String {
    match op {
        Op::Pipe => "|".to_owned(),
        Op::Alternative => "//".to_owned(),
        Op::Or => "or".to_owned(),
        Op::And => "and".to_owned(),
        Op::Math(op) => format!("{op:?}"),
        Op::Compare(op) => format!("{op:?}"),
        Op::Assign => "=".to_owned(),
        Op::Update => "|=".to_owned(),
        Op::UpdateMath(op) => format!("{op:?}="),
        Op::UpdateAlternative => "//=".to_owned(),
    }
}

fn theirs(term: &jaq::Term<&str>) -> String {
    use jaq::Term as Jaq;
    let all = |terms: &[Jaq<&str>]| terms.iter().map(theirs).collect::<Vec<_>>().join(" ");
    let maybe = |term: &Option<Box<Jaq<&str>>>| term.as_deref().map_or("-".to_owned(), theirs);
    match term {
        Jaq::Id => ".".to_owned(),
        Jaq::Recurse => "..".to_owned(),
        Jaq::Num(literal) => format!("{:?}", Number::parse(literal).unwrap()),
        Jaq::Str(format, parts) => {
            let mut shown = Vec::new();
            let mut text = String::new();
            for part in parts {
                match part {
                    StrPart::Str(more) => text.push_str(more),
                    StrPart::Char(c) => text.push(*c),
                    StrPart::Term(term) => {
                        if !text.is_empty() {
                            shown.push(format!("{:?}", std::mem::take(&mut text)));
                        }
                        shown.push(theirs(term));
                    }
                }
            }
            if !text.is_empty() || shown.is_empty() && format.is_none() {
                shown.push(format!("{text:?}"));
            }
            format!("(str {} {})", format.unwrap_or("-"), shown.join(" "))
        }
        Jaq::Arr(inner) => format!("(array {})", maybe(inner)),
        Jaq::Obj(entries) => {
            let entry = |(key, value): &(Jaq<&str>, Option<Jaq<&str>>)| {
                format!("({} {})", theirs(key), value.as_ref().map_or("-".to_owned(), theirs))
            };
            format!("(object {})", entries.iter().map(entry).collect::<Vec<_>>().join(" "))
        }
        Jaq::Neg(inner) => format!("(neg {})", theirs(inner)),
        Jaq::BinOp(left, op, right) => {
            let (left, right) = (theirs(left), theirs(right));
            let op = match op {
                BinaryOp::Pipe(None) => "|".to_owned(),
                BinaryOp::Pipe(Some(pattern)) => {
                    return format!("(as {left} {} {right})", their_pattern(pattern));
                }
                BinaryOp::Comma => ",".to_owned(),
                BinaryOp::Alt => "//".to_owned(),
                BinaryOp::Or => "or".to_owned(),
                BinaryOp::And => "and".to_owned(),
                BinaryOp::Math(op) => format!("{op:?}"),
                BinaryOp::Cmp(op) => format!("{op:?}"),
                BinaryOp::Assign => "=".to_owned(),
                BinaryOp::Update => "|=".to_owned(),
                BinaryOp::UpdateMath(op) => format!("{op:?}="),
                BinaryOp::UpdateAlt => "//=".to_owned(),
            };
            format!("({op} {left} {right})")
        }
        Jaq::Label(name, body) => format!("(label {name} {})", theirs(body)),
        Jaq::Break(name) => format!("(break {name})"),
        Jaq::Fold(kind, source, pattern, arguments) => {
            format!("({kind} {} {} {})", theirs(source), their_pattern(pattern), all(arguments))
        }
        Jaq::TryCatch(body, catch) => format!("(try {} {})", theirs(body), maybe(catch)),
        Jaq::IfThenElse(cases, otherwise) => {
            let case = |(test, then): &(Jaq<&str>, Jaq<&str>)| {
                format!("({} {})", theirs(test), theirs(then))
            };
            let cases: Vec<_> = cases.iter().map(case).collect();
            format!("(if {} {})", cases.join(" "), maybe(otherwise))
        }
        Jaq::Def(definitions, body) => {
            let define = |def: &jaq::Def<&str>| {
                format!("({} [{}] {})", def.name, def.args.join(" "), theirs(&def.body))
            };
            let definitions: Vec<_> = definitions.iter().map(define).collect();
            format!("(def {} {})", definitions.join(" "), theirs(body))
        }
        Jaq::Call(name, arguments) => format!("(call {name} {})", all(arguments)),
        Jaq::Var(name) => (*name).to_owned(),
        Jaq::Path(head, path::Path(parts)) => {
            let part = |(part, opt): &(path::Part<Jaq<&str>>, path::Opt)| {
                let mark = if matches!(opt, path::Opt::Optional) { "?" } else { "" };
                match part {
                    path::Part::Index(index) => format!("[{}]{mark}", theirs(index)),
                    path::Part::Range(from, to) => {
                        let bound = |bound: &Option<Jaq<&str>>| {
                            bound.as_ref().map_or(String::new(), theirs)
                        };
                        format!("[{}:{}]{mark}", bound(from), bound(to))
                    }
                }
            };
            format!("(path {} {})", theirs(head), parts.iter().map(part).collect::<String>())
        }
    }
}

fn their_pattern(pattern: &jaq::Pattern<&str>) -> String {
    match pattern {
        jaq::Pattern::Var(name) => (*name).to_owned(),
        jaq::Pattern::Arr(items) => {
            format!("[{}]", items.iter().map(their_pattern).collect::<Vec<_>>().join(" "))
        }
        jaq::Pattern::Obj(entries) => {
            let entry = |(key, value): &(jaq::Term<&str>, jaq::Pattern<&str>)| {
                format!("{}:{}", theirs(key), their_pattern(value))
            };
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(" "))
        }
    }
}

fn compare(source: &str) {
    let tokens = Lexer::new(source).lex();
    let theirs = tokens.ok().and_then(|tokens| {
        let term = Parser::new(&tokens).parse(|parser| parser.term());
        term.ok().map(|term| theirs(&term))
    });
    let term = parse(source, 3);
    assert_eq!(term.as_ref().map(ours), theirs, "{source:?}");
    if let Some(term) = &term {
        check_spans(term, source);
    }
}

/// Every term lies within its parent and reads the same by itself.
fn check_spans(term: &Term, source: &str) {
    let range = term.span.range();
    let text = source.get(range.start - 3..range.end - 3).unwrap();
    assert_eq!(text, text.trim(), "{source:?}");
    let again = parse(text, 3).unwrap_or_else(|| panic!("{text:?} of {source:?}"));
    assert_eq!(ours(&again), ours(term), "{text:?} of {source:?}");
    match &term.node {
        Node::Binary(left, _, right) => {
            check_spans(left, source);
            check_spans(right, source);
        }
        Node::Path(head, _) => check_spans(head, source),
        Node::Array(Some(inner)) | Node::Negative(inner) | Node::Try(inner, _) => {
            check_spans(inner, source);
        }
        Node::Commas(terms) | Node::Call(_, terms) => {
            terms.iter().for_each(|term| check_spans(term, source));
        }
        Node::If(cases, otherwise) => {
            for (test, then) in cases {
                check_spans(test, source);
                check_spans(then, source);
            }
            otherwise.iter().for_each(|term| check_spans(term, source));
        }
        _ => {}
    }
}

#[test]
fn both_parsers_read_the_same() {
    for source in [
        ".",
        "..",
        ". a",
        ".a.b",
        ".a .b",
        ". \"a\"",
        ".\"a\"?.b",
        ".[\"a\"][(\"b\")]",
        ".[]",
        ".[1:]",
        ".[:1]",
        ".[1:2]?",
        ".a[]?.b?",
        "..a",
        "...a",
        ". .a",
        ".a.[0]",
        ".a.\"b\\(1)\"",
        ".@json \"x\"",
        "@base64",
        "@base64 \"a\\(.x)b\"",
        "@json .",
        "@text\"\"",
        "\"\"",
        "\"a\\n\\u00e9\\\"\"",
        "\"\\ud800\"",
        "\"\\u00g0\"",
        "\"\\u+041\"",
        "\"\\x\"",
        "1 + 2 * 3 - 4 / 5 % 6",
        "1, 2 | 3, 4",
        "1 as $x | 2, $x",
        "1 + 2 as $x | 3 | 4",
        "1, 2 as [$x, {a: $y, $z, \"b\": $b, (1 + 2): $c}] | $x",
        "a or b and c == d < e",
        ".a = .b |= .c += 1 //= 2",
        "a // b // c",
        "1 == 2 == 3",
        "{a: 1, \"b\": 2, (\"c\"): 3, $d, e, @json \"x\", \"f\\(1)\",}",
        "{a: 1 as $x | 2, b: 3}",
        "{a: 1 | 2, b: 3 + 4}",
        "{a: 1, 2}",
        "{}",
        "[]",
        "[1, 2]",
        "[1,]",
        "{,}",
        "f()",
        "f(1; 2)",
        "f (1)",
        "a::b",
        "a::$b",
        "{a::b: 1}",
        "$x",
        "$ x",
        "$__loc__",
        "if a then b end",
        "if a then b elif c then d else e end",
        "if a then b else c",
        "try a",
        "try a catch b",
        "try -1",
        "try error(1) catch .a.b?",
        "label $x | break $x",
        "reduce .[] as $x (0; . + $x)",
        "reduce .[] as $x",
        "foreach .[] as [$x] (0; 1; 2) | .",
        "def f: 1; def g(a; $b): a; f",
        "def @x: 1; 2",
        "def f: 1",
        "-1",
        "- -1",
        "1 - -1",
        "1 -1",
        "--1",
        ".a-1",
        "-.a?",
        "1.",
        "1.5e3",
        "1e",
        "01",
        "1.2.3",
        "1 # x\n+ 2",
        "1 # x \\\n+ 2\n+ 3",
        "1 # x\r\n+ 2",
        "1 +# \n2",
        "and",
        "then",
        "and and and",
        "if then then then end",
        "a ? b",
        "a??",
        "a!=b",
        "a! =b",
        "a => b",
        "a =! b",
        "1 as $x",
        "(1, 2), 3",
        "(1 | 2) | 3",
        "((1))",
        "(",
        ")",
        "(1]",
        ".[",
        "a\u{a0}+\u{2003}b",
        "é",
        "a\u{b}+\u{c}b",
        "\"é\\(\"ü\")\"",
        ".é",
        "1 as $x | 2 as $y | 3, 4",
        "reduce 1 as {a: [$x]} (1; 2).a",
        "import",
        "..?",
        ".?",
        ".?.a",
        ".[1, 2]",
        ".[1 | 2:3]",
        "?",
        "1;",
        "label x | 1",
        "[.[] | {a}] | first",
        "catch",
        "try try a catch b",
        "{\"a\":}",
        "{a b}",
        "{1: 2}",
        "{-1: 2}",
        "{(1)}",
        "{if: 1, and, or: 2}",
        ". as {$a, b: [$c]} | 1",
        ". as [] | 1",
        ". as {} | 1",
    ] {
        compare(source);
    }
}

const PIECES: [&str; 80] = [
    ".",
    "..",
    ".a",
    ".input",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "\"",
    "\\(",
    "\\",
    "|",
    ",",
    ";",
    ":",
    "?",
    "//",
    "=",
    "|=",
    "+=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    ">",
    "and",
    "or",
    "not",
    "if",
    "then",
    "elif",
    "else",
    "end",
    "try",
    "catch",
    "reduce",
    "foreach",
    "as",
    "def",
    "label",
    "break",
    "$x",
    "$line",
    "1",
    "2.5e3",
    "map",
    "select",
    "range",
    "limit",
    "path",
    "empty",
    "error",
    "@json",
    "f",
    "#",
    "\n",
    "é",
    " ",
    "a::b",
    "\"x\"",
    "\"\\(",
    ")\"",
    "[]",
    "(1)",
    "as $x |",
    "{a: 1}",
    "if . then",
    "else 1 end",
    "reduce . as $x (",
    "0; 1)",
    "$x,",
    "def f:",
    "f;",
    ".[0]",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_soup_is_read_the_same(pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..14), gap in "[ ]?") {
        let source = pieces.join(&gap);
        let whole = crate::scan::scan(&format!("{source}}}"), 0);
        if whole.is_ok_and(|scanned| scanned.errors.is_empty()) {
            compare(&source);
        }
    }

    #[test]
    fn any_text_is_read_the_same(source in "(\\PC|[.$@a-c0-9(){}\\[\\]\"\\\\|,;:?/ \n#]){0,12}") {
        compare(&source);
    }
}
