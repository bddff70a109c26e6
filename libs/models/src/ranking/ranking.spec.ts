import { describe, expect, it } from 'vitest';
import { noise, profile, queryWith } from '../planted-world.fixture';
import { RankingExamplesBuilder, selectQueries, selectRows } from '../ranking-examples';
import { FeatureScaler } from './feature-scaler';
import { learntMix } from './learnt-mix';
import { groupBatches, longestGroup, splitByTime } from './group-batches';
import { groupNdcg } from './group-ndcg';
import { ValueModel } from './value-model';

describe('FeatureScaler', () => {
  it('brings training data to mean 0 and deviation 1, and clips what lies far out', () => {
    const features = noise(2000, 2, 1).map((value, at) => (at % 2 ? value * 10 + 3 : value));
    const scaled = FeatureScaler.fit(features, 2).apply(features);
    for (const column of [0, 1]) {
      const values = scaled.filter((_, at) => at % 2 === column);
      expect(values.reduce((sum, value) => sum + value, 0) / 2000).toBeCloseTo(0, 2);
      expect(values.reduce((sum, value) => sum + value * value, 0) / 2000).toBeCloseTo(1, 1);
    }
    expect([...FeatureScaler.fit(features, 2).apply(Float32Array.of(1e9, -1e9))]).toEqual([5, -5]);
  });

  it('leaves a NaN to the guard, and a constant feature harmless', () => {
    const scaler = FeatureScaler.fit(Float32Array.of(7, 7, 7), 1);
    expect([...scaler.apply(Float32Array.of(7))]).toEqual([0]);
    expect(scaler.apply(Float32Array.of(NaN))[0]).toBeNaN();
  });

  it('survives saving and loading', () => {
    const features = noise(50, 3, 2);
    const scaler = FeatureScaler.fit(features, 3);
    expect(FeatureScaler.fromTensors(scaler.toTensors('s/'), 's/').apply(features)).toEqual(
      scaler.apply(features),
    );
    expect(() => FeatureScaler.fromTensors({}, 's/')).toThrow('tensor s/means is missing');
  });
});

describe('ValueModel', () => {
  const model = new ValueModel([
    { head: 'buy', weight: 2 },
    { head: 'dislike', weight: -1 },
  ]);

  it('adds up weighted predictions, negative feedback included', () => {
    expect([...model.scores(Float32Array.of(0.5, 0.25, 0, 1))]).toEqual([0.75, -1]);
  });

  it('follows a model that has its heads in another order, and refuses other heads', () => {
    expect([...model.orderedAs(['dislike', 'buy']).scores(Float32Array.of(1, 1))]).toEqual([1]);
    expect(model.orderedAs(['dislike', 'buy']).weight(0)).toBe(-1);
    for (const heads of [['buy'], ['buy', 'share'], ['buy', 'dislike', 'share']])
      expect(() => model.orderedAs(heads)).toThrow('the objectives weigh buy, dislike');
  });
});

