import {
  err,
  type ModelRegistryReader,
  ok,
  reasonOf,
  type ReleaseCanary,
  type ReleaseManifest,
  type ReleasePointer,
  type ReleaseVersion,
  type Result,
  type StageError,
  stageError,
  type VerifiedRelease,
} from '@winnow/domain';
import type { Registry } from 'prom-client';
import type { Logger } from '../telemetry/logger';
import { type ReleaseMetrics, releaseMetrics } from './release-metrics';
import { ReleaseSlot } from './release-slot';

/** Where a host stands; `detail` is for people and for `/healthz`. */
export interface ReleaseState {
  readonly ready: boolean;
  readonly serving: ReleaseVersion | null;
  /** Newest first. */
  readonly loaded: readonly ReleaseVersion[];
  /** The release on trial, once it is loaded. */
  readonly canary: ReleaseCanary | null;
  readonly detail: string;
}

export interface ReleaseHostOptions<T> {
  readonly modelRegistry: ModelRegistryReader;
  /** Makes the service's part of a release from files that are known to be whole; warms it up. Throws when it cannot. */
  readonly load: (release: VerifiedRelease) => Promise<T>;
  /** Proves that the part answers: finite scores, golden ids. Throws what is wrong. */
  readonly check: (value: T, manifest: ReleaseManifest) => Promise<void> | void;
  readonly dispose: (value: T) => Promise<void> | void;
  readonly logger: Logger;
  readonly registry: Registry;
  /** At every change of what is loaded or serving. */
  readonly onState?: (state: ReleaseState) => void;
  /** Default 2,000: longer than any request. */
  readonly disposeGraceMs?: number;
  /** First pause before a failed load is tried again; doubles up to five minutes. Default 5,000. */
  readonly retryFirstMs?: number;
}

const DISPOSE_GRACE_MS = 2_000;
const RETRY_FIRST_MS = 5_000;
const RETRY_MAX_MS = 300_000;

/**
 * Keeps the registry's current release and its predecessor loaded, and the canary while there is one, and swaps without
 * a gap: a release serves only after its files were verified, it was loaded beside the old one, and it passed its golden check.
 * One that fails leaves the old one serving. Loads are serial, so that at most one release more is in memory than
 * the pointer names, for the time of a load.
 */
export class ReleaseHost<T> {
  /** Resolves once it is known what serves first: the release that the pointer names, another, or none. */
  readonly settled: Promise<void>;
  #settle!: () => void;
  readonly #slots = new Map<ReleaseVersion, ReleaseSlot<T>>();
  readonly #metrics: ReleaseMetrics;
  #pointer: ReleasePointer = { current: null, previous: null };
  #serving: ReleaseVersion | null = null;
  #failure: string | null = null;
  #watch: { stop(): Promise<void> } | undefined;
  #reconciling: Promise<void> | undefined;
  #isPointerNew = false;
  #retry: NodeJS.Timeout | undefined;
  #retryMs: number;
  #stopped = false;
  readonly #evictions = new Set<Promise<void>>();

  constructor(private readonly options: ReleaseHostOptions<T>) {
    this.#metrics = releaseMetrics(options.registry);
    this.#retryMs = options.retryFirstMs ?? RETRY_FIRST_MS;
    this.settled = new Promise((resolve) => (this.#settle = resolve));
  }

  /** Begins to follow the registry's pointer. Returns at once; `onState` tells when a release serves. */
  start(): void {
    this.#watch = this.options.modelRegistry.watch((pointer) => {
      this.#pointer = pointer;
      this.#retryMs = this.options.retryFirstMs ?? RETRY_FIRST_MS;
      this.#wake();
    });
  }

  /**
   * The release of this version, or the serving one for an empty version; null when it is not loaded.
   * The value stays usable for `disposeGraceMs` after its eviction: work that may last longer takes `use`.
   */
  get(version: ReleaseVersion | ''): T | null {
    return this.#slot(version)?.value ?? null;
  }

  /** Runs `work` with a loaded release, which lives as long as the work does; null when it is not loaded. */
  async use<R>(
    version: ReleaseVersion | '',
    work: (value: T, version: ReleaseVersion) => Promise<R> | R,
  ): Promise<R | null> {
    const slot = this.#slot(version);
    return slot ? slot.use((value) => work(value, slot.version)) : null;
  }

