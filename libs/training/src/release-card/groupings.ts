import type { AttributeValue } from '@winnow/domain';
import type { Grouping } from '@winnow/evaluation';

/** A group beyond this many is read by nobody: the rest goes together. */
const GROUP_COUNT_MAX = 20;
const OTHERS = 'others';
const MISSING = 'not stated';

/** Thresholds of whole counts, with a last group that has no end. */
export interface CountBands {
  /** Least count of each group, ascending. */
  readonly from: readonly number[];
  readonly names: readonly string[];
}

/** Bands such as `1 to 4`, `5 to 19`, `20 or more`. */
export function countBands(from: readonly number[]): CountBands {
  const names = from.map((least, index) => {
    const next = from[index + 1];
    if (next === undefined) return `${least} or more`;
    return next === least + 1 ? String(least) : `${least} to ${next - 1}`;
  });
  return { from, names };
}

/** Groups ids by a count of theirs; counts below the first band belong to none. */
export const groupByCount = ({ from, names }: CountBands, countOf: (id: number) => number): Grouping => ({
  names,
  groupsOf(id) {
    const count = countOf(id);
    const above = from.findIndex((least) => count < least);
    const group = (above < 0 ? from.length : above) - 1;
    return group < 0 ? [] : [group];
  },
});

/**
 * Groups ids by an attribute: each value of a category, quarters of a number. The most frequent values among `ids` have
 * groups of their own; the rest share one, and so do ids that do not state it.
 */
export function groupByAttribute(
  ids: ArrayLike<number>,
  valueOf: (id: number) => AttributeValue | undefined,
): Grouping {
  const values = Array.from(ids, valueOf);
  const numbers = values.filter((value): value is number => typeof value === 'number');
  const labelsOf = numbers.length > 0 ? quarterLabels(numbers) : categoryLabels;
  const counts = new Map<string, number>();
  for (const value of values)
    for (const label of labelsOf(value)) counts.set(label, (counts.get(label) ?? 0) + 1);
  const ranked = [...counts].sort(
    ([leftName, left], [rightName, right]) => right - left || (leftName < rightName ? -1 : 1),
  );
  const own = ranked
    .map(([name]) => name)
    .filter((name) => name !== MISSING)
    .slice(0, GROUP_COUNT_MAX);
  const names = [
    ...own,
    ...(ranked.length > own.length + Number(counts.has(MISSING)) ? [OTHERS] : []),
    ...(counts.has(MISSING) ? [MISSING] : []),
  ];
  const indexes = new Map(names.map((name, index) => [name, index]));
  return {
    names,
    groupsOf: (id) => {
      const groups = labelsOf(valueOf(id)).map((label) => indexes.get(label) ?? indexes.get(OTHERS));
      return [...new Set(groups.filter((group) => group !== undefined))];
    },
  };
}

function categoryLabels(value: AttributeValue | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value) && value.length > 0) return value.map(String);
  return [MISSING];
}

function quarterLabels(numbers: number[]): (value: AttributeValue | undefined) => readonly string[] {
  const sorted = Float64Array.from(numbers).sort();
  const ends = [...new Set([0.25, 0.5, 0.75].map((share) => sorted[Math.floor(share * sorted.length)]))];
  const short = (value: number): string => String(Number(value.toPrecision(4)));
  const names = [
    ...ends.map((end, index) =>
      index === 0 ? `below ${short(end)}` : `${short(ends[index - 1])} to below ${short(end)}`,
    ),
    `${short(ends[ends.length - 1])} and more`,
  ];
  return (value) => {
    if (typeof value !== 'number') return [MISSING];
    const quarter = ends.findIndex((end) => value < end);
    return [names[quarter < 0 ? ends.length : quarter]];
  };
}
