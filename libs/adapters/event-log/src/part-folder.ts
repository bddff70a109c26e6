import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const PART_PATTERN = /^part-.*\.parquet$/;
const STAGING_PREFIX = 'tmp-';
const STAGING_ABANDONED_AFTER_MS = 60 * 60 * 1000;
const LISTINGS_MAX = 100;

let counter = 0;

/** Sorts by time of writing, then by order within this process; unique across processes. */
export function newPartName(nowMs: number): string {
  counter += 1;
  const time = String(Math.floor(nowMs)).padStart(15, '0');
  const order = String(counter % 1_000_000).padStart(6, '0');
  return `part-${time}-${order}-${randomBytes(4).toString('hex')}.parquet`;
}

/** Event parts say in their name that they have the column `cursor`: the first version of the log had none. */
const EVENTS_WITH_CURSORS = '-v2';

/** As {@link newPartName}, of an event part as it is written today. */
export const newEventPartName = (nowMs: number): string => withCursors(newPartName(nowMs));

export const hasEventCursors = (path: string): boolean =>
  new RegExp(`${EVENTS_WITH_CURSORS}(-r\\d+)?\\.parquet$`).test(path);

/** The name of an event part once it has the column. */
export const withCursors = (name: string): string =>
  hasEventCursors(name) ? name : name.replace(/(-r\d+)?\.parquet$/, `${EVENTS_WITH_CURSORS}$1.parquet`);

/** The name of a part's next rewriting: sorts where the old one did. */
export function rewrittenPartName(name: string): string {
  const [, stem, revision] = /^(.*?)(?:-r(\d+))?\.parquet$/.exec(name) ?? [];
  return `${stem}-r${Number(revision ?? 0) + 1}.parquet`;
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const ifMissing =
  <T>(value: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return value;
    throw error;
  };

const partNames = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(ifMissing<string[]>([]))).filter((name) => PART_PATTERN.test(name)).sort();

/**
 * A large folder is listed in several system calls, so a listing taken while a rewriter adds one part and removes others
 * may have neither. Two equal listings in a row have everything.
 */
async function partsIn(folder: string): Promise<string[]> {
  let names = await partNames(folder);
  for (let attempt = 0; attempt < LISTINGS_MAX; attempt += 1) {
    const again = await partNames(folder);
    if (again.join() === names.join()) return names.map((name) => join(folder, name));
    names = again;
  }
  throw new Error(`event log: ${folder}: changes faster than it can be listed`);
}

/** A moment and a later one; without either, from the beginning, to the end. */
export interface TimeWindow {
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** Parts by UTC day: `day=YYYY-MM-DD/part-….parquet`. */
export class DayPartitions {
  constructor(readonly folder: string) {}

  /** Days that have a partition, `YYYY-MM-DD`, ascending. */
  async days(): Promise<string[]> {
    const names = await readdir(this.folder).catch(ifMissing<string[]>([]));
    return names.flatMap((name) => /^day=(\d{4}-\d{2}-\d{2})$/.exec(name)?.slice(1) ?? []).sort();
  }

  partsOfDay(day: string): Promise<string[]> {
    return partsIn(join(this.folder, `day=${day}`));
  }

  /** Parts of the days that a window touches; all without one. */
  async parts(window: TimeWindow = {}): Promise<string[]> {
    const firstDay = window.fromMs === undefined ? '' : dayOf(window.fromMs);
    const lastDay = window.toMs === undefined ? '9999-99-99' : dayOf(window.toMs);
    const parts: string[] = [];
    for (const day of await this.days())
      if (day >= firstDay && day <= lastDay) parts.push(...(await this.partsOfDay(day)));
    return parts;
  }

  /** Removes every part of the days before a time's; returns how many days went. */
  async removeBefore(timeMs: number): Promise<number> {
    const gone = (await this.days()).filter((day) => day < dayOf(timeMs));
    for (const day of gone) await rm(join(this.folder, `day=${day}`), { recursive: true, force: true });
    return gone.length;
  }
}

/** Where the log lies on disk, and how a file gets into it: staged elsewhere, flushed, renamed. */
export class PartFolder {
  readonly events: DayPartitions;
  readonly slates: DayPartitions;
  readonly catalogFolder: string;

  constructor(readonly root: string) {
    this.events = new DayPartitions(join(root, 'events'));
    this.slates = new DayPartitions(join(root, 'slates'));
    this.catalogFolder = join(root, 'catalog');
  }

  catalogParts(): Promise<string[]> {
    return partsIn(this.catalogFolder);
  }

  /** Runs with an empty folder on the same file system, which is gone afterwards. */
  async stage<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const folder = join(this.root, `${STAGING_PREFIX}${process.pid}-${randomBytes(6).toString('hex')}`);
    await mkdir(folder, { recursive: true });
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Makes a staged file part of the log, durably. */
  async publish(staged: string, target: string): Promise<void> {
    await sync(staged);
    const folder = dirname(target);
    const made = await mkdir(folder, { recursive: true });
    await rename(staged, target);
    await sync(folder);
    // A new partition is only found again after a power cut when its own entry is flushed as well.
    if (made !== undefined)
      for (let path = dirname(folder); path.length >= this.root.length; path = dirname(path))
        await sync(path);
  }

  async remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) await rm(path, { force: true });
    for (const folder of new Set(paths.map((path) => dirname(path)))) await sync(folder);
  }

  /** Removes what killed writers left; nobody stages a file for an hour. */
  async removeAbandoned(nowMs: number): Promise<void> {
    for (const name of await readdir(this.root).catch(ifMissing<string[]>([]))) {
      if (!name.startsWith(STAGING_PREFIX)) continue;
      const path = join(this.root, name);
      const stats = await stat(path).catch(ifMissing(null));
      if (stats && nowMs - stats.mtimeMs > STAGING_ABANDONED_AFTER_MS)
        await rm(path, { recursive: true, force: true });
    }
  }
}

export const partName = (path: string): string => basename(path);

/** UTC day of a time, `YYYY-MM-DD`; times that no calendar writes with four digits go to its ends. */
export function dayOf(timeMs: number): string {
  const bounded = Math.min(Math.max(timeMs, EVENT_TIME_MIN_MS), EVENT_TIME_MAX_MS);
  return new Date(bounded).toISOString().slice(0, 10);
}

export const EVENT_TIME_MIN_MS = Date.UTC(1900, 0, 1);
export const EVENT_TIME_MAX_MS = Date.UTC(9999, 11, 31);
