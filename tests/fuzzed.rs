//! What the fuzz targets of `fuzz/` demand of any input, demanded of all the files there are in the tests, of pieces of them, and of
//! bytes at random. Fuzzing itself needs another compiler: `fuzz/Cargo.toml` says how.

#[allow(unreachable_pub, reason = "it is a crate of its own where it is fuzzed")]
#[path = "fuzz/src/lib.rs"]
mod targets;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use proptest::prelude::*;

/// Every spec below this folder.
fn corpus() -> &'static [Vec<u8>] {
    static CORPUS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    CORPUS.get_or_init(|| {
        let (mut files, mut folders) =
            (Vec::new(), vec![PathBuf::from(Path::new(env!("CARGO_MANIFEST_DIR")))]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "yaml") {
                    files.push(path);
                }
            }
        }
        files.sort();
        let texts: Vec<Vec<u8>> = files.iter().map(|path| std::fs::read(path).unwrap()).collect();
        assert!(texts.len() > 200, "the corpus is gone");
        texts
    })
}

/// Every target, with one input.
fn every_target(data: &[u8]) {
    targets::check_bytes(data);
    targets::check_tree(data);
    targets::expression(data);
    targets::format(data);
    targets::fix(data);
}

#[test]
fn every_file_of_the_tests_survives_every_target() {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for part in corpus().chunks(corpus().len().div_ceil(threads)) {
            scope.spawn(|| part.iter().for_each(|data| every_target(data)));
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_survive_every_target(data in prop::collection::vec(any::<u8>(), 0..300)) {
        every_target(&data);
    }

    #[test]
    fn random_trees_survive(data in prop::collection::vec(any::<u8>(), 0..1500)) {
        targets::check_tree(&data);
    }

    #[test]
    fn pieces_of_files_put_together_survive(
        one in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        join in any::<prop::sample::Index>(),
    ) {
        let (one, other) = (one.get(corpus()), other.get(corpus()));
        let mut data = one[..cut.index(one.len() + 1)].to_vec();
        data.extend(&other[join.index(other.len() + 1)..]);
        every_target(&data);
    }

    #[test]
    fn random_expressions_survive(text in r#"[.$a-z0-9\[\](){}|,:"'/*+ =<>!?\\-]{0,60}"#) {
        targets::expression(text.as_bytes());
    }
}
