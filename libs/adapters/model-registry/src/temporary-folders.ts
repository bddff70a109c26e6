import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'tmp-';
/** No publish takes this long; a temporary folder of another machine that is older belongs to nobody. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000;

const HOST =
  hostname()
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 32) || 'host';
/** Tells this process from an earlier one with the same id: in a restarted container every process is number 1. */
const PROCESS_TOKEN = randomBytes(4).toString('hex');

const newName = (): string =>
  `${PREFIX}${HOST}-${process.pid}-${PROCESS_TOKEN}-${randomBytes(6).toString('hex')}`;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function isAbandoned(root: string, name: string): Promise<boolean> {
  const [, host, pid, token] = name.split('-');
  if (host === HOST && token !== undefined) {
    if (Number(pid) === process.pid) return token !== PROCESS_TOKEN;
    if (!isRunning(Number(pid))) return true;
  }
  const { mtimeMs } = await stat(join(root, name));
  return Date.now() - mtimeMs > ABANDONED_AFTER_MS;
}

/** A new empty folder that only this process uses, recognisable after its death. */
export async function createTemporaryFolder(root: string): Promise<string> {
  const path = join(root, newName());
  await mkdir(path, { recursive: true });
  return path;
}

/** A free name for a folder that is about to be renamed away. */
export const temporaryPath = (root: string): string => join(root, newName());

/** Removes what dead publishers left; folders of living ones stay. */
export async function removeAbandonedFolders(root: string): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const name of await readdir(root).catch(() => [])) {
    if (!name.startsWith(PREFIX)) continue;
    // Another process may be cleaning too.
    if (!(await isAbandoned(root, name).catch(() => false))) continue;
    await rm(join(root, name), { recursive: true, force: true });
    removed.push(name);
  }
  return removed;
}
