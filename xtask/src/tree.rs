//! Has a run changed tracked files? A check that rewrites what it checks would hide its own finding.

use std::collections::BTreeMap;
use std::process::Command;

use crate::process;
use crate::workspace::Workspace;

/// The tracked files that differ from the index, each with its bytes (`None`: deleted).
pub(crate) struct Snapshot(BTreeMap<String, Option<Vec<u8>>>);

impl Snapshot {
    /// Reads the tree as it is now.
    pub(crate) fn take(workspace: &Workspace) -> Result<Snapshot, String> {
        let listed = process::output(git(workspace).args(["ls-files", "--modified", "-z"]))?;
        let names = listed.split_terminator('\0');
        let read = |name: &str| std::fs::read(workspace.root.join(name)).ok();
        Ok(Snapshot(names.map(|name| (name.to_owned(), read(name))).collect()))
    }

    /// The files that are not now as they were then.
    pub(crate) fn changed(&self, now: &Snapshot) -> Vec<String> {
        let names: std::collections::BTreeSet<&String> =
            self.0.keys().chain(now.0.keys()).collect();
        let differs = |name: &&String| self.0.get(*name) != now.0.get(*name);
        names.into_iter().filter(differs).cloned().collect()
    }
}

/// Every file that is changed, staged or unknown to git: in CI there must be none.
pub(crate) fn unclean(workspace: &Workspace) -> Result<Vec<String>, String> {
    let listed = process::output(git(workspace).args(["status", "--porcelain"]))?;
    Ok(listed.lines().map(str::to_owned).collect())
}

fn git(workspace: &Workspace) -> Command {
    let mut command = Command::new("git");
    command.current_dir(&workspace.root);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(files: &[(&str, Option<&str>)]) -> Snapshot {
        let bytes = |text: &str| text.as_bytes().to_vec();
        Snapshot(files.iter().map(|(name, text)| ((*name).to_owned(), text.map(bytes))).collect())
    }

    #[test]
    fn an_edit_that_was_there_before_does_not_count() {
        let before = snapshot(&[("a", Some("1")), ("b", Some("1"))]);
        assert!(before.changed(&snapshot(&[("a", Some("1")), ("b", Some("1"))])).is_empty());
    }

    #[test]
    fn edits_deletions_and_reverts_count() {
        let before = snapshot(&[("edited", Some("1")), ("reverted", Some("1"))]);
        let after = snapshot(&[("deleted", None), ("edited", Some("2"))]);
        assert_eq!(before.changed(&after), ["deleted", "edited", "reverted"]);
    }
}
