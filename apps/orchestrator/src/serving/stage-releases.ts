import type { ModelServiceProbe, ReleaseVersion } from '@winnow/domain';

/** How long a status call may take; a service that is slower to say what it has is as good as away. */
const PROBE_TIMEOUT_MS = 500;

export interface StageReleasesOptions {
  /** Every stage that a release must be loaded in, by its name in `degraded`. */
  readonly stages: Readonly<Record<string, ModelServiceProbe>>;
  readonly probeIntervalMs?: number;
}

/**
 * Which releases each stage can answer from, asked of the stages every quarter second or so. Picks the release that
 * a request is pinned to: the newest that every reachable stage has, so that a swap in progress disturbs nobody.
 */
export class StageReleases {
  readonly #stages: ReadonlyMap<string, ModelServiceProbe>;
  readonly #intervalMs: number;
  /** Absent: not reachable, so it has no say. */
  readonly #loaded = new Map<string, ReadonlySet<ReleaseVersion>>();
  #timer: NodeJS.Timeout | undefined;
  #probing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor({ stages, probeIntervalMs = 250 }: StageReleasesOptions) {
    this.#stages = new Map(Object.entries(stages));
    this.#intervalMs = probeIntervalMs;
  }

  /** Asks all stages once and from then on regularly. Resolves when the first answers, or their absence, are known. */
  async start(): Promise<void> {
    await this.probe();
    this.#schedule();
  }

  /** Resolves once no probe is under way, so that the stages' clients may be closed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#probing;
  }

  /** Asks every stage once. */
  async probe(): Promise<void> {
    await Promise.all(
      [...this.#stages].map(async ([name, probe]) => {
        const deadlineAtMs = performance.now() + PROBE_TIMEOUT_MS;
        const status = await probe.status({ deadlineAtMs, requestId: 'release-probe' });
        if (status.ok && status.value.loadedReleases.length > 0)
          this.#loaded.set(name, new Set(status.value.loadedReleases));
        else this.#loaded.delete(name);
      }),
    );
  }

  /** A stage has just said that it does not have a release: known before the next probe. */
  missed(stage: string, release: ReleaseVersion): void {
    const loaded = this.#loaded.get(stage);
    if (loaded) this.#loaded.set(stage, new Set([...loaded].filter((one) => one !== release)));
  }

  /**
   * The first of `candidates`, newest first, that every reachable stage has loaded. When there is none, the first
   * that most stages have: those without it fail open.
   */
  pick<T extends { readonly version: ReleaseVersion }>(candidates: readonly T[]): T | null {
    let best: T | null = null;
    let bestCount = -1;
    for (const candidate of candidates) {
      const count = [...this.#loaded.values()].filter((loaded) => loaded.has(candidate.version)).length;
      if (count > bestCount) [best, bestCount] = [candidate, count];
    }
    return best;
  }

  /** Whether every stage that can be reached has the release. */
  reachableHave(version: ReleaseVersion): boolean {
    return [...this.#loaded.values()].every((loaded) => loaded.has(version));
  }

  /** Whether every stage, reachable or not, can answer from the release. */
  allHave(version: ReleaseVersion): boolean {
    return [...this.#stages.keys()].every((stage) => this.#loaded.get(stage)?.has(version) ?? false);
  }

  /** Stages that have answered their last probe with a release. */
  get reachable(): readonly string[] {
    return [...this.#loaded.keys()];
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#probing = this.probe().then(() => {
        if (!this.#stopped) this.#schedule();
      });
    }, this.#intervalMs);
    this.#timer.unref();
  }
}
