//! Inference held to evaluation: random expressions on random values of random types.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::data::{Data, Node};
use crate::number::Number;
use crate::ty::{Field, Kinds, Numbers, Texts, Ty, Types, is_whole};
use crate::{Limits, Scope, Template, TypeProblemKind, TypeScope};

/// Whether a value is one of a type.
pub(super) fn admits(ty: &Ty, value: &Data, types: &Types) -> bool {
    let ty = ty.resolved(types);
    if ty.is_any() {
        return true;
    }
    match &value.0 {
        Node::Null => ty.kinds.has(Kinds::NULLS),
        Node::Bool(true) => ty.kinds.has(Kinds::TRUE),
        Node::Bool(false) => ty.kinds.has(Kinds::FALSE),
        Node::Number(number) => number_fits(&ty, *number),
        Node::Text(text) => {
            ty.kinds.has(Kinds::TEXT)
                && match ty.texts() {
                    Texts::OneOf(all) => all.iter().any(|one| **one == *text.as_str()),
                    _ => true,
                }
        }
        Node::List(list) => ty.as_array().is_some_and(|array| {
            let items = list.items();
            items.len() >= array.min as usize
                && items.iter().all(|item| admits(&array.item, item, types))
                && array.items.as_ref().is_none_or(|known| {
                    known.len() == items.len()
                        && known.iter().zip(items).all(|(ty, item)| admits(ty, item, types))
                })
        }),
        Node::Object(object) => ty.as_object().is_some_and(|known| {
            known
                .fields
                .iter()
                .all(|(name, field)| !field.required || object.entries().contains_key(name))
                && object.entries().iter().all(|(name, value)| {
                    match (known.fields.get(name), &known.rest) {
                        (Some(field), _) => admits(&field.ty, value, types),
                        (None, Some(rest)) => admits(rest, value, types),
                        (None, None) => false,
                    }
                })
        }),
    }
}

fn number_fits(ty: &Ty, number: Number) -> bool {
    let float = number.as_f64();
    if float.is_nan() {
        return ty.kinds.has(Kinds::NUMBER) && ty.numbers() == Numbers::Any;
    }
    let kind = if is_whole(number) { Kinds::INT } else { Kinds::FRACTION };
    ty.kinds.has(kind)
        && match ty.numbers() {
            Numbers::Any => true,
            Numbers::Within(min, max) => (min..=max).contains(&float),
            Numbers::OneOf(all) => all.iter().any(|one| one.compare(number).is_eq()),
        }
}

/// Types with a strategy for their values.
fn typed(depth: u32) -> BoxedStrategy<(Ty, BoxedStrategy<Value>)> {
    let scalar = prop_oneof![
        Just((Ty::int(), (-3_i64..4).prop_map(|int| json!(int)).boxed())),
        Just((
            Ty::number(),
            prop_oneof![Just(json!(2.5)), Just(json!(-1)), Just(json!(0))].boxed()
        )),
        Just((Ty::string(), "[ab12]{0,3}".prop_map(|text| json!(text)).boxed())),
        Just((
            Ty::one_of(["paid", "open"]),
            prop::sample::select(vec!["paid", "open"]).prop_map(|text| json!(text)).boxed()
        )),
        Just((Ty::bool(), any::<bool>().prop_map(|bool| json!(bool)).boxed())),
        Just((Ty::null(), Just(json!(null)).boxed())),
        Just((Ty::any(), anything().boxed())),
        Just((Ty::int().within(1.0, 3.0), (1_i64..4).prop_map(|int| json!(int)).boxed())),
    ];
    if depth == 0 {
        return scalar.boxed();
    }
    let inner = typed(depth - 1);
    let array = inner.clone().prop_map(|(ty, values)| {
        (Ty::array(ty), prop::collection::vec(values, 0..3).prop_map(Value::Array).boxed())
    });
    let object = (inner.clone(), inner.clone(), any::<bool>()).prop_map(|(x, y, required)| {
        let ty = Ty::object(
            [("x".into(), Field::required(x.0)), ("y".into(), Field { ty: y.0, required })],
            None,
        );
        let values = (x.1, y.1, any::<bool>()).prop_map(move |(x, y, there)| {
            let mut object = json!({ "x": x });
            if there || required {
                object["y"] = y;
            }
            object
        });
        (ty, values.boxed())
    });
    let map = inner.clone().prop_map(|(ty, values)| {
        let keys = prop::collection::btree_map("[xyz]", values, 0..3);
        (Ty::map(ty), keys.prop_map(|map| map.into_iter().collect()).boxed())
    });
    let optional = inner.clone().prop_map(|(ty, values)| {
        let values = prop_oneof![values, Just(json!(null))];
        (ty.optional(), values.boxed())
    });
    let union =
        (inner.clone(), inner).prop_map(|(x, y)| (x.0.union(&y.0), prop_oneof![x.1, y.1].boxed()));
    prop_oneof![2 => scalar, 2 => array, 2 => object, 1 => map, 2 => optional, 1 => union].boxed()
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|bool| json!(bool)),
        (-2_i64..3).prop_map(|int| json!(int)),
        Just(json!(1.5)),
        "[ax]{0,2}".prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::btree_map("[xy]", inner, 0..3)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// A scope with a type and a value for each of its fields.
