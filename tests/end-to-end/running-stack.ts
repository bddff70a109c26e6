import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createWinnowClient, type WinnowClient } from '@winnow/rpc-clients';

const root = join(import.meta.dirname, '../..');
const winnow = join(root, 'dist', 'winnow.js');

/** Ports that the stack takes from its base; the base is moved until they are all free. */
const PORT_OFFSETS = [0, 1, 2, 3, 10, 11, 20, 21, 30, 31, 40, 41, 51];

export interface RunningStack {
  readonly home: string;
  readonly client: WinnowClient;
  readonly redisUrl: string;
  /** Runs a command of the command line against this home and resolves with what it printed. */
  run(...args: readonly string[]): Promise<string>;
  /** Pid of a service, as it is now. */
  pidOf(service: string): Promise<number>;
  stop(): Promise<void>;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks again until the answer satisfies, and resolves with the milliseconds that took; throws after `timeoutMs`. */
export async function eventually(timeoutMs: number, holds: () => Promise<boolean>): Promise<number> {
  const startedAtMs = performance.now();
  for (;;) {
    if (await holds()) return performance.now() - startedAtMs;
    if (performance.now() - startedAtMs > timeoutMs) throw new Error(`did not hold within ${timeoutMs} ms`);
    await sleep(50);
  }
}

/** Imports the synthetic world, trains, and starts every service as its own process. */
export async function startStack(): Promise<RunningStack> {
  const home = await mkdtemp(join(tmpdir(), 'winnow-end-to-end-'));
  const config = join(home, 'winnow.yaml');
  await cp(join(import.meta.dirname, 'world.yaml'), config);
  const environment = { ...process.env, WINNOW_HOME: home, WINNOW_CONFIG: config };
  delete (environment as Record<string, unknown>)['REDIS_URL'];
  const run = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, [winnow, ...args], {
      env: environment,
      timeout: 240_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  };
  await run(
    'import',
    'synthetic',
    '--items',
    '1200',
    '--users',
    '500',
    '--days',
    '20',
    '--slates-per-day',
    '400',
    '--shift-to-now',
  );
  await run('train');
  const portBase = await freePortBase();
  const up = spawn(
    process.execPath,
    [winnow, 'up', '--port-base', String(portBase), '--orchestrators', '2'],
    {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const output: string[] = [];
  up.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  up.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const client = createWinnowClient({
    recommenderAddress: `ipv4:127.0.0.1:${portBase},127.0.0.1:${portBase + 2}`,
    collectorAddress: `127.0.0.1:${portBase + 40}`,
  });
  await ready(up, client, output);
  const redisUrl = /redis:\/\/[\w.:]+/.exec(output.join(''))?.[0] ?? '';
  return {
    home,
    client,
    redisUrl,
    run,
    pidOf: (service) => pidListeningAs(up.pid ?? 0, service),
    stop: async () => {
      client.close();
      await ended(up);
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function ready(up: ChildProcess, client: WinnowClient, output: readonly string[]): Promise<void> {
  await eventually(120_000, async () => {
    if (up.exitCode !== null) throw new Error(`the stack ended with ${up.exitCode}:\n${output.join('')}`);
    const reply = await client.recommend({ userId: 'nobody', k: 1 }).catch(() => null);
    return (await client.isServing()) && reply !== null && reply.degraded.length === 0;
  });
}

async function ended(up: ChildProcess): Promise<void> {
  const exit = new Promise<void>((resolve) => up.once('exit', () => resolve()));
  up.kill('SIGTERM');
  const late = setTimeout(() => up.kill('SIGKILL'), 30_000);
  await exit;
  clearTimeout(late);
}

async function freePortBase(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    // Below the ports that the system hands out for port 0.
    const base = 20_000 + Math.floor(Math.random() * 10_000);
    const free = await Promise.all(PORT_OFFSETS.map((offset) => portIsFree(base + offset)));
    if (free.every(Boolean)) return base;
  }
  throw new Error('no free range of ports');
}

const portIsFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/** The supervisor's child whose bundle is `<service>.js`, from /proc. */
async function pidListeningAs(supervisorPid: number, service: string): Promise<number> {
  const children = await readFile(`/proc/${supervisorPid}/task/${supervisorPid}/children`, 'utf8');
  for (const pid of children.trim().split(/\s+/)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(service === 'redis' ? 'redis-server' : `${service}.js`)) return Number(pid);
  }
  throw new Error(`${service} is no child of the supervisor`);
}
