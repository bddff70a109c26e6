// The one gate: formatting, lint, types, cycles, contracts, then every test. Ends with the line `N passed, N failed`.
import { spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = (name) => join(root, 'node_modules/.bin', name);
const PARALLEL = 2;
// The Nx daemon would outlive the gate.
const env = { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true' };

const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' });

/** The commit that the contracts must stay compatible with: main, or on main itself the commit before. */
function contractsBase() {
  const resolve = (ref) => git('rev-parse', '--verify', '--quiet', `${ref}^{commit}`).stdout?.trim() ?? '';
  const head = resolve('HEAD');
  const base = ['origin/main', 'main', 'HEAD~1'].map(resolve).find((commit) => commit && commit !== head);
  return base && git('cat-file', '-e', `${base}:proto`).status === 0 ? base : null;
}

function breakingStep() {
  const base = contractsBase();
  if (!base) return { name: 'contracts: compatible', skip: 'no earlier contracts in the git history here' };
  return {
    name: `contracts: compatible with ${base.slice(0, 8)}`,
    command: [bin('buf'), 'breaking', '--against', `.git#ref=${base}`],
  };
}

const steps = [
  { name: 'format (prettier)', command: [bin('prettier'), '--check', '--log-level', 'warn', '.'] },
  {
    name: 'lint (eslint)',
    // Without the project graph, the module boundary rule would be skipped in silence.
    before: [bin('nx'), 'show', 'projects'],
    command: [bin('eslint'), '--max-warnings', '0', '.'],
  },
  { name: 'types (tsc)', command: [bin('tsc'), '--noEmit', '-p', 'tsconfig.json'] },
  {
    name: 'no cycles (dependency-cruiser)',
    command: [bin('depcruise'), '--config', '.dependency-cruiser.cjs', 'apps', 'libs'],
  },
  { name: 'contracts: style (buf lint)', command: [bin('buf'), 'lint'] },
  breakingStep(),
];

function execute([file, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.once('error', (thrown) => resolve({ code: 1, output: String(thrown) }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

async function runStep(step) {
  if (step.skip) {
    console.log(`- ${step.name}: skipped, ${step.skip}`);
    return true;
  }
  const startedAt = performance.now();
  const prepared = step.before ? await execute(step.before) : { code: 0, output: '' };
  const { code, output } = prepared.code === 0 ? await execute(step.command) : prepared;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${code === 0 ? '✓' : '✗'} ${step.name} (${seconds} s)`);
  if (code !== 0) console.log(output.trimEnd());
  return code === 0;
}

/** Runs all steps, a few at a time; returns the names of those that failed. */
async function runStatic() {
  const waiting = [...steps];
  const failed = [];
  const worker = async () => {
    for (let step = waiting.shift(); step; step = waiting.shift())
      if (!(await runStep(step))) failed.push(step.name);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return failed;
}

/** Streams the test run through; the counts come from its last plain line. */
function runTests() {
  return new Promise((resolve) => {
    const color = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
    const child = spawn(bin('vitest'), ['run', ...process.argv.slice(2)], {
      cwd: root,
      env: { ...env, ...color },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let tail = '';
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk);
      tail = (tail + chunk).slice(-4_000);
    });
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill(signal));
    child.once('error', (thrown) => {
      console.error(String(thrown));
      resolve({ code: 1, passed: 0, failed: 0 });
    });
    child.once('close', (code) => {
      const [, passed, failed] = /(\d+) passed, (\d+) failed[^\n]*\s*$/.exec(tail) ?? [];
      resolve({ code: code ?? 1, passed: Number(passed ?? 0), failed: Number(failed ?? 0) });
    });
  });
}

const failedSteps = await runStatic();
console.log('tests (vitest)');
const tests = await runTests();
const failedCount = tests.failed + failedSteps.length;
const ok = tests.code === 0 && failedSteps.length === 0;
// Where the tests' own last line does not tell the whole story, the gate says it.
if (!ok && (failedSteps.length > 0 || tests.failed === 0)) {
  if (failedSteps.length > 0) console.log(`\nfailed besides the tests: ${failedSteps.join('; ')}`);
  console.log(`${tests.passed} passed, ${Math.max(1, failedCount)} failed`);
}
process.exitCode = ok ? 0 : 1;
