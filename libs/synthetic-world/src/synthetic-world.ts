import { eventId, seededRandom, slateId } from '@winnow/domain';
import type { EventId, ItemId, Random, SlateId, UserId } from '@winnow/domain';
import { expectedClicks, react } from './click-model';
import { dot, powerLawRank, seedOf, sigmoid } from './distributions';
import { DAY_MS, resolveSyntheticWorldOptions } from './options';
import type { SyntheticWorldOptions } from './options';
import { ItemSource, syntheticItemId } from './synthetic-item';
import type { HiddenItem, SyntheticItem } from './synthetic-item';
import { syntheticUserId, UserSource } from './synthetic-user';
import type { SyntheticUser } from './synthetic-user';
import { makeTopics } from './topics';

/** `impression`: it was in the slate; `view`: the user read as far as it. */
export type SyntheticEventType = 'impression' | 'view' | 'click' | 'purchase' | 'hide';

/** One line of the world's log. An impression means that the item was shown, examined or not. */
export interface SyntheticEvent {
  readonly eventId: EventId;
  readonly userIndex: number;
  readonly userId: UserId;
  readonly itemIndex: number;
  readonly itemId: ItemId;
  readonly eventType: SyntheticEventType;
  readonly timeMs: number;
  /** Price for a purchase, else 1. */
  readonly value: number;
  readonly slateId: SlateId;
  /** 0-based. */
  readonly position: number;
}

/** A slate to be judged against truth. */
export interface JudgedSlate {
  readonly userIndex: number;
  readonly itemIndexes: readonly number[];
  readonly timeMs: number;
}

const AFFINITY_BIAS = -2.4;
const TASTE_WEIGHT = 4;
const QUALITY_WEIGHT = 0.5;
const BUZZ_WEIGHT = 0.8;
/** A new item draws attention that halves every so many days. */
const BUZZ_HALF_LIFE_DAYS = 5;
/** Noise of the logging policy's own idea of affinity, in logits: it explores, so truth can be learned from its log. */
const LOGGING_NOISE = 1.5;
/** Seconds between reading two positions. */
const READING_MS = 2_000;
const BATCH_SIZE = 1_000;

/**
 * A seeded world whose truth is known: who likes what, when, and how slates are read.
 * Items and users are computed from their index, so any size costs O(topicCount) memory.
 */
export class SyntheticWorld {
  readonly options: SyntheticWorldOptions;
  private readonly itemSource: ItemSource;
  private readonly userSource: UserSource;

  /** Throws a RangeError naming the option that is out of range. */
  constructor(options: Partial<SyntheticWorldOptions> = {}) {
    this.options = resolveSyntheticWorldOptions(options);
    const { seed, topicCount, latentDimension } = this.options;
    const topics = makeTopics(seed, topicCount, latentDimension);
    this.itemSource = new ItemSource(this.options, topics);
    this.userSource = new UserSource(this.options, topics);
  }

  item(index: number): SyntheticItem {
    return this.itemSource.item(index);
  }

  user(index: number): SyntheticUser {
    return this.userSource.user(index);
  }

  /** The whole catalogue in batches; O(batch) memory whatever its size. */
  async *items(batchSize = BATCH_SIZE): AsyncGenerator<readonly SyntheticItem[]> {
    const { itemCount } = this.options;
    for (let from = 0; from < itemCount; from += batchSize) {
      const count = Math.min(batchSize, itemCount - from);
      yield Array.from({ length: count }, (_, offset) => this.itemSource.item(from + offset));
    }
  }

  async *users(batchSize = BATCH_SIZE): AsyncGenerator<readonly SyntheticUser[]> {
    const { userCount } = this.options;
    for (let from = 0; from < userCount; from += batchSize) {
      const count = Math.min(batchSize, userCount - from);
      yield Array.from({ length: count }, (_, offset) => this.userSource.user(from + offset));
    }
  }

  /** The unit vector that truth is computed from, [latentDimension]. */
  itemLatent(index: number): Float32Array {
    return this.itemSource.hidden(index).latent;
  }

  /** True taste at a time, a unit vector [latentDimension]. */
  userTaste(index: number, timeMs: number): Float32Array {
    return this.userSource.taste(index, timeMs);
  }

  /** 0 is the most exposed item. */
  popularityRank(index: number): number {
    return this.itemSource.popularityRank(index);
  }

  /** Probability in (0, 1) that the user clicks the item, once examined, at that time. */
  trueAffinity(userIndex: number, itemIndex: number, timeMs: number): number {
    return sigmoid(this.affinityLogit(this.userSource.taste(userIndex, timeMs), itemIndex, timeMs));
  }

  /** Expected clicks on a slate: exact, by the click model and the true affinities. */
  expectedReward({ userIndex, itemIndexes, timeMs }: JudgedSlate): number {
    const affinities = itemIndexes.map((item) => this.trueAffinity(userIndex, item, timeMs));
    return expectedClicks(affinities, this.options.clickModel);
  }

