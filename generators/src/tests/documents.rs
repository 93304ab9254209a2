//! What an ordinary program gives.

use super::*;

#[test]
fn dump() {
    if let Ok(folder) = std::env::var("DUMP") {
        for (name, program) in [("shop", shop()), ("obstacles", obstacles::obstacles()), ("empty", Program::default())] {
            for generator in ["openapi", "typescript", "workflow_docs"] {
                for (path, text) in files(&program, generator) {
                    let path = std::path::Path::new(&folder).join(name).join(generator).join(path);
                    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                    std::fs::write(path, text).unwrap();
                }
            }
        }
    }
}
