import type { AttributeDefinition, Attributes } from '@winnow/domain';

export const WEEK_MS = 7 * 86_400_000;

/**
 * Whole weeks to add so that the newest event lies within the last week: weekdays and hours stay what they were,
 * and an old data set behaves like one of today.
 */
export const wholeWeeksShiftMs = (newestMs: number, nowMs: number): number =>
  Math.floor((nowMs - newestMs) / WEEK_MS) * WEEK_MS;

/** Moves every timestamp attribute; returns the same object when nothing moves. */
export function shiftTimestamps(
  attributes: Attributes,
  definitions: readonly AttributeDefinition[],
  shiftMs: number,
): Attributes {
  if (shiftMs === 0) return attributes;
  const timestamps = definitions.filter(
    ({ name, type }) => type === 'timestamp' && typeof attributes[name] === 'number',
  );
  if (timestamps.length === 0) return attributes;
  return {
    ...attributes,
    ...Object.fromEntries(timestamps.map(({ name }) => [name, (attributes[name] as number) + shiftMs])),
  };
}
