import { seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { evaluateRankings } from './evaluate-rankings';
import { rankVocabulary } from './rank-vocabulary';

describe('evaluateRankings', () => {
  it('averages over the queries that have something relevant', () => {
    const report = evaluateRankings({
      rankings: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      relevant: [[2], Uint32Array.of(), [7, 5]],
      ks: [1, 2],
    });
    expect(report.queryCount).toBe(2);
    expect(report.at[1].recall.mean).toBeCloseTo(0.25);
    expect(report.at[2].recall.mean).toBeCloseTo(0.75);
    expect(report.at[2].hitRate.mean).toBe(1);
    expect(report.at[2].mrr.mean).toBeCloseTo(0.75);
    expect(report.at[2].precision.mean).toBeCloseTo(0.5);
    const { low, mean, high } = report.at[2].ndcg;
    expect(low).toBeLessThanOrEqual(mean);
    expect(mean).toBeLessThanOrEqual(high);
  });

  it('refuses relevant sets that do not belong to the rankings', () => {
    expect(() => evaluateRankings({ rankings: [[1]], relevant: [], ks: [1] })).toThrow('one relevant set');
  });
});

describe('rankVocabulary', () => {
  it('ranks as sorting does, ties by ordinal, without the excluded', () => {
    const random = seededRandom(6);
    const vocabulary = Uint32Array.from({ length: 300 }, (_, index) => index * 3);
    const scores = Float32Array.from({ length: 300 }, () => Math.floor(random() * 30));
    const excluded = new Set([0, 3, 30, 300, 600]);
    const sorted = Array.from(vocabulary.keys())
      .filter((index) => !excluded.has(vocabulary[index]))
      .sort((a, b) => scores[b] - scores[a] || a - b)
      .map((index) => vocabulary[index]);
    for (const count of [1, 20, 295, 1_000])
      expect(Array.from(rankVocabulary({ vocabulary, scores, excluded, count }))).toEqual(
        sorted.slice(0, count),
      );
  });
});
