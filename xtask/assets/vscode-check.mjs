#!/usr/bin/env node
// Checks the types of a VS Code extension and packages it: `vscode-check.mjs FOLDER`. Fails if either does, or if its lock file names
// other versions than its manifest. xtask copies this file beside the `node_modules` it installs.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const work = mkdtempSync(join(here, "extension-"));
let status = 0;

function run(program, args) {
  const { status: code, stdout, stderr } = spawnSync(process.execPath, [join(here, "node_modules", program), ...args], {
    cwd: work,
    encoding: "utf8",
  });
  console.log(stdout + stderr);
  status ||= code ?? 1;
}

try {
  cpSync(process.argv[2], work, { recursive: true, filter: (path) => !path.includes("node_modules") });
  const read = (name) => JSON.parse(readFileSync(join(work, name), "utf8"));
  const manifest = read("package.json");
  const locked = read("package-lock.json").packages;
  const wanted = { ...manifest.dependencies, ...manifest.devDependencies };
  for (const [name, version] of Object.entries(wanted)) {
    const found = locked[`node_modules/${name}`]?.version;
    if (found !== version) {
      console.log(`${name}: package.json says ${version}, package-lock.json ${found}`);
      status = 1;
    }
  }
  symlinkSync(join(here, "node_modules"), join(work, "node_modules"), "junction");
  run("typescript/bin/tsc", ["--project", "jsconfig.json"]);
  // Its one dependency is bundled from a plain install, which is not done here.
  run("@vscode/vsce/vsce", ["package", "--no-dependencies", "--out", "checked.vsix"]);
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exit(status);
