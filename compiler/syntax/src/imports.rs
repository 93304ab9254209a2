//! `imports`: specs that a spec names as parts of its program, wherever in the project they lie. Each file is read once, however it
//! was found; circles of imports are fine.

use locus_diag::{Diagnostic, SourceId, Spanned, did_you_mean};
use locus_model::{Node, NodeKind};

use crate::codes;
use crate::project::{MANIFEST, Project};
use crate::walk::{Found, specs_below};
use crate::world::{ReadError, World, join, normalize};

/// The key of a spec that holds its imports.
const KEY: &str = "imports";

/// The paths that the documents of a file import; what is no list of texts is reported.
#[must_use]
pub fn imports(documents: &[Node]) -> (Vec<Spanned<String>>, Vec<Diagnostic>) {
    let mut paths = Vec::new();
    let mut problems = Vec::new();
    for node in documents.iter().filter_map(|document| document.get(KEY)) {
        let Some(items) = node.as_sequence() else {
            if node.kind != NodeKind::Null {
                problems.push(no_path("a list of paths", node));
            }
            continue;
        };
        for item in items {
            match item.as_str() {
                Some(path) => paths.push(Spanned::new(path.to_owned(), item.span)),
                None => problems.push(no_path("a path", item)),
            }
        }
    }
    (paths, problems)
}

/// Adds the files that `paths` name, as written in the file `from`, to a project; gives those that were not there yet.
pub fn import(
    world: &dyn World,
    project: &mut Project,
    from: SourceId,
    paths: &[Spanned<String>],
    suffixes: &[&str],
    problems: &mut Vec<Diagnostic>,
) -> Vec<SourceId> {
    let name = project.sources.get(from).map(|source| source.name.to_string()).unwrap_or_default();
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let mut importer = Importer { world, project, suffixes, problems, added: Vec::new() };
    for path in paths {
        importer.path(&folder, path);
    }
    importer.added
}

struct Importer<'a> {
    world: &'a dyn World,
    project: &'a mut Project,
    suffixes: &'a [&'a str],
    problems: &'a mut Vec<Diagnostic>,
    added: Vec<SourceId>,
}

impl Importer<'_> {
    fn path(&mut self, folder: &str, written: &Spanned<String>) {
        let absolute = written.starts_with('/') || written.contains([':', '\\']);
        let path = match normalize(&join(folder, written)) {
            Ok(path) if !absolute && !written.is_empty() => path,
            _ => return self.problems.push(outside(written)),
        };
        if path.contains(['*', '?']) {
            return self.pattern(&path, written);
        }
        if path.rsplit('/').next() == Some(MANIFEST) {
            return self.problems.push(manifest(written));
        }
        match self.world.list(&path) {
            Ok(_) => self.folder(&path, written),
            Err(_) => self.file(&path, written),
        }
    }

    /// Every spec below a folder.
    fn folder(&mut self, folder: &str, written: &Spanned<String>) {
        let Found { specs, .. } = self.below(folder);
        if specs.is_empty() {
            self.problems.push(nothing(written, "holds no specs"));
        }
        for path in specs {
            self.file(&path, written);
        }
    }

    /// Every spec whose path fits a pattern.
    fn pattern(&mut self, pattern: &str, written: &Spanned<String>) {
        let fixed = pattern.split('/').take_while(|part| !part.contains(['*', '?']));
        let start = fixed.collect::<Vec<_>>().join("/");
        let parts: Vec<&str> = pattern.split('/').collect();
        let Found { specs, .. } = self.below(&start);
        let fitting: Vec<String> = specs
            .into_iter()
            .filter(|path| fits(&parts, &path.split('/').collect::<Vec<_>>()))
            .collect();
        if fitting.is_empty() {
            self.problems.push(nothing(written, "fits no spec"));
        }
        for path in fitting {
            self.file(&path, written);
        }
    }

    fn below(&mut self, folder: &str) -> Found {
        let mut found = specs_below(self.world, folder, self.suffixes);
        found.specs.sort();
        found
    }

    fn file(&mut self, path: &str, written: &Spanned<String>) {
        let known = self.project.sources.iter().find(|source| *source.name == *path);
        if known.is_some_and(|source| self.project.files.contains(&source.id)) {
            return;
        }
        match self.world.read(path) {
            Ok(text) => {
                let source = self.project.sources.add(path, text);
                self.project.files.push(source);
                self.added.push(source);
            }
            Err(ReadError::NotFound | ReadError::IsFile) => {
                let meant = near(self.world, path);
                self.problems.push(not_found(written, path, meant));
            }
            Err(error) => {
                let mut problem = error.diagnostic(path, &mut self.project.sources);
                problem = problem.at(written.span, "imported here");
                // The place of the import comes first: it is what an author can mend.
                problem.labels.rotate_right(1);
                self.problems.push(problem);
            }
        }
    }
}

