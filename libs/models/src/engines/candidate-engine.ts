import { err, ok, stageError } from '@winnow/domain';
import type {
  CandidateRetriever,
  Interaction,
  QueryFeatures,
  Result,
  RetrieveReply,
  RetrieveRequest,
  StageError,
  VectorHits,
  VectorIndexReader,
} from '@winnow/domain';
import { BestFirst } from '@winnow/features';
import type { NeighbourTable } from '@winnow/features';
import type { TwoTower } from '../two-tower/two-tower';
import { allFinite } from './ranking-engine';

export interface CandidateEngineOptions {
  readonly tower: Pick<TwoTower, 'encodeQuery'>;
  readonly index: VectorIndexReader;
  readonly neighbours: NeighbourTable;
  /** Item tower output of an ordinal, or null. */
  readonly vectorOf: (ordinal: number) => Float32Array | null | Promise<Float32Array | null>;
  /** By index of `Description.events`: which ones say that the user liked the item. */
  readonly positiveEventTypes: readonly boolean[];
}

const COMPONENT = 'candidate-generation';
/** Newest positive interactions that bring their neighbours. */
const TRIGGER_COUNT_MAX = 20;
const RECENCY_DECAY = 0.9;
/** A seed is asked about; an interaction only hints. */
const SEED_WEIGHT = 2;
/** Triggers without neighbours for which the index is searched: each costs a search. */
const VECTOR_TRIGGER_COUNT_MAX = 3;
/** Excluded items are over-fetched up to this many, rather than filtered by callbacks inside the index. */
const OVERFETCH_COUNT_MAX = 2_000;

type Excluded = ReadonlySet<number>;

/** Candidate generation in this process: the sources `two-tower` and `similar`. One release's. */
export class CandidateEngine implements CandidateRetriever {
  constructor(private readonly options: CandidateEngineOptions) {}

  async retrieve(request: RetrieveRequest): Promise<Result<RetrieveReply, StageError>> {
    const { release, query, sources, excludedOrdinals } = request;
    const queryVector = await this.options.tower.encodeQuery(query);
    if (!allFinite(queryVector))
      return err(stageError('model', COMPONENT, 'the query tower gave a vector that is not finite'));
    const unknown = sources.find(({ source }) => source !== 'two-tower' && source !== 'similar');
    if (unknown)
      return err(
        stageError('client', COMPONENT, `sources: ${unknown.source} is not one of two-tower, similar`),
      );
    const excluded = new Set(excludedOrdinals);
    // Side by side: the index searches in threads of its own.
    const found = await Promise.all(
      sources.map(async ({ source, quota }) => ({
        source,
        ...(source === 'two-tower'
          ? await this.around(queryVector, quota, excluded)
          : await this.similar(query, quota, excluded)),
      })),
    );
    return ok({ release, sources: found, queryVector });
  }

  /** The nearest `count` that are not excluded. */
  private async around(vector: Float32Array, count: number, excluded: Excluded): Promise<VectorHits> {
    const { ordinals, scores } = await this.options.index.search(
      vector,
      count + Math.min(excluded.size, OVERFETCH_COUNT_MAX),
    );
    const kept: number[] = [];
    for (let rank = 0; rank < ordinals.length && kept.length < count; rank += 1)
      if (!excluded.has(ordinals[rank])) kept.push(rank);
    return {
      ordinals: Uint32Array.from(kept, (rank) => ordinals[rank]),
      scores: Float32Array.from(kept, (rank) => scores[rank]),
    };
  }

  /** Sum over seeds and recent interactions of their neighbours' scores, newer ones weighing more. */
  private async similar(query: QueryFeatures, count: number, excluded: Excluded): Promise<VectorHits> {
    const totals = new Map<number, number>();
    const add = (ordinal: number, score: number): void => {
      if (!excluded.has(ordinal)) totals.set(ordinal, (totals.get(ordinal) ?? 0) + score);
    };
    const lonely: { ordinal: number; weight: number }[] = [];
    for (const { ordinal, weight } of this.triggers(query)) {
      const { ordinals, scores } = this.options.neighbours.neighbours(ordinal);
      if (ordinals.length === 0) lonely.push({ ordinal, weight });
      for (let entry = 0; entry < ordinals.length; entry += 1) add(ordinals[entry], weight * scores[entry]);
    }
    const around = await Promise.all(
      lonely.slice(0, VECTOR_TRIGGER_COUNT_MAX).map(async ({ ordinal, weight }) => {
        const vector = await this.options.vectorOf(ordinal);
        return { ordinal, weight, hits: vector && (await this.around(vector, count, excluded)) };
      }),
    );
    for (const { ordinal, weight, hits } of around)
      // Far below what users did together: content only fills up.
      hits?.ordinals.forEach(
        (hit, rank) => hit !== ordinal && add(hit, (weight * Math.max(0, hits.scores[rank])) / 100),
      );
    const best = new BestFirst(count);
    for (const [ordinal, score] of totals) best.offer(ordinal, score);
    return best.take();
  }

  private triggers({ history, seedOrdinals }: QueryFeatures): { ordinal: number; weight: number }[] {
    const liked = history.filter(({ eventType }: Interaction) => this.options.positiveEventTypes[eventType]);
    return [
      ...seedOrdinals.map((ordinal) => ({ ordinal, weight: SEED_WEIGHT })),
      ...liked
        .slice(-TRIGGER_COUNT_MAX)
        .reverse()
        .map(({ ordinal }, age) => ({ ordinal, weight: RECENCY_DECAY ** age })),
    ];
  }
}
