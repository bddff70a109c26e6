import { ordinal, seededRandom } from '@winnow/domain';
import type { EventColumns, EventTypeDescription, QueryFeatures } from '@winnow/domain';
import { RankingExamplesBuilder, ValueModel } from '@winnow/models';
import type { ContentSource, ProfileSource, RankingExamples, TwoTowerTrainingOptions } from '@winnow/models';

// Data of the shapes that a shop of middling size has; what the values are does not change how long a step takes.

const HOUR_MS = 3_600_000;
const USERS = 600;
const EVENTS_PER_USER = 40;
const CONTENT_ROWS = 4096;
const FEATURES = 30;
const CANDIDATES = 100;
const HISTORY = 30;
export const HEADS = ['take', 'like'] as const;

export const EVENT_TYPES: readonly EventTypeDescription[] = [
  { name: 'take', sentiment: 'positive', value: 1, countsAsSeen: true },
];

/** Three content rows and two numbers an item. */
export const content: ContentSource = {
  contentRowCount: CONTENT_ROWS,
  denseCount: 2,
  content: (item) => ({
    rows: Uint32Array.of(item % 64, 64 + (item % 1021), 1200 + ((item * 7) % 2500)),
    weights: Float32Array.of(1, 0.5, 0.5),
  }),
  dense: (item, out, offset) => {
    out[offset] = Math.sin(item);
    out[offset + 1] = 0.1;
  },
  version: () => 1,
};

export const profile: ProfileSource = {
  profileRowCount: 256,
  queryProfile: ({ history, nowMs }) => ({
    rows: Uint32Array.of(0, 1 + (history.length % 2), 3 + (Math.floor(nowMs / HOUR_MS) % 24)),
    weights: Float32Array.of(1, 0.5, 1),
  }),
};

/** One event an hour and user, on items that are more popular the lower their ordinals, or all alike. */
export function syntheticEvents(options: {
  readonly items: number;
  readonly popularity: 'skewed' | 'even';
  readonly seed: number;
}): EventColumns {
  const { items, popularity, seed } = options;
  const random = seededRandom(seed);
  const count = USERS * EVENTS_PER_USER;
  return {
    count,
    users: Uint32Array.from({ length: count }, (_, event) => event % USERS),
    ordinals: Uint32Array.from({ length: count }, () =>
      Math.floor(items * random() ** (popularity === 'skewed' ? 2 : 1)),
    ),
    eventTypes: new Uint8Array(count),
    timesMs: Float64Array.from(
      { length: count },
      (_, event) => Math.floor(event / USERS) * HOUR_MS + (event % USERS),
    ),
    values: new Float32Array(count).fill(1),
    userIds: Array.from({ length: USERS }, (_, user) => `user-${user}`),
  };
}

/** The two-tower model with winnow.yaml's defaults, one epoch. */
export const towerTraining = (options: {
  readonly items: number;
  readonly popularity: 'skewed' | 'even';
  readonly seed: number;
}): TwoTowerTrainingOptions => ({
  events: syntheticEvents(options),
  eventTypes: EVENT_TYPES,
  sources: { content, profile },
  catalogue: Uint32Array.from({ length: options.items }, (_, item) => item),
  seed: options.seed,
  dimension: 64,
  historyCountMax: 50,
  epochsMax: 1,
  batchSize: 512,
  learningRate: 0.002,
  temperature: 0.15,
  uniformNegativeCount: 1024,
  validationShare: 0,
});

export const valueModel = (): ValueModel => new ValueModel(HEADS.map((head) => ({ head, weight: 1 })));

/** Queries with 100 retrieved candidates each. */
export function rankingExamples(options: {
  readonly items: number;
  readonly queries: number;
  readonly seed: number;
}): RankingExamples {
  const { items, queries, seed } = options;
  const random = seededRandom(seed);
  const builder = new RankingExamplesBuilder({
    featureCount: FEATURES,
    headCount: HEADS.length,
    historyCountMax: 50,
    profileSource: profile,
  });
  for (let query = 0; query < queries; query += 1) {
    const labels = new Float32Array(CANDIDATES * HEADS.length);
    for (let positive = 0; positive < 3; positive += 1)
      labels[Math.floor(random() * CANDIDATES) * HEADS.length + (positive % HEADS.length)] = 1;
    builder.add({
      query: queryWith({ items, history: HISTORY, random, query }),
      ordinals: Uint32Array.from({ length: CANDIDATES }, () => Math.floor(items * random())),
      features: Float32Array.from({ length: CANDIDATES * FEATURES }, () => random()),
      labels,
    });
  }
  return builder.build();
}

export const queryWith = (options: {
  readonly items: number;
  readonly history: number;
  readonly random: () => number;
  readonly query: number;
}): QueryFeatures => ({
  history: Array.from({ length: options.history }, (_, place) => ({
    ordinal: ordinal(Math.floor(options.items * options.random())),
    eventType: 0,
    timeMs: place * HOUR_MS,
    value: 1,
  })),
  seedOrdinals: [],
  userAttributes: {},
  context: {},
  nowMs: 100 * HOUR_MS + options.query,
});
