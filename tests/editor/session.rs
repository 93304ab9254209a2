//! A session with `locus lsp`, over its standard input and output.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{LOCUS, command, folder_with};

/// An editor that has a server.
pub(super) struct Session {
    folder: TempDir,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    asked: u64,
    /// What was last published of each file, by URI.
    pub(super) published: Vec<(String, Value)>,
}

impl Session {
    /// Starts the server in a folder with these files.
    pub(super) fn start<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        let mut session = Self::silent(files);
        let able = json!({ "textDocument": { "completion": { "completionItem": { "snippetSupport": true } } } });
        let answer = session.request("initialize", json!({ "capabilities": able }));
        assert!(answer["result"]["capabilities"].is_object(), "{answer}");
        session.notify("initialized", json!({}));
        session
    }

    /// Starts the server and says nothing yet.
    pub(super) fn silent<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        let folder = folder_with(files);
        let mut locus: Command = command(LOCUS, folder.path(), &[]);
        let mut child = locus
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .current_dir(folder.path())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { folder, child, input, output, asked: 0, published: Vec::new() }
    }

    /// The URI of a file.
    pub(super) fn uri(&self, name: &str) -> String {
        let folder = self.folder.path().to_string_lossy();
        format!("file://{folder}/{name}")
    }

    /// The name of a file by its URI.
    pub(super) fn name(&self, uri: &str) -> String {
        let folder = self.uri("");
        uri.strip_prefix(&folder).unwrap_or(uri).to_owned()
    }

    /// The text of a file as it is saved.
    pub(super) fn saved(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    pub(super) fn open(&mut self, name: &str, text: &str) {
        let uri = self.uri(name);
        let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    pub(super) fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Asks, and waits for the answer.
    pub(super) fn request(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message;
            }
        }
    }

    /// Waits until something is published of a file.
    pub(super) fn diagnostics(&mut self, name: &str) -> Value {
        let uri = self.uri(name);
        loop {
            if let Some(at) = self.published.iter().position(|(of, _)| *of == uri) {
                return self.published.remove(at).1;
            }
            self.receive();
        }
    }

    pub(super) fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.send_bytes(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    pub(super) fn send_bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    /// The next message of the server.
    pub(super) fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server went away");
            match line.trim_end().split_once(": ") {
                Some(("Content-Length", value)) => length = value.parse().unwrap(),
                _ if line.trim_end().is_empty() => break,
                _ => {}
            }
        }
        let mut bytes = vec![0; length];
        self.output.read_exact(&mut bytes).unwrap();
        let message: Value = serde_json::from_slice(&bytes).unwrap();
        if message["method"] == "textDocument/publishDiagnostics" {
            let uri = message["params"]["uri"].as_str().unwrap().to_owned();
            self.published.retain(|(of, _)| *of != uri);
            self.published.push((uri, message["params"].clone()));
        }
        message
    }

    /// Ends the session as an editor does; gives the exit code.
    pub(super) fn end(mut self) -> Option<i32> {
        let answer = self.request("shutdown", Value::Null);
        assert!(answer.get("error").is_none(), "{answer}");
        self.notify("exit", Value::Null);
        self.child.wait().unwrap().code()
    }

    /// Closes the server's input; gives the exit code.
    pub(super) fn hang_up(mut self) -> Option<i32> {
        self.input = None;
        self.child.wait().unwrap().code()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
