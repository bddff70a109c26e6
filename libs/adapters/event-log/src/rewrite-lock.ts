import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HEARTBEAT_MS = 5_000;
/** An owner that lives touches the file every few seconds. */
const ABANDONED_AFTER_MS = 60_000;
const RETRY_MS = 50;
const TOKEN = randomBytes(6).toString('hex');

export interface RewriteLockOptions {
  readonly path: string;
  /** How long to wait for another process before giving up. */
  readonly waitMs: number;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function tryCreate(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx');
    await handle.writeFile(JSON.stringify({ host: hostname(), pid: process.pid, token: TOKEN }));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const { mtimeMs } = await stat(path);
  if (Date.now() - mtimeMs > ABANDONED_AFTER_MS) return true;
  const owner = JSON.parse(await readFile(path, 'utf8')) as { host: string; pid: number; token: string };
  if (owner.host !== hostname()) return false;
  return owner.pid === process.pid ? owner.token !== TOKEN : !isRunning(owner.pid);
}

/** Clears a dead owner's lock by renaming it: of several that try, one succeeds. */
async function clearAbandoned(path: string): Promise<void> {
  if (!(await isAbandoned(path).catch(() => false))) return;
  const aside = join(dirname(path), `tmp-lock-${randomBytes(6).toString('hex')}`);
  const moved = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (moved) await rm(aside, { force: true });
}

/**
 * Runs `work` while no other process rewrites parts. Appending needs no lock: it only adds files. Two rewriters at once
 * could bring back rows that one of them erased.
 *
 * @throws Error when another process holds the lock for longer than `waitMs`.
 */
export async function withRewriteLock<T>(options: RewriteLockOptions, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(options.path), { recursive: true });
  const giveUpAtMs = performance.now() + options.waitMs;
  while (!(await tryCreate(options.path))) {
    if (performance.now() > giveUpAtMs)
      throw new Error(`event log: ${options.path}: another process is rewriting the log; try again later`);
    await clearAbandoned(options.path);
    await sleep(RETRY_MS);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    void utimes(options.path, now, now).catch(() => {});
  }, HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(options.path, { force: true });
  }
}
