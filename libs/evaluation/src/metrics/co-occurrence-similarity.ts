import { indicesByUser, type InteractionLog } from '../splits/interaction-log';

/**
 * How alike two items are by who had them: the cosine of their sets of users, in [0, 1]; 0 for an item that nobody
 * had. Pairs are remembered, because lists share most of theirs. O(users of both) for a new pair.
 */
export class CoOccurrenceSimilarity {
  /** Ascending users by item. */
  private readonly users = new Map<number, number[]>();
  private readonly known = new Map<number, Map<number, number>>();

  constructor(past: InteractionLog) {
    for (const [user, indices] of [...indicesByUser(past)].sort(([left], [right]) => left - right))
      for (const ordinal of new Set(indices.map((index) => past.ordinals[index]))) {
        const havers = this.users.get(ordinal);
        if (havers) havers.push(user);
        else this.users.set(ordinal, [user]);
      }
  }

  /** How many users had the item. */
  userCount(ordinal: number): number {
    return this.users.get(ordinal)?.length ?? 0;
  }

  /** Symmetric. */
  similarity(left: number, right: number): number {
    const [low, high] = left < right ? [left, right] : [right, left];
    const row = this.known.get(low) ?? new Map<number, number>();
    this.known.set(low, row);
    const known = row.get(high);
    if (known !== undefined) return known;
    const value = cosine(this.users.get(low) ?? [], this.users.get(high) ?? []);
    row.set(high, value);
    return value;
  }
}

function cosine(left: readonly number[], right: readonly number[]): number {
  if (left.length === 0 || right.length === 0) return 0;
  let both = 0;
  for (let at = 0, other = 0; at < left.length && other < right.length;) {
    if (left[at] === right[other]) both += 1;
    if (left[at] <= right[other]) at += 1;
    else other += 1;
  }
  return both / Math.sqrt(left.length * right.length);
}
