//! Files on disk and in memory: what can be read, and what is said when it cannot.

#![expect(clippy::disallowed_methods, reason = "the files that are read must first be written")]

use std::fs;

use locus_diag::{Diagnostic, Sources};

use crate::world::{DiskWorld, LARGEST_FILE, ListedKind, MemoryWorld, ReadError, World, normalize};

fn problem(world: &dyn World, path: &str) -> (Diagnostic, Sources) {
    let mut sources = Sources::default();
    let error = world.read(path).unwrap_err();
    (error.diagnostic(path, &mut sources), sources)
}

fn disk() -> (tempfile::TempDir, DiskWorld) {
    let folder = tempfile::tempdir().unwrap();
    let world = DiskWorld::new(folder.path());
    (folder, world)
}

#[test]
fn both_worlds_read_and_list_alike() {
    let (folder, disk) = disk();
    fs::create_dir_all(folder.path().join("a/b")).unwrap();
    fs::write(folder.path().join("a/b/two.txt"), "zwei").unwrap();
    fs::write(folder.path().join("a/one.txt"), "\u{feff}eins").unwrap();
    fs::write(folder.path().join("a.txt"), "").unwrap();
    let memory =
        MemoryWorld::new([("a/b/two.txt", "zwei"), ("a/one.txt", "\u{feff}eins"), ("a.txt", "")]);
    for path in [
        "a/one.txt",
        "./a//b/../b/two.txt",
        "a.txt",
        "a",
        "a/one.txt/x",
        "none",
        "../out",
        "/a.txt",
        "a/../../x",
        "",
    ] {
        let read = |world: &dyn World| world.read(path).map_err(|error| error.to_string());
        let (on_disk, in_memory) = (read(&disk), read(&memory));
        if path == "a/one.txt/x" {
            assert!(on_disk.is_err() && in_memory.is_err());
        } else {
            assert_eq!(on_disk, in_memory, "{path}");
        }
    }
    for path in ["", "a", "a/b", ".", "a.txt", "none", ".."] {
        assert_eq!(disk.list(path), memory.list(path), "{path}");
    }
    assert_eq!(&*disk.read("a/one.txt").unwrap(), "\u{feff}eins", "byte for byte");
}

#[test]
fn paths_have_one_form() {
    assert_eq!(normalize("./a//b/../c/").as_deref(), Ok("a/c"));
    assert_eq!(normalize("."), Ok(String::new()));
    assert_eq!(normalize(".."), Err(ReadError::Outside));
    assert_eq!(normalize("a\\b"), Err(ReadError::Outside));
    assert_eq!(normalize("/etc"), Err(ReadError::Outside));
}

#[test]
fn what_is_no_text_is_named_with_its_place() {
    let world = MemoryWorld::new([
        ("latin1", b"a: 1\nb: caf\xe9\n".to_vec()),
        ("utf16", b"\xff\xfea\0".to_vec()),
        ("binary", vec![0x7f, b'E', b'L', b'F', 0x80]),
    ]);
    let (found, sources) = problem(&world, "latin1");
    assert_eq!(found.code, "not-utf8");
    assert_eq!(
        found.message,
        "`latin1` is not UTF-8 text: the byte 0xE9 at offset 11 begins no character"
    );
    let place = found.primary().unwrap();
    assert_eq!(sources.get(place.source).unwrap().line_column(place.start as usize), (2, 7));
    assert_eq!(problem(&world, "utf16").0.message, "`utf16` is UTF-16 text, not UTF-8");
    assert_eq!(problem(&world, "binary").0.code, "not-utf8");
}

#[test]
fn files_above_the_limit_are_refused_before_they_are_read() {
    let (folder, world) = disk();
    let file = fs::File::create(folder.path().join("big.locus.yaml")).unwrap();
    file.set_len(1 << 40).unwrap();
    let (found, _) = problem(&world, "big.locus.yaml");
    assert_eq!(found.code, "file-too-large");
    assert_eq!(
        found.message,
        "`big.locus.yaml` has 1099511627776 bytes; files of more than 16777216 bytes are not read"
    );
    let memory =
        MemoryWorld::new([("big", vec![b' '; usize::try_from(LARGEST_FILE).unwrap() + 1])]);
    assert_eq!(memory.read("big"), Err(ReadError::TooLarge { size: LARGEST_FILE + 1 }));
}

#[test]
fn what_is_not_there_or_no_file_is_said() {
    let (folder, world) = disk();
    fs::create_dir(folder.path().join("folder.locus.yaml")).unwrap();
    assert_eq!(
        problem(&world, "none.yaml").0.message,
        "`none.yaml` cannot be read: there is nothing of this name"
    );
    let (found, _) = problem(&world, "folder.locus.yaml");
    assert_eq!(found.message, "`folder.locus.yaml` cannot be read: it is a folder");
    assert_eq!(found.code, "unreadable-file");
    assert!(found.help.is_some());
    assert_eq!(world.list("none"), Err(ReadError::NotFound));
}

#[cfg(unix)]
#[test]
fn links_devices_and_locked_files_are_no_trap() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let (folder, world) = disk();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("real")).unwrap();
    fs::write(path("real/a.txt"), "a").unwrap();
    symlink(path("real"), path("to-folder")).unwrap();
    symlink(path("real/a.txt"), path("to-file")).unwrap();
    symlink(path("nowhere"), path("to-nothing")).unwrap();
    symlink("/dev/zero", path("to-device")).unwrap();
    let kinds: Vec<_> =
        world.list("").unwrap().into_iter().map(|listed| (listed.name, listed.kind)).collect();
    let expected = [
        ("real", ListedKind::Folder),
        ("to-device", ListedKind::Other),
        ("to-file", ListedKind::File),
        ("to-folder", ListedKind::FolderLink),
        ("to-nothing", ListedKind::Other),
    ];
    assert_eq!(kinds, expected.map(|(name, kind)| (name.to_owned(), kind)));
    assert_eq!(world.read("to-device"), Err(ReadError::NotAFile));
    assert_eq!(world.read("to-nothing"), Err(ReadError::NotFound));
    assert_eq!(world.read("to-file").as_deref(), Ok("a"));
    fs::set_permissions(path("real/a.txt"), fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser may read everything.
    assert!(matches!(world.read("real/a.txt").as_deref(), Err(ReadError::Denied) | Ok("a")));
}

#[test]
fn a_path_of_a_user_is_split_into_world_and_path() {
    let (folder, _) = disk();
    fs::write(folder.path().join("a.locus.yaml"), "").unwrap();
    assert_eq!(DiskWorld::open(folder.path()), (DiskWorld::new(folder.path()), String::new()));
    let file = folder.path().join("a.locus.yaml");
    assert_eq!(DiskWorld::open(&file), (DiskWorld::new(folder.path()), "a.locus.yaml".to_owned()));
    let (world, path) = DiskWorld::open("none.locus.yaml".as_ref());
    assert_eq!((world.root().to_str(), path.as_str()), (Some("."), "none.locus.yaml"));
}
