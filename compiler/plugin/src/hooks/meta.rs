//! What a set of hooks says of itself: when it comes, what it applies to, what it may cost.

use serde::{Deserialize, Serialize};

use super::Point;

/// The description of a set of hooks. `#[derive(Hooks)]` makes it from the struct.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct HooksMeta {
    /// Its name, unique in its plugin.
    pub name: String,
    /// The plugin that provides it.
    pub plugin: String,
    /// What it does: the doc comment, Markdown.
    pub docs: String,
    /// The hook points, in their order.
    pub points: Vec<Point>,
    /// Whether it comes early, in the middle or late.
    pub stage: Stage,
    /// Among those of its stage that are not ordered otherwise, higher comes first.
    pub priority: i16,
    /// Plugins whose hooks come after it.
    pub before: Vec<String>,
    /// Plugins whose hooks come before it.
    pub after: Vec<String>,
    /// What it applies to.
    pub filter: Filter,
    /// What a call may cost.
    pub budget: Budget,
    /// What happens when it panics, or its patch is refused.
    pub on_failure: OnFailure,
    /// File and line of its definition.
    pub defined_at: String,
}

/// Early, in the middle, late: every hook of one stage comes before every one of the next.
#[derive(
    Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Before the others.
    Pre,
    /// As most.
    #[default]
    Normal,
    /// After the others.
    Post,
}

impl Stage {
    /// The word authors use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pre => "pre",
            Self::Normal => "normal",
            Self::Post => "post",
        }
    }
}

/// What happens to the build or the run when a hook panics or its patch is refused.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// It fails.
    #[default]
    Abort,
    /// It goes on, with a warning.
    Warn,
    /// It goes on.
    Ignore,
}

/// What a set of hooks applies to. The host looks before it calls; an empty list leaves nothing out.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize)]
pub struct Filter {
    /// Step types: of the attempt (`step_execute`, `error`, `metric`), or used anywhere in the program (points that see programs).
    pub steps: Vec<String>,
    /// Names of files: `*` stands for anything but `/`, `**` for anything (`pre_parse`, `post_parse`).
    pub files: Vec<String>,
    /// Targets (points of generation).
    pub targets: Vec<String>,
    /// Topics of events, with `*` for anything (`event`).
    pub topics: Vec<String>,
}

impl Filter {
    /// Whether a list takes a name.
    #[must_use]
    pub fn takes(list: &[String], name: &str) -> bool {
        list.is_empty() || list.iter().any(|pattern| matches(pattern.as_bytes(), name.as_bytes()))
    }
}

/// Whether a name fits a pattern. Its cost is bounded by the product of both lengths.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    // One row of the table of (pattern, name) pairs: whether the pattern so far takes the first `n` bytes.
    let mut row = vec![false; name.len() + 1];
    row[0] = true;
    let mut at = 0;
    while at < pattern.len() {
        if pattern[at] == b'*' {
            let deep = pattern.get(at + 1) == Some(&b'*');
            at += if deep { 2 } else { 1 };
            // `**/` also stands for no folder at all.
            let start = row.clone();
            for n in 0..name.len() {
                row[n + 1] |= row[n] && (deep || name[n] != b'/');
            }
            if deep && pattern.get(at) == Some(&b'/') {
                at += 1;
                let mut next = start;
                for n in 0..name.len() {
                    next[n + 1] |= row[n] && name[n] == b'/';
                }
                row = next;
            }
        } else {
            for n in (0..name.len()).rev() {
                row[n + 1] = row[n] && name[n] == pattern[at];
            }
            row[0] = false;
            at += 1;
        }
    }
    row[name.len()]
}

/// What a call of a hook may cost. A native hook cannot be stopped: what it takes is measured, and told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Budget {
    /// Milliseconds.
    pub time: u64,
    /// Bytes of patches, texts and events that it gives back; more is refused.
    pub output: usize,
    /// How many problems it may report; more are counted and left out.
    pub problems: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { time: 1000, output: 16 << 20, problems: 1000 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_what_they_say() {
        let takes = |pattern: &str, name: &str| matches(pattern.as_bytes(), name.as_bytes());
        for (pattern, name) in [
            ("orders.locus.yaml", "orders.locus.yaml"),
            ("*.locus.yaml", "orders.locus.yaml"),
            ("**/*.locus.yaml", "a/b/orders.locus.yaml"),
            ("**/*.locus.yaml", "orders.locus.yaml"),
            ("api/**", "api/a/b"),
            ("acme.shop.*", "acme.shop.order.paid"),
            ("**", "anything/at/all"),
            ("a*b*c", "axxbyyc"),
        ] {
            assert!(takes(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("*.locus.yaml", "a/orders.locus.yaml"),
            ("api/**", "apis/a"),
            ("orders", "orders.locus.yaml"),
            ("a*b", "axxc"),
            ("", "a"),
            ("**/x", "yx"),
        ] {
            assert!(!takes(pattern, name), "{pattern} {name}");
        }
        let long = "a".repeat(2000);
        assert!(!takes(&"a*".repeat(200), &(long + "b/c")));
    }
}
