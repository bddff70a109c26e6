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
function minHashes(tokens: readonly number[]): Uint32Array {
  const smallest = new Uint32Array(BAND_COUNT * ROWS_PER_BAND).fill(0xffff_ffff);
  for (const token of tokens)
    for (let row = 0; row < smallest.length; row += 1) {
      const hash = hash32(token ^ Math.imul(row + 1, 0x9e3779b9));
      if (hash < smallest[row]) smallest[row] = hash;
    }
  return smallest;
}

/** Size of the intersection over size of the union; both sorted and without repetition. */
export function jaccard(left: ArrayLike<number>, right: ArrayLike<number>): number {
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
 * O(words) an item; looks at the first 200,000 titles.
 */
export class NearDuplicates {
  private readonly ids: string[] = [];
  private readonly titles: string[] = [];
  private readonly tokens: Uint32Array[] = [];
  private readonly parents: number[] = [];
  private readonly buckets = new Map<number, number[]>();
  private readonly known = new Set<string>();

  constructor(private readonly attribute: string) {}

  add(itemId: string, title: string): void {
    if (this.ids.length >= ITEM_COUNT_MAX || this.known.has(itemId)) return;
    const tokens = tokensOf(title);
    if (tokens.length < WORD_COUNT_MIN) return;
    this.known.add(itemId);
    const item = this.ids.push(itemId) - 1;
    this.titles.push(title);
    this.tokens.push(tokens);
    this.parents.push(item);
    const hashes = minHashes(Array.from(tokens));
    for (let band = 0; band < BAND_COUNT; band += 1) this.join(item, bandKey(hashes, band));
  }

  report(): NearDuplicateReport | null {
    if (this.ids.length === 0) return null;
    const members = new Map<number, number[]>();
    for (let item = 0; item < this.ids.length; item += 1) {
      const root = this.rootOf(item);
      if (root !== item) members.set(root, [...(members.get(root) ?? [root]), item]);
    }
    const groups = [...members.values()].sort(
      (left, right) => right.length - left.length || left[0] - right[0],
    );
    return {
      attribute: this.attribute,
      comparedCount: this.ids.length,
      itemCount: groups.reduce((sum, group) => sum + group.length - 1, 0),
      groupCount: groups.length,
      similarityMin: SIMILARITY_MIN,
      groups: groups.slice(0, GROUPS_SHOWN).map((group) => this.describe(group)),
    };
  }

  private join(item: number, key: number): void {
    const bucket = this.buckets.get(key);
    if (!bucket) return void this.buckets.set(key, [item]);
    for (const other of bucket) {
      if (this.rootOf(other) === this.rootOf(item)) return;
      if (jaccard(this.tokens[other], this.tokens[item]) < SIMILARITY_MIN) continue;
      const [first, second] = [this.rootOf(other), this.rootOf(item)];
      this.parents[Math.max(first, second)] = Math.min(first, second);
      return;
    }
    if (bucket.length < BUCKET_SIZE_MAX) bucket.push(item);
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

  private describe(group: readonly number[]): NearDuplicateGroup {
    const shown = group.slice(0, MEMBERS_SHOWN);
    return {
      itemIds: shown.map((item) => this.ids[item]),
      titles: [...new Set(shown.map((item) => this.titles[item]))],
    };
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
