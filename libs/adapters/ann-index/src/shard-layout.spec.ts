import { describe, expect, it } from 'vitest';
import { perShardK, shardOf } from './shard-layout';

describe('shard layout', () => {
  it.each([2, 3, 8])('spreads ordinals numbered in any pattern evenly over %i shards', (shards) => {
    for (const stride of [1, 2, 3, 8, 64, 1000]) {
      const counts = new Array<number>(shards).fill(0);
      for (let at = 0; at < 20_000; at += 1) counts[shardOf(at * stride, shards)] += 1;
      for (const count of counts) expect(count / (20_000 / shards)).toBeCloseTo(1, 0.9);
    }
  });

  it('asks one shard for all, and many for their share and some more, together at least k', () => {
    expect(perShardK(500, 1)).toBe(500);
    expect(perShardK(500, 2)).toBe(284);
    expect(perShardK(1, 4)).toBe(1);
    for (const shards of [1, 2, 3, 8, 16])
      for (const k of [1, 2, 10, 500, 2000]) {
        expect(perShardK(k, shards)).toBeLessThanOrEqual(k);
        expect(perShardK(k, shards) * shards).toBeGreaterThanOrEqual(k);
      }
  });
});
