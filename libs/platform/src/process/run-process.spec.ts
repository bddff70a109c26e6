import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ProcessMessage } from './run-process';

const root = join(import.meta.dirname, '../../../..');

/** A service whose behaviour the spec chooses by an argument. */
const SERVICE = `
import { commonSettings } from '../config/environment';
import { ConfigError } from '../config/config-error';
import { runProcess } from './run-process';
const mode = process.argv[2];
await runProcess({
  name: 'light-ranker',
  settings: commonSettings('light-ranker'),
  start: async ({ settings, setReadiness }) => {
    if (mode === 'misdescribed') throw new ConfigError('winnow.yaml', [{ path: 'namespace', message: 'is required' }]);
    if (mode === 'unlucky') throw new Error('no disk');
    setReadiness({ ready: true, detail: 'release a' });
    if (mode === 'buggy') setTimeout(() => Promise.reject(new Error('nobody caught this')), 20);
    return {
      address: settings.listenAddress,
      stop: () => new Promise((resolve) => setTimeout(resolve, mode === 'slow' ? 20_000 : 20)),
    };
  },
});
`;

let folder: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  // Inside the repository, so that packages resolve.
  await mkdir(join(root, 'tmp'), { recursive: true });
  folder = await mkdtemp(join(root, 'tmp', 'run-process-'));
  await build({
    stdin: { contents: SERVICE, resolveDir: import.meta.dirname, loader: 'ts' },
    outfile: join(folder, 'service.mjs'),
    tsconfig: join(root, 'tsconfig.base.json'),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  });
  await writeFile(join(folder, 'parent.mjs'), PARENT);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function launch(mode = 'well', environment: Record<string, string> = {}) {
  const child = fork(join(folder, 'service.mjs'), [mode], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...process.env,
      NODE_ENV: 'test',
      WINNOW_LISTEN_ADDRESS: '127.0.0.1:0',
      WINNOW_METRICS_ADDRESS: '127.0.0.1:0',
      ...environment,
    },
  });
  children.push(child);
  const said = { out: '', error: '', messages: [] as ProcessMessage[] };
  child.stdout!.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (said.error += chunk.toString()));
  child.on('message', (message) => said.messages.push(message as ProcessMessage));
  const exit = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const ready = (): Promise<void> =>
    expect.poll(() => said.messages.map(({ kind }) => kind), { timeout: 15_000 }).toContain('listening');
  return { child, said, exit, ready };
}

describe('runProcess', () => {
  it('says once that it is ready, serves health, and stops well on SIGTERM', async () => {
    const { child, said, exit, ready } = launch();
    await ready();
    const listening = said.messages.find((message) => message.kind === 'listening')!;
    expect(listening).toMatchObject({ name: 'light-ranker', address: '127.0.0.1:0' });
    const health = await fetch(`http://${(listening as { metricsAddress: string }).metricsAddress}/healthz`);
    expect(await health.json()).toEqual({ ready: true, detail: 'release a' });
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
    expect(said.out.match(/light-ranker ready on 127\.0\.0\.1:0/g)).toHaveLength(1);
    expect(said.messages.at(-1)).toMatchObject({ kind: 'readiness', ready: false, detail: 'draining' });
  });

  it('exits at once at the second signal', async () => {
    const { child, said, exit, ready } = launch('slow');
    await ready();
    child.kill('SIGINT');
    await expect.poll(() => said.out).toContain('draining');
    child.kill('SIGINT');
    expect(await exit).toBe(1);
  });

  it('prints every violation of its environment and exits with 2', async () => {
    const { said, exit } = launch('well', { WINNOW_LISTEN_ADDRESS: 'here', WINNOW_LOG_LEVEL: 'loud' });
    expect(await exit).toBe(2);
    expect(said.error).toContain('WINNOW_LISTEN_ADDRESS: must be host:port');
    expect(said.error).toContain('WINNOW_LOG_LEVEL');
  });

  it('exits with 2 for a description that is wrong, and with 1 when it cannot start', async () => {
    const [misdescribed, unlucky] = [launch('misdescribed'), launch('unlucky')];
    expect(await misdescribed.exit).toBe(2);
    expect(misdescribed.said.error).toContain('namespace: is required');
    expect(await unlucky.exit).toBe(1);
    expect(unlucky.said.out).toContain('no disk');
  });

  it('logs a rejection that nobody handled and exits with 1', async () => {
    const { said, exit } = launch('buggy');
    expect(await exit).toBe(1);
    expect(said.out).toContain('nobody caught this');
  });

  it('under a supervisor ignores Ctrl-C, and ends when the supervisor is killed', async () => {
    const supervised = launch('well', { WINNOW_SUPERVISED: '1' });
    await supervised.ready();
    supervised.child.kill('SIGINT');
    const parent = fork(join(folder, 'parent.mjs'), [join(folder, 'service.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: { ...process.env, WINNOW_SUPERVISED: '1', WINNOW_METRICS_ADDRESS: '127.0.0.1:0' },
    });
    children.push(parent);
    const pid = await new Promise<number>((resolve) => parent.once('message', (id) => resolve(Number(id))));
    expect(isAlive(pid)).toBe(true);
    expect(supervised.child.exitCode).toBeNull();
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
    // Node emits no 'close' for a child that was disconnected.
    const exit = new Promise((resolve) => supervised.child.once('exit', resolve));
    supervised.child.disconnect();
    expect(await exit).toBe(0);
  });
});

/** Starts the service as a supervisor would and tells its pid once it is ready. */
const PARENT = `
import { fork } from 'node:child_process';
const child = fork(process.argv[2], ['well'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
child.on('message', (message) => { if (message.kind === 'listening') process.send(child.pid); });
`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
