import { ordinal, seededRandom, type Interaction, type QueryFeatures } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { film, filmCatalogue, FILM_ATTRIBUTES, FILM_DESCRIPTION } from '../catalogue.fixture';
import { ItemCounters } from '../counters/item-counters';
import { FeatureSet } from '../encoding/feature-set';
import { ItemTable } from '../items/item-table';
import { LinearWeights } from '../linear/linear-weights';
import { NeighbourTable } from '../neighbours/neighbour-table';
import { rankingFeatureMeaning } from './feature-meanings';
import type { ItemVectors, RankingFeatureSources } from './ranking-feature';
import { RankingFeatures } from './ranking-features';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WATCH = 0;
const DISLIKE = 2;

const interaction = (item: number, timeMs = 0, eventType = WATCH): Interaction => ({
  ordinal: ordinal(item),
  eventType,
  timeMs,
  value: 1,
});

const queryOf = (changes: Partial<QueryFeatures> = {}): QueryFeatures => ({
  history: [],
  seedOrdinals: [],
  userAttributes: {},
  context: {},
  nowMs: 10 * DAY_MS,
  ...changes,
});

const NO_VECTORS: ItemVectors = { dimension: 2, vector: () => null };

function sourcesOf(changes: Partial<RankingFeatureSources> = {}): RankingFeatureSources {
  const items = changes.items ?? filmCatalogue(40);
  return {
    items,
    featureSet: FeatureSet.compile(FILM_DESCRIPTION, items),
    counters: new ItemCounters({ halfLivesHours: [24, 240] }),
    neighbours: NeighbourTable.empty(),
    linearWeights: LinearWeights.empty(),
    itemVectors: NO_VECTORS,
    ...changes,
  };
}

/** Features of one candidate by name. */
function featuresOf(
  sources: RankingFeatureSources,
  {
    item,
    query = queryOf(),
    queryVector = null,
  }: { item: number; query?: QueryFeatures; queryVector?: Float32Array | null },
): Record<string, number> {
  const features = new RankingFeatures(sources);
  const row = features.compute(query, queryVector, Uint32Array.of(item));
  return Object.fromEntries(features.names.map((name, column) => [name, row[column]]));
}

/** Weights of either sign between the first `size` items, and the same as a dense matrix [from][to]. */
function randomLinearWeights(
  size: number,
  seed: number,
): { linearWeights: LinearWeights; dense: readonly Float32Array[] } {
  const random = seededRandom(seed);
  const dense = Array.from({ length: size }, (_, from) =>
    Float32Array.from({ length: size }, (_, to) => (from === to || random() < 0.5 ? 0 : random() - 0.4)),
  );
  const rows = dense.map((row) => Array.from(row.keys()).filter((to) => row[to] !== 0));
  const offsets = new Uint32Array(size + 1);
  rows.forEach((row, from) => (offsets[from + 1] = offsets[from] + row.length));
  return {
    dense,
    linearWeights: new LinearWeights({
      vocabulary: Uint32Array.from({ length: size }, (_, item) => item),
      offsets,
      columns: Uint32Array.from(rows.flat()),
      weights: Float32Array.from(rows.flatMap((row, from) => row.map((to) => dense[from][to]))),
    }),
  };
}

/** Everything filled in at random, also ordinals that the catalogue lacks. */
function busySources(seed: number): {
  sources: RankingFeatureSources;
  query: QueryFeatures;
  queryVector: Float32Array;
} {
  const random = seededRandom(seed);
  const items = filmCatalogue(60, seed);
  const counters = new ItemCounters({ halfLivesHours: [24, 240] });
  const events = Array.from({ length: 500 }, (_, index) => ({
    user: Math.floor(random() * 25),
    item: Math.floor(random() * random() * 70),
    timeMs: index * HOUR_MS,
  }));
  for (const { item, timeMs } of events) counters.apply(item, timeMs, 1);
  const neighbours = NeighbourTable.build({
    users: Uint32Array.from(events, ({ user }) => user),
    ordinals: Uint32Array.from(events, ({ item }) => item),
    timesMs: Float64Array.from(events, ({ timeMs }) => timeMs),
  });
  const unit = (): Float32Array => {
    const raw = Float32Array.from({ length: 7 }, () => random() - 0.5);
    return raw.map((value) => value / Math.hypot(...raw));
  };
  const vectors = Array.from({ length: 60 }, () => (random() < 0.9 ? unit() : null));
  const itemVectors = { dimension: 7, vector: (item: number) => vectors[item] ?? null };
  const query = queryOf({
    history: Array.from({ length: 30 }, (_, index) =>
      interaction(Math.floor(random() * 70), (470 + index) * HOUR_MS, Math.floor(random() * 3)),
    ),
    seedOrdinals: [ordinal(3), ordinal(500)],
    nowMs: 501 * HOUR_MS,
  });
  const { linearWeights } = randomLinearWeights(40, seed);
  const sources = sourcesOf({ items, counters, neighbours, linearWeights, itemVectors });
  return { sources, query, queryVector: unit() };
}

