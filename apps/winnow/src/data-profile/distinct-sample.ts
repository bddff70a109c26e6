import { hashString } from '@winnow/domain';

/** Bits of a 32-bit hash. */
const LEVEL_MAX = 32;
const SEED = 0x5bd1e995;

/**
 * A uniform sample of the distinct keys of a stream, each with a state of its own, in bounded memory (Gibbons, *Distinct
 * sampling for highly-accurate answers to distinct values queries*, VLDB 2001): a key is in while its hash ends in enough
 * zero bits, and one more is asked for whenever there are too many. Keys that are numbers must be 53-bit hashes. What a key's state holds is exact; counts of keys
 * are those of the sample divided by {@link share}. Exact altogether up to `capacity` keys.
 */
export class DistinctSample<Key extends string | number, State> {
  private readonly states = new Map<Key, State>();
  private level = 0;

  /** @param capacity keys that are kept at most */
  constructor(private readonly capacity: number) {}

  /** Changes the key's state, which is undefined at first sight; nothing happens when the key is not in the sample. */
  update(key: Key, change: (state: State | undefined) => State): void {
    const known = this.states.get(key);
    if (known === undefined && !this.admits(key)) return;
    this.states.set(key, change(known));
    while (this.states.size > this.capacity && this.level < LEVEL_MAX) this.thin();
  }

  /** Share of all distinct keys that are in the sample. */
  get share(): number {
    return 2 ** -this.level;
  }

  get size(): number {
    return this.states.size;
  }

  /** How many distinct keys there were; exact while {@link share} is 1. */
  get distinctCount(): number {
    return Math.round(this.states.size / this.share);
  }

  entries(): IterableIterator<[Key, State]> {
    return this.states.entries();
  }

  values(): IterableIterator<State> {
    return this.states.values();
  }

  private admits(key: Key): boolean {
    if (this.level === 0) return true;
    // Numbers are hashes already: their upper bits are as good as any.
    const hash =
      typeof key === 'string' ? hashString(key, SEED) : Math.floor((key as number) / 2 ** 21) >>> 0;
    return this.level >= LEVEL_MAX ? hash === 0 : (hash & (2 ** this.level - 1)) === 0;
  }

  private thin(): void {
    this.level += 1;
    for (const key of this.states.keys()) if (!this.admits(key)) this.states.delete(key);
  }
}
