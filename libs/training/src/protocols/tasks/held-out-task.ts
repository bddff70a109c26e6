import { userRatioSplit } from '@winnow/evaluation';
import type { EvaluationCase, InteractionLog } from '@winnow/evaluation';
import type { RankingTask } from '../ranking-task';
import { windowAfter } from './window-after';

/** Part of what may be learned from that settings are chosen without. */
const VALID_SHARE = 0.1;
/** Which interactions are held out for choosing is the same for every model and seed. */
const VALID_SEED = 1;

export interface HeldOutTaskOptions {
  readonly question: string;
  readonly train: InteractionLog;
  readonly cases: readonly EvaluationCase[];
  readonly ks: readonly number[];
  readonly k: number;
}

/** A split that somebody made, without a moment: settings are chosen on a random tenth of what may be learned from. */
export function heldOutTask({ question, train, cases, ks, k }: HeldOutTaskOptions): RankingTask {
  const vocabulary = Uint32Array.from(new Set(train.ordinals)).sort();
  const inner = userRatioSplit(train, { train: 1 - VALID_SHARE, seed: VALID_SEED });
  return {
    question,
    facts: [
      { name: 'users', value: cases.length },
      { name: 'items', value: vocabulary.length },
      { name: 'past interactions', value: train.users.length },
      { name: 'interactions to find', value: cases.reduce((sum, one) => sum + one.relevant.length, 0) },
    ],
    valid: { ...windowAfter(inner.train, vocabulary), cases: inner.cases, k },
    test: windowAfter(train, vocabulary),
    cases,
    coldCases: [],
    coldBelow: 0,
    ks,
    k,
    userSlices: [],
    itemSlices: [],
  };
}
