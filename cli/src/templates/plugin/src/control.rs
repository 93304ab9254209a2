//! `@name@_repeat`: a block again and again, with a pause.

use locus_plugin::{
    BlockRef, Control, ControlContext, ControlEvent, Decision, Launch, Millis, Outcome, Step, StepError,
};
use serde_json::json;

/// Runs its steps several times, one after the other, with a pause between; they see `$round`, from 0. The result is that of the last round.
///
/// ```yaml
/// workflows:
///   remind:
///     steps:
///       - @name@_repeat:
///           times: 3
///           pause: 1d
///           steps:
///             - log: { message: "Reminder ${ $round }" }
/// ```
#[derive(Step)]
#[step(name = "@name@_repeat", control, result = "json")]
pub struct Repeat {
    /// How many times.
    #[param(min = 1, max = 1000)]
    times: u64,
    /// How long to wait between two rounds.
    #[param(default = "0s")]
    pause: Millis,
    /// What is done.
    #[slot(runs = "many", binds("round"))]
    steps: BlockRef,
}

impl Control for Repeat {
    /// The round that is running, or waited for.
    type State = u64;

    fn start(&self, _: &ControlContext<'_>) -> Result<(u64, Decision), StepError> {
        Ok((0, self.round(0)))
    }

    fn on(&self, round: &mut u64, event: ControlEvent, cx: &ControlContext<'_>) -> Result<Decision, StepError> {
        match event {
            ControlEvent::Ended { outcome: Outcome::Done(value), .. } => {
                *round += 1;
                if cx.cancelling() {
                    // The host tells when nothing runs any longer.
                    Ok(Decision::wait())
                } else if *round >= self.times {
                    Ok(Decision::done(value))
                } else if self.pause.0 == 0 {
                    Ok(self.round(*round))
                } else {
                    Ok(Decision::wake_at(cx.now().saturating_add(self.pause.0)))
                }
            }
            ControlEvent::Ended { .. } if cx.cancelling() => Ok(Decision::wait()),
            ControlEvent::Ended { outcome, .. } => Ok(Decision::end(outcome)),
            ControlEvent::Woken => Ok(self.round(*round)),
            ControlEvent::Cancelled => Ok(Decision::end(Outcome::Cancelled)),
            // It listens for no event.
            ControlEvent::Received(_) => Ok(Decision::wait()),
        }
    }
}

impl Repeat {
    fn round(&self, round: u64) -> Decision {
        Decision::run(vec![Launch::iteration(&self.steps, round).bind("round", json!(round))])
    }
}

#[cfg(test)]
mod tests {
    use locus_plugin::testing::play;
    use serde_json::json;

    #[test]
    fn rounds_follow_each_other_with_a_pause() {
        play(
            "@name@_repeat",
            json!({ "times": 2, "pause": "5s", "steps": [] }),
            r#"
            start           => run /steps[0] round=0
            /steps[0] = "a" => wake 6000
            at 6000
            woken           => run /steps[1] round=1
            /steps[1] = "b" => done "b"
            "#,
        );
    }

    #[test]
    fn a_failure_ends_it() {
        play(
            "@name@_repeat",
            json!({ "times": 2, "steps": [] }),
            "start             => run /steps[0] round=0
             /steps[0] ! broken => failed broken",
        );
    }
}
