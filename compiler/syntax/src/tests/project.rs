//! Which files make a project, in which order.

use locus_diag::Diagnostic;

use crate::project::{Project, discover};
use crate::world::{DiskWorld, MemoryWorld, World};

const SUFFIXES: &[&str] = &[".locus.yaml", ".steps.csv"];

fn find(world: &dyn World, start: &str) -> (Vec<String>, Project, Vec<Diagnostic>) {
    let (project, problems) = discover(world, start, SUFFIXES);
    let names = project.files.iter().filter_map(|id| project.sources.get(*id));
    (names.map(|source| source.name.to_string()).collect(), project, problems)
}

fn files(paths: &[(&str, &str)], start: &str) -> Vec<String> {
    let (names, _, problems) = find(&MemoryWorld::new(paths.iter().copied()), start);
    assert_eq!(problems, []);
    names
}

#[test]
fn specs_are_found_in_the_order_of_their_paths() {
    let world = [
        ("z.locus.yaml", ""),
        ("a/b.locus.yaml", ""),
        ("a.locus.yaml", ""),
        ("a/b/c.locus.yaml", ""),
        ("a/table.steps.csv", ""),
        ("a/other.yaml", ""),
        ("locus.yaml", "name: shop"),
        (".locus.yaml", ""),
        (".hidden/x.locus.yaml", ""),
        ("a/.#b.locus.yaml", ""),
    ];
    let expected =
        ["a.locus.yaml", "a/b.locus.yaml", "a/b/c.locus.yaml", "a/table.steps.csv", "z.locus.yaml"];
    assert_eq!(files(&world, ""), expected);
    assert_eq!(files(&world, "./"), expected);
    assert_eq!(files(&world, "locus.yaml"), expected, "the manifest stands for its project");
    assert_eq!(files(&world, "a"), ["a/b.locus.yaml", "a/b/c.locus.yaml", "a/table.steps.csv"]);
    assert_eq!(files(&world, "a/b.locus.yaml"), ["a/b.locus.yaml"]);
    assert_eq!(files(&world, "a/other.yaml"), ["a/other.yaml"], "a file given by name is taken");
}

#[test]
fn ignored_paths_are_left_out() {
    let world = [
        (
            ".gitignore",
            "build/\n*.gen.locus.yaml\n!kept.gen.locus.yaml\n/only-here.locus.yaml\n# c\n[\n",
        ),
        ("a.locus.yaml", ""),
        ("a.gen.locus.yaml", ""),
        ("kept.gen.locus.yaml", ""),
        ("only-here.locus.yaml", ""),
        ("build/b.locus.yaml", ""),
        ("sub/build/b.locus.yaml", ""),
        ("sub/only-here.locus.yaml", ""),
        ("sub/.gitignore", "!a.gen.locus.yaml\nc.locus.yaml\n"),
        ("sub/a.gen.locus.yaml", ""),
        ("sub/c.locus.yaml", ""),
        ("sub/deep/c.locus.yaml", ""),
        ("sub/deep/d.locus.yaml", ""),
    ];
    assert_eq!(
        files(&world, ""),
        [
            "a.locus.yaml",
            "kept.gen.locus.yaml",
            "sub/a.gen.locus.yaml",
            "sub/deep/d.locus.yaml",
            "sub/only-here.locus.yaml"
        ]
    );
    assert_eq!(
        files(&world, "sub"),
        ["sub/a.gen.locus.yaml", "sub/deep/d.locus.yaml", "sub/only-here.locus.yaml"],
        "the rules above the folder hold too"
    );
    assert_eq!(
        files(&world, "build"),
        ["build/b.locus.yaml"],
        "a folder given by name is searched"
    );
}

#[test]
fn the_manifest_stands_beside_the_specs() {
    let world = MemoryWorld::new([
        ("shop/locus.yaml", "name: shop\nversion: 1\n"),
        ("shop/a.locus.yaml", ""),
        ("shop/sub/b.locus.yaml", ""),
    ]);
    for start in ["shop", "shop/a.locus.yaml"] {
        let (_, project, _) = find(&world, start);
        let manifest = project.manifest.unwrap();
        assert_eq!(&*project.sources.get(manifest.source).unwrap().name, "shop/locus.yaml");
        assert_eq!(manifest.node.unwrap().get("name").unwrap().as_str(), Some("shop"));
        assert_eq!(project.folder, "shop");
    }
    let (_, project, problems) = find(&world, "shop/sub");
    assert!(project.manifest.is_none() && problems.is_empty());
}

#[test]
fn problems_do_not_stop_the_search() {
    let world = MemoryWorld::new([
        ("locus.yaml", b"name: a\nname: b\n---\nname: c\n".to_vec()),
        ("a.locus.yaml", b"\xff\xfe".to_vec()),
        ("b.locus.yaml", b"workflows: {}".to_vec()),
    ]);
    let (names, _, problems) = find(&world, "");
    assert_eq!(names, ["b.locus.yaml"]);
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["duplicate-key", "several-manifests", "not-utf8"]);
}

#[test]
fn a_folder_without_specs_is_a_problem_that_names_what_was_looked_for() {
    let world = MemoryWorld::new([("shop/orders.locus.yml", ""), ("other.txt", "")]);
    let (_, _, problems) = find(&world, "shop");
    assert_eq!(problems.len(), 1);
    assert_eq!(
        problems[0].message,
        "no specs in `shop`: no file there has a name that ends in `.locus.yaml` or `.steps.csv`"
    );
    assert!(problems[0].help.as_deref().unwrap().contains("rename `shop/orders.locus.yml`"));
    let (_, _, problems) = find(&world, "none");
    assert_eq!(problems[0].message, "`none` cannot be read: there is nothing of this name");
    let (_, _, problems) = find(&world, "../shop");
    assert_eq!(problems[0].code, "unreadable-file");
}

#[cfg(unix)]
#[test]
#[expect(clippy::disallowed_methods, reason = "the files that are found must first be written")]
fn circles_of_links_end() {
    use std::fs;
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("a/b")).unwrap();
    fs::write(path("a/b/c.locus.yaml"), "x-c: 1").unwrap();
    symlink(path("a"), path("a/b/up")).unwrap();
    symlink(path("a/b/c.locus.yaml"), path("linked.locus.yaml")).unwrap();
    symlink(path("gone"), path("gone.locus.yaml")).unwrap();
    let (names, _, problems) = find(&DiskWorld::new(folder.path()), "");
    assert_eq!(names, ["a/b/c.locus.yaml", "linked.locus.yaml"]);
    assert_eq!(problems.len(), 1, "a link to nothing is said");
    assert_eq!(
        problems[0].message,
        "`gone.locus.yaml` cannot be read: there is nothing of this name"
    );
}

#[test]
fn very_deep_folders_are_searched() {
    let deep = format!("{}x.locus.yaml", "d/".repeat(2000));
    assert_eq!(files(&[(deep.as_str(), "")], ""), [deep.as_str()]);
}
