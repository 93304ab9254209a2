//! The audit log of plugins: what they did or were refused, a line of JSON each, chained by hashes so that a line that is changed or taken
//! out is noticed. What is cut off at the end is not: whoever needs that keeps the last hash elsewhere.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use locus_model::identity::content_hash;
use serde_json::{Value, json};

/// What the first line follows.
const START: &str = "00000000000000000000000000000000";

/// How much of the end of a log is read to find its last line.
const TAIL: u64 = 64 << 10;

/// The most bytes of what a line is about.
const LONGEST_SUBJECT: usize = 1000;

/// An audit log, opened when something is first written.
pub(crate) struct AuditLog {
    path: PathBuf,
    /// One line at a time.
    turn: Mutex<()>,
}

impl AuditLog {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, turn: Mutex::new(()) }
    }

    /// Adds a line. The file is locked meanwhile: several processes may write.
    pub(crate) fn append(&self, plugin: &str, event: &str, subject: &str) -> io::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(&self.path)?;
        file.lock()?;
        let previous = last_hash(&mut file)?;
        let subject = &subject[..subject.floor_char_boundary(LONGEST_SUBJECT)];
        let mut line = json!({
            "at": now(),
            "plugin": plugin,
            "event": event,
            "subject": subject,
            "previous": previous,
        });
        line["hash"] = Value::String(content_hash(&line));
        file.write_all(format!("{line}\n").as_bytes())
    }
}

#[expect(clippy::disallowed_methods, reason = "a record of what happened says when")]
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn last_hash(file: &mut fs::File) -> io::Result<String> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let last = tail.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty());
    let hash = last.and_then(|line| serde_json::from_slice::<Value>(line).ok());
    let hash = hash.and_then(|line| line.get("hash")?.as_str().map(str::to_owned));
    Ok(hash.unwrap_or_else(|| START.to_owned()))
}

/// Each line in turn; a log that was never written is empty.
pub(crate) fn lines(path: &Path) -> io::Result<Vec<String>> {
    match fs::File::open(path) {
        Ok(file) => BufReader::new(file).lines().collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The first line, from 1, that is not what was written, and why.
pub(crate) fn verify(lines: &[String]) -> Result<(), (usize, String)> {
    let mut previous = START.to_owned();
    for (index, text) in lines.iter().enumerate() {
        let wrong = |why: &str| Err((index + 1, why.to_owned()));
        let Ok(Value::Object(mut line)) = serde_json::from_str(text) else {
            return wrong("it is no JSON object");
        };
        let Some(Value::String(hash)) = line.shift_remove("hash") else {
            return wrong("it has no hash");
        };
        if line.get("previous").and_then(Value::as_str) != Some(&previous) {
            return wrong("it does not follow the line before: a line is missing or was put in");
        }
        if content_hash(&Value::Object(line)) != hash {
            return wrong("it was changed");
        }
        previous = hash;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_changed_or_taken_out_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/audit.jsonl");
        let log = AuditLog::new(path.clone());
        for number in 0..4 {
            log.append("acme.shop", "denied", &format!("network {number}")).unwrap();
        }
        let written = lines(&path).unwrap();
        assert_eq!(verify(&written), Ok(()));
        let mut changed = written.clone();
        changed[1] = changed[1].replace("network 1", "network 7");
        assert_eq!(verify(&changed), Err((2, "it was changed".to_owned())));
        for missing in 0..3 {
            let mut cut = written.clone();
            cut.remove(missing);
            assert_eq!(verify(&cut).unwrap_err().0, missing + 1);
        }
    }
}