/// The name in the folder of a path that is like the one that is not there.
pub(crate) fn near(world: &dyn World, path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let listed = world.list(folder).ok()?;
    let names: Vec<&str> = listed.iter().map(|listed| listed.name.as_str()).collect();
    did_you_mean(name, names.iter().copied()).map(str::to_owned)
}

/// Whether the parts of a path fit those of a pattern: `*` and `?` stand for characters of a name, `**` for any folders.
fn fits(pattern: &[&str], path: &[&str]) -> bool {
    wildcard(
        pattern,
        path,
        |part| *part == "**",
        |part, name| {
            let [part, name] = [part, name].map(|text| text.chars().collect::<Vec<char>>());
            wildcard(&part, &name, |c| *c == '*', |c, letter| *c == '?' || c == letter)
        },
    )
}

/// Whether items fit a pattern in which some parts stand for any number of items. Only the last of those needs to be tried again, so that this
/// takes no longer than both lengths multiplied.
fn wildcard<P, T>(
    pattern: &[P],
    items: &[T],
    is_star: impl Fn(&P) -> bool,
    same: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut at, mut read) = (0, 0);
    // The last star, and how many items are read with it.
    let mut star: Option<(usize, usize)> = None;
    while read < items.len() {
        match pattern.get(at) {
            Some(part) if is_star(part) => {
                star = Some((at, read));
                at += 1;
            }
            Some(part) if same(part, &items[read]) => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                (at, read) = (place + 1, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(is_star)
}

fn no_path(expected: &str, node: &Node) -> Diagnostic {
    let place = match &node.kind {
        NodeKind::Mapping(entries) => entries.first().map_or(node.span, |entry| entry.key.span),
        _ => node.span,
    };
    Diagnostic::new(
        codes::INVALID_IMPORT,
        format!("expected {expected}, found {}", node.kind_name()),
    )
    .at(place, "")
    .help("write `imports: [ ./common.locus.yaml, ./orders ]`")
}

fn outside(written: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        codes::INVALID_IMPORT,
        format!("`{}` leads out of the project", written.value),
    )
    .at(written.span, "outside")
    .help("only files below the folder of the project belong to it: write a path relative to this file, with `/`")
}

fn manifest(written: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        codes::INVALID_IMPORT,
        format!("`{}` is the manifest of a project and no spec", written.value),
    )
    .at(written.span, "no spec")
    .help("import specs or folders; the manifest of this project is read anyway")
}

fn nothing(written: &Spanned<String>, what: &str) -> Diagnostic {
    Diagnostic::new(codes::IMPORT_NOT_FOUND, format!("`{}` {what}", written.value))
        .at(written.span, "nothing to import")
        .help("paths are relative to this file; hidden and ignored files are not searched")
}

fn not_found(written: &Spanned<String>, path: &str, meant: Option<String>) -> Diagnostic {
    let problem = Diagnostic::new(codes::IMPORT_NOT_FOUND, format!("there is no file `{path}`"))
        .at(written.span, "not there");
    let Some(meant) = meant else {
        return problem.help("paths are relative to this file");
    };
    let mended = match written.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{meant}"),
        None => meant,
    };
    problem.help(format!("did you mean `{mended}`?")).fix(
        format!("replace `{}` by `{mended}`", written.value),
        written.span,
        mended,
    )
}

#[cfg(test)]
mod tests {

    #[test]
    fn patterns_fit_paths() {
        fn fits(pattern: &str, path: &str) -> bool {
            let [pattern, path] = [pattern, path].map(|text| text.split('/').collect::<Vec<_>>());
            super::fits(&pattern, &path)
        }
        assert!(fits("*.locus.yaml", "a.locus.yaml"));
        assert!(!fits("*.locus.yaml", "orders/a.locus.yaml"));
        assert!(fits("**/*.locus.yaml", "a.locus.yaml"));
        assert!(fits("**/*.locus.yaml", "orders/old/a.locus.yaml"));
        assert!(fits("orders/**/v?.locus.yaml", "orders/v2.locus.yaml"));
        assert!(!fits("orders/v?.locus.yaml", "orders/v10.locus.yaml"));
        assert!(fits("a*b*c", "aXbYbZc"));
        assert!(!fits("a*b", "abc"));
    }
}
