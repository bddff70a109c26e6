import {
  userId,
  type Attributes,
  type CatalogChange,
  type CatalogItem,
  type TrackedEvent,
} from '@winnow/domain';

/** One entry as ioredis hands it over; fields are null when the entry was deleted while it was pending. */
export type RawStreamEntry = [id: string, fields: string[] | null];

/** How one kind of entry is written to and read from its stream. */
export interface EntryCodec<Entry> {
  /** Throws when the entry is not one of ours. */
  decode(id: string, fields: readonly string[]): Entry;
}

/** Null when the entry has no such field. */
export function fieldOf(fields: readonly string[], name: string): string | null {
  for (let index = 0; index + 1 < fields.length; index += 2)
    if (fields[index] === name) return fields[index + 1];
  return null;
}

/** Throws when the entry has no such field. */
export function requiredField(fields: readonly string[], name: string): string {
  const value = fieldOf(fields, name);
  if (value === null) throw new SyntaxError(`stream entry without field ${name}`);
  return value;
}

/** Fields of an entry that was a dead letter and is handled once more. */
export const REPLAY_FIELDS = { firstId: 'was', group: 'for' } as const;

/** The id under which an entry came first: a replayed one keeps its time and its place. */
export const firstIdOf = (id: string, fields: readonly string[]): string =>
  fieldOf(fields, REPLAY_FIELDS.firstId) ?? id;

/** The one group that an entry was replayed for; null when it is everybody's. */
export const replayedFor = (fields: readonly string[]): string | null => fieldOf(fields, REPLAY_FIELDS.group);

/** `[user, rest]`: the user apart, so that an erasure finds its entries without parsing the rest. */
export function encodeEvent({
  userId: user,
  cursor: _cursor,
  ...rest
}: TrackedEvent): [user: string, rest: string] {
  return [user, JSON.stringify(rest)];
}

export const eventCodec: EntryCodec<TrackedEvent> = {
  decode: (id, fields) => ({
    ...(JSON.parse(requiredField(fields, 'e')) as Omit<TrackedEvent, 'userId' | 'cursor'>),
    userId: userId(requiredField(fields, 'u')),
    cursor: id,
  }),
};

/** What the catalogue scripts put into the stream: the item as it is stored, what was deleted, or a user's attributes. */
type StoredChange =
  | { readonly upserted: CatalogItem }
  | { readonly deleted: { readonly ordinal: CatalogItem['ordinal']; readonly itemId: CatalogItem['itemId'] } }
  | { readonly user: Attributes };

export const catalogCodec: EntryCodec<CatalogChange> = {
  decode: (id, fields) => {
    const stored = JSON.parse(requiredField(fields, 'c')) as StoredChange;
    const changedAtMs = entryTimeMs(id);
    if ('upserted' in stored) return { kind: 'item-upserted', item: stored.upserted, changedAtMs };
    if ('deleted' in stored) return { kind: 'item-deleted', ...stored.deleted, changedAtMs };
    return {
      kind: 'user-upserted',
      userId: userId(requiredField(fields, 'u')),
      attributes: stored.user,
      changedAtMs,
    };
  },
};

/** An entry's id begins with the time at which Redis took it. */
export const entryTimeMs = (id: string): number => Number(id.slice(0, id.indexOf('-')));
