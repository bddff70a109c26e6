import { shuffle } from '@winnow/domain';
import type { Description, Random } from '@winnow/domain';
import { positiveEventTypes } from './frame';
import type { RunFrame } from './frame';

/** Events of a user with an item that are closer than this belong together. */
const VISIT_GAP_MS = 1_800_000;

export interface ExampleMomentOptions {
  readonly frame: Pick<RunFrame, 'events'>;
  readonly description: Pick<Description, 'events' | 'training'>;
  /** Moments are events at and after this index. */
  readonly fromIndex: number;
  readonly random: Random;
}

/** A user's newest visit to an item. */
interface Beginning {
  /** Index of its first event. */
  readonly first: number;
  readonly lastMs: number;
}

/**
 * Distinct (user, moment) pairs, in time order, at most `queryCountMax`: where users began to deal with what they then
 * took. A view that leads to the click belongs to the answer, not to the question: with it in the history, rankers would
 * learn to repeat what was looked at.
 */
export function exampleMoments({ frame, description, fromIndex, random }: ExampleMomentOptions): number[] {
  const { users, ordinals, timesMs, eventTypes, count } = frame.events;
  const positive = positiveEventTypes(description);
  const begun = new Map<number, Map<number, Beginning>>();
  const chosen = new Map<string, number>();
  for (let event = fromIndex; event < count; event += 1) {
    const own = begun.get(users[event]) ?? new Map<number, Beginning>();
    begun.set(users[event], own);
    const before = own.get(ordinals[event]);
    const goesOn = before !== undefined && timesMs[event] - before.lastMs < VISIT_GAP_MS;
    const first = goesOn ? before.first : event;
    own.set(ordinals[event], { first, lastMs: timesMs[event] });
    const moment = `${users[event]} ${timesMs[first]}`;
    if (positive[eventTypes[event]] && !chosen.has(moment)) chosen.set(moment, first);
  }
  const moments = [...chosen.values()].sort((left, right) => left - right);
  return shuffle(moments, random)
    .slice(0, description.training.ranker.queryCountMax)
    .sort((left, right) => left - right);
}