#[derive(Clone, Debug)]
struct World {
    ty: Ty,
    value: Value,
}

fn world() -> impl Strategy<Value = World> {
    let field =
        typed(2).prop_flat_map(|(ty, values)| values.prop_map(move |value| (ty.clone(), value)));
    prop::collection::vec(field, 5).prop_map(|fields| {
        let names = ["a", "b", "c", "d", "e"];
        let ty = Ty::object(
            names
                .iter()
                .zip(&fields)
                .map(|(name, (ty, _))| (Arc::from(*name), Field::required(ty.clone()))),
            None,
        );
        let value = names.iter().zip(fields).map(|(name, (_, value))| ((*name).to_owned(), value));
        World { ty, value: value.collect() }
    })
}

const LEAVES: &[&str] = &[
    ".",
    ".",
    ".a",
    ".b",
    ".c",
    ".d",
    ".e",
    ".a",
    ".b",
    ".c",
    ".d",
    ".e",
    ".a.x",
    ".b.y",
    ".c.x.y",
    ".d[0]",
    ".e[-1]",
    ".a[1:]",
    ".b[]",
    ".c[]?",
    ".d.x?",
    "..",
    "$v",
    "$v.x",
    "1",
    "0",
    "2.5",
    "-1",
    "\"x\"",
    "\"paid\"",
    "\"\"",
    "null",
    "true",
    "false",
    "[]",
    "{}",
    "[1, 2]",
    "{x: 1, y: \"z\"}",
    "$s",
    "$s",
    "$s",
    "[$s]",
    "{x: $s}",
    "empty",
    "error(\"no\")",
    "not",
    "length",
    "type",
    "keys",
    "keys_unsorted",
    "add",
    "sort",
    "unique",
    "min",
    "max",
    "reverse",
    "first",
    "last",
    "any",
    "all",
    "flatten",
    "flatten(1)",
    "to_entries",
    "from_entries",
    "tostring",
    "tonumber",
    "tojson",
    "fromjson",
    "floor",
    "sqrt",
    "ceil",
    "ascii_downcase",
    "explode",
    "implode",
    "abs",
    "values",
    "nulls",
    "booleans",
    "numbers",
    "strings",
    "arrays",
    "objects",
    "iterables",
    "scalars",
    "toarray",
    "transpose",
    "paths",
    "leaf_paths",
    "recurse",
    "range(3)",
    "infinite",
    "nan",
    "isnan",
    "isinfinite",
    "trim",
    "ltrimstr(\"x\")",
    "startswith(\"p\")",
    "endswith(\"d\")",
    "split(\"a\")",
    "join(\"-\")",
    "test(\"a\")",
    "[match(\"a\")]",
    "[scan(\"[a-z]\")]",
    "gsub(\"a\"; \"b\")",
    "sub(\"(?<l>a)\"; .l)",
    "capture(\"(?<l>a)\")",
    "has(\"x\")",
    "has(0)",
    "contains(\"a\")",
    "inside(\"paid\")",
    "indices(1)",
    "index(\"a\")",
    "rindex(\"a\")",
    "getpath([\"x\"])",
    "getpath([\"a\", 0])",
    "del(.x)",
    "del(.[0])",
    "to_entries[0].key",
    "@base64",
    "@csv",
    "@sh",
    "@json",
    "todate",
    "fromdate",
    "gmtime",
    "mktime",
    "tojson",
    "splits(\"a\")",
    "ascii",
    "utf8bytelength",
    "bsearch(1)",
    "toboolean",
    "combinations",
    "pick(.x)",
    "walk(.)",
    "isvalid(.x)",
    "modf",
    "frexp",
    "pow(.; 2)",
    "log",
    "in({x: 1})",
    "input_line",
    "@text",
    "limit(1; .[]?)",
    "nth(0)",
    "IN(1, 2)",
    "INDEX(.x)",
    "setpath([\"x\"]; 1)",
    "delpaths([[\"x\"]])",
    "[path(..)]",
    "scalb(.; 1)",
    "ltrimstr(1)",
    "significand",
    "trunc",
    "jn(1; .)",
];

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(LEAVES.to_vec())
        .prop_map(|leaf| if leaf == "input_line" { "." } else { leaf }.to_owned());
    leaf.prop_recursive(4, 24, 3, |inner| {
        let operator = prop::sample::select(vec![
            "|", "|", "|", "|", ",", "+", "-", "*", "/", "%", "//", "and", "or", "==", "!=", "<", "<=", ">",
            ">=", "=", "|=", "+=", "//=", "-=",
        ]);
        let one = prop::sample::select(vec![
            "[§]", "map(§)", "map_values(§)", "select(§)", "[.[]? | §]", "{x: §}", "{(§): 1}", "{y: §, x}", "first(§)",
            "sort_by(§)", "group_by(§)", "unique_by(§)", "min_by(§)", "with_entries(§)", "any(§)", "all(§)", "try §",
            "(§)?", "-(§)", "[limit(2; §)]", "\"a\\(§)\"", "(.a |= §)", "(.[] |= §)", "del(§)", "[paths(§)]", "isempty(§)",
            "last(§)", "add(§)", "[recurse(§; . != null)]", "walk(§)", "(. as $x | § | $x)", "(. as [$x, {x: $y}] | [§, $x, $y])",
            "(.c as {x: $q} | §, $q)", "label $o | (§, break $o)", "[range(§)]", "(def f: §; f)", "(def f(g): g | g; f(§))",
            "(def f($p): $p | §; f(.a))", "map(select(§))", "has(§)", ".[§]", ".[§:]", "[splits(§)]", "join(§)", "test(§)?", "@json \"x\\(§)\"",
            "getpath([§])", "contains(§)", "index(§)", "ltrimstr(§)", "[.[] as $i | §]", "skip(1; §)", "nth(1; §)", "to_entries | map(§)",
            "select(. != null) | §", "select(.x == \"paid\") | §", "select(.x != null) | §", "select(type == \"string\") | §",
            "select(has(\"y\")) | §", "if .a then § else . end", "select(length > 0) | §", "gsub(\"a\"; §)", "(.x.y |= §)", "(.a += §)", "(.a[0] = §)",
        ]);
        let two = prop::sample::select(vec![
            "if $1 then $2 end", "if . then $1 else $2 end", "try $1 catch $2", "reduce $1 as $x (0; $2)",
            "reduce .[]? as $x ($1; $2)", "[foreach $1 as $x (.; $2; $x)]", "[foreach $1 as $x (0; . + 1; $2)]",
            "($1 as $v | $2)", "{x: $1, y: $2}", "[$1, $2]", "({x: $1} | $2)", "([$1] | map($2))", "[limit(3; $1 | $2)]",
            "(. as {x: $v} | $1, $2)", "($1 | select($2))", "[range($1; $2)]", "[while($1; $2)] | length", "[limit(3; repeat($1))] | $2",
            "any($1; $2)", "first($1 | $2)", "INDEX($1; $2)", "(def f: if $1 then f else $2 end; .)", "if .a == \"paid\" then $1 else $2 end",
            "if .b != null then $1 else $2 end", "if .c then $1 elif .d then $2 end", "(.a and .b.x) | $1, $2", "if $1 and $2 then .a else .b end",
            "if (.a | type) == \"object\" then $1 else $2 end", "if $1 | not then $2 else . end", "if .e > 1 then $1 else $2 end",
            "if $1 or $2 then . else .a end", "(def f(g): reduce .[]? as $x ($1; g); f($2))",
        ]);
        prop_oneof![
            4 => (inner.clone(), operator, inner.clone()).prop_map(|(l, op, r)| format!("({l} {op} {r})")),
            5 => (one, inner.clone()).prop_map(|(form, f)| format!("({})", form.replace('§', &f))),
            4 => (two, inner.clone(), inner).prop_map(|(form, x, y)| format!("({})", form.replace("$1", &x).replace("$2", &y))),
        ]
    })
}

