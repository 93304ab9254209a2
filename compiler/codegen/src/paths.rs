//! The grammar of output paths: what is safe on every system, and when two paths are the same file on some system.

use std::borrow::Cow;

/// Files that may start with a dot: those that projects have and no tool executes.
pub const DOT_FILES: [&str; 7] = [
    ".dockerignore",
    ".editorconfig",
    ".env.example",
    ".gitattributes",
    ".gitignore",
    ".prettierignore",
    ".prettierrc.json",
];

/// Longest part of a path, in bytes: file systems allow 255, and temporary names need room.
pub const MAX_PART: usize = 200;

/// Longest path below the out folder, in bytes.
pub const MAX_PATH: usize = 1000;

/// Names that Windows keeps for devices, whatever follows the first dot.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Checks the path of a file below an out folder.
///
/// # Errors
/// What is wrong with it, completing the sentence "the path `x` …".
pub fn check(path: &str) -> Result<(), Cow<'static, str>> {
    if path.is_empty() {
        return Err("is empty".into());
    }
    if path.len() > MAX_PATH {
        return Err(format!("is longer than {MAX_PATH} bytes").into());
    }
    if path.starts_with('/') {
        return Err("is absolute".into());
    }
    let last = path.split('/').count() - 1;
    for (index, part) in path.split('/').enumerate() {
        check_part(part)?;
        if part.starts_with('.') && !(index == last && DOT_FILES.contains(&part)) {
            return Err(format!("has the part `{part}`, which starts with a dot").into());
        }
    }
    Ok(())
}

/// Reads the out folder of a target: relative to the project, normalised, empty for the project itself.
///
/// # Errors
/// What is wrong with it, completing the sentence "the folder `x` …".
pub fn out_folder(text: &str) -> Result<String, Cow<'static, str>> {
    if text.is_empty() {
        return Err("is empty; `.` is the project itself".into());
    }
    if text.starts_with('/') {
        return Err("is absolute; it must be relative to the project".into());
    }
    let mut parts = Vec::new();
    let trimmed = text.strip_suffix('/').unwrap_or(text);
    for part in trimmed.split('/').filter(|part| *part != ".") {
        if part == ".." {
            return Err("leaves the project".into());
        }
        check_part(part)?;
        parts.push(part);
    }
    Ok(parts.join("/"))
}

/// Joins a folder, which may be empty, and a path below it.
#[must_use]
pub fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

/// Two paths with the same fold are the same file on a system that ignores case.
#[must_use]
pub fn fold(path: &str) -> String {
    path.to_uppercase().to_lowercase()
}

/// The folders above a path, the outermost first: `a`, `a/b` for `a/b/c`.
pub fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

fn check_part(part: &str) -> Result<(), Cow<'static, str>> {
    if part.is_empty() {
        return Err("has an empty part".into());
    }
    if part == "." || part == ".." {
        return Err(format!("has the part `{part}`").into());
    }
    if part.len() > MAX_PART {
        return Err(format!("has a part longer than {MAX_PART} bytes").into());
    }
    if let Some(bad) = part.chars().find(|c| is_forbidden(*c)) {
        return Err(format!("has the character {}", name_char(bad)).into());
    }
    if let Some(bad) = part.chars().find(|c| is_composable(*c)) {
        return Err(format!(
            "has the character {}, which file systems store in different ways",
            name_char(bad)
        )
        .into());
    }
    if part.ends_with(['.', ' ']) || part.starts_with(' ') {
        return Err(format!(
            "has the part `{part}`, which starts or ends with a space or ends with a dot"
        )
        .into());
    }
    if is_device(part) {
        return Err(format!("has the part `{part}`, which Windows keeps for a device").into());
    }
    Ok(())
}

/// Separators and wildcards of any system, control characters, and what turns the direction of text.
fn is_forbidden(c: char) -> bool {
    matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
        || c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff0}'..='\u{fffd}')
}

/// Characters that are not, or not always, in composed normal form (NFC). File systems differ in how they store these.
fn is_composable(c: char) -> bool {
    matches!(u32::from(c),
        0x0300..=0x036F | 0x0483..=0x0487 | 0x0591..=0x05BD | 0x0610..=0x061A | 0x064B..=0x065F
        | 0x1100..=0x11FF | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x2000..=0x2001 | 0x20D0..=0x20FF
        | 0x2126 | 0x212A..=0x212B | 0x3099..=0x309A | 0xF900..=0xFAFF | 0xFB1D..=0xFB4E
        | 0xFE20..=0xFE2F | 0x2F800..=0x2FA1F)
}

fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end().to_lowercase();
    if DEVICES.contains(&stem.as_str()) {
        return true;
    }
    let numbered = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    numbered.is_some_and(|number| {
        let mut digits = number.chars();
        // Windows also takes the superscript digits.
        matches!((digits.next(), digits.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
    })
}

fn name_char(c: char) -> String {
    if c.is_control() || is_composable(c) || c.is_whitespace() || !c.is_ascii() {
        format!("U+{:04X}", u32::from(c))
    } else {
        format!("`{c}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_on_some_system_has_one_fold() {
        for (one, other) in
            [("A", "a"), ("ſ", "s"), ("ß", "SS"), ("K", "k"), ("Σ", "ς"), ("İ", "i\u{307}")]
        {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        assert_ne!(fold("a"), fold("ä"));
    }

    #[test]
    fn the_folders_above() {
        assert_eq!(parents("a/b/c").collect::<Vec<_>>(), ["a", "a/b"]);
        assert_eq!(parents("a").count(), 0);
    }
}
