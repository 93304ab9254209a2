//! The execution core: a state machine without I/O. [`Machine::apply`] takes what happened and says what to do next; a shell does it,
//! journals what came of it, and feeds that back. The same events always lead to the same state, so a run is recovered
//! by starting its machine again and applying its journal.
//!
//! The core names no step type: control steps come in through the plugin contract.
//!
//! Reading order: [`event`] (what goes in and out), [`image`] and [`params`] (a program made ready), [`frame`] (what is going on),
//! [`machine`] (events to tasks), [`blocks`], [`steps`], [`control`] (what follows), [`input`] (what a workflow may be given), [`trace`] (what a run went through).

mod blocks;
mod control;
mod depth;
mod event;
mod frame;
mod image;
mod input;
mod machine;
mod params;
mod snapshot;
mod steps;
mod trace;
mod triggers;

pub use depth::is_too_deep;
pub use event::{Command, Event, Record, RunInfo, StepCall, TimerKind};
pub use image::Image;
pub use input::complete_input;
pub use machine::{CoreError, Machine, format_instant};
pub use trace::Visit;
pub use triggers::TriggeredStart;
