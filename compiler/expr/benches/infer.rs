//! What a check pays for an expression: parsing it, beside jaq's own parser, and inferring its type.

use std::sync::Arc;

use divan::{Bencher, black_box};
use jaq_core::load::lex::Lexer;
use jaq_core::load::parse::Parser;
use locus_expr::{Field, Template, Ty, TypeScope};

/// From what most expressions are to what few are.
const EXPRESSIONS: [&str; 5] = [
    ".input.order_id",
    ".steps.charge.status == \"declined\"",
    "{ receipt: .steps.charge.id, reserved: (.steps.reserve_all | length) }",
    "[.input.lines[] | select(.qty > 0) | {sku, total: (.qty * .price)}] | map(.total) | add // 0",
    "reduce .input.lines[] as $l ({}; .[$l.sku] += $l.qty) | to_entries | sort_by(.value) | map(.key) | join(\", \")",
];

fn main() {
    divan::main();
}

fn scope() -> TypeScope {
    let field = |name: &str, ty: Ty| (Arc::from(name), Field::required(ty));
    let line = Ty::object(
        [field("sku", Ty::string()), field("qty", Ty::int()), field("price", Ty::number())],
        None,
    );
    let charge = [field("id", Ty::string()), field("status", Ty::one_of(["declined", "paid"]))];
    let input = [field("order_id", Ty::string()), field("lines", Ty::array(Ty::named("Line")))];
    let mut steps = Ty::object([field("charge", Ty::object(charge, None))], None);
    steps.insert("reserve_all", Field::required(Ty::array(Ty::int()).optional_because(1)));
    for step in 0..18 {
        steps.insert(format!("step_{step}"), Field::required(Ty::any()));
    }
    let dot = [field("input", Ty::object(input, None)), field("steps", steps)];
    TypeScope {
        dot: Ty::object(dot, None),
        types: Arc::new([("Line".into(), line)].into()),
        ..TypeScope::default()
    }
}

#[divan::bench(args = EXPRESSIONS)]
fn parse(bencher: Bencher, expression: &str) {
    let text = format!("${{ {expression} }}");
    bencher.bench(|| Template::parse(black_box(&text)));
}

/// The rival: what reading the same text took before, without any analysis of it.
#[divan::bench(args = EXPRESSIONS)]
fn parse_by_jaq(bencher: Bencher, expression: &str) {
    bencher.bench(|| {
        let tokens = Lexer::new(black_box(expression)).lex().unwrap_or_default();
        Parser::new(&tokens).parse(|parser| parser.term()).is_ok()
    });
}

#[divan::bench(args = EXPRESSIONS)]
fn infer(bencher: Bencher, expression: &str) {
    let template = Template::parse(&format!("${{ {expression} }}")).ok();
    let scope = scope();
    bencher.bench(|| template.as_ref().map(|template| template.infer(black_box(&scope))));
}
