import {
  ok,
  type Description,
  type Interaction,
  type OnlineStateReader,
  type UserState,
} from '@winnow/domain';
import { ItemCounters } from '@winnow/features';

/** What the online store would know of everybody, kept in memory: histories, seen items, counters. */
export class LiveState implements OnlineStateReader {
  readonly counters: ItemCounters;
  readonly #users = new Map<string, { history: Interaction[]; seen: Set<number> }>();

  constructor(
    private readonly description: Description,
    private readonly attributesOf: (userId: string) => UserState['attributes'],
  ) {
    this.counters = new ItemCounters({ halfLivesHours: description.training.trendingHalfLifeHours });
  }

  apply(userId: string, interaction: Interaction): void {
    const { events, training } = this.description;
    const type = events[interaction.eventType];
    const user = this.#users.get(userId) ?? { history: [], seen: new Set() };
    this.#users.set(userId, user);
    user.history.push(interaction);
    if (user.history.length > training.historyCountMax) user.history.shift();
    if (type.countsAsSeen) user.seen.add(interaction.ordinal);
    if (type.sentiment === 'positive')
      this.counters.apply(interaction.ordinal, interaction.timeMs, type.value);
  }

  seen(userId: string): ReadonlySet<number> {
    return this.#users.get(userId)?.seen ?? new Set();
  }

  async userState(id: string): ReturnType<OnlineStateReader['userState']> {
    const user = this.#users.get(id);
    return ok({
      recentInteractions: [...(user?.history ?? [])],
      seenOrdinals: Uint32Array.from(user?.seen ?? []).sort(),
      attributes: this.attributesOf(id),
    });
  }
}
