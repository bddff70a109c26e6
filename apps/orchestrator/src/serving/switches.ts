import type { SwitchKind, SwitchReader, ThrownSwitch } from '@winnow/domain';

const POLL_MS = 1_000;

export interface SwitchesOptions {
  readonly reader: SwitchReader;
  /** Told what is off whenever that has changed. */
  readonly onChange?: (thrown: readonly ThrownSwitch[]) => void;
  readonly pollMs?: number;
}

/** The kill switches as they were about a second ago. While the store is away, what was known last holds. */
export class Switches {
  readonly #options: SwitchesOptions;
  #thrown: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: SwitchesOptions) {
    this.#options = options;
  }

  isOff(kind: SwitchKind, name: string): boolean {
    return this.#thrown.size > 0 && this.#thrown.has(`${kind}:${name}`);
  }

  /** Reads them once, and from then on regularly; resolves after the first read, answered or not. */
  async start(): Promise<void> {
    await this.read();
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#reading;
  }

  async read(): Promise<void> {
    const result = await this.#options.reader.thrown();
    if (!result.ok) return;
    const next = new Set(result.value.map(({ kind, name }) => `${kind}:${name}`));
    if (next.size === this.#thrown.size && [...next].every((one) => this.#thrown.has(one))) return;
    this.#thrown = next;
    this.#options.onChange?.(result.value);
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#reading = this.read().then(() => {
        if (!this.#stopped) this.#schedule();
      });
    }, this.#options.pollMs ?? POLL_MS);
    this.#timer.unref();
  }
}
