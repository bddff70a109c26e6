import { shuffle } from '@winnow/domain';
import type { Description, Random } from '@winnow/domain';
import { firstIndexAt, positiveEventTypes } from './frame';
import type { RunFrame } from './frame';
import type { ShownFrame } from './shown/shown-frame';

/** Events of a user with an item that are closer than this belong together. */
const VISIT_GAP_MS = 1_800_000;

export interface ExampleMomentOptions {
  readonly frame: Pick<RunFrame, 'events'>;
  readonly description: Pick<Description, 'events' | 'training'>;
  /** What users were shown; absent where nobody recorded it. */
  readonly shown?: ShownFrame;
  /** Moments are events at and after this index. */
  readonly fromIndex: number;
  readonly random: Random;
}

/** When somebody chose: what came before is known, what came after is the answer. */
export interface ExampleMoment {
  /** Events before this index are known. */
  readonly event: number;
  readonly user: number;
  readonly timeMs: number;
  /** The slate of {@link ShownFrame} that they chose from; null where nobody recorded it. */
  readonly slate: number | null;
}

/** A user's newest visit to an item. */
interface Beginning {
  /** Index of its first event. */
  readonly first: number;
  readonly lastMs: number;
}

/**
 * Distinct moments of users, in time order, at most `queryCountMax`: where they were served a slate from which they then
 * took something; for what no slate is known of, where they began to deal with what they then took. A view that leads to
 * the click belongs to the answer, not to the question: with it in the history, rankers would learn to repeat what was
 * looked at.
 */
export function exampleMoments(options: ExampleMomentOptions): ExampleMoment[] {
  const { frame, description, shown, fromIndex, random } = options;
  const { users, ordinals, timesMs, eventTypes, count } = frame.events;
  const positive = positiveEventTypes(description);
  const taken = shown && new TakenFromSlates(shown);
  const begun = new Map<number, Map<number, Beginning>>();
  const chosen = new Map<string, number>();
  for (let event = fromIndex; event < count; event += 1) {
    const own = begun.get(users[event]) ?? new Map<number, Beginning>();
    begun.set(users[event], own);
    const before = own.get(ordinals[event]);
    const goesOn = before !== undefined && timesMs[event] - before.lastMs < VISIT_GAP_MS;
    const first = goesOn ? before.first : event;
    own.set(ordinals[event], { first, lastMs: timesMs[event] });
    if (!positive[eventTypes[event]] || taken?.has(users[event], ordinals[event], timesMs[event])) continue;
    const moment = `${users[event]} ${timesMs[first]}`;
    if (!chosen.has(moment)) chosen.set(moment, first);
  }
  const inOrder = (left: ExampleMoment, right: ExampleMoment): number => left.event - right.event;
  const begunAlone = [...chosen.values()].map((event): ExampleMoment => ({
    event,
    user: users[event],
    timeMs: timesMs[event],
    slate: null,
  }));
  const moments = [...begunAlone, ...(shown ? slateMoments(shown, frame) : [])].sort(inOrder);
  const drawn = shuffle(Uint32Array.from(moments.keys()), random);
  return Array.from(drawn.subarray(0, description.training.ranker.queryCountMax).sort(), (at) => moments[at]);
}

/** Where somebody took something from a slate before the frame ends. */
function slateMoments(
  { count, users, servedAtMs, offsets, takenAtMs }: ShownFrame,
  { events: { timesMs } }: Pick<RunFrame, 'events'>,
): ExampleMoment[] {
  const endMs = timesMs.at(-1) ?? -Infinity;
  return Array.from({ length: count }, (_, slate) => slate)
    .filter((slate) => takenAtMs.subarray(offsets[slate], offsets[slate + 1]).some((atMs) => atMs <= endMs))
    .map((slate) => ({
      ...{ event: firstIndexAt(timesMs, servedAtMs[slate]), slate },
      ...{ user: users[slate], timeMs: servedAtMs[slate] },
    }));
}

/** Which events took an item from a slate that is known. */
class TakenFromSlates {
  private readonly spans = new Map<string, { readonly fromMs: number; readonly toMs: number }[]>();

  constructor({ count, users, servedAtMs, offsets, ordinals, takenAtMs }: ShownFrame) {
    for (let slate = 0; slate < count; slate += 1)
      for (let row = offsets[slate]; row < offsets[slate + 1]; row += 1) {
        if (Number.isNaN(takenAtMs[row])) continue;
        const key = `${users[slate]} ${ordinals[row]}`;
        const own = this.spans.get(key) ?? [];
        own.push({ fromMs: servedAtMs[slate], toMs: takenAtMs[row] });
        this.spans.set(key, own);
      }
  }

  has(user: number, ordinal: number, timeMs: number): boolean {
    const spans = this.spans.get(`${user} ${ordinal}`) ?? [];
    return spans.some(({ fromMs, toMs }) => timeMs >= fromMs && timeMs <= toMs);
  }
}
