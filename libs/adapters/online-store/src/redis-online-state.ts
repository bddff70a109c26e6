import {
  compareCursors,
  err,
  eventTypeIndex,
  ok,
  type AttributeValue,
  type Clock,
  type Description,
  type OnlineStateReader,
  type OnlineStateWriter,
  type Ordinal,
  type Result,
  type StageError,
  type StreamCursor,
  type TrackedEvent,
  type UserId,
  type UserState,
} from '@winnow/domain';
import { applyEventsScript } from './apply-events.lua';
import type { ScriptCall } from './lua-script';
import { StoreUnavailableError, type RedisConnection } from './redis-connection';
import type { StoreKeys } from './store-keys';
import { packInteraction, packSeen, unpackInteractions, unpackSeen } from './user-record';

/** Newest interactions kept of each user. */
export const RECENT_INTERACTIONS_MAX = 200;
/** Seen items kept of each user; what was seen longest ago goes first. */
export const SEEN_ORDINALS_MAX = 10_000;
/** How long an event id is remembered: a repeat within this counts once. */
export const EVENT_ID_WINDOW_MS = 48 * 3_600_000;
/** … and never less than this, so that a redelivery of an old event is still known. */
const EVENT_ID_WINDOW_MIN_MS = 3_600_000;
/** Daily counters live this long after their day began. */
export const DAILY_COUNTERS_DAYS = 30;

const DAY_MS = 86_400_000;
/** One script call blocks Redis for its whole length, so a user's flood is cut into pieces. */
const EVENTS_PER_SCRIPT = 200;
const SCRIPTS_PER_PIPELINE = 2_000;

/** Reads a user in one command, so what it returns is of one moment. */
export class RedisOnlineStateReader implements OnlineStateReader {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: StoreKeys,
  ) {}

  async userState(userId: UserId): Promise<Result<UserState, StageError>> {
    try {
      const [recent, seen, attributes, cursor] = await this.connection.run((client) =>
        client.hmgetBuffer(this.keys.user(userId), 'recent', 'seen', 'attributes', 'cursor'),
      );
      return ok({
        recentInteractions: recent ? unpackInteractions(recent) : [],
        seenOrdinals: seen ? unpackSeen(seen) : new Uint32Array(0),
        attributes: attributes
          ? (JSON.parse(attributes.toString('utf8')) as Record<string, AttributeValue>)
          : {},
        ...(cursor && { asOf: cursor.toString('latin1') }),
      });
    } catch (thrown) {
      if (thrown instanceof StoreUnavailableError) return err(thrown.stageError);
      throw thrown;
    }
  }
}

export interface OnlineStateWriterOptions {
  readonly connection: RedisConnection;
  readonly keys: StoreKeys;
  readonly description: Pick<Description, 'events'>;
  readonly clock: Clock;
}

interface EventMeaning {
  readonly index: number;
  readonly positive: boolean;
  readonly seen: boolean;
}

/** Applies events to their users' records; one script call per user, all in one pipeline. */
export class RedisOnlineStateWriter implements OnlineStateWriter {
  private readonly meanings: ReadonlyMap<string, EventMeaning>;

  constructor(private readonly options: OnlineStateWriterOptions) {
    const description = options.description as Description;
    this.meanings = new Map(
      description.events.map((event) => [
        event.name,
        {
          index: eventTypeIndex(description, event.name),
          positive: event.sentiment === 'positive',
          seen: event.countsAsSeen,
        },
      ]),
    );
  }

  /** Event types that the description does not name (impressions) change nothing and do not count as new. */
  async apply(events: readonly TrackedEvent[]): Promise<number> {
    const calls = this.scriptCalls(events);
    let newCount = 0;
    for (let start = 0; start < calls.length; start += SCRIPTS_PER_PIPELINE) {
      const replies = await this.options.connection.run((client) =>
        applyEventsScript.runAll(client, calls.slice(start, start + SCRIPTS_PER_PIPELINE)),
      );
      for (const reply of replies) newCount += Number(reply);
    }
    return newCount;
  }

  /** Positive events of one UTC day, by ordinal; empty once the day's counter has expired. */
  async dailyPositives(dayMs: number): Promise<ReadonlyMap<Ordinal, number>> {
    const counts = await this.options.connection.run((client) =>
      client.hgetall(this.options.keys.dailyPositives(utcDay(dayMs))),
    );
    return new Map(Object.entries(counts).map(([item, count]) => [Number(item) as Ordinal, Number(count)]));
  }

  private scriptCalls(events: readonly TrackedEvent[]): ScriptCall[] {
    const nowMs = this.options.clock.nowMs();
    const byUser = new Map<UserId, TrackedEvent[]>();
    for (const event of events) {
      if (!this.meanings.has(event.eventType)) continue;
      const ofUser = byUser.get(event.userId);
      if (ofUser) ofUser.push(event);
      else byUser.set(event.userId, [event]);
    }
    const calls: ScriptCall[] = [];
    for (const [userId, ofUser] of byUser)
      for (let start = 0; start < ofUser.length; start += EVENTS_PER_SCRIPT)
        calls.push(this.scriptCall(userId, ofUser.slice(start, start + EVENTS_PER_SCRIPT), nowMs));
    return calls;
  }

  private scriptCall(userId: UserId, events: readonly TrackedEvent[], nowMs: number): ScriptCall {
    const { keys } = this.options;
    const scriptKeys = [keys.user(userId), keys.erasedUser(userId)];
    const args: (string | number | Buffer)[] = [
      ...[RECENT_INTERACTIONS_MAX, SEEN_ORDINALS_MAX, newestCursor(events)],
    ];
    for (const event of events) {
      const meaning = this.meanings.get(event.eventType) as EventMeaning;
      const counterTtlMs = Math.floor(event.timeMs / DAY_MS) * DAY_MS + DAILY_COUNTERS_DAYS * DAY_MS - nowMs;
      const counted = meaning.positive && counterTtlMs > 0;
      scriptKeys.push(
        keys.eventMarker(event.eventId),
        counted ? keys.dailyPositives(utcDay(event.timeMs)) : '',
      );
      args.push(
        packInteraction({ ...event, eventType: meaning.index }),
        meaning.seen ? packSeen(event.ordinal) : '',
        event.receivedAtMs,
        Math.ceil(Math.max(EVENT_ID_WINDOW_MIN_MS, event.receivedAtMs + EVENT_ID_WINDOW_MS - nowMs)),
        event.ordinal,
        Math.ceil(counterTtlMs / 1_000),
      );
    }
    return { keys: scriptKeys, args };
  }
}

/** Empty when none of the events came by the stream. */
const newestCursor = (events: readonly TrackedEvent[]): StreamCursor =>
  events
    .flatMap(({ cursor }) => cursor ?? [])
    .reduce((newest, cursor) => (newest && compareCursors(newest, cursor) > 0 ? newest : cursor), '');

const utcDay = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);
