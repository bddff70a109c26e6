import {
  err,
  ok,
  stageError,
  type ObjectiveDescription,
  type RankReply,
  type Ranker,
  type Result,
  type ScoredCandidate,
  type StageError,
} from '@winnow/domain';
import type { Scorer } from '@winnow/pipeline';
import type { FunnelQuery } from '../funnel-query';
import { headWeights, valueScores } from './value-model';

export interface RankScorerOptions {
  readonly ranker: Ranker;
  readonly budgetMs: number;
  readonly candidateCountMax: number;
  /** False leaves the stage out, for ablations. */
  readonly enabled: boolean;
}

/** What is wrong with a reply; null when nothing is. O(candidates · heads). */
function replyViolation({ scores, heads, headValues }: RankReply, count: number): string | null {
  if (scores.length !== count) return `${scores.length} scores for ${count} candidates`;
  if (headValues.length !== count * heads.length)
    return `${headValues.length} predictions for ${count} candidates and ${heads.length} heads`;
  return scores.every(Number.isFinite) && headValues.every(Number.isFinite) ? null : 'a score is not finite';
}

async function rank(
  {
    ranker,
    name,
    returnFeatures = false,
  }: { readonly ranker: Ranker; readonly name: string; readonly returnFeatures?: boolean },
  ...[query, candidates, context]: Parameters<Scorer<FunnelQuery, ScoredCandidate>['score']>
): Promise<Result<RankReply, StageError>> {
  const ordinals = Uint32Array.from(candidates, ({ ordinal }) => ordinal);
  const { release, features, queryVector } = query;
  const request = {
    release,
    query: features,
    ordinals,
    queryVector,
    ...(returnFeatures && { returnFeatures }),
  };
  const reply = await ranker.rank(request, context);
  if (!reply.ok) return reply;
  const violation = replyViolation(reply.value, candidates.length);
  return violation === null ? reply : err(stageError('model', name, violation));
}

/** The small network over all candidates. Without it the order of retrieval stands. */
export function lightRankScorer(options: RankScorerOptions): Scorer<FunnelQuery, ScoredCandidate> {
  const name = 'light-ranker';
  return {
    name,
    stage: 'light-rank',
    onFailure: 'open',
    budgetMs: options.budgetMs,
    candidateCountMax: options.candidateCountMax,
    enabled: () => options.enabled,
    score: async (query, candidates, context) => {
      const reply = await rank({ ranker: options.ranker, name }, query, candidates, context);
      if (!reply.ok) return reply;
      const { scores } = reply.value;
      return ok(
        candidates.map((candidate, index) => ({
          ...candidate,
          score: scores[index],
          stageScores: [...candidate.stageScores, { stage: 'light-rank', score: scores[index] }],
        })),
      );
    },
  };
}

/**
 * The multi-head network over what the light ranker left, turned into one score by the value model. Without it
 * the light scores stand.
 */
export function heavyRankScorer(
  options: RankScorerOptions & {
    readonly objectives: readonly ObjectiveDescription[];
    /** Told the heads of each reply, in the order of `headValues`. */
    readonly onHeads: (heads: readonly string[]) => void;
  },
): Scorer<FunnelQuery, ScoredCandidate> {
  const name = 'heavy-ranker';
  return {
    name,
    stage: 'heavy-rank',
    onFailure: 'open',
    budgetMs: options.budgetMs,
    candidateCountMax: options.candidateCountMax,
    enabled: () => options.enabled,
    score: async (query, candidates, context) => {
      const returnFeatures = query.trace !== null;
      const reply = await rank({ ranker: options.ranker, name, returnFeatures }, query, candidates, context);
      if (!reply.ok) return reply;
      const { heads, headValues, features } = reply.value;
      options.onHeads(heads);
      if (features) query.trace?.rememberFeatures(candidates, features);
      const weights = headWeights(heads, options.objectives);
      if (heads.length > 0 && weights.every(({ weight }) => weight === 0))
        return err(
          stageError('model', name, `the value model weighs none of its heads: ${heads.join(', ')}`),
        );
      const scores = heads.length > 0 ? valueScores(headValues, weights) : reply.value.scores;
      return ok(
        candidates.map((candidate, index) => ({
          ...candidate,
          score: scores[index],
          stageScores: [...candidate.stageScores, { stage: 'heavy-rank', score: scores[index] }],
          headValues: Array.from(headValues.subarray(index * heads.length, (index + 1) * heads.length)),
        })),
      );
    },
  };
}
