//! What expressions do: tables of cases, and properties that hold for any string.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use crate::prelude::prelude;
use crate::*;

fn scope() -> Scope {
    let dot = json!({
        "input": {
            "a": 1, "text": "Grüße", "none": null, "flag": true, "rate": 2.5, "big": 9007199254740993_i64,
            "lines": [{"sku": "x", "qty": 2}, {"sku": "y", "qty": 3}],
        },
        "steps": {"charge": {"id": "c1", "status": "ok"}},
        "vars": {"n": [3, 1, 2]},
        "run": {"now": "2024-05-01T00:00:00Z"},
    });
    let line = Data::from(json!({"qty": 7, "sku": "z"}));
    Scope { dot: dot.into(), variables: Arc::new([("line".into(), line)].into()) }
}

fn evaluate(text: &str) -> Result<Data, EvalError> {
    Template::parse(text).unwrap().evaluate(&scope(), &Limits::default())
}

fn parse_errors(text: &str) -> Vec<ExprError> {
    Template::parse(text).map(|_| ()).unwrap_err()
}

#[test]
fn templates_are_text_an_expression_or_both() {
    // Text, the literal if it is one, whether it is one expression, its value.
    let cases = [
        ("plain", Some("plain"), false, json!("plain")),
        ("", Some(""), false, json!("")),
        ("$ $$ {} $x }", Some("$ $$ {} $x }"), false, json!("$ $$ {} $x }")),
        ("$${ .a } costs $5", Some("${ .a } costs $5"), false, json!("${ .a } costs $5")),
        ("$$${", Some("$${"), false, json!("$${")),
        ("${ .input.a }", None, true, json!(1)),
        ("  ${.input.a}\n", None, true, json!(1)),
        ("${ .input.a } ", None, true, json!(1)),
        ("${ .input.a }.", None, false, json!("1.")),
        ("${ 1 }${ 2 }", None, false, json!("12")),
        ("${ 1 } ${ 2 }", None, false, json!("1 2")),
        ("$${${ 1 }", None, false, json!("${1")),
        (
            "é ${ .input.text } ${ .input.none } ${ [1, {\"b\": \"ü\"}] }",
            None,
            false,
            json!("é Grüße null [1,{\"b\":\"ü\"}]"),
        ),
        ("${ {a: \"}\"} }", None, true, json!({"a": "}"})),
        ("${ \"\\(\"}\" + \"\\(\"{\")\")\" }", None, true, json!("}{")),
        ("${ \"${ 1 }\" }", None, true, json!("${ 1 }")),
        ("${ 1 # a comment with } and \"\n + 1 }", None, true, json!(2)),
        ("${ 1 # continued \\\n } + 1\n + 2 }", None, true, json!(3)),
        ("${ {if: 1} | .if }", None, true, json!(1)),
        ("${ if .input.flag then {a: {}} else {} end }", None, true, json!({"a": {}})),
    ];
    for (text, literal, is_expression, value) in cases {
        let template = Template::parse(text).unwrap();
        assert_eq!(template.literal(), literal, "{text}");
        assert_eq!(template.is_expression(), is_expression, "{text}");
        assert_eq!(evaluate(text).unwrap().to_value(), value, "{text}");
    }
}

