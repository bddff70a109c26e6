import type { ReleaseVersion } from '@winnow/domain';

export interface ReleaseSlotOptions<T> {
  readonly version: ReleaseVersion;
  readonly value: T;
  readonly dispose: (value: T) => Promise<void> | void;
  /** Time between the last use and disposal, for those who hold the value without a lease. */
  readonly disposeGraceMs: number;
  readonly onDisposeFailure: (thrown: unknown) => void;
}

/** A loaded release and who uses it: evicted at once, disposed of once nobody does any more. */
export class ReleaseSlot<T> {
  #users = 0;
  #evicted = false;
  #settle: () => void = () => undefined;
  readonly #disposed = new Promise<void>((resolve) => (this.#settle = resolve));

  constructor(private readonly options: ReleaseSlotOptions<T>) {}

  get version(): ReleaseVersion {
    return this.options.version;
  }

  get value(): T {
    return this.options.value;
  }

  /** Runs `work` with the value, which is not disposed of meanwhile. */
  async use<R>(work: (value: T) => Promise<R> | R): Promise<R> {
    this.#users += 1;
    try {
      return await work(this.value);
    } finally {
      this.#users -= 1;
      this.#disposeIfUnused();
    }
  }

  /** Resolves once the value is disposed of. */
  evict(): Promise<void> {
    this.#evicted = true;
    this.#disposeIfUnused();
    return this.#disposed;
  }

  #disposeIfUnused(): void {
    if (!this.#evicted || this.#users > 0) return;
    this.#evicted = false;
    setTimeout(() => void this.#dispose(), this.options.disposeGraceMs);
  }

  async #dispose(): Promise<void> {
    try {
      await this.options.dispose(this.value);
    } catch (thrown) {
      this.options.onDisposeFailure(thrown);
    }
    this.#settle();
  }
}
