import { hashString } from '@winnow/domain';

/** A field's own range of embedding rows: values hash into `offset … offset + bucketCount`. */
export interface HashedField {
  readonly name: string;
  readonly offset: number;
  /** A power of two. */
  readonly bucketCount: number;
  /** Chosen so that the values known at compile time collide least. */
  readonly seed: number;
}

export const BUCKET_COUNT_MIN = 64;
export const BUCKET_COUNT_MAX = 2 ** 18;
/** Rows per known value: a quarter full, a value collides with some other one time in five. */
const BUCKETS_PER_VALUE = 4;
/** Small vocabularies, where one collision merges two genres, can be placed without any. */
const SEED_SEARCH_VALUES_MAX = 4_096;
const SEED_SEARCH_TRIES = 32;

/** The row of a value, known or not. */
export const hashedRow = (field: HashedField, value: string): number =>
  field.offset + (hashString(value, field.seed) & (field.bucketCount - 1));

export function bucketCountFor(valueCount: number): number {
  let bucketCount = BUCKET_COUNT_MIN;
  while (bucketCount < valueCount * BUCKETS_PER_VALUE && bucketCount < BUCKET_COUNT_MAX) bucketCount *= 2;
  return bucketCount;
}

function collisionCount(values: readonly string[], field: HashedField): number {
  return values.length - new Set(values.map((value) => hashedRow(field, value))).size;
}

/** Sizes the range by the number of known values and picks the seed of fewest collisions. */
export function hashedFieldFor(name: string, values: readonly string[], offset: number): HashedField {
  const bucketCount = bucketCountFor(values.length);
  const base = hashString(name);
  let best: HashedField = { name, offset, bucketCount, seed: base };
  if (values.length > SEED_SEARCH_VALUES_MAX) return best;
  let fewest = collisionCount(values, best);
  for (let attempt = 1; attempt < SEED_SEARCH_TRIES && fewest > 0; attempt += 1) {
    const candidate = { ...best, seed: (base + attempt * 0x9e3779b9) >>> 0 };
    const collisions = collisionCount(values, candidate);
    if (collisions < fewest) [best, fewest] = [candidate, collisions];
  }
  return best;
}
