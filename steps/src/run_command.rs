//! `run_command`: programs of the machine.

use indexmap::IndexMap;
use locus_plugin::services::{Command, CommandOutput};
use locus_plugin::{Action, Millis, Param, ParamError, Step, StepContext, StepError, schema};
use serde_json::{Value, json};

/// How much of standard error an error shows.
const SHOWN: usize = 2000;

/// Runs a program of the machine, without a shell; the result is `{ code, stdout, stderr }`, or what `output` makes of standard output.
///
/// The project must grant it: `plugins: { locus.steps: { permissions: [run_command] } }` in `locus.yaml`, or
/// `"run_command:git"` for one program alone; otherwise the step fails with `permission_denied`. Arguments are passed on as they are, so nothing in
/// them is ever read as a command. The program sees the variables of `env`, `PATH`, `HOME`, `LANG` and `TMPDIR`, and no other.
///
/// An exit code that is not expected fails the step with the code that `errors` has for it, otherwise `command_failed`; the error's details are
/// `{ code, signal, stdout, stderr }`. A program that takes too long, or that is not wanted any longer, is killed with all it has started.
///
/// Nobody knows whether a program can run twice: after a crash in the middle the step fails with `interrupted`, unless
/// `idempotent: true` says that it can.
///
/// ```yaml
/// workflows:
///   resize:
///     input: { picture: string }
///     steps:
///       - id: size
///         run_command:
///           program: identify
///           args: [-format, "%w %h", "${ .input.picture }"]
///           errors: { "1": no_picture }
///           idempotent: true
///       - return: { value: "${ .steps.size.stdout }" }
/// ```
#[derive(Step)]
#[step(name = "run_command", action, effect = "at_most_once", result = any())]
pub struct RunCommand {
    /// The program: a name that is looked up in `PATH`, or a path.
    program: String,
    /// Its arguments.
    #[param(default, secret_safe)]
    args: Vec<String>,
    /// Variables of its environment, by name.
    #[param(default, secret_safe)]
    env: IndexMap<String, String>,
    /// The folder it runs in, relative to the project's; that one when not given.
    folder: Option<String>,
    /// What it reads from standard input: text as it is, any other value as JSON.
    #[param(secret_safe)]
    stdin: Option<Value>,
    /// How long it may take; longer fails with `timeout`.
    #[param(default = "60s")]
    timeout: Millis,
    /// The most bytes it may write to standard output, and to standard error; more fail with `output_too_large`.
    #[param(default = 1_048_576, min = 1, max = 67_108_864)]
    max_output: u64,
    /// The exit codes that are a success; 0 when empty.
    #[param(default)]
    expect: Vec<u32>,
    /// The error code of the failure, by exit code.
    #[param(default)]
    errors: IndexMap<String, String>,
    /// What the result is.
    #[param(default = "all")]
    output: Output,
    /// Whether running it twice does no more than running it once.
    #[param(default)]
    #[expect(dead_code, reason = "read by the compiler")]
    idempotent: Idempotent,
}

/// What the result is.
#[derive(Param, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// `{ code, stdout, stderr }`, both as text.
    All,
    /// Standard output as text, without the line break at its end.
    Text,
    /// The lines of standard output.
    Lines,
    /// Standard output, read as JSON; otherwise the step fails with `invalid_output`.
    Json,
}

/// Whether a repetition is safe.
#[derive(Default)]
pub struct Idempotent;

impl Param for Idempotent {
    fn schema() -> Value {
        let literal = schema::with(bool::schema(), schema::LITERAL, json!(true));
        schema::with(literal, schema::EFFECTS, json!({ "true": "idempotent" }))
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        bool::from_value(value).map(|_| Self)
    }

    fn absent() -> Option<Self> {
        Some(Self)
    }
}

impl Action for RunCommand {
    async fn run(self, cx: StepContext) -> Result<Value, StepError> {
        let stdin = match &self.stdin {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(text)) => text.clone().into_bytes(),
            Some(other) => other.to_string().into_bytes(),
        };
        let command = Command {
            program: self.program.clone(),
            args: self.args.clone(),
            env: self.env.clone(),
            folder: self.folder.clone(),
            stdin,
            timeout: Some(self.timeout.0),
            max_output: self.max_output,
        };
        let ended = cx.command(command).await?;
        if self.is_expected(ended.code) { self.result(&ended) } else { Err(self.failure(&ended)) }
    }
}

impl RunCommand {
    fn is_expected(&self, code: Option<i32>) -> bool {
        let Some(code) = code.and_then(|code| u32::try_from(code).ok()) else { return false };
        if self.expect.is_empty() { code == 0 } else { self.expect.contains(&code) }
    }

    fn result(&self, ended: &CommandOutput) -> Result<Value, StepError> {
        let text = String::from_utf8_lossy(&ended.stdout);
        Ok(match self.output {
            Output::All => json!({
                "code": ended.code,
                "stdout": text,
                "stderr": String::from_utf8_lossy(&ended.stderr),
            }),
            Output::Text => {
                json!(text.strip_suffix('\n').map_or(&*text, |text| text.trim_end_matches('\r')))
            }
            Output::Lines => text.lines().map(Value::from).collect(),
            Output::Json => serde_json::from_str(&text).map_err(|error| {
                let message = format!("`{}` wrote no JSON: {error}", self.program);
                StepError::terminal("invalid_output", message).details(describe(ended))
            })?,
        })
    }

    fn failure(&self, ended: &CommandOutput) -> StepError {
        let how = match (ended.code, ended.signal) {
            (Some(code), _) => format!("ended with exit code {code}"),
            (None, Some(signal)) => format!("was ended by the signal {signal}"),
            (None, None) => "was ended from outside".to_owned(),
        };
        let code = ended.code.and_then(|code| self.errors.get(&code.to_string()));
        let code = code.map_or("command_failed", String::as_str);
        StepError::terminal(code, format!("`{}` {how}", self.program)).details(describe(ended))
    }
}

/// What a program did, as the details of an error.
fn describe(ended: &CommandOutput) -> Value {
    json!({
        "code": ended.code,
        "signal": ended.signal,
        "stdout": end_of(&ended.stdout),
        "stderr": end_of(&ended.stderr),
    })
}

/// The end of a text: that is where programs say what went wrong.
fn end_of(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let start = text.ceil_char_boundary(text.len().saturating_sub(SHOWN));
    text[start..].to_owned()
}
