import { describe, expect, it } from 'vitest';
import { LinearWeights, type LinearWeightRows } from './linear-weights';

const ROWS: LinearWeightRows = {
  vocabulary: Uint32Array.of(3, 8, 20),
  offsets: Uint32Array.of(0, 2, 2, 3),
  columns: Uint32Array.of(1, 2, 0),
  weights: Float32Array.of(0.5, -0.25, 0.125),
};

describe('LinearWeights', () => {
  it('finds items of its vocabulary, and no others', () => {
    const table = new LinearWeights(ROWS);
    expect([3, 8, 20].map((ordinal) => table.position(ordinal))).toEqual([0, 1, 2]);
    expect([0, 4, 21, 4_000_000_000].map((ordinal) => table.position(ordinal))).toEqual([-1, -1, -1, -1]);
    expect(LinearWeights.empty().position(0)).toBe(-1);
    expect(LinearWeights.empty().size).toBe(0);
  });

  it('is the same after being written and read', () => {
    const table = new LinearWeights(ROWS);
    expect(LinearWeights.fromTensors(table.toTensors()).rows).toEqual(ROWS);
    expect(LinearWeights.fromTensors(LinearWeights.empty().toTensors()).size).toBe(0);
  });

  it.each<[string, Partial<LinearWeightRows>]>([
    ['one row per item', { offsets: Uint32Array.of(0, 3) }],
    ['rows do not cover', { offsets: Uint32Array.of(0, 2, 2, 2) }],
    ['rows overlap', { offsets: Uint32Array.of(0, 3, 2, 3) }],
    ['differ in number', { weights: Float32Array.of(1, 2) }],
    ['not ascending', { vocabulary: Uint32Array.of(3, 3, 20) }],
    ['outside the vocabulary', { columns: Uint32Array.of(1, 3, 0) }],
    ['not finite', { weights: Float32Array.of(1, NaN, 2) }],
  ])('refuses a damaged file: %s', (reason, damage) => {
    expect(() => new LinearWeights({ ...ROWS, ...damage })).toThrow(reason);
  });

  it('says what a file lacks', () => {
    expect(() => LinearWeights.fromTensors({ metadata: {}, tensors: {} })).toThrow('vocabulary is missing');
  });
});
