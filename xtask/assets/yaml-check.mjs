#!/usr/bin/env node
// Asks the YAML language server about a text on standard input, with a JSON Schema: `yaml-check.mjs SCHEMA [LINE COLUMN]` (both from 0).
// Prints what is wrong and fails if anything is; with a place, prints what it completes there.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [schema, line, column] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const program = join(here, "node_modules/yaml-language-server/bin/yaml-language-server");
const server = spawn(process.execPath, [program, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
const uri = "file:///case/case.locus.yaml";
const waiting = new Map();
let asked = 0;
let published;
const diagnostics = new Promise((told) => (published = told));

function send(message) {
  const body = JSON.stringify({ jsonrpc: "2.0", ...message });
  server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function ask(method, params) {
  asked += 1;
  const id = asked;
  send({ id, method, params });
  return new Promise((answered) => waiting.set(id, answered));
}

const settings = {
  yaml: { schemas: { [pathToFileURL(resolve(schema)).href]: ["*.locus.yaml"] }, validate: true, completion: true, schemaStore: { enable: false } },
};

function take(message) {
  if (message.method === "textDocument/publishDiagnostics" && message.params.uri === uri) {
    published(message.params.diagnostics);
  } else if (message.method === "workspace/configuration") {
    send({ id: message.id, result: message.params.items.map((item) => settings[item.section] ?? null) });
  } else if (message.method && message.id !== undefined) {
    send({ id: message.id, result: null });
  } else if (waiting.has(message.id)) {
    waiting.get(message.id)(message.result);
  }
}

let buffer = Buffer.alloc(0);
server.stdout.on("data", (chunk) => {
  buffer = Buffer.concat([buffer, chunk]);
  for (;;) {
    const end = buffer.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/Content-Length: (\d+)/i.exec(buffer.toString("utf8", 0, end))[1]);
    if (buffer.length < end + 4 + length) return;
    const body = buffer.toString("utf8", end + 4, end + 4 + length);
    buffer = buffer.subarray(end + 4 + length);
    take(JSON.parse(body));
  }
});
server.on("exit", () => process.exit(3));

await ask("initialize", { processId: process.pid, rootUri: null, capabilities: { workspace: { configuration: true } } });
send({ method: "initialized", params: {} });
send({ method: "workspace/didChangeConfiguration", params: { settings } });
send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version: 1, text: readFileSync(0, "utf8") } } });
const found = await diagnostics;
if (line !== undefined) {
  const position = { line: Number(line), character: Number(column) };
  const completed = await ask("textDocument/completion", { textDocument: { uri }, position });
  for (const item of completed.items ?? completed) console.log(item.label);
  process.exit(0);
}
for (const problem of found) {
  console.log(`${problem.range.start.line + 1}:${problem.range.start.character + 1}: ${problem.message}`);
}
process.exit(found.length > 0 ? 1 : 0);
