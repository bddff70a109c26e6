import { invariant } from '@winnow/domain';

/** Interactions, oldest first, as parallel columns; satisfied by the event log's EventColumns. */
export interface InteractionLog {
  readonly users: Uint32Array;
  readonly ordinals: Uint32Array;
  readonly timesMs: Float64Array;
}

/** One user to rank for, and what they then turned to. */
export interface EvaluationCase {
  readonly user: number;
  /** Everything the user had before, oldest first, vocabulary or not: never to be recommended. */
  readonly history: Uint32Array;
  /** Times of `history`, parallel. */
  readonly historyTimesMs: Float64Array;
  /** Distinct, at least one. */
  readonly relevant: Uint32Array;
}

/** Throws unless times never go back. */
export function assertOrdered({ timesMs }: InteractionLog): void {
  for (let index = 1; index < timesMs.length; index += 1)
    invariant(timesMs[index] >= timesMs[index - 1], 'interactions are ordered by time');
}

/** The interactions of [begin, end), as views. */
export const sliceLog = (log: InteractionLog, begin: number, end: number): InteractionLog => ({
  users: log.users.subarray(begin, end),
  ordinals: log.ordinals.subarray(begin, end),
  timesMs: log.timesMs.subarray(begin, end),
});

/** A copy of the interactions for whose index `keep` is true. */
export function filterLog(log: InteractionLog, keep: (index: number) => boolean): InteractionLog {
  const kept = Uint32Array.from({ length: log.users.length }, (_, index) => index).filter(keep);
  return {
    users: kept.map((index) => log.users[index]),
    ordinals: kept.map((index) => log.ordinals[index]),
    timesMs: Float64Array.from(kept, (index) => log.timesMs[index]),
  };
}

/** Only the first interaction of every user with every item. O(interactions). */
export function firstOfEachPair(log: InteractionLog): InteractionLog {
  assertOrdered(log);
  const itemsByUser = new Map<number, Set<number>>();
  return filterLog(log, (index) => {
    const user = log.users[index];
    const items = itemsByUser.get(user) ?? new Set<number>();
    itemsByUser.set(user, items);
    if (items.has(log.ordinals[index])) return false;
    items.add(log.ordinals[index]);
    return true;
  });
}

/** Interaction indices of every user who has any, oldest first; users in order of first appearance. */
export function indicesByUser({ users }: InteractionLog): Map<number, number[]> {
  const byUser = new Map<number, number[]>();
  users.forEach((user, index) => {
    const indices = byUser.get(user);
    if (indices) indices.push(index);
    else byUser.set(user, [index]);
  });
  return byUser;
}