#[test]
fn values_keep_their_type() {
    let cases = [
        (".input.a + 1", json!(2)),
        ("$line.qty * 2", json!(14)),
        (".input.big + 1", json!(9007199254740994_i64)),
        ("18446744073709551615", json!(18446744073709551615_u64)),
        ("9223372036854775807 + 1", json!(9223372036854775808_u64)),
        ("-9223372036854775808 - 1", json!(-9.223372036854776e18)),
        (
            "[4 / 2, 5 / 2, 7 % 3, -7 % 3, 1.0, 1e3, pow(2; 3)]",
            json!([2, 2.5, 1, -1, 1.0, 1000.0, 8]),
        ),
        ("[nan, infinite, -infinite]", json!([null, f64::MAX, f64::MIN])),
        (".input.rate", json!(2.5)),
        (".input.lines | map(.qty) | add / length", json!(2.5)),
        ("{b: 1, a: 2} + {c: 3, b: 4} | tojson", json!("{\"b\":4,\"a\":2,\"c\":3}")),
        (".vars.n | sort, reverse, max | tojson | [.] | add", json!(null)),
        ("[.vars.n | (sort, reverse, min, max)]", json!([[1, 2, 3], [2, 1, 3], 1, 3])),
        (".missing.key.below", json!(null)),
        (".input.none[3:4]", json!(null)),
        ("[.input.lines[] | select(.qty > 2) | .sku]", json!(["y"])),
        (
            ".input.text | [length, .[1:3], ascii_upcase, @uri]",
            json!([5, "rü", "GRüßE", "Gr%C3%BC%C3%9Fe"]),
        ),
        (".new.list[2] = 1 | .new", json!({"list": [null, null, 1]})),
        ("del(.input.lines[0, 1]) | .input.lines", json!([])),
        ("{a: 1, b: {c: 2}} | del(.b.c, .x.y)", json!({"a": 1, "b": {}})),
        ("[1, null, \"a\"] | join(\"-\")", json!("1--a")),
        ("[3, \"a,\\\"b\", null] | @csv", json!("3,\"a,\"\"b\",")),
        ("\"ba\" | [match(\"(?:(a)|(b))*\").captures[].offset]", json!([1, 0])),
        (
            "\"2024-05-01\" | capture(\"(?<y>\\\\d+)-(?<m>\\\\d+)\")",
            json!({"y": "2024", "m": "05"}),
        ),
        (
            "\"a1b22\" | [gsub(\"[0-9]+\"; \"#\"), [splits(\"[0-9]+\")]]",
            json!(["a#b#", ["a", "b", ""]]),
        ),
        (".run.now | fromdate | gmtime | mktime | todate", json!("2024-05-01T00:00:00Z")),
        (
            "def fac: if . <= 1 then 1 else . * (. - 1 | fac) end; 20 | fac",
            json!(2432902008176640000_i64),
        ),
        ("def twice(f): f | f; 3 | twice(. * 2)", json!(12)),
        ("def f($x; g): $x + g; f(1; .input.a)", json!(2)),
        ("label $out | reduce .vars.n[] as $x (0; . + $x)", json!(6)),
        ("first(range(10) | select(. * . > 20))", json!(5)),
        ("try error({code: 7}) catch .code", json!(7)),
        ("[.[]?] | length", json!(4)),
        ("[limit(3; repeat(1))]", json!([1, 1, 1])),
        ("\"x\" * 3", json!("xxx")),
        ("{} | .a += 1 | .b //= 2", json!({"a": 1, "b": 2})),
        ("[{k: 1, v: 1}, {k: 1, v: 2}] | group_by(.k) | map(map(.v))", json!([[1, 2]])),
    ];
    for (expression, value) in cases {
        let text = format!("${{ {expression} }}");
        match evaluate(&text) {
            Ok(result) => assert_eq!(result.to_value(), value, "{expression}"),
            Err(error) => assert_eq!(
                (error.kind, value),
                (EvalErrorKind::ManyValues, json!(null)),
                "{expression}: {error}"
            ),
        }
    }
}

