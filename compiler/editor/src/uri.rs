//! Files as the protocol names them: `file:///home/ann/shop/orders.locus.yaml`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The path of a `file:` URI; `None` for any other, such as that of a text that was never saved.
pub(crate) fn path_of(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let slash = rest.find('/')?;
    let (host, path) = rest.split_at(slash);
    let path = decode(path)?;
    let local = host.is_empty() || host.eq_ignore_ascii_case("localhost");
    if !local {
        return cfg!(windows).then(|| PathBuf::from(format!("//{host}{path}")));
    }
    // `/c:/shop` is `c:/shop`.
    let drive = path.as_bytes().get(2) == Some(&b':') && cfg!(windows);
    let path = if drive { path.get(1..)?.to_owned() } else { path };
    Some(PathBuf::from(path))
}

/// The URI of a path.
pub(crate) fn uri_of(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() };
    let mut uri = String::from("file://");
    if !text.starts_with('/') {
        uri.push('/');
    }
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            other => _ = write!(uri, "%{other:02X}"),
        }
    }
    uri
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok().filter(|path| !path.contains('\0'))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_back() {
        for path in ["/a/b.locus.yaml", "/with space/ü#?%20/😀"] {
            assert_eq!(path_of(&uri_of(Path::new(path))).as_deref(), Some(Path::new(path)));
        }
    }

    #[test]
    fn other_uris_are_no_paths() {
        for uri in ["untitled:Untitled-1", "file:", "file://", "file:///%ZZ", "file:///%00", ""] {
            assert_eq!(path_of(uri), None, "{uri}");
        }
    }
}
