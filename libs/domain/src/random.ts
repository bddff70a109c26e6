/** A seeded source of uniform numbers in [0, 1). */
export type Random = () => number;

/** mulberry32: 32 bits of state, good enough for sampling, the same everywhere. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Fisher–Yates, in place. */
export function shuffle<T extends { length: number; [index: number]: number }>(values: T, random: Random): T {
  for (let last = values.length - 1; last > 0; last -= 1) {
    const pick = Math.floor(random() * (last + 1));
    const held = values[last];
    values[last] = values[pick];
    values[pick] = held;
  }
  return values;
}

/** 32-bit FNV-1a over UTF-16 code units: stable across processes, for hashing names into rows. */
export function hashString(text: string, seed = 0x811c9dc5): number {
  let hash = seed >>> 0;
  for (let index = 0; index < text.length; index += 1) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  // FNV's low bits are weak for short strings; one avalanche round mends that.
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b) >>> 0;
  return (hash ^ (hash >>> 13)) >>> 0;
}