fn check(world: &World, variable: &World, expression: &str) -> Result<(), TestCaseError> {
    let text = format!("${{ {expression} }}");
    let Ok(template) = Template::parse(&text) else { return Ok(()) };
    let scope = TypeScope {
        dot: world.ty.clone(),
        variables: Arc::new(
            [("v".into(), variable.ty.clone()), ("s".into(), Ty::string().secret(1))].into(),
        ),
        types: Arc::default(),
    };
    let inference = template.infer(&scope);
    for problem in &inference.problems {
        prop_assert!(text.get(problem.range.clone()).is_some(), "{text}: {problem:?}");
    }
    let scope = Scope {
        dot: Data::from(&world.value),
        variables: Arc::new(
            [("v".into(), Data::from(&variable.value)), ("s".into(), Data::from(json!(SECRET)))]
                .into(),
        ),
    };
    let limits = Limits { steps: 50_000, size: 1 << 20, depth: 60 };
    // Whether a failure had to be seen is not asked: in doubt nothing is said.
    if let Ok(value) = template.evaluate(&scope, &limits) {
        prop_assert!(
            !inference.fails,
            "{expression} gives {value:?} of {:?} and is said to fail: {:?}",
            world.ty,
            inference.problems
        );
        prop_assert!(
            admits(&inference.ty, &value, &Types::default()),
            "{expression} gives {value:?}, not {:?}, for {:?} of {:?} and $v {:?} of {:?}",
            inference.ty,
            world.value,
            world.ty,
            variable.value,
            variable.ty
        );
        prop_assert!(
            !leaks(&inference.ty, &value),
            "{expression} leaks {value:?} as {:?} of {:?}",
            inference.ty,
            world.ty
        );
        let whole = 3..text.len() - 2;
        for problem in inference.problems.iter().filter(|problem| problem.range == whole) {
            let holds = match problem.kind {
                TypeProblemKind::NeverEqual { negated, .. } => value.as_bool() == Some(negated),
                TypeProblemKind::ConstantCondition { value: always } => {
                    value.as_bool() == Some(always)
                }
                // As many values as there are items may be one.
                TypeProblemKind::ManyValues | TypeProblemKind::UnknownField { .. } => true,
                _ => false,
            };
            prop_assert!(holds, "{expression} gives {value:?}, but: {problem:?}");
        }
        if let Some(truth) = inference.truth() {
            let value = !(value.is_null() || value.as_bool() == Some(false));
            prop_assert_eq!(value, truth, "{} of {:?}", expression, world.ty);
        }
    }
    Ok(())
}

