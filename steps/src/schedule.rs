//! `schedule`: a workflow that starts later.

use indexmap::IndexMap;
use locus_plugin::services::{Due, Schedule as Request};
use locus_plugin::{Action, Millis, Step, StepContext, StepError};
use serde_json::{Value, json};

use crate::instant::Instant;

/// Starts another workflow later: after a while, at an instant, or again and again on a cron expression. The result is `{ id }`: the id
/// of the run that will start, or of the schedule that starts one each time.
///
/// It happens exactly once, together with the record that the step succeeded, whatever becomes of this run afterwards. Some process has to
/// be there when the time comes; a start that was missed is made up for once.
///
/// ```yaml
/// workflows:
///   sign_up:
///     input: { user: uuid }
///     steps:
///       - schedule: { workflow: remind, input: { user: "${ .input.user }" }, after: 3d }
///       - schedule: { workflow: digest, input: { user: "${ .input.user }" }, cron: "0 9 * * MON", timezone: Europe/Berlin }
///   remind:
///     input: { user: uuid }
///     steps:
///       - log: { message: "reminding ${ .input.user }" }
///   digest:
///     input: { user: uuid }
///     steps:
///       - log: { message: "the week of ${ .input.user }" }
/// ```
#[derive(Step)]
#[step(
    name = "schedule",
    action,
    effect = "transactional",
    passes_key,
    errors("unknown_workflow", "invalid_input", "invalid_schedule"),
    result = object([("id", notation("string"))]),
    exactly_one("after", "at", "cron")
)]
pub struct Schedule {
    /// The workflow's name.
    #[param(reference = "workflow", literal)]
    workflow: String,
    /// Its input, by name.
    #[param(default)]
    input: IndexMap<String, Value>,
    /// How long from now.
    after: Option<Millis>,
    /// The instant: a date and time with its offset from UTC, `2026-11-21T09:00:00Z`. One that is over starts it at once.
    at: Option<Instant>,
    /// Minute, hour, day of month, month and day of week: `0 9 * * MON` is every Monday at nine.
    cron: Option<String>,
    /// Whose clock `cron` goes by, as the IANA names it: `Europe/Berlin`.
    #[param(default = "UTC")]
    timezone: String,
    /// The last instant at which `cron` may start a run; for ever when not given.
    until: Option<Instant>,
}

impl Action for Schedule {
    async fn run(self, cx: StepContext) -> Result<Value, StepError> {
        let when = match (self.after, self.at, self.cron) {
            (Some(delay), ..) => Due::At(cx.now().saturating_add(delay.0)),
            (_, Some(instant), _) => Due::At(instant.0),
            (.., cron) => Due::Cron {
                expression: cron.unwrap_or_default(),
                timezone: self.timezone,
                until: self.until.map(|instant| instant.0),
            },
        };
        let input = Value::Object(self.input.into_iter().collect());
        let request = Request { workflow: self.workflow, input, when };
        Ok(json!({ "id": cx.schedule(request).await? }))
    }
}
