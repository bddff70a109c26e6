import { describe, expect, it } from 'vitest';
import { gaussian, normalCdf } from './normal-distribution';
import { seededRandom } from './random';

describe('the standard normal', () => {
  it.each([
    [0, 0.5],
    [1.959963984540054, 0.975],
    [-1, 0.1586552539314571],
    [-6, 9.865876450377e-10],
  ])('has the known share below %d', (z, share) => {
    expect(Math.abs(normalCdf(z) - share)).toBeLessThan(7.5e-8);
  });

  it('is drawn as often from below a value as its distribution says', () => {
    const random = seededRandom(1);
    const draws = Array.from({ length: 40_000 }, () => gaussian(random));
    for (const z of [-1.5, -0.5, 0, 1, 2])
      expect(draws.filter((draw) => draw < z).length / draws.length).toBeCloseTo(normalCdf(z), 2);
  });
});
