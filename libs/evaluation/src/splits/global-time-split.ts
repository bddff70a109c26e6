import { invariant } from '@winnow/domain';
import {
  assertOrdered,
  filterLog,
  indicesByUser,
  sliceLog,
  type EvaluationCase,
  type InteractionLog,
} from './interaction-log';

export interface GlobalTimeSplitOptions {
  /** Share of the interactions, oldest first. Default 0.8. */
  readonly train?: number;
  /** The share after it; the rest is the test window. Default 0.1. */
  readonly valid?: number;
  /** Items with fewer interactions to learn from are not ranked. Default 5. */
  readonly itemEventsMin?: number;
  /** Users with fewer interactions with such items are not evaluated. Default 5. */
  readonly userEventsMin?: number;
  /** Users with fewer are not in `matrix`. Default 2: a single item says nothing about which go together. */
  readonly matrixUserEventsMin?: number;
}

/** What to learn from, and what to predict. */
export interface EvaluationWindow {
  /** Interactions before the window: all that a model may see. */
  readonly past: InteractionLog;
  /**
   * The part of the past that the baselines of published tables learn from, popularity included: vocabulary items
   * only, users with at least `matrixUserEventsMin` of them only.
   */
  readonly matrix: InteractionLog;
  readonly window: InteractionLog;
  /** Time of the window's first interaction. */
  readonly startMs: number;
  /** Ordinals to rank, ascending. */
  readonly vocabulary: Uint32Array;
  readonly cases: readonly EvaluationCase[];
  /** Share of the window's interactions with items outside the vocabulary. */
  readonly leftOutShare: number;
}

export interface GlobalTimeSplit {
  /** Tune here: past is the training share. */
  readonly valid: EvaluationWindow;
  /** Report here: past is training and validation. */
  readonly test: EvaluationWindow;
}

/**
 * One moment for everybody separates past and future, as in production: sorted by time, the first 80 % train, the
 * next 10 % validate, the last 10 % test. Relevant is what a user turns to in the window that is in the vocabulary
 * and new to them.
 */
export function globalTimeSplit(log: InteractionLog, options: GlobalTimeSplitOptions = {}): GlobalTimeSplit {
  const { train = 0.8, valid = 0.1, itemEventsMin = 5, userEventsMin = 5, matrixUserEventsMin = 2 } = options;
  invariant(
    train > 0 && valid > 0 && train + valid < 1,
    'shares are positive and leave something to test on',
  );
  assertOrdered(log);
  const count = log.users.length;
  const trainEnd = Math.floor(train * count);
  const validEnd = Math.floor((train + valid) * count);
  const minimums = { itemEventsMin, userEventsMin, matrixUserEventsMin };
  return {
    valid: windowOf(sliceLog(log, 0, trainEnd), sliceLog(log, trainEnd, validEnd), minimums),
    test: windowOf(sliceLog(log, 0, validEnd), sliceLog(log, validEnd, count), minimums),
  };
}

type Minimums = Required<
  Pick<GlobalTimeSplitOptions, 'itemEventsMin' | 'userEventsMin' | 'matrixUserEventsMin'>
>;

function windowOf(past: InteractionLog, window: InteractionLog, minimums: Minimums): EvaluationWindow {
  const vocabulary = frequentItems(past, minimums.itemEventsMin);
  const inVocabulary = new Set(vocabulary);
  const pastByUser = indicesByUser(past);
  const cases: EvaluationCase[] = [];
  for (const [user, indices] of indicesByUser(window)) {
    const before = pastByUser.get(user) ?? [];
    const usable = before.filter((index) => inVocabulary.has(past.ordinals[index])).length;
    if (usable < minimums.userEventsMin) continue;
    const history = Uint32Array.from(before, (index) => past.ordinals[index]);
    const had = new Set(history);
    const fresh = indices
      .map((index) => window.ordinals[index])
      .filter((ordinal) => inVocabulary.has(ordinal) && !had.has(ordinal));
    if (fresh.length === 0) continue;
    const historyTimesMs = Float64Array.from(before, (index) => past.timesMs[index]);
    cases.push({ user, history, historyTimesMs, relevant: Uint32Array.from(new Set(fresh)) });
  }
  const leftOut = window.ordinals.filter((ordinal) => !inVocabulary.has(ordinal)).length;
  return {
    past,
    matrix: matrixOf(past, inVocabulary, minimums.matrixUserEventsMin),
    window,
    startMs: window.timesMs[0],
    vocabulary,
    cases,
    leftOutShare: leftOut / window.ordinals.length,
  };
}

function matrixOf(past: InteractionLog, vocabulary: ReadonlySet<number>, eventsMin: number): InteractionLog {
  const known = filterLog(past, (index) => vocabulary.has(past.ordinals[index]));
  const byUser = indicesByUser(known);
  return filterLog(known, (index) => byUser.get(known.users[index])!.length >= eventsMin);
}

/** Ordinals with at least `eventsMin` interactions, ascending. */
export function frequentItems({ ordinals }: InteractionLog, eventsMin: number): Uint32Array {
  const counts = new Map<number, number>();
  for (const ordinal of ordinals) counts.set(ordinal, (counts.get(ordinal) ?? 0) + 1);
  const frequent = [...counts].filter(([, count]) => count >= eventsMin).map(([ordinal]) => ordinal);
  return Uint32Array.from(frequent).sort();
}
