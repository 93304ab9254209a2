//! `locus lsp`: the language server, over standard input and output.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use locus_editor::Server;
use locus_editor::server::Ended;
use locus_plugin::Registry;
use serde_json::Value;

use crate::ui::{Failed, Outcome, Ui};

/// How long nothing must have come before diagnostics are told: while somebody types fast, they are not.
const PAUSE: Duration = Duration::from_millis(10);

/// The longest line of a header, and the longest message, in bytes.
const LONGEST_LINE: u64 = 64 * 1024;
const LONGEST_MESSAGE: u64 = 256 * 1024 * 1024;

pub(crate) fn lsp(registry: Arc<Registry>, ui: Ui) -> Outcome {
    let (sender, receiver) = mpsc::channel();
    // It ends with the process: nothing else can interrupt reading.
    thread::spawn(move || read_messages(BufReader::new(io::stdin()), &sender));
    let mut server = Server::new(registry);
    while server.ended().is_none() {
        let first = if server.is_behind() {
            receiver.recv_timeout(PAUSE)
        } else {
            receiver.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        let answers = match first {
            Ok(first) => {
                let all = std::iter::once(first).chain(receiver.try_iter());
                let (messages, unreadable): (Vec<_>, Vec<_>) = all.partition(Result::is_ok);
                let mut answers = server.receive(messages.into_iter().flatten());
                let reasons = unreadable.into_iter().filter_map(Result::err);
                answers.extend(reasons.map(|reason| Server::unreadable(&reason)));
                answers
            }
            Err(RecvTimeoutError::Timeout) => server.publish(),
            Err(RecvTimeoutError::Disconnected) => break,
        };
        if write_messages(&answers).is_err() {
            break;
        }
    }
    match server.ended() {
        Some(Ended::WellDone) => Ok(()),
        Some(Ended::Unasked) => Err(Failed),
        None => Err(ui.error(
            "the editor went away",
            Some("`locus lsp` is started by an editor, and talks with it over standard input and output"),
        )),
    }
}

/// Reads messages until the end of the input. What is no message is told, and reading goes on behind it.
fn read_messages(mut input: impl BufRead, sender: &Sender<Result<Value, String>>) {
    let mut length = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        match input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let header = String::from_utf8_lossy(&line);
        let header = header.trim_end();
        if let Some((name, value)) = header.split_once(':')
            && name.trim().eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse::<u64>().ok();
            continue;
        }
        if !header.is_empty() {
            continue;
        }
        let Some(length) = length.take() else { continue };
        let message = read_message(&mut input, length);
        if sender.send(message).is_err() {
            return;
        }
    }
}

fn read_message(input: &mut impl BufRead, length: u64) -> Result<Value, String> {
    if length > LONGEST_MESSAGE {
        _ = io::copy(&mut input.take(length), &mut io::sink());
        return Err(format!("it has {length} bytes"));
    }
    let mut bytes = Vec::new();
    input.take(length).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

fn write_messages(messages: &[Value]) -> io::Result<()> {
    let mut output = io::stdout().lock();
    for message in messages {
        let text = message.to_string();
        write!(output, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    }
    output.flush()
}
