import { createHash } from 'node:crypto';
import type { EventId, UserId } from '@winnow/domain';

/** Consumer groups of the event stream; `archive` reads the streams of the catalogue and of served slates as well. */
export const CONSUMER_GROUPS = { onlineState: 'online-state', archive: 'archive' } as const;

const NAMESPACE = /^[A-Za-z0-9._-]{1,64}$/;

/** Ids are hashed where a key must not tell whose it is, and where 256 characters would be waste. */
const fingerprint = (id: string): string =>
  createHash('sha256').update(id).digest().toString('base64url', 0, 15);

/** Names every key that Winnow's online store has in Redis. No other file spells a key. */
export interface StoreKeys {
  /** What all keys of the namespace begin with. */
  readonly prefix: string;
  /** What all keys of users begin with; the rest of the key is the user's id. */
  readonly userPrefix: string;
  /** HASH `recent`, `seen`, `cursor`, `attributes`, `interactions` of one user. */
  user(userId: UserId): string;
  /** HASH experiment → when one user was first exposed, ms, a space, and the arm. */
  exposures(userId: UserId): string;
  readonly exposuresPrefix: string;
  /** HASH `kind:name` → when and why it was switched off, as JSON. */
  readonly switches: string;
  /** STRING: when the user was erased, ms; what was received before is dropped. Named by hash. */
  erasedUser(userId: UserId): string;
  /** STRING: `1` the event is in the stream, `2` it is in the online state. Named by hash. */
  eventMarker(eventId: EventId): string;
  /** STREAM of tracked events: `u` user id, `e` the rest as JSON. */
  readonly events: string;
  /** STREAM of catalogue changes: `c` as JSON, `u` the user's id if it is a user's; the entry's id is the time. */
  readonly catalog: string;
  /** STREAM of served slates on their way to the log: `u` user id, `s` the rest as JSON, `t` the trace if it has one. */
  readonly slates: string;
  /** STREAM of entries that a group gave up on, with the reason. */
  readonly deadLetters: string;
  /** HASH item id → ordinal. */
  readonly ordinals: string;
  /** HASH item id → item as JSON, ordinal and first-seen time in front. */
  readonly items: string;
  /** STRING: the ordinal that the next new item gets. */
  readonly nextOrdinal: string;
  /** HASH ordinal → positive events of one UTC day, `2026-11-21`. */
  dailyPositives(day: string): string;
  readonly dailyPositivesPrefix: string;
  readonly eventMarkerPrefix: string;
  /** STRING that expires: a rebuild is at work. */
  readonly rebuilding: string;
  /**
   * STRING: what is here is half restored, until a rebuild has come to its end. Writes are refused meanwhile. `1` when
   * the catalogue's stream is being restored, too.
   */
  readonly unfinishedRebuild: string;
}

/** Throws a RangeError on a namespace that could not be told from the rest of a key. */
export function storeKeys(namespace: string): StoreKeys {
  if (!NAMESPACE.test(namespace))
    throw new RangeError(`namespace ${JSON.stringify(namespace)}: 1 to 64 letters, digits, ".", "_" or "-"`);
  const prefix = `winnow:${namespace}:`;
  return {
    prefix,
    userPrefix: `${prefix}user:`,
    user: (userId) => `${prefix}user:${userId}`,
    exposures: (userId) => `${prefix}exposed:${userId}`,
    exposuresPrefix: `${prefix}exposed:`,
    switches: `${prefix}switches`,
    erasedUser: (userId) => `${prefix}erased:${fingerprint(userId)}`,
    eventMarker: (eventId) => `${prefix}event:${fingerprint(eventId)}`,
    eventMarkerPrefix: `${prefix}event:`,
    events: `${prefix}events`,
    catalog: `${prefix}catalog`,
    slates: `${prefix}slates`,
    deadLetters: `${prefix}dead-letters`,
    ordinals: `${prefix}ordinals`,
    items: `${prefix}items`,
    nextOrdinal: `${prefix}next-ordinal`,
    dailyPositives: (day) => `${prefix}positives:${day}`,
    dailyPositivesPrefix: `${prefix}positives:`,
    rebuilding: `${prefix}rebuilding`,
    unfinishedRebuild: `${prefix}unfinished-rebuild`,
  };
}
