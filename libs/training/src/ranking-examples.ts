import { EventLoopTurns, systemClock } from '@winnow/domain';
import type { Description, QueryFeatures, Random } from '@winnow/domain';
import type { PointInTimeReplay, RankingFeatures } from '@winnow/features';
import { RankingExamplesBuilder } from '@winnow/models';
import type { ProfileSource, RankingExamples } from '@winnow/models';
import type { CandidatePool } from './candidate-pool';
import { chooseCandidates, keptShare } from './choose-candidates';
import { exampleMoments } from './example-moments';
import type { RunFrame } from './frame';
import { HorizonLabels } from './horizon-labels';
import { shownAt, without } from './shown/on-screen';
import type { ServedFeatures } from './shown/served-features';
import type { ShownFrame } from './shown/shown-frame';

/** What candidates come from, and what describes them. */
export interface RetrievalKnowledge {
  readonly pool: CandidatePool;
  readonly features: RankingFeatures;
}

export interface RankingExampleOptions {
  readonly frame: RunFrame;
  readonly description: Description;
  /** What users were shown; absent where nobody recorded it. */
  readonly shown?: ShownFrame;
  /** Features of what was shown, as they were served; absent: all are computed from the log. */
  readonly served?: ServedFeatures;
  readonly replay: PointInTimeReplay;
  /** What retrieval and features knew at the event with this index; asked in ascending order. */
  readonly knowledgeAt: (event: number) => Promise<RetrievalKnowledge>;
  readonly profileSource: ProfileSource;
  /** Queries are drawn from the events at and after this index. */
  readonly fromIndex: number;
  readonly random: Random;
  /** Keep moments for which retrieval brought nothing that was then taken: to measure with, not to learn from. */
  readonly withoutPositives?: boolean;
  readonly onProgress?: (fraction: number, note: string) => void;
  readonly signal?: AbortSignal;
}

const PROGRESS_EVERY = 100;
/** Somebody with more interactions than this is no new user. */
const NEW_USER_HISTORY_MAX = 5;

/**
 * One group per sampled moment of a user: what they were shown, where that is known, and what serving would have retrieved
 * then, with features as they were then, and labels from what the user did within the label horizon. Histories end strictly before the moment. A share of them is cut
 * to its newest few interactions: most moments are regulars', and rankers would not know what to make of somebody new.
 */
export async function buildRankingExamples(options: RankingExampleOptions): Promise<RankingExamples> {
  const { frame, description, replay, knowledgeAt, random } = options;
  const { training } = description;
  const moments = exampleMoments(options);
  const labels = new HorizonLabels(frame.events, description);
  const builder = new RankingExamplesBuilder({
    featureCount: (await knowledgeAt(options.fromIndex)).features.count,
    headCount: description.objectives.length,
    historyCountMax: training.historyCountMax,
    profileSource: options.profileSource,
  });
  const turns = new EventLoopTurns(systemClock);
  for (const [done, moment] of moments.entries()) {
    await turns.take();
    options.signal?.throwIfAborted();
    if (done % PROGRESS_EVERY === 0)
      options.onProgress?.(done / moments.length, `${done} of ${moments.length} queries`);
    const { event, user, timeMs } = moment;
    replay.advanceTo(event);
    const known = queryAt(frame, replay, user, timeMs);
    const query = isOneOf(training.ranker.newUserShare, random) ? asNewUser(known, random) : known;
    const seen = replay.seen(user);
    const positives = labels.of(moment);
    // What is seen is never recommended again, so coming back to it teaches nothing here.
    for (const ordinal of seen) positives.delete(ordinal);
    const { pool, features } = await knowledgeAt(event);
    const { ordinals, queryVector } = await pool.candidates(query, seen);
    const onScreen = shownAt(moment, options.shown, seen);
    const chosen = chooseCandidates(ordinals, positives, {
      shown: onScreen,
      countMax: training.ranker.candidateCount,
      withoutPositives: options.withoutPositives ?? false,
      random,
    });
    if (chosen.length === 0) continue;
    const described = features.compute(query, queryVector, chosen);
    // Somebody made out to be new was never served.
    if (moment.slate !== null && query === known) options.served?.overwrite(moment.slate, chosen, described);
    builder.add({
      shown: Uint8Array.from(chosen, (_, row) => Number(row < onScreen.length)),
      negativeRate: keptShare(without(ordinals, onScreen), chosen.subarray(onScreen.length), positives),
      query,
      ordinals: chosen,
      features: described,
      labels: labelMatrix(chosen, positives, labels.nothing),
    });
  }
  const examples = builder.build();
  // A moment left out for want of a positive was all negatives: those of the others stand for them, too.
  const momentShare = examples.queryCount / Math.max(1, moments.length);
  examples.negativeRates.forEach((rate, row, rates) => (rates[row] = rate * momentShare));
  return examples;
}

/** Draws nothing for a share of 0, so that it changes nothing. */
const isOneOf = (share: number, random: Random): boolean => share > 0 && random() < share;

/** The same moment with only the newest interactions known, one to five of them. */
const asNewUser = (query: QueryFeatures, random: Random): QueryFeatures => ({
  ...query,
  history: query.history.slice(-1 - Math.floor(random() * NEW_USER_HISTORY_MAX)),
});

/** What a model would have been told at that moment. */
export function queryAt(
  frame: RunFrame,
  replay: PointInTimeReplay,
  user: number,
  nowMs: number,
): QueryFeatures {
  return {
    history: replay.history(user),
    seedOrdinals: [],
    userAttributes: frame.userAttributes[user] ?? {},
    context: {},
    nowMs,
  };
}

/** Row-major [ordinals, heads]. */
function labelMatrix(
  ordinals: Uint32Array,
  positives: ReadonlyMap<number, Float32Array>,
  nothing: Float32Array,
): Float32Array {
  const labels = new Float32Array(ordinals.length * nothing.length);
  ordinals.forEach((ordinal, row) => labels.set(positives.get(ordinal) ?? nothing, row * nothing.length));
  return labels;
}
