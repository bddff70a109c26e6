import { describe, expect, it } from 'vitest';
import { plainSequences, plainWeights, QUERY, randomInput } from '../random-log.fixture';
import { fitItemKnn } from './item-knn';
import { fitItemTransitions } from './item-transitions';

describe('fitItemKnn', () => {
  it.each([
    { neighbourCount: 3, shrinkage: 0 },
    { neighbourCount: 5, shrinkage: 4, historyDecay: 0.7 },
    { neighbourCount: 100, shrinkage: 10 },
    { neighbourCount: 4, shrinkage: 2, targetExponent: 0.3 },
  ])('agrees with the definition written out: %o', (options) => {
    const input = randomInput(3);
    const { vocabulary } = input;
    const baskets = plainSequences(input).map((sequence) => new Set(sequence));
    const count = (...items: number[]): number =>
      baskets.filter((basket) => items.every((item) => basket.has(item))).length;
    const { shrinkage, targetExponent = 0.5 } = options;
    const similarity = (candidate: number, item: number): number =>
      count(item, candidate) /
      (count(candidate) ** targetExponent * count(item) ** (1 - targetExponent) + shrinkage);
    const weights = plainWeights(vocabulary, options.historyDecay ?? 1);
    const expected = Array.from(vocabulary, (candidate) => {
      const neighbours = Array.from(vocabulary)
        .filter((item) => item !== candidate && count(item, candidate) > 0)
        .sort((a, b) => similarity(candidate, b) - similarity(candidate, a) || a - b)
        .slice(0, options.neighbourCount);
      return neighbours.reduce(
        (sum, item) => sum + (weights.get(item) ?? 0) * similarity(candidate, item),
        0,
      );
    });
    const scores = fitItemKnn(input, options).score(QUERY);
    expect(Math.max(...scores)).toBeGreaterThan(0);
    expected.forEach((score, index) => expect(scores[index]).toBeCloseTo(score, 6));
  });
});

describe('fitItemTransitions', () => {
  it.each([
    { gapMax: 1, sourceExponent: 1, historyDecay: 0.5 },
    { gapMax: 4, sourceExponent: 0.5, targetExponent: 0.25, historyDecay: 0.8 },
    { gapMax: 1_000, sourceExponent: 0, historyDecay: 1 },
  ])('agrees with the definition written out: %o', (options) => {
    const input = randomInput(4);
    const { vocabulary } = input;
    const sequences = plainSequences(input);
    const count = (item: number): number =>
      Math.max(1, sequences.flat().filter((one) => one === item).length);
    const transition = (from: number, to: number): number => {
      let sum = 0;
      for (const sequence of sequences)
        sequence.forEach((first, at) =>
          sequence.forEach((second, later) => {
            const gap = later - at;
            if (first === from && second === to && from !== to && gap >= 1 && gap <= options.gapMax)
              sum += 1 / gap;
          }),
        );
      return sum / (count(from) ** options.sourceExponent * count(to) ** (options.targetExponent ?? 0));
    };
    const weights = [...plainWeights(vocabulary, options.historyDecay)];
    const scores = fitItemTransitions(input, options).score(QUERY);
    expect(Math.max(...scores)).toBeGreaterThan(0);
    vocabulary.forEach((candidate, index) => {
      const expected = weights.reduce((sum, [item, weight]) => sum + weight * transition(item, candidate), 0);
      expect(scores[index]).toBeCloseTo(expected, 5);
    });
  });

  it('says nothing about a history that it has never seen', () => {
    const scorer = fitItemTransitions(randomInput(4), { gapMax: 2, sourceExponent: 1, historyDecay: 0.5 });
    const stranger = { history: Uint32Array.of(99_999), historyTimesMs: new Float64Array(1) };
    expect(Math.max(...scorer.score(stranger))).toBe(0);
  });
});
