import { describe, expect, it } from 'vitest';
import { layoutTokens } from './token-layout';

describe('token layout', () => {
  const lengths = [3, 100, 1, 90, 6, 40];

  it.each(['sequence-major', 'time-major'] as const)('places every token once, %s', (order) => {
    const layout = layoutTokens(lengths, order);
    expect(layout.tokenCount).toBe(240);
    const places = new Set(
      Array.from({ length: 240 }, (_, token) => `${layout.sequences[token]}:${layout.positions[token]}`),
    );
    expect(places.size).toBe(240);
    layout.lastTokens.forEach((token, sequence) => {
      expect(layout.sequences[token]).toBe(sequence);
      expect(layout.positions[token]).toBe(lengths[sequence] - 1);
    });
  });

  it('packs short sequences together and gives a long one a block to itself', () => {
    const { blocks } = layoutTokens(lengths, 'sequence-major');
    expect(blocks).toEqual([
      { from: 0, to: 100, starts: [0] },
      { from: 100, to: 196, starts: [0, 90] },
      { from: 196, to: 240, starts: [0, 40, 43] },
    ]);
  });

  it('counts the sequences that are left at every time', () => {
    expect([...layoutTokens([2, 4, 1], 'time-major').stepSizes]).toEqual([3, 2, 1, 1]);
  });
});