/// What the secret of the tests is.
const SECRET: &str = "qxzkwmpv";

/// Whether the secret can be read where the type says that there is none.
fn leaks(ty: &Ty, value: &Data) -> bool {
    if !ty.own_secrets().is_empty() {
        return false;
    }
    match &value.0 {
        Node::Text(text) => text.as_str().to_ascii_lowercase().contains(SECRET),
        Node::List(list) => list.items().iter().any(|item| match ty.as_array() {
            Some(array) => leaks(&array.item, item),
            None => leaks(&Ty::any(), item),
        }),
        Node::Object(object) => {
            let known = ty.as_object().unwrap_or_else(crate::ty::Object::open);
            object.entries().iter().any(|(name, value)| {
                let field = known.fields.get(name).map(|field| &field.ty);
                let inner = field.or(known.rest.as_ref());
                name.to_ascii_lowercase().contains(SECRET)
                    || leaks(inner.unwrap_or(&Ty::any()), value)
            })
        }
        _ => false,
    }
}

fn cases() -> u32 {
    std::option_env!("LOCUS_INFER_CASES").and_then(|cases| cases.parse().ok()).unwrap_or(1500)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, max_shrink_iters: 4000, ..ProptestConfig::default() })]

    #[test]
    fn what_comes_out_is_of_the_inferred_type(world in world(), variable in world(), expression in expression()) {
        let variable = World { ty: variable.ty.field("a", &Types::default()).unwrap(), value: variable.value["a"].clone() };
        check(&world, &variable, &expression)?;
    }
}
