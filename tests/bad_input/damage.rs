//! The orders example, damaged: cut off, with bits turned over, with lines lost or twice, with every value replaced by one of
//! another kind. Each is compiled in memory. What is random is the same each time.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use locus_diag::SourceId;
use locus_model::{Node, NodeKind};
use locus_plugin::Registry;
use locus_syntax::parse_yaml;

use super::compile_well;
use crate::program::workspace;

/// Every how many bytes a file is cut off.
const CUTS: usize = 7;
/// How many times bits are turned over.
const FLIPS: u64 = 600;
/// Of the values of a spec, every how many is replaced; of its lines, every how many is damaged.
const VALUES: usize = 3;
const LINES: usize = 2;

/// The files of the example, by name.
fn example() -> Vec<(String, Vec<u8>)> {
    let folder = workspace().join("examples/orders");
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                std::fs::read(&path).unwrap(),
            )
        })
        .collect();
    files.sort();
    assert!(files.len() >= 3, "the example has lost files");
    files
}

/// Compiles the example with one file of it replaced, as often as there are replacements; on all processors.
fn compile_all(damaged: Vec<(String, usize, Vec<u8>)>) {
    let (files, registry) = (example(), crate::execute::registry());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let share = damaged.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        for part in damaged.chunks(share) {
            scope.spawn(|| part.iter().for_each(|one| compile_damaged(&files, one, &registry)));
        }
    });
}

fn compile_damaged(
    files: &[(String, Vec<u8>)],
    (how, file, bytes): &(String, usize, Vec<u8>),
    registry: &Registry,
) {
    let replaced: Vec<(&str, &[u8])> = files
        .iter()
        .enumerate()
        .map(|(index, (name, whole))| {
            (name.as_str(), if index == *file { bytes } else { whole }.as_slice())
        })
        .collect();
    let done = catch_unwind(AssertUnwindSafe(|| compile_well(&replaced, registry)));
    assert!(done.is_ok(), "{} with {how}: see above", files[*file].0);
}

#[test]
fn cut_off_at_any_byte() {
    let mut damaged = Vec::new();
    for (file, (_, whole)) in example().iter().enumerate() {
        for end in (0..whole.len()).step_by(CUTS) {
            damaged.push((format!("only {end} bytes"), file, whole[..end].to_vec()));
        }
    }
    compile_all(damaged);
}

#[test]
fn bits_turned_over() {
    let mut random = Random(7);
    let files = example();
    let damaged = (0..FLIPS).map(|_| {
        let file = random.below(files.len());
        let mut bytes = files[file].1.clone();
        let mut how = Vec::new();
        for _ in 0..=random.below(3) {
            let (at, bit) = (random.below(bytes.len()), random.below(8));
            bytes[at] ^= 1 << bit;
            how.push(format!("bit {bit} of byte {at} turned over"));
        }
        (how.join(", "), file, bytes)
    });
    compile_all(damaged.collect());
}

#[test]
fn lines_lost_twice_or_moved() {
    let mut damaged = Vec::new();
    for (file, (_, whole)) in example().iter().enumerate() {
        let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
        for index in (0..lines.len()).step_by(LINES) {
            let change = |how: &str, range: Range<usize>, with: &[&[u8]]| {
                let mut lines = lines.clone();
                lines.splice(range, with.iter().copied());
                (format!("line {} {how}", index + 1), file, lines.concat())
            };
            damaged.push(change("lost", index..index + 1, &[]));
            damaged.push(change("twice", index..index, &[lines[index]]));
            damaged.push(change("indented", index..index, &[b"  "]));
            if let Some(next) = lines.get(index + 1) {
                damaged.push(change("behind the next", index..index + 2, &[next, lines[index]]));
            }
        }
    }
    compile_all(damaged);
}

#[test]
fn values_of_another_kind() {
    let mut damaged = Vec::new();
    for (file, (_, whole)) in example().iter().enumerate() {
        let text = std::str::from_utf8(whole).unwrap();
        let (documents, problems) = parse_yaml(SourceId(0), text);
        assert_eq!(problems, []);
        let mut places = Vec::new();
        documents.iter().for_each(|document| collect_places(document, &mut places));
        assert!(places.len() > 5, "{places:?}");
        let others = [
            "7",
            "-1.5e300",
            "true",
            "null",
            "text",
            "[1, [2]]",
            "{ a: { b: 1 } }",
            "\"${ .input }\"",
            "\"\"",
        ];
        for (index, place) in places.iter().enumerate().step_by(VALUES) {
            // Not every value with every other kind: the kinds take turns.
            for other in [others[index % others.len()], others[(index * 5 + 3) % others.len()]] {
                let mut changed = text.to_owned();
                // Blocks keep the line that follows them.
                let end = if text[place.clone()].ends_with('\n') { "\n" } else { "" };
                changed.replace_range(place.clone(), &format!("{other}{end}"));
                damaged.push((
                    format!("{other} at byte {}", place.start),
                    file,
                    changed.into_bytes(),
                ));
            }
        }
    }
    compile_all(damaged);
}

/// Where the values of a document stand, keys included.
fn collect_places(node: &Node, places: &mut Vec<Range<usize>>) {
    places.push(node.span.range());
    match &node.kind {
        NodeKind::Sequence(items) => items.iter().for_each(|item| collect_places(item, places)),
        NodeKind::Mapping(entries) => {
            for entry in entries {
                places.push(entry.key.span.range());
                collect_places(&entry.value, places);
            }
        }
        _ => {}
    }
}

/// Numbers that look random and are the same each time (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }
}
