//! For hosts that are not asynchronous themselves: a command line waits here for what the engine does.

use std::future::Future;
use std::io;

/// Runs a future, and all tasks it starts, until it is done.
///
/// # Errors
/// The system gives no threads.
pub fn block_on<F: Future>(future: F) -> io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(runtime.block_on(future))
}

/// Waits for a future, or for the user to interrupt the process (Ctrl-C, or the signal to terminate on Unix); `None` then.
pub async fn until_interrupted<F: Future>(future: F) -> Option<F::Output> {
    tokio::select! {
        output = future => Some(output),
        () = interrupted() => None,
    }
}

#[cfg(unix)]
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return wait_for_ctrl_c().await;
    };
    tokio::select! {
        () = wait_for_ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn interrupted() {
    wait_for_ctrl_c().await;
}

async fn wait_for_ctrl_c() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler the signal ends the process by itself.
        std::future::pending::<()>().await;
    }
}
