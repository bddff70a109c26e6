import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BadRecord } from './records';

const BATCH_LENGTH = 64 * 1024;

/** Refused rows as JSON lines: file, line, reason, the row as it was. The file is made when the first one comes. */
export class Quarantine {
  readonly path: string;
  #handle: FileHandle | null = null;
  #pending = '';
  #count = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Rows written so far. */
  get count(): number {
    return this.#count;
  }

  async add({ file, line, reason, raw }: BadRecord): Promise<void> {
    this.#count += 1;
    this.#pending += `${JSON.stringify({ file, line, reason, raw })}\n`;
    if (this.#pending.length > BATCH_LENGTH) await this.#write();
  }

  /** Writes what is left; the file is whole once this resolves. */
  async close(): Promise<void> {
    if (this.#pending !== '') await this.#write();
    await this.#handle?.sync();
    await this.#handle?.close();
    this.#handle = null;
  }

  async #write(): Promise<void> {
    if (!this.#handle) {
      await mkdir(dirname(this.path), { recursive: true });
      this.#handle = await open(this.path, 'w');
    }
    const text = this.#pending;
    this.#pending = '';
    await this.#handle.writeFile(text);
  }
}
