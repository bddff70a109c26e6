import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyRedis } from './redis-probe';

const LOCK_WAIT_MS = 90_000;
const LOCK_POLL_MS = 50;

interface RunningServer {
  readonly url: string;
  readonly runId: string;
}

const recordPath = (dataDir: string): string => join(dataDir, 'local-redis.json');

/** The server that already works in this folder, if it is still the one that was written down. */
export async function findRunningServer(dataDir: string): Promise<string | null> {
  try {
    const record = JSON.parse(await readFile(recordPath(dataDir), 'utf8')) as RunningServer;
    const identity = await identifyRedis(record.url);
    return identity.runId === record.runId ? record.url : null;
  } catch {
    return null;
  }
}

export async function recordRunningServer(dataDir: string, url: string): Promise<void> {
  const { runId } = await identifyRedis(url);
  await writeFile(recordPath(dataDir), `${JSON.stringify({ url, runId } satisfies RunningServer)}\n`);
}

export const forgetRunningServer = (dataDir: string): Promise<void> =>
  rm(recordPath(dataDir), { force: true });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Runs `action` while no other process starts a server in the folder: two servers appending to one file destroy it.
 * A lock left by a process that died is taken over.
 */
export async function withDataDirLock<T>(dataDir: string, action: () => Promise<T>): Promise<T> {
  await mkdir(dataDir, { recursive: true });
  const path = join(dataDir, 'local-redis.lock');
  const giveUpAt = performance.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      break;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    if (holder > 0 && !isAlive(holder)) await rm(path, { force: true });
    else if (performance.now() > giveUpAt)
      throw new Error(`another process (${holder || 'unknown'}) holds ${path}: stop it or delete the file`);
    else await sleep(LOCK_POLL_MS);
  }
  try {
    return await action();
  } finally {
    await rm(path, { force: true });
  }
}
