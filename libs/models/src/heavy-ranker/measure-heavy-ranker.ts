import { EventLoopTurns, ordinal as toOrdinal, systemClock } from '@winnow/domain';
import type { Interaction } from '@winnow/domain';
import { areaUnderRoc } from '@winnow/evaluation';
import { groupNdcg } from '../ranking/group-ndcg';
import { labelGains } from '../ranking/label-gains';
import type { RankingExamples } from '../ranking-examples';
import type { HeavyRanker, HeavyRankRequest } from './heavy-ranker';

const CUT = 20;

/** One query of the examples as serving would see it; its profile is given by rows. */
export function requestOf(examples: RankingExamples, query: number): HeavyRankRequest {
  const { groupOffsets, featureCount, histories, profiles } = examples;
  const [from, to] = [groupOffsets[query], groupOffsets[query + 1]];
  const [first, last] = [profiles.offsets[query], profiles.offsets[query + 1]];
  const history: Interaction[] = [];
  for (let event = histories.offsets[query]; event < histories.offsets[query + 1]; event += 1)
    history.push({
      ordinal: toOrdinal(histories.ordinals[event]),
      eventType: histories.eventTypes[event],
      timeMs: histories.timesMs[event],
      value: 1,
    });
  return {
    query: { history, seedOrdinals: [], userAttributes: {}, context: {}, nowMs: examples.nowMs[query] },
    ordinals: examples.ordinals.subarray(from, to),
    features: examples.features.subarray(from * featureCount, to * featureCount),
    profile: { rows: profiles.rows.subarray(first, last), weights: profiles.weights.subarray(first, last) },
  };
}

/** The ranker's value score of every candidate of the examples, [n]: what a light ranker is distilled from. */
export async function heavyValueScores(heavy: HeavyRanker, examples: RankingExamples): Promise<Float32Array> {
  const scores = new Float32Array(examples.ordinals.length);
  const turns = new EventLoopTurns(systemClock);
  for (let query = 0; query < examples.queryCount; query += 1) {
    await turns.take();
    const ranked = await heavy.rank(requestOf(examples, query));
    scores.set(ranked.scores, examples.groupOffsets[query]);
  }
  return scores;
}

/**
 * NDCG@20 within the groups of some queries, an item's gain being the value of its labels, and over all their rows the AUC
 * of each head that predicts odds, the root mean squared error of each that predicts a value.
 */
export async function measureHeavyRanker(options: {
  readonly heavy: HeavyRanker;
  readonly examples: RankingExamples;
  readonly queries: Uint32Array;
}): Promise<Record<string, number>> {
  const { heavy, examples, queries } = options;
  const { headCount, labels, ordinals, groupOffsets } = examples;
  const { targets } = heavy.parts.config;
  const scores = new Float32Array(ordinals.length);
  const predictions: number[][] = heavy.heads.map(() => []);
  const truths: number[][] = heavy.heads.map(() => []);
  for (const query of queries) {
    const ranked = await heavy.rank(requestOf(examples, query));
    const from = groupOffsets[query];
    scores.set(ranked.scores, from);
    ranked.headValues.forEach((value, index) => {
      const head = index % headCount;
      const label = labels[from * headCount + index];
      if (Number.isNaN(label)) return;
      predictions[head].push(value);
      truths[head].push(targets[head].loss === 'log-loss' ? Number(label > 0) : label);
    });
  }
  const gains = labelGains(examples, heavy.valueModel);
  const metrics: Record<string, number> = {
    [`heavyRanker.ndcg@${CUT}`]: groupNdcg(examples, { queries, scores, gains, k: CUT }),
  };
  heavy.heads.forEach((head, index) => {
    const known = { predictions: predictions[index], labels: truths[index] };
    if (targets[index].loss !== 'log-loss') {
      if (known.labels.length > 0) metrics[`heavyRanker.rmse.${head}`] = rootMeanSquaredError(known);
      return;
    }
    const auc = areaUnderRoc(known);
    if (Number.isFinite(auc)) metrics[`heavyRanker.auc.${head}`] = auc;
  });
  return metrics;
}

const rootMeanSquaredError = ({
  predictions,
  labels,
}: {
  readonly predictions: readonly number[];
  readonly labels: readonly number[];
}): number =>
  Math.sqrt(
    predictions.reduce((sum, value, row) => sum + (value - labels[row]) ** 2, 0) / predictions.length,
  );
