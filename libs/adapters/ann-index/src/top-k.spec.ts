import { describe, expect, it } from 'vitest';
import { seededRandom } from '@winnow/domain';
import { TopK } from './top-k';

describe('TopK', () => {
  it.each([1, 7, 100, 1000])('keeps the best %i of 1,000, lower ordinals first among equals', (k) => {
    const random = seededRandom(k);
    const entries = Array.from({ length: 1000 }, (_, ordinal) => ({
      ordinal,
      score: Math.floor(random() * 50),
    }));
    const top = new TopK(k);
    for (const { ordinal, score } of entries) top.push(ordinal, score);
    const expected = entries
      .sort((left, right) => right.score - left.score || left.ordinal - right.ordinal)
      .slice(0, k);
    const { ordinals, scores } = top.drain();
    expect(Array.from(ordinals)).toEqual(expected.map(({ ordinal }) => ordinal));
    expect(Array.from(scores)).toEqual(expected.map(({ score }) => score));
  });

  it('is empty after draining, and keeps nothing for k = 0', () => {
    const top = new TopK(2);
    top.push(1, 1);
    expect(top.drain().ordinals).toHaveLength(1);
    expect(top.drain().ordinals).toHaveLength(0);
    const none = new TopK(0);
    none.push(1, 1);
    expect(none.drain().ordinals).toHaveLength(0);
  });
});
