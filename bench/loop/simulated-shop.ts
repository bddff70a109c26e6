import {
  IMPRESSION,
  ordinal,
  seededRandom,
  slateId,
  surfaceName,
  type CatalogItem,
  type TrackedEvent,
} from '@winnow/domain';
import { DAY_MS, react, SyntheticWorld, syntheticItemId, syntheticUserId } from '@winnow/synthetic-world';

export interface ShopOptions {
  readonly seed: number;
  readonly historyDays: number;
  readonly days: number;
  readonly itemCount: number;
  readonly userCount: number;
  readonly slatesPerDay: number;
  /** Day, counted from 1, on which a campaign begins to bring other people. */
  readonly driftDay: number;
}

/** Somebody opens the page. The same visits for every arm. */
export interface Visit {
  readonly user: number;
  readonly timeMs: number;
  readonly number: number;
}

/** Share of the users that come only with the campaign. */
const NEWCOMER_SHARE = 0.2;
/** Share of the visits from the campaign's first day on that are theirs. */
const CAMPAIGN_SHARE = 0.6;
/** Items of a topic by which its friends are known. */
const TOPIC_SAMPLE = 30;
export const SLATE_SIZE = 10;
const READING_MS = 2_000;

/** The world as a shop: its catalogue, its past, who comes when, and what they do with a slate. */
export class SimulatedShop {
  readonly world: SyntheticWorld;
  readonly startMs: number;
  readonly #regulars: number;

  constructor(private readonly options: ShopOptions) {
    const { seed, historyDays, days, itemCount, userCount, slatesPerDay } = options;
    this.world = new SyntheticWorld({
      ...{ seed, itemCount, userCount, slatesPerDay, slateSize: SLATE_SIZE, topicCount: 12 },
      days: historyDays + days,
    });
    this.startMs = this.world.options.startMs + historyDays * DAY_MS;
    this.#regulars = Math.round((1 - NEWCOMER_SHARE) * userCount);
  }

  /** Items created in the window, by ordinal: an item's ordinal is its index in the world. */
  itemsCreated(fromMs: number, toMs: number): CatalogItem[] {
    const { itemCount } = this.options;
    return Array.from({ length: itemCount }, (_, index) => this.world.item(index)).flatMap(
      ({ index, itemId, attributes }) => {
        const createdMs = Number(attributes['created']);
        return createdMs >= fromMs && createdMs < toMs
          ? [{ ordinal: ordinal(index), itemId, attributes, available: true, firstSeenAtMs: createdMs }]
          : [];
      },
    );
  }

  /**
   * What regular users did before the first day, by the logging policy that served then. The shop's client says that an
   * item was shown once the reader has got to it; what the world calls an impression was merely served.
   */
  *past(): Generator<TrackedEvent> {
    for (const event of this.world.eventSequence()) {
      if (event.timeMs >= this.startMs) return;
      if (event.eventType === 'impression' || event.userIndex >= this.#regulars) continue;
      yield {
        ...{ eventId: event.eventId, userId: event.userId, itemId: event.itemId },
        ...{ ordinal: ordinal(event.itemIndex), timeMs: event.timeMs },
        eventType: event.eventType === 'view' ? IMPRESSION : event.eventType,
        ...{
          receivedAtMs: event.timeMs,
          value: event.value,
          slateId: event.slateId,
          position: event.position,
        },
      };
    }
  }

  /** Visits of a day, counted from 1, in order of time. */
  visits(day: number): Visit[] {
    const { seed, slatesPerDay, driftDay } = this.options;
    const random = seededRandom(seed * 1_000 + day);
    const newcomers = day >= driftDay ? this.newcomers() : [];
    const fromMs = this.startMs + (day - 1) * DAY_MS;
    return Array.from({ length: slatesPerDay }, () => fromMs + Math.floor(random() * DAY_MS))
      .sort((left, right) => left - right)
      .map((timeMs, number) => ({
        timeMs,
        number: day * slatesPerDay + number,
        user:
          newcomers.length > 0 && random() < CAMPAIGN_SHARE
            ? newcomers[Math.floor(random() * newcomers.length)]
            : // A few come often.
              Math.floor(this.#regulars * random() ** 2),
      }));
  }

  expectedReward({ user, timeMs }: Visit, itemIndexes: readonly number[]): number {
    return this.world.expectedReward({ userIndex: user, itemIndexes, timeMs });
  }

  /** Probability that the visitor clicks the item once they read it. */
  liking({ user, timeMs }: Visit, item: number): number {
    return this.world.trueAffinity(user, item, timeMs);
  }

  /** What the visitor does with a slate. Drawn by the visit alone, so that the same slate has the same answer. */
  answers(visit: Visit, itemIndexes: readonly number[], tag: string): TrackedEvent[] {
    const { user, timeMs, number } = visit;
    const random = seededRandom(this.options.seed * 1_000_003 + number);
    const affinities = itemIndexes.map((item) => this.world.trueAffinity(user, item, timeMs));
    return react(affinities, this.world.options.clickModel, random).flatMap((reaction, position) => {
      const item = itemIndexes[position];
      const types = [
        ...(reaction.examined ? [IMPRESSION] : []),
        ...(reaction.clicked ? ['click'] : []),
        ...(reaction.purchased ? ['purchase'] : []),
        ...(reaction.hidden ? ['hide'] : []),
      ];
      return types.map((eventType, step): TrackedEvent => {
        const atMs = timeMs + READING_MS * (position + 1) + step;
        return {
          eventId: `${tag}-${number}-${position}-${eventType}` as TrackedEvent['eventId'],
          ...{ userId: syntheticUserId(user), itemId: syntheticItemId(item), ordinal: ordinal(item) },
          ...{ eventType, timeMs: atMs, receivedAtMs: atMs, position, surface: surfaceName('home') },
          slateId: slateId(`${tag}-${number}`),
          value: eventType === 'purchase' ? Number(this.world.item(item).attributes['price']) : 1,
        };
      });
    });
  }

  /** Of those who come only with the campaign, the half that likes its topic most. */
  private newcomers(): number[] {
    const { userCount, itemCount } = this.options;
    const topic = this.world.item(0).attributes['topic'];
    const items = Array.from({ length: itemCount }, (_, index) => index)
      .filter((index) => this.world.item(index).attributes['topic'] === topic)
      .slice(0, TOPIC_SAMPLE);
    const liking = (user: number): number =>
      items.reduce((sum, item) => sum + this.world.trueAffinity(user, item, this.startMs), 0);
    const candidates = Array.from({ length: userCount - this.#regulars }, (_, at) => this.#regulars + at);
    return candidates
      .map((user) => ({ user, liking: liking(user) }))
      .sort((left, right) => right.liking - left.liking)
      .slice(0, Math.ceil(candidates.length / 2))
      .map(({ user }) => user);
  }
}
