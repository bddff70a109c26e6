import { seededRandom } from '@winnow/domain';
import type { Description } from '@winnow/domain';
import { PointInTimeReplay, RankingFeatures } from '@winnow/features';
import type { FeatureSet, ItemTable } from '@winnow/features';
import { CandidateEngine } from '@winnow/models';
import type { RankingExamples, TwoTower } from '@winnow/models';
import { CandidatePool } from './candidate-pool';
import { frameUpTo, positiveEventTypes } from './frame';
import type { RunFrame } from './frame';
import { buildNeighbours } from './neighbours';
import { OFFLINE_RELEASE } from './offline-funnel';
import type { ExactIndexOf } from './ports';
import { buildRankingExamples } from './ranking-examples';
import { matrixVectors } from './towers';

export interface ExampleStageOptions {
  readonly description: Description;
  /** Ends where training data ends. */
  readonly frame: RunFrame;
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

/** Examples for both rankers, retrieved and described by what was known before `rankerIndex`, and at each moment. */
export async function makeRankingExamples(options: ExampleStageOptions): Promise<RankingExamples> {
  const { description, frame, rankerIndex, items, featureSet, baseTower, baseVectors, exactIndexOf } =
    options;
  const vectors = matrixVectors(baseVectors, baseTower.dimension);
  const neighbours = buildNeighbours(frameUpTo(frame, rankerIndex), description);
  const replay = new PointInTimeReplay({ events: frame.events, description });
  const index = exactIndexOf(baseVectors, baseTower.dimension);
  const retriever = new CandidateEngine({
    tower: baseTower,
    index,
    neighbours,
    vectorOf: (ordinal) => vectors.vector(ordinal),
    positiveEventTypes: positiveEventTypes(description),
  });
  try {
    return await buildRankingExamples({
      frame,
      description,
      replay,
      pool: new CandidatePool({
        description,
        retriever,
        release: OFFLINE_RELEASE,
        items,
        counters: replay.counters,
        surface: SURFACE,
      }),
      features: new RankingFeatures({
        featureSet,
        items,
        counters: replay.counters,
        neighbours,
        itemVectors: vectors,
      }),
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
