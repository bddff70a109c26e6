import { gaussian } from '@winnow/domain';
import type { Random } from '@winnow/domain';

/** `count` zeros. */
export const zeros = (count: number): Float32Array => new Float32Array(count);

/** `count` times `value`. */
export const constant = (count: number, value: number): Float32Array => new Float32Array(count).fill(value);

/** Normal with mean 0. */
export function normal(count: number, standardDeviation: number, random: Random): Float32Array {
  const values = new Float32Array(count);
  fillNormal(values, { standardDeviation, random });
  return values;
}

/** Overwrites `[from, to)`, by default all, with normal values of mean 0. */
export function fillNormal(
  values: Float32Array,
  options: {
    readonly from?: number;
    readonly to?: number;
    readonly standardDeviation: number;
    readonly random: Random;
  },
): void {
  const { from = 0, to = values.length, standardDeviation, random } = options;
  for (let index = from; index < to; index += 1) values[index] = gaussian(random) * standardDeviation;
}

/** Uniform in ±√(6 / (fanIn + fanOut)), row-major [fanIn, fanOut] (Glorot and Bengio, 2010). */
export function glorot(fanIn: number, fanOut: number, random: Random): Float32Array {
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  const values = new Float32Array(fanIn * fanOut);
  for (let index = 0; index < values.length; index += 1) values[index] = (2 * random() - 1) * limit;
  return values;
}