describe('groups', () => {
  const builder = new RankingExamplesBuilder({
    ...{ featureCount: 1, headCount: 1, historyCountMax: 2, profileSource: profile },
  });
  for (const [query, size] of [3, 5, 2, 4].entries())
    builder.add({
      query: { ...queryWith(1, 2, 3), nowMs: 100 - query },
      ordinals: Uint32Array.from({ length: size }, (_, row) => 10 * query + row),
      features: new Float32Array(size).fill(query),
      labels: new Float32Array(size),
    });
  const examples = builder.build();

  it('keep at most the newest interactions of each query', () => {
    expect([...examples.histories.offsets]).toEqual([0, 2, 4, 6, 8]);
    expect([...examples.histories.ordinals.subarray(0, 2)]).toEqual([2, 3]);
  });

  it('can be selected, in any order', () => {
    const selected = selectQueries(examples, [2, 0]);
    expect([...selected.ordinals]).toEqual([20, 21, 0, 1, 2]);
    expect([...selected.groupOffsets]).toEqual([0, 2, 5]);
    expect([...selected.features]).toEqual([2, 2, 0, 0, 0]);
    expect([...selected.nowMs]).toEqual([98, 100]);
    expect([...selected.profiles.rows.subarray(0, 2)]).toEqual([0, 2]);
  });

  it('are refused when their columns disagree', () => {
    expect(() =>
      builder.add({
        query: queryWith(),
        ordinals: Uint32Array.of(1, 2),
        features: new Float32Array(3),
        labels: new Float32Array(2),
      }),
    ).toThrow('features are [ordinals, featureCount]');
  });

  it('keep only the rows that are wanted, in every column', () => {
    const firstOnly = selectRows(examples, (query) => [examples.groupOffsets[query]]);
    expect([...firstOnly.groupOffsets]).toEqual([0, 1, 2, 3, 4]);
    const firsts = [...examples.groupOffsets.subarray(0, 4)];
    expect([...firstOnly.ordinals]).toEqual(firsts.map((row) => examples.ordinals[row]));
    const { featureCount, headCount } = examples;
    expect(firstOnly.features.subarray(0, featureCount)).toEqual(examples.features.subarray(0, featureCount));
    expect(firstOnly.labels).toHaveLength(4 * headCount);
    expect(firstOnly.histories).toEqual(examples.histories);
    const all = selectRows(examples, (query) =>
      Array.from(
        { length: examples.groupOffsets[query + 1] - examples.groupOffsets[query] },
        (_, at) => examples.groupOffsets[query] + at,
      ),
    );
    expect(all).toEqual(examples);
  });

  it('are learnt from in a mix: all that was shown or taken, and so many others for each that was shown', () => {
    const { groupOffsets, headCount } = examples;
    const first = groupOffsets[1];
    // Of the second query the first candidate was shown and the last one taken; of the others nobody knows.
    const shown = examples.shown.map((_, row) => Number(row === first));
    const taken = (groupOffsets[2] - 1) * headCount;
    const labels = examples.labels.map((_, at) => Number(at === taken));
    const known = { ...examples, shown, labels };
    const countsOf = (retrievedPerShown: number): number[] => {
      const { groupOffsets: offsets } = learntMix(known, { seed: 1, retrievedPerShown });
      return Array.from(offsets.subarray(1), (end, query) => end - offsets[query]);
    };
    const all = Array.from(groupOffsets.subarray(1), (end, query) => end - groupOffsets[query]);
    expect(countsOf(0)).toEqual(all.with(1, 2));
    expect(countsOf(1)).toEqual(all.with(1, Math.min(3, all[1])));
    expect(countsOf(99)).toEqual(all);
    expect(learntMix(examples, { seed: 1, retrievedPerShown: 0 })).toBe(examples);
  });

  it('are split so that validation is newer', () => {
    const { train, validation } = splitByTime(examples, 0.25);
    expect([...train]).toEqual([3, 2, 1]);
    expect([...validation]).toEqual([0]);
  });

  it('are never cut by a batch, and each is in one', () => {
    const batches = groupBatches(examples, { queries: [0, 1, 2, 3], rowCount: 6, random: () => 0.5 });
    expect(batches.flatMap((batch) => [...batch]).sort()).toEqual([0, 1, 2, 3]);
    expect(longestGroup(examples, [0, 2])).toBe(3);
  });

  it('measure the order within each, leaving out groups without gain', () => {
    const one = { groupOffsets: Uint32Array.of(0, 3, 5) };
    const gains = [0, 1, 0, 0, 0];
    const ndcg = (scores: number[]): number => groupNdcg(one, { queries: [0, 1], scores, gains, k: 2 });
    expect(ndcg([1, 2, 0, 0, 0])).toBe(1);
    expect(ndcg([2, 1, 0, 0, 0])).toBeCloseTo(1 / Math.log2(3), 6);
    expect(ndcg([2, 0, 1, 0, 0])).toBe(0);
  });
});