describe('RankingFeatures', () => {
  it('has the columns that the feature set names, in its order', () => {
    const sources = sourcesOf();
    const features = new RankingFeatures(sources);
    expect(features.names).toEqual(sources.featureSet.rankingFeatureNames);
    expect(features.count).toBe(features.names.length);
    expect(new Set(features.names).size).toBe(features.count);
    expect(features.compute(queryOf(), null, new Uint32Array(0))).toHaveLength(0);
  });

  it('can say in words what each of them means', () => {
    const { names } = new RankingFeatures(sourcesOf());
    expect(names.filter((name) => rankingFeatureMeaning(name) === null)).toEqual([]);
    expect(new Set(names.map(rankingFeatureMeaning)).size).toBe(names.length);
    expect(rankingFeatureMeaning('price.off-habit')).toBe(
      'how unlike what the user usually takes is its price',
    );
    expect([rankingFeatureMeaning('price'), rankingFeatureMeaning('price.mood')]).toEqual([null, null]);
  });

  it('computes a candidate alike alone, in any batch and in any order', () => {
    const { sources, query, queryVector } = busySources(1);
    const features = new RankingFeatures(sources);
    const ordinals = Uint32Array.from({ length: 80 }, (_, index) => (index * 37) % 80);
    const batch = features.compute(query, queryVector, ordinals);
    ordinals.forEach((item, row) => {
      const alone = features.compute(query, queryVector, Uint32Array.of(item));
      expect(alone).toEqual(batch.slice(row * features.count, (row + 1) * features.count));
    });
    const reversed = features.compute(query, queryVector, ordinals.slice().reverse());
    for (let row = 0; row < 80; row += 1)
      expect(reversed.slice((79 - row) * features.count, (80 - row) * features.count)).toEqual(
        batch.slice(row * features.count, (row + 1) * features.count),
      );
  });

  it('remembers nothing of the query before', () => {
    const { sources, query, queryVector } = busySources(2);
    const used = new RankingFeatures(sources);
    const ordinals = Uint32Array.from({ length: 60 }, (_, item) => item);
    used.compute(query, queryVector, ordinals);
    expect(used.compute(queryOf(), null, ordinals)).toEqual(
      new RankingFeatures(sources).compute(queryOf(), null, ordinals),
    );
  });

  it('agrees with serving, where everything was read back from a release', () => {
    const { sources, query, queryVector } = busySources(3);
    const items = ItemTable.fromTensors(sources.items.toTensors());
    const served: RankingFeatureSources = {
      items,
      featureSet: FeatureSet.fromJSON(sources.featureSet.toJSON()),
      counters: ItemCounters.fromTensors(sources.counters.toTensors()),
      neighbours: NeighbourTable.fromTensors(sources.neighbours.toTensors()),
      linearWeights: LinearWeights.fromTensors(sources.linearWeights.toTensors()),
      itemVectors: sources.itemVectors,
    };
    const ordinals = Uint32Array.from({ length: 80 }, (_, item) => item);
    expect(new RankingFeatures(served).compute(query, queryVector, ordinals)).toEqual(
      new RankingFeatures(sources).compute(query, queryVector, ordinals),
    );
  });

  it('is finite and of about unit scale, whatever it is given', () => {
    for (const seed of [4, 5, 6]) {
      const { sources, query, queryVector } = busySources(seed);
      const features = new RankingFeatures(sources);
      const ordinals = Uint32Array.from({ length: 90 }, (_, item) => (item < 80 ? item : item * 1e7));
      const queries = [
        query,
        queryOf(),
        { ...query, nowMs: 0 },
        { ...query, nowMs: 1e15 },
        { ...query, history: query.history.map((entry) => ({ ...entry, eventType: 200, timeMs: 1e15 })) },
      ];
      for (const each of queries)
        for (const vector of [queryVector, null])
          expect(
            Array.from(features.compute(each, vector, ordinals)).filter((value) => !(Math.abs(value) <= 8)),
          ).toEqual([]);
    }
  });
});

