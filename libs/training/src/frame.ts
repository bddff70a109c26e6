import type { AttributeValue, Description, EventColumns, TensorFile } from '@winnow/domain';
import type { InteractionColumns } from '@winnow/features';

/** What a training run learns from: events of a window, oldest first, and what is known of their users. */
export interface RunFrame {
  readonly events: EventColumns;
  /** By user index of `events`. */
  readonly userAttributes: readonly Readonly<Record<string, AttributeValue>>[];
}

/** Which event types, by index, are positive: what the towers learn to retrieve. */
export const positiveEventTypes = (description: Pick<Description, 'events'>): readonly boolean[] =>
  description.events.map((event) => event.sentiment === 'positive');

/** Who did what when, of the positive events alone. */
export function positiveInteractions({ events }: RunFrame, description: Description): InteractionColumns {
  const positive = positiveEventTypes(description);
  const kept = Uint32Array.from({ length: events.count }, (_, index) => index).filter(
    (index) => positive[events.eventTypes[index]],
  );
  return {
    users: kept.map((index) => events.users[index]),
    ordinals: kept.map((index) => events.ordinals[index]),
    timesMs: Float64Array.from(kept, (index) => events.timesMs[index]),
  };
}

/** The first `count` events of a frame, as views on the same memory. */
export function frameUpTo(frame: RunFrame, count: number): RunFrame {
  const { events } = frame;
  return {
    userAttributes: frame.userAttributes,
    events: {
      count,
      users: events.users.subarray(0, count),
      ordinals: events.ordinals.subarray(0, count),
      eventTypes: events.eventTypes.subarray(0, count),
      timesMs: events.timesMs.subarray(0, count),
      values: events.values.subarray(0, count),
      userIds: events.userIds,
    },
  };
}

/** A copy of a frame without the events of some items. */
export const frameWithout = (frame: RunFrame, hidden: ReadonlySet<number>): RunFrame =>
  frameWhere(frame, (index) => !hidden.has(frame.events.ordinals[index]));

/** A copy with the first positive event of every user with every item only: what the global-time protocol is about. */
export function firstPositives(frame: RunFrame, description: Description): RunFrame {
  const { users, ordinals, eventTypes } = frame.events;
  const positive = positiveEventTypes(description);
  const itemsOf = new Map<number, Set<number>>();
  return frameWhere(frame, (index) => {
    if (!positive[eventTypes[index]]) return false;
    const items = itemsOf.get(users[index]) ?? new Set<number>();
    itemsOf.set(users[index], items);
    if (items.has(ordinals[index])) return false;
    items.add(ordinals[index]);
    return true;
  });
}

/** A copy with the events for whose index `keep` is true; asked once each, in order. */
function frameWhere({ events, userAttributes }: RunFrame, keep: (index: number) => boolean): RunFrame {
  const kept = Uint32Array.from({ length: events.count }, (_, index) => index).filter(keep);
  const column = <T extends Uint32Array | Uint8Array | Float32Array | Float64Array>(values: T): T => {
    const copy = values.slice(0, kept.length) as T;
    kept.forEach((from, to) => (copy[to] = values[from]));
    return copy;
  };
  return {
    userAttributes,
    events: {
      count: kept.length,
      users: column(events.users),
      ordinals: column(events.ordinals),
      eventTypes: column(events.eventTypes),
      timesMs: column(events.timesMs),
      values: column(events.values),
      userIds: events.userIds,
    },
  };
}

/** Index of the first event at or after `timeMs`; binary search. */
export function firstIndexAt(timesMs: Float64Array, timeMs: number): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timesMs[middle] < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Index that leaves about `share` of the events after it, moved back to the start of its millisecond, so that events of
 * one moment are never on both sides.
 */
export const splitIndex = (timesMs: Float64Array, share: number): number =>
  firstIndexAt(timesMs, timesMs[Math.max(0, Math.floor(timesMs.length * (1 - share)))] ?? 0);

/** User ids stay behind: a run's files name nobody. */
export function frameToTensors({ events, userAttributes }: RunFrame): TensorFile {
  const attributes = new TextEncoder().encode(JSON.stringify(userAttributes));
  const column = <T extends { length: number }>(data: T) => ({ shape: [data.length], data });
  return {
    metadata: { kind: 'training-frame', userCount: String(userAttributes.length) },
    tensors: {
      users: column(events.users),
      ordinals: column(events.ordinals),
      eventTypes: column(events.eventTypes),
      timesMs: column(events.timesMs),
      values: column(events.values),
      userAttributes: column(attributes),
    },
  };
}

export function frameFromTensors({ tensors, metadata }: TensorFile): RunFrame {
  const users = tensors['users'].data as Uint32Array;
  return {
    userAttributes: JSON.parse(
      new TextDecoder().decode(tensors['userAttributes'].data as Uint8Array),
    ) as never,
    events: {
      count: users.length,
      users,
      ordinals: tensors['ordinals'].data as Uint32Array,
      eventTypes: tensors['eventTypes'].data as Uint8Array,
      timesMs: tensors['timesMs'].data as Float64Array,
      values: tensors['values'].data as Float32Array,
      userIds: new Array<string>(Number(metadata['userCount'])).fill(''),
    },
  };
}
