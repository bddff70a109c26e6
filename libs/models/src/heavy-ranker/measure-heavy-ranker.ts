import { ordinal as toOrdinal } from '@winnow/domain';
import type { Interaction } from '@winnow/domain';
import { areaUnderRoc } from '@winnow/evaluation';
import { groupNdcg } from '../ranking/group-ndcg';
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
  for (let query = 0; query < examples.queryCount; query += 1) {
    const ranked = await heavy.rank(requestOf(examples, query));
    scores.set(ranked.scores, examples.groupOffsets[query]);
  }
  return scores;
}

/**
 * NDCG@20 within the groups of some queries, an item's gain being the value of its labels, and each head's AUC over
 * all their rows.
 */
export async function measureHeavyRanker(options: {
  readonly heavy: HeavyRanker;
  readonly examples: RankingExamples;
  readonly queries: Uint32Array;
}): Promise<Record<string, number>> {
  const { heavy, examples, queries } = options;
  const { headCount, labels, ordinals, groupOffsets } = examples;
  const scores = new Float32Array(ordinals.length);
  const predictions: number[][] = heavy.heads.map(() => []);
  const truths: number[][] = heavy.heads.map(() => []);
  for (const query of queries) {
    const ranked = await heavy.rank(requestOf(examples, query));
    const from = groupOffsets[query];
    scores.set(ranked.scores, from);
    ranked.headValues.forEach((value, index) => {
      predictions[index % headCount].push(value);
      truths[index % headCount].push(labels[from * headCount + index] > 0 ? 1 : 0);
    });
  }
  const gains = heavy.valueModel.scores(labels);
  const metrics: Record<string, number> = {
    [`heavyRanker.ndcg@${CUT}`]: groupNdcg(examples, { queries, scores, gains, k: CUT }),
  };
  heavy.heads.forEach((head, index) => {
    const auc = areaUnderRoc({ predictions: predictions[index], labels: truths[index] });
    if (Number.isFinite(auc)) metrics[`heavyRanker.auc.${head}`] = auc;
  });
  return metrics;
}
