import { beforeAll, describe, expect, it } from 'vitest';
import { startBackend } from './backend';
import { matrixProduct } from './matrix-product';

beforeAll(() => startBackend({ forced: 'wasm' }));

describe('matrixProduct', () => {
  it('multiplies as the definition says, and leaves its inputs as they were', async () => {
    const shape = { rows: 5, inner: 7, columns: 3 };
    const left = Float32Array.from({ length: 35 }, (_, at) => Math.sin(at));
    const right = Float32Array.from({ length: 21 }, (_, at) => Math.cos(at));
    const inputs = [left.slice(), right.slice()];
    const product = await matrixProduct(left, right, shape);
    expect(product).toHaveLength(15);
    for (let row = 0; row < 5; row += 1)
      for (let column = 0; column < 3; column += 1) {
        let sum = 0;
        for (let at = 0; at < 7; at += 1) sum += left[row * 7 + at] * right[at * 3 + column];
        expect(product[row * 3 + column]).toBeCloseTo(sum, 5);
      }
    expect([left, right]).toEqual(inputs);
  });
});
