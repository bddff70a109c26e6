import { seededRandom } from '@winnow/domain';
import type { Description } from '@winnow/domain';
import { PointInTimeReplay, RankingFeatures } from '@winnow/features';
import type { FeatureSet, ItemTable } from '@winnow/features';
import { CandidateEngine } from '@winnow/models';
import type { RankingExamples, TwoTower } from '@winnow/models';
import { CandidatePool } from './candidate-pool';
import { firstIndexAt, frameUpTo, positiveEventTypes } from './frame';
import type { RunFrame } from './frame';
import { buildItemRelations } from './item-relations';
import { OFFLINE_RELEASE } from './offline-funnel';
import type { ExactIndexOf } from './ports';
import { buildRankingExamples } from './ranking-examples';
import type { RetrievalKnowledge } from './ranking-examples';
import type { ServedFeatures } from './shown/served-features';
import type { ShownFrame } from './shown/shown-frame';
import { matrixVectors } from './towers';

export interface ExampleStageOptions {
  readonly description: Description;
  /** Ends where training data ends. */
  readonly frame: RunFrame;
  /** What users were shown; absent where nobody recorded it. */
  readonly shown?: ShownFrame;
  /** Features of what was shown, as they were served; absent: all are computed from the log. */
  readonly served?: ServedFeatures;
  /** Where the base tower's knowledge ends and the examples begin. */
  readonly rankerIndex: number;
  readonly items: ItemTable;
  readonly featureSet: FeatureSet;
  /** Trained on events before `rankerIndex` only. */
  readonly baseTower: TwoTower;
  /** Its item vectors, [ordinalLimit, dimension]. */
  readonly baseVectors: Float32Array;
  readonly exactIndexOf: ExactIndexOf;
  readonly seed: number;
  /** Keep moments for which retrieval brought nothing that was then taken: to measure with, not to learn from. */
  readonly withoutPositives?: boolean;
  readonly onProgress?: (fraction: number, note: string) => void;
  readonly signal?: AbortSignal;
}

const SURFACE = 'home';
/** How often within the ranker's window what items say of each other is learnt anew: in serving, it is a night old, not months. */
const REFRESH_COUNT = 4;

/**
 * Examples for both rankers, retrieved by a tower that knows nothing after `rankerIndex`, and described by what was known
 * at each moment, or for what items say of each other a little before it.
 */
export async function makeRankingExamples(options: ExampleStageOptions): Promise<RankingExamples> {
  const { description, frame, rankerIndex, items, featureSet, baseTower, baseVectors, exactIndexOf } =
    options;
  const vectors = matrixVectors(baseVectors, baseTower.dimension);
  const replay = new PointInTimeReplay({ events: frame.events, description });
  const { counters } = replay;
  const index = exactIndexOf(baseVectors, baseTower.dimension);
  const knowledgeBefore = async (event: number): Promise<RetrievalKnowledge> => {
    const { timesMs } = frame.events;
    // Events of the same moment, a basket say, are what is to be predicted.
    const known = firstIndexAt(timesMs, timesMs[event] ?? Infinity);
    const relations = await buildItemRelations(frameUpTo(frame, known), description);
    const retriever = new CandidateEngine({
      tower: baseTower,
      index,
      neighbours: relations.neighbours,
      vectorOf: (ordinal) => vectors.vector(ordinal),
      positiveEventTypes: positiveEventTypes(description),
    });
    const release = OFFLINE_RELEASE;
    return {
      pool: new CandidatePool({ description, retriever, release, items, counters, surface: SURFACE }),
      features: new RankingFeatures({ featureSet, items, counters, itemVectors: vectors, ...relations }),
    };
  };
  try {
    return await buildRankingExamples({
      frame,
      shown: options.shown,
      served: options.served,
      description,
      replay,
      knowledgeAt: refreshed(rankerIndex, frame.events.count, knowledgeBefore),
      profileSource: featureSet,
      fromIndex: rankerIndex,
      random: seededRandom(options.seed ^ 0xe8a),
      withoutPositives: options.withoutPositives,
      onProgress: options.onProgress,
      signal: options.signal,
    });
  } finally {
    await index.close();
  }
}

/** Knowledge by event of the ranker's window, cut into equal parts: each has what was known when it began. */
export function refreshed(
  from: number,
  to: number,
  knowledgeBefore: (event: number) => Promise<RetrievalKnowledge>,
): (event: number) => Promise<RetrievalKnowledge> {
  const partSize = Math.max(1, Math.ceil((to - from) / REFRESH_COUNT));
  let part = -1;
  let current: RetrievalKnowledge;
  return async (event) => {
    const wanted = Math.floor((event - from) / partSize);
    if (wanted !== part) {
      current = await knowledgeBefore(from + wanted * partSize);
      part = wanted;
    }
    return current;
  };
}
