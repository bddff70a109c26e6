import { invariant } from '@winnow/domain';
import { frequentItems } from './global-time-split';
import { filterLog, indicesByUser, type EvaluationCase, type InteractionLog } from './interaction-log';

export interface LeaveOneOutSplit {
  /** All interactions but each user's last two. */
  readonly train: InteractionLog;
  /** Every item of the log, ascending: full ranking. */
  readonly vocabulary: Uint32Array;
  /** Predict the last but one from all before it. */
  readonly valid: readonly EvaluationCase[];
  /** Predict the last; the history includes the validation item. */
  readonly test: readonly EvaluationCase[];
}

/**
 * Everybody's last item is the test, the last but one the validation (SASRec's protocol). It lets models see what
 * others did later than the predicted moment: for comparing with published tables only. Users with fewer than
 * three interactions only train.
 */
export function leaveOneOutSplit(log: InteractionLog): LeaveOneOutSplit {
  invariant(log.users.length === log.ordinals.length, 'one user per interaction');
  const kept = new Uint8Array(log.users.length).fill(1);
  const valid: EvaluationCase[] = [];
  const test: EvaluationCase[] = [];
  const caseOf = (user: number, indices: readonly number[], target: number): EvaluationCase => ({
    user,
    history: Uint32Array.from(indices.slice(0, target), (index) => log.ordinals[index]),
    historyTimesMs: Float64Array.from(indices.slice(0, target), (index) => log.timesMs[index]),
    relevant: Uint32Array.of(log.ordinals[indices[target]]),
  });
  for (const [user, indices] of indicesByUser(log)) {
    if (indices.length < 3) continue;
    valid.push(caseOf(user, indices, indices.length - 2));
    test.push(caseOf(user, indices, indices.length - 1));
    for (const index of indices.slice(-2)) kept[index] = 0;
  }
  return {
    train: filterLog(log, (index) => kept[index] === 1),
    vocabulary: frequentItems(log, 1),
    valid,
    test,
  };
}
