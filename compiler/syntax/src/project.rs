//! The files of a project: found in one fixed order, whatever the machine.

pub(crate) mod ignored;

use locus_diag::{Diagnostic, SourceId, Sources};
use locus_model::Node;

use crate::codes;
use crate::walk::{Found, specs_below};
use crate::world::{ReadError, World, join, normalize};
use crate::yaml::parse_yaml;

/// The name of the manifest of a project.
pub const MANIFEST: &str = "locus.yaml";
/// The end of the names of specs.
pub const SPEC_SUFFIX: &str = ".locus.yaml";

/// The files of a project, read but not parsed.
#[derive(Clone, Default, Debug)]
pub struct Project {
    /// The texts: the manifest first, then the specs by path.
    pub sources: Sources,
    /// The folder of the project, relative to the world's root: the empty path for the root itself.
    pub folder: String,
    /// `locus.yaml`, if there is one.
    pub manifest: Option<Manifest>,
    /// The specs, by path.
    pub files: Vec<SourceId>,
}

/// The manifest of a project as written.
#[derive(Clone, PartialEq, Debug)]
pub struct Manifest {
    /// Its text.
    pub source: SourceId,
    /// Its document; none if it is empty.
    pub node: Option<Node>,
}

/// Finds and reads the files of a project.
///
/// `start` is the path of a folder or of a single file, relative to the world's root. Of a folder, every file below it whose
/// name ends in one of `suffixes` (those of the linked parser hooks) is taken, minus hidden ones, minus those that a
/// `.gitignore` below the world's root names. Links to folders are not followed. A single file is taken whatever its name.
/// The manifest is `locus.yaml` in that folder, for a file in the nearest folder around it that has one; it may itself be the `start`.
#[must_use]
pub fn discover(world: &dyn World, start: &str, suffixes: &[&str]) -> (Project, Vec<Diagnostic>) {
    let mut finder = Finder { world, suffixes, project: Project::default(), problems: Vec::new() };
    finder.discover(start);
    (finder.project, finder.problems)
}

struct Finder<'a> {
    world: &'a dyn World,
    suffixes: &'a [&'a str],
    project: Project,
    problems: Vec<Diagnostic>,
}

impl Finder<'_> {
    fn discover(&mut self, start: &str) {
        let path = match normalize(start) {
            Ok(path) => path,
            Err(error) => return self.report(start, &error),
        };
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        if name == MANIFEST {
            return self.folder(folder);
        }
        match self.world.list(&path) {
            Ok(_) => self.folder(&path),
            Err(ReadError::IsFile | ReadError::NotFound) => self.single(folder, &path),
            Err(error) => self.report(&path, &error),
        }
    }

    /// A single file, with the manifest of the project that it lies in.
    fn single(&mut self, folder: &str, path: &str) {
        let has_manifest = |folder: &&str| self.world.read(&join(folder, MANIFEST)).is_ok();
        let above = std::iter::successors(Some(folder), |folder| {
            let parent = folder.rsplit_once('/').map(|(parent, _)| parent);
            parent.or((!folder.is_empty()).then_some(""))
        });
        let project = above.into_iter().find(has_manifest).unwrap_or(folder);
        project.clone_into(&mut self.project.folder);
        self.manifest(project);
        self.file(path);
    }

    fn folder(&mut self, folder: &str) {
        folder.clone_into(&mut self.project.folder);
        self.manifest(folder);
        let mut found = specs_below(self.world, folder, self.suffixes);
        self.problems.extend(found.problems(&mut self.project.sources));
        found.specs.sort();
        for path in &found.specs {
            self.file(path);
        }
        let unreadable =
            self.problems.iter().any(|problem| problem.code == codes::UNREADABLE_FILE.name);
        if found.specs.is_empty() && !unreadable {
            self.problems.push(self.no_specs(folder, &found));
        }
    }

    fn manifest(&mut self, folder: &str) {
        let path = join(folder, MANIFEST);
        let text = match self.world.read(&path) {
            Ok(text) => text,
            Err(ReadError::NotFound) => return,
            Err(error) => return self.report(&path, &error),
        };
        let source = self.project.sources.add(path.as_str(), text.clone());
        let (documents, problems) = parse_yaml(source, &text);
        self.problems.extend(problems);
        let count = documents.len();
        let mut documents = documents.into_iter();
        let node = documents.next();
        if let Some(second) = documents.next() {
            self.problems.push(
                Diagnostic::new(
                    codes::SEVERAL_MANIFESTS,
                    format!("`{path}` holds {count} documents; the manifest is one"),
                )
                .at(second.span, "this document is not read")
                .help("delete the line `---` and merge the parts"),
            );
        }
        self.project.manifest = Some(Manifest { source, node });
    }

    fn file(&mut self, path: &str) {
        match self.world.read(path) {
            Ok(text) => {
                let source = self.project.sources.add(path, text);
                self.project.files.push(source);
            }
            Err(error) => self.report(path, &error),
        }
    }

    fn report(&mut self, path: &str, error: &ReadError) {
        let problem = error.diagnostic(path, &mut self.project.sources);
        self.problems.push(problem);
    }

    fn no_specs(&self, folder: &str, found: &Found) -> Diagnostic {
        let shown = if folder.is_empty() { "." } else { folder };
        let suffixes: Vec<String> =
            self.suffixes.iter().map(|suffix| format!("`{suffix}`")).collect();
        let message = format!(
            "no specs in `{shown}`: no file there has a name that ends in {}",
            suffixes.join(" or ")
        );
        let help = match found.near.first() {
            Some(near) => format!("rename `{near}` so that it ends in `.yaml`"),
            None => "name the file to read, or run the command in another folder; hidden and ignored files are not searched".to_owned(),
        };
        Diagnostic::new(codes::NO_SPECS, message).help(help)
    }
}
