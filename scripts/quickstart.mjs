// From a fresh clone to a running command: checks Node, installs what is missing, builds, then runs the command. No dependencies.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { npmCommand, npmEnvironment } from './node-headers.mjs';

const NODE_MIN = [20, 11];
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  console.error(
    `Winnow needs Node ${NODE_MIN.join('.')} or newer; this is ${process.versions.node}.\n` +
      'Install Node 20 or 22 from https://nodejs.org (or: nvm install 20), then run the same command again.',
  );
  process.exit(2);
}

const lockfile = join(root, 'package-lock.json');
const marker = join(root, 'node_modules/.winnow-lock');
const lockHash = () => createHash('sha256').update(readFileSync(lockfile)).digest('hex');

/** A marker tells exactly; without one (the user ran npm install) the time of npm's own lock file does. */
function installed() {
  if (existsSync(marker)) return readFileSync(marker, 'utf8') === lockHash();
  const npmLock = join(root, 'node_modules/.package-lock.json');
  return existsSync(npmLock) && statSync(npmLock).mtimeMs >= statSync(lockfile).mtimeMs;
}

function run(file, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, env, stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });
}

async function install() {
  if (installed()) return;
  const startedAt = performance.now();
  console.log('installing packages (npm ci) …');
  const { file, args } = npmCommand(['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  const code = await run(file, args, npmEnvironment());
  if (code !== 0) {
    console.error(`npm ci failed with code ${code}: see its message above, then run the same command again.`);
    process.exit(code);
  }
  writeFileSync(marker, lockHash());
  console.log(`installed in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

requireNode();
await install();
const [command = 'demo', ...rest] = process.argv.slice(2);
// In this very process, so that signals and the exit code need no forwarding.
const target = command === 'check' ? 'scripts/check.mjs' : 'bin/winnow.mjs';
process.argv = [process.execPath, join(root, target), ...(command === 'check' ? rest : [command, ...rest])];
await import(pathToFileURL(process.argv[1]).href);
