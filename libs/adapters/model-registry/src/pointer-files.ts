import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { reasonOf, type ReleasePointer } from '@winnow/domain';
import { syncFolder } from './durable-files';
import { versionSchema } from './manifest';

const FILE_PATTERN = /^(\d{12})\.json$/;
/** Moves kept as history; older ones are deleted. */
const HISTORY_COUNT_MAX = 100;
const ATTEMPTS_MAX = 50;

const pointerSchema = z.strictObject({
  current: versionSchema.nullable(),
  previous: versionSchema.nullable(),
  canary: z
    .strictObject({
      version: versionSchema,
      share: z.number().gt(0).lt(1),
      sinceMs: z.number().finite(),
    })
    .optional(),
});

const fileName = (revision: number): string => `${String(revision).padStart(12, '0')}.json`;

interface Revision {
  readonly revision: number;
  readonly pointer: ReleasePointer;
}

/**
 * The pointer as a row of numbered files, the highest being the current one. Creating the next number with `link` is a
 * compare-and-swap that every POSIX file system offers: of two processes that move the pointer at once, one wins and the
 * other decides anew. No lock can be left behind by a killed process.
 */
export class PointerFiles {
  constructor(readonly folder: string) {}

  /** @throws Error naming the file when it is damaged. */
  async read(): Promise<ReleasePointer> {
    return (await this.#newest()).pointer;
  }

  /**
   * Moves the pointer to what `decide` makes of the present one. `decide` may run again when another process was
   * faster; returning the same object leaves everything as it is.
   */
  async move(decide: (pointer: ReleasePointer) => ReleasePointer): Promise<ReleasePointer> {
    await mkdir(this.folder, { recursive: true });
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const { revision, pointer } = await this.#newest();
      const next = decide(pointer);
      if (next === pointer) return pointer;
      if (await this.#create(revision + 1, next)) {
        await this.#dropHistory(revision + 1);
        return next;
      }
    }
    throw new Error(`${this.folder}: the pointer was moved by others ${ATTEMPTS_MAX} times in a row`);
  }

  async #revisions(): Promise<number[]> {
    const names = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return names.flatMap((name) => FILE_PATTERN.exec(name)?.slice(1).map(Number) ?? []);
  }

  async #newest(): Promise<Revision> {
    const revision = Math.max(0, ...(await this.#revisions()));
    if (revision === 0) return { revision, pointer: { current: null, previous: null } };
    const path = join(this.folder, fileName(revision));
    try {
      return { revision, pointer: pointerSchema.parse(JSON.parse(await readFile(path, 'utf8'))) };
    } catch (error) {
      throw new Error(`${path}: is damaged: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** False when the number is taken. */
  async #create(revision: number, pointer: ReleasePointer): Promise<boolean> {
    const temporary = join(this.folder, `.tmp-${process.pid}-${randomBytes(6).toString('hex')}`);
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(`${JSON.stringify(pointer)}\n`);
      await handle.sync();
      await link(temporary, join(this.folder, fileName(revision)));
      await syncFolder(this.folder);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await handle.close();
      await rm(temporary, { force: true });
    }
  }

  async #dropHistory(newest: number): Promise<void> {
    for (const revision of await this.#revisions())
      if (revision <= newest - HISTORY_COUNT_MAX)
        await rm(join(this.folder, fileName(revision)), { force: true });
  }
}
