import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ordinal, type VectorHits, type VectorIndex } from '@winnow/domain';
import { clusteredVectors } from './vector-index-vectors';

const COUNT = 3000;
const DIMENSION = 16;
const RECALL_MIN = 0.97;

export interface VectorIndexUnderTest {
  readonly index: VectorIndex;
  /** Removes what the index leaves behind, after it was closed. */
  readonly dispose?: () => Promise<void>;
}

/**
 * What every vector index must do. `make` returns one that holds the rows of `vectors` `[n, dimension]` by ordinal,
 * zero rows left out; `kind` is what must answer; an `exact` one must agree with a plain scan to the last rank.
 */
export function describeVectorIndex(
  make: (vectors: Float32Array, dimension: number) => Promise<VectorIndexUnderTest>,
  expected: { readonly kind: string; readonly exact: boolean },
): void {
  describe(`vector index (${expected.kind})`, () => {
    const vectors = clusteredVectors({ count: COUNT, dimension: DIMENSION, seed: 1, clusterCount: 20 });
    const absent = 77;
    vectors.fill(0, absent * DIMENSION, (absent + 1) * DIMENSION);
    const vectorOf = (row: number): Float32Array => vectors.slice(row * DIMENSION, (row + 1) * DIMENSION);
    const queries = clusteredVectors({ count: 40, dimension: DIMENSION, seed: 2, clusterCount: 20 });
    const queryOf = (row: number): Float32Array => queries.slice(row * DIMENSION, (row + 1) * DIMENSION);
    let subject: VectorIndexUnderTest;
    let index: VectorIndex;

    beforeAll(async () => {
      subject = await make(vectors, DIMENSION);
      index = subject.index;
    });
    afterAll(async () => {
      await index.close();
      await subject.dispose?.();
    });

    it(`is answered by ${expected.kind} and counts what it holds`, () => {
      expect(index.kind).toBe(expected.kind);
      expect(index.dimension).toBe(DIMENSION);
      expect(index.count()).toBe(COUNT - 1);
    });

    it('finds the true nearest, best first, with their inner products', async () => {
      let found = 0;
      for (let row = 0; row < 40; row += 1) {
        const truth = scan(vectors, queryOf(row), 100);
        const hits = await index.search(queryOf(row), 100);
        expect(hits.ordinals).toHaveLength(100);
        expectSound(hits, vectors, queryOf(row));
        if (expected.exact) expect(Array.from(hits.ordinals)).toEqual(truth);
        const wanted = new Set(truth);
        found += Array.from(hits.ordinals).filter((each) => wanted.has(each)).length;
      }
      expect(found / 4000).toBeGreaterThanOrEqual(expected.exact ? 1 : RECALL_MIN);
    });

    it('returns every vector when k exceeds the count', async () => {
      const hits = await index.search(queryOf(0), COUNT * 2);
      expect(hits.ordinals.length).toBeGreaterThanOrEqual(expected.exact ? COUNT - 1 : (COUNT - 1) * 0.99);
      expect(hits.ordinals.length).toBeLessThanOrEqual(COUNT - 1);
    });

    it('answers concurrent searches each with its own result', async () => {
      const alone = [];
      for (let row = 0; row < 8; row += 1) alone.push(await index.search(queryOf(row), 5));
      const together = await Promise.all(alone.map((_, row) => index.search(queryOf(row), 5)));
      expect(together).toEqual(alone);
    });

    it('finds a vector that was added live, also far beyond the size it was built for', async () => {
      for (let extra = 0; extra < 20; extra += 1)
        await index.upsert(ordinal(COUNT + extra * 1000), queryOf(20 + extra));
      for (let extra = 0; extra < 20; extra += 1) {
        const { ordinals } = await index.search(queryOf(20 + extra), 1);
        expect(ordinals[0]).toBe(COUNT + extra * 1000);
      }
      expect(index.count()).toBe(COUNT - 1 + 20);
    });

    it('never returns a removed ordinal, and returns it again once it is upserted', async () => {
      const query = vectorOf(500);
      expect((await index.search(query, 1)).ordinals[0]).toBe(500);
      const before = index.count();
      expect(await index.vector(ordinal(500))).toEqual(query);
      await index.remove(ordinal(500));
      await index.remove(ordinal(500));
      expect(await index.vector(ordinal(500))).toBeNull();
      expect(index.count()).toBe(before - 1);
      const { ordinals } = await index.search(query, 1000);
      expect(ordinals).toHaveLength(1000);
      expect(ordinals).not.toContain(500);
      await index.upsert(ordinal(500), query);
      expect(index.count()).toBe(before);
      expect((await index.search(query, 1)).ordinals[0]).toBe(500);
    });

    it('ignores the removal of an ordinal that it never held', async () => {
      const before = index.count();
      await index.remove(ordinal(absent));
      await index.remove(ordinal(4_000_000_000));
      expect(index.count()).toBe(before);
      expect(await index.vector(ordinal(absent))).toBeNull();
    });

    it('replaces the vector of an ordinal that it holds', async () => {
      const before = index.count();
      await index.upsert(ordinal(900), queryOf(3));
      expect(index.count()).toBe(before);
      const { ordinals, scores } = await index.search(queryOf(3), 1);
      expect(ordinals[0]).toBe(900);
      expect(scores[0]).toBeCloseTo(1, 5);
      expect((await index.search(vectorOf(900), 1)).scores[0]).toBeLessThan(0.9999);
    });

    it('takes the largest ordinal there is', async () => {
      await index.upsert(ordinal(4_294_967_295), queryOf(5));
      expect((await index.search(queryOf(5), 1)).ordinals[0]).toBe(4_294_967_295);
    });

    it('refuses vectors of another dimension, with NaN, and not normalised', async () => {
      const before = index.count();
      const withNaN = queryOf(0).fill(Number.NaN, 3, 4);
      await expect(index.search(withNaN, 5)).rejects.toThrow(/not finite/);
      await expect(index.search(queryOf(0).subarray(1), 5)).rejects.toThrow(/dimension 16/);
      await expect(index.search(queryOf(0), 0)).rejects.toThrow(/positive integer/);
      await expect(index.upsert(ordinal(1), withNaN)).rejects.toThrow(/not finite/);
      await expect(index.upsert(ordinal(1), new Float32Array(15))).rejects.toThrow(/dimension 16/);
      await expect(index.upsert(ordinal(1), new Float32Array(16).fill(2))).rejects.toThrow(/not normalised/);
      await expect(index.upsert(ordinal(1), new Float32Array(16))).rejects.toThrow(/zero/);
      expect(index.count()).toBe(before);
    });
  });
}

function expectSound(hits: VectorHits, vectors: Float32Array, query: Float32Array): void {
  expect(hits.scores).toHaveLength(hits.ordinals.length);
  expect(new Set(hits.ordinals).size).toBe(hits.ordinals.length);
  for (let rank = 0; rank < hits.ordinals.length; rank += 1) {
    if (rank > 0) expect(hits.scores[rank]).toBeLessThanOrEqual(hits.scores[rank - 1]);
    expect(hits.scores[rank]).toBeCloseTo(innerProduct(vectors, hits.ordinals[rank], query), 5);
  }
}

/** The oracle: sort everything. */
function scan(vectors: Float32Array, query: Float32Array, k: number): number[] {
  return Array.from({ length: vectors.length / query.length }, (_, row) => row)
    .map((row) => ({ row, score: innerProduct(vectors, row, query) }))
    .filter(({ row }) =>
      vectors.subarray(row * query.length, (row + 1) * query.length).some((each) => each !== 0),
    )
    .sort((left, right) => right.score - left.score || left.row - right.row)
    .slice(0, k)
    .map(({ row }) => row);
}

function innerProduct(vectors: Float32Array, row: number, query: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < query.length; at += 1) sum += vectors[row * query.length + at] * query[at];
  return sum;
}
