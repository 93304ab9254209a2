//! t
#![allow(clippy::unwrap_used)]
use crate::*;
use serde_json::json;

fn scope() -> Scope {
    let dot = json!({"input":{"a":1,"lines":[{"sku":"x","qty":2},{"sku":"y","qty":3}]},"steps":{"charge":{"id":"c1"}},"vars":{},"run":{"now":5}});
    Scope{dot: dot.into(), variables: [("line".to_owned(), Data::from(json!({"qty":7})))].into()}
}
fn show(text: &str) -> String {
    match Template::parse(text) {
        Err(e) => format!("PARSE {e:?}"),
        Ok(t) => match t.evaluate(&scope(), &Limits{steps: 300_000, ..Limits::default()}) {
            Ok(d) => format!("{d:?}"),
            Err(e) => format!("EVAL {:?} {}", e.kind, e.message),
        },
    }
}
fn hwm() -> String { std::fs::read_to_string("/proc/self/status").unwrap().lines().find(|l| l.starts_with("VmHWM")).unwrap().to_owned() }
#[test]
fn probe() {
    let deep = format!("${{ {}1{} }}", "[".repeat(58), "]".repeat(58));
    let pipes = format!("${{ .{} }}", " | .".repeat(240));
    let plus = format!("${{ 1{} }}", " + 1".repeat(77));
    let commas = format!("${{ [1{}] | length }}", ", 1".repeat(3900));
    let obj = format!("${{ {{ {} }} | length }}", (0..1000).map(|i| format!("a{i}: {i}")).collect::<Vec<_>>().join(", "));
    let str_ = format!("${{ \"{}\" | length }}", "\\(1)x".repeat(1000));
    let two = format!("${{ [{}] | length }}", vec!["(1,2)"; 40].join(" | "));
    let two_eq = format!("${{ [{}] | length }}", vec!["(1,2)"; 40].join(" == "));
    let two_and = format!("${{ [{}] | length }}", vec!["(1,2)"; 40].join(" and "));
    let two_dot = format!("${{ last({}) }}", vec!["(.,.)"; 40].join(" | "));
    let path2 = format!("${{ last(.{}) }}", "[\"a\",\"b\"]?".repeat(40));
    let objs = format!("${{ last({{ {} }}) }}", (0..40).map(|i| format!("a{i}: (1,2)")).collect::<Vec<_>>().join(", "));
    let strs = format!("${{ last(\"{}\") }}", "\\(1,2)".repeat(40));
    let list: Vec<&str> = vec![&deep, &pipes, &plus, &commas, &obj, &str_, &two, &two_eq, &two_and, &two_dot, &path2, &objs, &strs,
      "${ def f: f + 1; f }", "${ def f: f; f }", "${ def f: [f]; f }", "${ def f: (f | f); f }", "${ def f(g): f(g|g); f(.) }", "${ def f(g): g | f(g|g); f(.) }", "${ def f(g; $n): if $n > 0 then f(g; $n - 1) else g end; f(.; 1000000) }",
      "${ try repeat(1) catch 1 }", "${ last(repeat(1)) }", "${ [repeat(1)] }", "${ last(range(1e18)) }", "${ try error(last(range(1e18))) catch 1 }", "${ [limit(1e9; repeat(\"x\"))] }", "${ until(false; .) }", "${ last(while(true; .)) }", "${ last(recurse(.)) }", "${ last(recurse(., .)) }", "${ [recurse(., .)] }", "${ repeat(.) |= 1 }", "${ recurse(.) |= 1 }", "${ (while(true; .)) |= 1 }", "${ null | last(path(recurse(.a))) }", "${ null | last(path(reduce range(1e6) as $i (.; .a))) }", "${ null | [path(limit(100000; recurse(.a)))] }", "${ getpath([range(100000) | \"a\"]) }", "${ setpath([range(100000) | \"a\"]; 1) }", "${ reduce range(1000000) as $i (null; [.]) }", "${ reduce range(1000000) as $i (null; {a: .}) }", "${ reduce range(40) as $i (0; [., .]) | tojson | length }",
      "${ reduce range(100) as $i (2; . * .) }", "${ reduce range(100) as $i (\"x\"; . + .) | length }", "${ reduce range(100) as $i ([1]; . + .) | length }", "${ [range(100000)] | map(\"x\" * 1000) | length }", "${ [limit(30; repeat([0,1]))] | [combinations] | length }", "${ [[0,1]] | last(combinations(40)) }", "${ (\"x\" * 10000000) as $s | [range(100000) | $s] | sort | length }", "${ (\"x\" * 10000000) as $s | [range(100000) | $s + \"y\"] | sort | length }", "${ (\"x\" * 10000000) as $s | last(range(1000000) | $s == $s) }", "${ \"x\" * 60000000 | [match(\"\"; \"g\")] | length }", "${ \"x\" * 100000 | test(\"(x{1000}){1000}y\") }", "${ \"a\" * 30000 | test(\"(a*)*b\") }", "${ \"<\" * 60000000 | @html | length }", "${ \"x\" * 30000000 | explode | length }", "${ [range(1000000)] | length }", "${ [range(1000000)] | map(. + 1) | add }", "${ [range(300000)] | sort_by(-.) | .[0] }", "${ [range(100000)] | group_by(. % 10) | length }", "${ [range(100000)|tostring] | join(\",\") | length }", "${ reduce range(300000) as $i ([]; . + [$i]) | length }", "${ reduce range(100000) as $i ({}; .[$i|tostring] = $i) | length }", "${ reduce range(100000) as $i (\"\"; . + \"x\") | length }", "${ label $f | foreach repeat(1) as $x (0; . + 1; if . > 100000 then ., break $f else empty end) }", "${ [.. , (try error catch .)] | length }", "${ last(range(1e9)?) }", "${ [.[range(1e9)]?] | length }", "${ first(range(1e9) | select(. < 0)) }", "${ isempty(range(1e9) | select(. < 0)) }", "${ any(range(1e9); . < 0) }", "${ \"%255Y\" * 100000 as $f | 0 | strftime($f) | length }", "${ [range(200000)] | tojson | fromjson | length }", "${ \"[\" * 100000 | fromjson }", "${ (\"[0\" + \",0\" * 10000000 + \"]\") | fromjson | length }", "${ [splits(\"a\")] }", "${ \"a,\" * 1000000 | split(\",\") | length }", "${ [range(1000)] | [.[] as $x | .[] as $y | .[] as $z | 1] | length }", "${ def f: def g: f; g; f }", "${ def f(g): def h: g | h; h; f(.) }", "${ def a(f): f|f; def b(f): a(a(a(a(f)))); def c(f): b(b(b(b(f)))); def d(f): c(c(c(c(f)))); 0 | d(d(. + 1)) }", "${ [range(20000)] | flatten | length }", "${ reduce range(99) as $i (1; [.]) | flatten }", "${ reduce range(99) as $i (1; [.]) | [..] | length }", "${ reduce range(99) as $i (1; [.]) | (.. |= .) | tojson }", "${ halt }", "${ try halt_error catch 1 }", "${ $__loc__ }", "${ $ENV.PATH }", "${ env.PATH }", "${ input }", "${ debug }", "${ error }", "${ error(null) }", "${ error({a: 1}) }", "${ .. = 1 }", "${ limit(-1; 1) }", "${ \"\\(1e1000)\" }", "${ [nan] | sort }", "${ nan < nan }", "${ [infinite, -infinite, nan] }", "${ [1,2,3] - [2] }", "${ ascii_downcase }", "${ \"é€😀\" | [length, utf8bytelength, explode, (.[1:2]), indices(\"😀\")] }", "${ @base64d }", "${ \"/+8=\" | @base64d }", "${ [.[]?] | length }", "${ splits(1) }", "${ tojson | fromjson | .input.a }", "${ ltrimstr(1) | type }", "${ 5 % 0 }", "${ 1 / 0 }", "${ [9223372036854775807 + 1, 18446744073709551615, 18446744073709551616, -9223372036854775808, 1.0, 1e3, 0.1] }",
      ];
    for t in list {
        let now = std::time::Instant::now();
        let mut s = show(t);
        if s.len() > 200 { s = s.chars().take(200).collect(); }
        println!("{}\n   => {}  {:?} {}", t.chars().take(120).collect::<String>(), s, now.elapsed(), hwm());
    }
}
#[test]
fn one() {
    let n: usize = std::env::var("CASE").unwrap().parse().unwrap();
    let t = match n {
        0 => format!("${{ {}1{} }}", "[".repeat(58), "]".repeat(58)),
        1 => format!("${{ 1{} }}", " + 1".repeat(77)),
        2 => format!("${{ .{} }}", " | .".repeat(200)),
        3 => format!("${{ {}1 }}", "1 as $x | ".repeat(50)),
        4 => format!("${{ {}1{} }}", "{a: ".repeat(58), "}".repeat(58)),
        5 => format!("${{ {}1{} }}", "if . then ".repeat(30), " else 1 end".repeat(30)),
        6 => format!("${{ {}1{} }}", "map(".repeat(50), ")".repeat(50)),
        7 => format!("${{ {}1{} }}", "\"\\(".repeat(28), ")\"".repeat(28)),
        8 => format!("${{ {}1{} }}", "(".repeat(58), ")".repeat(58)),
        9 => "${ def f($n): if $n > 0 then [(f($n - 1))] | .[0] else 1 end; f(95) }".to_owned(),
        10 => "${ def f($n): if $n > 0 then [[[[[[[[f($n - 1)]]]]]]]]|flatten else 1 end; f(95) }".to_owned(),
        11 => "${ reduce range(99) as $i (1; [.]) | (.. |= .) | tojson |fromjson| walk(.) | flatten }".to_owned(),
        12 => "${ def f: f + 1; f }".to_owned(),
        13 => format!("${{ . {} }}", "- ".repeat(70)+"1"),
        14 => format!("${{ {} 1 }}", "try ".repeat(76)),
        15 => format!("${{ {}1{} }}", "reduce 1 as $x (0; ".repeat(30), ")".repeat(30)),
        _ => panic!(),
    };
    println!("CASE {n} {} ", show(&t).chars().take(100).collect::<String>());
    println!("max stack in evaluation {}", crate::meter::MAX.load(std::sync::atomic::Ordering::Relaxed));
}
