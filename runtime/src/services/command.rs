//! Programs of the machine, run for steps: without a shell, with few variables of the environment.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use locus_plugin::StepError;
use locus_plugin::services::{Command, CommandOutput};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command as Process};

/// What a program sees of the environment, beside what its step gives it.
const PASSED_ON: [&str; 4] = ["PATH", "HOME", "LANG", "TMPDIR"];

/// Runs a program for a step. Whether it may was asked before.
pub(super) async fn run(base_dir: &Path, command: Command) -> Result<CommandOutput, StepError> {
    let mut child = start(base_dir, &command)?;
    let limit = command.max_output;
    let (stdin, stdout, stderr) =
        (child.process.stdin.take(), child.process.stdout.take(), child.process.stderr.take());
    let feed = async {
        if let Some(mut pipe) = stdin {
            // A program that does not read to the end is none the worse for it.
            let _ = pipe.write_all(&command.stdin).await;
        }
    };
    let wait = async {
        let status = child.process.wait().await;
        // What it has started and left behind would hold on to the pipes.
        child.group.kill();
        status
    };
    let all = async {
        let ((), status, stdout, stderr) =
            tokio::join!(feed, wait, read(stdout, limit), read(stderr, limit));
        (status, stdout, stderr)
    };
    let ended = match command.timeout {
        Some(limit) => tokio::time::timeout(Duration::from_millis(limit), all).await.ok(),
        None => Some(all.await),
    };
    let Some((status, stdout, stderr)) = ended else {
        let limit = locus_model::duration::format_duration(command.timeout.unwrap_or_default());
        let message = format!("`{}` took longer than {limit}", command.program);
        return Err(StepError::retryable("timeout", message));
    };
    let failed = |error: std::io::Error| {
        let message = format!("`{}` cannot be followed: {error}", command.program);
        StepError::retryable("command_error", message)
    };
    let (status, stdout, stderr) =
        (status.map_err(failed)?, stdout.map_err(failed)?, stderr.map_err(failed)?);
    let (Some(stdout), Some(stderr)) = (stdout, stderr) else {
        let message = format!("`{}` wrote more than {limit} bytes", command.program);
        return Err(StepError::terminal("output_too_large", message));
    };
    Ok(CommandOutput { code: status.code(), signal: signal_of(status), stdout, stderr })
}

/// A program that is running. Dropping it ends it, with all it has started.
struct Running {
    process: Child,
    group: Group,
}

/// The group of processes that a program and all it has started are in.
struct Group(Option<u32>);

impl Group {
    #[cfg(unix)]
    fn kill(&mut self) {
        let number = self.0.take().and_then(|number| i32::try_from(number).ok());
        if let Some(group) = number.and_then(rustix::process::Pid::from_raw) {
            // None is left where all have ended by themselves.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }

    #[cfg(not(unix))]
    fn kill(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(unix)]
fn signal_of(status: std::process::ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal_of(_status: std::process::ExitStatus) -> Option<i32> {
    None
}

/// Starts a program in a group of its own.
#[expect(
    clippy::disallowed_methods,
    reason = "running programs for steps: this module is their host"
)]
fn start(base_dir: &Path, command: &Command) -> Result<Running, StepError> {
    let name = &command.program;
    let folder = folder(base_dir, command.folder.as_deref())?;
    // A path is one of the project, wherever the program runs.
    let program: OsString =
        if name.contains(['/', '\\']) { base_dir.join(name).into_os_string() } else { name.into() };
    let mut process = Process::new(program);
    process.args(&command.args).current_dir(folder).env_clear();
    process.envs(PASSED_ON.iter().filter_map(|name| Some((*name, std::env::var_os(name)?))));
    process.envs(&command.env).kill_on_drop(true);
    process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    process.process_group(0);
    let process = process.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            StepError::terminal("command_not_found", format!("there is no program `{name}`"))
        }
        std::io::ErrorKind::InvalidInput => StepError::terminal(
            "command_error",
            format!(
                "`{name}` cannot be run: an argument or variable has a NUL or `=` where none may be"
            ),
        ),
        _ => StepError::terminal("command_error", format!("`{name}` cannot be run: {error}")),
    })?;
    let group = Group(process.id());
    Ok(Running { process, group })
}

/// A folder of the project.
fn folder(base_dir: &Path, wanted: Option<&str>) -> Result<PathBuf, StepError> {
    let Some(wanted) = wanted else { return Ok(base_dir.to_owned()) };
    let refused = |why: &str| {
        let message = format!("the folder `{wanted}` cannot be used: {why}");
        StepError::terminal("path_not_allowed", message)
    };
    let inside = Path::new(wanted)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !inside {
        return Err(refused("it must be relative, without `..`"));
    }
    let real = |path: &Path| canonical(path).map_err(|error| refused(&error.to_string()));
    let (base, folder) = (real(base_dir)?, real(&base_dir.join(wanted))?);
    if !folder.starts_with(&base) {
        return Err(refused("it is a link that leads out of the project"));
    }
    Ok(folder)
}

#[expect(
    clippy::disallowed_methods,
    reason = "running programs for steps: this module is their host"
)]
fn canonical(path: &Path) -> std::io::Result<PathBuf> {
    path.canonicalize()
}

/// All that comes, or nothing where it is more than the limit; the rest is read and thrown away, so that the program can end.
async fn read(
    from: Option<impl AsyncRead + Unpin>,
    limit: u64,
) -> std::io::Result<Option<Vec<u8>>> {
    let (mut bytes, Some(mut from)) = (Vec::new(), from) else { return Ok(Some(Vec::new())) };
    (&mut from).take(limit + 1).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 <= limit {
        return Ok(Some(bytes));
    }
    tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
    Ok(None)
}
