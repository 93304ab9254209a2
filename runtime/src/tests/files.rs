//! Files of the project.

use std::fs;

use crate::services::files::read_below;

fn code(folder: &std::path::Path, path: &str) -> String {
    read_below(folder, path, 10).map_or_else(|error| error.code, |_| "ok".to_owned())
}

#[test]
fn only_files_below_the_folder_are_read() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("project");
    fs::create_dir_all(folder.join("data")).unwrap();
    fs::write(folder.join("data/small.txt"), "small").unwrap();
    fs::write(folder.join("large.txt"), "larger than ten").unwrap();
    fs::write(outside.path().join("secret.txt"), "secret").unwrap();

    assert_eq!(read_below(&folder, "data/small.txt", 10).unwrap(), b"small");
    assert_eq!(read_below(&folder, "./data/./small.txt", 10).unwrap(), b"small");
    assert_eq!(code(&folder, "missing.txt"), "file_not_found");
    assert_eq!(code(&folder, "large.txt"), "file_too_large");
    assert_eq!(code(&folder, "data"), "file_error");
    let absolute = outside.path().join("secret.txt");
    for path in ["", "..", "../secret.txt", "data/../../secret.txt", "data/../data/small.txt"] {
        assert_eq!(code(&folder, path), "path_not_allowed", "{path}");
    }
    assert_eq!(code(&folder, absolute.to_str().unwrap()), "path_not_allowed");
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere_else() {
    use std::os::unix::fs::symlink;

    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("project");
    fs::create_dir_all(&folder).unwrap();
    fs::write(outside.path().join("secret.txt"), "secret").unwrap();
    fs::write(folder.join("own.txt"), "own").unwrap();
    symlink(outside.path().join("secret.txt"), folder.join("link.txt")).unwrap();
    symlink(outside.path(), folder.join("up")).unwrap();
    symlink(folder.join("own.txt"), folder.join("inner.txt")).unwrap();
    assert_eq!(code(&folder, "link.txt"), "path_not_allowed");
    assert_eq!(code(&folder, "up/secret.txt"), "path_not_allowed");
    assert_eq!(code(&folder, "inner.txt"), "ok");

    // The project's folder itself may be a link.
    let alias = outside.path().join("alias");
    symlink(&folder, &alias).unwrap();
    assert_eq!(code(&alias, "own.txt"), "ok");
}
