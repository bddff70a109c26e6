import { seededRandom, shuffle } from '@winnow/domain';
import { filterLog, indicesByUser, type EvaluationCase, type InteractionLog } from './interaction-log';

export interface UserRatioSplitOptions {
  /** Share of every user's interactions that is learned from, at least one. */
  readonly train: number;
  readonly seed: number;
}

export interface UserRatioSplit {
  readonly train: InteractionLog;
  /** One for every user with something held out; the history is what was kept of theirs. */
  readonly cases: readonly EvaluationCase[];
}

/**
 * Holds out a random part of everybody's interactions, whatever their time: for comparing with tables that were made
 * so, because a model then learns from what came later.
 */
export function userRatioSplit(log: InteractionLog, { train, seed }: UserRatioSplitOptions): UserRatioSplit {
  const random = seededRandom(seed);
  const kept = new Uint8Array(log.users.length);
  const byUser = [...indicesByUser(log)];
  for (const [, indices] of byUser) {
    const trainCount = Math.max(1, Math.round(train * indices.length));
    for (const index of shuffle([...indices], random).slice(0, trainCount)) kept[index] = 1;
  }
  const cases = byUser.flatMap(([user, indices]): EvaluationCase[] => {
    const past = indices.filter((index) => kept[index] === 1);
    const had = new Set(past.map((index) => log.ordinals[index]));
    const heldOut = indices.filter((index) => kept[index] === 0 && !had.has(log.ordinals[index]));
    if (heldOut.length === 0) return [];
    return [
      {
        user,
        history: Uint32Array.from(past, (index) => log.ordinals[index]),
        historyTimesMs: Float64Array.from(past, (index) => log.timesMs[index]),
        relevant: Uint32Array.from(new Set(heldOut.map((index) => log.ordinals[index]))),
      },
    ];
  });
  return { train: filterLog(log, (index) => kept[index] === 1), cases };
}
