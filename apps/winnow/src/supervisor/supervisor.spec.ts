import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandError } from '../command-error';
import type { ServiceSpec } from '../services/service-plan';
import { findRunningStack, lockHome } from './home-lock';
import { Supervisor } from './supervisor';

/** Serves /healthz on a port it chooses, tells it by a file, and notes when it is asked to stop. */
const SERVICE = `
import { createServer } from 'node:http';
import { appendFileSync, writeFileSync } from 'node:fs';
const { FOLDER, NAME, EXIT_CODE, DEAF } = process.env;
if (EXIT_CODE) { console.error(NAME + ': field port is wrong'); process.exit(Number(EXIT_CODE)); }
process.on('SIGTERM', () => { appendFileSync(FOLDER + '/stops', NAME + '\\n'); if (!DEAF) process.exit(0); });
if (process.env.WINNOW_SUPERVISED === '1') process.on('disconnect', () => process.exit(0));
const server = createServer((_, reply) => reply.end('ok'));
server.listen(0, '127.0.0.1', () => {
  writeFileSync(FOLDER + '/' + NAME + '.port', String(server.address().port));
  console.log(NAME + ' listens');
});
`;

let folder: string;
let supervisor: Supervisor | null = null;
const notes: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-supervisor-'));
  writeFileSync(join(folder, 'service.mjs'), SERVICE);
  notes.length = 0;
});

afterEach(async () => {
  await supervisor?.stop();
  supervisor = null;
  rmSync(folder, { recursive: true, force: true });
});

const spec = (name: string, environment: Record<string, string> = {}): ServiceSpec => ({
  name,
  entry: join(folder, 'service.mjs'),
  grpcPort: null,
  metricsPort: 0,
  environment: { FOLDER: folder, NAME: name, ...environment },
});

async function probe({ name }: ServiceSpec): Promise<boolean> {
  try {
    const port = readFileSync(join(folder, `${name}.port`), 'utf8');
    return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok;
  } catch {
    return false;
  }
}

function supervise(specs: readonly ServiceSpec[], graceMs = 5_000): Supervisor {
  supervisor = new Supervisor({
    specs,
    logFolder: join(folder, 'logs'),
    note: (text) => notes.push(text),
    graceMs,
    probe,
  });
  supervisor.start();
  return supervisor;
}

const pidIsAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('the supervisor', () => {
  it('starts services, says when all serve, logs each to its file, and stops them in reverse order', async () => {
    const running = supervise([spec('one'), spec('two'), spec('three')]);
    const statuses = await running.ready(20_000);
    expect(statuses.map(({ phase }) => phase)).toEqual(['ready', 'ready', 'ready']);
    const pids = statuses.map(({ pid }) => pid!);
    await running.stop();
    expect(readFileSync(join(folder, 'stops'), 'utf8').trim().split('\n')).toEqual(['three', 'two', 'one']);
    expect(pids.some(pidIsAlive)).toBe(false);
    expect(readFileSync(join(folder, 'logs/two.log'), 'utf8')).toContain('two listens');
  });

  it('starts a killed service again and says so', async () => {
    const running = supervise([spec('one')]);
    const [{ pid }] = await running.ready(20_000);
    process.kill(pid!, 'SIGKILL');
    while (running.statuses()[0].restartCount === 0) await sleep(20);
    const [again] = await running.ready(20_000);
    expect(again).toMatchObject({ phase: 'ready', restartCount: 1 });
    expect(again.pid).not.toBe(pid);
    expect(notes[0]).toMatch(/one was ended by SIGKILL; starting it again in 250 ms/);
  });

  it('gives up on a service that refuses its configuration, with its own words', async () => {
    const running = supervise([spec('one', { EXIT_CODE: '2' })]);
    const error: CommandError = await running.failed;
    expect(error.message).toContain('one refuses its configuration');
    expect(error.message).toContain('field port is wrong');
    expect(error.exitCode).toBe(2);
    expect(running.statuses()[0].phase).toBe('failed');
  });

  it('kills a service that does not stop within the grace', async () => {
    const running = supervise([spec('deaf', { DEAF: '1' })], 300);
    const [{ pid }] = await running.ready(20_000);
    await running.stop();
    expect(pidIsAlive(pid!)).toBe(false);
  });
});

describe('the home lock', () => {
  const stack = { portBase: 7700, redisUrl: 'redis://127.0.0.1:1', startedAtMs: 0 };

  it('lets one supervisor have a home, tells a second one who has it, and frees it', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    try {
      const lock = lockHome(folder, { ...stack, pid: other.pid! });
      expect(findRunningStack(folder)).toEqual({ ...stack, pid: other.pid });
      expect(() => lockHome(folder, { ...stack, pid: process.pid })).toThrow(
        new RegExp(`already runs on .*process ${other.pid}, ports from 7700`),
      );
      lock.release();
      expect(findRunningStack(folder)).toBeNull();
    } finally {
      other.kill();
    }
  });

  it('does not take a reused process id for the supervisor', () => {
    const stored = { ...stack, pid: process.pid, startTicks: '1' };
    writeFileSync(join(folder, 'up.json'), JSON.stringify(stored));
    expect(findRunningStack(folder)).toBeNull();
  });

  it('takes over from a supervisor that died', () => {
    writeFileSync(join(folder, 'up.json'), JSON.stringify({ ...stack, pid: 2 ** 22 + 1 }));
    const lock = lockHome(folder, { ...stack, pid: process.pid });
    expect(findRunningStack(folder)?.pid).toBe(process.pid);
    lock.release();
    expect(findRunningStack(folder)).toBeNull();
  });

  it('treats a damaged file as nobody', () => {
    writeFileSync(join(folder, 'up.json'), '{"pid":');
    expect(findRunningStack(folder)).toBeNull();
  });
});
