import { mkdirSync, watch, type FSWatcher } from 'node:fs';
import type { ReleasePointer } from '@winnow/domain';

export interface PointerWatchOptions {
  readonly folder: string;
  readonly pollMs: number;
  readonly read: () => Promise<ReleasePointer>;
  readonly onPointer: (pointer: ReleasePointer) => void;
  /** A pointer that cannot be read; the last good one stays in force. */
  readonly onError: (error: unknown) => void;
}

/**
 * Calls back with the pointer at once and after every change. File system events make it quick; polling makes it certain,
 * since events get lost on network file systems and container mounts.
 */
export class PointerWatch {
  readonly #options: PointerWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #events: FSWatcher | null = null;
  #reading: Promise<void> | null = null;
  #readAgain = false;
  #stopped = false;
  #last: string | null = null;

  constructor(options: PointerWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#refresh(), options.pollMs);
    this.#timer.unref();
    this.#listen();
    this.#refresh();
  }

  /** No callback comes after this resolves. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#events?.close();
    await this.#reading;
  }

  #listen(): void {
    try {
      mkdirSync(this.#options.folder, { recursive: true });
      this.#events = watch(this.#options.folder, { persistent: false }, () => this.#refresh());
      this.#events.on('error', () => this.#events?.close());
    } catch {
      // A read-only mount or exhausted inotify watches: polling alone does.
      this.#events = null;
    }
  }

  #refresh(): void {
    if (this.#stopped) return;
    if (this.#reading) {
      this.#readAgain = true;
      return;
    }
    this.#reading = this.#readOnce().finally(() => {
      this.#reading = null;
      if (this.#readAgain) {
        this.#readAgain = false;
        this.#refresh();
      }
    });
  }

  async #readOnce(): Promise<void> {
    let pointer: ReleasePointer;
    try {
      pointer = await this.#options.read();
    } catch (error) {
      if (!this.#stopped) this.#options.onError(error);
      return;
    }
    const text = JSON.stringify([pointer.current, pointer.previous, pointer.canary]);
    if (this.#stopped || text === this.#last) return;
    this.#last = text;
    this.#options.onPointer(pointer);
  }
}
