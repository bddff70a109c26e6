import { PointInTimeReplay } from '@winnow/features';
import type { DriftReference } from '@winnow/reporting';
import { distributionsOf } from './distributions';
import type { LogWindow, Observations } from './log-observations';
import { observeLog } from './log-observations';
import { united, usualMovement } from './usual-movement';

const DAY_MS = 86_400_000;
/** Newest UTC days of the training window that the log's part is of: a whole week. */
const REFERENCE_DAY_COUNT = 7;
/** Days before them that the week's own newest days are held beside. */
const EARLIER_DAY_COUNT = 3;

/** A day of which less has passed is unlike others for that alone. */
const WHOLE_DAY_SHARE = 0.75;

const dayOf = (timeMs: number): number => Math.floor(timeMs / DAY_MS) * DAY_MS;

/**
 * What a release keeps of the data that it was made from: the newest week of the log, what its ranker was asked, and how
 * far each of these moves from day to day by nature. `ranker` is of successive days, oldest first; the last one is kept.
 */
export function driftReference(
  window: Pick<LogWindow, 'description' | 'items' | 'frame'>,
  ranker: readonly Observations[],
): DriftReference {
  const { events } = window.frame;
  const toMs = (events.timesMs[events.count - 1] ?? 0) + 1;
  const firstMs = events.timesMs[0] ?? 0;
  const lastDayMs = dayOf(toMs - 1);
  const fromMs = Math.max(firstMs, lastDayMs - (REFERENCE_DAY_COUNT - 1) * DAY_MS);
  const replay = new PointInTimeReplay({ events, description: window.description });
  const earliestMs = Math.max(dayOf(firstMs), dayOf(fromMs) - EARLIER_DAY_COUNT * DAY_MS);
  replay.advanceToTime(earliestMs);
  const days: { readonly dayMs: number; readonly observations: Observations }[] = [];
  for (let dayMs = earliestMs; dayMs <= lastDayMs; dayMs += DAY_MS)
    days.push({
      dayMs,
      observations: observeLog({ ...window, replay, fromMs: dayMs, toMs: Math.min(toMs, dayMs + DAY_MS) }),
    });
  const observationsFrom = (dayMs: number): Observations[] =>
    days.filter((day) => day.dayMs >= dayMs).map(({ observations }) => observations);
  const whole = days.filter(({ dayMs }) => toMs - dayMs >= WHOLE_DAY_SHARE * DAY_MS);
  return {
    ...{ formatVersion: 1, fromMs, toMs },
    distributions: distributionsOf({ ...united(observationsFrom(dayOf(fromMs))), ...ranker.at(-1) }),
    usualPsi: {
      ...usualMovement(
        whole.map(({ observations }) => observations),
        { dayCountBefore: REFERENCE_DAY_COUNT },
      ),
      ...usualMovement(ranker, { dayCountBefore: 1 }),
    },
  };
}
