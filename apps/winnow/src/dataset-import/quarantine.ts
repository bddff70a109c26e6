import { mkdirSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RefusedRow } from './import-source';

const BUFFER_LINES = 500;

/** Refused rows, one JSON object a line. The file is made with the first of them. */
export class Quarantine {
  readonly counts = { items: 0, users: 0, events: 0 };
  private readonly waiting: string[] = [];
  private file: FileHandle | null = null;
  private writing: Promise<void> = Promise.resolve();
  private failure: unknown = null;

  constructor(readonly path: string) {}

  get rowCount(): number {
    return this.counts.items + this.counts.users + this.counts.events;
  }

  /** An arrow, so that it can be handed on as a callback. */
  readonly take = (row: RefusedRow): void => {
    this.counts[row.kind] += 1;
    this.waiting.push(`${JSON.stringify(row)}\n`);
    if (this.waiting.length >= BUFFER_LINES) this.flush();
  };

  /** Everything is on the disk once it resolves; rejects when a write failed. */
  async close(): Promise<void> {
    this.flush();
    await this.writing;
    await this.file?.close();
    if (this.failure !== null) throw this.failure;
  }

  private flush(): void {
    const text = this.waiting.splice(0).join('');
    if (text === '') return;
    this.writing = this.writing
      .then(() => this.append(text))
      .catch((thrown: unknown) => {
        this.failure ??= thrown;
      });
  }

  private async append(text: string): Promise<void> {
    if (!this.file) {
      mkdirSync(dirname(this.path), { recursive: true });
      this.file = await open(this.path, 'w');
    }
    await this.file.write(text);
  }
}