describe('single ranking features, worked by hand', () => {
  const vectors = [Float32Array.of(1, 0), Float32Array.of(0, 1), Float32Array.of(0.6, 0.8)];
  const itemVectors: ItemVectors = { dimension: 2, vector: (item) => vectors[item] ?? null };

  it('tower score is the dot product, with a flag for a missing side', () => {
    const sources = sourcesOf({ itemVectors });
    const queryVector = Float32Array.of(0, 1);
    expect(featuresOf(sources, { item: 2, queryVector })).toMatchObject({ 'tower-score-present': 1 });
    expect(featuresOf(sources, { item: 2, queryVector })['tower-score']).toBeCloseTo(0.8);
    expect(featuresOf(sources, { item: 9, queryVector })).toMatchObject({
      'tower-score': 0,
      'tower-score-present': 0,
    });
    expect(featuresOf(sources, { item: 2 })).toMatchObject({ 'tower-score-present': 0 });
  });

  it('popularity is the logarithm of the share relative to an average item', () => {
    const counters = new ItemCounters({ halfLivesHours: [24, 240], priorMass: 0 });
    counters.apply(0, 0, 3);
    counters.apply(1, 10 * DAY_MS, 1);
    const features = featuresOf(sourcesOf({ counters }), { item: 0 });
    expect(features['popularity']).toBeCloseTo(0.5 * Math.log(0.75 * 2 + 0.05));
    expect(features['trending-slow']).toBeCloseTo(0.5 * Math.log((1.5 / 2.5) * 2 + 0.05));
    expect(features['momentum-slow']).toBeCloseTo(features['trending-slow'] - features['popularity']);
    expect(features['momentum-fast']).toBeLessThan(0);
    expect(featuresOf(sourcesOf({ counters }), { item: 1 })['momentum-fast']).toBeGreaterThan(0);
  });

  it('ages are logarithms of days and hours, 0 where there is no event', () => {
    const counters = new ItemCounters({ halfLivesHours: [24, 240] });
    counters.apply(0, 3 * DAY_MS, 1);
    counters.apply(0, 10 * DAY_MS - 5 * HOUR_MS, 1);
    const query = queryOf({ history: [interaction(1, 2 * DAY_MS), interaction(2, 9 * DAY_MS, DISLIKE)] });
    const features = featuresOf(sourcesOf({ counters }), { item: 0, query });
    expect(features['item-age']).toBeCloseTo(Math.log(8) / 4);
    expect(features['since-item-event']).toBeCloseTo(Math.log(6) / 4);
    expect(features['item-has-events']).toBe(1);
    expect(features['history-length']).toBeCloseTo(Math.log(2) / 4);
    expect(features['since-user-event']).toBeCloseTo(Math.log(2) / 4);
    expect(featuresOf(sourcesOf({ counters }), { item: 1 })).toMatchObject({
      'item-age': 0,
      'since-item-event': 0,
      'item-has-events': 0,
      'since-user-event': 0,
    });
  });

  it('neighbour scores add up by recency, take the best, and look at the newest', () => {
    const neighbours = NeighbourTable.fromTensors({
      metadata: {},
      tensors: {
        offsets: { shape: [4], data: Uint32Array.of(0, 1, 2, 2) },
        ordinals: { shape: [2], data: Uint32Array.of(9, 9) },
        scores: { shape: [2], data: Float32Array.of(0.5, 0.2) },
      },
    });
    const history = [interaction(0), interaction(1), interaction(0, 0, DISLIKE)];
    const features = featuresOf(sourcesOf({ neighbours }), { item: 9, query: queryOf({ history }) });
    const compressed = (value: number): number => 0.5 * Math.log1p(50 * value);
    expect(features['neighbour-sum']).toBeCloseTo(compressed(0.2 + 0.9 * 0.5), 5);
    expect(features['neighbour-best']).toBeCloseTo(compressed(0.5), 5);
    expect(features['neighbour-newest']).toBeCloseTo(compressed(0.2), 5);
    const seeded = queryOf({ seedOrdinals: [ordinal(1), ordinal(0)] });
    expect(featuresOf(sourcesOf({ neighbours }), { item: 9, query: seeded })['seed-neighbour']).toBeCloseTo(
      compressed(0.5),
      5,
    );
  });

  it('linear scores are the sums of the dense weights over the history, each item once, all alike and by recency', () => {
    const { linearWeights, dense } = randomLinearWeights(20, 8);
    const compressed = (score: number): number => 0.5 * Math.sign(score) * Math.log1p(50 * Math.abs(score));
    // Oldest first: a repeat, an item without weights, and one that was not liked.
    const history = [
      interaction(4),
      interaction(7),
      interaction(99),
      interaction(4),
      interaction(2, 0, DISLIKE),
    ];
    const query = queryOf({ history: [...history, interaction(11)] });
    // Newest first: 11, 4, 99, 7; the dislike takes no step back, nor does the older 4 count again.
    const weights = [11, 4, 7].map((item) => dense[item]);
    for (let item = 0; item < 20; item += 1) {
      const features = featuresOf(sourcesOf({ linearWeights }), { item, query });
      const [newest, second, fourth] = weights.map((row) => row[item]);
      expect(features['linear-sum']).toBeCloseTo(compressed(newest + second + fourth), 5);
      expect(features['linear-recent']).toBeCloseTo(compressed(newest + 0.9 * second + 0.9 ** 3 * fourth), 5);
    }
    const nothing = { 'linear-sum': 0, 'linear-recent': 0 };
    expect(featuresOf(sourcesOf({ linearWeights }), { item: 30, query })).toMatchObject(nothing);
    expect(featuresOf(sourcesOf({ linearWeights }), { item: 3 })).toMatchObject(nothing);
  });

  it('history similarity is the highest and the mean cosine of the newest ten', () => {
    const sources = sourcesOf({ itemVectors });
    const history = [interaction(0), ...Array.from({ length: 9 }, () => interaction(1)), interaction(30)];
    const features = featuresOf(sources, { item: 2, query: queryOf({ history }) });
    expect(features['history-cosine-max']).toBeCloseTo(0.8);
    expect(features['history-cosine-mean']).toBeCloseTo(0.8);
    const older = featuresOf(sources, { item: 0, query: queryOf({ history: history.slice(0, 2) }) });
    expect(older['history-cosine-max']).toBeCloseTo(1);
    expect(older['history-cosine-mean']).toBeCloseTo(0.5);
    expect(
      featuresOf(sources, { item: 2, query: queryOf({ seedOrdinals: [ordinal(0)] }) })['seed-cosine'],
    ).toBeCloseTo(0.6);
  });

  it('affinity is the share of the history in the category above its share of the catalogue', () => {
    const items = new ItemTable(FILM_ATTRIBUTES);
    ['drama', 'drama', 'horror', 'comedy'].forEach((genre, item) =>
      items.upsert(film(item, { genres: [genre] })),
    );
    const query = queryOf({ history: [interaction(0), interaction(2)] });
    const features = featuresOf(sourcesOf({ items }), { item: 1, query });
    // One of two, with two interactions' worth of the catalogue's half mixed in.
    expect(features['genres.affinity']).toBeCloseTo((1 + 2 * 0.5) / 4 - 0.5);
    expect(features['genres.recent-affinity']).toBeCloseTo((0.9 + 1) / 3.9 - 0.5);
    expect(features['genres.recent-lift']).toBeCloseTo(0.5 * Math.log(1.9 / 3.9 / 0.5));
    expect(featuresOf(sourcesOf({ items }), { item: 3, query })['genres.affinity']).toBeCloseTo(
      0.5 / 4 - 0.25,
    );
    expect(featuresOf(sourcesOf({ items }), { item: 3 })['genres.affinity']).toBeCloseTo(0);
    expect(featuresOf(sourcesOf({ items }), { item: 99, query })['genres.recent-lift']).toBe(0);
  });

  it('number habit is the distance from what the user usually takes', () => {
    const items = new ItemTable(FILM_ATTRIBUTES);
    [10, 20, 30].forEach((price, item) => items.upsert(film(item, { price })));
    items.upsert(film(3, {}));
    const deviation = Math.sqrt(200 / 3);
    const query = queryOf({ history: [interaction(0), interaction(0), interaction(3)] });
    const features = featuresOf(sourcesOf({ items }), { item: 2, query });
    const distance = 20 / deviation / Math.sqrt(2 / 4);
    expect(features['price.value']).toBeCloseTo(10 / deviation);
    expect(features['price.above-habit']).toBeCloseTo(distance / 2);
    expect(features['price.off-habit']).toBeCloseTo(distance / 2);
    expect(featuresOf(sourcesOf({ items }), { item: 2 })['price.off-habit']).toBe(0);
    expect(featuresOf(sourcesOf({ items }), { item: 3, query })['price.above-habit']).toBe(0);
  });
});