  /** Newest first. */
  loadedReleases(): readonly ReleaseVersion[] {
    return [...this.#slots.keys()].sort().reverse();
  }

  state(): ReleaseState {
    const serving = this.#serving;
    const parts = [serving === null ? 'no release is loaded' : `release ${serving}`];
    if (serving === null && this.#pointer.current === null)
      parts.push('none has been published: run `winnow train`');
    const canary = this.#loadedCanary();
    if (canary !== null) parts.push(`canary ${canary.version}`);
    if (this.#failure !== null) parts.push(this.#failure);
    return {
      ...{ ready: serving !== null, serving, loaded: this.loadedReleases(), canary },
      detail: parts.join('; '),
    };
  }

  /** Stops following, waits for a load under way, and disposes of everything once it is unused. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    await this.#watch?.stop();
    await this.#reconciling;
    this.#serve(null);
    this.#evict(() => false);
    await Promise.all(this.#evictions);
  }

  #loadedCanary(): ReleaseCanary | null {
    const { canary } = this.#pointer;
    return canary && this.#slots.has(canary.version) ? canary : null;
  }

  #slot(version: ReleaseVersion | ''): ReleaseSlot<T> | undefined {
    const wanted = version === '' ? this.#serving : version;
    return wanted === null ? undefined : this.#slots.get(wanted);
  }

  /** One reconciliation at a time; a pointer that moves meanwhile is looked at right after. */
  #wake(): void {
    this.#isPointerNew = true;
    this.#reconciling ??= this.#reconcile().finally(() => (this.#reconciling = undefined));
  }

  async #reconcile(): Promise<void> {
    while (this.#isPointerNew && !this.#stopped) {
      this.#isPointerNew = false;
      clearTimeout(this.#retry);
      await this.#follow(this.#pointer);
      this.#tell();
    }
  }

  async #follow({ current, previous, canary }: ReleasePointer): Promise<void> {
    if (current === null) return;
    const isWanted = (version: ReleaseVersion): boolean =>
      [current, previous, canary?.version, this.#serving].includes(version);
    // Before the load, so that the release that goes makes room for the one that comes.
    this.#evict(isWanted);
    this.#failure = null;
    if (await this.#ensure(current)) this.#serve(current);
    this.#evict(isWanted);
    this.#tell();
    if (this.#isPointerNew) return;
    if (previous !== null && (await this.#ensure(previous)) && this.#serving === null) this.#serve(previous);
    if (this.#isPointerNew || canary === undefined) return;
    await this.#ensure(canary.version);
  }

  /** Whether the release is loaded, now or already. */
  async #ensure(version: ReleaseVersion): Promise<boolean> {
    if (this.#slots.has(version)) return true;
    if (this.#stopped) return false;
    const startedAtMs = performance.now();
    const { logger } = this.options;
    const loaded = await this.#load(version);
    const durationMs = Math.round(performance.now() - startedAtMs);
    if (!loaded.ok) {
      const { kind, reason, cause } = loaded.error;
      this.#metrics.loadFailures.inc({ kind });
      this.#failure = `release ${version} was refused: ${reason}`;
      logger.error({ release: version, serving: this.#serving, kind, reason, err: cause }, 'release refused');
      this.#retryLater();
      return false;
    }
    this.#metrics.loads.inc();
    this.#metrics.loadDuration.set(durationMs / 1000);
    this.#slots.set(version, this.#newSlot(version, loaded.value));
    logger.info({ release: version, durationMs }, 'release loaded');
    return true;
  }

  async #load(version: ReleaseVersion): Promise<Result<T, StageError>> {
    const { modelRegistry, load, check, dispose } = this.options;
    try {
      const opened = await modelRegistry.open(version);
      if (!opened.ok) return opened;
      const value = await load(opened.value);
      try {
        await check(value, opened.value.manifest);
      } catch (thrown) {
        await dispose(value);
        return err(stageError('model', 'release-host', `golden check: ${reasonOf(thrown)}`, thrown));
      }
      return ok(value);
    } catch (thrown) {
      return err(stageError('model', 'release-host', reasonOf(thrown), thrown));
    }
  }

  #newSlot(version: ReleaseVersion, value: T): ReleaseSlot<T> {
    const { dispose, logger, disposeGraceMs } = this.options;
    return new ReleaseSlot({
      version,
      value,
      dispose,
      disposeGraceMs: disposeGraceMs ?? DISPOSE_GRACE_MS,
      onDisposeFailure: (thrown) =>
        logger.error({ release: version, err: thrown }, 'release not disposed of'),
    });
  }

  #serve(version: ReleaseVersion | null): void {
    if (this.#serving === version) return;
    if (this.#serving !== null) this.#metrics.serving.remove({ release: this.#serving });
    this.#serving = version;
    if (version === null) return;
    this.#metrics.serving.set({ release: version }, 1);
    this.options.logger.info({ release: version }, 'release serves');
  }

  #evict(isWanted: (version: ReleaseVersion) => boolean): void {
    for (const [version, slot] of this.#slots) {
      if (isWanted(version)) continue;
      this.#slots.delete(version);
      const eviction = slot.evict().finally(() => this.#evictions.delete(eviction));
      this.#evictions.add(eviction);
    }
  }

  /** A full disk or an exhausted memory passes; damage is found again, cheaply. */
  #retryLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#wake(), this.#retryMs);
    this.#retry.unref();
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
  }

  #tell(): void {
    this.options.onState?.(this.state());
    this.#settle();
  }
}