  /** The log of the world, oldest first, in batches. The last slate's events may end shortly after the last day. */
  async *events(batchSize = BATCH_SIZE): AsyncGenerator<readonly SyntheticEvent[]> {
    let batch: SyntheticEvent[] = [];
    for (const event of this.eventSequence()) {
      batch.push(event);
      if (batch.length === batchSize) {
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0) yield batch;
  }

  /** The same log, one event at a time. Slates overlap in time; a small buffer keeps the order. */
  *eventSequence(): Generator<SyntheticEvent> {
    const { seed, startMs, days, slatesPerDay } = this.options;
    const endMs = startMs + days * DAY_MS;
    const random = seededRandom(seedOf(seed, 'log', 0));
    const meanGapMs = DAY_MS / slatesPerDay;
    let waiting: SyntheticEvent[] = [];
    for (let slate = 0, timeMs = startMs; ; slate += 1) {
      timeMs += -Math.log(1 - random()) * meanGapMs;
      if (timeMs >= endMs) break;
      const ready = waiting.filter((event) => event.timeMs <= timeMs);
      if (ready.length > 0) {
        waiting = waiting.filter((event) => event.timeMs > timeMs);
        yield* ready;
      }
      waiting.push(...this.playSlate(slate, Math.floor(timeMs)));
      waiting.sort((left, right) => left.timeMs - right.timeMs);
    }
    yield* waiting;
  }

  private affinityLogit(taste: Float32Array, itemIndex: number, timeMs: number): number {
    const item = this.itemSource.hidden(itemIndex);
    return (
      AFFINITY_BIAS +
      TASTE_WEIGHT * dot(taste, item.latent) +
      QUALITY_WEIGHT * item.quality +
      BUZZ_WEIGHT * buzz(item, timeMs)
    );
  }

  private playSlate(slate: number, timeMs: number): SyntheticEvent[] {
    const { seed, userCount, activitySkew, clickModel } = this.options;
    const random = seededRandom(seedOf(seed, 'slate', slate));
    const userIndex = powerLawRank(random(), userCount, activitySkew);
    const chosen = this.chooseSlate(userIndex, timeMs, random);
    const affinities = chosen.map(({ logit }) => sigmoid(logit));
    const reactions = react(affinities, clickModel, random);
    return reactions.flatMap((reaction, position) => {
      const types: SyntheticEventType[] = ['impression'];
      if (reaction.examined) types.push('view');
      if (reaction.clicked) types.push('click');
      if (reaction.purchased) types.push('purchase');
      if (reaction.hidden) types.push('hide');
      const { itemIndex } = chosen[position];
      return types.map((eventType, step) =>
        this.eventOf({ slate, position, userIndex, itemIndex, eventType, timeMs, step }),
      );
    });
  }

  private eventOf(at: {
    slate: number;
    position: number;
    userIndex: number;
    itemIndex: number;
    eventType: SyntheticEventType;
    timeMs: number;
    step: number;
  }): SyntheticEvent {
    const price = at.eventType === 'purchase' ? this.itemSource.item(at.itemIndex).attributes['price'] : 1;
    return {
      eventId: eventId(`s${at.slate}-${at.position}-${at.eventType}`),
      userIndex: at.userIndex,
      userId: syntheticUserId(at.userIndex),
      itemIndex: at.itemIndex,
      itemId: syntheticItemId(at.itemIndex),
      eventType: at.eventType,
      timeMs:
        at.eventType === 'impression' ? at.timeMs : at.timeMs + READING_MS * (at.position + 1) + at.step,
      value: Number(price),
      slateId: slateId(`s${at.slate}`),
      position: at.position,
    };
  }

  /** The logging policy: popular candidates, ordered by a noisy idea of affinity. */
  private chooseSlate(
    userIndex: number,
    timeMs: number,
    random: Random,
  ): readonly { itemIndex: number; logit: number }[] {
    const { itemCount, slateSize, loggingCandidateCount, popularitySkew } = this.options;
    const taste = this.userSource.taste(userIndex, timeMs);
    const drawn = new Set<number>();
    const wanted = Math.max(slateSize, loggingCandidateCount);
    // Bounded: in a tiny world, or an early one, there may be fewer items than are wanted.
    for (let draw = 0; draw < 4 * wanted && drawn.size < wanted; draw += 1) {
      const itemIndex = this.itemSource.atPopularityRank(powerLawRank(random(), itemCount, popularitySkew));
      if (!drawn.has(itemIndex) && this.itemSource.createdMs(itemIndex) <= timeMs) drawn.add(itemIndex);
    }
    return [...drawn]
      .map((itemIndex) => {
        const logit = this.affinityLogit(taste, itemIndex, timeMs);
        return { itemIndex, logit, guess: logit + LOGGING_NOISE * (random() + random() + random() - 1.5) };
      })
      .sort((left, right) => right.guess - left.guess)
      .slice(0, slateSize);
  }
}

function buzz(item: HiddenItem, timeMs: number): number {
  const ageDays = Math.max(0, timeMs - item.createdMs) / DAY_MS;
  return 2 ** (-ageDays / BUZZ_HALF_LIFE_DAYS);
}
