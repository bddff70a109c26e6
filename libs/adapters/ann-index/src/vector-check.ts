/** float32 rounding of a few hundred squares stays far below this. */
const NORM_TOLERANCE = 1e-2;

/** What is wrong with row `row` of `[rows, dimension]` as a stored vector; `zero` marks an absent ordinal. */
export function rowVerdict(
  vectors: Float32Array,
  row: number,
  dimension: number,
): 'ok' | 'zero' | 'not finite' | 'not normalised' {
  let sum = 0;
  for (let at = row * dimension, end = at + dimension; at < end; at += 1) sum += vectors[at] * vectors[at];
  if (sum === 0) return 'zero';
  if (!Number.isFinite(sum)) return 'not finite';
  return Math.abs(Math.sqrt(sum) - 1) <= NORM_TOLERANCE ? 'ok' : 'not normalised';
}

/** Throws a RangeError: hnswlib takes NaN and unnormalised vectors without a word, then answers nonsense. */
export function requireStorable(vector: Float32Array, dimension: number): void {
  requireDimension(vector, dimension);
  const verdict = rowVerdict(vector, 0, dimension);
  if (verdict !== 'ok')
    throw new RangeError(`vector is ${verdict}; an index holds L2-normalised finite vectors`);
}

/** Throws a RangeError for a query of another dimension or with NaN or infinity in it. */
export function requireQuery(query: Float32Array, dimension: number): void {
  requireDimension(query, dimension);
  for (let at = 0; at < dimension; at += 1)
    if (!Number.isFinite(query[at])) throw new RangeError(`query is not finite at position ${at}`);
}

/** Throws a RangeError unless `k` is a positive integer. */
export function requireK(k: number): void {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`k must be a positive integer, got ${k}`);
}

function requireDimension(vector: Float32Array, dimension: number): void {
  if (vector.length !== dimension)
    throw new RangeError(`vector has ${vector.length} numbers, the index has dimension ${dimension}`);
}