#[test]
fn errors_say_where_and_what_to_do() {
    use ExprErrorKind::{Forbidden, Syntax, Unclosed, UnknownFunction};
    // Text, kind, the characters at the range, part of the message, part of the help.
    let cases = [
        ("é ${ now }", Forbidden, "now", "`now`", ".run.now"),
        ("${ é }", Syntax, "é", "means nothing", ""),
        ("ü ${ env.HOME }", Forbidden, "env", "`env`", "$env"),
        ("${ $ENV.HOME }", Forbidden, "$ENV", "`$ENV`", "$env"),
        ("${ $__loc__ }", Forbidden, "$__loc__", "`$__loc__`", ""),
        ("${ input.a }", Forbidden, "input", "`input`", "`.input`"),
        ("${ [inputs] }", Forbidden, "inputs", "`inputs`", "`.input`"),
        ("${ try halt catch 1 }", Forbidden, "halt", "`halt`", "error("),
        ("${ halt_error }", Forbidden, "halt_error", "`halt_error`", "fail"),
        ("${ .a | debug }", Forbidden, "debug", "`debug`", "`log`"),
        ("${ debug(\"x\") }", Forbidden, "debug", "`debug`", "`log`"),
        ("${ stderr }", Forbidden, "stderr", "`stderr`", "`log`"),
        ("${ 0 | localtime }", Forbidden, "localtime", "`localtime`", "gmtime"),
        ("${ 0 | strflocaltime(\"%H\") }", Forbidden, "strflocaltime", "", "strftime"),
        ("${ input_filename }", Forbidden, "input_filename", "", ".input"),
        ("${ input_line_number }", Forbidden, "input_line_number", "", ".input"),
        ("${ import \"a\" as a; a::f }", Forbidden, "import", "other files", ""),
        ("${ a::f }", Forbidden, "a::f", "no module `a`", ""),
        ("${ selct(.a) }", UnknownFunction, "selct", "no function `selct`", "`select`"),
        ("${ .a | lenght }", UnknownFunction, "lenght", "no function", "`length`"),
        ("${ map(1; 2) }", UnknownFunction, "map", "`map` takes 1 argument, not 2", ""),
        ("${ range }", UnknownFunction, "range", "`range` takes 1, 2 or 3 arguments, not none", ""),
        ("${ steps.charge }", UnknownFunction, "steps", "no function `steps`", "`.steps`"),
        ("${ .steps.my-step.id }", UnknownFunction, "step", "no function `step`", "[\"…-step\"]"),
        ("${ def total: 1; totl }", UnknownFunction, "totl", "", "`total`"),
        ("${ @jsno }", UnknownFunction, "@jsno", "no format", "`@json`"),
        ("${ min_by_or_empty(.) }", UnknownFunction, "min_by_or_empty", "", ""),
        ("${ __main }", UnknownFunction, "__main", "", ""),
        ("é${ .a ", Unclosed, "${", "never closed", "`}`"),
        ("${ \"abc }", Unclosed, "${", "never closed", "closing `\"`"),
        ("${ .a # note }", Unclosed, "${", "never closed", "comment"),
        ("${ }", Syntax, "", "empty", ""),
        ("é ${ .a == }", Syntax, "", "expected a value here, but the expression ends", ""),
        ("${ .a && .b }", Syntax, "&", "means nothing", "`and`"),
        ("${ .a || .b }", Syntax, "||", "found `||`", "`or`"),
        ("${ 'a' }", Syntax, "'", "", "double quotes"),
        ("${ !.a }", Syntax, "!", "", "not"),
        ("${ .a ? 1 : 2 }", Syntax, "1", "expected an operator", ""),
        ("${ .a.0 }", Syntax, "0", "expected a key", "`[0]`"),
        ("${ if .a then 1 }", Syntax, "", "`else` or `end`", "`end`"),
        ("${ (.a }", Syntax, "(", "`(` is never closed", ""),
        ("${ [.a} }", Syntax, "[", "`[` is never closed", ""),
        ("${ .a) }", Syntax, ")", "closes nothing", ""),
        ("${ \"\\q\" }", Syntax, "q", "escape", ""),
        ("${ 1 as x | 2 }", Syntax, "x", "pattern", ""),
        ("${ break $out }", Syntax, "$out", "no `label $out`", ""),
        ("${ reduce .a as $x (0) }", Syntax, "reduce", "takes two terms", ""),
    ];
    for (text, kind, at, message, help) in cases {
        let errors = parse_errors(text);
        let error = errors.first().unwrap();
        assert_eq!(error.kind, kind, "{text}: {error}");
        assert_eq!(&text[error.range.clone()], at, "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
        assert!(error.help.as_deref().unwrap_or_default().contains(help), "{text}: {error}");
    }
}

#[test]
fn all_errors_of_a_string_are_found() {
    let text = "${ now } and ${ foo(bar) } and ${ .a + } and ${ .b";
    let found: Vec<_> =
        parse_errors(text).into_iter().map(|error| text[error.range].to_owned()).collect();
    assert_eq!(found, ["now", "foo", "bar", "", "${"]);
}

#[test]
fn paths_start_at_the_scope_for_certain() {
    // Expression, its paths with `$` for variables and `?` for optional ones.
    let cases: [(&str, &[&str]); 52] = [
        (".steps.charge.id", &["steps.charge.id"]),
        (".steps[\"charge\"].id", &["steps.charge.id"]),
        (".\"steps\".\"charge\"", &["steps.charge"]),
        (". [ \"steps\" ] .charge", &["steps.charge"]),
        (".input | .lines", &["input.lines"]),
        ("(.input) | (.lines | .[0])", &["input.lines"]),
        (".input | length", &["input"]),
        (".input | 1", &["input"]),
        (".input | .a, .b.c", &["input.a", "input.b.c"]),
        (".input.lines[0].sku", &["input.lines"]),
        (".input.lines[].sku", &["input.lines"]),
        (".input[\"a\\u0062\"].c", &["input"]),
        (".input[.vars.key].x", &["input", "vars.key"]),
        (".input.list[.vars.from:.vars.to]", &["input.list", "vars.from", "vars.to"]),
        (".input.a?", &["input.a?"]),
        (".input.a?.b", &["input.a.b?"]),
        (".input.a // .input.b", &["input.a?", "input.b"]),
        ("try .input.a.b catch .c", &["input.a.b?"]),
        (".input.a as $x | ($x // 1) + .input.b", &["input.a?", "input.b"]),
        ("$line.qty + $line.sku", &["$line.qty", "$line.sku"]),
        ("$line", &[]),
        (".", &[]),
        ("$line | .qty", &["$line.qty"]),
        (".steps as $s | $s.x.y", &["steps.x.y"]),
        (".steps as {charge: {id: $i}, $other} | $i", &["steps.charge.id", "steps.other"]),
        (".vars.pair as [$a, $b] | $a.x", &["vars.pair"]),
        (".input.lines | map(.x)", &["input.lines"]),
        (".input.lines | map(.x + $line.y)", &["input.lines", "$line.y"]),
        (".input | select(.ok) | .name", &["input.ok", "input.name"]),
        ("[.input.a, {b: .input.b}, \"\\(.input.c)\"]", &["input.a", "input.b", "input.c"]),
        ("{input, \"vars\", $line}", &["input", "vars"]),
        ("{(.input.key): .input.value}", &["input.key", "input.value"]),
        ("if .input.a then .input.b else .input.c end", &["input.a", "input.b", "input.c"]),
        (".input.a and .input.b or (.input.c | not)", &["input.a", "input.b", "input.c"]),
        ("-.input.a * .input.b", &["input.a", "input.b"]),
        ("reduce .input.n[] as $x (.vars.start; . + $x + .inner)", &["input.n", "vars.start"]),
        ("foreach .input.n as $x (.a; .b; .c)", &["input.n", "a"]),
        ("def f: .x.y; .input | f", &["input"]),
        ("def f(g): g; f(.x)", &[]),
        (".new.key = .input.a", &["input.a"]),
        (".input.list |= map(.x)", &[]),
        (".input.n += .vars.k", &["vars.k"]),
        ("del(.input.a)", &[]),
        ("[path(.input.a)]", &[]),
        ("with_entries(.value)", &[]),
        (".input.n | has(.key)", &["input.n.key"]),
        ("any(.input.n[]; .x)", &["input.n"]),
        ("[limit(.vars.n; .input.n[])]", &["input.n", "vars.n"]),
        ("first(.input.a)", &["input.a"]),
        ("\"a\" | test(.x)", &[]),
        (".input.text | sub(\"a\"; .b)", &["input.text"]),
        ("..", &[]),
    ];
    for (expression, expected) in cases {
        // Not at the start, and behind characters of several bytes.
        let text = format!("é → ${{ {expression} }}");
        let template = Template::parse(&text).unwrap();
        let expr = template.expressions().next().unwrap();
        let paths = expr.paths();
        let mut found: Vec<_> = paths.iter().map(write_path).collect();
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{expression}");
        for path in paths {
            for segment in &path.segments {
                assert_eq!(text[segment.range.clone()], segment.name, "{expression}");
                assert!(path.range.start <= segment.range.start, "{expression}");
                assert!(path.range.end >= segment.range.end, "{expression}");
            }
        }
    }
}

fn write_path(path: &PathUse) -> String {
    let mut names: Vec<String> = path.segments.iter().map(|segment| segment.name.clone()).collect();
    if let Root::Variable(name) = &path.root {
        names.insert(0, format!("${name}"));
    }
    names.join(".") + if path.optional { "?" } else { "" }
}

#[test]
fn ranges_of_paths_hold_what_is_written() {
    let cases = [
        ("1 + .steps.charge.id", ".steps.charge.id"),
        ("1 + .steps[ \"charge\" ].id | not", ".steps[ \"charge\" ].id"),
        ("[ $line.qty[0] ]", "$line.qty"),
        ("{ input }", "input"),
        (".input | .lines | length", ".input | .lines"),
        (".\"a b\" | not", ".\"a b\""),
    ];
    for (expression, written) in cases {
        let text = format!("ü${{ {expression} }}");
        let template = Template::parse(&text).unwrap();
        let expr = template.expressions().next().unwrap();
        assert_eq!(expr.source().trim(), expression);
        assert_eq!(text[expr.range()], *expr.source());
        assert_eq!(&text[expr.paths()[0].range.clone()], written, "{expression}");
    }
}

#[test]
fn variables_are_those_the_expression_does_not_bind() {
    let text = "é ${ $line.a as $x | [$x, $é] }";
    assert_eq!(parse_errors(text)[0].kind, ExprErrorKind::Syntax);
    let text = "é ${ $line.a as [$x, {b: $y}] | def f($z): $z + $w; reduce 1 as $i (0; $i) | [$x, $y, $line, f(1)] } ${ $x }";
    let template = Template::parse(text).unwrap();
    let names = template.expressions().flat_map(Expr::variables).map(|reference| {
        assert_eq!(text[reference.range.clone()], format!("${}", reference.name));
        reference.name.clone()
    });
    assert_eq!(names.collect::<Vec<_>>(), ["line", "w", "line", "x"]);
}

#[test]
fn failures_have_a_kind_and_a_place() {
    use EvalErrorKind::{Failed, ManyValues, NoValue, UnknownVariable};
    let cases = [
        ("empty", NoValue, "no value", "// null"),
        ("1, 2", ManyValues, "more than one", "[ … ]"),
        (".input.lines[].sku", ManyValues, "more than one", "[ … ]"),
        ("$nobody", UnknownVariable, "`$nobody`", ""),
        ("$nobody + 1", UnknownVariable, "`$nobody`", ""),
        (".input.a.b", Failed, "cannot index 1 with \"b\"", ""),
        (".input.a.b + 1", Failed, "cannot index 1 with \"b\"", ""),
        (".input.a + {}", Failed, "cannot calculate 1 + {}", ""),
        ("1, error(\"broken\")", Failed, "broken", ""),
        ("error({code: 1})", Failed, "{\"code\":1}", ""),
        ("1 / 0", Failed, "by zero", ""),
        ("{(1): 2}", Failed, "key of an object", ""),
        ("\"a\" | fromjson", Failed, "cannot read \"a\" as JSON", ""),
        ("\"a\" | tonumber", Failed, "as a number", ""),
        ("\"a\" | test(\"(\")", Failed, "regular expression", ""),
        ("1e18 | gmtime", Failed, "as a time", ""),
        ("[2000, 127, 1, 0, 0, 0] | mktime", Failed, "as a time", ""),
        ("[1] | .[-2] = 1", Failed, "before the start", ""),
    ];
    for (expression, kind, message, help) in cases {
        let text = format!("ö ${{ {expression} }}");
        let error = evaluate(&text).unwrap_err();
        assert_eq!(error.kind, kind, "{expression}: {error}");
        assert_eq!(text[error.range.clone()].trim(), expression);
        assert!(error.message.contains(message), "{expression}: {error}");
        assert!(error.help.as_deref().unwrap_or_default().contains(help), "{expression}: {error}");
    }
}

#[test]
fn nothing_escapes_its_limits() {
    let mut hostile: Vec<String> = [
        // Loops.
        "last(repeat(1))", "[repeat(1)]", "until(false; .)", "last(while(true; .))", "last(recurse(.))",
        "last(recurse(., .))", "[recurse(., .)]", "last(range(1e18))", "[range(1e9)]", "last(range(0; 1; 0))",
        "[limit(1e9; repeat(\"x\"))]", "first(range(1e9) | select(. < 0))", "isempty(repeat(empty))",
        "any(range(1e9); . < 0)", "last(range(1e9)?)", "[.[range(1e9)]?]", "last(skip(1e9; repeat(1)))",
        "nth(1e9; repeat(1))", "reduce repeat(1) as $x (0; $x)", "last(foreach repeat(1) as $x (0; $x))",
        "label $f | foreach repeat(1) as $x (0; . + 1; if . < 0 then break $f else empty end)",
        "[0, 1] | [combinations(40)]", "[limit(30; repeat([0, 1]))] | last(combinations)",
        "last([range(1000)] | .[] as $x | .[] as $y | .[] as $z | 1)", "[range(9)] | last(combinations(20))",
        // Nothing can be caught.
        "try last(repeat(1)) catch 1", "(last(repeat(1)))? // 1", "[.[] | try error(last(range(1e18))) catch 1]",
        "try (def f: f; f) catch 1", "first(try last(repeat(1)) catch 1, 2)", "label $x | (last(repeat(1)), break $x)",
        // Recursion and nesting.
        "def f: f; f", "def f: f + 1; f", "def f: 1 + f; f", "def f: [f]; f", "def f: f | f; f", "def f: {a: f}; f",
        "def f: \"\\(f)\"; f", "def f: map(f); [1] | def g: [1] | map(g); g", "def f: try f catch f; f", "def f: f, f; f",
        "def f(g): f(g | g); f(.)", "def f(g): g | f(g | g); f(.)", "def f(g): def h: g | h; h; f(.)",
        "def f(g; $n): if $n > 0 then f(g; $n - 1) else g end; f(.; 1e6)", "def f: def g: f; g; f",
        "def a(f): f|f; def b(f): a(a(a(f))); def c(f): b(b(b(f))); def d(f): c(c(c(f))); 0 | d(d(d(. + 1)))",
        "reduce range(1e6) as $i (null; [.])", "reduce range(1e6) as $i (null; {a: .})", "last(null | recurse([.]))",
        "repeat(.) |= 1", "recurse(.) |= 1", "(while(true; .)) |= 1", "def f: f; f |= 1", "path(def f: f; f)",
        "null | last(path(recurse(.a)))", "null | last(path(reduce range(1e6) as $i (.; .a)))",
        "null | setpath([range(1e5) | \"a\"]; 1)", "null | [path(limit(100000; recurse(.a)))]",
        "null | first(path(last(repeat(.a))))", "(reduce range(1e5) as $i (.; .a)) |= 1",
        // Memory.
        "\"x\" * 1e9", "\"x\" * 1e300", "reduce range(100) as $i (\"x\"; . + .)", "reduce range(100) as $i ([1]; . + .)",
        "reduce range(100) as $i (0; [., .])", "reduce range(100) as $i ({}; {a: ., b: .})", "[range(1e5)] | map(\"x\" * 1e4)",
        "null | .[1e12] = 1", "null | .[1e9] = 1", "\"[\" + \"0,\" * 1e7 + \"0]\" | fromjson | length", "\"<\" * 5e6 | @html",
        "\"x\" * 3e6 | explode", "\"x,\" * 1e6 | split(\",\")", "\"\\u0000\" * 5e6 | tojson", "[\"x\" * 1e6 | ., ., ., ., ., ., ., .] | tojson",
        "\"x\" * 4e6 | [match(\"\"; \"g\")]", "\"x\" * 1e6 | gsub(\"\"; \"yyyyyyyyyyyyyyyyyyyyyyyyyyyy\")",
        "[range(1e5) | tostring] | combinations", "\"%255Y\" * 1e5 as $f | 0 | strftime($f)", "[range(1e6)] | tojson * 10",
        // Work that is not in steps.
        "(\"x\" * 5e6) as $s | last(range(1e6) | $s == $s)", "(\"x\" * 1e6) as $s | [range(1e4) | $s + \"y\"] | sort",
        "\"x\" * 1e5 | test(\"(x{100}){100}y\")", "\"a\" * 1e5 | [match(\"a.*b|a\"; \"g\")]", "jn(2147483647; 1.5)", "yn(2147483647; 1.5)",
        "(\"a\" * 1e5) as $s | $s | indices($s[:5e4]) | length | last(range(1e9))", "[range(3e5)] as $a | $a - $a | last(repeat(1))",
        "[range(1e5)] as $a | last($a[] | $a | contains([-1]))", "[range(1e5)] as $a | [$a[] | $a | index(-1)]",
        "[range(1e5)] as $a | [$a[] | $a | sort]", "[range(1e5)] as $a | reduce range(1e5) as $i ($a; .[$i] = $a)",
        "[range(1e4)] as $a | [$a[] | $a | min_by(.)]", "[range(1e5) | {(tostring): 1}] | add as $o | [range(1e5) | $o == ($o + {})]",
    ]
    .map(str::to_owned)
    .into();
    // All combinations of two values, forty times over.
    for operator in ["|", "==", "+", "and", "//"] {
        hostile.push(format!("last({})", vec!["(., .)"; 40].join(&format!(" {operator} "))));
        hostile.push(format!("[{}]", vec!["(1, 2)"; 40].join(&format!(" {operator} "))));
    }
    hostile.push(format!("last(.{})", "[\"a\", \"b\"]?".repeat(60)));
    hostile.push(format!("last({{{}}})", vec!["a: (1, 2)"; 40].join(", ")));
    hostile.push(format!("last(\"{}\")", "\\(1, 2)".repeat(40)));
    hostile.push(format!(
        "last(([1, 2]{}))",
        " as [$a] | [1, 2] | .[]".repeat(0) + &" | [.[], .[]]".repeat(40)
    ));

    let limits = Limits { steps: 200_000, size: 4 << 20, depth: 100 };
    for expression in hostile {
        let template = Template::parse(&format!("${{ {expression} }}")).unwrap();
        let result = template.evaluate(&scope(), &limits);
        let kind = result.as_ref().map_err(|error| error.kind);
        let bounded = matches!(
            kind,
            Err(EvalErrorKind::FuelExhausted | EvalErrorKind::TooLarge | EvalErrorKind::TooDeep)
        );
        // A chain of `//` branches, but it does not multiply.
        let harmless = expression.contains(" // ");
        assert!(bounded || harmless, "{expression}: {kind:?}");
    }
}

#[test]
fn deep_and_long_expressions_are_refused_or_run() {
    let nested = |open: &str, close: &str, times: usize| {
        format!("${{ {}1{} }}", open.repeat(times), close.repeat(times))
    };
    for times in [20, 10_000] {
        for (open, close) in [
            ("(", ")"),
            ("[", "]"),
            ("{a: ", "}"),
            ("\"\\(", ")\""),
            ("if . then ", " end"),
            ("-", ""),
            ("try ", ""),
            ("1 as $x | ", ""),
            ("def f: 1; ", ""),
            ("label $x | ", ""),
            ("reduce 1 as $x (0; ", ")"),
            ("first(", ")"),
            ("1 | ", ""),
            ("1 + ", ""),
            ("null // ", ""),
            ("true and ", ""),
            ("1 as [", "$x] | 1"),
            ("def f: ", "; f"),
            ("[[], ", "]"),
            ("(. | ", ")"),
            ("{a: 1 | ", "}"),
            (".a = ", ""),
            (". < (", ")"),
        ] {
            if let Ok(template) = Template::parse(&nested(open, close, times)) {
                let _ = template.evaluate(&scope(), &Limits::default());
                assert!(times == 20, "{open}");
            }
        }
    }
    let long = [
        (format!("[1{}] | length", ", 1".repeat(3000)), json!(3001)),
        (
            format!(
                "{{{}}} | length",
                (0..500).map(|i| format!("a{i}: {i}")).collect::<Vec<_>>().join(", ")
            ),
            json!(500),
        ),
        (format!("\"{}\" | length", "\\(1)x".repeat(500)), json!(1000)),
        (format!(".{}", " | .".repeat(200)), scope().dot.to_value()),
        (".a".repeat(3000), json!(null)),
    ];
    for (expression, value) in long {
        assert_eq!(evaluate(&format!("${{ {expression} }}")).unwrap().to_value(), value);
    }
}

#[test]
fn real_work_fits_the_limits() {
    let cases = [
        ("[range(100000)] | map(. * 2) | add", json!(9999900000_i64)),
        ("[range(20000) | tostring] | join(\",\") | split(\",\") | length", json!(20000)),
        ("reduce range(20000) as $i ([]; . + [$i]) | length", json!(20000)),
        ("reduce range(20000) as $i ({}; .[$i | tostring] = $i) | length", json!(20000)),
        ("reduce range(20000) as $i (\"\"; . + \"x\") | length", json!(20000)),
        ("[range(20000) | {k: (. % 7), v: .}] | group_by(.k) | map(length) | add", json!(20000)),
        ("[range(20000)] | sort_by(-.) | .[0]", json!(19999)),
        ("\"line of text\\n\" * 5000 | [splits(\"\\r?\\n\")] | length", json!(5001)),
        ("last(limit(20000; repeat(1)))", json!(1)),
        ("[limit(10000; 1 | recurse(. + 1))] | length", json!(10000)),
        ("0 | until(. > 20000; . + 1)", json!(20001)),
    ];
    for (expression, value) in cases {
        assert_eq!(
            evaluate(&format!("${{ {expression} }}")).unwrap().to_value(),
            value,
            "{expression}"
        );
    }
}

#[test]
fn limits_are_those_that_are_given() {
    let text = "${ [range(100)] | length }";
    let template = Template::parse(text).unwrap();
    let evaluate =
        |limits: Limits| template.evaluate(&scope(), &limits).map_err(|error| error.kind);
    assert!(evaluate(Limits::default()).is_ok());
    let steps = Limits { steps: 50, ..Limits::default() };
    assert_eq!(evaluate(steps).unwrap_err(), EvalErrorKind::FuelExhausted);
    let size = Limits { size: 500, ..Limits::default() };
    assert_eq!(evaluate(size).unwrap_err(), EvalErrorKind::TooLarge);
    let depth = Limits { depth: 0, ..Limits::default() };
    assert_eq!(evaluate(depth).unwrap_err(), EvalErrorKind::TooDeep);
    let text = Template::parse("${ .input.text } ${ .input.text }").unwrap();
    let error = text.evaluate(&scope(), &Limits { size: 10, ..Limits::default() }).unwrap_err();
    assert_eq!(error.kind, EvalErrorKind::TooLarge);
}

#[test]
fn evaluation_leaves_what_it_reads_alone() {
    let before = scope();
    let shared = before.clone();
    let template =
        Template::parse("${ .input.lines += [1] | .input.lines[0].qty = 9 | .vars = {} }").unwrap();
    template.evaluate(&before, &Limits::default()).unwrap();
    assert_eq!(before.dot.to_value(), shared.dot.to_value());
}

#[test]
fn data_is_json() {
    let value = json!({"b": [1, -2, 2.5, 1.0, 1e300, 18446744073709551615_u64, null, true, "é\n"], "a": {}});
    assert_eq!(Data::from(&value).to_value(), value);
    assert_eq!(Data::from(value.clone()).to_value(), value);
    assert_eq!(format!("{:?}", Data::from(&value)), value.to_string());

    let mut object =
        Data::object([("x".to_owned(), Data::null()), ("y".to_owned(), Data::array([]))]);
    let copy = object.clone();
    object.insert("x", json!(1).into());
    object.insert("z", json!([2]).into());
    assert_eq!(object.to_value().to_string(), r#"{"x":1,"y":[],"z":[2]}"#);
    assert_eq!(copy.to_value().to_string(), r#"{"x":null,"y":[]}"#);
    assert!(Data::null().is_null() && !copy.is_null());
    assert_eq!((Data::from(json!(true)).as_bool(), copy.as_bool()), (Some(true), None));
    let mut none = Data::null();
    none.insert("k", Data::null());
    assert_eq!(none.to_value(), json!({"k": null}));
}

#[test]
fn types_can_be_shared_between_threads() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<Data>();
    shared::<Scope>();
    shared::<Template>();
    shared::<Expr>();
    let template = Template::parse("${ [.input.lines[].qty] | add }").unwrap();
    let scope = scope();
    let sum = || template.evaluate(&scope, &Limits::default()).unwrap().to_value();
    std::thread::scope(|threads| {
        let all: Vec<_> = (0..4).map(|_| threads.spawn(sum)).collect();
        assert!(all.into_iter().all(|thread| thread.join().unwrap() == json!(5)));
    });
}

#[test]
fn every_function_compiles() {
    let mut seen = std::collections::BTreeSet::new();
    for (name, arity) in prelude().signatures() {
        assert!(seen.insert((name, arity)), "{name}/{arity} is defined twice");
        if functions::check(name, arity, &[]).is_err() {
            continue;
        }
        let arguments =
            if arity == 0 { String::new() } else { format!("({})", vec!["."; arity].join("; ")) };
        let text = format!("${{ [limit(1; {name}{arguments})?] }}");
        let template = Template::parse(&text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
        for input in [json!(null), json!(1), json!("a"), json!([]), json!({"a": [1]})] {
            let scope = Scope { dot: input.into(), ..Scope::default() };
            let limits = Limits { steps: 20_000, ..Limits::default() };
            if let Err(error) = template.evaluate(&scope, &limits) {
                assert!(!error.message.contains("broke down"), "{text}: {error}");
            }
        }
    }
    assert!(seen.len() > 200);
}

/// Pieces that jq is made of, and some that it is not.
const PIECES: [&str; 64] = [
    ".", "..", ".a", ".input", "[", "]", "(", ")", "{", "}", "\"", "\\(", "\\", "|", ",", ";", ":",
    "?", "//", "=", "|=", "+=", "+", "-", "*", "/", "%", "==", "!=", "<", ">", "and", "or", "not",
    "if", "then", "elif", "else", "end", "try", "catch", "reduce", "foreach", "as", "def", "label",
    "break", "$x", "$line", "1", "2.5e3", "map", "select", "range", "limit", "path", "empty",
    "error", "@json", "f", "#", "\n", "é", " ",
];

fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES.to_vec());
    prop::collection::vec(piece, 0..24).prop_map(|pieces| format!("ü${{ {} }}", pieces.join(" ")))
}

/// Expressions that parse more often than not.
fn sensible() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        ".",
        ".input",
        ".input.a",
        "$line",
        "1",
        "\"é\"",
        "null",
        "empty",
        "[]",
        "{}",
        ".[]?",
        "..",
        "true",
        "range(3)",
        "length",
        "keys?",
        "tojson",
        "error",
        "[.[]?]",
        "to_entries?",
        "first(.[]?)",
        "nan",
        "add?",
        "sort?",
        "paths",
        "repeat(1)",
        "-1",
    ]);
    let leaf = leaf.prop_map(str::to_owned);
    leaf.prop_recursive(5, 40, 3, |inner| {
        let operator = prop::sample::select(vec![
            "|", ",", "+", "-", "*", "/", "%", "//", "and", "or", "==", "<", "=", "|=", "+=",
        ]);
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(l, op, r)| format!("({l} {op} {r})")),
            inner.clone().prop_map(|f| format!("[{f}]")),
            (inner.clone(), inner.clone()).prop_map(|(k, v)| format!("{{a: {k}, (tojson): {v}}}")),
            inner.clone().prop_map(|f| format!("\"x\\({f})\"")),
            (inner.clone(), inner.clone()).prop_map(|(t, c)| format!("try {t} catch {c}")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("if {a} then {b} else {c} end")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} as $x | {b} | $x)")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("reduce {a} as $x (0; {b})")),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| format!("[foreach {a} as [$x] (.; {b}; $x)]")),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| format!("(def f(g): {a} | g; f({b}))")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!(".[{a}:{b}]?")),
            inner.clone().prop_map(|f| format!("map({f})?")),
            inner.clone().prop_map(|f| format!("[path({f})]?")),
            inner.clone().prop_map(|f| format!("del({f})?")),
            inner.clone().prop_map(|f| format!("[limit(2; {f})]")),
            inner.clone().prop_map(|f| format!("[recurse({f})]")),
            inner.prop_map(|f| format!("walk({f})")),
        ]
    })
}

