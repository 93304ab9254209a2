//! However a program is divided into files, and however those find each other, it is the same program.

use locus_compiler::compile_in;
use locus_syntax::MemoryWorld;
use proptest::prelude::*;

/// Declarations that refer to each other.
const PARTS: [&str; 6] = [
    "schemas: { Money: { amount: decimal, currency: string } }",
    "models: { Order: { fields: { id: { type: uuid, id: true }, total: Money, lines: \"Line[]\" } } }",
    "models: { Line: { fields: { sku: string, order: Order } } }",
    "connections: { bus: { type: queue, path: bus.db } }",
    "workflows: { announce: { input: { order: uuid }, steps: [ { queue_publish: { connection: bus, topic: t, payload: { order: \"${ .input.order }\" } } } ] } }",
    "workflows: { outer: { input: { order: uuid }, steps: [ { call: { workflow: announce, input: { order: \"${ .input.order }\" } } } ] } }",
];

/// The hash of a program of these files, and the ids of its steps.
fn identity(files: &[(String, String)], start: &str) -> (String, Vec<String>) {
    let world = MemoryWorld::new(files.iter().map(|(name, text)| (name.clone(), text.clone())));
    let registry = crate::execute::registry();
    let compilation = compile_in(&world, start, &registry);
    let errors: Vec<_> = compilation.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?} in {files:?}");
    let workflows = compilation.program.workflows.values();
    let steps = workflows.flat_map(|workflow| workflow.steps.walk());
    let mut ids: Vec<String> = steps.map(|step| step.step_id.to_string()).collect();
    ids.sort();
    (compilation.program.hash(), ids)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_program_is_the_same_in_any_files(
        order in Just((0..PARTS.len()).collect::<Vec<usize>>()).prop_shuffle(),
        chained in any::<bool>(),
        named_twice in any::<bool>(),
    ) {
        let whole: Vec<(String, String)> =
            PARTS.iter().enumerate().map(|(n, text)| (format!("{n}.locus.yaml"), (*text).to_owned())).collect();
        let expected = identity(&whole, "");

        // One file names all others in any order, or each names the next and the last the first.
        let name = |part: usize| format!("parts/part-{part}.yaml");
        let mut files = Vec::new();
        for (place, part) in order.iter().enumerate() {
            let next = name(order[(place + 1) % order.len()]).replace("parts/", "./");
            let imports = if chained { format!("imports: [ {next} ]\n") } else { String::new() };
            files.push((name(*part), format!("{imports}{}", PARTS[*part])));
        }
        let mut listed: Vec<String> = match chained {
            true => vec![format!("./{}", name(order[0]))],
            false => order.iter().map(|part| format!("./{}", name(*part))).collect(),
        };
        if named_twice {
            listed.push(listed[0].clone());
        }
        files.push(("main.locus.yaml".to_owned(), format!("imports: [ {} ]", listed.join(", "))));
        prop_assert_eq!(&identity(&files, "main.locus.yaml"), &expected);
        prop_assert_eq!(&identity(&files, ""), &expected);
    }
}
