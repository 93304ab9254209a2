//! What is inferred: tables of expressions with their types, problems and secrets.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::json;

use crate::prelude::prelude;
use crate::*;

fn field(name: &str, ty: Ty) -> (Arc<str>, Field) {
    (name.into(), Field::required(ty))
}

/// A scope as a workflow has it. `skipped` may be null for reason 7; `$secrets.token` is secret 1.
fn scope() -> TypeScope {
    let line = Ty::object(
        [
            field("sku", Ty::string()),
            field("qty", Ty::int()),
            field("note", Ty::string().optional()),
        ],
        None,
    );
    let order = Ty::object(
        [
            field("id", Ty::formatted(Format::Uuid)),
            field("status", Ty::one_of(["pending", "paid", "shipped"])),
            field("lines", Ty::array(Ty::named("Line"))),
            field("parent", Ty::named("Order").optional()),
            field("total", Ty::decimal()),
            ("discount".into(), Field::optional(Ty::number())),
        ],
        None,
    );
    let input = Ty::object(
        [
            field("name", Ty::string()),
            field("count", Ty::int()),
            field("rate", Ty::number()),
            field("flag", Ty::bool()),
            field("nick", Ty::string().optional()),
            field("order", Ty::named("Order")),
            field("tags", Ty::array(Ty::string())),
            field("prices", Ty::map(Ty::number())),
            field("json", Ty::any()),
            field("limit", Ty::int().optional()),
        ],
        None,
    );
    let charge = Ty::object([field("id", Ty::string()), field("amount", Ty::int())], None);
    let steps = Ty::object(
        [
            field("charge", charge.clone()),
            field("skipped", charge.optional_because(7)),
            field("http", Ty::any()),
        ],
        None,
    );
    let secrets = Ty::object([field("token", Ty::string().secret(1))], None);
    TypeScope {
        dot: Ty::object([field("input", input), field("steps", steps)], None),
        variables: Arc::new(
            [("secrets".into(), secrets), ("line".into(), Ty::named("Line"))].into(),
        ),
        types: Arc::new([("Order".into(), order), ("Line".into(), line)].into()),
    }
}

fn infer(expression: &str) -> (String, Inference) {
    let text = format!("${{ {expression} }}");
    let inference = Template::parse(&text).unwrap().infer(&scope());
    (text, inference)
}

