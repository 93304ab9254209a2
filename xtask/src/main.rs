//! The project's own tasks: `cargo xtask ready | test | bless | bench`.
//!
//! Reading order:
//! 1. [`ready`]: everything CI checks, in order;
//! 2. [`testing`]: the tests, blessing and benchmarks;
//! 3. [`external`]: the one table of checks that need a tool from outside Rust;
//! 4. [`generated`]: the regions of repository files that are written from data;
//! 5. [`tree`]: has a run changed tracked files?
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task runner talks to whoever runs it"
)]

mod external;
mod generated;
mod process;
mod ready;
mod testing;
mod tree;
mod workspace;

use std::process::ExitCode;

use workspace::Workspace;

const USAGE: &str = "\
Usage: cargo xtask <command>

  ready [--skip-tests]   all that CI checks, in order, with a summary at the end
  test [ARGS]...         all tests and the external checks; ARGS go to `cargo test`
  bless [FILTER]         rewrites generated regions and the expectations of the tests
  bless --check          says which generated regions are out of date
  bench [ARGS]...        all benchmarks; ARGS go to `cargo bench`
";

/// What a command came to: done, or the reason why not.
type Outcome = Result<(), String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();

    let command: Box<dyn FnOnce(&Workspace) -> Outcome> = match words.as_slice() {
        ["ready"] => Box::new(|workspace| ready::run(workspace, ready::Tests::Run)),
        ["ready", "--skip-tests"] => {
            Box::new(|workspace| ready::run(workspace, ready::Tests::Skip))
        }
        ["test", rest @ ..] => Box::new(|workspace| testing::test(workspace, rest)),
        ["bless", "--check"] => Box::new(generated::check),
        ["bless"] => Box::new(|workspace| testing::bless(workspace, None)),
        ["bless", filter] if !filter.starts_with('-') => {
            Box::new(|workspace| testing::bless(workspace, Some(filter)))
        }
        ["bench", rest @ ..] => Box::new(|workspace| testing::bench(workspace, rest)),
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };

    match Workspace::load().and_then(|workspace| command(&workspace)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}
