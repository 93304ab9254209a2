#!/usr/bin/env node
// Parses Mermaid diagrams with Mermaid's own parser: the files named, or standard input.
// Exit code 0: all parse; 1: at least one does not, each named on standard error; 2: unreadable.
// xtask copies this file beside the `node_modules` it installs; the modules resolve from there.
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

// Mermaid sanitises labels with DOMPurify, which takes the page it finds when it is loaded.
const page = new JSDOM("");
globalThis.window = page.window;
globalThis.document = page.window.document;
const { default: mermaid } = await import("mermaid");

const names = process.argv.slice(2);
let status = 0;
for (const name of names.length > 0 ? names : ["-"]) {
  let text;
  try {
    text = readFileSync(name === "-" ? 0 : name, "utf8");
  } catch (error) {
    console.error(`${name}: ${error.message}`);
    status = 2;
    continue;
  }
  try {
    await mermaid.parse(text);
  } catch (error) {
    console.error(`${name}: ${error.message}`);
    status = Math.max(status, 1);
  }
}
process.exit(status);
