import { seededRandom } from '@winnow/domain';
import { trainHeavyRanker, trainTwoTower } from '@winnow/models';
import { normal } from '@winnow/tensor';
import {
  content,
  EVENT_TYPES,
  profile,
  queryWith,
  rankingExamples,
  towerTraining,
  valueModel,
} from './workload';

const ITEMS = 500;

/** What one backend makes of a seed: losses of every step, and what the trained models say. */
export interface Fingerprint {
  readonly losses: readonly number[];
  readonly itemVectors: readonly number[];
  readonly headProbabilities: readonly number[];
}

/** How far two backends may be apart after training: sums in another order differ in the last bits, and steps add up. */
export const TOLERANCES: Readonly<Record<keyof Fingerprint, number>> = {
  losses: 0.001,
  itemVectors: 0.01,
  headProbabilities: 0.005,
};

/** Trains a small two-tower model and a small heavy ranker. */
export async function fingerprint(seed: number): Promise<Fingerprint> {
  const losses: number[] = [];
  const { events, ...training } = towerTraining({ items: ITEMS, popularity: 'skewed', seed });
  const count = 3000;
  const tower = await trainTwoTower({
    ...training,
    events: { ...events, count, ...firstOf(events, count) },
    ...{ dimension: 16, batchSize: 128, uniformNegativeCount: 64, historyCountMax: 10 },
    onProgress: ({ loss }) => losses.push(loss),
  });
  const heavy = await trainHeavyRanker({
    examples: rankingExamples({ items: ITEMS, queries: 64, seed }),
    sources: { content, profile, valueModel: valueModel() },
    eventTypeCount: EVENT_TYPES.length,
    ...{ historyCountMax: 10, seed, epochsMax: 2, learningRate: 0.002, validationShare: 0 },
    onProgress: ({ loss }) => losses.push(loss),
  });
  const ordinals = Uint32Array.from({ length: 50 }, (_, item) => item * 10);
  const random = seededRandom(seed);
  const { headValues } = await heavy.model.rank({
    query: queryWith({ items: ITEMS, history: 10, random, query: 0 }),
    ordinals,
    features: normal(ordinals.length * heavy.model.parts.config.featureCount, 1, random),
  });
  return {
    losses,
    itemVectors: [...(await tower.model.encodeItems(ordinals))],
    headProbabilities: [...headValues],
  };
}

/** Largest distance of two fingerprints: relative for losses, absolute for the others. */
export function distances(one: Fingerprint, other: Fingerprint): Record<keyof Fingerprint, number> {
  const largest = (name: keyof Fingerprint, relative: boolean): number => {
    if (one[name].length !== other[name].length) return Infinity;
    return one[name].reduce((worst, value, index) => {
      const distance = Math.abs(value - other[name][index]);
      // A value that is not a number must not pass for equal.
      return Number.isFinite(distance)
        ? Math.max(worst, relative ? distance / Math.abs(value) : distance)
        : Infinity;
    }, 0);
  };
  return {
    losses: largest('losses', true),
    itemVectors: largest('itemVectors', false),
    headProbabilities: largest('headProbabilities', false),
  };
}

const firstOf = (events: ReturnType<typeof towerTraining>['events'], count: number) => ({
  users: events.users.subarray(0, count),
  ordinals: events.ordinals.subarray(0, count),
  eventTypes: events.eventTypes.subarray(0, count),
  timesMs: events.timesMs.subarray(0, count),
  values: events.values.subarray(0, count),
});
