// Starts `locus lsp` for specs and manifests, and restarts it when the setting changes.
"use strict";

const vscode = require("vscode");
const { LanguageClient, State } = require("vscode-languageclient/node");

/** @type {LanguageClient | undefined} */
let client;

/** The program that the setting names. */
function program() {
  return vscode.workspace.getConfiguration("locus").get("path", "locus").trim() || "locus";
}

async function start() {
  const run = { command: program(), args: ["lsp"] };
  const started = new LanguageClient(
    "locus",
    "Locus",
    { run, debug: run },
    {
      documentSelector: [
        { language: "locus", scheme: "file" },
        { language: "locus", scheme: "untitled" },
        { pattern: "**/*.locus.yaml", scheme: "file" },
        { pattern: "**/locus.yaml", scheme: "file" },
      ],
    },
  );
  client = started;
  try {
    await started.start();
  } catch (error) {
    const choice = await vscode.window.showErrorMessage(
      `Locus: \`${run.command} lsp\` cannot be started: ${error instanceof Error ? error.message : error}`,
      "Open the setting",
    );
    if (choice) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "locus.path");
    }
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running && running.state === State.Running) {
    await running.stop();
  }
}

async function restart() {
  await stop();
  await start();
}

/** Runs `locus check` where its output can be read and clicked. */
function check() {
  const active = vscode.window.activeTextEditor?.document.uri;
  const folder =
    (active && vscode.workspace.getWorkspaceFolder(active)) ?? vscode.workspace.workspaceFolders?.[0];
  const task = new vscode.Task(
    { type: "locus" },
    folder ?? vscode.TaskScope.Workspace,
    "check",
    "locus",
    new vscode.ProcessExecution(program(), ["check"]),
  );
  return vscode.tasks.executeTask(task);
}

/** @param {vscode.ExtensionContext} context */
async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("locus.restart", restart),
    vscode.commands.registerCommand("locus.check", check),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("locus.path")) {
        await restart();
      }
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
