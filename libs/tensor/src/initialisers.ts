import { gaussian } from '@winnow/domain';
import type { Random } from '@winnow/domain';

/** `count` zeros. */
export const zeros = (count: number): Float32Array => new Float32Array(count);

/** `count` times `value`. */
export const constant = (count: number, value: number): Float32Array => new Float32Array(count).fill(value);

/** Normal with mean 0. */
export function normal(count: number, standardDeviation: number, random: Random): Float32Array {
  const values = new Float32Array(count);
  for (let index = 0; index < count; index += 1) values[index] = gaussian(random) * standardDeviation;
  return values;
}

/** Uniform in ±√(6 / (fanIn + fanOut)), row-major [fanIn, fanOut] (Glorot and Bengio, 2010). */
export function glorot(fanIn: number, fanOut: number, random: Random): Float32Array {
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  const values = new Float32Array(fanIn * fanOut);
  for (let index = 0; index < values.length; index += 1) values[index] = (2 * random() - 1) * limit;
  return values;
}
