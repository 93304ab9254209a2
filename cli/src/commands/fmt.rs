//! `locus fmt`: specs in their one form.

use std::io::Read;
use std::path::{Path, PathBuf};

use locus_diag::{Diagnostics, Source, Sources};
use locus_editor::{Unformatted, format};
use locus_syntax::{DiskWorld, SPEC_SUFFIX, World, discover};

use crate::args::Fmt;
use crate::replace::replace;
use crate::ui::{Failed, Outcome, Ui, foreign};

pub(crate) fn fmt(args: &Fmt, ui: Ui) -> Outcome {
    if args.stdin {
        return fmt_stdin(args, ui);
    }
    let mut work = Work { args, ui, failed: false, changed: 0, files: 0 };
    let here = [PathBuf::from(".")];
    let paths = if args.paths.is_empty() { &here[..] } else { &args.paths[..] };
    for path in paths {
        work.path(path);
    }
    work.finish()
}

/// Standard input to standard output.
fn fmt_stdin(args: &Fmt, ui: Ui) -> Outcome {
    let mut text = String::new();
    std::io::stdin().lock().read_to_string(&mut text).map_err(|error| {
        ui.error(
            format_args!("standard input cannot be read: {error}"),
            Some("it must be UTF-8 text"),
        )
    })?;
    let mut sources = Sources::default();
    sources.add("standard input", text);
    let mut work = Work { args, ui, failed: false, changed: 0, files: 1 };
    for source in sources.iter() {
        let formatted = work.format(source, &sources).ok_or(Failed)?;
        match (args.check, args.diff) {
            (false, false) => ui.raw(&formatted),
            _ if *formatted != *source.text => work.shows(source, &formatted),
            _ => {}
        }
    }
    work.finish()
}

struct Work<'a> {
    args: &'a Fmt,
    ui: Ui,
    failed: bool,
    changed: usize,
    files: usize,
}

impl Work<'_> {
    /// A spec, or all of a folder.
    fn path(&mut self, path: &Path) {
        let (world, name) = DiskWorld::open(path);
        let mut sources = Sources::default();
        if name.is_empty() {
            let (project, problems) = discover(&world, "", &[SPEC_SUFFIX]);
            // Of the manifest only its text counts here: what is wrong with it is told when it is formatted.
            let unread = problems.into_iter().filter(|problem| problem.labels.is_empty());
            let unread: Diagnostics = unread.collect::<Vec<_>>().into();
            self.failed |= unread.has_errors();
            self.ui.diagnostics(&unread, &project.sources);
            sources = project.sources;
        } else {
            match world.read(&name) {
                Ok(text) => _ = sources.add(name, text),
                Err(error) => {
                    let problem = error.diagnostic(&name, &mut sources);
                    self.ui.diagnostics(&Diagnostics::from(vec![problem]), &sources);
                    self.failed = true;
                    return;
                }
            }
        }
        for source in sources.iter() {
            self.file(world.root(), source, &sources);
        }
    }

    fn file(&mut self, root: &Path, source: &Source, sources: &Sources) {
        self.files += 1;
        let Some(formatted) = self.format(source, sources) else { return };
        if *formatted == *source.text {
            return;
        }
        if self.args.check || self.args.diff {
            return self.shows(source, &formatted);
        }
        self.changed += 1;
        let path = root.join(&*source.name);
        match replace(&path, &formatted) {
            Ok(()) => self.ui.note(format_args!("formatted {}", foreign(&source.name))),
            Err(error) => {
                self.failed = true;
                self.ui.error(
                    format_args!("`{}` cannot be written: {error}", path.display()),
                    Some("nothing of it was changed"),
                );
            }
        }
    }

    /// The text in its one form; what prevents that is told.
    fn format(&mut self, source: &Source, sources: &Sources) -> Option<String> {
        let reason = match format(source.id, &source.text) {
            Ok(formatted) => return Some(formatted),
            Err(reason) => reason,
        };
        self.failed = true;
        let help = match &reason {
            Unformatted::Broken(problems) => {
                self.ui.diagnostics(&Diagnostics::from(problems.clone()), sources);
                "mend these errors first"
            }
            Unformatted::Unsafe => "write the part with the most unusual layout more plainly",
        };
        let name = &source.name;
        self.ui.error(format_args!("`{name}` is left as it is: {reason}"), Some(help));
        None
    }

    /// Shows a file that is not in its one form, and changes nothing.
    fn shows(&mut self, source: &Source, formatted: &str) {
        self.changed += 1;
        if self.args.diff {
            let diff = similar::TextDiff::from_lines(&*source.text, formatted);
            let names = (source.name.to_string(), format!("{} (formatted)", source.name));
            let text = diff.unified_diff().header(&names.0, &names.1).to_string();
            self.ui
                .raw(&text.lines().map(|line| format!("{}\n", foreign(line))).collect::<String>());
        } else {
            self.ui.result(foreign(&source.name));
        }
    }

    fn finish(self) -> Outcome {
        let Self { args, ui, failed, changed, files } = self;
        if args.check && changed > 0 {
            let count =
                if changed == 1 { "1 file is".to_owned() } else { format!("{changed} files are") };
            return Err(ui.error(format_args!("{count} not formatted"), Some("run `locus fmt`")));
        }
        if !args.stdin && !args.diff && !failed && changed == 0 {
            ui.note(format_args!("{files} file(s), all formatted"));
        }
        if failed { Err(Failed) } else { Ok(()) }
    }
}