#[test]
fn expressions_have_types() {
    let cases = [
        (
            ".",
            "{ input: { name: string, count: int, rate: float, flag: bool, nick: string?, order: Order, … }, steps: { charge: { id: string, amount: int }, skipped: { id: string, amount: int }?, http: any } }",
        ),
        (".input.name", "string"),
        (".input.order", "Order"),
        (".input.order.parent", "Order?"),
        (".input.order.parent.parent.id", "uuid?"),
        (".input.order.lines[0]", "Line"),
        (".input.order.lines[0].qty", "int"),
        ("[.input.order.lines[].qty]", "int[]"),
        (".input.order.discount", "float?"),
        (".input.order.total", "decimal"),
        (".input.prices.x", "float"),
        (".input.json.a[0].b", "any"),
        ("$line.sku", "string"),
        ("$other.x", "any"),
        (".input.tags[1:]", "string[]"),
        (".input.name[:3]", "string"),
        ("1", "1"),
        ("-1.5", "-1.5"),
        ("\"a\"", "\"a\""),
        ("\"a\\(.input.count)\"", "string"),
        ("[]", "[]"),
        ("[1, \"a\"]", "[1, \"a\"]"),
        ("[.input.count, .input.count]", "int[]"),
        (
            "{a: 1, b: .input.name, \"c\": null, (.input.name): 2}",
            "{ a: 1 | 2, b: 2 | string, c: 2?, … }",
        ),
        ("{count: .input.count}.count", "int"),
        (".input | {name, count}", "{ name: string, count: int }"),
        ("$line as {sku: $s, $qty} | [$s, $qty]", "[string, int]"),
        (".input.tags as [$first, $second] | $first", "string"),
        (".input.count + 1", "int"),
        (".input.count / 2", "float"),
        (".input.count * 2.5", "float"),
        (".input.count % 2", "int"),
        ("2 + 3 * 4", "14"),
        (".input.name + \"x\"", "string"),
        ("\"a\" + \"b\"", "\"ab\""),
        (".input.tags + [1]", "(1 | string)[]"),
        ("{a: 1} + {b: 2}", "{ a: 1, b: 2 }"),
        ("{a: 1} * {b: 2}", "object"),
        (".input.name / \",\"", "string[]"),
        ("null + .input.count", "int"),
        (".input.tags - [\"x\"]", "string[]"),
        (".input.limit // 10", "int"),
        (".input.nick // \"none\"", "string"),
        (".input.nick // null", "string?"),
        (".input.name == \"x\"", "bool"),
        (".input.count > 3 and .input.flag", "bool"),
        (".input.flag | not", "bool"),
        ("if .input.flag then 1 else \"a\" end", "1 | \"a\""),
        (
            "if .input.flag then .input.count end",
            "int | { input: { name: string, count: int, rate: float, flag: false, nick: string?, order: Order, … }, steps: { charge: { id: string, amount: int }, skipped: { id: string, amount: int }?, http: any } }",
        ),
        ("if .input.nick then .input.nick else \"x\" end", "string"),
        ("if .input.nick != null then .input.nick else \"x\" end", "string"),
        ("if .input.nick == null then \"x\" else .input.nick end", "string"),
        ("if .steps.skipped then .steps.skipped.id else \"none\" end", "string"),
        (
            "if .steps.skipped != null and .steps.skipped.amount > 3 then .steps.skipped.amount else 0 end",
            "int",
        ),
        (
            "if .steps.skipped == null or .input.flag then 0 else .steps.skipped.amount - 1 end",
            "int",
        ),
        ("if (.input.json | type) == \"string\" then .input.json else \"\" end", "string"),
        (".input.json | if type == \"array\" then . else [.] end", "any[]"),
        (".input.json | select(has(\"x\"))", "any"),
        ("[.input.order.lines[] | select(.note != null) | .note]", "string[]"),
        (".input.order.lines | map(select(.note != null).note)", "string[]"),
        (".input.order | select(.status == \"paid\") | .status", "\"paid\""),
        (".input.order.status | if . == \"paid\" then . else empty end", "\"paid\""),
        (
            ".input.order.status | if . != \"paid\" then . else \"x\" end",
            "\"pending\" | \"shipped\" | \"x\"",
        ),
        ("[.input.order.lines[].qty] | add", "int"),
        (".input.order.lines | map(.qty) | add / length", "float"),
        (".input.order.lines | map({key: .sku, value: .qty}) | from_entries", "map<int>"),
        (".input.prices | to_entries", "{ key: string, value: float }[]"),
        (".input.prices | with_entries(.value |= . + 1)", "map<float>"),
        (".input.prices | map_values(. * 2)", "map<float>"),
        (".input.order.lines | group_by(.sku)", "Line[][]"),
        (".input.order.lines | sort_by(.qty) | first", "Line"),
        (".input.order.lines | max_by(.qty) | .sku", "string"),
        (".input.order.lines | unique_by(.sku) | length", "int"),
        (".input.tags | join(\",\")", "string"),
        (".input.tags | any(. == \"x\")", "bool"),
        (".input.tags | index(\"x\")", "int"),
        (".input.name | split(\",\") | last", "string"),
        (".input.name | test(\"a\")", "bool"),
        (".input.name | capture(\"(?<y>a)\") | .y", "string"),
        (".input.name | [match(\"a\").offset]", "int[]"),
        (".input.name | gsub(\"a\"; \"b\")", "string"),
        (".input.name | tonumber", "float"),
        (".input.count | tostring", "string"),
        (".input.json | tojson", "string"),
        (".input.json | tojson | fromjson", "any"),
        (
            ".input | keys",
            "(\"count\" | \"flag\" | \"json\" | \"limit\" | \"name\" | \"nick\" | 4 more)[]",
        ),
        (".input.prices | keys", "string[]"),
        (".input | has(\"name\")", "true"),
        (".input.tags | length", "int"),
        (".input.name | type", "\"string\""),
        (".input.nick | type", "\"null\" | \"string\""),
        ("[range(3)]", "int[]"),
        ("[limit(3; .input.tags[])]", "string[]"),
        ("first(.input.tags[])", "string"),
        ("reduce .input.tags[] as $t (0; . + 1)", "int"),
        ("reduce .input.order.lines[] as $l ({}; .[$l.sku] = $l.qty)", "map<int>"),
        ("reduce .input.order.lines[] as $l ({n: 0}; .n += $l.qty)", "{ n: int }"),
        ("[foreach .input.tags[] as $t (0; . + 1; {n: ., t: $t})]", "{ n: int, t: string }[]"),
        ("def double: . * 2; .input.count | double", "int"),
        ("def f($x; g): $x + g; f(1; .input.count)", "int"),
        ("def fac: if . <= 1 then 1 else . * (. - 1 | fac) end; .input.count | fac", "any"),
        ("def fac: if . <= 1 then 1 else . * (. - 1 | fac) end; 3 | fac", "6"),
        ("try error(\"x\") catch 1", "1"),
        ("[.. | numbers]", "float[]"),
        ("0 | until(. > 10; . + 1)", "int"),
        ("[1, 2] | .[1]", "2"),
        (".input | del(.json) | .name", "string"),
        (".input.order | .status = 1 | .status", "1"),
        (".input.order.lines | .[0].qty |= . + 1 | .[0].qty", "int"),
        (".input.json | .x |= 1", "{ x: 1, … }"),
        ("getpath([\"input\", \"name\"])", "string"),
        (".input.count as $c | [$c, $c + 1]", "int[]"),
        ("@base64 \"x\\(.input.name)\"", "string"),
        (".input.name | @json", "string"),
        ("label $f | 1", "1"),
        ("[.input.tags[] | ascii_downcase | ltrimstr(\"x\")]", "string[]"),
        (".input.count | floor", "int"),
    ];
    let mut wrong = String::new();
    for (expression, ty) in cases {
        let (_, inference) = infer(expression);
        if inference.ty.to_string() != ty || !inference.problems.is_empty() || inference.fails {
            let _ = writeln!(
                wrong,
                "{expression}\n    {}  {:?} {}\n    {ty}",
                inference.ty, inference.problems, inference.fails
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn problems_have_a_place_and_words() {
    // Expression, what its first problem points at, its message, its help.
    let cases = [
        (".input.nmae", "nmae", "there is no field `nmae` in", "did you mean `name`?"),
        (".inptu.name", "inptu", "there is no field `inptu` in", "did you mean `input`?"),
        (
            ".input.order.stauts",
            "stauts",
            "`Order` has no field `stauts`",
            "did you mean `status`?",
        ),
        (".input[\"nmae\"]", "nmae", "there is no field `nmae`", "did you mean `name`?"),
        (".input | {nmae}", "nmae", "there is no field `nmae`", "did you mean `name`?"),
        (
            ".input.order.lines | map(.quantity)",
            "quantity",
            "`Line` has no field `quantity`",
            "there is `sku`, `qty` and `note`",
        ),
        (".input as {nmae: $n} | $n", "nmae", "there is no field", "did you mean `name`?"),
        (
            ".input.order.lines.qty",
            ".qty",
            "a value of type `Line[]` cannot be indexed by a string",
            "take one item",
        ),
        (".input.name.x", ".x", "a value of type `string` cannot be indexed by a string", ""),
        (".input.count[]", "[]", "a value of type `int` has no items to iterate over", ""),
        ("[.input.name[]]", "[]", "a value of type `string` has no items", ""),
        (
            ".steps.skipped.amount - 1",
            ".steps.skipped.amount",
            "this may be null, for which `-` fails",
            "// 0",
        ),
        (
            ".input.nick | ascii_upcase",
            "ascii_upcase",
            "this may be null, for which `ascii_upcase` fails",
            "// 0",
        ),
        (".input.limit * 2", ".input.limit", "this may be null, for which `*` fails", ""),
        ("-.input.limit", ".input.limit", "this may be null, for which `-` fails", ""),
        (
            ".input.count + .input.name",
            ".input.count + .input.name",
            "`+` does not take `int` and `string`",
            "tostring",
        ),
        (".input.name - 1", ".input.name - 1", "`-` does not take `string` and `1`", ""),
        (".input.name | floor", "floor", "`floor` takes a number, not `string`", ""),
        (
            ".input.count | ascii_downcase",
            "ascii_downcase",
            "`ascii_downcase` takes a string, not `int`",
            "",
        ),
        (".input.name | startswith(1)", "1", "`startswith` takes a string, not `1`", ""),
        (".input.flag | length", "length", "`length` takes a string, an array", ""),
        (".input.name | sort", "sort", "`sort` takes an array, not `string`", ""),
        (".input.count | keys", "keys", "`keys` takes an object or an array, not `int`", ""),
        (
            ".input.order.status == \"shiped\"",
            ".input.order.status == \"shiped\"",
            "are never equal",
            "did you mean \"shipped\"?",
        ),
        (".input.count == \"1\"", ".input.count == \"1\"", "`int` and `\"1\"` are never equal", ""),
        ("[.input.order.lines[] | select(.qty == \"1\")]", ".qty == \"1\"", "are never equal", ""),
        ("if .input.name then 1 else 2 end", ".input.name", "this condition is always true", ""),
        (
            "if .input.name == null then 1 else 2 end",
            ".input.name == null",
            "this condition is always false",
            "",
        ),
        ("[.input.tags[] | select(. != null)]", ". != null", "this condition is always true", ""),
        (
            "(.input.tags | length) >= 0",
            "(.input.tags | length) >= 0",
            "this condition is always true",
            "",
        ),
        (".input.name > 5", ".input.name > 5", "this condition is always true", ""),
        ("empty", "empty", "the expression never gives a value", "// null"),
        (".input.tags[]", ".input.tags[]", "the expression gives more than one value", "[ … ]"),
        ("1, 2", "1, 2", "the expression gives more than one value", ""),
        ("{(.input.count): 1}", "(.input.count)", "takes a string as key, not `int`", ""),
        (
            ".input.tags | contains(\"x\")",
            "contains",
            "`contains` takes a string here, not `string[]`",
            "",
        ),
    ];
    let mut wrong = String::new();
    for (expression, place, message, help) in cases {
        let (text, inference) = infer(expression);
        let first = inference.problems.first();
        let found = first.map(|problem| {
            (
                text[problem.range.clone()].to_owned(),
                problem.to_string(),
                problem.help().unwrap_or_default(),
            )
        });
        let right = found.as_ref().is_some_and(|found| {
            found.0 == place && found.1.contains(message) && found.2.contains(help)
        });
        if !right || inference.problems.len() != 1 {
            let _ = writeln!(wrong, "{expression}: {found:?}, {:?}", inference.problems);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn nothing_is_said_where_nothing_is_certain() {
    for expression in [
        ".input.json.a.b.c + 1",
        ".steps.http.body.items | map(.x) | add",
        ".input.prices.anything - 1",
        ".input.order.lines[0].qty * 2",
        "(.steps.skipped.amount // 0) - 1",
        ".input.nick // \"\" | ascii_upcase",
        "(.input.nick | ascii_upcase)? // \"x\"",
        "try (.input.limit - 1) catch 0",
        ".steps.skipped?.foo?",
        "if .input.limit then .input.limit - 1 else 0 end",
        "if .input.limit > 0 then .input.limit - 1 else 0 end",
        "if .input.limit == null then 0 else .input.limit - 1 end",
        "if (.input.limit | not) then 0 else .input.limit - 1 end",
        "if .steps.skipped | has(\"id\") then .steps.skipped.amount - 1 else 0 end",
        ".input.limit as $n | if $n != null then $n - 1 else 0 end",
        ".input.order as $o | if $o.parent != null then $o.parent.lines | length else 0 end",
        "[.input.order.lines[] | select(.note != null) | .note | ascii_upcase]",
        "reduce .input.order.lines[] as $l ({}; .total += $l.qty)",
        "reduce .input.order.lines[] as $l ({}; {n: ((.n // 0) + 1)})",
        "{} | .a += 1 | .b //= 2",
        "[.input.order.lines[] | {(.sku): .qty}] | add",
        ".input.order.total * 2",
        ".input.count == 2.0",
        ".input.rate == 2",
        ".input.nick == null",
        ".input.order.id == \"6ba7b810-9dad-11d1-80b4-00c04fd430c8\"",
        "[.input.tags[] | select(length > 2)] | first // null",
        "def f: if .parent then .parent | f else .id end; .input.order | f",
        "[.input.order | recurse(.parent; . != null) | .id]",
        "[.. | strings]",
        "error(\"stop\")",
        "if .input.flag then error(\"stop\") else .input.name end",
        ".input.order.lines[] | select(.sku == \"x\")",
        "first(.input.order.lines[] | select(.sku == \"x\")) // null",
        ".input.json | fromdate? // 0",
        "1 == 1",
    ] {
        let (_, inference) = infer(expression);
        assert!(inference.problems.is_empty(), "{expression}: {:?}", inference.problems);
    }
}

#[test]
fn null_keeps_its_reasons() {
    let (_, inference) = infer(".steps.skipped.id");
    assert_eq!(inference.ty.null_reasons(), [7]);
    let (_, inference) = infer("{id: .steps.skipped.id}.id // \"x\"");
    assert!(inference.ty.null_reasons().is_empty() && !inference.ty.may_be_null());
    let (_, inference) = infer(".steps.skipped.amount - 1");
    let reasons = match &inference.problems[0].kind {
        TypeProblemKind::MaybeNull { reasons, .. } => reasons.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(reasons, [7]);
}

#[test]
fn secrets_stay_with_what_is_made_of_them() {
    let tainted = [
        "$secrets.token",
        "$secrets",
        "\"Bearer \\($secrets.token)\"",
        "$secrets.token + \"x\"",
        "[$secrets.token]",
        "{a: {b: $secrets.token}}",
        "{a: {b: $secrets.token}}.a",
        "{($secrets.token): 1}",
        "$secrets.token[1:]",
        "$secrets.token | ascii_downcase | @base64",
        "$secrets.token | explode",
        "$secrets | tojson",
        "$secrets | to_entries",
        "$secrets | [.[]]",
        "$secrets.token | split(\",\") | first",
        "$secrets.token as $t | [$t] | join(\",\")",
        "reduce .input.tags[] as $t (\"\"; . + $secrets.token)",
        "def f: $secrets.token; f",
        "def f: if .input.flag then f else $secrets.token end; f",
        "if .input.flag then $secrets.token else \"\" end",
        "try error($secrets.token) catch .",
        ".input.x = $secrets.token",
        "[limit(1; $secrets.token)]",
        "$secrets.token | tonumber",
        "[$secrets.token, \"a\"] | max",
        "$secrets.token | gsub(\"a\"; \"b\")",
        "\"x\" | gsub(\"x\"; $secrets.token)",
        "x ${ $secrets.token }",
    ];
    for expression in tainted {
        let text = if expression.contains("${") {
            expression.to_owned()
        } else {
            format!("${{ {expression} }}")
        };
        let inference = Template::parse(&text).unwrap().infer(&scope());
        assert_eq!(inference.ty.secrets(), [1], "{expression}: {}", inference.ty);
    }
    let public = [
        "{a: $secrets.token, b: 1}.b",
        "$secrets.token == \"x\"",
        "$secrets.token | length",
        "$secrets.token != null and .input.flag",
        "$secrets.token | startswith(\"x\")",
        "if $secrets.token == \"x\" then 1 else 2 end",
        "$secrets | has(\"token\")",
        "$secrets | keys",
        "$secrets.token | type",
        ".input.name",
        "{a: $secrets.token} | del(.a)",
        "{a: $secrets.token} | .a = 1",
        "{a: $secrets.token} | .a |= length",
    ];
    for expression in public {
        let (_, inference) = infer(expression);
        assert!(inference.ty.secrets().is_empty(), "{expression}: {}", inference.ty);
    }
}

#[test]
fn every_function_has_a_type() {
    let mut untyped = Vec::new();
    for (name, arity) in prelude().signatures() {
        if functions::check(name, arity, &[]).is_err() {
            continue;
        }
        let arguments =
            if arity == 0 { String::new() } else { format!("({})", vec!["."; arity].join("; ")) };
        let text = format!("${{ [.[] | {name}{arguments}] }}");
        let scope = TypeScope { dot: Ty::array(Ty::never()), ..TypeScope::default() };
        let known = Template::parse(&text).unwrap().infer(&scope);
        assert!(!known.fails, "{text}");
        if !super::builtin::is_typed(name, arity) {
            untyped.push(format!("{name}/{arity}"));
        }
    }
    assert!(untyped.is_empty(), "{untyped:?}");
}

#[test]
fn what_fits_and_what_does_not() {
    let types = scope().types;
    let line = || Ty::named("Line");
    let null = |ty: Ty| ty.optional_because(3);
    let object = |fields: &[(&str, Ty)]| {
        Ty::object(fields.iter().map(|(name, ty)| field(name, ty.clone())), None)
    };
    let fits = [
        (Ty::any(), Ty::int()),
        (Ty::int(), Ty::any()),
        (Ty::int(), Ty::number()),
        (Ty::number(), Ty::int()),
        (Ty::int().union(&Ty::string()), Ty::int()),
        (Ty::literal(&json!(1)), Ty::decimal()),
        (Ty::literal(&json!("1.50")), Ty::decimal()),
        (Ty::string(), Ty::formatted(Format::Uuid)),
        (Ty::formatted(Format::Uuid), Ty::string()),
        (Ty::one_of(["a", "b"]), Ty::one_of(["b", "c"])),
        (Ty::int().possibly_missing(), Ty::int()),
        (Ty::int().optional(), Ty::int().optional()),
        (Ty::tuple([]), Ty::array(Ty::int())),
        (line(), line()),
        (Ty::named("Order"), Ty::named("Order")),
        (object(&[("sku", Ty::string()), ("qty", Ty::int())]), line()),
        (Ty::map(Ty::int()), Ty::object([("a".into(), Field::optional(Ty::int()))], None)),
        (Ty::literal(&json!("2024-05-01T00:00:00Z")), Ty::formatted(Format::DateTime)),
    ];
    for (from, to) in fits {
        let result = assignable(&from, &to, &types);
        assert!(result.is_ok(), "{from} to {to}: {}", result.unwrap_err());
    }
    let fails = [
        (Ty::string(), Ty::int(), "it is `string`, but `int` is expected"),
        (null(Ty::int()), Ty::int(), "it may be null, but `int` is expected"),
        (Ty::null(), Ty::int(), "it is null, but `int` is expected"),
        (Ty::literal(&json!(2.5)), Ty::int(), "it is `2.5`, which is not `int`"),
        (
            Ty::literal(&json!("x")),
            Ty::formatted(Format::Uuid),
            "it is `\"x\"`, which is not `uuid`",
        ),
        (
            Ty::literal(&json!("2024-05-01")),
            Ty::formatted(Format::DateTime),
            "which is not `datetime`",
        ),
        (
            Ty::formatted(Format::Uuid),
            Ty::formatted(Format::Date),
            "it is `uuid`, which is not `date`",
        ),
        (Ty::one_of(["a"]), Ty::one_of(["b", "c"]), "it is `\"a\"`, which is not `\"b\" | \"c\"`"),
        (Ty::array(Ty::string()), Ty::array(Ty::int()), "`.[]` is `string`, but `int` is expected"),
        (Ty::tuple([Ty::int(), Ty::string()]), Ty::array(Ty::int()), "`.[1]` is `string`"),
        (object(&[("sku", Ty::string())]), line(), "the field `qty` is missing"),
        (
            object(&[("sku", Ty::string()), ("qty", null(Ty::int()))]),
            line(),
            "`.qty` may be null, but `int` is expected",
        ),
        (
            object(&[("sku", Ty::string()), ("qty", Ty::int()), ("color", Ty::string())]),
            line(),
            "there is no field `color` in `Line`",
        ),
        (
            object(&[("lines", Ty::array(object(&[("sku", Ty::int()), ("qty", Ty::int())])))]),
            object(&[("lines", Ty::array(line()))]),
            "`.lines[].sku` is `int`, but `string` is expected",
        ),
        (Ty::int().within(1.0, 3.0), Ty::int().within(5.0, 9.0), "it is `int`, which is not `int`"),
        (Ty::tuple([]), Ty::array_at_least(Ty::int(), 1), "it has fewer items"),
    ];
    for (from, to, message) in fails {
        let mismatch = assignable(&from, &to, &types).unwrap_err();
        assert!(mismatch.to_string().contains(message), "{from} to {to}: {mismatch}");
    }
    let reasons = assignable(&null(Ty::int()), &Ty::int(), &types).unwrap_err().kind;
    assert_eq!(reasons, MismatchKind::Null { reasons: vec![3], always: false });
}

#[test]
fn nothing_grows_without_bound() {
    let long = [
        format!(". {}", "| {a: ., b: .}".repeat(100)),
        format!(". {}", "| [., .]".repeat(100)),
        "def f: f, f; f".to_owned(),
        "def f(g): f(g | g), g; f(.)".to_owned(),
        "def f($x): f([$x, $x]); f(.)".to_owned(),
        "[recurse({a: ., b: [.]})]".to_owned(),
        "reduce range(9) as $i (.; {a: ., b: ., c: [., .]})".to_owned(),
        format!("[{}]", vec!["\"abc\\(.)\""; 1000].join(", ")),
        format!("{}1", "1 + ".repeat(70)),
        format!("{}1{}", "[".repeat(50), "]".repeat(50)),
        format!("{}.{}", "map(".repeat(50), ")".repeat(50)),
    ];
    for expression in long {
        if let Ok(template) = Template::parse(&format!("${{ {expression} }}")) {
            let inference = template.infer(&scope());
            assert!(inference.ty.to_string().len() < 2_000, "{expression}");
        }
    }
}
