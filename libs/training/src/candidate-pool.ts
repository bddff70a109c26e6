import type {
  CallContext,
  CandidateRetriever,
  Description,
  QueryFeatures,
  ReleaseVersion,
} from '@winnow/domain';
import { BestFirst } from '@winnow/features';
import type { ItemCounters, ItemTable } from '@winnow/features';

export interface CandidatePoolOptions {
  readonly description: Description;
  readonly retriever: CandidateRetriever;
  readonly release: ReleaseVersion;
  readonly items: ItemTable;
  /** As of the query's moment: the caller replays them. */
  readonly counters: ItemCounters;
  /** The surface whose sources and quotas are used. */
  readonly surface: string;
}

/** Trending and popular lists change slowly; they are listed anew after this much replayed time. */
const LIST_LIFETIME_MS = 3_600_000;
const NO_DEADLINE: Omit<CallContext, 'requestId'> = { deadlineAtMs: Infinity };

/**
 * Candidates for training examples, drawn from the same sources and quotas as serving, so that rankers learn on what
 * they will meet.
 */
export class CandidatePool {
  private listedAtMs = -Infinity;
  private listed: Uint32Array = new Uint32Array(0);

  constructor(private readonly options: CandidatePoolOptions) {}

  /** Distinct ordinals that are not excluded, in the order of retrieval. */
  async candidates(
    query: QueryFeatures,
    excluded: Uint32Array,
  ): Promise<{ ordinals: Uint32Array; queryVector: Float32Array }> {
    const { retriever, release } = this.options;
    const reply = await retriever.retrieve(
      { release, query, sources: this.quotas('two-tower', 'similar'), excludedOrdinals: excluded },
      { ...NO_DEADLINE, requestId: 'training' },
    );
    if (!reply.ok) throw new Error(`retrieval failed: ${reply.error.reason}`);
    const skip = new Set(excluded);
    const pool = new Set<number>();
    for (const source of [...reply.value.sources.map(({ ordinals }) => ordinals), this.lists(query.nowMs)])
      for (const ordinal of source) if (!skip.has(ordinal)) pool.add(ordinal);
    return { ordinals: Uint32Array.from(pool), queryVector: reply.value.queryVector };
  }

  private quotas(...names: readonly string[]): { source: string; quota: number }[] {
    const surface = this.options.description.surfaces.find(({ name }) => name === this.options.surface);
    return (surface?.sources ?? [])
      .filter(({ source }) => names.includes(source))
      .map(({ source, quota }) => ({ source, quota }));
  }

  private lists(nowMs: number): Uint32Array {
    if (nowMs - this.listedAtMs < LIST_LIFETIME_MS) return this.listed;
    const { counters, items } = this.options;
    const accept = (ordinal: number): boolean => items.isAvailable(ordinal);
    const top = (halfLifeIndex: number | 'all-time', count: number): Uint32Array =>
      counters.top({ halfLifeIndex, nowMs, count, accept }).ordinals;
    const count = (source: string): number => this.quotas(source)[0]?.quota ?? 0;
    this.listedAtMs = nowMs;
    this.listed = Uint32Array.from(
      new Set([
        ...top(0, count('trending')),
        ...top('all-time', count('popular')),
        ...this.fresh(nowMs, count('fresh')),
      ]),
    );
    return this.listed;
  }

  /** The newest arrivals as of the moment: rankers that never met them would not know how to place them. */
  private fresh(nowMs: number, count: number): Uint32Array {
    const { items } = this.options;
    const newest = new BestFirst(count);
    for (let ordinal = 0; ordinal < items.ordinalLimit; ordinal += 1) {
      const firstSeenAtMs = items.firstSeenAtMs(ordinal);
      if (firstSeenAtMs <= nowMs && items.isAvailable(ordinal)) newest.offer(ordinal, firstSeenAtMs);
    }
    return newest.take().ordinals;
  }
}
