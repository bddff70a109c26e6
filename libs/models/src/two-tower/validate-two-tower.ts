import * as tf from '@tensorflow/tfjs-core';
import { ordinal as toOrdinal, shuffle } from '@winnow/domain';
import type { Interaction, QueryFeatures, Random } from '@winnow/domain';
import { evaluate } from '@winnow/tensor';
import type { TrainingFrame } from './training-frame';
import type { TwoTower } from './two-tower';

/** Enough users for a criterion that moves by less than its epochs do. */
const USERS_MAX = 1000;
/** Larger catalogues are sampled: the criterion compares epochs of one run, it is no published metric. */
const ITEMS_MAX = 50_000;
const QUERY_BATCH = 16;
const CUT = 20;

export interface TwoTowerValidation {
  readonly model: TwoTower;
  readonly frame: TrainingFrame;
  /** Pairs from this moment on are held out. */
  readonly fromMs: number;
  readonly catalogue: Uint32Array;
  readonly userAttributes?: (user: number) => QueryFeatures['userAttributes'];
  readonly random: Random;
}

/**
 * NDCG@20 of what users take from `fromMs` on, asked at their first query in that time; what they had before is filtered.
 * A next-item criterion on the newest slice: the question that retrieval answers in production.
 */
export async function validateTwoTower(options: TwoTowerValidation): Promise<number> {
  const { model, frame, random } = options;
  const cases = heldOutCases(options);
  if (cases.length === 0) return 0;
  const candidates = candidateSample(options.catalogue, cases, random);
  const place = new Int32Array(
    Math.max(frame.ordinalLimit, 1 + candidates.reduce((a, b) => Math.max(a, b), 0)),
  ).fill(-1);
  candidates.forEach((ordinal, index) => {
    place[ordinal] = index;
  });
  const vectors = await model.encodeItems(candidates);
  const transposed = tf.tidy(() => tf.transpose(tf.tensor2d(vectors, [candidates.length, model.dimension])));
  let sum = 0;
  for (let from = 0; from < cases.length; from += QUERY_BATCH) {
    const chunk = cases.slice(from, from + QUERY_BATCH);
    const queries = await model.encodeQueries(chunk.map((each) => queryOf(options, each)));
    const { scores } = await evaluate(() => ({
      scores: tf.matMul(tf.tensor2d(queries, [chunk.length, model.dimension]), transposed),
    }));
    chunk.forEach((each, row) => {
      const rowScores = scores.subarray(row * candidates.length, (row + 1) * candidates.length);
      sum += ndcg({ frame, case: each, scores: rowScores, place });
    });
  }
  transposed.dispose();
  return sum / cases.length;
}

interface HeldOutCase {
  readonly user: number;
  /** The user's first query in the held-out time. */
  readonly query: number;
  readonly relevant: readonly number[];
}

function heldOutCases({ frame, fromMs, random }: TwoTowerValidation): HeldOutCase[] {
  const cases: HeldOutCase[] = [];
  for (let query = 0; query < frame.queryCount;) {
    const user = frame.queryUsers[query];
    const relevant: number[] = [];
    let first = -1;
    for (; query < frame.queryCount && frame.queryUsers[query] === user; query += 1) {
      if (frame.queryTimesMs[query] < fromMs) continue;
      if (first < 0) first = query;
      relevant.push(...frame.pairOrdinals.subarray(frame.pairOffsets[query], frame.pairOffsets[query + 1]));
    }
    if (first >= 0) cases.push({ user, query: first, relevant });
  }
  const order = shuffle(
    Uint32Array.from(cases, (_, index) => index),
    random,
  );
  return Array.from(order.subarray(0, USERS_MAX), (index) => cases[index]);
}

function candidateSample(catalogue: Uint32Array, cases: readonly HeldOutCase[], random: Random): Uint32Array {
  const relevant = new Set(cases.flatMap((each) => each.relevant));
  const pool =
    catalogue.length <= ITEMS_MAX ? catalogue : shuffle(catalogue.slice(), random).subarray(0, ITEMS_MAX);
  return Uint32Array.from(new Set([...relevant, ...pool]));
}

function queryOf({ frame, userAttributes }: TwoTowerValidation, { user, query }: HeldOutCase): QueryFeatures {
  const history: Interaction[] = [];
  for (let event = frame.historyFrom[query]; event < frame.historyTo[query]; event += 1)
    history.push({
      ordinal: toOrdinal(frame.ordinals[event]),
      eventType: frame.eventTypes[event],
      timeMs: frame.timesMs[event],
      value: 1,
    });
  return {
    history,
    seedOrdinals: [],
    userAttributes: userAttributes?.(user) ?? {},
    context: {},
    nowMs: frame.queryTimesMs[query],
  };
}

/** NDCG@20 of one case; its ideal has min(20, relevant) hits. */
function ndcg(options: {
  readonly frame: TrainingFrame;
  readonly case: HeldOutCase;
  /** Of every candidate; overwritten. */
  readonly scores: Float32Array;
  /** Candidate index by ordinal, −1 for none. */
  readonly place: Int32Array;
}): number {
  const { frame, scores, place } = options;
  const { user, query, relevant } = options.case;
  for (let event = frame.userOffsets[user]; event < frame.historyTo[query]; event += 1) {
    const index = place[frame.ordinals[event]];
    if (index >= 0) scores[index] = -Infinity;
  }
  let [gain, ideal] = [0, 0];
  relevant.forEach((ordinal, index) => {
    const score = scores[place[ordinal]];
    let rank = 0;
    for (let other = 0; other < scores.length && rank < CUT; other += 1) if (scores[other] > score) rank += 1;
    if (rank < CUT && score > -Infinity) gain += 1 / Math.log2(rank + 2);
    if (index < CUT) ideal += 1 / Math.log2(index + 2);
  });
  return gain / ideal;
}
