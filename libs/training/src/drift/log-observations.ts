import type { Description } from '@winnow/domain';
import type { Observation } from '@winnow/evaluation';
import type { ItemTable, PointInTimeReplay } from '@winnow/features';
import { firstIndexAt, positiveEventTypes } from '../frame';
import type { RunFrame } from '../frame';

export interface LogWindow {
  readonly description: Description;
  readonly items: ItemTable;
  readonly frame: RunFrame;
  /** Not yet beyond `fromMs`; afterwards it stands at `toMs`. */
  readonly replay: PointInTimeReplay;
  readonly fromMs: number;
  readonly toMs: number;
}

export type Observations = Readonly<Record<string, Observation>>;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Numbers of people who came, taken when they first came on a day. */
interface PeopleNumbers {
  readonly 'interactions before': number[];
  readonly 'hours since last event': number[];
}

/** Numbers of what people turned to, as of the moment before. */
interface ItemNumbers {
  readonly 'times chosen before': number[];
  readonly 'days since first chosen': number[];
}

/**
 * What the log says of a window without asking any model: the mix of events and of categories, how active those are who
 * come, and how popular and how new what they turn to is. A user on a day is one independent sample. O(events).
 */
export function observeLog(window: LogWindow): Observations {
  const { description, frame, replay, fromMs, toMs } = window;
  const { events } = frame;
  const positive = positiveEventTypes(description);
  const types = new Map<string, number>();
  const categories = categoryCounters(window);
  const people: PeopleNumbers = { 'interactions before': [], 'hours since last event': [] };
  const chosen: ItemNumbers = { 'times chosen before': [], 'days since first chosen': [] };
  const userDays = new Map<string, number>();
  const end = firstIndexAt(events.timesMs, toMs);
  for (let event = firstIndexAt(events.timesMs, fromMs); event < end; event += 1) {
    replay.advanceTo(event);
    const timeMs = events.timesMs[event];
    const userDay = `${events.users[event]}/${Math.floor(timeMs / DAY_MS)}`;
    if (!userDays.has(userDay)) notePerson(people, { replay, user: events.users[event], timeMs });
    userDays.set(userDay, (userDays.get(userDay) ?? 0) + 1);
    count(types, description.events[events.eventTypes[event]].name);
    if (!positive[events.eventTypes[event]]) continue;
    const ordinal = events.ordinals[event];
    for (const { countOf, valuesOf } of categories)
      for (const value of valuesOf(ordinal)) count(countOf, value);
    const firstMs = replay.counters.firstMs(ordinal);
    chosen['times chosen before'].push(replay.counters.total(ordinal));
    chosen['days since first chosen'].push(Math.max(0, (timeMs - firstMs) / DAY_MS || 0));
  }
  replay.advanceToTime(toMs);
  const sampleCount = userDays.size;
  const numbers = { ...people, 'events a day': [...userDays.values()], ...chosen };
  return {
    'event type': { kind: 'category', countOf: types, sampleCount },
    ...Object.fromEntries(
      categories.map(({ name, countOf }) => [
        `${name} of what is chosen`,
        { kind: 'category', countOf, sampleCount },
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(numbers).map(([name, values]) => [name, { kind: 'number', values, sampleCount }]),
    ),
  };
}

function notePerson(
  people: PeopleNumbers,
  { replay, user, timeMs }: { replay: PointInTimeReplay; user: number; timeMs: number },
): void {
  people['interactions before'].push(replay.interactionCount(user));
  const last = replay.history(user).at(-1);
  if (last) people['hours since last event'].push((timeMs - last.timeMs) / HOUR_MS);
}

/** A counter for each attribute whose values are categories. */
const categoryCounters = ({ description, items }: LogWindow) =>
  description.items.attributes
    .filter(({ type }) => type === 'category' || type === 'categories')
    .map(({ name }) => ({
      name,
      countOf: new Map<string, number>(),
      valuesOf(ordinal: number): readonly string[] {
        const value = items.attributes(ordinal)[name];
        if (typeof value === 'string') return [value];
        return Array.isArray(value) ? value.map(String) : [];
      },
    }));

const count = (countOf: Map<string, number>, name: string): void =>
  void countOf.set(name, (countOf.get(name) ?? 0) + 1);
