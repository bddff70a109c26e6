import { hashString } from '@winnow/domain';
import { words } from '@winnow/features';
import type { NearDuplicateGroup, NearDuplicateReport } from '@winnow/reporting';

/** Jaccard similarity of the words from which two titles are called alike. */
export const SIMILARITY_MIN = 0.8;
/** 16 bands of 4 rows find a pair of similarity 0.8 with probability 0.9998, and one of 0.5 with 0.64. */
const BAND_COUNT = 16;
const ROWS_PER_BAND = 4;
/** A title of one word has no words to differ in. */
const WORD_COUNT_MIN = 2;
const ITEM_COUNT_MAX = 200_000;
/** A bucket of a common phrase is looked through this far. */
const BUCKET_SIZE_MAX = 8;
const GROUPS_SHOWN = 12;
const MEMBERS_SHOWN = 5;

const hash32 = (value: number): number => {
  let mixed = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
};

/** Smallest hash of the words under each of 64 permutations (Broder, 1997). */
function minHashes(tokens: Uint32Array): Uint32Array {
  const smallest = new Uint32Array(BAND_COUNT * ROWS_PER_BAND).fill(0xffff_ffff);
  for (const token of tokens)
    for (let row = 0; row < smallest.length; row += 1) {
      const hash = hash32(token ^ Math.imul(row + 1, 0x9e3779b9));
      if (hash < smallest[row]) smallest[row] = hash;
    }
  return smallest;
}

/** Size of the intersection over size of the union; both sorted and without repetition. */
function jaccard(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let [i, j, common] = [0, 0, 0];
  while (i < left.length && j < right.length) {
    const [a, b] = [left[i], right[j]];
    if (a === b) common += 1;
    if (a <= b) i += 1;
    if (b <= a) j += 1;
  }
  return common / (left.length + right.length - common);
}

const tokensOf = (title: string): Uint32Array =>
  Uint32Array.from(new Set(words(title).map((word) => hashString(word)))).sort();

/**
 * Finds items whose titles have nearly the same words: candidates by MinHash in bands (Leskovec, Rajaraman and Ullman,
 * *Mining of Massive Datasets*, ch. 3), each checked exactly, so that no pair is reported that is not alike.
 * O(words) an item and 128 bytes beside its id and title; looks at the first 200,000 titles.
 */
export class NearDuplicates {
  private readonly titles = new Map<string, string>();
  /** [items, bands] */
  private keys = new Float64Array(BAND_COUNT * 1_024);

  constructor(private readonly attribute: string) {}

  add(itemId: string, title: string): void {
    if (this.titles.size >= ITEM_COUNT_MAX || this.titles.has(itemId)) return;
    const tokens = tokensOf(title);
    if (tokens.length < WORD_COUNT_MIN) return;
    const item = this.titles.size;
    this.titles.set(itemId, title);
    if (this.titles.size * BAND_COUNT > this.keys.length) {
      const wider = new Float64Array(this.keys.length * 2);
      wider.set(this.keys);
      this.keys = wider;
    }
    const hashes = minHashes(tokens);
    for (let band = 0; band < BAND_COUNT; band += 1)
      this.keys[item * BAND_COUNT + band] = bandKey(hashes, band);
  }

  /** Null when there was no title to compare. */
  report(): NearDuplicateReport | null {
    const count = this.titles.size;
    if (count === 0) return null;
    const items = [...this.titles];
    const groups = new AlikeGroups(items.map(([, title]) => title));
    for (let band = 0; band < BAND_COUNT; band += 1)
      groups.joinBand((item) => this.keys[item * BAND_COUNT + band]);
    const found = groups.all();
    return {
      attribute: this.attribute,
      comparedCount: count,
      itemCount: found.reduce((sum, group) => sum + group.length - 1, 0),
      groupCount: found.length,
      similarityMin: SIMILARITY_MIN,
      groups: found.slice(0, GROUPS_SHOWN).map((group) => describeGroup(group, items)),
    };
  }
}

function describeGroup(
  group: readonly number[],
  items: readonly (readonly [id: string, title: string])[],
): NearDuplicateGroup {
  const shown = group.slice(0, MEMBERS_SHOWN).map((item) => items[item]);
  return { itemIds: shown.map(([id]) => id), titles: [...new Set(shown.map(([, title]) => title))] };
}

/** Items that are alike, directly or through others: a forest whose roots are the first of each group. */
class AlikeGroups {
  private readonly parents: Uint32Array;
  /** By item, once they have been asked for. */
  private readonly tokens: (Uint32Array | undefined)[] = [];

  constructor(private readonly titles: readonly string[]) {
    this.parents = Uint32Array.from(titles, (_, item) => item);
  }

  /** Compares the items that have the same key. */
  joinBand(keyOf: (item: number) => number): void {
    const buckets = new Map<number, number[]>();
    for (let item = 0; item < this.titles.length; item += 1) {
      const key = keyOf(item);
      const bucket = buckets.get(key);
      if (!bucket) buckets.set(key, [item]);
      else if (!this.joins(item, bucket) && bucket.length < BUCKET_SIZE_MAX) bucket.push(item);
    }
  }

  /** Groups of two or more, the largest first. */
  all(): number[][] {
    const members = new Map<number, number[]>();
    for (let item = 0; item < this.parents.length; item += 1) {
      const root = this.rootOf(item);
      if (root === item) continue;
      const group = members.get(root);
      if (group) group.push(item);
      else members.set(root, [root, item]);
    }
    return [...members.values()].sort((left, right) => right.length - left.length || left[0] - right[0]);
  }

  /** Whether the item is, now, in the group of one of the bucket's. */
  private joins(item: number, bucket: readonly number[]): boolean {
    const root = this.rootOf(item);
    if (bucket.some((other) => this.rootOf(other) === root)) return true;
    const tokens = this.tokensAt(item);
    const alike = bucket.find((other) => jaccard(this.tokensAt(other), tokens) >= SIMILARITY_MIN);
    if (alike === undefined) return false;
    const other = this.rootOf(alike);
    this.parents[Math.max(root, other)] = Math.min(root, other);
    return true;
  }

  private tokensAt(item: number): Uint32Array {
    return (this.tokens[item] ??= tokensOf(this.titles[item]));
  }

  private rootOf(item: number): number {
    let root = item;
    while (this.parents[root] !== root) root = this.parents[root];
    for (let each = item; each !== root;) {
      const parent = this.parents[each];
      this.parents[each] = root;
      each = parent;
    }
    return root;
  }
}

/** One number for a band's rows; bands do not share buckets. 53 bits, so that different rows hardly ever meet. */
function bandKey(hashes: Uint32Array, band: number): number {
  let [high, low] = [band + 1, ~band >>> 0];
  for (let row = band * ROWS_PER_BAND; row < (band + 1) * ROWS_PER_BAND; row += 1) {
    high = hash32(high ^ hashes[row]);
    low = hash32(Math.imul(low, 0x01000193) ^ hashes[row]);
  }
  return (high & 0x1fffff) * 2 ** 32 + low;
}
