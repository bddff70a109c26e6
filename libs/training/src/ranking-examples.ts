import { eventTypeIndex, EventLoopTurns, shuffle, systemClock } from '@winnow/domain';
import type { Description, EventColumns, QueryFeatures, Random } from '@winnow/domain';
import type { PointInTimeReplay, RankingFeatures } from '@winnow/features';
import { RankingExamplesBuilder } from '@winnow/models';
import type { ProfileSource, RankingExamples } from '@winnow/models';
import type { CandidatePool } from './candidate-pool';
import { exampleMoments } from './example-moments';
import type { ExampleMoment } from './example-moments';
import { firstIndexAt } from './frame';
import type { RunFrame } from './frame';
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

const HOUR_MS = 3_600_000;
const PROGRESS_EVERY = 100;
/** Somebody with more interactions than this is no new user. */
const NEW_USER_HISTORY_MAX = 5;

/**
 * One group per sampled moment of a user: what serving would have retrieved then, with features as they were then, and
 * labels from what the user did within the label horizon. Histories end strictly before the moment. A share of them is cut
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
    builder.add({
      negativeRate: keptShare(united(ordinals, onScreen), chosen, positives),
      query,
      ordinals: chosen,
      features: features.compute(query, queryVector, chosen),
      labels: labelMatrix(chosen, positives, labels.nothing),
    });
  }
  const examples = builder.build();
  // A moment left out for want of a positive was all negatives: those of the others stand for them, too.
  const momentShare = examples.queryCount / Math.max(1, moments.length);
  examples.negativeRates.forEach((rate, query, rates) => (rates[query] = rate * momentShare));
  return examples;
}

/** What stood on the user's screen, without what they had had before. */
function shownAt({ slate }: ExampleMoment, shown: ShownFrame | undefined, seen: Uint32Array): Uint32Array {
  if (!shown || slate === null) return new Uint32Array(0);
  const had = new Set(seen);
  return shown.ordinals
    .subarray(shown.offsets[slate], shown.offsets[slate + 1])
    .filter((ordinal) => !had.has(ordinal));
}

const united = (left: Uint32Array, right: Uint32Array): Uint32Array =>
  right.length === 0 ? left : Uint32Array.from(new Set([...left, ...right]));

/** Share of the retrieved negatives that were chosen; 1 when there were none. */
export function keptShare(
  retrieved: Uint32Array,
  chosen: Uint32Array,
  positives: ReadonlyMap<number, Float32Array>,
): number {
  const negatives = (ordinals: Uint32Array): number =>
    ordinals.reduce((count, ordinal) => count + (positives.has(ordinal) ? 0 : 1), 0);
  const all = negatives(retrieved);
  return all > 0 ? Math.max(1, negatives(chosen)) / all : 1;
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

/** What a head learns from. */
interface Objective {
  readonly eventType: number;
  readonly valueMin: number;
  /** The label is the event's value, not that it happened. */
  readonly wantsValue: boolean;
}

/** Which items a user acted on within the horizon of a moment, per objective. */
export class HorizonLabels {
  private readonly objectives: readonly Objective[];
  private readonly eventsOfUser = new Map<number, number[]>();
  private readonly horizonMs: number;

  constructor(
    private readonly events: EventColumns,
    description: Description,
  ) {
    this.horizonMs = description.training.ranker.labelHorizonHours * HOUR_MS;
    this.objectives = description.objectives.map(({ event, valueMin, loss = 'log-loss' }) => ({
      eventType: eventTypeIndex(description, event),
      valueMin: valueMin ?? -Infinity,
      wantsValue: loss !== 'log-loss',
    }));
    for (let event = 0; event < events.count; event += 1) {
      const own = this.eventsOfUser.get(events.users[event]);
      if (own) own.push(event);
      else this.eventsOfUser.set(events.users[event], [event]);
    }
  }

  /**
   * Ordinal → one label per objective, for the user's events from the moment's start to the horizon's end: 0 or 1, or the
   * newest value, NaN when there was none.
   */
  of({ user, timeMs }: Pick<ExampleMoment, 'user' | 'timeMs'>): Map<number, Float32Array> {
    const { timesMs, ordinals, eventTypes, values } = this.events;
    const start = firstIndexAt(timesMs, timeMs);
    const labels = new Map<number, Float32Array>();
    for (const event of this.eventsOfUser.get(user) ?? []) {
      if (event < start || timesMs[event] >= timeMs + this.horizonMs) continue;
      this.objectives.forEach(({ eventType, valueMin, wantsValue }, objective) => {
        if (eventTypes[event] !== eventType || values[event] < valueMin) return;
        const own = labels.get(ordinals[event]) ?? this.nothing.slice();
        own[objective] = wantsValue ? values[event] : 1;
        labels.set(ordinals[event], own);
      });
    }
    return labels;
  }

  /** Labels of an item that the user did not act on. */
  get nothing(): Float32Array {
    return Float32Array.from(this.objectives, ({ wantsValue }) => (wantsValue ? NaN : 0));
  }
}

interface ChoiceOptions {
  readonly countMax: number;
  readonly random: Random;
  /** What the user had before their eyes; all of it is chosen. */
  readonly shown?: Uint32Array;
  /** Choose negatives also where retrieval brought no positive. Default false. */
  readonly withoutPositives?: boolean;
}

/**
 * The positives that were retrieved, and a uniform sample of the rest; nothing when no positive was. A positive that
 * retrieval missed must not be added: it would be the only candidate of its kind, and rankers would learn to favour what
 * looks unretrievable – unknown items first of all.
 */
export function chooseCandidates(
  retrieved: Uint32Array,
  positives: ReadonlyMap<number, Float32Array>,
  { countMax, random, shown = new Uint32Array(0), withoutPositives = false }: ChoiceOptions,
): Uint32Array {
  const onScreen = new Set(shown);
  const merelyRetrieved = retrieved.filter((ordinal) => !onScreen.has(ordinal));
  const chosen = [...shown, ...merelyRetrieved.filter((ordinal) => positives.has(ordinal))];
  if (!withoutPositives && !chosen.some((ordinal) => positives.has(ordinal))) return new Uint32Array(0);
  const others = shuffle(
    merelyRetrieved.filter((ordinal) => !positives.has(ordinal)),
    random,
  );
  return Uint32Array.from([...chosen, ...others.subarray(0, Math.max(0, countMax - chosen.length))]);
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