/// Expressions that are evaluated without the interpreter, as long as they are not too deep.
fn simple() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        ".",
        ".input.a",
        ".input.text",
        ".input.none",
        ".input.none.x.y",
        ".input.text.x",
        ".input.flag",
        ".input.rate",
        ".input.big",
        ".input.lines",
        ".steps.charge",
        ".vars.n",
        ".missing",
        "$line",
        "$line.qty",
        "$line.sku.x",
        "0",
        "1",
        "2.5",
        "1e1000",
        "9007199254740993",
        "\"é\"",
        "\"\"",
        "null",
        "true",
        "false",
        "not",
        "length",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 24, 2, |inner| {
        let operator = prop::sample::select(vec![
            "|", "+", "-", "*", "/", "%", "//", "and", "or", "==", "!=", "<", "<=", ">", ">=",
        ]);
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(l, op, r)| format!("({l} {op} {r})")),
            inner.prop_map(|f| format!("-({f})")),
        ]
    })
}

fn check_ranges(text: &str) -> Option<Template> {
    let inside = |range: &std::ops::Range<usize>| text.get(range.clone()).is_some();
    match Template::parse(text) {
        Ok(template) => {
            for expr in template.expressions() {
                assert!(inside(&expr.range()));
                assert!(expr.variables().iter().all(|reference| inside(&reference.range)));
                for path in expr.paths() {
                    assert!(inside(&path.range) && !path.segments.is_empty());
                    assert!(path.segments.iter().all(|segment| inside(&segment.range)));
                }
            }
            Some(template)
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            assert!(errors.iter().all(|error| inside(&error.range)), "{text:?}: {errors:?}");
            assert!(
                errors.iter().all(|error| !error.message.contains("cannot be compiled")),
                "{text:?}: {errors:?}"
            );
            None
        }
    }
}

