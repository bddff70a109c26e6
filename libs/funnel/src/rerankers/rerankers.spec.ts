import { describe, expect, it } from 'vitest';
import { candidate, ordinalsOf, queryOf } from '../funnel.fixture';
import { attributeCapReranker } from './attribute-cap.reranker';
import { mmrReranker } from './mmr.reranker';
import { attributeSimilarity, vectorSimilarity } from './similarity';

const ranked = (...scores: number[]) => scores.map((score, index) => candidate(index, { score }));
/** Codes of item n are the nth entry. */
const itemsWith = (...codes: number[][]) => ({
  categoryCodes: (_name: string, index: number) => codes[index],
});

describe('similarity', () => {
  it('by vector is the cosine, never negative, 0 without a vector', () => {
    const vectors = [Float32Array.of(1, 0), Float32Array.of(0.6, 0.8), Float32Array.of(-1, 0), null];
    const similarity = vectorSimilarity({ dimension: 2, vector: (index) => vectors[index] });
    expect(similarity(0, 1)).toBeCloseTo(0.6);
    expect(similarity(0, 2)).toBe(0);
    expect(similarity(0, 3)).toBe(0);
  });

  it('by attribute is the share of common values', () => {
    const similarity = attributeSimilarity(itemsWith([1, 2], [2, 3], [1, 2], []), 'genre');
    expect(similarity(0, 1)).toBeCloseTo(1 / 3);
    expect(similarity(0, 2)).toBe(1);
    expect(similarity(0, 3)).toBe(0);
  });
});

describe('mmr', () => {
  const alike = (left: number, right: number): number => (left % 2 === right % 2 ? 1 : 0);

  it('puts a dissimilar item above a slightly better, similar one', () => {
    // After item 0, item 2 is worth 0.6 · 0.9 − 0.4 · 1 and item 1 is worth 0.6 · 0.8.
    const reranker = mmrReranker({ lambda: 0.6, depth: 4, similarity: alike });
    const scored = [
      candidate(0, { score: 1 }),
      candidate(2, { score: 0.9 }),
      candidate(1, { score: 0.8 }),
      candidate(3, { score: 0 }),
    ];
    expect(ordinalsOf(reranker.rerank(queryOf({ k: 4 }), scored))).toEqual([0, 1, 2, 3]);
  });

  it('keeps the order at λ = 1 and beyond its depth', () => {
    expect(mmrReranker({ lambda: 1, depth: 9, similarity: alike }).enabled?.(queryOf())).toBe(false);
    const reranker = mmrReranker({ lambda: 0, depth: 2, similarity: alike });
    expect(ordinalsOf(reranker.rerank(queryOf({ k: 5 }), ranked(5, 4, 3, 2, 1)))).toEqual([0, 1, 2, 3, 4]);
  });

  it('does not depend on the scale of the scores', () => {
    const reranker = mmrReranker({ lambda: 0.6, depth: 6, similarity: alike });
    const order = (scale: number) =>
      ordinalsOf(
        reranker.rerank(queryOf({ k: 6 }), ranked(...[9, 8, 6, 5, 2, 1].map((score) => score * scale))),
      );
    expect(order(0.001)).toEqual(order(1_000));
  });

  it('takes equal scores and a single candidate', () => {
    const reranker = mmrReranker({ lambda: 0.5, depth: 5, similarity: alike });
    expect(ordinalsOf(reranker.rerank(queryOf(), ranked(1, 1, 1)))).toEqual([0, 1, 2]);
    expect(ordinalsOf(reranker.rerank(queryOf(), ranked(7)))).toEqual([0]);
    expect(reranker.rerank(queryOf(), [])).toEqual([]);
  });
});

describe('attribute cap', () => {
  it('lets no value take more than its share of any window, while others last', () => {
    const items = itemsWith([1], [1], [1], [2], [2], [3]);
    const reranker = attributeCapReranker({ items, attribute: 'genre', countMax: 1, window: 2 });
    const order = ordinalsOf(reranker.rerank(queryOf(), ranked(6, 5, 4, 3, 2, 1)));
    expect(order).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it('takes the best left when nothing keeps the cap', () => {
    const items = itemsWith([1], [1], [1]);
    const reranker = attributeCapReranker({ items, attribute: 'genre', countMax: 1, window: 3 });
    expect(ordinalsOf(reranker.rerank(queryOf(), ranked(3, 2, 1)))).toEqual([0, 1, 2]);
  });

  it('counts every value of an item, and none of one without', () => {
    const items = itemsWith([1, 2], [2, 3], [], [3]);
    const reranker = attributeCapReranker({ items, attribute: 'genre', countMax: 1, window: 2 });
    expect(ordinalsOf(reranker.rerank(queryOf(), ranked(4, 3, 2, 1)))).toEqual([0, 2, 1, 3]);
  });
});
