import { seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { BestFirst } from './best-first';

describe('BestFirst', () => {
  it('keeps exactly what sorting everything would keep, ties by lower id, in any order of offers', () => {
    const random = seededRandom(5);
    for (const capacity of [0, 1, 2, 7, 64, 500]) {
      const scores = Array.from({ length: 300 }, () => Math.floor(random() * 40));
      const best = new BestFirst(capacity);
      const ids = scores.map((_, id) => id).sort(() => random() - 0.5);
      for (const id of ids) if (best.wants(scores[id])) best.offer(id, scores[id]);
      const sorted = scores.map((_, id) => id).sort((a, b) => scores[b] - scores[a] || a - b);
      const kept = best.take();
      expect(Array.from(kept.ordinals)).toEqual(sorted.slice(0, capacity));
      expect(Array.from(kept.scores)).toEqual(sorted.slice(0, capacity).map((id) => scores[id]));
      expect(best.take().ordinals).toHaveLength(0);
    }
  });
});