fn check_bounded(text: &str) {
    if let Some(template) = check_ranges(text) {
        let limits = Limits { steps: 20_000, size: 1 << 20, depth: 40 };
        let first = template.evaluate(&scope(), &limits);
        if let Err(error) = &first {
            assert!(text.get(error.range.clone()).is_some());
            assert!(!error.message.contains("broke down"), "{text}");
        }
        // The same everywhere and every time.
        let again = template.evaluate(&scope(), &limits);
        assert_eq!(first.map(|value| value.to_value()), again.map(|value| value.to_value()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_string_is_parsed_or_refused(text in "(\\PC|[${}\"\\\\#\n]){0,40}") {
        check_bounded(&text);
    }

    #[test]
    fn any_soup_of_jq_is_parsed_or_refused(text in soup()) {
        check_bounded(&text);
    }

    #[test]
    fn any_expression_is_bounded(expression in sensible()) {
        check_bounded(&format!("é${{ {expression} }}"));
    }

    #[test]
    fn the_interpreter_is_not_missed(expression in simple()) {
        let template = Template::parse(&format!("${{ {expression} }}")).unwrap();
        let (scope, limits) = (scope(), Limits::default());
        for expr in template.expressions() {
            let interpreted = expr.compile().unwrap().run(&scope, &limits);
            let interpreted = interpreted.map_err(|failure| failure.at(expr.range()));
            let direct = expr.evaluate(&scope, &limits);
            // As text: a float that is no number is not equal to itself.
            assert_eq!(format!("{direct:?}"), format!("{interpreted:?}"));
        }
    }

    #[test]
    fn any_value_passes_unchanged(
        value in any::<f64>().prop_filter("finite", |float| float.is_finite()),
        int in any::<i64>(),
        text in ".{0,20}",
    ) {
        let value = json!({"f": value, "i": int, "t": [text]});
        let scope = Scope { dot: Data::from(&value), ..Scope::default() };
        for text in ["${ . }", "${ . | . }", "${ {f, i, t} }", "${ with_entries(.) }"] {
            let result = Template::parse(text).unwrap().evaluate(&scope, &Limits::default()).unwrap();
            prop_assert_eq!(result.to_value(), value.clone());
        }
    }
}
