//! Inferred types against what happens: every result of every step of the cases in `execute/` is of the type that was inferred for it, and so
//! is what each workflow gives. A rule of a step type that promises too much is found here.

use std::collections::BTreeMap;
use std::sync::Arc;

use locus_analysis::{Declared, Shapes};
use locus_compiler::compile_in;
use locus_expr::{Ty, assignable};
use locus_plugin::Outcome;
use locus_syntax::MemoryWorld;

#[test]
fn results_are_of_their_inferred_types() {
    let registry = crate::execute::registry();
    let mut failures = Vec::new();
    let (mut compared, mut known) = (0, 0);
    for (name, spec, results, outcome) in crate::execute::results() {
        let world = MemoryWorld::new([("case.locus.yaml", spec.as_str())]);
        let compilation = compile_in(&world, "case.locus.yaml", &registry);
        let shapes = Shapes::new(&registry);
        let declared = Declared::of(&compilation.spec, None, None, &registry, &shapes, None);
        let mut types: BTreeMap<String, Ty> = BTreeMap::new();
        let mut named = Arc::default();
        for index in 0..declared.len() {
            let sites = declared.sites(index);
            named = sites.types();
            let all = sites.results().map(|(path, ty)| (path.as_str().to_owned(), ty.clone()));
            types.extend(all);
        }
        for (path, value) in results {
            // Workflows that are called have paths of their own.
            let Some(ty) = types.get(path.as_str()) else {
                failures.push(format!("{name}: `{path}` has no type"));
                continue;
            };
            compared += 1;
            known += usize::from(!ty.is_any());
            if let Err(mismatch) = assignable(&Ty::literal(&value), ty, &named) {
                failures.push(format!("{name}: `{path}` gave {value}, not `{ty}`: {mismatch}"));
            }
        }
        if let Outcome::Done(value) = outcome {
            let output = declared.check(0).summary.output;
            if let Err(mismatch) = assignable(&Ty::literal(&value), &output, &named) {
                failures.push(format!("{name}: the run gave {value}, not `{output}`: {mismatch}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(compared > 100 && known * 3 > compared, "{known} of {compared} types are known");
}
