import type { LinearWeights } from '@winnow/features';
import { describe, expect, it } from 'vitest';
import { invertByBlocks, type MatrixProduct } from '../linear-algebra/invert-by-blocks';
import { plainProduct, randomInput } from '../random-log.fixture';
import { fitEase } from './ease';
import { fitLinearWeights, type LinearWeightOptions } from './linear-weights';

const OPTIONS: LinearWeightOptions = {
  regularisation: 5,
  itemCountMax: 1_000,
  userCountMin: 1,
  weightCountMax: 1_000,
  historyCountMax: 1_000,
};

/** B[from][to] by ordinals, 0 where nothing is kept. */
function dense({ rows }: LinearWeights): (from: number, to: number) => number {
  const weights = new Map<string, number>();
  rows.vocabulary.forEach((from, row) => {
    for (let at = rows.offsets[row]; at < rows.offsets[row + 1]; at += 1)
      weights.set(`${from}>${rows.vocabulary[rows.columns[at]]}`, rows.weights[at]);
  });
  return (from, to) => weights.get(`${from}>${to}`) ?? 0;
}

/** Row `from` of EASE's dense matrix, in double precision: the score of a history of that item alone. */
function easeRow(past: ReturnType<typeof randomInput>['past'], vocabulary: Uint32Array, from: number) {
  const ease = fitEase({ past, vocabulary }, { regularisation: OPTIONS.regularisation });
  return ease.scorer().score({ history: Uint32Array.of(from), historyTimesMs: new Float64Array(1) });
}

describe('fitLinearWeights', () => {
  const { past } = randomInput(6);
  const distinct = Uint32Array.from(new Set(past.ordinals)).sort();

  it('gives EASE’s weights, where nothing is cut off', async () => {
    const table = await fitLinearWeights(past, OPTIONS, plainProduct);
    expect(table.rows.vocabulary).toEqual(distinct);
    const weight = dense(table);
    for (const from of distinct)
      easeRow(past, distinct, from).forEach((expected, column) =>
        expect(weight(from, distinct[column])).toBeCloseTo(expected, 5),
      );
  });

  it('keeps the largest weights of each item, of either sign', async () => {
    const all = dense(await fitLinearWeights(past, OPTIONS, plainProduct));
    const table = await fitLinearWeights(past, { ...OPTIONS, weightCountMax: 4 }, plainProduct);
    const few = dense(table);
    const signs = new Set(Array.from(table.rows.weights, Math.sign));
    expect(signs).toEqual(new Set([1, -1]));
    for (const from of distinct) {
      const strengths = Array.from(distinct, (to) => Math.abs(all(from, to))).sort((a, b) => b - a);
      const kept = Array.from(distinct).filter((to) => few(from, to) !== 0);
      expect(kept.map((to) => Math.abs(few(from, to))).sort((a, b) => b - a)).toEqual(strengths.slice(0, 4));
      for (const to of kept) expect(few(from, to)).toBe(all(from, to));
    }
  });

  it('covers the items that most users had, and none that fewer had than asked for', async () => {
    const users = new Map<number, Set<number>>();
    past.ordinals.forEach((item, index) =>
      users.set(item, (users.get(item) ?? new Set()).add(past.users[index])),
    );
    const byUsers = Array.from(distinct).sort(
      (left, right) => users.get(right)!.size - users.get(left)!.size || left - right,
    );
    const capped = await fitLinearWeights(past, { ...OPTIONS, itemCountMax: 7 }, plainProduct);
    expect(Array.from(capped.rows.vocabulary)).toEqual(byUsers.slice(0, 7).sort((a, b) => a - b));
    const frequent = await fitLinearWeights(past, { ...OPTIONS, userCountMin: 9 }, plainProduct);
    expect(Array.from(frequent.rows.vocabulary)).toEqual(
      Array.from(distinct).filter((item) => users.get(item)!.size >= 9),
    );
    // What is left out is as if it had never happened.
    const only = frequent.rows.vocabulary;
    const weight = dense(frequent);
    for (const from of only)
      easeRow(past, only, from).forEach((expected, column) =>
        expect(weight(from, only[column])).toBeCloseTo(expected, 5),
      );
  });

  it('reads of a long history its newest items only', async () => {
    const long = {
      users: new Uint32Array(6),
      ordinals: Uint32Array.of(0, 1, 2, 3, 4, 5),
      timesMs: Float64Array.of(1, 2, 3, 4, 5, 6),
    };
    const weight = dense(await fitLinearWeights(long, { ...OPTIONS, historyCountMax: 2 }, plainProduct));
    expect(weight(4, 5)).toBeGreaterThan(0);
    expect(Math.abs(weight(0, 1))).toBe(0);
  });

  it('gives the same bytes each time, and nothing without interactions', async () => {
    const fit = async (): Promise<unknown> =>
      (await fitLinearWeights(past, OPTIONS, plainProduct)).toTensors();
    expect(await fit()).toEqual(await fit());
    const nothing = { users: new Uint32Array(0), ordinals: new Uint32Array(0), timesMs: new Float64Array(0) };
    expect((await fitLinearWeights(nothing, OPTIONS, plainProduct)).size).toBe(0);
  });
});

describe('invertByBlocks', () => {
  it('gives the inverse at sizes around its halves', async () => {
    for (const size of [1, 5, 192, 193, 386, 401]) {
      const matrix = new Float32Array(size * size);
      // Tridiagonal, so that the product with the inverse is cheap to check.
      for (let item = 0; item < size; item += 1) {
        matrix[item * size + item] = 4;
        if (item > 0) matrix[item * size + item - 1] = matrix[(item - 1) * size + item] = -1;
      }
      const inverse = await invertByBlocks(matrix, size, plainProduct);
      const at = (row: number, column: number): number =>
        row < 0 || row >= size ? 0 : inverse[row * size + column];
      let worst = 0;
      for (let row = 0; row < size; row += 1)
        for (let column = 0; column < size; column += 1) {
          const product = 4 * at(row, column) - at(row - 1, column) - at(row + 1, column);
          worst = Math.max(worst, Math.abs(product - (row === column ? 1 : 0)));
        }
      expect(worst).toBeLessThan(1e-5);
    }
  });

  it('refuses a matrix that is not positive definite, and asks for products of the shapes it says', async () => {
    const size = 200;
    const matrix = new Float32Array(size * size).fill(1);
    const checked: MatrixProduct = async (left, right, shape) => {
      expect(left).toHaveLength(shape.rows * shape.inner);
      expect(right).toHaveLength(shape.inner * shape.columns);
      return plainProduct(left, right, shape);
    };
    await expect(invertByBlocks(matrix, size, checked)).rejects.toThrow('positive definite');
    for (let item = 0; item < size; item += 1) matrix[item * size + item] = size;
    expect(await invertByBlocks(matrix, size, checked)).toHaveLength(size * size);
  });
});
